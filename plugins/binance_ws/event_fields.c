/* event_fields - the tables of event.h: for every kind of stream, which letter is which field. */
#include "plugins/binance_ws/event.h"


static const struct event_row ticker[128] = {
    ['E'] = { NULL, READ_TIME },
    ['p'] = { "price_change", READ_DECIMAL },
    ['P'] = { "price_change_percent", READ_DECIMAL },
    ['w'] = { "weighted_average", READ_DECIMAL },
    ['x'] = { "previous_close", READ_DECIMAL },
    ['c'] = { "last", READ_DECIMAL },
    ['Q'] = { "last_quantity", READ_DECIMAL },
    ['b'] = { "bid", READ_DECIMAL },
    ['B'] = { "bid_quantity", READ_DECIMAL },
    ['a'] = { "ask", READ_DECIMAL },
    ['A'] = { "ask_quantity", READ_DECIMAL },
    ['o'] = { "open", READ_DECIMAL },
    ['h'] = { "high", READ_DECIMAL },
    ['l'] = { "low", READ_DECIMAL },
    ['v'] = { "volume", READ_DECIMAL },
    ['q'] = { "quote_volume", READ_DECIMAL },
    ['O'] = { "open_time", READ_TIME },
    ['C'] = { "close_time", READ_TIME },
    ['F'] = { "first_trade_id", READ_INTEGER },
    ['L'] = { "last_trade_id", READ_INTEGER },
    ['n'] = { "trades", READ_INTEGER },
};

static const struct event_row mini_ticker[128] = {
    ['E'] = { NULL, READ_TIME },
    ['c'] = { "last", READ_DECIMAL },
    ['o'] = { "open", READ_DECIMAL },
    ['h'] = { "high", READ_DECIMAL },
    ['l'] = { "low", READ_DECIMAL },
    ['v'] = { "volume", READ_DECIMAL },
    ['q'] = { "quote_volume", READ_DECIMAL },
};

/* Of trade and blockTrade. */
static const struct event_row trade[128] = {
    ['E'] = { "event_time", READ_TIME },
    ['T'] = { NULL, READ_TIME },
    ['t'] = { "trade_id", READ_INTEGER },
    ['p'] = { "price", READ_DECIMAL },
    ['q'] = { "quantity", READ_DECIMAL },
    ['m'] = { "buyer_is_maker", READ_BOOLEAN },
};

static const struct event_row agg_trade[128] = {
    ['E'] = { "event_time", READ_TIME },
    ['T'] = { NULL, READ_TIME },
    ['a'] = { "aggregate_id", READ_INTEGER },
    ['p'] = { "price", READ_DECIMAL },
    ['q'] = { "quantity", READ_DECIMAL },
    ['f'] = { "first_trade_id", READ_INTEGER },
    ['l'] = { "last_trade_id", READ_INTEGER },
    ['m'] = { "buyer_is_maker", READ_BOOLEAN },
};

/* "E" stands outside, the rest inside "k". */
static const struct event_row kline[128] = {
    ['E'] = { NULL, READ_TIME },
    ['t'] = { "open_time", READ_TIME },
    ['T'] = { "close_time", READ_TIME },
    ['f'] = { "first_trade_id", READ_INTEGER },
    ['L'] = { "last_trade_id", READ_INTEGER },
    ['o'] = { "open", READ_DECIMAL },
    ['c'] = { "close", READ_DECIMAL },
    ['h'] = { "high", READ_DECIMAL },
    ['l'] = { "low", READ_DECIMAL },
    ['v'] = { "volume", READ_DECIMAL },
    ['q'] = { "quote_volume", READ_DECIMAL },
    ['V'] = { "taker_buy_volume", READ_DECIMAL },
    ['Q'] = { "taker_buy_quote_volume", READ_DECIMAL },
    ['n'] = { "trades", READ_INTEGER },
    ['x'] = { "closed", READ_BOOLEAN },
};

static const struct event_row book_ticker[128] = {
    ['u'] = { "update_id", READ_INTEGER },
    ['b'] = { "bid", READ_DECIMAL },
    ['B'] = { "bid_quantity", READ_DECIMAL },
    ['a'] = { "ask", READ_DECIMAL },
    ['A'] = { "ask_quantity", READ_DECIMAL },
};

static const struct event_row avg_price[128] = {
    ['E'] = { NULL, READ_TIME },
    ['i'] = { NULL, READ_DETAIL },
    ['w'] = { "price", READ_DECIMAL },
    ['T'] = { "last_trade_time", READ_TIME },
};

static const struct event_row reference_price[128] = {
    ['t'] = { NULL, READ_TIME },
    ['r'] = { "price", READ_DECIMAL },
};

static const struct event_form forms[STREAM_KINDS] = {
    [STREAM_TICKER] = {
        .measurement = "ticker", .event = "24hrTicker", .time = 'E', .identity = "EL", .needed = "ELc",
        .rows = ticker,
    },
    [STREAM_MINI_TICKER] = {
        .measurement = "mini_ticker", .event = "24hrMiniTicker", .time = 'E', .identity = "E",
        .needed = "Ec", .rows = mini_ticker,
    },
    [STREAM_WINDOW_TICKER] = {
        .measurement = "window_ticker", .detail = "window", .time = 'E', .identity = "EL",
        .needed = "ELc", .rows = ticker,
    },
    [STREAM_TRADE] = {
        .measurement = "trade", .event = "trade", .time = 'T', .by_id = true, .identity = "t",
        .needed = "tTpq", .rows = trade,
    },
    [STREAM_AGG_TRADE] = {
        .measurement = "agg_trade", .event = "aggTrade", .time = 'T', .by_id = true, .identity = "a",
        .needed = "aTpq", .rows = agg_trade,
    },
    [STREAM_BLOCK_TRADE] = {
        .measurement = "block_trade", .event = "blockTrade", .time = 'T', .by_id = true, .identity = "t",
        .needed = "tTpq", .rows = trade,
    },
    [STREAM_KLINE] = {
        .measurement = "kline", .event = "kline", .detail = "interval", .inner = "k", .time = 'E',
        .identity = "EtL", .needed = "EtLoc", .rows = kline,
    },
    [STREAM_BOOK_TICKER] = {
        .measurement = "book_ticker", .identity = "u", .needed = "ubBaA", .rows = book_ticker,
    },
    [STREAM_AVG_PRICE] = {
        .measurement = "avg_price", .event = "avgPrice", .detail = "interval", .time = 'E',
        .identity = "ET", .needed = "Ew", .rows = avg_price,
    },
    [STREAM_REFERENCE_PRICE] = {
        .measurement = "reference_price", .event = "referencePrice", .time = 't', .identity = "t",
        .needed = "t", .rows = reference_price,
    },
    [STREAM_DEPTH] = { .measurement = "depth", .detail = "levels" },
    [STREAM_DEPTH_UPDATE] = { .measurement = "depth_update" },
};

const struct event_form *event_form(const struct stream_type *type)
{
    return &forms[type->kind];
}
