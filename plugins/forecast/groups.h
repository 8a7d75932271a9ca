/* groups - all series of an instance: a group is one input series (name and tags), with a series of forecasts for each
 * of its fields that is wanted. Found by the hash of the input series, in the order in which they came.
 *
 * Own thread.
 */
#pragma once
#include "plugins/forecast/series.h"

struct group {
    struct vane_series series; /* a copy of its own */
    char              *memory; /* of it */
    struct series    **items;
    size_t             count;
};

struct groups {
    const struct plan *plan;
    struct group     **items; /* in order of arrival */
    size_t             count, room;
    struct group     **slots; /* open addressing; NULL: free */
    size_t             slot_count; /* a power of two */
    size_t             series_count;
    char             **lanes; /* names that series and records point to */
    size_t             lane_count;
};

void groups_init(struct groups *groups, const struct plan *plan);
void groups_release(struct groups *groups);

/* NULL: there is none. */
struct group *groups_find(const struct groups *groups, const struct vane_series *series);
struct group *groups_find_or_add(struct groups *groups, const struct vane_series *series);

/* The series of a field; `hint` is where it may be, and is moved behind it. NULL: there is none. */
struct series *group_find(const struct group *group, const char *field, size_t length, size_t *hint);
struct series *groups_add(struct groups *groups, struct group *group, const char *field, size_t length);

/* Takes out the series of which leaves() is true, and groups that are empty then. They are the caller's to free;
 * what they are `of` goes with the group, and is not theirs any more. */
void groups_remove(struct groups *groups, bool (*leaves)(void *context, struct series *series), void *context);

/* The same text, at a place that stays. */
const char *groups_lane(struct groups *groups, const char *lane);
