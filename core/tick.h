/* tick - when the arrival time of a lane passes a multiple of an interval.
 *
 * Arrival never goes back in a lane, so where a lane passes a multiple is a place between two of its metrics,
 * the same in every run. A tick comes before the first metric behind that place; the first metric of a
 * lane only says where it stands. Own thread.
 */
#pragma once
#include "core/store.h"

struct tick_lane {
    const struct vane_lane *lane; /* NULL: loaded, and not seen yet in this run */
    char                   *text; /* of vane_lane_text */
    int64_t                 due, saved; /* INT64_MIN: nothing has arrived; not saved */
};

/* Zeroed: empty. */
struct ticks {
    struct tick_lane *lanes;
    size_t            count;
};

void ticks_release(struct ticks *ticks);

/* From which arrival on the next tick of the lane is due; INT64_MIN for a lane that is new. The pointer is
 * good until the next call. */
int64_t *ticks_due(struct ticks *ticks, const struct vane_lane *lane);
void ticks_forget(struct ticks *ticks, const struct vane_lane *lane); /* it begins anew */

/* The multiple of `every` at or before the time, and the next one. */
int64_t tick_floor(int64_t time, int64_t every);
int64_t tick_next(int64_t time, int64_t every);

/* One record a lane, in the name of an owner of its own. full: all, else those that changed. */
void ticks_save(struct ticks *ticks, const char *owner, bool full, struct store_records *records);
void ticks_load(struct ticks *ticks, const char *owner, struct store *store);
