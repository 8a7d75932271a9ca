/* kind - what windows there are: where a metric belongs, and when a window is over.
 *
 * aligned   tumbling and hopping: panes of the calendar; pane.start and end are its bounds
 * session   panes from the first to the last time of a run of metrics less than `gap` apart
 * sliding   a pane for each time; after each, the window of `period` that ends with it
 * counted   a pane for every_count metrics, lane by lane, in the order in which they came
 *
 * A window is over when the group's watermark reaches its end (a session: passes it). Own thread.
 */
#pragma once
#include "plugins/window/window.h"

enum placing {
    PLACED,
    PLACED_LATE,  /* into windows that were emitted: they are emitted again */
    PLACE_LATE,   /* too late for all of its windows, within allowed_lateness */
    PLACE_BEYOND, /* and beyond that */
};

struct kind {
    /* Finds or makes the pane of that time. */
    enum placing (*place)(struct window *window, struct share *share, int64_t time, struct pane **pane);

    /* Values were added to the pane: as the answer of place() was. NULL: nothing to do. */
    void (*placed)(struct window *window, struct share *share, struct pane *pane, int64_t time, bool late);

    /* The watermark has reached group->due: emits what is over, frees what is not needed any more, sets
     * due. */
    void (*advance)(struct window *window, struct group *group);

    /* Emits all that is open, and frees it: the input has ended, or the group is quiet. */
    void (*flush)(struct window *window, struct group *group);

    /* Frees windows that end at or before a time without emitting them, and counts them; NO_TIME_LIMIT:
     * all. */
    void (*discard)(struct window *window, struct group *group, int64_t time);
};

#define NO_TIME_LIMIT INT64_MAX

extern const struct kind kind_aligned, kind_session, kind_sliding, kind_counted;
