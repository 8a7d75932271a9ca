/* order - the keys of a table in an order that does not depend on where things lie in memory.
 *
 * false, true, numbers by value, texts bytewise; then what has no order (tables, functions), as it comes. Own thread.
 */
#pragma once
#include "plugins/lua/box.h"

struct order_key {
    int           type; /* LUA_TBOOLEAN, LUA_TNUMBER, LUA_TSTRING, or another */
    bool          is_float;
    size_t        place;   /* in the order of the walk */
    lua_Integer   integer; /* of a boolean too; of what has no order, the place */
    lua_Number    number;
    const char   *text;    /* lives as long as its key is in the table */
    size_t        length;
};

/* Answers an array of *count sorted keys of the table at `index`, to be freed with free(). Needs one free slot. */
struct order_key *order_keys(lua_State *L, int index, size_t *count);

void order_push(lua_State *L, const struct order_key *key); /* of a boolean, number or text [raises] */

/* Pushes an array of the sorted keys of the table at `index`; answers how many. [raises] */
size_t order_push_keys(lua_State *L, int index);
