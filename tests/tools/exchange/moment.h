/* moment - points in time and durations: int64 nanoseconds, UTC since 1970.
 *
 * Any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"

enum {
    MOMENT_MICRO = 1000,
    MOMENT_MILLI = 1000000,
    MOMENT_SECOND = 1000000000,
};

#define MOMENT_NEVER INT64_MAX

/* "1660000000", "1660000000123", ... by magnitude seconds (below 1e11), milli- (below 1e14),
 * micro- (below 1e17) or nanoseconds, a fraction allowed; or RFC 3339, whose zone may be left
 * out (UTC) and whose T may be a space. */
bool moment_parse(const char *text, size_t length, int64_t *time, struct error *err);

/* "250ms", "1.5s", "20m", "24h", "1d", "100us"; "0" needs no unit. */
bool moment_parse_duration(const char *text, int64_t *duration, struct error *err);

int64_t moment_wall(void);      /* now, by the clock on the wall */
int64_t moment_monotonic(void); /* for distances only */
