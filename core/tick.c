/* tick - see tick.h. A flow has few lanes: they are searched one by one, once a batch. */
#include "core/tick.h"

#include "core/alloc.h"

#include <stdlib.h>

void ticks_release(struct ticks *ticks)
{
    for (size_t i = 0; i < ticks->count; i++)
        free(ticks->lanes[i].text);
    free(ticks->lanes);
    *ticks = (struct ticks){ 0 };
}

static struct tick_lane *add(struct ticks *ticks, const char *text)
{
    ticks->lanes = alloc_resize(ticks->lanes, ticks->count + 1, sizeof *ticks->lanes);
    struct tick_lane *added = &ticks->lanes[ticks->count++];
    *added = (struct tick_lane){ .text = alloc_text(text), .due = INT64_MIN, .saved = INT64_MIN };
    return added;
}

/* The loaded lane of that name, or a new one. */
static struct tick_lane *meet(struct ticks *ticks, const struct vane_lane *lane)
{
    const char *text = lane ? vane_lane_text(lane) : "";
    for (size_t i = 0; i < ticks->count; i++)
        if (!ticks->lanes[i].lane && strcmp(ticks->lanes[i].text, text) == 0)
            return &ticks->lanes[i];
    return add(ticks, text);
}

int64_t *ticks_due(struct ticks *ticks, const struct vane_lane *lane)
{
    for (size_t i = 0; i < ticks->count; i++)
        if (ticks->lanes[i].lane == lane && lane)
            return &ticks->lanes[i].due;
    struct tick_lane *met = meet(ticks, lane);
    met->lane = lane;
    return &met->due;
}

void ticks_forget(struct ticks *ticks, const struct vane_lane *lane)
{
    *ticks_due(ticks, lane) = INT64_MIN;
}

int64_t tick_floor(int64_t time, int64_t every)
{
    int64_t rest = time % every;
    return time - rest - (rest < 0 ? every : 0);
}

int64_t tick_next(int64_t time, int64_t every)
{
    int64_t next;
    return __builtin_add_overflow(tick_floor(time, every), every, &next) ? INT64_MAX : next;
}

/* ---- State ---- */

void ticks_save(struct ticks *ticks, const char *owner, bool full, struct store_records *records)
{
    for (size_t i = 0; i < ticks->count; i++) {
        struct tick_lane *lane = &ticks->lanes[i];
        if (!full && lane->due == lane->saved)
            continue;
        lane->saved = lane->due;
        store_records_add(records, owner, &(struct vane_record){ .lane = lane->text, .key = "", .data = &lane->due,
                                                                 .length = sizeof lane->due });
    }
}

static bool load_lane(const struct vane_record *record, void *context)
{
    struct ticks *ticks = context;
    struct tick_lane *lane = NULL;
    for (size_t i = 0; i < ticks->count && !lane; i++)
        if (strcmp(ticks->lanes[i].text, record->lane) == 0)
            lane = &ticks->lanes[i];
    if (!lane)
        lane = add(ticks, record->lane);
    if (record->length == sizeof lane->due)
        memcpy(&lane->due, record->data, sizeof lane->due);
    return true;
}

void ticks_load(struct ticks *ticks, const char *owner, struct store *store)
{
    store_visit(store, owner, load_lane, ticks);
}
