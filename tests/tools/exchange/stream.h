/* stream - names of streams: "btcusdt@kline_1m", "ethusdt@depth20@100ms", "!miniTicker@arr".
 *
 * Any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "tests/tools/exchange/candle.h"

enum stream_kind {
    STREAM_TICKER,
    STREAM_MINI_TICKER,
    STREAM_TICKER_1H, /* in the order of enum history_span */
    STREAM_TICKER_4H,
    STREAM_TICKER_1D,
    STREAM_TRADE,
    STREAM_AGG_TRADE,
    STREAM_BOOK_TICKER,
    STREAM_AVG_PRICE,
    STREAM_DEPTH5,
    STREAM_DEPTH10,
    STREAM_DEPTH20,
    STREAM_DEPTH,
    STREAM_DEPTH5_FAST, /* the same four again, @100ms */
    STREAM_DEPTH10_FAST,
    STREAM_DEPTH20_FAST,
    STREAM_DEPTH_FAST,
    STREAM_KLINE, /* + zone * INTERVAL_COUNT + interval */
    STREAM_KINDS = STREAM_KLINE + ZONE_COUNT * INTERVAL_COUNT,
};

struct stream {
    enum stream_kind kind;
    const char *symbol;   /* points into the name; lower case, as a stream name has it */
    size_t symbol_length; /* 0: all symbols in one array */
    bool silent;          /* well-formed, but nothing is ever sent: symbol not in lower case, a kind
                             that is not simulated or was retired */
};

/* False where the exchange answers "invalid stream". */
bool stream_parse(const char *name, struct stream *stream);

enum {
    STREAM_NAME = 128, /* bytes of the longest name, with its NUL */
};

/* May the text be a symbol: 1 to 64 bytes, no controls, none of @ / " \ ! and no blank? */
bool stream_symbol_valid(const char *symbol, size_t length);

/* A valid symbol as payloads have it: ASCII letters in upper case. `upper` holds STREAM_NAME bytes. */
void stream_symbol_upper(const char *symbol, size_t length, char *upper);
