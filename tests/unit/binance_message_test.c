/* Tests of the small pure parts of plugins/binance_ws: message.h, endpoint.h, backoff.h. */
#include "plugins/binance_ws/backoff.c"
#include "plugins/binance_ws/endpoint.c"
#include "plugins/binance_ws/message.c"

#include "tests/unit/binance_frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* ---- message ---- */

static struct message read_text(const char *text)
{
    struct message message;
    message_read(text, strlen(text), &message);
    return message;
}

static void assert_kind(const char *text, enum message_kind kind)
{
    struct message message = read_text(text);
    if (message.kind != kind)
        fail_msg("%s is %d, not %d", text, (int)message.kind, (int)kind);
    message_release(&message);
}

static void test_message__events_name_their_stream(void **state)
{
    (void)state;
    struct message message = read_text(frame_kline);
    assert_int_equal(message.kind, MESSAGE_EVENT);
    assert_string_equal(message.stream, "btcusdt@kline_1s");
    assert_true(cJSON_IsObject(message.payload));
    message_release(&message);
    assert_kind("{\"stream\":\"!miniTicker@arr\",\"data\":[]}", MESSAGE_EVENT);
    assert_kind(" {\"stream\":\"x\",\"data\":{}} \r\n", MESSAGE_EVENT);
}

static void test_message__answers_say_what_went_wrong(void **state)
{
    (void)state;
    static const struct { const char *text; int64_t id; const char *failure; } answers[] = {
        { "{\"result\":null,\"id\":7}", 7, NULL },
        { "{\"result\":[],\"id\":null}", 0, NULL },
        { "{\"result\":null,\"id\":\"abc\"}", 0, NULL },
        { "{\"result\":null,\"id\":1e300}", 0, NULL },
        { "{\"code\":2,\"msg\":\"Invalid request: invalid stream\"}", 0, "Invalid request: invalid stream" },
        { "{\"code\":0,\"msg\":\"Unknown property\",\"id\":3}", 3, "Unknown property" },
        { "{\"error\":{\"code\":2,\"msg\":\"no\"},\"id\":2}", 2, "no" },
        { "{\"error\":{\"code\":2},\"id\":2}", 2, "no reason is given" },
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct message message = read_text(answers[i].text);
        assert_int_equal(message.kind, MESSAGE_ANSWER);
        assert_int_equal(message.id, answers[i].id);
        if (answers[i].failure)
            assert_string_equal(message.failure, answers[i].failure);
        else
            assert_null(message.failure);
        message_release(&message);
    }
}

static void test_message__a_shutdown_is_announced_in_two_shapes(void **state)
{
    (void)state;
    assert_kind("{\"e\":\"serverShutdown\",\"E\":1770123456789}", MESSAGE_SHUTDOWN);
    assert_kind("{\"stream\":\"!serverShutdown\",\"data\":{\"e\":\"serverShutdown\",\"E\":1770123456789}}",
                MESSAGE_SHUTDOWN);
}

static void test_message__tells_garbage_from_other_shapes(void **state)
{
    (void)state;
    static const char *const garbage[] = { "",      "}{",       "hello", "{\"a\":1}x", "{\"a\":1} {}",
                                           "{\"a\"", "\xc3\x28", "[1,]",  "nan" };
    static const char *const other[] = { "{}", "[]", "null", "42", "\"text\"", "{\"stream\":7,\"data\":null}",
                                         "{\"stream\":\"x\"}", "{\"e\":\"24hrTicker\"}", "{\"code\":\"2\"}",
                                         "{\"error\":\"no\"}", "[{\"stream\":\"x\",\"data\":{}}]" };
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        assert_kind(garbage[i], MESSAGE_GARBAGE);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_kind(other[i], MESSAGE_OTHER);
}

static void test_message__ends_with_its_length(void **state)
{
    (void)state;
    struct message message;
    message_read("{\"result\":null}garbage behind it", 15, &message);
    assert_int_equal(message.kind, MESSAGE_ANSWER);
    message_release(&message);
    message_read("{\"result\":null}\0", 16, &message);
    assert_int_equal(message.kind, MESSAGE_GARBAGE);
    message_release(&message);
}

static void test_message__deep_nesting_is_garbage(void **state)
{
    (void)state;
    char text[100001];
    memset(text, '[', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_kind(text, MESSAGE_GARBAGE);
}

/* ---- endpoint ---- */

static void assert_endpoint(const char *url, bool tls, const char *host, int port, const char *path)
{
    struct endpoint endpoint;
    const char *why;
    if (!endpoint_parse(url, &endpoint, &why))
        fail_msg("%s: %s", url, why);
    assert_int_equal(endpoint.tls, tls);
    assert_string_equal(endpoint.host, host);
    assert_int_equal(endpoint.port, port);
    assert_string_equal(endpoint.path, path);
}

static void test_endpoint__reads_addresses_of_exchanges(void **state)
{
    (void)state;
    assert_endpoint("wss://stream.binance.com:9443", true, "stream.binance.com", 9443, "/stream");
    assert_endpoint("wss://stream.binance.com", true, "stream.binance.com", 443, "/stream");
    assert_endpoint("ws://127.0.0.1:8080/", false, "127.0.0.1", 8080, "/stream");
    assert_endpoint("ws://host/stream", false, "host", 80, "/stream");
    assert_endpoint("ws://host/ws/", false, "host", 80, "/stream");
    assert_endpoint("ws://host/gate/way", false, "host", 80, "/gate/way/stream");
    assert_endpoint("ws://[::1]:99/ws", false, "::1", 99, "/stream");
    assert_endpoint("ws://[::1]", false, "::1", 80, "/stream");
}

static void test_endpoint__refuses_other_texts(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "",           "host",       "http://host", "wss://",        "wss://:9443",  "wss://host:",
        "wss://host:0", "wss://host:65536", "wss://host:x", "wss://host:1x", "wss://u:p@host", "ws://[::1",
        "ws://[::1]x", "wss://host/stream?streams=btcusdt@ticker", "wss:///stream", "ws://host:123456",
    };
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct endpoint endpoint;
        const char *why = NULL;
        if (endpoint_parse(urls[i], &endpoint, &why))
            fail_msg("%s is read as %s %d", urls[i], endpoint.host, endpoint.port);
        assert_non_null(why);
    }
}

static void test_endpoint__reads_proxies(void **state)
{
    (void)state;
    struct endpoint proxy;
    const char *why;
    assert_true(endpoint_parse_proxy("http://user:p@ss@proxy.local:3128/", &proxy, &why));
    assert_string_equal(proxy.login, "user:p@ss");
    assert_string_equal(proxy.host, "proxy.local");
    assert_int_equal(proxy.port, 3128);
    assert_true(endpoint_parse_proxy("http://10.0.0.1", &proxy, &why));
    assert_int_equal(proxy.port, 8080);
    assert_false(endpoint_parse_proxy("socks5://10.0.0.1:1080", &proxy, &why));
    assert_false(endpoint_parse_proxy("http://10.0.0.1/path", &proxy, &why));
}

/* ---- backoff ---- */

static void test_backoff__limits_double_up_to_a_minute(void **state)
{
    (void)state;
    static const int64_t limits[] = { 1, 1, 2, 4, 8, 16, 32, 60, 60, 60 };
    for (unsigned failures = 0; failures < 10; failures++) {
        uint64_t limit = (uint64_t)(limits[failures] * SECOND);
        assert_int_equal(backoff_wait(failures, limit - 1), limit - 1);
        assert_int_equal(backoff_wait(failures, limit), 0);
    }
    assert_int_equal(backoff_wait(4000000000, 0), 0);
}

static void test_backoff__where_it_is_refused_it_waits_minutes(void **state)
{
    (void)state;
    uint64_t chance = 1;
    for (unsigned failures = 1; failures < 50; failures++) {
        int64_t wait = backoff_wait_refused(failures, backoff_chance(&chance));
        assert_in_range(wait, 60 * SECOND, 600 * SECOND);
    }
    assert_in_range(backoff_wait_refused(1, backoff_chance(&chance)), 60 * SECOND, 120 * SECOND);
}

static void test_backoff__chances_are_spread_evenly(void **state)
{
    (void)state;
    enum { DRAWS = 100000, BINS = 10 };
    int bins[BINS] = { 0 };
    uint64_t chance = 12345;
    for (int i = 0; i < DRAWS; i++)
        bins[backoff_wait(1, backoff_chance(&chance)) / (SECOND / BINS)]++;
    for (int i = 0; i < BINS; i++)
        assert_in_range(bins[i], DRAWS / BINS * 95 / 100, DRAWS / BINS * 105 / 100);
}

static void test_backoff__no_five_minutes_see_more_than_290_attempts(void **state)
{
    (void)state;
    enum { ATTEMPTS = 2000 };
    struct backoff_budget budget = { 0 };
    int64_t times[ATTEMPTS], now = 1000 * SECOND;
    for (int i = 0; i < ATTEMPTS; i++) { /* as fast as it is allowed */
        now = times[i] = backoff_ready(&budget, now);
        backoff_spend(&budget, now);
    }
    for (int i = 290; i < ATTEMPTS; i++)
        assert_true(times[i] - times[i - 290] >= 300 * SECOND);
    assert_int_equal(times[39], times[0]); /* a burst at the start */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message__events_name_their_stream),
        cmocka_unit_test(test_message__answers_say_what_went_wrong),
        cmocka_unit_test(test_message__a_shutdown_is_announced_in_two_shapes),
        cmocka_unit_test(test_message__tells_garbage_from_other_shapes),
        cmocka_unit_test(test_message__ends_with_its_length),
        cmocka_unit_test(test_message__deep_nesting_is_garbage),
        cmocka_unit_test(test_endpoint__reads_addresses_of_exchanges),
        cmocka_unit_test(test_endpoint__refuses_other_texts),
        cmocka_unit_test(test_endpoint__reads_proxies),
        cmocka_unit_test(test_backoff__limits_double_up_to_a_minute),
        cmocka_unit_test(test_backoff__where_it_is_refused_it_waits_minutes),
        cmocka_unit_test(test_backoff__chances_are_spread_evenly),
        cmocka_unit_test(test_backoff__no_five_minutes_see_more_than_290_attempts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
