/* paths - see paths.h. A folder is read whole and closed before what lies below it is looked at, so that a
 * deep tree costs no descriptors. A text that is a folder ends with its slash; "" is the current one. */
#include "plugins/file_in/paths.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/plugin.h"
#include "plugins/shared/memory.h"

struct walk {
    struct paths *files, *folders;
};

/* ---- Lists ---- */

static void add(struct paths *paths, const char *path, size_t length)
{
    if (paths->count == paths->room) {
        paths->room = paths->room ? paths->room * 2 : 16;
        paths->items = memory_resize(paths->items, paths->room, sizeof *paths->items);
    }
    char *copy = memory_zero(length + 1);
    memcpy(copy, path, length);
    paths->items[paths->count++] = copy;
}

void paths_add(struct paths *paths, const char *path)
{
    add(paths, path, strlen(path));
}

void paths_add_folder_of(struct paths *folders, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        add(folders, ".", 1);
    else
        add(folders, path, slash == path ? 1 : (size_t)(slash - path));
}

void paths_clear(struct paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->items[i]);
    paths->count = 0;
}

void paths_release(struct paths *paths)
{
    paths_clear(paths);
    free(paths->items);
    *paths = (struct paths){ 0 };
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the items from number `first` on; of equal ones one is kept. */
static void sort_from(struct paths *paths, size_t first)
{
    size_t kept = first;
    if (paths->count > first)
        qsort(paths->items + first, paths->count - first, sizeof *paths->items, compare);
    for (size_t i = first; i < paths->count; i++) {
        if (kept > first && strcmp(paths->items[kept - 1], paths->items[i]) == 0)
            free(paths->items[i]);
        else
            paths->items[kept++] = paths->items[i];
    }
    paths->count = kept;
}

/* ---- Folders ---- */

bool paths_is_pattern(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

static char *join(const char *folder, const char *name, size_t length, const char *end)
{
    struct vane_text text = { 0 };
    vane_text_add(&text, folder, strlen(folder));
    vane_text_add(&text, name, length);
    vane_text_add(&text, end, strlen(end));
    return text.data;
}

static bool is_folder(const char *folder, const struct dirent *entry)
{
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    struct stat status;
    char *path = join(folder, entry->d_name, strlen(entry->d_name), "");
    bool is = lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
    free(path);
    return is;
}

static void add_file(struct walk *walk, const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
        paths_add(walk->files, path);
}

/* ---- The walk: the rest of a pattern below a folder ---- */

static void go(struct walk *walk, const char *folder, const char *rest);

static int read_folder(struct walk *walk, const char *folder, struct dirent ***entries)
{
    if (folder[0])
        add(walk->folders, folder, folder[1] ? strlen(folder) - 1 : 1);
    else
        add(walk->folders, ".", 1);
    return scandir(folder[0] ? folder : ".", entries, NULL, NULL);
}

/* One part of the path: everything in the folder that it matches. */
static void go_each(struct walk *walk, const char *folder, const char *part, const char *rest)
{
    struct dirent **entries;
    int count = read_folder(walk, folder, &entries);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (fnmatch(part, name, FNM_PERIOD) == 0) {
            char *path = join(folder, name, strlen(name), *rest ? "/" : "");
            if (*rest)
                go(walk, path, rest);
            else
                add_file(walk, path);
            free(path);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

/* "**": the rest below this folder and below each that lies in it. */
static void go_deep(struct walk *walk, const char *folder, const char *stars)
{
    while (stars[2] == '*')
        stars++;
    go(walk, folder, stars[2] == '/' ? stars + 3 : stars + 1);
    struct dirent **entries;
    int count = read_folder(walk, folder, &entries);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        if (name[0] != '.' && is_folder(folder, entries[i])) {
            char *path = join(folder, name, strlen(name), "/");
            go_deep(walk, path, stars);
            free(path);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static void go(struct walk *walk, const char *folder, const char *rest)
{
    while (*rest == '/')
        rest++;
    size_t length = strcspn(rest, "/");
    if (length >= 2 && rest[0] == '*' && rest[1] == '*') {
        go_deep(walk, folder, rest);
        return;
    }
    char *part = join("", rest, length, "");
    const char *below = rest + length;
    if (paths_is_pattern(part)) {
        go_each(walk, folder, part, below);
    } else {
        char *path = join(folder, part, length, *below ? "/" : "");
        if (*below)
            go(walk, path, below);
        else
            add_file(walk, path);
        free(path);
    }
    free(part);
}

void paths_expand(struct paths *files, struct paths *folders, const char *pattern)
{
    struct walk walk = { files, folders };
    size_t first = files->count, first_folder = folders->count;
    go(&walk, pattern[0] == '/' ? "/" : "", pattern);
    sort_from(files, first);
    sort_from(folders, first_folder);
}
