/* The exchange simulator's market: candles, the book, sources and their pace.
 *
 * Linked like exchange_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/tools/exchange/moment.h"
#include "tests/tools/exchange/pace.h"

#define TIME_ZERO 1672515782136000000 /* 2022-12-31 19:43:02.136 UTC */

static struct instrument *trading(int trades)
{
    struct instrument *instrument = instrument_new("BTCUSDT", 7, TIME_ZERO, (int64_t)68000 * DECIMAL_ONE);
    for (int i = 0; i < trades; i++)
        instrument_trade(instrument, TIME_ZERO + i * 1000000, (int64_t)68000 * DECIMAL_ONE + i * 1000000);
    return instrument;
}

static void test_history__invents_a_day_that_ends_at_the_first_price(void **state)
{
    (void)state;
    struct instrument *instrument = trading(1);
    struct candle day = history_window(instrument->history, SPAN_24H);
    int64_t open = history_price_at(instrument->history, TIME_ZERO / 1000000000 - 86400);
    assert_int_equal(day.close, (int64_t)68000 * DECIMAL_ONE);
    assert_true(day.low <= open && open <= day.high);
    assert_true(day.low > 0 && day.high < 2 * day.low);
    assert_int_equal(candle_trades(&day), day.last_id - day.first_id + 1);
    instrument_free(instrument);
}

static void test_history__kline_holds_the_trades_of_its_interval(void **state)
{
    (void)state;
    struct instrument *instrument = trading(5);
    struct candle kline = history_kline(instrument->history, INTERVAL_1S, ZONE_UTC);
    assert_int_equal(kline.start, TIME_ZERO / 1000000000);
    assert_int_equal(candle_trades(&kline), 5);
    assert_int_equal(kline.open, (int64_t)68000 * DECIMAL_ONE);
    assert_int_equal(kline.close, (int64_t)68000 * DECIMAL_ONE + 4000000);
    instrument_free(instrument);
}

static void test_history__forgets_after_a_long_silence(void **state)
{
    (void)state;
    struct instrument *instrument = trading(5);
    history_close_second(instrument->history);
    history_advance(instrument->history, TIME_ZERO / 1000000000 + 3 * 86400);
    struct candle day = history_window(instrument->history, SPAN_24H);
    assert_false(day.filled);
    assert_int_equal(history_price_at(instrument->history, TIME_ZERO / 1000000000 + 2 * 86400),
                     (int64_t)68000 * DECIMAL_ONE + 4000000);
    instrument_free(instrument);
}

static size_t apply(struct book_level *book, size_t count, const struct book_level *change)
{
    size_t at = 0;
    while (at < count && book[at].price != change->price)
        at++;
    if (at == count)
        count++;
    book[at] = *change;
    if (change->quantity == 0)
        book[at] = book[--count];
    return count;
}

static void test_book__differences_lead_to_the_snapshot(void **state)
{
    (void)state;
    struct instrument *instrument = trading(0);
    struct book_point before = instrument->book;
    struct book_level book[4 * BOOK_LEVELS], changes[2 * BOOK_LEVELS], snapshot[BOOK_LEVELS];
    size_t count = 0;
    for (int i = 0; i < 50; i++) {
        instrument_trade(instrument, TIME_ZERO, (int64_t)68000 * DECIMAL_ONE + i * i % 37 * 1000000);
        size_t changed = book_difference(&before, &instrument->book, SIDE_ASK, changes, 2 * BOOK_LEVELS);
        for (size_t j = 0; j < changed; j++)
            count = apply(book, count, &changes[j]);
        before = instrument->book;
        size_t levels = book_levels(&instrument->book, SIDE_ASK, snapshot, BOOK_LEVELS);
        assert_int_equal(count, levels);
        for (size_t j = 0; j < levels; j++)
            assert_int_equal(apply(book, count, &snapshot[j]), count);
    }
    instrument_free(instrument);
}

/* ---- pace and sources ---- */

static struct source *test_walk(uint64_t seed)
{
    struct source_symbol symbols[] = {{(char[]){"BTCUSDT"}, (int64_t)68000 * DECIMAL_ONE},
                                      {(char[]){"ETHUSDT"}, (int64_t)2000 * DECIMAL_ONE}};
    return walk_new(symbols, 2, 10, seed, TIME_ZERO);
}

static void test_walk__is_the_same_for_the_same_seed(void **state)
{
    (void)state;
    struct source *one = test_walk(3), *two = test_walk(3), *other = test_walk(4);
    bool differs = false;
    for (int i = 0; i < 1000; i++) {
        struct tick a, b, c;
        struct error err;
        source_next(one, &a, &err);
        source_next(two, &b, &err);
        source_next(other, &c, &err);
        assert_int_equal(a.price, b.price);
        assert_int_equal(a.time, TIME_ZERO + i * (int64_t)50000000);
        assert_string_equal(a.symbol, i % 2 ? "ETHUSDT" : "BTCUSDT");
        differs |= a.price != c.price;
    }
    assert_true(differs);
    source_free(one);
    source_free(two);
    source_free(other);
}

static struct source *test_replay(const char *text)
{
    char path[64];
    struct error err;
    int fd = memfd_create("recording", 0);
    assert_int_equal(pwrite(fd, text, strlen(text), 0), strlen(text));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct source *source = replay_new(path, "XRPUSDT", &err);
    close(fd);
    assert_non_null(source);
    return source;
}

static void test_replay__reads_two_and_three_columns(void **state)
{
    (void)state;
    struct source *source = test_replay("time,symbol,price\r\n"
                                        "1672515782,btcusdt,16500.5\r\n\r\n1672515783136,0.5\n");
    struct tick tick;
    struct error err;
    assert_int_equal(source_next(source, &tick, &err), SOURCE_TICK);
    assert_string_equal(tick.symbol, "BTCUSDT");
    assert_int_equal(tick.price, 1650050000000);
    assert_int_equal(source_next(source, &tick, &err), SOURCE_TICK);
    assert_string_equal(tick.symbol, "XRPUSDT");
    assert_int_equal(tick.time, 1672515783136000000);
    assert_int_equal(source_next(source, &tick, &err), SOURCE_END);
    source_free(source);
}

static void test_replay__names_the_line_that_is_broken(void **state)
{
    (void)state;
    struct source *source = test_replay("1672515782,btcusdt,16500.5\n1672515783,btcusdt,-1\n");
    struct tick tick;
    struct error err;
    assert_int_equal(source_next(source, &tick, &err), SOURCE_TICK);
    assert_int_equal(source_next(source, &tick, &err), SOURCE_BROKEN);
    assert_non_null(strstr(err.text, ":2: price -1 is not above 0"));
    source_free(source);
}

static void test_pace__gives_out_ticks_when_they_are_due(void **state)
{
    (void)state;
    struct pace pace = {.source = test_walk(1), .speed = 2, .limit = 3};
    struct tick tick;
    assert_int_equal(pace_due(&pace), MOMENT_NEVER);
    pace_start(&pace);
    assert_true(pace_next(&pace, pace.started, &tick));
    assert_int_equal(pace_due(&pace), pace.started + 25000000);
    assert_false(pace_next(&pace, pace.started + 24999999, &tick));
    assert_true(pace_next(&pace, pace.started + 25000000, &tick));
    assert_int_equal(tick.time, TIME_ZERO + 50000000);
    assert_true(pace_next(&pace, MOMENT_NEVER - 1, &tick));
    assert_false(pace_next(&pace, MOMENT_NEVER - 1, &tick));
    assert_int_equal(pace.state, PACE_ENDED);
    source_free(pace.source);
}

static void test_pace__a_pause_delays_and_loses_nothing(void **state)
{
    (void)state;
    struct pace pace = {.source = test_walk(1), .speed = 0};
    struct tick tick;
    pace_start(&pace);
    pace_pause(&pace);
    assert_false(pace_next(&pace, MOMENT_NEVER - 1, &tick));
    pace_resume(&pace);
    assert_true(pace_next(&pace, MOMENT_NEVER - 1, &tick));
    assert_int_equal(tick.time, TIME_ZERO);
    source_free(pace.source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history__invents_a_day_that_ends_at_the_first_price),
        cmocka_unit_test(test_history__kline_holds_the_trades_of_its_interval),
        cmocka_unit_test(test_history__forgets_after_a_long_silence),
        cmocka_unit_test(test_book__differences_lead_to_the_snapshot),
        cmocka_unit_test(test_walk__is_the_same_for_the_same_seed),
        cmocka_unit_test(test_replay__reads_two_and_three_columns),
        cmocka_unit_test(test_replay__names_the_line_that_is_broken),
        cmocka_unit_test(test_pace__gives_out_ticks_when_they_are_due),
        cmocka_unit_test(test_pace__a_pause_delays_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
