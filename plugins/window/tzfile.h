/* tzfile - offsets from UTC of a place, from the system's time zone files (TZif, RFC 8536).
 *
 * A room of its own: plugins see nothing of the host but plugin.h, and libc knows one zone a process, by the
 * environment. Read whole when it is made, constant after that. [any]
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct tzfile;

/* "Europe/Berlin", as under /usr/share/zoneinfo. NULL: `reason` says why. */
struct tzfile *tzfile_new(const char *name, char *reason, size_t size);
void tzfile_free(struct tzfile *zone); /* NULL is fine */

int32_t tzfile_offset(const struct tzfile *zone,
                      int64_t time);  /* seconds east of UTC, at seconds since 1970 UTC */
int64_t tzfile_to_utc(const struct tzfile *zone, int64_t local); /* a wall clock reading, as if it were UTC */
