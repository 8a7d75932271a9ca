/* state - what survives a restart: of each series, under its lane,
 *
 *     "s" + name   when it is due, what is put aside, its judge       one record, written when a point has come
 *     "j" + number + name   its judge at one horizon                  those that changed
 *     "m" + name   its models, for a warm fit                         one record, written when they have learnt
 *     "c" + number + name   its points, chunk by chunk (history.h)    only those that changed
 *     "f" + number + name   regressors that are known ahead           likewise
 *
 * where the name says measurement, tags and field, each with its length. A series belongs to the lane that brought its
 * last point; when that changes, its records move. Records are those of the same build and machine: what does not
 * fit (other options, another build) is left out with a warning, the history stays as long as its columns are the same.
 *
 * Own thread.
 */
#pragma once
#include "plugins/forecast/groups.h"

/* A record that is still to be deleted. */
struct dead_record {
    const char *lane;
    char       *key;
    uint64_t    series;
};

struct state {
    struct dead_record *dead; /* of series that were forgotten */
    size_t              dead_count, dead_room;
    bool                loading; /* records have come that are not looked at yet */
    bool                oldest_known;
    int64_t             oldest; /* if known: no series ends before; so long it is not worth looking for silent ones */
};

void state_release(struct state *state, struct groups *groups); /* before the groups are */

/* All series whose last point came by this lane are forgotten. */
void state_lose(struct state *state, struct groups *groups, const char *lane);

/* Series without a point after `until` are forgotten, as if their lanes were lost. Answers how many. */
size_t state_forget(struct state *state, struct groups *groups, int64_t until);

/* A series that may be new, or have another newest time: called behind each point, or state_forget overlooks it. */
void state_took(struct state *state, const struct series *series);

void state_save(struct state *state, struct groups *groups, struct vane_saver *saver, bool full);

/* False: the key is none of ours. What the record holds is looked at by state_settle. */
bool state_load(struct state *state, struct groups *groups, const struct vane_record *record);

/* Before anything else is done with series that were loaded. */
void state_settle(struct state *state, struct groups *groups, struct vane_self *self);
