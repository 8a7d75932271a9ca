/* Tests of what an instance asks for: plugins/binance_ws/stream.h, plan.h, requests.h. */
#include "plugins/binance_ws/plan.c"
#include "plugins/binance_ws/requests.c"
#include "plugins/binance_ws/seen.c"
#include "plugins/binance_ws/stream.c"
#include "plugins/shared/memory.c"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* ---- stream ---- */

static void assert_stream(const char *name, enum stream_kind kind, const char *detail)
{
    struct stream_type type;
    if (!stream_parse(name, &type))
        fail_msg("%s is not known", name);
    assert_int_equal(type.kind, kind);
    assert_string_equal(type.detail ? type.detail : "", detail);
    assert_int_equal(type.whole_market, *name == '!');
}

static void test_stream__knows_the_documented_names(void **state)
{
    (void)state;
    assert_stream("ticker", STREAM_TICKER, "");
    assert_stream("miniTicker", STREAM_MINI_TICKER, "");
    assert_stream("ticker_4h", STREAM_WINDOW_TICKER, "4h");
    assert_stream("trade", STREAM_TRADE, "");
    assert_stream("aggTrade", STREAM_AGG_TRADE, "");
    assert_stream("blockTrade", STREAM_BLOCK_TRADE, "");
    assert_stream("bookTicker", STREAM_BOOK_TICKER, "");
    assert_stream("avgPrice", STREAM_AVG_PRICE, "");
    assert_stream("referencePrice", STREAM_REFERENCE_PRICE, "");
    assert_stream("kline_1s", STREAM_KLINE, "1s");
    assert_stream("kline_1m", STREAM_KLINE, "1m");
    assert_stream("kline_1M", STREAM_KLINE, "1M");
    assert_stream("kline_3d@+08:00", STREAM_KLINE, "3d");
    assert_stream("depth", STREAM_DEPTH_UPDATE, "");
    assert_stream("depth@100ms", STREAM_DEPTH_UPDATE, "");
    assert_stream("depth5", STREAM_DEPTH, "5");
    assert_stream("depth10@100ms", STREAM_DEPTH, "10");
    assert_stream("depth20", STREAM_DEPTH, "20");
    assert_stream("!miniTicker@arr", STREAM_MINI_TICKER, "");
    assert_stream("!ticker_1d@arr", STREAM_WINDOW_TICKER, "1d");
}

static void test_stream__knows_no_other_names(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",         "Ticker",      "tickers",       "ticker_2h",      "ticker_",      "ticker@100ms",
        "kline",    "kline_",      "kline_1S",      "kline_1m@",      "kline_1m@+07:00", "kline_1m@+08:00x",
        "depth15",  "depth5@",     "depth5@250ms",  "depth@100msx",   "btcusdt@ticker",  "!ticker@arr",
        "!trade@arr", "!miniTicker", "!miniTicker@", "miniTicker@arr", "!@arr",           "!",
        "!bookTicker", "!ticker_1h@arr@arr", "!a_name_that_is_longer_than_any_of_them@arr",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct stream_type type;
        if (stream_parse(names[i], &type))
            fail_msg("%s is known", names[i]);
    }
}

static void test_stream__only_klines_have_a_timezone(void **state)
{
    (void)state;
    struct stream_type type;
    assert_true(stream_parse("kline_1d@+08:00", &type));
    assert_string_equal(type.timezone, "+08:00");
    assert_true(stream_parse("depth5@100ms", &type));
    assert_null(type.timezone);
}

/* ---- plan ---- */

static struct plan make_plan(const char *const *symbols, size_t symbol_count, const char *const *streams,
                             size_t stream_count)
{
    struct plan plan;
    plan_init(&plan, &(struct vane_strings){ symbols, symbol_count },
              &(struct vane_strings){ streams, stream_count });
    return plan;
}

static void test_plan__has_every_stream_of_every_symbol_once(void **state)
{
    (void)state;
    static const char *const symbols[] = { "btcusdt", "ETHUSDT", "BtcUsdt" };
    static const char *const streams[] = { "ticker", "!miniTicker@arr", "kline_1M", "ticker" };
    static const char *const expected[] = { "btcusdt@ticker", "btcusdt@kline_1M", "ethusdt@ticker",
                                            "ethusdt@kline_1M", "!miniTicker@arr" };
    struct plan plan = make_plan(symbols, 3, streams, 4);
    assert_int_equal(plan.count, 5);
    for (size_t i = 0; i < plan.count; i++)
        assert_string_equal(plan.streams[i].name, expected[i]);
    assert_string_equal(plan.streams[2].symbol, "ETHUSDT");
    assert_null(plan.streams[4].symbol);
    plan_release(&plan);
}

static void test_plan__finds_streams_by_name(void **state)
{
    (void)state;
    static const char *const symbols[] = { "btcusdt", "ethusdt", "币安人生usdt" };
    static const char *const streams[] = { "ticker", "trade" };
    struct plan plan = make_plan(symbols, 3, streams, 2);
    for (size_t i = 0; i < plan.count; i++)
        assert_ptr_equal(plan_find(&plan, plan.streams[i].name), &plan.streams[i]);
    assert_null(plan_find(&plan, "btcusdt@depth"));
    assert_null(plan_find(&plan, ""));
    plan_release(&plan);
}

static void test_plan__refuses_what_cannot_be_a_symbol(void **state)
{
    (void)state;
    static const char *const bad[] = { "",   "btc usdt", "btc/usdt", "btcusdt@ticker",
                                       "!x", "a\"b",     "a\\b",     "a\nb" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(plan_symbol_valid(bad[i]));
    assert_true(plan_symbol_valid("btcusdt"));
    assert_true(plan_symbol_valid("币安人生usdt"));
}

/* ---- requests ---- */

static struct plan make_large_plan(size_t count)
{
    char (*names)[16] = memory_zero(count * sizeof *names);
    const char **symbols = memory_zero(count * sizeof *symbols);
    static const char *const streams[] = { "ticker" };
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "coin%zuusdt", i);
        symbols[i] = names[i];
    }
    struct plan plan = make_plan(symbols, count, streams, 1);
    free(symbols);
    free(names);
    return plan;
}

/* How many streams the message asks for, which are those from `first` on. */
static size_t check_message(const char *message, size_t length, const struct plan *plan, size_t first, int id)
{
    cJSON *json = cJSON_ParseWithLength(message, length);
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(json, "params");
    size_t count = 0;
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(json, "method")->valuestring, "SUBSCRIBE");
    assert_int_equal(cJSON_GetObjectItemCaseSensitive(json, "id")->valueint, id);
    for (const cJSON *item = params->child; item; item = item->next)
        assert_string_equal(item->valuestring, plan->streams[first + count++].name);
    cJSON_Delete(json);
    return count;
}

static void test_requests__ask_for_all_in_small_messages(void **state)
{
    (void)state;
    struct plan plan = make_large_plan(1024);
    struct requests requests;
    char message[REQUESTS_LARGEST];
    size_t asked = 0, length;
    int id = 0;
    requests_init(&requests, plan.streams, plan.count);
    for (int64_t now = 0; (length = requests_write(&requests, now, message)) > 0; now += DISTANCE) {
        assert_true(length <= REQUESTS_LARGEST);
        asked += check_message(message, length, &plan, asked, ++id);
    }
    assert_int_equal(asked, 1024);
    assert_true(id > 5 && id < 10);
    assert_true(requests_sent(&requests));
    plan_release(&plan);
}

static void test_requests__keep_their_distance(void **state)
{
    (void)state;
    struct plan plan = make_large_plan(1000);
    struct requests requests;
    char message[REQUESTS_LARGEST];
    size_t sent = 0;
    requests_init(&requests, plan.streams, plan.count);
    for (int64_t now = 5; now < 5 + INT64_C(1000000000); now += 1000000)
        sent += requests_write(&requests, now, message) > 0;
    assert_int_equal(sent, 3);
    plan_release(&plan);
}

static void test_requests__are_done_when_all_are_answered(void **state)
{
    (void)state;
    struct plan plan = make_large_plan(300);
    struct requests requests;
    char message[REQUESTS_LARGEST];
    size_t first, end, before = 0;
    int64_t now = 0;
    requests_init(&requests, plan.streams, plan.count);
    assert_false(requests_answer(&requests, 1, &first, &end));
    for (; !requests_sent(&requests); now += DISTANCE)
        assert_true(requests_write(&requests, now, message) > 0);
    for (int64_t id = 1; !requests_done(&requests); id++, before = end) {
        assert_true(requests_answer(&requests, id % 2 ? id : 0, &first, &end));
        assert_int_equal(first, before);
        assert_true(end > first);
    }
    assert_int_equal(end, 300);
    assert_false(requests_answer(&requests, 0, &first, &end));
    plan_release(&plan);
}

static void test_requests__the_longest_names_fit(void **state)
{
    (void)state;
    enum { COUNT = 1024 };
    char names[COUNT][65];
    const char *symbols[COUNT];
    static const char *const streams[] = { "kline_12h@+08:00" };
    for (size_t i = 0; i < COUNT; i++) {
        memset(names[i], 'a', 64);
        snprintf(names[i] + 60, 5, "%04zu", i);
        symbols[i] = names[i];
    }
    struct plan plan = make_plan(symbols, COUNT, streams, 1);
    struct requests requests;
    char message[REQUESTS_LARGEST];
    requests_init(&requests, plan.streams, plan.count);
    for (int64_t now = 0; !requests_sent(&requests); now += DISTANCE)
        assert_true(requests_write(&requests, now, message) > 0);
    plan_release(&plan);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream__knows_the_documented_names),
        cmocka_unit_test(test_stream__knows_no_other_names),
        cmocka_unit_test(test_stream__only_klines_have_a_timezone),
        cmocka_unit_test(test_plan__has_every_stream_of_every_symbol_once),
        cmocka_unit_test(test_plan__finds_streams_by_name),
        cmocka_unit_test(test_plan__refuses_what_cannot_be_a_symbol),
        cmocka_unit_test(test_requests__ask_for_all_in_small_messages),
        cmocka_unit_test(test_requests__keep_their_distance),
        cmocka_unit_test(test_requests__are_done_when_all_are_answered),
        cmocka_unit_test(test_requests__the_longest_names_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
