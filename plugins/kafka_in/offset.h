/* offset - where a partition begins that nobody has read yet: the option of that name.
 *
 *     "oldest"  "newest"  "2024-05-01T12:00:00Z" (RFC 3339)  "-1h30m" (that long ago; ns us ms s m h d w)
 *
 * Any thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum offset_kind { OFFSET_OLDEST, OFFSET_NEWEST, OFFSET_AT, OFFSET_AGO };

struct offset {
    enum offset_kind kind;
    int64_t          ns; /* AT: since 1970; AGO: before now */
};

/* False: it is none of them. */
bool offset_parse(const char *text, struct offset *offset);

/* As a ListOffsets request wants it: -2 the oldest, -1 behind the newest, else ms since 1970. */
int64_t offset_timestamp(const struct offset *offset, int64_t now_ns);
