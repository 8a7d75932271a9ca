/* handle_fields - metric.fields: values of the host as values of Lua, and back. */
#include "plugins/lua/handles.h"

enum { FIELDS_PER_INSTRUCTION = 8 };

static const struct vane_field *find(lua_State *L, const struct vane_metric *metric, const char *key, size_t length)
{
    if (metric->field_count > FIELDS_PER_INSTRUCTION)
        box_charge(L, metric->field_count / FIELDS_PER_INSTRUCTION);
    for (uint32_t i = 0; i < metric->field_count; i++)
        if (metric->fields[i].key_length == length && memcmp(metric->fields[i].key, key, length) == 0)
            return &metric->fields[i];
    return NULL;
}

void handles_push_field(lua_State *L, const struct vane_field *field)
{
    switch (field->type) {
    case VANE_FLOAT:
        lua_pushnumber(L, field->f);
        break;
    case VANE_INT:
        lua_pushinteger(L, field->i);
        break;
    case VANE_UINT:
        if (field->u <= INT64_MAX)
            lua_pushinteger(L, (lua_Integer)field->u);
        else
            lua_pushnumber(L, (lua_Number)field->u);
        break;
    case VANE_BOOL:
        lua_pushboolean(L, field->b);
        break;
    case VANE_STRING:
        lua_pushlstring(L, field->s, field->length);
        break;
    }
}

int handle_fields_index(lua_State *L, struct slot *slot)
{
    size_t length;
    const char *key = lua_tolstring(L, 2, &length);
    const struct vane_field *field = key ? find(L, slot->metric, key, length) : NULL;
    if (!field)
        return 0;
    handles_push_field(L, field);
    return 1;
}

/* Lua has no unsigned integers: a field that was one stays one while its value can be. */
static void set_number(lua_State *L, struct vane_metric *metric, const char *key, bool was_unsigned)
{
    if (!lua_isinteger(L, 3)) {
        vane_set_float(metric, key, lua_tonumber(L, 3));
        return;
    }
    lua_Integer value = lua_tointeger(L, 3);
    if (was_unsigned && value >= 0)
        vane_set_uint(metric, key, (uint64_t)value);
    else
        vane_set_int(metric, key, value);
}

static void set_text(lua_State *L, struct vane_metric *metric, const char *key)
{
    size_t length;
    const char *value = handles_check_text(L, 3, &length, "a field's value");
    handles_take(L, length);
    vane_set_string(metric, key, value, length);
}

/* A field that is not there yet. */
static void check_new(lua_State *L, size_t length)
{
    handles_check_text(L, 2, &length, "a field's key");
    if (length == 0)
        luaL_error(L, "a field's key is empty");
    handles_take(L, length + 2 * sizeof(struct vane_field)); /* fields grow by doubling */
}

int handle_fields_newindex(lua_State *L, struct slot *slot)
{
    size_t length;
    const char *key = luaL_checklstring(L, 2, &length);
    int type = lua_type(L, 3);
    const struct vane_field *old = find(L, slot->metric, key, length);
    bool was_unsigned = old && old->type == VANE_UINT;
    if (type != LUA_TNUMBER && type != LUA_TSTRING && type != LUA_TBOOLEAN && type != LUA_TNIL)
        return luaL_error(L, "field '%s' cannot be a %s", key, luaL_typename(L, 3));
    if (!old && type == LUA_TNIL)
        return 0;
    if (!old)
        check_new(L, length);
    struct vane_metric *metric = slot_open(handles_of(L), slot);
    if (type == LUA_TNUMBER)
        set_number(L, metric, key, was_unsigned);
    else if (type == LUA_TSTRING)
        set_text(L, metric, key);
    else if (type == LUA_TBOOLEAN)
        vane_set_bool(metric, key, lua_toboolean(L, 3));
    else
        vane_unset(metric, key);
    return 0;
}
