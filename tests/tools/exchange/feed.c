/* feed - see feed.h. */
#include "tests/tools/exchange/feed.h"

#include "tests/tools/exchange/moment.h"

enum {
    TENTH = MOMENT_SECOND / 10,
};

struct edition {
    enum stream_kind kind;
    const struct instrument *instrument;
    int64_t event_time;
};

static void write_edition(struct bytes *out, enum time_unit unit, const void *context)
{
    const struct edition *edition = context;
    payload_write(out, edition->kind, edition->instrument, edition->event_time, unit);
}

static void publish(struct feed *feed, const struct listing *listing, enum stream_kind kind, int64_t time)
{
    struct topic *topic = listing->topics[kind];
    if (!hub_wanted(feed->hub, topic))
        return;
    const struct edition edition = {kind, listing->instrument, time};
    hub_publish(feed->hub, topic, write_edition, &edition);
}

/* ---- Tenths: the fast depth streams ---- */

static void publish_depths(struct feed *feed, struct listing *listing, enum depth_speed speed, int64_t time)
{
    static const enum stream_kind first[DEPTH_SPEEDS] = {STREAM_DEPTH5, STREAM_DEPTH5_FAST};
    enum { KINDS = STREAM_DEPTH - STREAM_DEPTH5 + 1 };
    for (unsigned i = 0; i < KINDS; i++)
        publish(feed, listing, (enum stream_kind)(first[speed] + i), time);
    instrument_publish_book(listing->instrument, speed);
}

static void close_tenth(struct feed *feed)
{
    int64_t time = (feed->tenth + 1) * TENTH;
    for (struct listing *listing = feed->hub->first; listing; listing = listing->next)
        if (listing->instrument && listing->instrument->traded[DEPTH_FAST])
            publish_depths(feed, listing, DEPTH_FAST, time);
}

/* ---- Seconds: everything slower ---- */

static bool is_active(const struct listing *listing)
{
    return listing->instrument && listing->instrument->traded[DEPTH_SLOW];
}

struct array {
    enum stream_kind kind;
    const struct hub *hub;
    int64_t event_time;
};

static void write_array(struct bytes *out, enum time_unit unit, const void *context)
{
    const struct array *array = context;
    const char *before = "[";
    for (const struct listing *listing = array->hub->first; listing; listing = listing->next) {
        if (!is_active(listing))
            continue;
        bytes_text(out, before);
        payload_write(out, array->kind, listing->instrument, array->event_time, unit);
        before = ",";
    }
    bytes_text(out, "]");
}

static bool any_active(const struct hub *hub)
{
    const struct listing *listing = hub->first;
    while (listing && !is_active(listing))
        listing = listing->next;
    return listing;
}

static void publish_arrays(struct feed *feed, int64_t time)
{
    if (!any_active(feed->hub))
        return;
    for (int kind = 0; kind < STREAM_KINDS; kind++) {
        const struct array array = {(enum stream_kind)kind, feed->hub, time};
        if (hub_wanted(feed->hub, feed->hub->arrays[kind]))
            hub_publish(feed->hub, feed->hub->arrays[kind], write_array, &array);
    }
}

/* Klines that end in (after, until], each at its end; these have seen no trade since. */
static void publish_ended_klines(struct feed *feed, struct listing *listing, int64_t after, int64_t until)
{
    for (int kind = STREAM_KLINE; kind < STREAM_KINDS; kind++) {
        if (!hub_wanted(feed->hub, listing->topics[kind]))
            continue;
        int interval = (kind - STREAM_KLINE) % INTERVAL_COUNT;
        enum interval_zone zone = (enum interval_zone)((kind - STREAM_KLINE) / INTERVAL_COUNT);
        struct candle kline = history_kline(listing->instrument->history, interval, zone);
        int64_t end = interval_end(interval, zone, kline.start);
        if (kline.filled && end > after && end <= until)
            publish(feed, listing, (enum stream_kind)kind, end * MOMENT_SECOND);
    }
}

static void publish_klines(struct feed *feed, struct listing *listing, int64_t second)
{
    for (int kind = STREAM_KLINE; kind < STREAM_KINDS; kind++) {
        int interval = (kind - STREAM_KLINE) % INTERVAL_COUNT;
        enum interval_zone zone = (enum interval_zone)((kind - STREAM_KLINE) / INTERVAL_COUNT);
        bool ended = hub_wanted(feed->hub, listing->topics[kind]) &&
                     interval_end(interval, zone, second - 1) == second;
        if (ended || second % 2 == 0)
            publish(feed, listing, (enum stream_kind)kind, second * MOMENT_SECOND);
    }
}

static void publish_second(struct feed *feed, struct listing *listing, int64_t second)
{
    static const enum stream_kind kinds[] = {
        STREAM_MINI_TICKER, STREAM_TICKER_1H, STREAM_TICKER_4H, STREAM_TICKER_1D, STREAM_AVG_PRICE,
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        publish(feed, listing, kinds[i], second * MOMENT_SECOND);
    publish_klines(feed, listing, second);
}

/* The second in progress is over, the next tick is in second `until`. */
static void close_second(struct feed *feed, int64_t until)
{
    int64_t end = feed->tenth / 10 + 1;
    publish_arrays(feed, end * MOMENT_SECOND);
    for (struct listing *listing = feed->hub->first; listing; listing = listing->next) {
        if (!listing->instrument)
            continue;
        bool active = is_active(listing);
        if (active) {
            publish_second(feed, listing, end);
            publish_depths(feed, listing, DEPTH_SLOW, end * MOMENT_SECOND);
        }
        history_close_second(listing->instrument->history);
        publish_ended_klines(feed, listing, active ? end : end - 1, until);
        history_advance(listing->instrument->history, until);
    }
}

static void pass_time(struct feed *feed, int64_t tenth)
{
    if (feed->tenth) {
        close_tenth(feed);
        if (tenth / 10 > feed->tenth / 10)
            close_second(feed, tenth / 10);
    }
    feed->tenth = tenth;
}

/* ---- Ticks ---- */

static void write_ledger(struct feed *feed, const struct instrument *instrument)
{
    struct bytes *line = &feed->hub->scratch;
    char price[DECIMAL_TEXT];
    line->length = 0;
    bytes_text(line, instrument->symbol);
    bytes_text(line, ",");
    payload_time(line, instrument->last.time, feed->ledger_unit);
    bytes_text(line, ",");
    bytes_put(line, price, decimal_write(price, instrument->last.price));
    bytes_text(line, ",");
    bytes_int(line, instrument->last.id);
    bytes_text(line, "\n");
    fwrite(line->data, 1, line->length, feed->ledger);
}

void feed_tick(struct feed *feed, const struct tick *tick)
{
    static const enum stream_kind kinds[] = {
        STREAM_TICKER, STREAM_TRADE, STREAM_AGG_TRADE, STREAM_BOOK_TICKER,
    };
    if (tick->time / TENTH > feed->tenth)
        pass_time(feed, tick->time / TENTH);
    struct listing *listing = hub_listing(feed->hub, tick->symbol);
    if (!listing->instrument) {
        int64_t now = feed->tenth * TENTH;
        listing->instrument = instrument_new(listing->symbol, feed->seed, now, tick->price);
    }
    instrument_trade(listing->instrument, tick->time, tick->price);
    feed->ticks++;
    if (feed->ledger)
        write_ledger(feed, listing->instrument);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        publish(feed, listing, kinds[i], tick->time);
}
