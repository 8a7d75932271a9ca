/* counted - a window for every_count metrics of a group, lane by lane, in the order in which they came: no
 * metric is late, and the watermark means nothing. It goes from the first time in it to the last. See
 * kind.h. */
#include "plugins/window/emit.h"
#include "plugins/window/kind.h"
#include "plugins/window/pane.h"

static enum placing place(struct window *window, struct share *share, int64_t time, struct pane **found)
{
    struct pane *pane = share->newest ? share->newest : pane_insert(window, share, NULL, time, time);
    if (time < pane->start)
        pane->start = time;
    if (time > pane->end)
        pane->end = time;
    *found = pane;
    return PLACED;
}

static void close_share(struct window *window, struct share *share, bool emits)
{
    struct pane *pane = share->newest;
    struct merging merging;
    if (!pane)
        return;
    emit_begin(&merging, window, share->group);
    emit_pane(&merging, share, pane);
    if (emits)
        emit_end(&merging, pane->start, pane->end);
    window->tally.discarded += !emits;
    pane_remove(window, share, pane);
}

static void placed(struct window *window, struct share *share, struct pane *pane, int64_t time, bool late)
{
    (void)time, (void)late;
    if ((uint64_t)++pane->number >= window->options.every_count)
        close_share(window, share, true);
}

static void advance(struct window *window, struct group *group)
{
    (void)window;
    group->due = INT64_MAX;
}

static void flush(struct window *window, struct group *group)
{
    for (struct share *share = group->shares; share; share = share->next)
        close_share(window, share, true);
}

/* Which metrics are missing does not show in a count: the window of a lane with a gap is a half. */
static void discard(struct window *window, struct group *group, int64_t time)
{
    (void)time;
    for (struct share *share = group->shares; share; share = share->next)
        if (share->gap)
            close_share(window, share, false);
}

const struct kind kind_counted = { .place = place, .placed = placed, .advance = advance, .flush = flush,
                                   .discard = discard };
