/* grid - irregular observations on a regular grid of `step`, for models that count in steps.
 *
 * A grid point has the last value at or before its time (of equal times the last), carried forward over
 * gaps. A history is laid out backwards from its newest observation, which is always a grid point; what
 * stands before the first observation does not exist. Between fits the same grid goes on: a grid point is
 * complete once an observation behind it has come; the newest value is pending until then.
 */
#pragma once
#include "plugins/forecast/model.h"

enum {
    GRID_LIMIT = 32768, /* points of a history: the newest */
    GRID_GAP = 4096,    /* points that one observation completes, at most */
};

/* How many points this history has on the grid. */
size_t grid_count(const struct observations *history, int64_t step);

/* Writes the newest `count` of them, oldest first. */
void grid_fill(const struct observations *history, int64_t step, double *values, size_t count);

struct grid {
    int64_t time;   /* of the newest complete point */
    int64_t newest; /* of the newest observation */
    double  value;  /* of that */
};

/* As after a history that ends with this observation, all points but the last complete. */
void grid_start(struct grid *grid, int64_t step, int64_t time, double value);

/* An observation comes: answers how many points it completes, all with *value. It is the caller's to use
 * them before the next call. An older one is ignored. A gap of more than GRID_GAP points is cut by whole
 * seasons (of `season` steps; 0: by whole points), so that the time of the season stays right. */
size_t grid_take(struct grid *grid, int64_t step, size_t season, int64_t time, double value,
                 double *complete);
