/* library_tables - pairs in the order of keys, and functions on tables charged for what they walk: a length may
 * come from __len, and a loop of C over it would have no end. */
#include "plugins/lua/library.h"
#include "plugins/lua/order.h"

/* ---- pairs ---- */

/* Upvalues: what is walked, the array of its keys, how many are done. */
static int next_key(lua_State *L)
{
    lua_Integer at = lua_tointeger(L, lua_upvalueindex(3));
    for (;;) {
        box_charge(L, 1);
        if (lua_rawgeti(L, lua_upvalueindex(2), ++at) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, -1);
        if (lua_gettable(L, lua_upvalueindex(1)) != LUA_TNIL)
            break;
        lua_pop(L, 2);
    }
    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(3));
    return 2;
}

int library_walk_keys(lua_State *L)
{
    lua_pushvalue(L, -1); /* keys, walked, walked */
    lua_rotate(L, -3, 2); /* walked, walked, keys */
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_key, 3);
    lua_insert(L, -2);
    lua_pushnil(L);
    return 3;
}

int library_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 3);
        return 3;
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    size_t count = order_push_keys(L, 1);
    box_charge(L, (int64_t)count * 8);
    lua_insert(L, 1);
    return library_walk_keys(L);
}

/* ---- Functions on tables ---- */

enum function { CONCAT, INSERT, MOVE, REMOVE, SORT, UNPACK, FUNCTIONS };

static const char *const names[] = {
    [CONCAT] = "concat", [INSERT] = "insert", [MOVE] = "move", [REMOVE] = "remove", [SORT] = "sort",
    [UNPACK] = "unpack",
};

/* From a place in the list at 1, which is argument `arg`, to its end. */
static double to_end(lua_State *L, int arg)
{
    return (double)luaL_len(L, 1) - (double)luaL_optinteger(L, arg, 1) + 1;
}

static double span(lua_State *L, int first, int last)
{
    return (double)luaL_optinteger(L, last, 0) - (double)luaL_optinteger(L, first, 1) + 1;
}

static double cost(lua_State *L, enum function which)
{
    switch (which) {
    case INSERT: return lua_gettop(L) < 3 ? 1 : to_end(L, 2);
    case REMOVE: return lua_gettop(L) < 2 ? 1 : to_end(L, 2);
    case MOVE: return span(L, 2, 3);
    case SORT: return 20 * to_end(L, 4); /* about what it compares: n log n */
    case CONCAT: return lua_gettop(L) < 4 ? to_end(L, 3) : span(L, 3, 4);
    case UNPACK: return lua_gettop(L) < 3 ? to_end(L, 2) : span(L, 2, 3);
    case FUNCTIONS: break;
    }
    return 0;
}

/* Upvalues: the function of Lua's library, and which it is. */
static int call_charged(lua_State *L)
{
    double work = cost(L, (enum function)lua_tointeger(L, lua_upvalueindex(2)));
    box_charge(L, work > 1e15 ? INT64_C(1000000000000000) : work > 0 ? (int64_t)work : 0);
    lua_CFunction *function = lua_touserdata(L, lua_upvalueindex(1));
    return (*function)(L);
}

void library_open_tables(lua_State *L, int table)
{
    for (int which = 0; which < FUNCTIONS; which++) {
        lua_getfield(L, table, names[which]);
        lua_CFunction function = lua_tocfunction(L, -1);
        lua_pop(L, 1);
        *(lua_CFunction *)lua_newuserdatauv(L, sizeof function, 0) = function;
        lua_pushinteger(L, which);
        lua_pushcclosure(L, call_charged, 2);
        lua_setfield(L, table, names[which]);
    }
}
