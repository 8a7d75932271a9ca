/* order - see order.h. */
#include "plugins/lua/order.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"

static int rank(const struct order_key *key)
{
    return key->type == LUA_TBOOLEAN ? 0 : key->type == LUA_TNUMBER ? 1 : key->type == LUA_TSTRING ? 2 : 3;
}

static int compare_numbers(const struct order_key *a, const struct order_key *b)
{
    if (!a->is_float && !b->is_float)
        return (a->integer > b->integer) - (a->integer < b->integer);
    return (a->number > b->number) - (a->number < b->number);
}

static int compare_texts(const struct order_key *a, const struct order_key *b)
{
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, shorter);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare(const void *left, const void *right)
{
    const struct order_key *a = left, *b = right;
    if (rank(a) != rank(b))
        return rank(a) - rank(b);
    if (a->type == LUA_TNUMBER)
        return compare_numbers(a, b);
    if (a->type == LUA_TSTRING)
        return compare_texts(a, b);
    return (a->integer > b->integer) - (a->integer < b->integer);
}

static void read_key(lua_State *L, int index, struct order_key *key, size_t place)
{
    *key = (struct order_key){ .type = lua_type(L, index), .place = place, .integer = (lua_Integer)place };
    if (key->type == LUA_TBOOLEAN)
        key->integer = lua_toboolean(L, index);
    if (key->type == LUA_TSTRING)
        key->text = lua_tolstring(L, index, &key->length);
    if (key->type != LUA_TNUMBER)
        return;
    key->is_float = !lua_isinteger(L, index);
    key->number = lua_tonumber(L, index);
    key->integer = key->is_float ? 0 : lua_tointeger(L, index);
}

static void sort(struct order_key *keys, size_t count)
{
    if (count)
        qsort(keys, count, sizeof *keys, compare);
}

struct order_key *order_keys(lua_State *L, int index, size_t *count)
{
    int table = lua_absindex(L, index);
    struct order_key *keys = NULL;
    size_t room = 0, used = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        if (used == room) {
            room = room ? room * 2 : 8;
            keys = memory_resize(keys, room, sizeof *keys);
        }
        read_key(L, -2, &keys[used], used);
        used++;
    }
    sort(keys, used);
    *count = used;
    return keys;
}

void order_push(lua_State *L, const struct order_key *key)
{
    if (key->type == LUA_TBOOLEAN)
        lua_pushboolean(L, (int)key->integer);
    else if (key->type == LUA_TSTRING)
        lua_pushlstring(L, key->text, key->length);
    else if (key->is_float)
        lua_pushnumber(L, key->number);
    else
        lua_pushinteger(L, key->integer);
}

/* The keys of the table, as they come, in an array. */
static size_t push_unsorted(lua_State *L, int table)
{
    lua_Integer count = 0;
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, table);) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_rawseti(L, -3, ++count);
    }
    return (size_t)count;
}

size_t order_push_keys(lua_State *L, int index)
{
    size_t count = push_unsorted(L, lua_absindex(L, index));
    struct order_key *keys = lua_newuserdatauv(L, (count + 1) * sizeof *keys, 0); /* Lua frees it after an error */
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -2, (lua_Integer)i + 1);
        read_key(L, -1, &keys[i], i + 1);
        lua_pop(L, 1);
    }
    sort(keys, count);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, -3, (lua_Integer)keys[i].place);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_replace(L, -3);
    lua_pop(L, 1);
    return count;
}
