/* sliding - for each metric the window of `period` that ends with it: later than its time less period, up to
 * and with its time. See kind.h.
 *
 * A pane holds the metrics of one time. Its result is emitted when the watermark has come to it, with
 * delay 0 at once; metrics of one time that come one after the other each have a result, of what was there
 * by then. Every result is merged anew from the panes of its window: nothing is ever taken away from a
 * sum. */
#include "plugins/window/emit.h"
#include "plugins/window/kind.h"
#include "plugins/window/pane.h"

static int64_t lateness(const struct window *window)
{
    return window->options.late == LATE_UPDATE ? window->options.allowed_lateness : 0;
}

static enum placing place(struct window *window, struct share *share, int64_t time, struct pane **found)
{
    struct group *group = share->group;
    struct pane *pane = share->newest, *newer = NULL;
    bool late = time < group->watermark;
    if (late && (time < group->watermark - window->options.allowed_lateness || time < group->freed))
        return PLACE_BEYOND;
    if (late && window->options.late != LATE_UPDATE)
        return PLACE_LATE;
    while (pane && pane->start > time) {
        newer = pane;
        pane = pane->older;
    }
    if (!pane || pane->start != time)
        pane = pane_insert(window, share, newer, time, time);
    pane->told = false;
    *found = pane;
    if (time < group->due)
        group->due = time;
    return late ? PLACED_LATE : PLACED;
}

static void emit_window(struct window *window, const struct group *group, int64_t time)
{
    struct merging merging;
    emit_begin(&merging, window, (struct group *)group);
    for (struct share *share = group->shares; share; share = share->next)
        for (struct pane *pane = share->oldest; pane && pane->start <= time; pane = pane->newer) {
            if (pane->start == time)
                pane->told = true;
            if (pane->start > time - window->options.period)
                emit_pane(&merging, share, pane);
        }
    emit_end(&merging, time - window->options.period, time);
}

/* The earliest time behind this one that has a pane; only of those without a result, or of all. */
static int64_t next_time(const struct group *group, int64_t time, bool all)
{
    int64_t next = INT64_MAX;
    for (const struct share *share = group->shares; share; share = share->next)
        for (const struct pane *pane = share->newest; pane && pane->start > time; pane = pane->older)
            if ((all || !pane->told) && pane->start < next)
                next = pane->start;
    return next;
}

/* Panes that no window to come has. */
static void expire(struct window *window, struct group *group, int64_t time)
{
    for (struct share *share = group->shares; share; share = share->next)
        while (share->oldest && share->oldest->told && share->oldest->start <= time)
            pane_remove(window, share, share->oldest);
}

static int64_t emit_until(struct window *window, struct group *group, int64_t watermark)
{
    int64_t time = next_time(group, INT64_MIN, false);
    while (time <= watermark && time != INT64_MAX) {
        emit_window(window, group, time);
        time = next_time(group, time, false);
    }
    return time;
}

static void advance(struct window *window, struct group *group)
{
    group->due = emit_until(window, group, group->watermark);
    if (group->watermark > -CALENDAR_TIME_MOST)
        expire(window, group, group->watermark - window->options.period - lateness(window));
}

/* What came late changes the results of its time and of those behind it that have it in their windows.
 * What came at the watermark's very time has a result at once: the watermark does not move. */
static void placed(struct window *window, struct share *share, struct pane *pane, int64_t time, bool late)
{
    struct group *group = share->group;
    (void)pane;
    if (!late) {
        if (time == group->watermark)
            advance(window, group);
        return;
    }
    int64_t last = group->watermark < time + window->options.period - 1 ? group->watermark
                                                                        : time + window->options.period - 1;
    for (int64_t at = next_time(group, time - 1, true); at <= last; at = next_time(group, at, true)) {
        emit_window(window, group, at);
        window->tally.updates++;
    }
    group->due = next_time(group, group->watermark, false);
}

static void flush(struct window *window, struct group *group)
{
    emit_until(window, group, INT64_MAX);
    group->due = INT64_MAX;
}

/* A gap behind the newest metric lies in the windows of the next `period`, which only their own metrics end:
 * they are emitted of what there is, and results that wait for the watermark are as well. */
static void discard(struct window *window, struct group *group, int64_t time)
{
    (void)time;
    flush(window, group);
}

const struct kind kind_sliding = { .place = place, .placed = placed, .advance = advance, .flush = flush,
                                   .discard = discard };
