/* Tests of plugins/binance_ws/event.h: payloads, recorded and documented, to metrics. */
#include "plugins/binance_ws/decimal.c"
#include "plugins/binance_ws/event.c"
#include "plugins/binance_ws/event_depth.c"
#include "plugins/binance_ws/event_fields.c"
#include "plugins/binance_ws/stream.c"
#include "tests/unit/c_locale.h"

#include "core/batch.h"
#include "core/number.h"
#include "tests/unit/binance_frames.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const int64_t RECEIPT = 42;

/* ---- Metrics as text: "name,tag=value field=1.5 other=3i @time" ---- */

static void add_field_text(struct vane_text *out, const struct vane_field *field)
{
    char number[NUMBER_MAX];
    vane_text_addf(out, " %s=", field->key);
    if (field->type == VANE_FLOAT)
        vane_text_add(out, number, number_write_float(number, field->f));
    else if (field->type == VANE_INT)
        vane_text_addf(out, "%" PRId64 "i", field->i);
    else
        vane_text_addf(out, "%s", field->b ? "true" : "false");
}

static void add_metric_text(struct vane_text *out, const struct vane_metric *metric)
{
    vane_text_addf(out, "%s", metric->series->name);
    for (uint32_t i = 0; i < metric->series->tag_count; i++)
        vane_text_addf(out, ",%s=%s", metric->series->tags[i].key, metric->series->tags[i].value);
    for (uint32_t i = 0; i < metric->field_count; i++)
        add_field_text(out, &metric->fields[i]);
    vane_text_addf(out, " @%" PRId64, metric->time);
}

/* What a message or a payload of a stream becomes; "! reason" where it is another shape. */
static char *read_as(const char *stream, const char *text)
{
    struct stream_type type;
    struct event event;
    char why[96];
    struct vane_text out = { 0 };
    cJSON *json = cJSON_Parse(text);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data");
    assert_true(stream_parse(stream, &type));
    if (event_read(&type, data ? data : json, c_locale, &event, why)) {
        struct batch *batch = batch_new();
        event_add(&event, &type, "NAMED", RECEIPT, &batch->view);
        add_metric_text(&out, batch->view.metrics[0]);
        batch_unref(batch);
    } else {
        vane_text_addf(&out, "! %s", why);
    }
    cJSON_Delete(json);
    return out.data;
}

static void assert_reads(const char *stream, const char *text, const char *expected)
{
    char *got = read_as(stream, text);
    assert_string_equal(got, expected);
    free(got);
}

/* ---- Recorded ---- */

static void test_event__a_ticker_of_2020(void **state)
{
    (void)state;
    assert_reads("ticker", frame_ticker_2020,
                 "ticker,symbol=BTCUSDT price_change=420.97 price_change_percent=4.72 "
                 "weighted_average=9058.27981278 previous_close=8917.98 last=9338.96 last_quantity=0.172463 "
                 "bid=9338.03 bid_quantity=0.182346 ask=9339.7 ask_quantity=0.140976 open=8917.99 "
                 "high=9373.19 low=8862.4 volume=72229.53692 quote_volume=654275356.1689668 "
                 "open_time=1580168409456000000i close_time=1580254809456000000i first_trade_id=235294268i "
                 "last_trade_id=235894703i trades=600436i @1580254809477000000");
}

static void test_event__a_ticker_that_falls(void **state)
{
    (void)state;
    assert_reads("ticker", frame_ticker_falling,
                 "ticker,symbol=BTCUSDT price_change=-426.26 price_change_percent=-3.488 "
                 "weighted_average=11950.49683954 previous_close=12221.91 last=11795.65 "
                 "last_quantity=0.046404 bid=11795.64 bid_quantity=0.021548 ask=11795.65 "
                 "ask_quantity=4.518568 open=12221.91 high=12296.69 low=11612.71 volume=86474.639032 "
                 "quote_volume=1033414900.4522406 open_time=1597744857214000000i "
                 "close_time=1597831257214000000i first_trade_id=387929537i last_trade_id=389285124i "
                 "trades=1355588i @1597831257285000000");
}

static void test_event__ids_beyond_32_bits(void **state)
{
    (void)state;
    char *got = read_as("ticker", payload_ticker_2026);
    assert_non_null(strstr(got, " first_trade_id=6046790866i last_trade_id=6054521811i trades=7730946i "));
    assert_non_null(strstr(got, " quote_volume=1742778450.1679578 "));
    free(got);
}

static void test_event__fields_that_are_not_there_are_left_out(void **state)
{
    (void)state;
    char *got = read_as("ticker", payload_ticker_futures);
    assert_non_null(strstr(got, "ticker,symbol=BTCUSDT_220624 price_change=196.5 "));
    assert_null(strstr(got, "bid"));
    assert_null(strstr(got, "ask"));
    free(got);
}

static void test_event__a_kline_of_a_second(void **state)
{
    (void)state;
    assert_reads("kline_1s", frame_kline,
                 "kline,interval=1s,symbol=BTCUSDT open_time=1733561823000000000i "
                 "close_time=1733561823999000000i first_trade_id=4222889129i last_trade_id=4222889132i "
                 "open=99512.02 close=99512.02 high=99512.02 low=99512.01 volume=0.00701 trades=4i "
                 "closed=true quote_volume=697.5792557 taker_buy_volume=0.00656 "
                 "taker_buy_quote_volume=652.7988512 @1733561824006000000");
}

/* ---- Documented ---- */

static void test_event__trades_have_times_of_their_own(void **state)
{
    (void)state;
    assert_reads("trade", payload_trade,
                 "trade,symbol=BNBBTC event_time=1672515782136000000i trade_id=12345i price=0.001 "
                 "quantity=100 buyer_is_maker=true @1672515782136012345");
    assert_reads("aggTrade", payload_agg_trade,
                 "agg_trade,symbol=BNBBTC event_time=1672515782136000000i aggregate_id=12345i price=0.001 "
                 "quantity=100 first_trade_id=100i last_trade_id=105i buyer_is_maker=true "
                 "@1672515782136012345");
    assert_reads("blockTrade", payload_block_trade,
                 "block_trade,symbol=BNBBTC event_time=1772506983582000000i trade_id=582i price=0.052 "
                 "quantity=5838 buyer_is_maker=true @1772506983321000582");
}

static void test_event__microseconds_are_known_by_their_size(void **state)
{
    (void)state;
    assert_reads("trade",
                 "{\"e\":\"trade\",\"E\":1672515782136999,\"s\":\"BNBBTC\",\"t\":987654321,\"p\":\"0.001\","
                 "\"q\":\"100\",\"T\":1672515782136123,\"m\":false,\"M\":true}",
                 "trade,symbol=BNBBTC event_time=1672515782136999000i trade_id=987654321i price=0.001 "
                 "quantity=100 buyer_is_maker=false @1672515782136123321");
}

static void test_event__klines_name_their_timezone(void **state)
{
    (void)state;
    char *got = read_as("kline_1m@+08:00", payload_kline);
    assert_memory_equal(got, "kline,interval=1m,symbol=BNBBTC,timezone=+08:00 ", 48);
    free(got);
}

static void test_event__small_tickers(void **state)
{
    (void)state;
    assert_reads("miniTicker", payload_mini_ticker,
                 "mini_ticker,symbol=BNBBTC last=0.0025 open=0.001 high=0.0025 low=0.001 volume=10000 "
                 "quote_volume=18 @1672515782136000000");
    char *got = read_as("ticker_1h", payload_window_ticker);
    assert_memory_equal(got, "window_ticker,symbol=BNBBTC,window=1h price_change=0.0015 ", 57);
    free(got);
}

static void test_event__prices_without_a_time_get_that_of_their_receipt(void **state)
{
    (void)state;
    assert_reads("bookTicker", payload_book_ticker,
                 "book_ticker,symbol=BNBUSDT update_id=400900217i bid=25.3519 bid_quantity=31.21 ask=25.3652 "
                 "ask_quantity=40.66 @42");
}

static void test_event__average_and_reference_prices(void **state)
{
    (void)state;
    assert_reads("avgPrice", payload_avg_price,
                 "avg_price,interval=5m,symbol=BTCUSDT price=25776.86 last_trade_time=1693907032213000000i "
                 "@1693907033000000000");
    assert_reads("referencePrice", payload_reference_price,
                 "reference_price,symbol=BAZUSD price=1 @1770313263917000000");
}

static void test_event__a_reference_price_of_null_says_nothing(void **state)
{
    (void)state;
    assert_reads("referencePrice",
                 "{\"e\":\"referencePrice\",\"s\":\"BAZUSD\",\"r\":null,\"t\":1770313263917}",
                 "reference_price,symbol=BAZUSD @1770313263917000000");
}

static void test_event__the_best_levels_of_a_book(void **state)
{
    (void)state;
    assert_reads("depth5", payload_depth,
                 "depth,levels=5,symbol=NAMED update_id=160i bid_1_price=0.0024 bid_1_quantity=10 "
                 "ask_1_price=0.0026 ask_1_quantity=100 @42");
}

static void test_event__twenty_levels_are_the_most(void **state)
{
    (void)state;
    struct vane_text text = { 0 };
    vane_text_addf(&text, "{\"lastUpdateId\":1,\"asks\":[],\"bids\":[[\"0\",\"0\"]");
    for (int i = 1; i < 1000; i++)
        vane_text_addf(&text, ",[\"%d\",\"1\"]", i);
    vane_text_addf(&text, "]}");
    char *got = read_as("depth20", text.data);
    assert_non_null(strstr(got, " bid_20_price=19 "));
    assert_null(strstr(got, " bid_21_price="));
    free(got);
    vane_text_release(&text);
}

static void test_event__changes_of_a_book(void **state)
{
    (void)state;
    assert_reads("depth", payload_depth_update,
                 "depth_update,symbol=BNBBTC first_update_id=157i last_update_id=160i bids_changed=1i "
                 "bids_removed=0i asks_changed=1i asks_removed=0i highest_bid_changed=0.0024 "
                 "highest_bid_changed_quantity=10 lowest_ask_changed=0.0026 lowest_ask_changed_quantity=100 "
                 "@1672515782136000000");
    assert_reads("depth@100ms",
                 "{\"e\":\"depthUpdate\",\"E\":1672515782136,\"s\":\"BNBBTC\",\"U\":1,\"u\":9,\"b\":[[\"7\","
                 "\"0.00000000\"],[\"5\",\"1\"],[\"6\",\"2\"],[\"4\",\"3\"]],\"a\":[[\"9\",\"0\"]]}",
                 "depth_update,symbol=BNBBTC first_update_id=1i last_update_id=9i bids_changed=3i "
                 "bids_removed=1i asks_changed=0i asks_removed=1i highest_bid_changed=6 "
                 "highest_bid_changed_quantity=2 @1672515782136000000");
}

/* ---- Identities ---- */

static struct identity identity_of(const char *stream, const char *text)
{
    struct stream_type type;
    struct event event;
    char why[96];
    cJSON *json = cJSON_Parse(text);
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(json, "data");
    assert_true(stream_parse(stream, &type));
    assert_true(event_read(&type, data ? data : json, c_locale, &event, why));
    cJSON_Delete(json);
    return event.identity;
}

static void assert_identity(const char *stream, const char *text, int64_t a, int64_t b, int64_t c)
{
    struct identity identity = identity_of(stream, text);
    assert_int_equal(identity.number[0], a);
    assert_int_equal(identity.number[1], b);
    assert_int_equal(identity.number[2], c);
}

static void test_event__has_an_identity(void **state)
{
    (void)state;
    assert_identity("ticker", frame_ticker_2020, 1580254809477, 235894703, 0);
    assert_identity("miniTicker", payload_mini_ticker, 1672515782136, 0, 0);
    assert_identity("ticker_1d", payload_window_ticker, 1672515782136, 18150, 0);
    assert_identity("trade", payload_trade, 12345, 0, 0);
    assert_identity("aggTrade", payload_agg_trade, 12345, 0, 0);
    assert_identity("blockTrade", payload_block_trade, 582, 0, 0);
    assert_identity("kline_1s", frame_kline, 1733561824006, 1733561823000, 4222889132);
    assert_identity("bookTicker", payload_book_ticker, 400900217, 0, 0);
    assert_identity("avgPrice", payload_avg_price, 1693907033000, 1693907032213, 0);
    assert_identity("referencePrice", payload_reference_price, 1770313263917, 0, 0);
    assert_identity("depth20", payload_depth, 160, 0, 0);
    assert_identity("depth", payload_depth_update, 160, 0, 0);
}

/* ---- Other shapes ---- */

static void test_event__other_shapes_are_refused(void **state)
{
    (void)state;
    static const struct { const char *stream, *text, *why; } cases[] = {
        { "ticker", "[1,2,3]", "! an event is not an object" },
        { "ticker", "null", "! an event is not an object" },
        { "ticker", "{}", "! the event is \"\", not \"24hrTicker\"" },
        { "ticker", "{\"e\":\"trade\"}", "! the event is \"trade\", not \"24hrTicker\"" },
        { "ticker", "{\"e\":\"24hrTicker\"}", "! it names no symbol" },
        { "ticker", "{\"e\":\"24hrTicker\",\"s\":7}", "! it names no symbol" },
        { "ticker", "{\"e\":\"24hrTicker\",\"s\":\"\"}", "! it names no symbol" },
        { "ticker", "{\"e\":\"24hrTicker\",\"s\":\"X\"}", "! \"E\" is missing" },
        { "ticker", "{\"e\":\"24hrTicker\",\"s\":\"X\",\"E\":\"soon\"}", "! \"E\" is not a time" },
        { "ticker", "{\"e\":\"24hrTicker\",\"s\":\"X\",\"E\":1e20}", "! \"E\" is not a time" },
        { "ticker", "{\"e\":\"24hrTicker\",\"s\":\"X\",\"E\":-5}", "! \"E\" is not a time" },
        { "ticker", "{\"e\":\"24hrTicker\",\"s\":\"X\",\"E\":1.5}", "! \"E\" is not a time" },
        { "ticker", "{\"e\":\"24hrTicker\",\"s\":\"X\",\"E\":1,\"L\":1,\"c\":1.5}",
          "! \"c\" is not a decimal" },
        { "ticker", "{\"e\":\"24hrTicker\",\"s\":\"X\",\"E\":1,\"L\":\"1\"}", "! \"L\" is not an integer" },
        { "ticker", "{\"e\":\"24hrTicker\",\"s\":\"X\",\"E\":1,\"L\":1e300}", "! \"L\" is not an integer" },
        { "trade", "{\"e\":\"trade\",\"s\":\"X\",\"m\":\"yes\"}", "! \"m\" is not true or false" },
        { "kline_1m", "{\"e\":\"kline\",\"s\":\"X\",\"E\":1,\"k\":[]}", "! \"t\" is missing" },
        { "bookTicker", "{\"s\":\"X\",\"u\":1}", "! \"b\" is missing" },
        { "depth5", "{\"lastUpdateId\":1,\"bids\":[]}", "! \"asks\" is not a list of levels" },
        { "depth5", "{\"lastUpdateId\":1,\"bids\":[[\"1\"]],\"asks\":[]}",
          "! a level is not a price and a quantity" },
        { "depth", "{\"e\":\"depthUpdate\",\"s\":\"X\",\"b\":[],\"a\":[],\"U\":1}",
          "! \"u\" is not an integer" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_reads(cases[i].stream, cases[i].text, cases[i].why);
}

static void test_event__of_a_key_that_stands_twice_the_first_counts(void **state)
{
    (void)state;
    assert_reads("referencePrice",
                 "{\"e\":\"referencePrice\",\"s\":\"X\",\"r\":\"1\",\"t\":1,\"r\":\"2\",\"t\":2}",
                 "reference_price,symbol=X price=1 @1000000");
}

static void test_event__new_letters_are_passed_over(void **state)
{
    (void)state;
    assert_reads("referencePrice",
                 "{\"e\":\"referencePrice\",\"s\":\"X\",\"r\":\"1\",\"t\":1,\"z\":{\"deep\":[]},\"zz\":5,"
                 "\"é\":1,\"\":2}",
                 "reference_price,symbol=X price=1 @1000000");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_event__a_ticker_of_2020),
        cmocka_unit_test(test_event__a_ticker_that_falls),
        cmocka_unit_test(test_event__ids_beyond_32_bits),
        cmocka_unit_test(test_event__fields_that_are_not_there_are_left_out),
        cmocka_unit_test(test_event__a_kline_of_a_second),
        cmocka_unit_test(test_event__trades_have_times_of_their_own),
        cmocka_unit_test(test_event__microseconds_are_known_by_their_size),
        cmocka_unit_test(test_event__klines_name_their_timezone),
        cmocka_unit_test(test_event__small_tickers),
        cmocka_unit_test(test_event__prices_without_a_time_get_that_of_their_receipt),
        cmocka_unit_test(test_event__average_and_reference_prices),
        cmocka_unit_test(test_event__a_reference_price_of_null_says_nothing),
        cmocka_unit_test(test_event__the_best_levels_of_a_book),
        cmocka_unit_test(test_event__twenty_levels_are_the_most),
        cmocka_unit_test(test_event__changes_of_a_book),
        cmocka_unit_test(test_event__has_an_identity),
        cmocka_unit_test(test_event__other_shapes_are_refused),
        cmocka_unit_test(test_event__of_a_key_that_stands_twice_the_first_counts),
        cmocka_unit_test(test_event__new_letters_are_passed_over),
    };
    return cmocka_run_group_tests(tests, make_locale, free_locale);
}
