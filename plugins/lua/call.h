/* call - metrics through a script: what its functions are given, and what becomes of what they return.
 *
 * Metrics that a function returns as they were given, changed or not, stay where they are in the batch. As
 * soon as one is new, or out of its order, the batch is built anew behind itself: so the order is always that
 * of the returns, and does not depend on how batches were cut. A call that fails changes nothing: its metrics
 * go on as they came, are refused, or dropped, as on_error says. Own thread.
 */
#pragma once
#include "plugins/lua/script.h"

enum call_on_error { CALL_DEAD_LETTER, CALL_PASS, CALL_DROP };

/* Calls apply for each metric, or apply_batch for up to CALL_PIECE at once. */
enum {
    CALL_PIECE = 10000,
    CALL_SILENT = 1000, /* metrics for which nothing was returned, before it is told while more come */
};
void call_process(struct script *script, struct vane_batch *batch, enum call_on_error on_error);

/* Calls tick(now, lane) and emits what it returns; flush() at the end likewise (lane NULL). */
void call_tick(struct script *script, const struct vane_lane *lane, int64_t now);
void call_flush(struct script *script);

/* Tells the script of a lane, where it has a function for that: lost or gap. */
void call_about_lane(struct script *script, enum script_function function, const struct vane_lane *lane);
