/* layout - times in the layouts of Go's time package: the reference time Mon Jan 2 15:04:05 MST 2006, or
 * parts of it, written the way times are written. What a part means and what reads is as in Go; the source
 * of the rules is the documentation of its package time. Constant once made. [any]
 *
 *     2006 06 · 01 1 Jan January · 02 2 _2 002 __2 · Mon Monday · 15 03 3 · 04 4 · 05 5 · PM pm
 *     .000 ,000 (so many digits) · .999 ,999 (up to so many) · MST · -0700 -07:00 -07 Z0700 Z07:00 Z07 and
 *     with seconds; everything else stands for itself
 */
#pragma once
#include "core/format/zone.h"
#include "core/plugin.h"

struct layout;

struct layout *layout_new(const char *text);
void layout_free(struct layout *layout); /* NULL is fine */
bool layout_has_parts(const struct layout *layout); /* or is it all text that stands for itself? */
bool layout_has_year(const struct layout *layout);  /* without one it is of no use for reading */

/* The whole text, in nanoseconds since 1970 UTC; without an offset in it, by the zone (NULL: UTC). */
bool layout_read(const struct layout *layout, const struct zone *zone, const char *text, size_t length,
                 int64_t *time);

void layout_write(const struct layout *layout, int64_t time, struct vane_text *out); /* UTC */
