/* What the exchange simulator reads and writes: numbers, times, names, frames, requests.
 *
 * Linked with tests/tools/exchange/[all but main].o, core/alloc.o, core/error.o, -lcjson -lssl
 * -lcrypto -lm. The program as a whole is tested by tests/flow/test_exchange.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/exchange/moment.h"
#include "tests/tools/exchange/session.h"

#define TIME_ZERO 1672515782136000000 /* 2022-12-31 19:43:02.136 UTC */

static const struct limits test_limits = {.streams = 3, .message_bytes = 4096};

/* ---- decimal ---- */

static void assert_decimal(const char *text, int64_t expected)
{
    int64_t value;
    struct error err;
    assert_true(decimal_parse(text, strlen(text), &value, &err));
    assert_int_equal(value, expected);
}

static void test_decimal__reads_fixed_point(void **state)
{
    (void)state;
    assert_decimal("46920.37000000", 4692037000000);
    assert_decimal("7", 700000000);
    assert_decimal("-0.5", -50000000);
    assert_decimal(".00000001", 1);
}

static void test_decimal__rounds_the_ninth_digit(void **state)
{
    (void)state;
    assert_decimal("0.000000014", 1);
    assert_decimal("0.000000015", 2);
    assert_decimal("61685.990000000005", 6168599000000);
}

static void test_decimal__refuses_what_is_no_number(void **state)
{
    (void)state;
    static const char *const bad[] = {"", ".", "-", "1.2.3", "1e5", "12x", " 1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t value;
        struct error err;
        assert_false(decimal_parse(bad[i], strlen(bad[i]), &value, &err));
    }
}

static void assert_written(int64_t value, const char *expected)
{
    char text[DECIMAL_TEXT];
    assert_int_equal(decimal_write(text, value), strlen(expected));
    assert_memory_equal(text, expected, strlen(expected));
}

static void test_decimal__writes_eight_decimals(void **state)
{
    (void)state;
    assert_written(0, "0.00000000");
    assert_written(1, "0.00000001");
    assert_written(4692037000000, "46920.37000000");
    assert_written(-150000000, "-1.50000000");
    assert_written(INT64_MIN, "-92233720368.54775808");
}

static void test_decimal__writes_a_percentage_with_three_decimals(void **state)
{
    (void)state;
    char text[DECIMAL_TEXT];
    size_t length = decimal_write_percent(text, -42626000000, 1222191000000); /* of a real frame */
    assert_int_equal(length, 6);
    assert_memory_equal(text, "-3.488", 6);
}

/* ---- moment ---- */

static void assert_moment(const char *text, int64_t expected)
{
    int64_t time;
    struct error err;
    assert_true(moment_parse(text, strlen(text), &time, &err));
    assert_int_equal(time, expected);
}

static void test_moment__knows_the_unit_by_magnitude(void **state)
{
    (void)state;
    assert_moment("1672515782", 1672515782000000000);
    assert_moment("1672515782.136", TIME_ZERO);
    assert_moment("1672515782136", TIME_ZERO);
    assert_moment("1672515782136000", TIME_ZERO);
    assert_moment("1672515782136000000", TIME_ZERO);
}

static void test_moment__reads_rfc3339(void **state)
{
    (void)state;
    assert_moment("2022-12-31T19:43:02.136Z", TIME_ZERO);
    assert_moment("2022-12-31 19:43:02.136000", TIME_ZERO);
    assert_moment("2023-01-01T03:43:02.136+08:00", TIME_ZERO);
    assert_moment("2022-12-31T14:13:02.136-05:30", TIME_ZERO);
}

static void test_moment__refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "now", "12a", "2022-12-31", "2022-12-31T19:43:02+8", "1.2.3",
                                      "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t time;
        struct error err;
        assert_false(moment_parse(bad[i], strlen(bad[i]), &time, &err));
    }
}

static void test_moment__reads_durations(void **state)
{
    (void)state;
    int64_t duration = -1;
    struct error err;
    assert_true(moment_parse_duration("1.5s", &duration, &err));
    assert_int_equal(duration, 1500000000);
    assert_true(moment_parse_duration("24h", &duration, &err));
    assert_int_equal(duration, 86400000000000);
    assert_true(moment_parse_duration("0", &duration, &err));
    assert_int_equal(duration, 0);
    assert_false(moment_parse_duration("20", &duration, &err));
    assert_false(moment_parse_duration("-1s", &duration, &err));
}

/* ---- stream ---- */

static enum stream_kind kind_of(const char *name)
{
    struct stream stream;
    assert_true(stream_parse(name, &stream));
    assert_false(stream.silent);
    return stream.kind;
}

static void test_stream__knows_every_kind(void **state)
{
    (void)state;
    assert_int_equal(kind_of("btcusdt@ticker"), STREAM_TICKER);
    assert_int_equal(kind_of("btcusdt@ticker_4h"), STREAM_TICKER_4H);
    assert_int_equal(kind_of("btcusdt@depth20@100ms"), STREAM_DEPTH20_FAST);
    assert_int_equal(kind_of("btcusdt@depth"), STREAM_DEPTH);
    assert_int_equal(kind_of("btcusdt@kline_1s"), STREAM_KLINE);
    assert_int_equal(kind_of("btcusdt@kline_1M"), STREAM_KLINE + INTERVAL_1MONTH);
    assert_int_equal(kind_of("btcusdt@kline_1m@+08:00"), STREAM_KLINE + INTERVAL_COUNT + INTERVAL_1M);
    assert_int_equal(kind_of("!miniTicker@arr"), STREAM_MINI_TICKER);
}

static void test_stream__stays_silent_for_what_has_no_data(void **state)
{
    (void)state;
    static const char *const silent[] = {"BTCUSDT@ticker", "btcusdt@blockTrade", "!ticker@arr"};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        struct stream stream;
        assert_true(stream_parse(silent[i], &stream));
        assert_true(stream.silent);
    }
}

static void test_stream__refuses_malformed_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "btcusdt", "btcusdt@", "btcusdt@foo", "btcusdt@kline_7m", "@ticker",
                                      "btcusdt@kline_1m@+09:00", "b\"c@ticker", "!miniTicker", "!@arr"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct stream stream;
        assert_false(stream_parse(bad[i], &stream));
    }
}

/* ---- intervals ---- */

static void test_interval__aligns_to_the_calendar(void **state)
{
    (void)state;
    int64_t second = TIME_ZERO / 1000000000;          /* a Saturday */
    assert_int_equal(interval_start(INTERVAL_1M, ZONE_UTC, second), second - 2);
    assert_int_equal(interval_start(14, ZONE_UTC, second), 1672012800);  /* Monday 2022-12-26 */
    assert_int_equal(interval_start(INTERVAL_1MONTH, ZONE_UTC, second), 1669852800); /* 2022-12-01 */
    assert_int_equal(interval_end(INTERVAL_1MONTH, ZONE_UTC, second), 1672531200);   /* 2023-01-01 */
    assert_int_equal(interval_start(INTERVAL_1MONTH, ZONE_EAST, second), 1672502400); /* there it is 2023 */
    assert_int_equal(interval_start(12, ZONE_EAST, second), 1672502400); /* 2023-01-01 in UTC+8 */
}

/* ---- frame ---- */

static enum frame_status read_frame(char *bytes, size_t length, struct frame_in *in)
{
    size_t used;
    return frame_read(bytes, length, 100, in, &used);
}

static void test_frame__unmasks_a_clients_text(void **state)
{
    (void)state;
    char bytes[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"; /* RFC 6455, 5.7 */
    struct frame_in in;
    assert_int_equal(read_frame(bytes, 11, &in), FRAME_READY);
    assert_true(in.opcode == FRAME_TEXT && in.final && in.length == 5);
    assert_memory_equal(in.payload, "Hello", 5);
}

static void test_frame__waits_for_the_rest(void **state)
{
    (void)state;
    const char whole[] = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    for (size_t length = 0; length < 11; length++) {
        char bytes[16];
        struct frame_in in;
        memcpy(bytes, whole, sizeof whole);
        assert_int_equal(read_frame(bytes, length, &in), FRAME_PARTIAL);
    }
}

static void test_frame__refuses_what_a_client_may_not_send(void **state)
{
    (void)state;
    struct frame_in in;
    assert_int_equal(read_frame((char[]){"\x81\x05Hello"}, 7, &in), FRAME_MALFORMED); /* no mask */
    assert_int_equal(read_frame((char[]){"\xc1\x80mask"}, 6, &in), FRAME_MALFORMED);  /* RSV1 */
    assert_int_equal(read_frame((char[]){"\x83\x80mask"}, 6, &in), FRAME_MALFORMED);  /* opcode 3 */
    assert_int_equal(read_frame((char[]){"\x09\x80mask"}, 6, &in), FRAME_MALFORMED);  /* ping in parts */
    assert_int_equal(read_frame((char[]){"\x81\xfe\x7f\xffmask"}, 8, &in), FRAME_TOO_LARGE);
}

static void test_frame__writes_every_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 125, 126, 65535, 65536}, heads[] = {2, 2, 4, 4, 10};
    char *payload = calloc(1, 65536);
    for (size_t i = 0; i < 5; i++) {
        struct frame *frame = frame_new(FRAME_TEXT, payload, lengths[i]);
        assert_int_equal(frame->length, heads[i] + lengths[i]);
        frame_unref(frame);
    }
    free(payload);
}

static void test_frame__splits_a_message_around_a_ping(void **state)
{
    (void)state;
    struct frame *frame = frame_new_fragmented("abcdefgh", 8);
    assert_int_equal(frame->length, 24);
    assert_memory_equal(frame->bytes, "\x01\x02" "ab" "\x89\x08" "fragment", 14);
    assert_memory_equal(frame->bytes + 14, "\x00\x02" "cd" "\x80\x04" "efgh", 10);
    frame_unref(frame);
}

static void test_outbox__gives_bytes_in_order_across_partial_writes(void **state)
{
    (void)state;
    struct outbox outbox = {0};
    char seen[400] = {0};
    size_t length = 0;
    for (int i = 0; i < 40; i++) {
        char text[16];
        snprintf(text, sizeof text, "%04d", i);
        struct frame *frame = frame_new_raw(text, 4);
        outbox_push(&outbox, frame);
        frame_unref(frame);
        struct iovec pieces[2];
        outbox_gather(&outbox, pieces, 2);
        size_t part = pieces[0].iov_len < 3 ? pieces[0].iov_len : 3;
        memcpy(seen + length, pieces[0].iov_base, part);
        length += part;
        outbox_advance(&outbox, part);
    }
    assert_int_equal(outbox.bytes, 160 - length);
    for (size_t i = 0; i < length; i++) {
        char text[16];
        snprintf(text, sizeof text, "%04zu", i / 4);
        assert_int_equal(seen[i], text[i % 4]);
    }
    outbox_release(&outbox);
}

/* ---- handshake ---- */

#define HEADERS                                                                      \
    " HTTP/1.1\r\nHost: a\r\nupgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n" \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static struct handshake read_handshake(const char *request)
{
    struct handshake handshake;
    assert_int_equal(handshake_read(request, strlen(request), &handshake), strlen(request));
    return handshake;
}

static void test_handshake__reads_raw_streams_of_the_path(void **state)
{
    (void)state;
    struct handshake handshake = read_handshake("GET /ws/btcusdt@trade/ethusdt@ticker" HEADERS);
    assert_int_equal(handshake.status, 101);
    assert_false(handshake.combined);
    assert_string_equal(handshake.streams, "btcusdt@trade/ethusdt@ticker");
    handshake_release(&handshake);
}

static void test_handshake__reads_combined_streams_and_time_unit(void **state)
{
    (void)state;
    struct handshake handshake =
        read_handshake("GET /stream?streams=btcusdt%40trade%2Fethusdt@ticker&timeUnit=microsecond" HEADERS);
    assert_int_equal(handshake.status, 101);
    assert_true(handshake.combined);
    assert_int_equal(handshake.unit, UNIT_US);
    assert_string_equal(handshake.streams, "btcusdt@trade/ethusdt@ticker");
    handshake_release(&handshake);
}

static void test_handshake__refuses_other_requests(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        int status;
    } cases[] = {
        {"GET /api" HEADERS, 404},
        {"GET /wsx" HEADERS, 404},
        {"POST /ws" HEADERS, 400},
        {"GET /ws HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"\r\n\r\n", 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct handshake handshake = read_handshake(cases[i].request);
        assert_int_equal(handshake.status, cases[i].status);
        handshake_release(&handshake);
    }
}

static void test_handshake__proves_that_it_read_the_key(void **state)
{
    (void)state;
    struct bytes out = {0};
    handshake_accept(&out, "dGhlIHNhbXBsZSBub25jZQ=="); /* RFC 6455, 1.3 */
    bytes_put(&out, "", 1);
    assert_non_null(strstr(out.data, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    bytes_release(&out);
}

/* ---- session: requests and answers ---- */

struct client {
    struct hub hub;
    struct limits limits;
    struct session session;
    struct bytes answer;
};

static int open_client(void **state)
{
    struct client *client = calloc(1, sizeof *client);
    hub_init(&client->hub);
    client->limits = test_limits;
    session_init(&client->session, &client->hub, &client->limits);
    *state = client;
    return 0;
}

static int close_client(void **state)
{
    struct client *client = *state;
    session_release(&client->session);
    hub_release(&client->hub);
    bytes_release(&client->answer);
    free(client);
    return 0;
}

static const char *ask(struct client *client, const char *text)
{
    client->answer.length = 0;
    session_handle(&client->session, text, strlen(text), &client->answer);
    bytes_put(&client->answer, "", 1);
    return client->answer.data;
}

static void test_session__lists_what_was_subscribed(void **state)
{
    static const char subscribe[] =
        "{\"method\":\"SUBSCRIBE\",\"params\":[\"a@trade\",\"b@depth\",\"a@trade\"],\"id\":1}";
    static const char unsubscribe[] =
        "{\"method\":\"UNSUBSCRIBE\",\"params\":[\"a@trade\",\"c@trade\"],\"id\":\"x-1\"}";
    assert_string_equal(ask(*state, subscribe), "{\"result\":null,\"id\":1}");
    assert_string_equal(ask(*state, unsubscribe), "{\"result\":null,\"id\":\"x-1\"}");
    assert_string_equal(ask(*state, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":null}"),
                        "{\"result\":[\"b@depth\"],\"id\":null}");
}

static void test_session__keeps_all_digits_of_an_id(void **state)
{
    static const char request[] =
        "{\"a\":{\"id\":5},\"method\":\"LIST_SUBSCRIPTIONS\",\"id\" : -9223372036854775807}";
    assert_string_equal(ask(*state, request), "{\"result\":[],\"id\":-9223372036854775807}");
}

static void test_session__sets_and_gets_combined(void **state)
{
    assert_string_equal(ask(*state, "{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",true],\"id\":5}"),
                        "{\"result\":null,\"id\":5}");
    assert_string_equal(ask(*state, "{\"method\":\"GET_PROPERTY\",\"params\":[\"combined\"],\"id\":2}"),
                        "{\"result\":true,\"id\":2}");
}

static void test_session__answers_the_documented_errors(void **state)
{
    static const char *const cases[][2] = {
        {"{\"method\":\"GET_PROPERTY\",\"params\":[\"foo\"],\"id\":2}",
         "{\"code\":0,\"msg\":\"Unknown property\",\"id\":2}"},
        {"{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",1],\"id\":2}",
         "{\"code\":1,\"msg\":\"Invalid value type: expected Boolean\"}"},
        {"{\"method\":\"SET_PROPERTY\",\"params\":[7],\"id\":2}",
         "{\"code\":2,\"msg\":\"Invalid request: property name must be a string\"}"},
        {"{\"method\":\"LIST_SUBSCRIPTIONS\",\"params\":[1],\"id\":2}",
         "{\"code\":2,\"msg\":\"Invalid request: too many parameters\"}"},
        {"{\"method\":\"LIST_SUBSCRIPTIONS\"}",
         "{\"code\":2,\"msg\":\"Invalid request: request ID must be an unsigned integer\"}"},
        {"{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":1.5}",
         "{\"code\":2,\"msg\":\"Invalid request: request ID must be an unsigned integer\"}"},
        {"{\"method\":\"SUBSCRIBE\",\"params\":[\"nonsense\"],\"id\":2}",
         "{\"code\":2,\"msg\":\"Invalid request: invalid stream\"}"},
        {"{\"method\":,}", "{\"code\":3,\"msg\":\"Invalid JSON: expected value at line 1 column 11\"}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(ask(*state, cases[i][0]), cases[i][1]);
}

static void test_session__wraps_errors_on_demand(void **state)
{
    struct client *client = *state;
    client->limits.error_shape = ERROR_WRAPPED;
    assert_string_equal(ask(client, "{\"method\":\"SUBSCRIBE\",\"params\":[\"nonsense\"],\"id\":2}"),
                        "{\"error\":{\"code\":2,\"msg\":\"Invalid request: invalid stream\"},\"id\":2}");
}

static void test_session__refuses_more_streams_than_the_limit(void **state)
{
    struct client *client = *state;
    ask(client, "{\"method\":\"SUBSCRIBE\",\"params\":[\"a@trade\",\"b@trade\",\"c@trade\"],\"id\":1}");
    assert_string_equal(ask(client, "{\"method\":\"SUBSCRIBE\",\"params\":[\"d@trade\"],\"id\":2}"),
                        "{\"code\":2,\"msg\":\"Invalid request: more than 3 streams\"}");
    assert_string_equal(ask(client, "{\"method\":\"SUBSCRIBE\",\"params\":[\"c@trade\"],\"id\":3}"),
                        "{\"result\":null,\"id\":3}");
    assert_int_equal(client->session.count, 3);
}

#define CLIENT_TEST(test) cmocka_unit_test_setup_teardown(test, open_client, close_client)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimal__reads_fixed_point),
        cmocka_unit_test(test_decimal__rounds_the_ninth_digit),
        cmocka_unit_test(test_decimal__refuses_what_is_no_number),
        cmocka_unit_test(test_decimal__writes_eight_decimals),
        cmocka_unit_test(test_decimal__writes_a_percentage_with_three_decimals),
        cmocka_unit_test(test_moment__knows_the_unit_by_magnitude),
        cmocka_unit_test(test_moment__reads_rfc3339),
        cmocka_unit_test(test_moment__refuses_what_is_no_time),
        cmocka_unit_test(test_moment__reads_durations),
        cmocka_unit_test(test_stream__knows_every_kind),
        cmocka_unit_test(test_stream__stays_silent_for_what_has_no_data),
        cmocka_unit_test(test_stream__refuses_malformed_names),
        cmocka_unit_test(test_interval__aligns_to_the_calendar),
        cmocka_unit_test(test_frame__unmasks_a_clients_text),
        cmocka_unit_test(test_frame__waits_for_the_rest),
        cmocka_unit_test(test_frame__refuses_what_a_client_may_not_send),
        cmocka_unit_test(test_frame__writes_every_length),
        cmocka_unit_test(test_frame__splits_a_message_around_a_ping),
        cmocka_unit_test(test_outbox__gives_bytes_in_order_across_partial_writes),
        cmocka_unit_test(test_handshake__reads_raw_streams_of_the_path),
        cmocka_unit_test(test_handshake__reads_combined_streams_and_time_unit),
        cmocka_unit_test(test_handshake__refuses_other_requests),
        cmocka_unit_test(test_handshake__proves_that_it_read_the_key),
        CLIENT_TEST(test_session__lists_what_was_subscribed),
        CLIENT_TEST(test_session__keeps_all_digits_of_an_id),
        CLIENT_TEST(test_session__sets_and_gets_combined),
        CLIENT_TEST(test_session__answers_the_documented_errors),
        CLIENT_TEST(test_session__wraps_errors_on_demand),
        CLIENT_TEST(test_session__refuses_more_streams_than_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
