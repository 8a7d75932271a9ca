/* document_files - which files a configuration is made of, and what they hold. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/document_internal.h"
#include "core/alloc.h"

void config_paths_add(struct config_paths *paths, const char *path)
{
    if (paths->count == paths->capacity) {
        paths->capacity = alloc_grow(paths->capacity, paths->count + 1);
        paths->items = alloc_resize(paths->items, paths->capacity, sizeof *paths->items);
    }
    paths->items[paths->count++] = alloc_text(path);
}

void config_paths_release(struct config_paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->items[i]);
    free(paths->items);
    *paths = (struct config_paths){ 0 };
}

/* Bytes, not the locale, decide the order, so that it is the same for everybody. */
static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool list_names(struct config_paths *names, const char *directory)
{
    DIR *stream = opendir(directory);
    if (!stream)
        return false;
    for (struct dirent *entry; (entry = readdir(stream));) {
        if (strcmp(entry->d_name, ".") != 0 && strncmp(entry->d_name, "..", 2) != 0)
            config_paths_add(names, entry->d_name);
    }
    closedir(stream);
    if (names->count)
        qsort(names->items, names->count, sizeof *names->items, compare_names);
    return true;
}

static bool is_config_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && dot > name && (strcmp(dot, ".toml") == 0 || strcmp(dot, ".conf") == 0);
}

/* A link to a file is a file; a link to a directory is not followed: it may lead back. */
static bool add_entry(struct config_paths *paths, const char *path, const char *name,
                      struct config_errors *errors)
{
    struct stat info;
    if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return config_paths_walk(paths, path, errors);
    if (!is_config_name(name))
        return true;
    if (stat(path, &info) != 0)
        return errors_add(errors, path, 0, "%s", strerror(errno));
    if (S_ISREG(info.st_mode))
        config_paths_add(paths, path);
    return true;
}

/* A relative name is told with where it was looked for. */
static bool fail_open(struct config_errors *errors, const char *path)
{
    int why = errno;
    char whole[VANE_PATH_MOST];
    return errors_add(errors, vane_path(whole, path), 0, "%s", strerror(why));
}

bool config_paths_walk(struct config_paths *paths, const char *directory, struct config_errors *errors)
{
    struct config_paths names = { 0 };
    bool fine = list_names(&names, directory);
    if (!fine)
        fail_open(errors, directory);
    for (size_t i = 0; i < names.count; i++) {
        struct vane_text path = { 0 };
        bool slash = directory[0] && directory[strlen(directory) - 1] == '/';
        vane_text_addf(&path, "%s%s%s", directory, slash ? "" : "/", names.items[i]);
        fine &= add_entry(paths, path.data, names.items[i], errors);
        vane_text_release(&path);
    }
    config_paths_release(&names);
    return fine;
}

static bool add_where_there(struct config_paths *paths, const char *path)
{
    bool there = access(path, F_OK) == 0;
    if (there)
        config_paths_add(paths, path);
    return there;
}

static bool add_of_user(struct config_paths *paths)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    struct vane_text path = { 0 };
    if (config && *config)
        vane_text_addf(&path, "%s/vane/vane.toml", config);
    else if (home && *home)
        vane_text_addf(&path, "%s/.config/vane/vane.toml", home);
    bool there = path.data && add_where_there(paths, path.data);
    vane_text_release(&path);
    return there;
}

bool config_paths_default(struct config_paths *paths, struct config_errors *errors)
{
    const char *file = "/etc/vane/vane.toml", *directory = "/etc/vane/vane.d";
    const char *named = getenv("VANE_CONFIG_PATH");
    if (named && *named) {
        config_paths_add(paths, named);
        return true;
    }
    if (add_of_user(paths))
        return true;
    bool there = add_where_there(paths, file);
    if (access(directory, F_OK) == 0)
        return config_paths_walk(paths, directory, errors);
    return there || errors_add(errors, file, 0, "there is no such file, and no other configuration: name one "
                                                "with --config FILE");
}

static bool check_size(const struct vane_text *text, const char *path, struct config_errors *errors)
{
    return text->length <= CONFIG_SIZE_LIMIT
        || errors_add(errors, path, 0, "is larger than %d MiB", CONFIG_SIZE_LIMIT >> 20);
}

static bool read_to_end(int fd, struct vane_text *text)
{
    char part[16384];
    ssize_t count;
    while ((count = read(fd, part, sizeof part)) > 0 && text->length <= CONFIG_SIZE_LIMIT)
        vane_text_add(text, part, (size_t)count);
    return count >= 0;
}

/* What a command before us in a pipe has written; there is no second time, for a reload. */
static bool load_standard_input(struct vane_text *text, struct config_errors *errors)
{
    const char *name = CONFIG_STDIN_NAME;
    if (isatty(STDIN_FILENO))
        return errors_add(errors, name, 0, "is a terminal: a configuration is wanted from a file or a pipe");
    if (!read_to_end(STDIN_FILENO, text))
        return errors_add(errors, name, 0, "%s", strerror(errno));
    if (text->length == 0)
        return errors_add(errors, name, 0, "is at its end: there is no configuration, or it has been read before");
    return check_size(text, name, errors);
}

/* A pipe that nobody writes to, or a device, would hold up the start for ever. */
static bool load_open(struct vane_text *text, int fd, const char *path, struct config_errors *errors)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return errors_add(errors, path, 0, "%s", strerror(errno));
    if (S_ISDIR(info.st_mode))
        return errors_add(errors, path, 0, "is a directory: name it with --config-directory");
    if (!S_ISREG(info.st_mode))
        return errors_add(errors, path, 0, "is not a file, but a pipe or a device");
    if (!read_to_end(fd, text))
        return errors_add(errors, path, 0, "%s", strerror(errno));
    return check_size(text, path, errors);
}

bool config_load(struct vane_text *text, const char *path, struct config_errors *errors)
{
    if (strcmp(path, CONFIG_STDIN) == 0)
        return load_standard_input(text, errors);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return fail_open(errors, path);
    vane_text_add(text, "", 0);
    bool fine = load_open(text, fd, path, errors);
    close(fd);
    return fine;
}
