/* lanes - what metrics came by, and which of their series are quiet.
 *
 * Each lane has a wheel of WHEEL lists, one for a tick. A member is filed under the tick at which it has been
 * quiet for `idle` if nothing comes; at that tick it either has, or is filed anew. So a metric costs nothing
 * here, and a tick looks only at members that may be due. Own thread.
 */
#pragma once
#include "plugins/window/window.h"

struct lane_state *lanes_get(struct window *window, const struct vane_lane *known);
struct lane_state *lanes_of_text(struct window *window, const char *text);

int64_t lanes_tick_every(const struct window *window); /* 0: nobody is ever idle */

void lanes_file(struct window *window, struct member *member);
void lanes_unfile(struct lane_state *lane, struct member *member);

/* The lane's arrival time has come to `now`. */
void lanes_tick(struct window *window, struct lane_state *lane, int64_t now);

/* By the wall clock: lanes that have been silent for idle_wall have all their windows closed. */
void lanes_check_wall(struct window *window, struct lane_state *heard, int64_t now);

void lanes_release(struct window *window);
