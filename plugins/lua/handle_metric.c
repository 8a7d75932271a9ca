/* handle_metric - what a metric and a batch answer, and the one metatable behind all handles.
 *
 * Keys are compared by address: Lua has each short text once, and the registry holds those of handles.keys. */
#include "plugins/lua/handles.h"

#include "plugins/lua/library.h"
#include "plugins/lua/order.h"

enum handle_key { KEY_FIELDS, KEY_TAGS, KEY_TIME, KEY_NAME, KEY_SERIES, KEY_LANE, KEY_ARRIVAL, KEY_COPY, KEY_TO_TABLE,
                  KEYS };

enum { EVENT_ROOM = 64 }; /* of the metatable: with room to spare, "__index" is found at the first look */

static const char *const key_names[] = {
    [KEY_FIELDS] = "fields", [KEY_TAGS] = "tags", [KEY_TIME] = "time", [KEY_NAME] = "name", [KEY_SERIES] = "series",
    [KEY_LANE] = "lane", [KEY_ARRIVAL] = "arrival", [KEY_COPY] = "copy", [KEY_TO_TABLE] = "to_table",
};

/* ---- Series ---- */

/* The text of a series is a key of `state`: the book learns what it stands for. */
void handles_push_series(lua_State *L, const struct vane_series *series)
{
    struct handles *handles = handles_of(L);
    size_t at = ((uintptr_t)series * UINT64_C(0x9e3779b97f4a7c15)) >> 40 & (HANDLE_MEMO - 1);
    struct series_name *name = &handles->names[at];
    lua_rawgeti(L, LUA_REGISTRYINDEX, handles->name_table);
    if (name->series == series && name->batch == handles->batch_number) {
        lua_rawgeti(L, -1, (lua_Integer)at + 1);
        lua_remove(L, -2);
        return;
    }
    vane_text_clear(&handles->text);
    vane_text_add(&handles->text, "s", 1); /* as saved_key has texts */
    book_series_text(&handles->text, series);
    struct book_entry *entry = book_add(handles->book, handles->text.data, handles->text.length);
    entry->series = series->hash;
    entry->lane = book_lane(handles->book, handles->lane ? vane_lane_text(handles->lane) : "");
    lua_pushlstring(L, handles->text.data + 1, handles->text.length - 1);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -3, (lua_Integer)at + 1);
    lua_remove(L, -2);
    *name = (struct series_name){ series, handles->batch_number };
}

/* ---- Copies and new metrics ---- */

static void push_slot(lua_State *L, const struct slot *slot)
{
    const struct handles *handles = handles_of(L);
    lua_pushlightuserdata(L, handle_of(handles, (size_t)(slot - handles->slots), HANDLE_METRIC));
}

static int copy_metric(lua_State *L)
{
    struct handles *handles = handles_of(L);
    size_t from = (size_t)(handle_metric_slot(L, 1, "what is copied") - handles->slots);
    const struct vane_metric *metric = handles->slots[from].metric;
    size_t bytes = sizeof *metric + metric->field_count * sizeof *metric->fields;
    for (uint32_t i = 0; i < metric->field_count; i++)
        bytes += metric->fields[i].key_length
                 + (metric->fields[i].type == VANE_STRING ? metric->fields[i].length : 0);
    handles_take(L, bytes);
    struct slot *slot = slot_new(L, metric->series->name);
    struct vane_metric *copy = (struct vane_metric *)slot->metric;
    copy->series = vane_series(slot->batch, metric->series->name, metric->series->tags, metric->series->tag_count);
    copy->time = metric->time;
    copy->arrival = metric->arrival;
    vane_reserve(copy, metric->field_count);
    for (uint32_t i = 0; i < metric->field_count; i++)
        vane_set_field(copy, &metric->fields[i]);
    push_slot(L, slot);
    return 1;
}

/* What a plain table says: fields or tags at the top of the stack, set key by key in order. */
static void set_from_table(lua_State *L, void *handle, const char *part)
{
    if (lua_isnil(L, -1))
        return;
    if (!lua_istable(L, -1))
        luaL_error(L, "Metric: %s is a %s: a table is expected", part, luaL_typename(L, -1));
    int from = lua_gettop(L);
    size_t count = order_push_keys(L, from);
    lua_pushlightuserdata(L, handle);
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(L, from + 1, (lua_Integer)i);
        lua_pushvalue(L, -1);
        lua_rawget(L, from);
        lua_settable(L, from + 2);
    }
    lua_settop(L, from);
}

static int new_from_table(lua_State *L)
{
    struct handles *handles = handles_of(L);
    lua_getfield(L, 1, "name");
    size_t length;
    struct slot *slot = slot_new(L, handles_check_text(L, -1, &length, "a metric's name"));
    size_t at = (size_t)(slot - handles->slots);
    lua_getfield(L, 1, "time");
    if (!lua_isnil(L, -1))
        ((struct vane_metric *)slot->metric)->time = luaL_checkinteger(L, -1);
    lua_getfield(L, 1, "tags");
    set_from_table(L, handle_of(handles, at, HANDLE_TAGS), "tags");
    lua_getfield(L, 1, "fields");
    set_from_table(L, handle_of(handles, at, HANDLE_FIELDS), "fields");
    push_slot(L, &handles->slots[at]);
    return 1;
}

int handle_new(lua_State *L)
{
    if (lua_istable(L, 1))
        return new_from_table(L);
    size_t length;
    const char *name = handles_check_text(L, 1, &length, "a metric's name");
    if (length == 0)
        return luaL_error(L, "a metric's name is empty");
    push_slot(L, slot_new(L, name));
    return 1;
}

/* ---- As a table, as text ---- */

int handle_to_table(lua_State *L)
{
    const struct vane_metric *metric = handle_metric_slot(L, 1, "what is made a table")->metric;
    lua_createtable(L, 0, 4);
    lua_pushlstring(L, metric->series->name, metric->series->name_length);
    lua_setfield(L, -2, "name");
    lua_pushinteger(L, metric->time);
    lua_setfield(L, -2, "time");
    lua_createtable(L, 0, (int)metric->series->tag_count);
    for (uint32_t i = 0; i < metric->series->tag_count; i++) {
        lua_pushlstring(L, metric->series->tags[i].value, metric->series->tags[i].value_length);
        lua_setfield(L, -2, metric->series->tags[i].key);
    }
    lua_setfield(L, -2, "tags");
    lua_createtable(L, 0, (int)metric->field_count);
    for (uint32_t i = 0; i < metric->field_count; i++) {
        handles_push_field(L, &metric->fields[i]);
        lua_setfield(L, -2, metric->fields[i].key);
    }
    lua_setfield(L, -2, "fields");
    return 1;
}

/* For print: the series, the fields, the time. */
int handle_tostring(lua_State *L)
{
    uintptr_t kind = (uintptr_t)lua_touserdata(L, 1) & HANDLE_KIND_MASK;
    if (kind != HANDLE_METRIC) {
        static const char *const names[] = { "metric", "fields of a metric", "tags of a metric", "batch" };
        lua_pushstring(L, names[kind]);
        return 1;
    }
    const struct vane_metric *metric = handle_metric_slot(L, 1, "what is printed")->metric;
    luaL_Buffer buffer;
    handles_push_series(L, metric->series);
    luaL_buffinit(L, &buffer);
    for (uint32_t i = 0; i < metric->field_count; i++) {
        luaL_addstring(&buffer, i ? "," : " ");
        luaL_addlstring(&buffer, metric->fields[i].key, metric->fields[i].key_length);
        luaL_addchar(&buffer, '=');
        handles_push_field(L, &metric->fields[i]);
        luaL_tolstring(L, -1, NULL);
        lua_remove(L, -2);
        luaL_addvalue(&buffer);
    }
    luaL_pushresult(&buffer);
    lua_pushfstring(L, " %I", (LUAI_UACINT)metric->time);
    lua_concat(L, 3);
    return 1;
}

/* ---- Walking ---- */

static void push_keys(lua_State *L, const struct vane_metric *metric, bool fields)
{
    uint32_t count = fields ? metric->field_count : metric->series->tag_count;
    lua_createtable(L, (int)count, 0);
    for (uint32_t i = 0; i < count; i++) {
        if (fields)
            lua_pushlstring(L, metric->fields[i].key, metric->fields[i].key_length);
        else
            lua_pushlstring(L, metric->series->tags[i].key, metric->series->tags[i].key_length);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* Of fields in their order, of tags by key, of a batch by number. */
int handle_pairs(lua_State *L)
{
    uintptr_t kind = (uintptr_t)lua_touserdata(L, 1) & HANDLE_KIND_MASK;
    struct handles *handles = handles_of(L);
    if (kind == HANDLE_METRIC)
        return luaL_error(L, "a metric has no pairs: its fields and tags have");
    const struct slot *slot = handle_slot(L, 1, (enum handle_kind)kind);
    lua_settop(L, 1);
    if (kind == HANDLE_BATCH) {
        lua_createtable(L, (int)handles->given, 0);
        for (size_t i = 1; i <= handles->given; i++) {
            lua_pushinteger(L, (lua_Integer)i);
            lua_rawseti(L, -2, (lua_Integer)i);
        }
    } else {
        push_keys(L, slot->metric, kind == HANDLE_FIELDS);
    }
    lua_insert(L, 1);
    return library_walk_keys(L);
}

static int handle_length(lua_State *L)
{
    uintptr_t kind = (uintptr_t)lua_touserdata(L, 1) & HANDLE_KIND_MASK;
    const struct slot *slot = handle_slot(L, 1, (enum handle_kind)kind);
    size_t length = kind == HANDLE_BATCH    ? handles_of(L)->given
                    : kind == HANDLE_FIELDS ? slot->metric->field_count
                    : kind == HANDLE_TAGS   ? slot->metric->series->tag_count
                                            : 0;
    lua_pushinteger(L, (lua_Integer)length);
    return 1;
}

/* ---- Reading and writing ---- */

static inline struct slot *slot_of(lua_State *L, struct handles *handles, uintptr_t bits)
{
    if (bits >> HANDLE_CALL_SHIFT != handles->call)
        handle_slot(L, 1, (enum handle_kind)(bits & HANDLE_KIND_MASK)); /* tells what is wrong */
    return &handles->slots[(bits & HANDLE_SLOT_MASK) >> HANDLE_SLOT_SHIFT];
}

static int no_such_key(lua_State *L)
{
    return luaL_error(L, "a metric has name, time, tags, fields, series, lane, arrival, copy(), to_table(): no '%s'",
                      luaL_tolstring(L, 2, NULL));
}

static int metric_index(lua_State *L, struct handles *handles, const struct slot *slot, uintptr_t bits)
{
    const char *key = lua_tostring(L, 2);
    const struct vane_metric *metric = slot->metric;
    if (key == handles->keys[KEY_FIELDS])
        lua_pushlightuserdata(L, (void *)(bits | HANDLE_FIELDS));
    else if (key == handles->keys[KEY_TAGS])
        lua_pushlightuserdata(L, (void *)(bits | HANDLE_TAGS));
    else if (key == handles->keys[KEY_TIME])
        metric->time == VANE_NO_TIME ? lua_pushnil(L) : lua_pushinteger(L, metric->time);
    else if (key == handles->keys[KEY_NAME])
        lua_pushlstring(L, metric->series->name, metric->series->name_length);
    else if (key == handles->keys[KEY_SERIES])
        handles_push_series(L, metric->series);
    else if (key == handles->keys[KEY_LANE])
        lua_pushstring(L, handles->lane ? vane_lane_text(handles->lane) : "");
    else if (key == handles->keys[KEY_ARRIVAL])
        lua_pushinteger(L, metric->arrival);
    else if (key == handles->keys[KEY_COPY])
        lua_pushcfunction(L, copy_metric);
    else if (key == handles->keys[KEY_TO_TABLE])
        lua_pushcfunction(L, handle_to_table);
    else
        return no_such_key(L);
    return 1;
}

static int metric_newindex(lua_State *L, struct handles *handles, struct slot *slot)
{
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL;
    if (key == handles->keys[KEY_TIME]) {
        int is_integer;
        lua_Integer time = lua_tointegerx(L, 3, &is_integer);
        if (!is_integer || lua_type(L, 3) != LUA_TNUMBER || time == VANE_NO_TIME)
            return luaL_error(L, "metric.time is an integer: nanoseconds since 1970");
        slot_open(handles, slot)->time = time;
        return 0;
    }
    if (key == handles->keys[KEY_NAME]) {
        size_t length;
        handles_check_text(L, 3, &length, "a metric's name");
        if (length == 0)
            return luaL_error(L, "a metric's name is empty");
        handles_set_series(L, slot, 0, 3);
        return 0;
    }
    if (key == handles->keys[KEY_FIELDS] || key == handles->keys[KEY_TAGS])
        return luaL_error(L, "metric.%s is changed key by key", key);
    return no_such_key(L);
}

/* The batch: its metrics by number, one that was dropped is nil. */
static int batch_index(lua_State *L, const struct handles *handles)
{
    int is_integer;
    lua_Integer at = lua_tointegerx(L, 2, &is_integer);
    if (!is_integer || at < 1 || (uint64_t)at > handles->given || handles->slots[at - 1].is_dropped)
        return 0;
    lua_pushlightuserdata(L, handle_of(handles, (size_t)at - 1, HANDLE_METRIC));
    return 1;
}

static int batch_newindex(lua_State *L, struct handles *handles)
{
    int is_integer;
    lua_Integer at = lua_tointegerx(L, 2, &is_integer);
    if (!is_integer || at < 1 || (uint64_t)at > handles->given || !lua_isnil(L, 3))
        return luaL_error(L, "of a batch, metrics 1 to #batch can be set to nil, and nothing else");
    handles->slots[at - 1].is_dropped = true;
    return 0;
}

/* The handle is argument 1 for sure: no script can reach these functions but through one. */
static int index_handle(lua_State *L)
{
    struct handles *handles = handles_of(L);
    uintptr_t bits = (uintptr_t)lua_touserdata(L, 1);
    struct slot *slot = slot_of(L, handles, bits);
    switch ((enum handle_kind)(bits & HANDLE_KIND_MASK)) {
    case HANDLE_METRIC: return metric_index(L, handles, slot, bits);
    case HANDLE_FIELDS: return handle_fields_index(L, slot);
    case HANDLE_TAGS: return handle_tags_index(L, slot);
    case HANDLE_BATCH: break;
    }
    return batch_index(L, handles);
}

static int newindex_handle(lua_State *L)
{
    struct handles *handles = handles_of(L);
    uintptr_t bits = (uintptr_t)lua_touserdata(L, 1);
    struct slot *slot = slot_of(L, handles, bits);
    switch ((enum handle_kind)(bits & HANDLE_KIND_MASK)) {
    case HANDLE_METRIC: return metric_newindex(L, handles, slot);
    case HANDLE_FIELDS: return handle_fields_newindex(L, handles, slot);
    case HANDLE_TAGS: return handle_tags_newindex(L, handles, slot);
    case HANDLE_BATCH: break;
    }
    return batch_newindex(L, handles);
}

/* ---- Opening ---- */

static void keep_keys(lua_State *L, struct handles *handles)
{
    lua_createtable(L, KEYS, 0);
    for (int i = 0; i < KEYS; i++) {
        handles->keys[i] = lua_pushstring(L, key_names[i]);
        lua_rawseti(L, -2, i + 1);
    }
    luaL_ref(L, LUA_REGISTRYINDEX);
    lua_createtable(L, HANDLE_MEMO, 0);
    handles->name_table = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_createtable(L, 2 * HANDLE_CHANGES, 0);
    handles->change_table = luaL_ref(L, LUA_REGISTRYINDEX);
}

void handles_open(struct handles *handles, struct box *box, struct book *book)
{
    static const luaL_Reg events[] = {
        { "__index", index_handle }, { "__newindex", newindex_handle }, { "__pairs", handle_pairs },
        { "__len", handle_length }, { "__tostring", handle_tostring }, { NULL, NULL },
    };
    lua_State *L = box->L;
    handles->box = box;
    handles->book = book;
    box->context = handles;
    handles_next_call(handles);
    keep_keys(L, handles);
    lua_pushlightuserdata(L, NULL);
    lua_createtable(L, 0, EVENT_ROOM);
    luaL_setfuncs(L, events, 0);
    lua_pushliteral(L, "metric");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
    lua_register(L, "Metric", handle_new);
}
