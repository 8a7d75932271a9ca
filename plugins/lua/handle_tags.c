/* handle_tags - metric.tags and metric.name: changing one makes another series.
 *
 * Making a series sorts and hashes its tags. Metrics of a batch share their series and are mostly changed alike, so a
 * table remembers each step from series to series, for this batch. What it remembers is compared in full. */
#include "plugins/lua/handles.h"

#include <stdio.h>

enum { STEP_WORK = 20 };

static const struct vane_tag *find(const struct vane_series *series, const char *key, size_t length)
{
    for (uint32_t i = 0; i < series->tag_count; i++)
        if (series->tags[i].key_length == length && memcmp(series->tags[i].key, key, length) == 0)
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

/* ---- From series to series ---- */

struct change {
    const char *key, *value; /* key NULL: the name; value NULL: no such tag any more */
    uint32_t    key_length, value_length;
};

/* By addresses: Lua has each short text once. */
static struct series_step *step_of(struct handles *handles, const struct vane_series *from,
                                   const struct change *change)
{
    uint64_t mixed = (uintptr_t)from * UINT64_C(0x9e3779b97f4a7c15);
    mixed ^= (uintptr_t)change->key * UINT64_C(0xbf58476d1ce4e5b9);
    mixed ^= (uintptr_t)change->value * UINT64_C(0x94d049bb133111eb);
    return &handles->steps[mixed >> 40 & (HANDLE_MEMO - 1)];
}

static bool is_text(const char *a, uint32_t a_length, const char *b, uint32_t b_length)
{
    return !a == !b && a_length == b_length && (a_length == 0 || memcmp(a, b, a_length) == 0);
}

static bool is_known(const struct handles *handles, const struct series_step *step, const struct vane_series *from,
                     const struct change *change)
{
    return step->batch == handles->batch_number && step->from == from
           && is_text(step->key, step->key_length, change->key, change->key_length)
           && is_text(step->value, step->value_length, change->value, change->value_length);
}

/* The texts of a step lie where its series do. */
static void remember(struct handles *handles, struct series_step *step, const struct vane_series *from,
                     const struct vane_series *to, const struct change *change)
{
    *step = (struct series_step){
        .from = from, .to = to, .key_length = change->key_length, .value_length = change->value_length,
        .batch = handles->batch_number,
    };
    const struct vane_series *with = change->value ? to : from;
    const struct vane_tag *tag = change->key ? find(with, change->key, change->key_length) : NULL;
    step->key = tag ? tag->key : NULL;
    step->value = !change->value ? NULL : tag ? tag->value : to->name;
}

static void make_step(lua_State *L, struct slot *slot, struct vane_metric *metric, const struct change *change)
{
    const struct vane_series *from = metric->series;
    box_charge(L, STEP_WORK + 2 * (int64_t)from->tag_count);
    handles_take(L, sizeof *from + (from->tag_count + 1) * 2 * sizeof *from->tags + change->value_length);
    if (change->key)
        vane_set_tag(slot->batch, metric, change->key, change->value);
    else
        vane_set_name(slot->batch, metric, change->value);
}

void handles_set_series(lua_State *L, struct slot *slot, const char *key, uint32_t key_length, const char *value,
                        uint32_t value_length)
{
    struct handles *handles = handles_of(L);
    const struct change change = { key, value, key_length, value_length };
    struct vane_metric *metric = slot_open(handles, slot);
    const struct vane_series *from = metric->series;
    struct series_step *step = step_of(handles, from, &change);
    if (slot->is_new) { /* its batch is another one */
        make_step(L, slot, metric, &change);
        return;
    }
    if (!is_known(handles, step, from, &change)) {
        make_step(L, slot, metric, &change);
        remember(handles, step, from, metric->series, &change);
        return;
    }
    metric->series = step->to;
}

/* ---- Writing a tag ---- */

/* An integer is taken as its digits. */
static const char *value_text(lua_State *L, char *digits, size_t size, size_t *length)
{
    if (!lua_isinteger(L, 3))
        return handles_check_text(L, 3, length, "a tag's value");
    *length = (size_t)snprintf(digits, size, "%lld", (long long)lua_tointeger(L, 3));
    return digits;
}

int handle_tags_newindex(lua_State *L, struct slot *slot)
{
    char digits[32];
    size_t length, value_length = 0;
    const char *key = luaL_checklstring(L, 2, &length);
    const char *value = lua_isnil(L, 3) ? NULL : value_text(L, digits, sizeof digits, &value_length);
    const struct vane_tag *old = find(slot->metric->series, key, length);
    if (!old)
        handles_check_text(L, 2, &length, "a tag's key");
    if (length == 0)
        return luaL_error(L, "a tag's key is empty");
    if (value_length == 0)
        value = NULL;
    if (!old && !value)
        return 0;
    if (old && value && is_text(old->value, old->value_length, value, (uint32_t)value_length))
        return 0;
    handles_set_series(L, slot, key, (uint32_t)length, value, (uint32_t)value_length);
    return 0;
}
