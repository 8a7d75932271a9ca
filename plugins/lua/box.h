/* box - a Lua state that cannot run for ever, take all memory, or leave its walls.
 *
 * Instructions are counted by a hook, from the beginning of each call. What C does for a script in one
 * instruction (building a text, sorting, matching) is charged to the same budget, by box_charge() and by the
 * allocator, so that no single call of the library can stand in for a loop. Memory is counted by the allocator.
 * A limit that is reached ends the call for good: from then on every instruction raises the error again, and
 * the pcall of the box does not catch it.
 *
 * Own thread. A function marked [raises] may leave by a Lua error: call it from C functions of Lua only.
 */
#pragma once
#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>

#include "core/plugin.h"

struct script_error {
    char text[1024];
};

enum box_stop { BOX_RUNS, BOX_INSTRUCTIONS, BOX_MEMORY };

enum {
    BOX_TEXT_LIMIT = 1 << 20, /* bytes of one text: no instruction compares or hashes more */
};

struct box {
    lua_State        *L;
    struct vane_self *self;
    bool              is_quiet; /* print and log say nothing */
    void             *context; /* the plugin's */
    int64_t           max_instructions, left;
    int               step;    /* instructions until the hook runs */
    size_t            max_memory, used;
    const void       *stack, *newest; /* Lua's stack; what was taken last */
    size_t            stack_size, newest_size;
    enum box_stop     stop;    /* why this call is over */
    uint64_t          calls;   /* begun so far */
    uint64_t          seed;    /* of math.random in this call */
    bool              brief;   /* errors without a traceback: those of the configuration */
};

/* An empty state with these limits, its extra space pointing to the box. Zeroed storage is the caller's. */
void box_init(struct box *box, struct vane_self *self, int64_t max_instructions, size_t max_memory);
void box_release(struct box *box); /* zeroed is fine */

static inline struct box *box_of(lua_State *L)
{
    return *(struct box **)lua_getextraspace(L);
}

/* A new call: full budget, nothing reached. seed: what math.random starts from. */
void box_begin(struct box *box, uint64_t seed);

/* Ends the call because of a limit. [raises] */
int box_stop(lua_State *L, enum box_stop why, int level);

/* Takes that much work from the budget, in instructions. [raises] */
static inline void box_charge(lua_State *L, int64_t work)
{
    struct box *box = box_of(L);
    box->left -= work;
    if (box->left <= 0)
        box_stop(L, BOX_INSTRUCTIONS, 1);
}

/* Calls what lies on the stack (a function and `args` arguments), leaves `results`. False: nothing is left there, and
 * the error says what, and where from, in one line. */
bool box_call(struct box *box, int args, int results, struct script_error *error);

/* pcall and xpcall that let a limit pass. */
int box_pcall(lua_State *L);
int box_xpcall(lua_State *L);
