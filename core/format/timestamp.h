/* timestamp - times as text, in the formats that Telegraf knows:
 *
 *     unix, unix_ms, unix_us, unix_ns   a number; what stands behind its point counts too
 *     RFC3339, RFC3339Nano, ANSIC, …    the names of Go's time package, in any case (those with a year)
 *     2006-01-02 15:04:05.000 -0700     a Go layout: how the reference time would be written
 *
 * A layout without an offset is of the zone, else UTC. Written is always UTC. Times run from
 * 1677-09-21 to 2262-04-11 (int64 nanoseconds); others do not read. Constant once made. [any]
 */
#pragma once
#include "core/error.h"
#include "core/plugin.h"

struct timestamp_format;

struct timestamp_format *timestamp_format_new(const char *text, struct error *err);
void timestamp_format_free(struct timestamp_format *format); /* NULL is fine */

/* What times are taken to be of that name no zone; a name as of zone_new. Before the first reading. */
bool timestamp_set_zone(struct timestamp_format *format, const char *name, struct error *err);

bool timestamp_can_read(const struct timestamp_format *format); /* false: a layout without a year */

/* The whole text must be one time. */
bool timestamp_read(const struct timestamp_format *format, const char *text, size_t length, int64_t *time);

/* Appends; a number is cut towards the past. */
void timestamp_write(const struct timestamp_format *format, int64_t time, struct vane_text *out);
