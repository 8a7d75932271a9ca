/* script_files - what a script may read: modules by require, tables by csv_table. Both from its own folder and from
 * that of the ready transforms only, and only while it is loaded and in init(): a metric never waits for a disk. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/lua/csv.h"
#include "plugins/lua/script.h"

/* ---- Where ---- */

/* Any address in this plugin tells where it was loaded from. */
static const char here[] = "here";

char *script_find_library(void)
{
    static const char *const places[] = { "../lua", "../../../share/vane/lua" };
    Dl_info info;
    char plugin[PATH_MAX], folder[PATH_MAX], found[PATH_MAX];
    if (!dladdr(here, &info) || !realpath(info.dli_fname, plugin))
        return NULL;
    int length = (int)(strrchr(plugin, '/') - plugin);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        snprintf(folder, sizeof folder, "%.*s/%s", length, plugin, places[i]);
        snprintf(found, sizeof found, "%.*s/%s/prelude.lua", length, plugin, places[i]);
        if (access(found, R_OK) == 0)
            return realpath(folder, NULL);
    }
    return NULL;
}

static struct script *script_of(lua_State *L, const char *function)
{
    struct script *script = lua_touserdata(L, lua_upvalueindex(1));
    if (!script->is_loading)
        luaL_error(L, "%s works while the script is loaded and in init() only", function);
    return script;
}

/* A name inside a folder: no way out of it. */
static void check_name(lua_State *L, const char *name)
{
    if (!name[0] || name[0] == '/' || strstr(name, ".."))
        luaL_error(L, "'%s' is no name inside the script's folder", name);
}

/* Pushes the path of a regular file in one of both folders; false: there is none, and the places looked at are
 * pushed. */
static bool push_path(lua_State *L, const struct script *script, const char *name, const char *ending)
{
    const char *folders[] = { script->folder, script->library };
    lua_pushliteral(L, "");
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        struct stat status;
        if (!folders[i])
            continue;
        const char *path = lua_pushfstring(L, "%s/%s%s", folders[i], name, ending);
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
            lua_remove(L, -2);
            return true;
        }
        char whole[VANE_PATH_MOST];
        lua_pushfstring(L, "%s%s%s", lua_tostring(L, -2), i && *lua_tostring(L, -2) ? ", " : "",
                        vane_path(whole, path));
        lua_replace(L, -3);
        lua_pop(L, 1);
    }
    return false;
}

/* ---- require ---- */

enum { SHELF_MOST = 64, ENDING = 4 }; /* ready transforms; of ".lua" */

struct shelf {
    char        texts[SHELF_MOST][64];
    const char *names[SHELF_MOST + 1]; /* in their order; NULL ends them */
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* No call of Lua in here: its errors would leave the folder open. */
static size_t read_shelf(const struct script *script, struct shelf *shelf)
{
    DIR *folder = script->library ? opendir(script->library) : NULL;
    size_t count = 0;
    for (struct dirent *entry; folder && count < SHELF_MOST && (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name);
        if (length <= ENDING || strcmp(entry->d_name + length - ENDING, ".lua") != 0
            || strcmp(entry->d_name, "prelude.lua") == 0)
            continue;
        snprintf(shelf->texts[count], sizeof shelf->texts[count], "%.*s", (int)length - ENDING, entry->d_name);
        shelf->names[count] = shelf->texts[count];
        count++;
    }
    if (folder)
        closedir(folder);
    qsort(shelf->names, count, sizeof *shelf->names, compare_names);
    shelf->names[count] = NULL;
    return count;
}

/* On top lie the places looked at. */
static int refuse_module(lua_State *L, const struct script *script, const char *name)
{
    const char *places = lua_tostring(L, -1);
    struct shelf shelf;
    size_t count = read_shelf(script, &shelf);
    const char *nearest = vane_nearest(name, shelf.names);
    if (nearest)
        return luaL_error(L, "module '%s' not found (did you mean '%s'?): looked for %s", name, nearest, places);
    lua_pushliteral(L, "");
    for (size_t i = 0; i < count; i++) {
        lua_pushfstring(L, "%s%s%s", lua_tostring(L, -1), i ? ", " : "", shelf.names[i]);
        lua_remove(L, -2);
    }
    return luaL_error(L, "module '%s' not found: looked for %s; ready ones are %s", name, places, lua_tostring(L, -1));
}

static int require_module(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    struct script *script = script_of(L, "require");
    lua_settop(L, 1);
    check_name(L, name);
    lua_rawgeti(L, LUA_REGISTRYINDEX, script->modules);
    lua_pushvalue(L, 1);
    if (lua_rawget(L, 2) != LUA_TNIL)
        return lua_islightuserdata(L, -1) ? luaL_error(L, "module '%s' requires itself", name) : 1;
    luaL_gsub(L, name, ".", "/");
    if (!push_path(L, script, lua_tostring(L, -1), ".lua"))
        return refuse_module(L, script, name);
    lua_pushvalue(L, 1);
    lua_pushlightuserdata(L, NULL); /* being loaded */
    lua_rawset(L, 2);
    if (luaL_loadfilex(L, lua_tostring(L, -1), "t") != LUA_OK)
        return lua_error(L);
    lua_pushvalue(L, 1);
    lua_call(L, 1, 1);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, true);
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, 2);
    return 1;
}

/* ---- csv_table ---- */

/* Pushes userdata with the bytes of the file, so that an error frees them. */
static size_t push_bytes(lua_State *L, const char *path)
{
    char *bytes = lua_newuserdatauv(L, CSV_LIMIT, 0);
    FILE *file = fopen(path, "re");
    if (!file)
        luaL_error(L, "read %s: %s", path, strerror(errno));
    size_t size = fread(bytes, 1, CSV_LIMIT, file);
    bool is_whole = !ferror(file) && size < CSV_LIMIT;
    fclose(file);
    if (!is_whole)
        luaL_error(L, "%s cannot be read, or is not smaller than %d bytes", path, (int)CSV_LIMIT);
    return size;
}

/* csv_table(name): an array of rows; csv_table(name, column): rows by the value of that column. A row has its values
 * by the names in the first line. */
static int csv_table(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const char *column = luaL_optstring(L, 2, NULL);
    struct script *script = script_of(L, "csv_table");
    lua_settop(L, 2);
    check_name(L, name);
    if (!push_path(L, script, name, ""))
        return luaL_error(L, "csv_table: '%s' not found: looked for %s", name, lua_tostring(L, -1));
    size_t size = push_bytes(L, lua_tostring(L, 3));
    csv_push_table(L, name, lua_touserdata(L, 4), size, column);
    return 1;
}

void script_open_files(lua_State *L, struct script *script)
{
    static const luaL_Reg functions[] = {
        { "require", require_module }, { "csv_table", csv_table }, { NULL, NULL },
    };
    lua_newtable(L);
    script->modules = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushglobaltable(L);
    lua_pushlightuserdata(L, script);
    luaL_setfuncs(L, functions, 1);
    lua_pop(L, 1);
}
