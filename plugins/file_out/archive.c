/* archive - see archive.h. */
#include "plugins/file_out/archive.h"

#include <dirent.h>
#include <stdlib.h>
#include <time.h>

#include "plugins/shared/memory.h"

static const int64_t SECOND = 1000000000;

void archive_name(struct vane_text *name, const char *path, int64_t now)
{
    time_t seconds = (time_t)(now / SECOND);
    struct tm parts;
    char when[32];
    strftime(when, sizeof when, "%Y%m%d-%H%M%S", gmtime_r(&seconds, &parts));
    vane_text_addf(name, "%s.%s-%06d", path, when, (int)(now % SECOND / 1000));
}

bool archive_is_of(const char *name, const char *base)
{
    static const char form[] = ".00000000-000000-000000";
    size_t length = strlen(base);
    if (strncmp(name, base, length) != 0 || strlen(name + length) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i]; i++) {
        char c = name[length + i];
        if (form[i] == '0' ? c < '0' || c > '9' : c != form[i])
            return false;
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void archives_list(struct archives *archives, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    struct vane_text text = { 0 };
    vane_text_add(&text, path, (size_t)(base - path));
    DIR *folder = opendir(text.length ? text.data : ".");
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (!archive_is_of(entry->d_name, base))
            continue;
        if (archives->count == archives->room) {
            archives->room = archives->room ? archives->room * 2 : 16;
            archives->items = memory_resize(archives->items, archives->room, sizeof *archives->items);
        }
        struct vane_text found = { 0 };
        vane_text_add(&found, text.data, text.length);
        vane_text_add(&found, entry->d_name, strlen(entry->d_name));
        archives->items[archives->count++] = found.data;
    }
    if (folder)
        closedir(folder);
    vane_text_release(&text);
    if (archives->count)
        qsort(archives->items, archives->count, sizeof *archives->items, compare);
}

void archives_release(struct archives *archives)
{
    for (size_t i = 0; i < archives->count; i++)
        free(archives->items[i]);
    free(archives->items);
    *archives = (struct archives){ 0 };
}
