/* history - see history.h. Rolling windows are added up afresh when first asked for in a
 * minute: 1,440 merges a minute are cheaper to understand than sums that expire. */
#include "tests/tools/exchange/history.h"

#include <assert.h>
#include <stdlib.h>

#include "core/alloc.h"

enum {
    MINUTES = 1440,
    SECONDS = 86400 + 2, /* a day, the second before it, and the one in progress */
    DAY = 86400,
    LONG_FIRST = INTERVAL_3M, /* klines above one minute are kept, shorter ones follow from the parts */
    LONG_COUNT = INTERVAL_COUNT - LONG_FIRST,
    FIRST_TRADE = 1000000000, /* a plausible id */
};

/* 50 % a year, spread over its seconds. */
static const double second_deviation = 8.9e-5;

struct history {
    int64_t now; /* the second in progress */
    int64_t last_id;
    int64_t last_price;
    struct candle second;
    struct candle minute;           /* the complete seconds of the current minute */
    struct candle minutes[MINUTES]; /* by minute modulo */
    struct candle longer[ZONE_COUNT][LONG_COUNT];
    struct candle windows[SPAN_COUNT]; /* of complete minutes; valid for windows_minute */
    int64_t windows_minute;
    int64_t prices[SECONDS]; /* the last price of each second, by second modulo */
};

static const int span_minutes[SPAN_COUNT] = {60, 240, MINUTES};

static void close_minute(struct history *history)
{
    const struct candle *minute = &history->minute;
    history->minutes[minute->start / 60 % MINUTES] = *minute;
    for (int zone = 0; zone < ZONE_COUNT && minute->filled; zone++)
        for (int i = 0; i < LONG_COUNT; i++) {
            struct candle *kline = &history->longer[zone][i];
            int64_t start = interval_start(LONG_FIRST + i, (enum interval_zone)zone, minute->start);
            if (kline->start != start || !kline->filled)
                *kline = (struct candle){.start = start};
            candle_merge(kline, minute);
        }
}

void history_close_second(struct history *history)
{
    candle_merge(&history->minute, &history->second);
    history->second = (struct candle){.start = history->now};
}

void history_advance(struct history *history, int64_t second)
{
    assert(!history->second.filled);
    if (second <= history->now)
        return;
    int64_t from = history->now;
    if (second - from > SECONDS)
        from = second - SECONDS;
    for (; from < second; from++)
        history->prices[from % SECONDS] = history->last_price;
    int64_t minute = history->now / 60;
    history->now = second;
    history->second.start = second;
    if (minute == second / 60)
        return;
    close_minute(history);
    int64_t quiet = second / 60 - minute > MINUTES ? second / 60 - MINUTES : minute + 1;
    for (; quiet < second / 60; quiet++)
        history->minutes[quiet % MINUTES] = (struct candle){.start = quiet * 60};
    history->minute = (struct candle){.start = second / 60 * 60};
}

/* One invented second: some ninety trades between the prices of two seconds. */
static struct candle invent_second(struct history *history, int64_t second, int64_t lot, struct dice *dice)
{
    int64_t open = history->last_price;
    int64_t close = history->prices[second % SECONDS];
    int64_t trades = 40 + (int64_t)dice_below(dice, 100);
    int64_t volume = lot * trades * (int64_t)(100 + dice_below(dice, 400));
    struct candle candle = {
        .start = second,
        .filled = true,
        .open = open, .close = close,
        .high = open > close ? open : close,
        .low = open < close ? open : close,
        .first_id = history->last_id + 1,
        .last_id = history->last_id + trades,
    };
    decimal_add(&candle.volume, volume);
    decimal_add(&candle.quote, decimal_times(close, volume));
    decimal_add(&candle.taker_volume, volume / 2);
    decimal_add(&candle.taker_quote, decimal_times(close, volume / 2));
    history->last_id += trades;
    history->last_price = close;
    return candle;
}

/* The day is walked backwards from the first price, then lived through forwards. */
static void invent_day(struct history *history, int64_t second, int64_t price, int64_t lot,
                       struct dice *dice)
{
    int64_t step = decimal_power_below(price / 1000000);
    double walk = (double)price;
    for (int64_t before = 1; before <= DAY + 1; before++) {
        int64_t rounded = (int64_t)walk / step * step;
        history->prices[(second - before) % SECONDS] = rounded > 0 ? rounded : 1;
        walk *= 1 - second_deviation * dice_normal(dice);
    }
    history->now = second - DAY;
    history->minute.start = history->now / 60 * 60;
    history->last_price = history->prices[(history->now - 1) % SECONDS];
    while (history->now < second) {
        history->second = invent_second(history, history->now, lot, dice);
        history_close_second(history);
        history_advance(history, history->now + 1);
    }
}

struct history *history_new(int64_t second, int64_t price, int64_t lot, struct dice *dice)
{
    struct history *history = alloc_zero(sizeof *history);
    history->last_id = FIRST_TRADE + (int64_t)dice_below(dice, FIRST_TRADE);
    invent_day(history, second, price, lot, dice);
    return history;
}

void history_free(struct history *history)
{
    free(history);
}

int64_t history_last_id(const struct history *history)
{
    return history->last_id;
}

void history_add(struct history *history, const struct trade *trade)
{
    candle_add(&history->second, trade);
    history->last_id = trade->id;
    history->last_price = trade->price;
}

int64_t history_second(const struct history *history)
{
    return history->now;
}

struct candle history_kline(const struct history *history, int interval, enum interval_zone zone)
{
    struct candle kline = {.start = interval_start(interval, zone, history->now)};
    if (interval >= LONG_FIRST && history->longer[zone][interval - LONG_FIRST].start == kline.start)
        candle_merge(&kline, &history->longer[zone][interval - LONG_FIRST]);
    if (interval > INTERVAL_1S)
        candle_merge(&kline, &history->minute);
    candle_merge(&kline, &history->second);
    return kline;
}

static void add_up_windows(struct history *history)
{
    int64_t minute = history->now / 60;
    for (int span = 0; span < SPAN_COUNT; span++) {
        int64_t from = minute - span_minutes[span];
        history->windows[span] = (struct candle){.start = from * 60};
        for (; from < minute; from++)
            candle_merge(&history->windows[span], &history->minutes[from % MINUTES]);
    }
    history->windows_minute = minute;
}

struct candle history_window(struct history *history, enum history_span span)
{
    if (history->windows_minute != history->now / 60)
        add_up_windows(history);
    struct candle window = history->windows[span];
    candle_merge(&window, &history->minute);
    candle_merge(&window, &history->second);
    return window;
}

int64_t history_span_seconds(enum history_span span)
{
    return span_minutes[span] * 60;
}

int64_t history_price_at(const struct history *history, int64_t second)
{
    return second >= history->now ? history->last_price : history->prices[second % SECONDS];
}

struct decimal_sum history_recent_volume(const struct history *history, int minutes,
                                         struct decimal_sum *quote)
{
    struct candle recent = {0};
    for (int64_t minute = history->now / 60 - minutes; minute < history->now / 60; minute++)
        candle_merge(&recent, &history->minutes[minute % MINUTES]);
    candle_merge(&recent, &history->minute);
    candle_merge(&recent, &history->second);
    *quote = recent.quote;
    return recent.volume;
}
