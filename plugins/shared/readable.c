/* readable - see readable.h. */
#include "plugins/shared/readable.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

bool readable(const char *option, const char *path, struct readable_fault *fault)
{
    char whole[VANE_PATH_MOST];
    if (!path || !path[0] || access(path, R_OK) == 0)
        return true;
    int why = errno;
    snprintf(fault->text, sizeof fault->text, "%s: %s: %s", option, vane_path(whole, path), strerror(why));
    return false;
}
