/* quantity - durations and sizes as people write them, a number and its unit.
 *
 *     duration   ["+"|"-"] (number unit)...      "1h30m", "500ms", "1.5s", "1d"
 *                units ns us (or µs) ms s m h d w; a bare number is seconds: "10", "0.5"
 *     size       number [space] unit             "4MB", "64KiB", "10 MB"
 *                units B KB MB GB TB PB of 1000 (kB too), KiB MiB GiB TiB PiB of 1024; a bare number is
 *                bytes: "1048576"
 *
 * A day has 24 hours, a week 7 days. Fractions are exact down to a nanosecond or a byte; what is
 * finer is cut off. Any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/plugin.h"

/* The whole text must be one. False for anything else, and for what does not fit. */
bool quantity_read_duration(const char *text, size_t length, int64_t *ns);
bool quantity_read_size(const char *text, size_t length, uint64_t *bytes);

/* The same from a bare number: seconds, not NaN. False: it does not fit. */
bool quantity_duration_of_seconds(double seconds, int64_t *ns);

/* Appends the shortest exact form with one unit: "90m", "1500ms", "4MB", "64KiB". Zero is "0s", "0B". */
void quantity_write_duration(struct vane_text *out, int64_t ns);
void quantity_write_size(struct vane_text *out, uint64_t bytes);
