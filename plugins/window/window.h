/* window - what the rooms of the window plugin share: the options, and the state from series down to panes.
 *
 *     member (series in a lane) ─▶ share (group in a lane) ─▶ pane ─▶ cell of each field
 *                                    ▲ │
 *                              group ┘ └ panes, oldest to newest
 *
 * A group is what one result speaks of: a series, or all series with the same `group_by` tags. What each lane
 * brought of it is a share of its own, so that a lost lane takes its share with it, and so that what comes
 * out does not depend on how lanes were interleaved: a window is merged from its panes, share by share in the
 * order of the lanes' names, from old to new. Panes are pieces of event time: see kind.h. Own thread.
 */
#pragma once
#include "plugins/window/calendar.h"
#include "plugins/window/plan.h"
#include "plugins/window/shape.h"
#include "core/plugin.h"

enum late { LATE_DROP, LATE_SIDE, LATE_UPDATE };
enum fill { FILL_NONE, FILL_NULL, FILL_PREVIOUS, FILL_LINEAR, FILL_VALUE };
enum stamp { STAMP_START, STAMP_END };

/* Of what options say in time: nine years, far from the ends of int64 nanoseconds however they are added up. */
#define LONGEST INT64_C(280000000000000000)

struct options {
    int64_t             every, period, gap, offset;
    uint64_t            every_count;
    const char         *timezone;
    struct vane_strings group_by, fields, aggregates;
    struct vane_floats  quantiles, buckets;
    int                 quantile_method, distinct_method;
    double              quantile_error;
    const char         *weight;
    int64_t             delay, allowed_lateness, max_future, idle, idle_wall;
    int                 late, timestamp, fill;
    double              fill_value;
    uint64_t            fill_limit, max_series, max_memory;
    const char         *measurement;
};

/* Values of one field each over one piece of event time. */
struct pane {
    struct pane *older, *newer;
    int64_t      start, end; /* as its kind has it */
    int64_t      number;     /* of aligned panes; of counted ones: how many metrics */
    uint32_t     slots;      /* cells there are; the share's shape may have more by now */
    bool         told;       /* sliding: the result of its time was emitted */
    _Alignas(8) char cells[];
};

struct member {
    const struct vane_series *series;
    struct share   *share;
    struct member *next;          /* of the share */
    struct member *next_in_wheel;
    int64_t        newest, heard; /* event time; arrival of the last metric */
    bool           idle, owns_series;
};

struct share {
    struct group  *group;
    struct lane_state   *lane;
    struct share   *next;       /* of the group, by the lanes' names */
    struct share   *next_dirty, **dirty_at; /* what points to it among those that changed */
    struct member *members;
    struct shape  *shape;
    struct pane   *oldest, *newest;
    bool           gap;        /* metrics are missing behind its newest */
};

/* The values of the last window that was emitted, for `fill`. */
struct previous {
    const struct shape *shape;
    int64_t             number; /* of the window */
    double              values[]; /* outputs of each slot; NaN: none */
};

struct group {
    struct vane_series *series;
    struct share        *shares;
    struct group       *older, *newer; /* among those at rest */
    struct previous    *previous;
    int64_t             watermark; /* newest time less delay of the member that is least; never goes back */
    int64_t             least;     /* newest time of that member */
    uint32_t            at_least;  /* how many members have it */
    bool                resting;   /* no member counts, nothing is open */
    /* aligned: windows below these numbers are closed; cannot be corrected */
    int64_t             done, freed;
    int64_t             open_pane; /* aligned: panes from this number on are in open windows only */
    int64_t             due;       /* the watermark at which the kind has something to do */
};

enum { WHEEL = 16 };

struct lane_state {
    char                   *text;  /* as records have it */
    const struct vane_lane *known; /* NULL: loaded, and not seen yet */
    struct lane_state            *next;
    int64_t                 floor; /* windows that began before are not emitted; NO_FLOOR, or.. */
    bool                    floor_pending; /* .. the time of the first metric will be it */
    bool                    dirty;
    bool                    refused; /* a record of it, while loading */
    int64_t                 heard_wall;
    bool                    closed_wall;
    struct member          *wheel[WHEEL];
};

#define NO_FLOOR INT64_MIN

struct table {
    struct slot { uint64_t hash; void *item; } *slots;
    size_t count, room; /* room: a power of two */
};

struct cached {
    const struct vane_series *series;
    struct member            *member;
    uint64_t                  round;
};

enum { CACHE = 4096 };

/* What was counted since the last call of vane_count. */
struct tally {
    uint64_t late, late_partly, beyond, future, refused, not_finite, texts, windows, updates, discarded,
        fills, unfilled, evicted, fields;
};

struct scratch {
    char          *cells;
    uint32_t       slots, room;
    const struct shape *shape;
};

/* A record that is to be deleted. */
struct gone {
    char    *lane, *key;
    uint64_t series;
};

struct window {
    struct options      options; /* first: filled in by the host */
    struct vane_self   *self;
    const struct kind  *kind;
    struct plan         plan;
    struct calendar     calendar;
    struct shapes       shapes;
    struct budget       budget;
    uint64_t            fingerprint;
    struct table        members, groups;
    struct lane_state        *lanes;
    struct group       *rest_oldest, *rest_newest;
    struct share        *dirty;
    struct gone        *gone;
    size_t              gone_count, gone_room;
    struct vane_batch  *out, *side;
    struct scratch      scratch;
    struct vane_text    text, bytes;
    struct tally        tally;
    struct cached       cache[CACHE];
    uint64_t            round; /* of the cache; a new one with each batch */
    bool                loading; /* records may still come: times of groups are not right yet */
    bool                opened;
    bool                valued, unmatched_told; /* see unmatched.h */
    uint64_t            valueless;
    uint64_t            missed;      /* late metrics that are in no result, so far */
    struct vane_text    missed_name; /* series of the first since the last report */
};
