/* stream - the kinds of market stream there are, and their names.
 *
 *     "ticker" "kline_1m" "kline_1d@+08:00" "depth5@100ms"   of a symbol: SYMBOL@NAME
 *     "!miniTicker@arr" "!ticker_1h@arr"                     of the whole market
 *
 * Names are those of the exchange's documentation ("Detailed Stream information"). Any thread.
 */
#pragma once
#include <stdbool.h>

enum stream_kind {
    STREAM_TICKER,
    STREAM_MINI_TICKER,
    STREAM_WINDOW_TICKER, /* ticker_1h, ticker_4h, ticker_1d */
    STREAM_TRADE,
    STREAM_AGG_TRADE,
    STREAM_BLOCK_TRADE,
    STREAM_KLINE,
    STREAM_BOOK_TICKER,
    STREAM_AVG_PRICE,
    STREAM_REFERENCE_PRICE,
    STREAM_DEPTH,        /* the best 5, 10 or 20 levels of each side */
    STREAM_DEPTH_UPDATE, /* what has changed in the whole book */
    STREAM_KINDS
};

struct stream_type {
    enum stream_kind kind;
    bool             whole_market;
    const char      *detail;   /* "1m" of a kline, "1h" of a ticker, "5" of a depth; NULL: none */
    const char      *timezone; /* "+08:00" of a kline; NULL: UTC */
};

/* False: there is no stream of this name. */
bool stream_parse(const char *name, struct stream_type *type);

/* All names, for messages. */
extern const char stream_names[];
