/* payload - see payload.h. Hand-written appends: this is the simulator's hot path. */
#include "tests/tools/exchange/payload.h"

#include "tests/tools/exchange/moment.h"

struct payload {
    struct bytes *out;
    const struct instrument *instrument;
    int64_t event_time;
    enum time_unit unit;
};

static void put_decimal(struct bytes *out, const char *key, int64_t value)
{
    char text[DECIMAL_TEXT];
    bytes_text(out, key);
    bytes_put(out, text, decimal_write(text, value));
    bytes_text(out, "\"");
}

static void put_sum(struct bytes *out, const char *key, struct decimal_sum value)
{
    char text[DECIMAL_TEXT];
    bytes_text(out, key);
    bytes_put(out, text, decimal_write_sum(text, value));
    bytes_text(out, "\"");
}

static void put_int(struct bytes *out, const char *key, int64_t value)
{
    bytes_text(out, key);
    bytes_int(out, value);
}

static void put_bool(struct bytes *out, const char *key, bool value)
{
    bytes_text(out, key);
    bytes_text(out, value ? "true" : "false");
}

static void put_time(const struct payload *payload, const char *key, int64_t time)
{
    bytes_text(payload->out, key);
    payload_time(payload->out, time, payload->unit);
}

void payload_time(struct bytes *out, int64_t time, enum time_unit unit)
{
    bytes_int(out, time / (unit == UNIT_US ? MOMENT_MICRO : MOMENT_MILLI));
}

/* {"e":"24hrTicker","E":1672515782136,"s":"BNBBTC" */
static void put_head(const struct payload *payload, const char *event)
{
    bytes_text(payload->out, "{\"e\":\"");
    bytes_text(payload->out, event);
    put_time(payload, "\",\"E\":", payload->event_time);
    bytes_text(payload->out, ",\"s\":");
    bytes_string(payload->out, payload->instrument->symbol);
}

static struct candle day_of(const struct payload *payload)
{
    struct history *history = payload->instrument->history;
    int64_t day_ago = payload->event_time / MOMENT_SECOND - history_span_seconds(SPAN_24H);
    struct candle day = history_window(history, SPAN_24H);
    day.open = history_price_at(history, day_ago);
    return day;
}

static void put_change(struct bytes *out, const struct candle *window)
{
    char text[DECIMAL_TEXT];
    int64_t change = window->close - window->open;
    put_decimal(out, ",\"p\":\"", change);
    bytes_text(out, ",\"P\":\"");
    bytes_put(out, text, decimal_write_percent(text, change, window->open));
    bytes_text(out, "\"");
}

/* The window's trades, from O to C. */
static void put_statistics(const struct payload *payload, const struct candle *window, int64_t open_time)
{
    struct bytes *out = payload->out;
    put_sum(out, ",\"v\":\"", window->volume);
    put_sum(out, ",\"q\":\"", window->quote);
    put_time(payload, ",\"O\":", open_time);
    put_time(payload, ",\"C\":", payload->event_time);
    put_int(out, ",\"F\":", window->first_id);
    put_int(out, ",\"L\":", window->last_id);
    put_int(out, ",\"n\":", candle_trades(window));
    bytes_text(out, "}");
}

static void write_ticker(const struct payload *payload)
{
    struct bytes *out = payload->out;
    const struct instrument *instrument = payload->instrument;
    struct candle day = day_of(payload);
    int64_t day_ago = payload->event_time / MOMENT_SECOND - history_span_seconds(SPAN_24H);
    put_head(payload, "24hrTicker");
    put_change(out, &day);
    put_decimal(out, ",\"w\":\"", decimal_ratio(day.quote, day.volume));
    put_decimal(out, ",\"x\":\"", history_price_at(instrument->history, day_ago - 1));
    put_decimal(out, ",\"c\":\"", day.close);
    put_decimal(out, ",\"Q\":\"", instrument->last.quantity);
    put_decimal(out, ",\"b\":\"", instrument->book.bid);
    put_decimal(out, ",\"B\":\"", book_best_quantity(&instrument->book, SIDE_BID));
    put_decimal(out, ",\"a\":\"", instrument->book.ask);
    put_decimal(out, ",\"A\":\"", book_best_quantity(&instrument->book, SIDE_ASK));
    put_decimal(out, ",\"o\":\"", day.open);
    put_decimal(out, ",\"h\":\"", day.high);
    put_decimal(out, ",\"l\":\"", day.low);
    put_statistics(payload, &day, payload->event_time - history_span_seconds(SPAN_24H) * MOMENT_SECOND);
}

static void write_mini_ticker(const struct payload *payload)
{
    struct bytes *out = payload->out;
    struct candle day = day_of(payload);
    put_head(payload, "24hrMiniTicker");
    put_decimal(out, ",\"c\":\"", day.close);
    put_decimal(out, ",\"o\":\"", day.open);
    put_decimal(out, ",\"h\":\"", day.high);
    put_decimal(out, ",\"l\":\"", day.low);
    put_sum(out, ",\"v\":\"", day.volume);
    put_sum(out, ",\"q\":\"", day.quote);
    bytes_text(out, "}");
}

static void write_window_ticker(const struct payload *payload, enum history_span span)
{
    static const char *const events[SPAN_COUNT] = {"1hTicker", "4hTicker", "1dTicker"};
    struct bytes *out = payload->out;
    struct candle window = history_window(payload->instrument->history, span);
    put_head(payload, events[span]);
    put_change(out, &window);
    put_decimal(out, ",\"o\":\"", window.open);
    put_decimal(out, ",\"h\":\"", window.high);
    put_decimal(out, ",\"l\":\"", window.low);
    put_decimal(out, ",\"c\":\"", window.close);
    put_decimal(out, ",\"w\":\"", decimal_ratio(window.quote, window.volume));
    put_statistics(payload, &window, window.start * MOMENT_SECOND);
}

static void write_trade(const struct payload *payload, bool aggregate)
{
    struct bytes *out = payload->out;
    const struct trade *trade = &payload->instrument->last;
    put_head(payload, aggregate ? "aggTrade" : "trade");
    put_int(out, aggregate ? ",\"a\":" : ",\"t\":", trade->id);
    put_decimal(out, ",\"p\":\"", trade->price);
    put_decimal(out, ",\"q\":\"", trade->quantity);
    if (aggregate) {
        put_int(out, ",\"f\":", trade->id);
        put_int(out, ",\"l\":", trade->id);
    }
    put_time(payload, ",\"T\":", trade->time);
    put_bool(out, ",\"m\":", trade->buyer_is_maker);
    bytes_text(out, ",\"M\":true}");
}

static void write_book_ticker(const struct payload *payload)
{
    struct bytes *out = payload->out;
    const struct book_point *book = &payload->instrument->book;
    put_int(out, "{\"u\":", book->update_id);
    bytes_text(out, ",\"s\":");
    bytes_string(out, payload->instrument->symbol);
    put_decimal(out, ",\"b\":\"", book->bid);
    put_decimal(out, ",\"B\":\"", book_best_quantity(book, SIDE_BID));
    put_decimal(out, ",\"a\":\"", book->ask);
    put_decimal(out, ",\"A\":\"", book_best_quantity(book, SIDE_ASK));
    bytes_text(out, "}");
}

static void write_avg_price(const struct payload *payload)
{
    enum { MINUTES = 5 };
    struct decimal_sum quote;
    struct decimal_sum volume = history_recent_volume(payload->instrument->history, MINUTES, &quote);
    put_head(payload, "avgPrice");
    bytes_text(payload->out, ",\"i\":\"5m\"");
    put_decimal(payload->out, ",\"w\":\"", decimal_ratio(quote, volume));
    put_time(payload, ",\"T\":", payload->instrument->last.time);
    bytes_text(payload->out, "}");
}

static void put_levels(struct bytes *out, const char *key, const struct book_level *levels, size_t count)
{
    bytes_text(out, key);
    for (size_t i = 0; i < count; i++) {
        put_decimal(out, i ? ",[\"" : "[\"", levels[i].price);
        put_decimal(out, ",\"", levels[i].quantity);
        bytes_text(out, "]");
    }
    bytes_text(out, "]");
}

static void write_depth(const struct payload *payload, size_t limit)
{
    const struct book_point *book = &payload->instrument->book;
    struct book_level levels[BOOK_LEVELS];
    put_int(payload->out, "{\"lastUpdateId\":", book->update_id);
    put_levels(payload->out, ",\"bids\":[", levels, book_levels(book, SIDE_BID, levels, limit));
    put_levels(payload->out, ",\"asks\":[", levels, book_levels(book, SIDE_ASK, levels, limit));
    bytes_text(payload->out, "}");
}

static void write_depth_update(const struct payload *payload, enum depth_speed speed)
{
    enum { MOST = 2 * BOOK_LEVELS };
    struct bytes *out = payload->out;
    const struct book_point *before = &payload->instrument->published[speed];
    const struct book_point *now = &payload->instrument->book;
    struct book_level levels[MOST];
    put_head(payload, "depthUpdate");
    put_int(out, ",\"U\":", before->update_id + 1);
    put_int(out, ",\"u\":", now->update_id);
    put_levels(out, ",\"b\":[", levels, book_difference(before, now, SIDE_BID, levels, MOST));
    put_levels(out, ",\"a\":[", levels, book_difference(before, now, SIDE_ASK, levels, MOST));
    bytes_text(out, "}");
}

static void write_kline(const struct payload *payload, int interval, enum interval_zone zone)
{
    struct bytes *out = payload->out;
    struct candle kline = history_kline(payload->instrument->history, interval, zone);
    int64_t end = interval_end(interval, zone, kline.start) * MOMENT_SECOND;
    put_head(payload, "kline");
    put_time(payload, ",\"k\":{\"t\":", kline.start * MOMENT_SECOND);
    put_time(payload, ",\"T\":", end - (payload->unit == UNIT_US ? MOMENT_MICRO : MOMENT_MILLI));
    bytes_text(out, ",\"s\":");
    bytes_string(out, payload->instrument->symbol);
    bytes_text(out, ",\"i\":");
    bytes_string(out, interval_name(interval));
    put_int(out, ",\"f\":", kline.first_id);
    put_int(out, ",\"L\":", kline.last_id);
    put_decimal(out, ",\"o\":\"", kline.open);
    put_decimal(out, ",\"c\":\"", kline.close);
    put_decimal(out, ",\"h\":\"", kline.high);
    put_decimal(out, ",\"l\":\"", kline.low);
    put_sum(out, ",\"v\":\"", kline.volume);
    put_int(out, ",\"n\":", candle_trades(&kline));
    put_bool(out, ",\"x\":", end <= payload->event_time);
    put_sum(out, ",\"q\":\"", kline.quote);
    put_sum(out, ",\"V\":\"", kline.taker_volume);
    put_sum(out, ",\"Q\":\"", kline.taker_quote);
    bytes_text(out, ",\"B\":\"0\"}}");
}

void payload_write(struct bytes *out, enum stream_kind kind, const struct instrument *instrument,
                   int64_t event_time, enum time_unit unit)
{
    static const size_t levels[] = {5, 10, 20};
    const struct payload payload = {out, instrument, event_time, unit};
    switch ((int)kind) {
    case STREAM_TICKER: write_ticker(&payload); break;
    case STREAM_MINI_TICKER: write_mini_ticker(&payload); break;
    case STREAM_TICKER_1H:
    case STREAM_TICKER_4H:
    case STREAM_TICKER_1D: write_window_ticker(&payload, (enum history_span)(kind - STREAM_TICKER_1H)); break;
    case STREAM_TRADE: write_trade(&payload, false); break;
    case STREAM_AGG_TRADE: write_trade(&payload, true); break;
    case STREAM_BOOK_TICKER: write_book_ticker(&payload); break;
    case STREAM_AVG_PRICE: write_avg_price(&payload); break;
    case STREAM_DEPTH5:
    case STREAM_DEPTH10:
    case STREAM_DEPTH20: write_depth(&payload, levels[kind - STREAM_DEPTH5]); break;
    case STREAM_DEPTH5_FAST:
    case STREAM_DEPTH10_FAST:
    case STREAM_DEPTH20_FAST: write_depth(&payload, levels[kind - STREAM_DEPTH5_FAST]); break;
    case STREAM_DEPTH: write_depth_update(&payload, DEPTH_SLOW); break;
    case STREAM_DEPTH_FAST: write_depth_update(&payload, DEPTH_FAST); break;
    default:
        write_kline(&payload, (kind - STREAM_KLINE) % INTERVAL_COUNT,
                    (enum interval_zone)((kind - STREAM_KLINE) / INTERVAL_COUNT));
    }
}
