/* candle - see candle.h. */
#include "tests/tools/exchange/candle.h"

#include <time.h>

enum {
    MINUTE = 60,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
    MONDAY = 4 * DAY, /* 1970-01-05, where weeks are counted from */
};

static const struct {
    const char *name;
    int seconds; /* 0: a calendar month */
} intervals[INTERVAL_COUNT] = {
    {"1s", 1},          {"1m", MINUTE},     {"3m", 3 * MINUTE}, {"5m", 5 * MINUTE},
    {"15m", 15 * MINUTE}, {"30m", 30 * MINUTE}, {"1h", HOUR},       {"2h", 2 * HOUR},
    {"4h", 4 * HOUR},   {"6h", 6 * HOUR},   {"8h", 8 * HOUR},   {"12h", 12 * HOUR},
    {"1d", DAY},        {"3d", 3 * DAY},    {"1w", 7 * DAY},    {"1M", 0},
};

void candle_add(struct candle *candle, const struct trade *trade)
{
    int64_t quote = decimal_times(trade->price, trade->quantity);
    struct candle one = {
        .filled = true,
        .open = trade->price, .high = trade->price, .low = trade->price, .close = trade->price,
        .first_id = trade->id, .last_id = trade->id,
    };
    decimal_add(&one.volume, trade->quantity);
    decimal_add(&one.quote, quote);
    if (!trade->buyer_is_maker) {
        decimal_add(&one.taker_volume, trade->quantity);
        decimal_add(&one.taker_quote, quote);
    }
    candle_merge(candle, &one);
}

void candle_merge(struct candle *candle, const struct candle *later)
{
    if (!later->filled)
        return;
    if (!candle->filled) {
        int64_t start = candle->start;
        *candle = *later;
        candle->start = start;
        return;
    }
    if (candle->high < later->high)
        candle->high = later->high;
    if (candle->low > later->low)
        candle->low = later->low;
    candle->close = later->close;
    candle->last_id = later->last_id;
    decimal_add_sum(&candle->volume, later->volume);
    decimal_add_sum(&candle->quote, later->quote);
    decimal_add_sum(&candle->taker_volume, later->taker_volume);
    decimal_add_sum(&candle->taker_quote, later->taker_quote);
}

int64_t candle_trades(const struct candle *candle)
{
    return candle->filled ? candle->last_id - candle->first_id + 1 : 0;
}

const char *interval_name(int interval)
{
    return intervals[interval].name;
}

static int64_t month_start(int64_t second, int later)
{
    time_t time = (time_t)second;
    struct tm tm;
    gmtime_r(&time, &tm);
    struct tm first = {.tm_year = tm.tm_year, .tm_mon = tm.tm_mon + later, .tm_mday = 1};
    return (int64_t)timegm(&first);
}

int64_t interval_start(int interval, enum interval_zone zone, int64_t second)
{
    int64_t shift = zone == ZONE_EAST ? 8 * HOUR : 0;
    int64_t length = intervals[interval].seconds;
    if (length == 0)
        return month_start(second + shift, 0) - shift;
    if (length == 7 * DAY)
        shift -= MONDAY;
    int64_t local = second + shift;
    return local - (local % length + length) % length - shift;
}

int64_t interval_end(int interval, enum interval_zone zone, int64_t second)
{
    int64_t shift = zone == ZONE_EAST ? 8 * HOUR : 0;
    if (intervals[interval].seconds == 0)
        return month_start(second + shift, 1) - shift;
    return interval_start(interval, zone, second) + intervals[interval].seconds;
}
