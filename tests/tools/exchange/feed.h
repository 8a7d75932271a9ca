/* feed - turns ticks into published streams.
 *
 * Cadence, all in event time (the ticks' own): a tick is at once one ticker, trade, aggTrade and
 * bookTicker frame. When a tick opens a new tenth of a second, every symbol that traded in the
 * tenth before sends its @100ms depths; when it opens a new second, likewise the miniTicker,
 * ticker_1h/4h/1d, avgPrice, depths and klines (1s each second; others when they close and at
 * even seconds). Those carry the boundary as event time. A kline that closed while nothing was
 * traded is sent closed, once, with its end as event time. Own thread.
 */
#pragma once
#include <stdint.h>
#include <stdio.h>

#include "tests/tools/exchange/hub.h"

struct tick {
    int64_t time;       /* event time, ns */
    int64_t price;      /* 1e-8, above 0 */
    const char *symbol; /* upper case */
};

struct feed {
    struct hub *hub;
    uint64_t seed;
    FILE *ledger;          /* NULL: none. A line SYMBOL,E,price,trade id for every tick */
    enum time_unit ledger_unit;
    int64_t tenth;         /* of a second since 1970, in progress; 0 before the first tick */
    unsigned long long ticks;
};

void feed_tick(struct feed *feed, const struct tick *tick);
