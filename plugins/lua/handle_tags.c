/* handle_tags - metric.tags and metric.name: changing one makes another series.
 *
 * Making a series hashes its tags. Metrics of a batch share their series, and a script changes them alike: so one table
 * remembers changes (texts that are checked, known by their addresses), another what a series of this batch becomes by
 * one. Both hold one entry in each place, the newest. */
#include "plugins/lua/handles.h"

enum {
    STEP_WORK = 20,
    LONGEST_KEPT = 256, /* bytes of key and value */
};

static const struct vane_tag *find(const struct vane_series *series, const char *key, size_t length)
{
    for (uint32_t i = 0; i < series->tag_count; i++)
        if (handle_same_text(series->tags[i].key, series->tags[i].key_length, key, length))
            return &series->tags[i];
    return NULL;
}

int handle_tags_index(lua_State *L, struct slot *slot)
{
    size_t length;
    const char *key = lua_tolstring(L, 2, &length);
    const struct vane_tag *tag = key ? find(slot->metric->series, key, length) : NULL;
    if (!tag)
        return 0;
    lua_pushlstring(L, tag->value, tag->value_length);
    return 1;
}

/* ---- Changes: what a script does to one metric it does to many ---- */

/* Stands for the key where the name is changed. */
static const void *name_key(const struct handles *handles)
{
    return handles;
}

static struct series_change *place_of(struct handles *handles, const void *key, const void *value)
{
    uint64_t mixed = (uintptr_t)key * UINT64_C(0xbf58476d1ce4e5b9) ^ (uintptr_t)value * UINT64_C(0x94d049bb133111eb);
    return &handles->changes[mixed >> 40 & (HANDLE_CHANGES - 1)];
}

/* What is set has no address where it is a number; and then nothing is known of it. */
static const struct series_change *known(lua_State *L, struct handles *handles, const void *key, int value)
{
    const void *to = lua_topointer(L, value);
    const struct series_change *change = place_of(handles, key, to);
    bool is_it = change->number && change->key == key && change->value == to && (to || lua_isnil(L, value));
    return is_it ? change : NULL;
}

/* Texts that are checked. Only short ones are kept. */
static const struct series_change *learn(lua_State *L, struct handles *handles, int key, int value)
{
    static const struct series_change forgotten = { 0 };
    if ((key ? lua_rawlen(L, key) : 0) + lua_rawlen(L, value) > LONGEST_KEPT)
        return &forgotten;
    struct series_change change = {
        key ? lua_topointer(L, key) : name_key(handles), lua_topointer(L, value), ++handles->change_count,
    };
    struct series_change *place = place_of(handles, change.key, change.value);
    lua_Integer at = 2 * (place - handles->changes);
    lua_rawgeti(L, LUA_REGISTRYINDEX, handles->change_table);
    lua_pushvalue(L, key ? key : value);
    lua_rawseti(L, -2, at + 1);
    lua_pushvalue(L, value);
    lua_rawseti(L, -2, at + 2);
    lua_pop(L, 1);
    *place = change;
    return place;
}

/* ---- From series to series ---- */

static struct series_step *step_of(struct handles *handles, const struct vane_series *from, uint64_t change)
{
    uint64_t mixed = ((uintptr_t)from ^ change << 48) * UINT64_C(0x9e3779b97f4a7c15);
    return &handles->steps[mixed >> 40 & (HANDLE_MEMO - 1)];
}

static bool changes_nothing(const struct vane_series *from, const char *key, size_t key_length, const char *value,
                            size_t value_length)
{
    if (!key)
        return handle_same_text(from->name, from->name_length, value, value_length);
    const struct vane_tag *old = find(from, key, key_length);
    return old ? handle_same_text(old->value, old->value_length, value, value_length) : value_length == 0;
}

static const struct vane_series *make_series(lua_State *L, struct handles *handles, struct slot *slot, int key,
                                             int value)
{
    const struct vane_series *from = slot->metric->series;
    size_t key_length = 0, length = 0;
    const char *key_text = key ? lua_tolstring(L, key, &key_length) : NULL;
    const char *text = lua_tolstring(L, value, &length);
    if (changes_nothing(from, key_text, key_length, text, length))
        return from;
    handles_take(L, sizeof *from + (from->tag_count + 1) * 2 * sizeof *from->tags + length);
    struct vane_metric *metric = slot_open(handles, slot);
    if (key)
        vane_set_tag(slot->batch, metric, key_text, text);
    else
        vane_set_name(slot->batch, metric, text);
    return metric->series;
}

static void change_series(lua_State *L, struct handles *handles, struct slot *slot,
                          const struct series_change *change, int key, int value)
{
    const struct vane_series *from = slot->metric->series;
    box_charge(L, STEP_WORK + 2 * (int64_t)from->tag_count);
    struct series_step *step = step_of(handles, from, change->number);
    if (step->from != from || step->change != change->number || step->batch != handles->batch_number
        || !change->number)
        *step = (struct series_step){
            from, make_series(L, handles, slot, key, value), change->number, handles->batch_number,
        };
    if (step->to != from)
        slot_open(handles, slot)->series = step->to;
}

void handles_set_series(lua_State *L, struct slot *slot, int key, int value)
{
    struct handles *handles = handles_of(L);
    const struct series_change *change = known(L, handles, key ? lua_topointer(L, key) : name_key(handles), value);
    change_series(L, handles, slot, change ? change : learn(L, handles, key, value), key, value);
}

/* ---- Writing a tag ---- */

/* A number as the key, an integer as the value is taken as its digits. */
static void check_tag(lua_State *L)
{
    size_t length;
    if (lua_type(L, 2) == LUA_TNUMBER)
        lua_tolstring(L, 2, NULL);
    handles_check_text(L, 2, &length, "a tag's key");
    if (length == 0)
        luaL_error(L, "a tag's key is empty");
    if (lua_isinteger(L, 3))
        lua_tolstring(L, 3, NULL);
    else if (!lua_isnil(L, 3))
        handles_check_text(L, 3, &length, "a tag's value");
}

int handle_tags_newindex(lua_State *L, struct handles *handles, struct slot *slot)
{
    const struct series_change *change = known(L, handles, lua_topointer(L, 2), 3);
    if (!change) {
        check_tag(L);
        change = learn(L, handles, 2, 3);
    }
    change_series(L, handles, slot, change, 2, 3);
    return 0;
}
