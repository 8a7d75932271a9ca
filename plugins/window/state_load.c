/* state_load - records read back, see state.h. Of one key there may be several, the newest last. A record
 * that does not hold together is refused as a whole: the share it began is forgotten again. Times, numbers
 * and counts are looked at before anything is computed from them: no record, whatever it holds, makes a time
 * overflow later. */
#include "plugins/window/state.h"

#include <stdlib.h>

#include "plugins/window/fill.h"
#include "plugins/window/groups.h"
#include "plugins/window/kind.h"
#include "plugins/window/lanes.h"
#include "plugins/window/pane.h"
#include "plugins/window/series.h"

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* ---- What can be right ---- */

/* Of a metric, or of a bound of its windows. */
static bool is_time(int64_t time)
{
    return time >= -CALENDAR_TIME_MOST - LONGEST && time <= CALENDAR_TIME_MOST + LONGEST;
}

/* The number of a window that a metric may be in. */
static bool is_window(const struct window *window, int64_t number)
{
    const struct calendar *calendar = &window->calendar;
    return window->kind == &kind_aligned
        && number >= calendar_first_window(calendar, calendar_pane(calendar, -CALENDAR_TIME_MOST - LONGEST))
        && number <= calendar_last_window(calendar, calendar_pane(calendar, CALENDAR_TIME_MOST + LONGEST)) + 1;
}

/* Panes lie one behind the other. */
static bool is_pane(const struct window *window, const struct pane *pane)
{
    const struct calendar *calendar = &window->calendar;
    if (!is_time(pane->start) || !is_time(pane->end) || (pane->older && pane->start < pane->older->end))
        return false;
    if (window->kind == &kind_aligned)
        return pane->number == calendar_pane(calendar, pane->start)
            && pane->start == calendar_start(calendar, pane->number)
            && pane->end == calendar_start(calendar, pane->number + 1);
    bool counted = window->kind == &kind_counted;
    bool open = pane->number >= 0 && (uint64_t)pane->number < window->options.every_count && !pane->older;
    return pane->start <= pane->end && (!counted || open);
}

/* How far a group has come. */
struct progress {
    int64_t watermark, done, freed, open_pane;
};

static bool is_progress(const struct window *window, const struct progress *at)
{
    return (at->watermark == INT64_MIN || is_time(at->watermark))
        && (at->done == INT64_MIN || is_window(window, at->done))
        && (at->freed <= at->done || window->kind != &kind_aligned);
}

/* ---- Reading ---- */

/* A shape of named fields; those of `previous` are aggregated all. */
static struct shape *read_shape(struct window *window, struct bytes *in)
{
    struct shape *shape = &window->shapes.empty;
    uint64_t count = bytes_read_uint(in);
    for (uint64_t i = 0; i < count && !in->bad && shape; i++) {
        uint64_t length = bytes_read_uint(in);
        if (!bytes_hold(in, length, 1))
            return NULL;
        shape = shape_with(&window->shapes, shape, in->at, (uint32_t)length);
        in->at += length;
    }
    return in->bad ? NULL : shape;
}

/* The series of a member, where it is not the group's own. */
static bool read_series(struct bytes *in, struct vane_series *series)
{
    uint64_t length = bytes_read_uint(in);
    const char *text = in->at, *rest;
    if (!bytes_hold(in, length + 1, 1) || length == UINT64_MAX || text[length] != '\0')
        return false;
    in->at += length + 1;
    if (!series_read(text, series, &rest))
        return false;
    bytes_read(in, &series->hash, sizeof series->hash);
    return true;
}

/* Without group_by a share has one member, its group. */
static bool read_members(struct window *window, struct bytes *in, struct share *share)
{
    bool own = window->options.group_by.count > 0;
    while (bytes_read_uint(in)) {
        struct vane_series series = *share->group->series;
        if (!own && share->members)
            return false;
        if (own && !read_series(in, &series))
            return false;
        int64_t newest = bytes_read_int(in), heard = bytes_read_int(in);
        bool idle = bytes_read_uint(in) != 0, good = !in->bad && (is_time(newest) || (idle && newest == INT64_MIN));
        if (good)
            groups_load_member(window, share, &series, newest, heard, idle);
        if (own)
            free((void *)series.tags);
        if (!good)
            return false;
    }
    return share->members && !in->bad;
}

static bool read_panes(struct window *window, struct bytes *in, struct share *share)
{
    while (bytes_read_uint(in)) {
        int64_t start = bytes_read_int(in), length = bytes_read_int(in), end;
        if (__builtin_add_overflow(start, length, &end))
            return false;
        struct pane *pane = pane_insert(window, share, NULL, start, end);
        pane->number = bytes_read_int(in);
        pane->told = bytes_read_uint(in) != 0;
        uint64_t slots = bytes_read_uint(in);
        if (in->bad || !is_pane(window, pane) || slots > pane->slots)
            return false;
        for (uint32_t slot = 0; slot < slots; slot++)
            if (!plan_load_cell(&window->plan, pane_cell(window, pane, slot), in))
                return false;
    }
    return !in->bad;
}

static bool read_previous(struct window *window, struct bytes *in, struct group *group)
{
    if (!bytes_read_uint(in))
        return !in->bad;
    int64_t number = bytes_read_int(in);
    const struct shape *shape = read_shape(window, in);
    if (!shape || !is_window(window, number)
        || !bytes_hold(in, result_value_count(window, shape), sizeof(double)))
        return false;
    if (group->previous && group->previous->number > number)
        return true;
    fill_forget(window, group);
    group->previous = budget_zero(&window->budget, fill_size(window, shape));
    group->previous->shape = shape;
    group->previous->number = number;
    bytes_read(in, group->previous->values, result_value_count(window, shape) * sizeof(double));
    return !in->bad;
}

static struct progress read_progress(struct bytes *in)
{
    struct progress at;
    at.watermark = bytes_read_int(in);
    at.done = bytes_read_int(in);
    at.freed = bytes_read_int(in);
    at.open_pane = bytes_read_int(in);
    return at;
}

/* The group has come as far as the furthest of its shares' records. */
static void set_progress(struct group *group, const struct progress *at)
{
    group->watermark = greater(group->watermark, at->watermark);
    group->done = greater(group->done, at->done);
    group->freed = greater(group->freed, at->freed);
    group->open_pane = greater(group->open_pane, at->open_pane);
}

static bool read_share(struct window *window, struct bytes *in, struct share *share)
{
    struct progress at = read_progress(in);
    share->gap = bytes_read_uint(in) != 0;
    struct shape *shape = read_shape(window, in);
    if (!shape || !is_progress(window, &at))
        return false;
    share->shape = shape;
    if (!read_members(window, in, share) || !read_panes(window, in, share)
        || !read_previous(window, in, share->group))
        return false;
    set_progress(share->group, &at);
    return true;
}

/* Windows of other options: nothing of them can be used, and what began before now is a half. */
static void refuse(struct window *window, struct lane_state *lane)
{
    window->tally.discarded++;
    lane->refused = true;
    lane->floor_pending = true;
    lane->floor = NO_FLOOR;
    lane->dirty = true;
}

static bool load_lane(struct lane_state *lane, const struct vane_record *record)
{
    int64_t data[2];
    if (!record->data)
        return true;
    if (record->length != sizeof data)
        return false;
    if (lane->refused) /* what is told of it is of another time */
        return true;
    memcpy(data, record->data, sizeof data);
    lane->floor = data[0];
    lane->floor_pending = data[1] != 0;
    return true;
}

/* Its record was deleted. */
static void drop_share(struct window *window, const struct vane_series *key, const struct lane_state *lane)
{
    struct share *share = groups_find_share(window, key, lane);
    if (share)
        groups_drop_share(window, share);
}

static bool load_share(struct window *window, struct lane_state *lane, const struct vane_record *record,
                      struct vane_series *series)
{
    struct bytes in = { record->data, (const char *)record->data + record->length, false };
    uint64_t fingerprint;
    bytes_read(&in, &fingerprint, sizeof fingerprint);
    if (fingerprint != window->fingerprint) {
        refuse(window, lane);
        return true;
    }
    bytes_read(&in, &series->hash, sizeof series->hash);
    struct share *share = groups_share(window, series, lane);
    groups_clear_share(window, share);
    if (read_share(window, &in, share))
        return true;
    groups_drop_share(window, share);
    return false;
}

bool state_load(struct window *window, const struct vane_record *record)
{
    struct lane_state *lane = lanes_of_text(window, record->lane);
    struct vane_series series;
    const char *rest;
    if (record->key[0] < '0' || record->key[0] > '9')
        return load_lane(lane, record);
    if (!series_read(record->key, &series, &rest))
        return false;
    bool good = true;
    if (record->data)
        good = load_share(window, lane, record, &series);
    else
        drop_share(window, &series, lane);
    free((void *)series.tags);
    return good;
}
