/* unmatched - one warning where nothing that comes is aggregated: a misspelt name in `fields`, or texts alone.
 *
 * Intake sets window->valued with the first value, and counts the metrics without one until then. Own thread.
 */
#pragma once
#include "plugins/window/window.h"

enum { UNMATCHED_SOME = 1000 }; /* metrics without a value, before it is told while more come */

/* Warns once, if at least so many metrics came and none had a value to aggregate. */
void unmatched_report(struct window *window, uint64_t least);
