/* ledger - forecasts that wait for their actuals: a ring for each kept horizon, oldest first.
 *
 * A ring never overflows: a forecast is kept only if its origin is at least horizon / (capacity - 1) behind
 * that of the last one kept, so that those under way are spread evenly however often forecasts are made.
 *
 * Flat memory without pointers.
 */
#pragma once
#include "plugins/forecast/judge/shape.h"

struct ledger_entry {
    int64_t  target;
    double   base;     /* the newest value at the origin: what "no change" predicts */
    uint64_t made;     /* a bit for each candidate that predicted */
    uint64_t answered; /* the candidate that was sent out */
    double   values[]; /* for each candidate: mean, unit, own quantiles, quantiles as calibrated */
};

struct ledger_ring {
    uint64_t first, count;
    int64_t  origin; /* of the last one kept */
    bool     any;
};

struct ledger {
    int64_t            due; /* the least target; INT64_MAX: none */
    struct ledger_ring rings[JUDGE_HORIZONS];
    /* then the entries, ring after ring */
};

size_t ledger_size(const struct shape *shape);
void ledger_init(struct ledger *ledger);

/* ns: forecasts that far apart are all kept, at horizons up to this one (ns). */
uint64_t ledger_spacing(const struct shape *shape, uint64_t longest);

/* Where one candidate's numbers stand in an entry. */
static inline double *ledger_values(const struct shape *shape, struct ledger_entry *entry, size_t candidate)
{
    return entry->values + candidate * (2 + 2 * shape->levels);
}

/* Room at the end of a ring for a forecast from this origin; NULL: it is not to be kept. */
struct ledger_entry *ledger_add(struct ledger *ledger, const struct shape *shape, size_t ring,
                                int64_t origin);

/* The oldest of a ring if its target is before `time` (or at it, when `at` is set), else NULL. */
struct ledger_entry *ledger_due(struct ledger *ledger, const struct shape *shape, size_t ring, int64_t time,
                                bool at);

/* One ring, as far as it is filled. Loading takes what ledger_save wrote, and checks it. */
struct bytes;
void ledger_save(const struct ledger *ledger, const struct shape *shape, size_t ring, struct vane_text *out);
void ledger_load(struct ledger *ledger, const struct shape *shape, size_t ring, struct bytes *bytes);

void ledger_remove(struct ledger *ledger, const struct shape *shape, size_t ring); /* the oldest */
