/* handle_fields - metric.fields: values of the host as values of Lua, and back. */
#include "plugins/lua/handles.h"

enum { FIELDS_PER_INSTRUCTION = 8 };

/* ---- Reading ---- */

static const struct vane_field *find(lua_State *L, const struct vane_metric *metric, const char *key, size_t length)
{
    if (metric->field_count > FIELDS_PER_INSTRUCTION)
        box_charge(L, metric->field_count / FIELDS_PER_INSTRUCTION);
    for (uint32_t i = 0; i < metric->field_count; i++)
        if (handle_same_text(metric->fields[i].key, metric->fields[i].key_length, key, length))
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

/* ---- Writing ---- */

/* Lua has no unsigned integers: a field that was one stays one while its value can be. */
static void read_number(lua_State *L, struct vane_field *field, const struct vane_field *old)
{
    if (!lua_isinteger(L, 3)) {
        field->type = VANE_FLOAT;
        field->f = lua_tonumber(L, 3);
        return;
    }
    field->i = lua_tointeger(L, 3);
    field->type = old && old->type == VANE_UINT && field->i >= 0 ? VANE_UINT : VANE_INT;
}

static void read_text(lua_State *L, struct vane_field *field)
{
    size_t length;
    field->type = VANE_STRING;
    field->s = handles_check_text(L, 3, &length, "a field's value");
    field->length = (uint32_t)length;
    handles_take(L, length);
}

static void read_value(lua_State *L, struct vane_field *field, const struct vane_field *old)
{
    switch (lua_type(L, 3)) {
    case LUA_TNUMBER:
        read_number(L, field, old);
        break;
    case LUA_TSTRING:
        read_text(L, field);
        break;
    case LUA_TBOOLEAN:
        field->type = VANE_BOOL;
        field->b = lua_toboolean(L, 3);
        break;
    default:
        luaL_error(L, "field '%s' cannot be a %s", field->key, luaL_typename(L, 3));
    }
}

/* A field that is not there yet. */
static void check_new(lua_State *L, const char *key, size_t length)
{
    if (memchr(key, '\0', length))
        luaL_error(L, "a field's key holds a NUL byte");
    if (length == 0)
        luaL_error(L, "a field's key is empty");
    handles_take(L, length + 2 * sizeof(struct vane_field)); /* fields grow by doubling */
}

int handle_fields_newindex(lua_State *L, struct handles *handles, struct slot *slot)
{
    size_t length;
    const char *key = lua_tolstring(L, 2, &length);
    if (!key)
        return luaL_typeerror(L, 2, lua_typename(L, LUA_TSTRING));
    const struct vane_field *old = find(L, slot->metric, key, length);
    if (lua_isnil(L, 3)) {
        if (old)
            vane_unset(slot_open(handles, slot), key);
        return 0;
    }
    struct vane_field field = { .key = old ? old->key : key, .key_length = (uint32_t)length };
    read_value(L, &field, old);
    if (!old)
        check_new(L, key, length);
    vane_set_field(slot_open(handles, slot), &field);
    return 0;
}
