/* zone - offsets from UTC of a place, from the system's time zone files (TZif, RFC 8536).
 *
 * Read whole when it is made, constant after that. [any]
 */
#pragma once
#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

struct zone;

/* "Europe/Berlin" as under /usr/share/zoneinfo; "UTC" or "" needs no file; "Local" is /etc/localtime. */
struct zone *zone_new(const char *name, struct error *err);
void zone_free(struct zone *zone); /* NULL is fine */

/* Seconds east of UTC that are in force at a time, in seconds since 1970 UTC. */
int32_t zone_offset(const struct zone *zone, int64_t time);

/* The UTC time of a wall clock reading, given as seconds since 1970 as if it were UTC. What stands
 * twice in autumn or not at all in spring is taken by one of the two offsets around it, as Go does. */
int64_t zone_to_utc(const struct zone *zone, int64_t local);

/* The same for a reading that names its abbreviation ("CEST"), which must be one that the zone uses (NULL:
 * no zone), or "UTC" or "GMT". */
bool zone_abbreviated(const struct zone *zone, const char *text, size_t length, int64_t local, int64_t *time);
