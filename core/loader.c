#include "core/loader.h"

#include "config/common.h"
#include "core/alloc.h"
#include "core/elf.h"
#include "core/loader_hint.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ABI_MAJOR = 1, ABI_MINOR = 0, LIST_LIMIT = 1000 };

struct loaded {
    struct loaded      *next;
    char               *path;
    struct vane_plugin  plugin;
    struct vane_option *options; /* rows of the host's size */
};

struct loader {
    char         **directories;
    size_t         count;
    struct loaded *loaded;
};

static const char *const role_names[] = { "", "input", "processor", "output" };
static const char *const role_endings[] = { "", "_in", "", "_out" };

/* ---- Directories ---- */

static void add_directory(struct loader *loader, const char *path, size_t length)
{
    if (length == 0)
        return;
    loader->directories = alloc_resize(loader->directories, loader->count + 1, sizeof(char *));
    loader->directories[loader->count++] = alloc_text_n(path, length);
}

static void add_path_list(struct loader *loader, const char *list)
{
    while (list && *list) {
        size_t length = strcspn(list, ":");
        add_directory(loader, list, length);
        list += length + (list[length] == ':');
    }
}

/* Beside the program: ../lib/vane/plugins where it was installed, wherever that is; plugins/ in a build tree. */
static void add_own(struct loader *loader)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 32);
    if (length <= 0)
        return;
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    static const char *const places[] = { "../lib/vane/plugins", "plugins" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(slash + 1, sizeof path - (size_t)(slash + 1 - path), "%s", places[i]);
        if (access(path, F_OK) == 0)
            add_directory(loader, path, strlen(path));
    }
}

struct loader *loader_new(const char *const *directories)
{
    struct loader *loader = alloc_zero(sizeof *loader);
    for (; directories && *directories; directories++)
        add_directory(loader, *directories, strlen(*directories));
    add_path_list(loader, getenv("VANE_PLUGIN_PATH"));
    add_directory(loader, VANE_PREFIX "/lib/vane/plugins", strlen(VANE_PREFIX "/lib/vane/plugins"));
    add_own(loader);
    return loader;
}

void loader_free(struct loader *loader)
{
    while (loader->loaded) {
        struct loaded *loaded = loader->loaded;
        loader->loaded = loaded->next;
        free(loaded->path);
        free(loaded->options);
        free(loaded);
    }
    for (size_t i = 0; i < loader->count; i++)
        free(loader->directories[i]);
    free(loader->directories);
    free(loader);
}

/* ---- Checking ---- */

static bool check_abi(const struct vane_abi *abi, struct error *err)
{
    if (abi->major != ABI_MAJOR)
        return error_set(err, "is built for plugin ABI %u, this vane has ABI %d: build it again", abi->major,
                         ABI_MAJOR);
    if (abi->minor > ABI_MINOR)
        return error_set(err, "is built for a newer vane: plugin ABI %u.%u, this one has %d.%d", abi->major, abi->minor,
                         ABI_MAJOR, ABI_MINOR);
    if (abi->plugin_size < sizeof *abi || abi->option_size < offsetof(struct vane_option, least))
        return error_set(err, "has a damaged descriptor");
    return true;
}

/* Copies what a plugin of an older minor version has; the rest is zero. */
static void copy_descriptor(struct loaded *loaded, const struct vane_plugin *theirs)
{
    const struct vane_abi *abi = &theirs->abi;
    size_t size = abi->plugin_size < sizeof *theirs ? abi->plugin_size : sizeof *theirs;
    memcpy(&loaded->plugin, theirs, size);
    if (!loaded->plugin.options)
        return;
    size_t row = abi->option_size, count = 0;
    size_t mine = row < sizeof(struct vane_option) ? row : sizeof(struct vane_option);
    const char *rows = (const char *)loaded->plugin.options;
    while (count < LIST_LIMIT && ((const struct vane_option *)(rows + count * row))->name)
        count++;
    loaded->options = alloc_array(count + 1, sizeof *loaded->options);
    for (size_t i = 0; i < count; i++)
        memcpy(&loaded->options[i], rows + i * row, mine);
    loaded->plugin.options = loaded->options;
}

static bool check_callbacks(const struct vane_plugin *plugin, struct error *err)
{
    switch (plugin->role) {
    case VANE_INPUT:
        if (!plugin->run == !plugin->tick)
            return error_set(err, "is an input and must have one of run and tick");
        break;
    case VANE_PROCESSOR:
        if (!plugin->process)
            return error_set(err, "is a processor and has no process callback");
        break;
    case VANE_OUTPUT:
        if (!plugin->write)
            return error_set(err, "is an output and has no write callback");
        break;
    default:
        return error_set(err, "has the unknown role %d", (int)plugin->role);
    }
    if (!plugin->save != !plugin->load)
        return error_set(err, "must have both save and load, or neither");
    if (plugin->role != VANE_INPUT && (plugin->live || plugin->remembers || plugin->delivered))
        return error_set(err, "has callbacks or flags that only an input may have");
    if (plugin->data_format && plugin->role == VANE_PROCESSOR)
        return error_set(err, "is a processor: it has no data format");
    return true;
}

static bool check_descriptor(const struct vane_plugin *plugin, struct error *err)
{
    if (!plugin->name || !plugin->help)
        return error_set(err, "has a descriptor without name or help");
    return check_callbacks(plugin, err)
           && common_check_table(plugin->role, plugin->options, plugin->state_size, err);
}

/* ---- Loading ---- */

static bool check_file(const char *path, struct error *err)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return error_set(err, "%s: %s", path, strerror(errno));
    if (status.st_mode & S_IWOTH)
        return error_set(err, "%s may be written to by everybody: it is not loaded (chmod o-w)", path);
    return elf_check(path, err);
}

static bool is_whole(const struct vane_plugin *theirs, const ElfW(Sym) *symbol)
{
    if (ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT || symbol->st_size < sizeof theirs->abi)
        return false;
    return (uintptr_t)theirs % alignof(struct vane_plugin) == 0
           && (theirs->abi.major != ABI_MAJOR || symbol->st_size >= theirs->abi.plugin_size);
}

/* What the symbol table says of it: is it an object, with room for what it claims to be? */
static bool check_symbol(const struct vane_plugin *theirs, const char *path, struct error *err)
{
    Dl_info info;
    const ElfW(Sym) *symbol = NULL;
    if (!dladdr1(theirs, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol || is_whole(theirs, symbol))
        return true;
    return error_set(err, "%s exports a vane_plugin that is no struct vane_plugin", path);
}

static const struct vane_plugin *open_object(const char *path, struct error *err)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        const char *why = dlerror(), *symbol = strstr(why, "undefined symbol: vane_");
        if (symbol)
            error_set(err, "%s is built for a newer vane: it needs %s", path, symbol + strlen("undefined symbol: "));
        else
            error_set(err, "%s", why);
        return NULL;
    }
    const struct vane_plugin *theirs = dlsym(object, "vane_plugin");
    if (!theirs)
        error_set(err, "%s is not a vane plugin: it does not export vane_plugin", path);
    return theirs && check_symbol(theirs, path, err) ? theirs : NULL;
}

static const struct vane_plugin *load(struct loader *loader, const char *path, struct error *err)
{
    for (struct loaded *loaded = loader->loaded; loaded; loaded = loaded->next)
        if (strcmp(loaded->path, path) == 0)
            return &loaded->plugin;
    const struct vane_plugin *theirs = check_file(path, err) ? open_object(path, err) : NULL;
    if (!theirs)
        return NULL;
    struct error why;
    struct loaded *loaded = alloc_zero(sizeof *loaded);
    if (check_abi(&theirs->abi, &why)) {
        copy_descriptor(loaded, theirs);
        if (check_descriptor(&loaded->plugin, &why)) {
            loaded->path = alloc_text(path);
            loaded->next = loader->loaded;
            loader->loaded = loaded;
            return &loaded->plugin;
        }
    }
    free(loaded->options);
    free(loaded);
    error_set(err, "%s %s", path, why.text);
    return NULL;
}

/* Looks in all directories; *found tells whether there is such a file at all. */
static const struct vane_plugin *search(struct loader *loader, const char *name, const char *ending, bool *found,
                                        struct error *err)
{
    for (size_t i = 0; i < loader->count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s%s.so", loader->directories[i], name, ending);
        *found = access(path, F_OK) == 0;
        if (*found)
            return load(loader, path, err);
    }
    return NULL;
}

static void not_found(struct loader *loader, enum vane_role role, const char *name, struct error *err)
{
    struct vane_text places = { 0 }, hint = { 0 }, files = { 0 };
    loader_hint(loader, role, name, &hint);
    for (size_t i = 0; i < loader->count; i++)
        vane_text_addf(&places, "%s%s", i ? ", " : "", loader->directories[i]);
    const char *ending = role_endings[role];
    vane_text_addf(&files, "%s%s.so", name, ending);
    if (!role)
        vane_text_addf(&files, ", %s_in.so and %s_out.so", name, name);
    else if (ending[0])
        vane_text_addf(&files, " and %s.so", name);
    error_set(err, "there is no %s%splugin '%s'%s: looked for %s in %s", role_names[role], role ? " " : "", name,
              hint.data ? hint.data : "", files.data, places.data ? places.data : "no directory");
    vane_text_release(&files);
    vane_text_release(&places);
    vane_text_release(&hint);
}

static const struct vane_plugin *search_for_role(struct loader *loader, enum vane_role role, const char *name,
                                                 bool *found, struct error *err)
{
    *found = false;
    if (strchr(name, '/'))
        return NULL;
    const struct vane_plugin *plugin = search(loader, name, role_endings[role], found, err);
    if (!*found && role_endings[role][0])
        plugin = search(loader, name, "", found, err);
    return plugin;
}

const struct vane_plugin *loader_get(struct loader *loader, enum vane_role role, const char *name, struct error *err)
{
    bool found;
    const struct vane_plugin *plugin = search_for_role(loader, role, name, &found, err);
    if (!found)
        not_found(loader, role, name, err);
    if (plugin && plugin->role != role) {
        error_set(err, "'%s' is one of the %ss, not of the %ss", name, role_names[plugin->role], role_names[role]);
        return NULL;
    }
    return plugin;
}

bool loader_has(struct loader *loader, enum vane_role role, const char *name)
{
    struct error err;
    bool found;
    const struct vane_plugin *plugin = search_for_role(loader, role, name, &found, &err);
    return plugin && (!role || plugin->role == role);
}

const struct vane_plugin *loader_find(struct loader *loader, const char *name, struct error *err)
{
    static const char *const endings[] = { "", "_in", "_out" };
    bool found = false;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const struct vane_plugin *plugin = search(loader, name, endings[i], &found, err);
        if (found)
            return plugin;
    }
    not_found(loader, 0, name, err);
    return NULL;
}

static void visit_directory(const char *directory, loader_file *visit, void *context)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4400];
        const char *file = entries[i]->d_name;
        size_t length = strlen(file);
        snprintf(path, sizeof path, "%s/%s", directory, file);
        if (length > 3 && strcmp(file + length - 3, ".so") == 0)
            visit(context, path, file, length - 3);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

void loader_files(const struct loader *loader, loader_file *visit, void *context)
{
    for (size_t i = 0; i < loader->count; i++)
        visit_directory(loader->directories[i], visit, context);
}

struct visit {
    struct loader *loader;
    void (*visit)(void *context, const char *file, const struct vane_plugin *plugin, const char *error);
    void *context;
};

static void visit_plugin(void *context, const char *path, const char *name, size_t length)
{
    const struct visit *visit = context;
    struct stat status;
    struct error err;
    (void)name, (void)length;
    if (lstat(path, &status) != 0 || !S_ISREG(status.st_mode)) /* links are second names */
        return;
    const struct vane_plugin *plugin = load(visit->loader, path, &err);
    visit->visit(visit->context, path, plugin, plugin ? NULL : err.text);
}

void loader_visit(struct loader *loader,
                  void (*visit)(void *context, const char *file, const struct vane_plugin *plugin, const char *error),
                  void *context)
{
    loader_files(loader, visit_plugin, &(struct visit){ loader, visit, context });
}
