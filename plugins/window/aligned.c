/* aligned - tumbling and hopping windows: panes of the calendar, see kind.h.
 *
 * Windows below group->done are closed. A pane is kept until its last window is, with late = "update"
 * until no late metric may come for it any more. */
#include "plugins/window/emit.h"
#include "plugins/window/kind.h"
#include "plugins/window/pane.h"

static int64_t last_end(const struct window *window, int64_t pane)
{
    return calendar_window_end(&window->calendar, calendar_last_window(&window->calendar, pane));
}

/* Until when a pane is kept. */
static int64_t expiry(const struct window *window, const struct pane *pane)
{
    return last_end(window, pane->number)
         + (window->options.late == LATE_UPDATE ? window->options.allowed_lateness : 0);
}

/* ---- Where a metric belongs ---- */

static struct pane *make(struct window *window, struct share *share, struct pane *newer, int64_t number)
{
    struct pane *pane = pane_insert(window, share, newer, calendar_start(&window->calendar, number),
                                    calendar_start(&window->calendar, number + 1));
    struct group *group = share->group;
    pane->number = number;
    int64_t first = calendar_first_window(&window->calendar, number);
    int64_t due = calendar_window_end(&window->calendar, first > group->done ? first : group->done);
    if (due < group->due)
        group->due = due;
    return pane;
}

static struct pane *find(struct window *window, struct share *share, int64_t time)
{
    struct pane *pane = share->newest, *newer = NULL;
    while (pane && pane->start > time) {
        newer = pane;
        pane = pane->older;
    }
    if (pane && time < pane->end)
        return pane;
    return make(window, share, newer, calendar_pane(&window->calendar, time));
}

/* Windows below k are closed, those without a metric as well. */
static void set_done(const struct window *window, struct group *group, int64_t k)
{
    if (k <= group->done)
        return;
    group->done = k;
    group->open_pane = (k - 1) * window->calendar.step + window->calendar.width;
}

/* All windows that end at or before the time; those with metrics are done already. */
static void set_done_by(const struct window *window, struct group *group, int64_t time)
{
    if (time > -CALENDAR_TIME_MOST && time < CALENDAR_TIME_MOST)
        set_done(window, group, calendar_first_window(&window->calendar, calendar_pane(&window->calendar,
                                                                                       time)));
}

/* The watermark has passed all windows of this time, or some, or none: this has divisions. */
static enum placing place_slowly(struct window *window, struct share *share, int64_t time, struct pane **pane)
{
    struct group *group = share->group;
    set_done_by(window, group, group->watermark);
    int64_t number = calendar_pane(&window->calendar, time);
    int64_t last = calendar_last_window(&window->calendar, number);
    bool all = last < group->done, some = calendar_first_window(&window->calendar, number) < group->done;
    if (all && (last < group->freed
                || last_end(window, number) + window->options.allowed_lateness <= group->watermark))
        return PLACE_BEYOND;
    if (all && window->options.late != LATE_UPDATE)
        return PLACE_LATE;
    *pane = find(window, share, time);
    window->tally.late_partly += some && !all;
    return some && window->options.late == LATE_UPDATE ? PLACED_LATE : PLACED;
}

static enum placing place(struct window *window, struct share *share, int64_t time, struct pane **pane)
{
    struct pane *newest = share->newest;
    if (newest && time >= newest->start && time < newest->end && newest->number >= share->group->open_pane) {
        *pane = newest;
        return PLACED;
    }
    return place_slowly(window, share, time, pane);
}

/* ---- Closing ---- */

/* Emits window k, if any pane is in it. */
static void emit_window(struct window *window, struct group *group, int64_t k)
{
    int64_t first = k * window->calendar.step, end = first + window->calendar.width;
    struct merging merging;
    emit_begin(&merging, window, group);
    for (const struct share *share = group->shares; share; share = share->next)
        for (const struct pane *pane = share->oldest; pane && pane->number < end; pane = pane->newer)
            if (pane->number >= first)
                emit_pane(&merging, share, pane);
    if (merging.any)
        emit_end_filling(&merging, k);
}

/* The least number of a pane at or behind this one; INT64_MAX: there is none. */
static int64_t next_pane(const struct group *group, int64_t number)
{
    int64_t least = INT64_MAX;
    for (const struct share *share = group->shares; share; share = share->next) {
        const struct pane *pane = share->oldest;
        while (pane && pane->number < number)
            pane = pane->newer;
        if (pane && pane->number < least)
            least = pane->number;
    }
    return least;
}

/* The first window from k on that has a pane; INT64_MAX: none has. */
static int64_t next_window(const struct window *window, const struct group *group, int64_t k)
{
    const struct calendar *calendar = &window->calendar;
    int64_t pane = next_pane(group, k == INT64_MIN ? INT64_MIN : k * calendar->step);
    if (pane == INT64_MAX)
        return INT64_MAX;
    int64_t first = calendar_first_window(calendar, pane);
    return first > k ? first : k;
}

/* Frees panes whose windows are closed and beyond correction. Answers when the next one is. */
static int64_t expire(struct window *window, struct group *group, int64_t watermark)
{
    int64_t next = INT64_MAX;
    for (struct share *share = group->shares; share; share = share->next) {
        while (share->oldest && expiry(window, share->oldest) <= watermark)
            pane_remove(window, share, share->oldest);
        if (share->oldest && expiry(window, share->oldest) < next)
            next = expiry(window, share->oldest);
    }
    return next;
}

/* Closes windows that end at or before the time. Emits each, or not. */
static void close_until(struct window *window, struct group *group, int64_t time, bool emits)
{
    const struct calendar *calendar = &window->calendar;
    int64_t k = next_window(window, group, group->done);
    while (k != INT64_MAX && calendar_window_end(calendar, k) <= time) {
        if (emits)
            emit_window(window, group, k);
        else
            window->tally.discarded++;
        set_done(window, group, k + 1);
        k = next_window(window, group, group->done);
    }
    group->due = k == INT64_MAX ? INT64_MAX : calendar_window_end(calendar, k);
    set_done_by(window, group, time);
}

static void advance(struct window *window, struct group *group)
{
    close_until(window, group, group->watermark, true);
    int64_t next = expire(window, group, group->watermark);
    if (next < group->due)
        group->due = next;
}

static void flush(struct window *window, struct group *group)
{
    close_until(window, group, INT64_MAX, true);
    expire(window, group, INT64_MAX);
    group->freed = group->done;
    group->due = INT64_MAX;
}

static void discard(struct window *window, struct group *group, int64_t time)
{
    close_until(window, group, time, false);
    expire(window, group, time);
    group->freed = group->done;
}

/* A metric came for windows that were emitted: each is emitted again. */
static void placed(struct window *window, struct share *share, struct pane *pane, int64_t time, bool late)
{
    struct group *group = share->group;
    (void)time;
    if (!late)
        return;
    int64_t first = calendar_first_window(&window->calendar, pane->number);
    int64_t last = calendar_last_window(&window->calendar, pane->number);
    for (int64_t k = first; k <= last && k < group->done; k++) {
        if (k < group->freed || calendar_window_end(&window->calendar,
                                                    k) + window->options.allowed_lateness <= group->watermark)
            continue;
        emit_window(window, group, k);
        window->tally.updates++;
    }
}

const struct kind kind_aligned = { .place = place, .placed = placed, .advance = advance, .flush = flush,
                                   .discard = discard };
