/* session - windows of metrics that are at most `gap` apart, see kind.h. A pane is from the first to the
 * last time of a run; one that touches two joins them. Those of several lanes are joined when they are
 * emitted, so that it does not matter which lane came first. A window ends `gap` behind its last metric. */
#include "plugins/window/emit.h"
#include "plugins/window/kind.h"
#include "plugins/window/pane.h"

static bool touches(const struct window *window, const struct pane *pane, int64_t time)
{
    return time >= pane->start - window->options.gap && time <= pane->end + window->options.gap;
}

/* It has grown: does it reach the one before? */
static struct pane *join_older(struct window *window, struct share *share, struct pane *pane)
{
    struct pane *older = pane->older;
    if (!older || !touches(window, older, pane->start))
        return pane;
    if (pane->end > older->end)
        older->end = pane->end;
    older = pane_merge(window, share, older, pane);
    pane_remove(window, share, pane);
    return older;
}

static enum placing place(struct window *window, struct share *share, int64_t time, struct pane **found)
{
    struct group *group = share->group;
    struct pane *pane = share->newest, *newer = NULL;
    int64_t gap = window->options.gap;
    while (pane && pane->start > time && !touches(window, pane, time)) {
        newer = pane;
        pane = pane->older;
    }
    if (pane && touches(window, pane, time)) {
        if (time < pane->start)
            pane->start = time;
        if (time > pane->end)
            pane->end = time;
        *found = join_older(window, share, pane);
    } else if (time + gap < group->watermark) {
        return time + gap + window->options.allowed_lateness < group->watermark ? PLACE_BEYOND : PLACE_LATE;
    } else {
        *found = pane_insert(window, share, newer, time, time);
    }
    if ((*found)->end + gap + 1 < group->due)
        group->due = (*found)->end + gap + 1;
    return PLACED;
}

/* Panes of all shares that touch each other, from the oldest on, removed as they are emitted. Answers
 * false where their window ends behind the time. */
static bool close_oldest(struct window *window, struct group *group, int64_t time, bool emits)
{
    const struct pane *oldest = pane_oldest(group);
    int64_t start = oldest->start, end = oldest->end, gap = window->options.gap;
    for (bool grown = true; grown;) {
        grown = false;
        for (const struct share *share = group->shares; share; share = share->next)
            for (const struct pane *pane = share->oldest; pane
                 && pane->start <= end + gap; pane = pane->newer)
                if (pane->end > end) {
                    end = pane->end;
                    grown = true;
                }
    }
    if (time != NO_TIME_LIMIT && end + gap >= time) {
        group->due = end + gap + 1;
        return false;
    }
    struct merging merging;
    emit_begin(&merging, window, group);
    for (struct share *share = group->shares; emits && share; share = share->next)
        for (const struct pane *pane = share->oldest; pane && pane->start <= end; pane = pane->newer)
            emit_pane(&merging, share, pane);
    window->tally.discarded += !emits;
    if (emits)
        emit_end(&merging, start, end + gap);
    for (struct share *share = group->shares; share; share = share->next)
        while (share->oldest && share->oldest->start <= end)
            pane_remove(window, share, share->oldest);
    return true;
}

static void close_until(struct window *window, struct group *group, int64_t time, bool emits)
{
    group->due = INT64_MAX;
    while (pane_oldest(group) && close_oldest(window, group, time, emits))
        ;
}

static void advance(struct window *window, struct group *group)
{
    close_until(window, group, group->watermark, true);
}

static void flush(struct window *window, struct group *group)
{
    close_until(window, group, NO_TIME_LIMIT, true);
}

static void discard(struct window *window, struct group *group, int64_t time)
{
    close_until(window, group, time, false);
}

const struct kind kind_session = { .place = place, .advance = advance, .flush = flush, .discard = discard };
