/* script - one script in its box: loaded, its functions found, its state beside it.
 *
 *     script_open ─ state_load … ─ script_ready (calls init) ─ process, tick, end (call.h) ─ script_release
 *
 * Own thread.
 */
#pragma once
#include "plugins/lua/box.h"
#include "plugins/lua/handles.h"
#include "plugins/lua/state.h"

enum script_function {
    SCRIPT_INIT, SCRIPT_APPLY, SCRIPT_APPLY_BATCH, SCRIPT_TICK, SCRIPT_FLUSH, SCRIPT_LOST, SCRIPT_GAP,
    SCRIPT_FUNCTIONS
};

struct script_options {
    const char        *script, *source, *folder; /* one of the first two; a folder may be NULL */
    struct vane_values constants;
    int64_t            max_instructions;
    size_t             max_memory;
    bool               is_quiet; /* on trial: print and log say nothing */
};

struct script {
    struct handles        handles; /* first: the box's context */
    struct box            box;
    struct state          state;
    struct script_options options;
    int                   functions[SCRIPT_FUNCTIONS]; /* in the registry; LUA_NOREF: there is none */
    int                   modules;                     /* what require has loaded, in the registry */
    char                 *folder, *library;            /* of the script, NULL: none; of the ready transforms */
    bool                  is_open, is_loading, is_ready, is_broken;
    struct script_error   broken;                      /* why init failed */
    size_t               *results, result_count, result_room; /* slots that a call has returned */
    uint64_t              silent;                      /* metrics whose calls returned no value, while none has */
    bool                  spoke;                       /* one has, nil included, or the hint was given */
};

const char *script_function_name(enum script_function function);

static inline bool script_has(const struct script *script, enum script_function function)
{
    return script->functions[function] != LUA_NOREF;
}

/* Loads the script into zeroed storage. False: the error has its line. Release it in any case. */
bool script_open(struct script *script, struct vane_self *self, const struct script_options *options,
                 struct script_error *error);
void script_release(struct script *script);

/* Calls init() the first time. False: it failed, now or then; script->broken says why. */
bool script_ready(struct script *script);

/* require, csv_table and the constants as globals. [raises] */
void script_open_files(lua_State *L, struct script *script);

/* Finds the folder of the ready transforms, beside this plugin: in a build tree or installed. NULL: not found;
 * else to be freed. */
char *script_find_library(void);
