/* lane - how far one lane of an input has come: emitted, marked, delivered.
 *
 *     emitted    position of the last batch that was put on the edges      (outlet's lock)
 *     marked     what `emitted` was when the mark on the way was put       (outlet's lock)
 *     delivered  what `marked` was when the newest checkpoint was made     (outlet's lock)
 *     told       the last one that delivered() was called with             (input's thread)
 */
#pragma once
#include "core/plugin.h"

struct lane {
    struct vane_lane view; /* first: a plugin's vane_lane is this */
    struct lane     *next;
    char            *name, *text; /* "topic/3"; "input/topic/3" */
    int64_t          emitted, marked, delivered, told;
    bool             has_emitted, has_marked, has_delivered, has_told;
    int64_t          newest; /* arrival of the last metric; own thread */
    int64_t          emitted_newest, marked_newest; /* what it was at `emitted`, `marked` */
};

/* Finds or adds; lanes live as long as the list. */
struct lane *lane_find(struct lane **lanes, const char *input, const char *name);
void lane_free_all(struct lane **lanes);
