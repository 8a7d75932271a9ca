/* box - see box.h.
 *
 * The hook runs every STEP instructions, so the budget of C's work has effect soon. In a handler of xpcall, in
 * finalizers and in hooks Lua runs no hooks: so the box has an xpcall of its own, which unwinds before it calls the
 * handler, and a setmetatable without __gc (library.c). */
#include "plugins/lua/box.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugins/lua/absent.h"
#include "plugins/shared/memory.h"

enum {
    STEP = 1000,                 /* instructions between two looks at the budget */
    LARGE = 512,                 /* bytes from which an allocation is charged */
    BYTES_PER_INSTRUCTION = 32,  /* moved by C in about the time of one */
    BYTES_PER_COLLECTION = 64,   /* of the heap, in a full collection */
    LARGE_STACK = 128 << 10,     /* bytes: a thousand nested calls. A call with "..." may copy all of it, so from */
    BYTES_PER_FACTOR = 1 << 10,  /* there on each instruction counts as this many bytes go into the stack */
    PROBE = 5000,                /* slots of the stack */
    CALLER = 1,
};

/* ---- Memory ---- */

static bool may_grow(struct box *box, size_t before, size_t size, bool is_text)
{
    if (is_text && size > BOX_TEXT_LIMIT)
        return false;
    if (box->used - before + size <= box->max_memory)
        return true;
    box->left -= (int64_t)(box->used / BYTES_PER_COLLECTION); /* Lua collects everything now, and asks again */
    return false;
}

/* How large is Lua's stack? It grows when it is asked for room: the piece that was taken then was it. Later on it is
 * either lengthened, or copied into the piece that was taken last before the old one is freed. */
static void watch_stack(struct box *box, const void *old, const void *memory, size_t size)
{
    if (old == box->stack && old) {
        box->stack = memory ? memory : box->newest;
        box->stack_size = memory ? size : box->newest_size;
    } else if (memory) {
        box->newest = memory;
        box->newest_size = size;
    }
}

static void find_stack(struct box *box)
{
    lua_checkstack(box->L, PROBE);
    box->stack = box->newest;
    box->stack_size = box->newest_size;
}

/* For a new object, old_size is its type. */
static void *allocate(void *context, void *old, size_t old_size, size_t size)
{
    struct box *box = context;
    size_t before = old ? old_size : 0;
    if (size == 0) {
        watch_stack(box, old, NULL, 0);
        free(old);
        box->used -= before;
        return NULL;
    }
    if (size > before && !may_grow(box, before, size, !old && old_size == LUA_TSTRING))
        return NULL;
    if (size >= LARGE)
        box->left -= (int64_t)(size / BYTES_PER_INSTRUCTION);
    box->used = box->used - before + size;
    bool was_stack = old && old == box->stack;
    void *memory = memory_resize(old, 1, size);
    watch_stack(box, was_stack ? box->stack : NULL, memory, size);
    return memory;
}

/* ---- The budget ---- */

static void count_hook(lua_State *L, lua_Debug *where);

static void arm(struct box *box)
{
    box->step = box->left < STEP ? (int)box->left : STEP;
    if (box->stop || box->step < 1)
        box->step = 1;
    lua_sethook(box->L, count_hook, LUA_MASKCOUNT, box->step);
}

static void count_hook(lua_State *L, lua_Debug *where)
{
    (void)where;
    struct box *box = box_of(L);
    int64_t factor = box->stack_size > LARGE_STACK ? (int64_t)(box->stack_size / BYTES_PER_FACTOR) : 1;
    box->left -= box->step * factor;
    if (box->left <= 0 || box->stop)
        box_stop(L, BOX_INSTRUCTIONS, 0);
    arm(box);
}

int box_stop(lua_State *L, enum box_stop why, int level)
{
    struct box *box = box_of(L);
    if (!box->stop)
        box->stop = why;
    arm(box);
    luaL_where(L, level);
    if (box->stop == BOX_INSTRUCTIONS)
        lua_pushfstring(L, "max_instructions (%I) reached", (LUAI_UACINT)box->max_instructions);
    else
        lua_pushfstring(L, "max_memory (%I bytes) reached, or a text longer than %d bytes, or calls nested too deep",
                        (LUAI_UACINT)box->max_memory, (int)BOX_TEXT_LIMIT);
    lua_concat(L, 2);
    return lua_error(L);
}

void box_begin(struct box *box, uint64_t seed)
{
    box->stop = BOX_RUNS;
    box->left = box->max_instructions;
    box->seed = seed;
    box->calls++;
    arm(box);
}

/* ---- Calls ---- */

/* A limit goes on up, whatever caught it. */
static void let_limits_pass(lua_State *L, int status)
{
    struct box *box = box_of(L);
    if (status == LUA_ERRMEM && !box->stop)
        box_stop(L, BOX_MEMORY, CALLER);
    if (box->stop)
        lua_error(L);
}

int box_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, true);
    lua_insert(L, 1);
    int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
    let_limits_pass(L, status);
    if (status == LUA_OK)
        return lua_gettop(L);
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
}

int box_xpcall(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushboolean(L, true);
    lua_pushvalue(L, 1); /* function, handler, true, function, arguments ... */
    lua_rotate(L, 3, 2);
    int status = lua_pcall(L, lua_gettop(L) - 4, LUA_MULTRET, 0);
    let_limits_pass(L, status);
    if (status == LUA_OK)
        return lua_gettop(L) - 2;
    lua_pushboolean(L, false);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -3);
    lua_call(L, 1, 1);
    return 2;
}

/* Message and traceback, one behind the other; an error that is no text is named by its type. */
static int add_traceback(lua_State *L)
{
    if (lua_type(L, 1) != LUA_TSTRING)
        lua_pushfstring(L, "the error is a %s", luaL_typename(L, 1));
    const char *absent = absent_named(lua_tostring(L, -1));
    if (absent)
        lua_pushfstring(L, "%s: a script has no %s here", lua_tostring(L, -1), absent);
    if (!box_of(L)->brief)
        luaL_traceback(L, L, lua_tostring(L, -1), 1);
    return 1;
}

/* A log line is one line. */
static void write_error(struct script_error *error, const char *text)
{
    size_t at = 0;
    for (; *text && at + 3 < sizeof error->text; text++) {
        if (*text == '\t')
            continue;
        if (*text == '\n')
            error->text[at++] = ';';
        error->text[at++] = *text == '\n' ? ' ' : *text;
    }
    error->text[at] = '\0';
}

bool box_call(struct box *box, int args, int results, struct script_error *error)
{
    lua_State *L = box->L;
    int handler = lua_gettop(L) - args;
    lua_pushcfunction(L, add_traceback);
    lua_insert(L, handler);
    int status = lua_pcall(L, args, results, handler);
    lua_remove(L, handler);
    if (status == LUA_OK)
        return true;
    if (status == LUA_ERRMEM && !box->stop)
        box->stop = BOX_MEMORY;
    const char *text = lua_tostring(L, -1);
    if (status == LUA_ERRMEM)
        snprintf(error->text, sizeof error->text,
                 "max_memory (%zu bytes) reached, or a text longer than %d bytes, or calls nested too deep",
                 box->max_memory, (int)BOX_TEXT_LIMIT);
    else
        write_error(error, text ? text : "an error without a text");
    lua_pop(L, 1);
    return false;
}

/* ---- Life ---- */

void box_init(struct box *box, struct vane_self *self, int64_t max_instructions, size_t max_memory)
{
    *box = (struct box){
        .self = self, .max_instructions = max_instructions, .left = max_instructions, .max_memory = SIZE_MAX / 2,
    };
    box->L = lua_newstate(allocate, box); /* what Lua itself needs first is small, and never refused */
    *(struct box **)lua_getextraspace(box->L) = box;
    find_stack(box);
    box->max_memory = max_memory;
}

void box_release(struct box *box)
{
    if (box->L)
        lua_close(box->L);
    *box = (struct box){ 0 };
}
