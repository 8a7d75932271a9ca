/* output_write - the writes of an output that are under way: called, settled metric by metric, tried again.
 *
 *     begun ─▶ inside write() ─▶ all settled: gone
 *                 │    └ PENDING ─▶ settled later from any callback, or given back by vane_again
 *                 └ RETRY ─▶ what is not settled waits for its next try
 *
 * The functions of plugin.h that settle are here. Own thread of the output.
 */
#pragma once
#include "core/output.h"
#include "core/write.h"

void output_write_begin(struct output *output, struct write *write); /* takes it, and calls write() */

/* Has it a series that is in another write? */
bool output_write_conflicts(const struct output *output, const struct write *write);

bool output_write_waits(const struct output *output); /* does one wait for its next try? */
bool output_write_retry(struct output *output);       /* tries one whose pause is over; false: there is none */
void output_write_reclaim(struct output *output);     /* the plugin was closed: what was pending is given again */
size_t output_write_drop(struct output *output);      /* drops all; answers how many metrics were not settled */
