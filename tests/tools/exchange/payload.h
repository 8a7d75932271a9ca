/* payload - the JSON of each stream, in the exchange's documented shape and key order.
 *
 * Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "tests/tools/exchange/bytes.h"
#include "tests/tools/exchange/instrument.h"
#include "tests/tools/exchange/stream.h"

enum time_unit {
    UNIT_MS,
    UNIT_US,
    UNIT_COUNT,
};

void payload_time(struct bytes *out, int64_t time, enum time_unit unit); /* ns as a JSON number */

/* Appends the payload of one stream of one symbol at `event_time` (ns). A kline is the one of
 * history_kline, closed where it ends at or before the event time. */
void payload_write(struct bytes *out, enum stream_kind kind, const struct instrument *instrument,
                   int64_t event_time, enum time_unit unit);
