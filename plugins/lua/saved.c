/* saved - see saved.h. */
#include "plugins/lua/saved.h"

#include <stdlib.h>

#include "plugins/lua/order.h"

/* ---- To bytes ---- */

static void add_number(struct vane_text *out, uint64_t value, size_t size)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    vane_text_add(out, bytes, size);
}

static bool encode(lua_State *L, int index, int depth, struct vane_text *out, const char **why);

static bool encode_pairs(lua_State *L, int table, const struct order_key *keys, size_t count, int depth,
                         struct vane_text *out, const char **why)
{
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        if (keys[i].type != LUA_TBOOLEAN && keys[i].type != LUA_TNUMBER && keys[i].type != LUA_TSTRING) {
            *why = "a key that is no text, number or boolean";
            return false;
        }
        order_push(L, &keys[i]); /* a text that is there already: nothing is allocated but for long ones */
        lua_pushvalue(L, -1);
        lua_rawget(L, table);
        good = encode(L, lua_gettop(L) - 1, depth + 1, out, why) && encode(L, lua_gettop(L), depth + 1, out, why);
        lua_pop(L, 2);
    }
    return good;
}

static bool encode_table(lua_State *L, int table, int depth, struct vane_text *out, const char **why)
{
    *why = "tables that are nested deeper than 32 levels, or hold themselves";
    if (depth >= SAVED_DEPTH || !lua_checkstack(L, 8))
        return false;
    size_t count;
    struct order_key *keys = order_keys(L, table, &count);
    vane_text_add(out, "{", 1);
    add_number(out, count, 4);
    bool good = encode_pairs(L, table, keys, count, depth, out, why);
    free(keys);
    return good;
}

static bool encode_number(lua_State *L, int index, struct vane_text *out)
{
    if (lua_isinteger(L, index)) {
        vane_text_add(out, "i", 1);
        add_number(out, (uint64_t)lua_tointeger(L, index), 8);
        return true;
    }
    double number = lua_tonumber(L, index);
    uint64_t bits;
    memcpy(&bits, &number, 8);
    vane_text_add(out, "d", 1);
    add_number(out, bits, 8);
    return true;
}

static bool encode(lua_State *L, int index, int depth, struct vane_text *out, const char **why)
{
    size_t length;
    const char *text;
    switch (lua_type(L, index)) {
    case LUA_TBOOLEAN:
        vane_text_add(out, lua_toboolean(L, index) ? "T" : "F", 1);
        return true;
    case LUA_TNUMBER:
        return encode_number(L, index, out);
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &length);
        vane_text_add(out, "s", 1);
        add_number(out, length, 4);
        vane_text_add(out, text, length);
        return true;
    case LUA_TTABLE:
        return encode_table(L, index, depth, out, why);
    case LUA_TLIGHTUSERDATA:
        *why = "a metric";
        return false;
    default:
        *why = "a function";
        return false;
    }
}

bool saved_encode(lua_State *L, int index, struct vane_text *out, const char **why)
{
    add_number(out, SAVED_VERSION, 1);
    return encode(L, lua_absindex(L, index), 0, out, why);
}

/* ---- From bytes ---- */

struct reader {
    const unsigned char *at, *end;
};

static bool read_number(struct reader *reader, size_t size, uint64_t *value)
{
    if ((size_t)(reader->end - reader->at) < size)
        return false;
    *value = 0;
    for (size_t i = 0; i < size; i++)
        *value |= (uint64_t)reader->at[i] << (8 * i);
    reader->at += size;
    return true;
}

static bool decode(lua_State *L, struct reader *reader, int depth);

static bool decode_table(lua_State *L, struct reader *reader, int depth)
{
    uint64_t count;
    int top = lua_gettop(L);
    if (depth >= SAVED_DEPTH || !read_number(reader, 4, &count) || count > (size_t)(reader->end - reader->at))
        return false;
    luaL_checkstack(L, 8, "state");
    lua_newtable(L);
    for (; count; count--) {
        bool good = decode(L, reader, depth + 1);
        bool is_key = good && !lua_istable(L, -1) && lua_tonumber(L, -1) == lua_tonumber(L, -1); /* no NaN */
        if (!is_key || !decode(L, reader, depth + 1)) {
            lua_settop(L, top);
            return false;
        }
        lua_rawset(L, top + 1);
    }
    return true;
}

static bool decode_text(lua_State *L, struct reader *reader)
{
    uint64_t length;
    if (!read_number(reader, 4, &length) || length > (size_t)(reader->end - reader->at))
        return false;
    lua_pushlstring(L, (const char *)reader->at, length);
    reader->at += length;
    return true;
}

static bool decode_number(lua_State *L, struct reader *reader, bool is_integer)
{
    uint64_t bits;
    double number;
    if (!read_number(reader, 8, &bits))
        return false;
    memcpy(&number, &bits, 8);
    if (is_integer)
        lua_pushinteger(L, (lua_Integer)bits);
    else
        lua_pushnumber(L, number);
    return true;
}

static bool decode(lua_State *L, struct reader *reader, int depth)
{
    uint64_t tag;
    if (!read_number(reader, 1, &tag))
        return false;
    switch (tag) {
    case 'T':
    case 'F': lua_pushboolean(L, tag == 'T'); return true;
    case 'i':
    case 'd': return decode_number(L, reader, tag == 'i');
    case 's': return decode_text(L, reader);
    case '{': return decode_table(L, reader, depth);
    default: return false;
    }
}

bool saved_decode(lua_State *L, const char *bytes, size_t length)
{
    struct reader reader = { (const unsigned char *)bytes, (const unsigned char *)bytes + length };
    uint64_t version;
    if (!read_number(&reader, 1, &version) || version != SAVED_VERSION || !decode(L, &reader, 0))
        return false;
    if (reader.at == reader.end)
        return true;
    lua_pop(L, 1);
    return false;
}

/* ---- Keys ---- */

bool saved_key(lua_State *L, int index, struct vane_text *out)
{
    vane_text_clear(out);
    if (lua_type(L, index) == LUA_TSTRING) {
        size_t length;
        const char *text = lua_tolstring(L, index, &length);
        vane_text_add(out, "s", 1);
        vane_text_add(out, text, length);
        return !memchr(text, '\0', length);
    }
    if (lua_isboolean(L, index)) {
        vane_text_addf(out, "b%d", lua_toboolean(L, index));
        return true;
    }
    if (!lua_isinteger(L, index))
        return false;
    vane_text_addf(out, "i%lld", (long long)lua_tointeger(L, index));
    return true;
}

bool saved_push_key(lua_State *L, const char *text)
{
    if (text[0] == 's')
        lua_pushstring(L, text + 1);
    else if (text[0] == 'b' && (text[1] == '0' || text[1] == '1'))
        lua_pushboolean(L, text[1] == '1');
    else if (text[0] == 'i' && text[1])
        lua_pushinteger(L, strtoll(text + 1, NULL, 10));
    else
        return false;
    return true;
}
