/* instrument - one symbol's market: each tick is a trade that moves prices, ids and the book.
 *
 *     tick (time, price) ─▶ instrument_trade ─▶ last trade, best prices, candles, update id
 *
 * Everything but time and price is invented from the seed and the symbol's name, so the same
 * ticks give the same market. Trade ids are contiguous, the update id grows by one a trade.
 * Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "tests/tools/exchange/book.h"
#include "tests/tools/exchange/candle.h"
#include "tests/tools/exchange/history.h"

enum depth_speed {
    DEPTH_SLOW, /* 1000 ms */
    DEPTH_FAST, /* 100 ms */
    DEPTH_SPEEDS,
};

struct instrument {
    char *symbol; /* upper case, as in payloads */
    struct dice dice;
    struct history *history;
    int64_t lot; /* smallest quantity, 1e-8 */
    struct trade last;
    struct book_point book;
    struct book_point published[DEPTH_SPEEDS]; /* what the depth streams showed last */
    bool traded[DEPTH_SPEEDS];                 /* since then */
};

struct instrument *instrument_new(const char *symbol, uint64_t seed, int64_t time, int64_t price);
void instrument_free(struct instrument *instrument); /* NULL is fine */

/* `time` in ns, 1970-01-03 at the earliest; `price` above 0. */
void instrument_trade(struct instrument *instrument, int64_t time, int64_t price);
void instrument_publish_book(struct instrument *instrument, enum depth_speed speed); /* shown now */
