/* handles - see handles.h: slots, undo, and the metatable that all light userdata of the state share. What a handle
 * answers is in handle_metric.c, handle_fields.c and handle_tags.c. */
#include "plugins/lua/handles.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"

enum { NEW_METRIC_WORK = 50 };

_Static_assert(sizeof(void *) == 8, "a handle fills 64 bits");

/* ---- Slots ---- */

static struct slot *add_slot(struct handles *handles)
{
    if (handles->count == handles->room) {
        handles->room = handles->room ? handles->room * 2 : 64;
        handles->slots = memory_resize(handles->slots, handles->room, sizeof *handles->slots);
    }
    return &handles->slots[handles->count++];
}

static int wrong_handle(lua_State *L, const struct handles *handles, int index, const char *what)
{
    if (!lua_islightuserdata(L, index))
        return luaL_error(L, "%s is a %s: a metric is expected", what, luaL_typename(L, index));
    uintptr_t bits = (uintptr_t)lua_touserdata(L, index);
    if (bits >> HANDLE_CALL_SHIFT != handles->call)
        return luaL_error(L, "%s belongs to an earlier call: keep metric:to_table(), or its values", what);
    return luaL_error(L, "%s is no metric, but a part of one", what);
}

struct slot *handle_slot(lua_State *L, int index, enum handle_kind kind)
{
    struct handles *handles = handles_of(L);
    uintptr_t bits = (uintptr_t)lua_touserdata(L, index);
    if (!lua_islightuserdata(L, index) || bits >> HANDLE_CALL_SHIFT != handles->call || (bits & HANDLE_KIND_MASK) != kind)
        wrong_handle(L, handles, index, "what is used as a metric");
    return &handles->slots[(bits & HANDLE_SLOT_MASK) >> HANDLE_SLOT_SHIFT];
}

struct slot *handle_metric_slot(lua_State *L, int index, const char *what)
{
    struct handles *handles = handles_of(L);
    uintptr_t bits = (uintptr_t)lua_touserdata(L, index);
    if (!lua_islightuserdata(L, index) || bits >> HANDLE_CALL_SHIFT != handles->call
        || (bits & HANDLE_KIND_MASK) != HANDLE_METRIC)
        wrong_handle(L, handles, index, what);
    return handle_slot(L, index, HANDLE_METRIC);
}

static void keep_fields(struct handles *handles, const struct vane_metric *metric)
{
    size_t needed = handles->undo_count + metric->field_count;
    if (needed > handles->undo_room) {
        handles->undo_room = 2 * needed + 64;
        handles->undo = memory_resize(handles->undo, handles->undo_room, sizeof *handles->undo);
    }
    if (metric->field_count)
        memcpy(handles->undo + handles->undo_count, metric->fields, metric->field_count * sizeof *metric->fields);
    handles->undo_count = needed;
}

struct vane_metric *slot_open(struct handles *handles, struct slot *slot)
{
    if (slot->is_open)
        return (struct vane_metric *)slot->metric; /* ours: vane_edit or vane_add gave it */
    slot->old_series = slot->metric->series;
    slot->old_time = slot->metric->time;
    slot->old_fields = handles->undo_count;
    slot->old_count = slot->metric->field_count;
    keep_fields(handles, slot->metric);
    struct vane_metric *metric = vane_edit(slot->batch, slot->index);
    slot->metric = metric;
    slot->is_open = true;
    return metric;
}

struct slot *slot_new(lua_State *L, const char *name)
{
    struct handles *handles = handles_of(L);
    if (handles->count == HANDLE_SLOTS)
        luaL_error(L, "more than %d metrics in one call", (int)HANDLE_SLOTS);
    box_charge(L, NEW_METRIC_WORK);
    handles_take(L, sizeof(struct vane_metric) + sizeof(struct vane_series));
    if (!handles->scratch)
        handles->scratch = vane_batch_new(handles->box->self);
    vane_batch_arrival(handles->scratch, handles->arrival);
    const struct vane_series *series = vane_series(handles->scratch, name, NULL, 0);
    struct slot *slot = add_slot(handles);
    *slot = (struct slot){
        .metric = vane_add(handles->scratch, series, handles->new_time), .batch = handles->scratch,
        .index = handles->scratch->count - 1, .is_new = true, .is_open = true,
    };
    return slot;
}

void handles_take(lua_State *L, size_t bytes)
{
    struct handles *handles = handles_of(L);
    handles->host_bytes += bytes;
    if (handles->host_bytes > handles->box->max_memory)
        box_stop(L, BOX_MEMORY, 1);
}

const char *handles_check_text(lua_State *L, int index, size_t *length, const char *what)
{
    if (lua_type(L, index) != LUA_TSTRING)
        luaL_error(L, "%s is a %s: a text is expected", what, luaL_typename(L, index));
    const char *text = lua_tolstring(L, index, length);
    if (memchr(text, '\0', *length))
        luaL_error(L, "%s holds a NUL byte", what);
    return text;
}

/* ---- Undo ---- */

/* Through the host's functions: the fields' texts lie in memory that lives as long as the batch. */
static void undo_slot(const struct handles *handles, struct slot *slot)
{
    struct vane_metric *metric = (struct vane_metric *)slot->metric;
    while (metric->field_count)
        vane_unset(metric, metric->fields[metric->field_count - 1].key);
    for (size_t i = 0; i < slot->old_count; i++)
        vane_set_field(metric, &handles->undo[slot->old_fields + i]);
    metric->series = slot->old_series;
    metric->time = slot->old_time;
}

void handles_undo(struct handles *handles)
{
    for (size_t i = 0; i < handles->given && i < handles->count; i++)
        if (handles->slots[i].is_open)
            undo_slot(handles, &handles->slots[i]);
}

/* ---- Batches and calls ---- */

void handles_next_call(struct handles *handles)
{
    handles->call = ((handles->call + 1) & (HANDLE_FIRST_CALL - 1)) | HANDLE_FIRST_CALL;
}

void handles_begin_batch(struct handles *handles, struct vane_batch *batch, const struct vane_lane *lane)
{
    handles->batch = batch;
    handles->lane = lane;
    handles->batch_number++;
}

void handles_end_batch(struct handles *handles)
{
    if (handles->scratch)
        vane_batch_free(handles->scratch);
    handles->scratch = NULL;
    handles->batch = NULL;
    handles->given = handles->count = 0;
    handles->batch_number++;
    handles_next_call(handles);
}

void handles_begin_call(struct handles *handles, size_t first, size_t count, int64_t new_time)
{
    handles_next_call(handles);
    handles->count = handles->undo_count = handles->host_bytes = 0;
    handles->given = count;
    handles->new_time = new_time;
    for (size_t i = 0; i < count; i++)
        *add_slot(handles) = (struct slot){
            .metric = handles->batch->metrics[first + i], .batch = handles->batch, .index = first + i,
        };
    handles->arrival = count ? handles->slots[0].metric->arrival : 0;
}

void handles_release(struct handles *handles)
{
    vane_text_release(&handles->text);
    free(handles->slots);
    free(handles->undo);
    *handles = (struct handles){ 0 };
}
