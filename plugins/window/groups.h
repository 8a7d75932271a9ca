/* groups - series, the groups they belong to, and how far each group's time has come.
 *
 * A group's watermark is the newest time of its least member, less `delay`, and never goes back; a member
 * that was quiet for `idle` does not count until it speaks again. When none counts, all that is open is
 * emitted and the group rests: it is the first to go where room is needed. Own thread.
 */
#pragma once
#include "plugins/window/window.h"

/* The member of a series in a lane; made if there is none yet. NULL: there is no room for it. */
struct member *groups_member(struct window *window, const struct vane_series *series,
                             struct lane_state *lane);

/* A member that is loaded, with its times; groups_loaded sets what follows from them. */
struct member *groups_load_member(struct window *window, struct share *share,
                                  const struct vane_series *series,
                                  int64_t newest, int64_t heard, bool idle);
struct share *groups_share(struct window *window, const struct vane_series *group, struct lane_state *lane);
void groups_loaded(struct window *window); /* all members are there */

/* A metric of the member came: it counts, and may move the watermark. */
void groups_heard(struct window *window, struct member *member, int64_t time, int64_t arrival);

/* Nothing came for `idle`: it does not count. */
void groups_idle(struct window *window, struct member *member);

/* Emits what is open, or discards it behind a gap */
void groups_close(struct window *window, struct group *group);

void groups_touch(struct window *window, struct share *share); /* it has changed since the last save */
void groups_untouch(struct share *share); /* it is saved */
/* And its group, where it was the last. */
void groups_forget_share(struct window *window, struct share *share);
/* For records: of a share that is loaded anew, and of one whose record is deleted. */
void groups_clear_share(struct window *window, struct share *share);
void groups_drop_share(struct window *window, struct share *share);
struct share *groups_find_share(const struct window *window, const struct vane_series *series,
                                const struct lane_state *lane);

void groups_release(struct window *window);
