/* state - what survives a restart: a record for each share of a group, and one for each lane that was lost.
 *
 * A record of a share has the group's times, the members with theirs, and all panes. It is of the lane, and
 * its key the group's series as text; so a lane that is lost takes its records along. A record of other
 * options (another `every`, other aggregates) cannot go on: its windows count as discarded, and those that
 * began before the first metric of the lane are not emitted. Own thread.
 */
#pragma once
#include "plugins/window/window.h"

void state_save(struct window *window, struct vane_saver *saver, bool full);
bool state_load(struct window *window, const struct vane_record *record);
void state_gone(struct window *window, const struct share *share); /* its record is to be deleted */
void state_release(struct window *window);

uint64_t state_fingerprint(const struct window *window); /* of the options that what is saved depends on */
