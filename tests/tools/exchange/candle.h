/* candle - what happened between two times: prices, volumes, trades; and the kline intervals.
 *
 * A candle is empty until a trade or another candle is added. Trade ids are contiguous, so the
 * number of trades follows from the first and the last. Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "tests/tools/exchange/decimal.h"

struct trade {
    int64_t time; /* ns */
    int64_t id;
    int64_t price;    /* 1e-8 */
    int64_t quantity; /* 1e-8 */
    bool buyer_is_maker;
};

struct candle {
    int64_t start; /* unix seconds */
    bool filled;
    int64_t open, high, low, close; /* 1e-8 */
    int64_t first_id, last_id;
    struct decimal_sum volume, quote;             /* base and quote asset */
    struct decimal_sum taker_volume, taker_quote; /* of it, bought by takers */
};

void candle_add(struct candle *candle, const struct trade *trade);
void candle_merge(struct candle *candle, const struct candle *later); /* `later` may be empty */
int64_t candle_trades(const struct candle *candle);

/* ---- Kline intervals, in the exchange's order: 1s 1m 3m ... 1w 1M ---- */

enum {
    INTERVAL_1S,
    INTERVAL_1M,
    INTERVAL_3M,
    INTERVAL_1MONTH = 15,
    INTERVAL_COUNT,
};

enum interval_zone {
    ZONE_UTC,
    ZONE_EAST, /* UTC+8: kline_1d@+08:00 */
    ZONE_COUNT,
};

const char *interval_name(int interval);
int64_t interval_start(int interval, enum interval_zone zone, int64_t second); /* unix seconds, as below */
int64_t interval_end(int interval, enum interval_zone zone, int64_t second);   /* the start of the next */
