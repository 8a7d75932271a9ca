/* script - see script.h. */
#include "plugins/lua/script.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugins/lua/library.h"

static const char *const function_names[SCRIPT_FUNCTIONS] = {
    [SCRIPT_INIT] = "init", [SCRIPT_APPLY] = "apply", [SCRIPT_APPLY_BATCH] = "apply_batch", [SCRIPT_TICK] = "tick",
    [SCRIPT_FLUSH] = "flush", [SCRIPT_LOST] = "lost", [SCRIPT_GAP] = "gap",
};

const char *script_function_name(enum script_function function)
{
    return function_names[function];
}

/* ---- Constants ---- */

/* As a table of their own, and each as a global, where no other thing has that name. */
static void open_constants(lua_State *L, const struct vane_values *constants)
{
    lua_newtable(L);
    for (size_t i = 0; i < constants->count; i++) {
        const struct vane_field *constant = &constants->items[i];
        if (lua_getglobal(L, constant->key) != LUA_TNIL)
            luaL_error(L, "constants: the name '%s' is taken", constant->key);
        lua_pop(L, 1);
        handles_push_field(L, constant);
        lua_setfield(L, -2, constant->key);
        handles_push_field(L, constant);
        lua_setglobal(L, constant->key);
    }
    lua_setglobal(L, "constants");
}

/* ---- Loading ---- */

static void run_prelude(lua_State *L, const struct script *script)
{
    if (!script->library)
        luaL_error(L, "the folder of ready transforms (share/vane/lua) is not where the plugin expects it");
    lua_pushfstring(L, "%s/prelude.lua", script->library);
    if (luaL_loadfilex(L, lua_tostring(L, -1), "t") != LUA_OK)
        lua_error(L);
    lua_call(L, 0, 0);
}

static void compile(lua_State *L, const struct script_options *options)
{
    int status = options->script ? luaL_loadfilex(L, options->script, "t")
                                 : luaL_loadbufferx(L, options->source, strlen(options->source), "=source", "t");
    if (status == LUA_ERRFILE) { /* "cannot open t.lua: No such file or directory" */
        char whole[VANE_PATH_MOST];
        const char *why = strrchr(lua_tostring(L, -1), ':');
        luaL_error(L, "script %s%s", vane_path(whole, options->script), why ? why : ": cannot be read");
    }
    if (status != LUA_OK)
        lua_error(L);
}

static void find_functions(lua_State *L, struct script *script)
{
    for (int i = 0; i < SCRIPT_FUNCTIONS; i++) {
        int type = lua_getglobal(L, function_names[i]);
        if (type == LUA_TFUNCTION) {
            script->functions[i] = luaL_ref(L, LUA_REGISTRYINDEX);
            continue;
        }
        if (type != LUA_TNIL)
            luaL_error(L, "'%s' is a %s: a function is expected", function_names[i], lua_typename(L, type));
        lua_pop(L, 1);
    }
    if (script_has(script, SCRIPT_APPLY) && script_has(script, SCRIPT_APPLY_BATCH))
        luaL_error(L, "both apply and apply_batch are defined: only one is called");
    if (!script_has(script, SCRIPT_APPLY) && !script_has(script, SCRIPT_APPLY_BATCH))
        luaL_error(L, "neither apply nor apply_batch is defined");
}

/* Argument 1: the script. */
static int load_all(lua_State *L)
{
    struct script *script = lua_touserdata(L, 1);
    library_open(&script->box);
    handles_open(&script->handles, &script->box, &script->state.book);
    state_open(&script->state, &script->box);
    script_open_files(L, script);
    run_prelude(L, script);
    open_constants(L, &script->options.constants);
    compile(L, &script->options);
    lua_call(L, 0, 0);
    find_functions(L, script);
    return 0;
}

static char *folder_of(const struct script_options *options)
{
    if (options->folder)
        return strdup(options->folder);
    if (!options->script)
        return NULL;
    const char *slash = strrchr(options->script, '/');
    if (!slash)
        return strdup(".");
    return strndup(options->script, slash == options->script ? 1 : (size_t)(slash - options->script));
}

bool script_open(struct script *script, struct vane_self *self, const struct script_options *options,
                 struct script_error *error)
{
    script->options = *options;
    script->folder = folder_of(options);
    script->library = script_find_library();
    for (int i = 0; i < SCRIPT_FUNCTIONS; i++)
        script->functions[i] = LUA_NOREF;
    script->is_open = true;
    box_init(&script->box, self, options->max_instructions, options->max_memory);
    script->is_loading = script->box.brief = true;
    script->box.is_quiet = options->is_quiet;
    box_begin(&script->box, 0);
    lua_pushcfunction(script->box.L, load_all);
    lua_pushlightuserdata(script->box.L, script);
    bool good = box_call(&script->box, 1, 0, error);
    script->is_loading = false;
    script->box.brief = options->is_quiet;
    return good;
}

bool script_ready(struct script *script)
{
    if (script->is_ready || script->is_broken)
        return script->is_ready;
    script->is_ready = true;
    if (!script_has(script, SCRIPT_INIT))
        return true;
    script->is_loading = true;
    box_begin(&script->box, 0);
    handles_begin_call(&script->handles, 0, 0, VANE_NO_TIME);
    lua_rawgeti(script->box.L, LUA_REGISTRYINDEX, script->functions[SCRIPT_INIT]);
    script->is_ready = box_call(&script->box, 0, 0, &script->broken);
    script->is_broken = !script->is_ready;
    script->is_loading = false;
    handles_end_batch(&script->handles);
    return script->is_ready;
}

void script_release(struct script *script)
{
    if (!script->is_open)
        return;
    handles_release(&script->handles);
    state_release(&script->state);
    box_release(&script->box);
    free(script->folder);
    free(script->library);
    free(script->results);
    script->is_open = false;
}
