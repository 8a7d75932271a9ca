/* path - the whole path of a file, for messages; declared in plugin.h. */
#include "core/plugin.h"

#include <stdio.h>
#include <unistd.h>

const char *vane_path(char to[VANE_PATH_MOST], const char *path)
{
    char folder[VANE_PATH_MOST];
    while (strncmp(path, "./", 2) == 0)
        path += 2;
    bool whole = path[0] == '/' || !getcwd(folder, sizeof folder);
    bool root = !whole && strcmp(folder, "/") == 0;
    snprintf(to, VANE_PATH_MOST, "%s%s%s", whole || root ? "" : folder, whole ? "" : "/", path);
    return to;
}
