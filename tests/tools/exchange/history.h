/* history - what one symbol's trades add up to: klines, rolling windows, the price a day ago.
 *
 *     trades ─▶ second ─▶ minute ─▶ the last 1440 minutes, and every longer kline
 *
 * Only the second in progress sees a trade; the rest is touched when a second or a minute ends,
 * so a tick stays cheap. The 24 hours before the first trade are invented (a seeded walk that
 * ends at the first price), because a ticker's open price is the price of yesterday.
 *
 * Seconds are unix seconds and only go forward: a late trade counts in the current second.
 * Own thread.
 */
#pragma once
#include <stdint.h>

#include "tests/tools/exchange/candle.h"
#include "tests/tools/exchange/dice.h"

struct history;

enum history_span {
    SPAN_1H,
    SPAN_4H,
    SPAN_24H,
    SPAN_COUNT,
};

/* Invents the day before `second`; ids of its trades end at what history_last_id then says. */
struct history *history_new(int64_t second, int64_t price, int64_t lot, struct dice *dice);
void history_free(struct history *history); /* NULL is fine */
int64_t history_last_id(const struct history *history);

void history_add(struct history *history, const struct trade *trade);
int64_t history_second(const struct history *history);       /* the one in progress */
void history_close_second(struct history *history);          /* its candle moves into the minute */
void history_advance(struct history *history, int64_t second); /* the closed second is over; go on */

/* The kline that the second in progress belongs to, so far; empty where it had no trade yet. */
struct candle history_kline(const struct history *history, int interval, enum interval_zone zone);

/* The last hour, 4 hours, 24 hours; `start` is on the minute, so up to 59 s more than that. */
struct candle history_window(struct history *history, enum history_span span);
int64_t history_span_seconds(enum history_span span);

int64_t history_price_at(const struct history *history, int64_t second); /* last of it; up to a day ago */
struct decimal_sum history_recent_volume(const struct history *history, int minutes,
                                         struct decimal_sum *quote); /* for avgPrice */
