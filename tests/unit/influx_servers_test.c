/* Tests of plugins/influx_out/servers.h. */
#include "plugins/influx_out/servers.c"
#include "plugins/shared/memory.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

enum { NOW = 1000 };
static const int64_t LATER = NOW + 31000000000; /* a server that failed is asked again */

static int set_up(void **state)
{
    static const char *const urls[] = { "http://a:1", "https://user:pa@ss@b:2/x//", "unix:///run/i.sock" };
    static struct servers servers;
    servers = (struct servers){ 0 };
    servers_init(&servers, &(struct vane_strings){ urls, 3 });
    *state = &servers;
    return 0;
}

static int tear_down(void **state)
{
    servers_release(*state);
    return 0;
}

static void test_servers__urls_are_taken_apart(void **state)
{
    const struct servers *servers = *state;
    assert_string_equal(servers->items[1].base, "https://user:pa@ss@b:2/x");
    assert_string_equal(servers->items[1].shown, "https://b:2/x");
    assert_false(servers->items[1].local);
    assert_string_equal(servers->items[2].base, "http://localhost");
    assert_string_equal(servers->items[2].unix_socket, "/run/i.sock");
    assert_string_equal(servers->items[2].shown, "unix:///run/i.sock");
    assert_true(servers->items[2].local);
}

static void test_servers__local_ones_are_known(void **state)
{
    (void)state;
    static const struct { const char *url; bool local; } rows[] = {
        { "http://localhost:1", true },        { "http://localhost", true },  { "http://127.0.0.2:8", true },
        { "http://u:p@localhost/x", true },    { "https://[::1]:7/", true },  { "http://10.127.0.1", false },
        { "http://localhost.example", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct servers servers = { 0 };
        servers_init(&servers, &(struct vane_strings){ &rows[i].url, 1 });
        assert_int_equal(servers.items[0].local, rows[i].local);
        servers_release(&servers);
    }
}

static void test_servers__bad_urls_are_refused(void **state)
{
    (void)state;
    static const char *const good[] = { "http://a", "https://a:1/b", "unix:///a" };
    static const char *const bad[] = { "", "a:8086", "http://", "http:///x", "unix://a", "udp://a", "ftp://a",
                                       "http://a/?x", "http://a b", "http://a#b" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_null(server_check(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_non_null(server_check(bad[i]));
}

static void test_servers__the_first_that_is_well_is_picked(void **state)
{
    struct servers *servers = *state;
    assert_ptr_equal(servers_pick(servers, 0, NOW), &servers->items[0]);
    server_failed(&servers->items[0], 0, NOW);
    assert_ptr_equal(servers_pick(servers, 0, NOW), &servers->items[1]);
    assert_ptr_equal(servers_pick(servers, 0, LATER), &servers->items[0]);
    server_succeeded(&servers->items[0]);
    assert_ptr_equal(servers_pick(servers, 0, NOW), &servers->items[0]);
}

static void test_servers__all_that_failed_are_tried_in_order(void **state)
{
    struct servers *servers = *state;
    uint64_t tried = 0;
    for (size_t i = 0; i < 3; i++)
        server_failed(&servers->items[i], 0, NOW);
    for (size_t i = 0; i < 3; i++) {
        struct server *server = servers_pick(servers, tried, NOW + 1);
        assert_ptr_equal(server, &servers->items[i]);
        tried |= servers_bit(servers, server);
    }
    assert_null(servers_pick(servers, tried, NOW + 1));
    assert_int_equal(servers_pause(servers, NOW + 1), 0);
}

static void test_servers__a_pause_is_never_broken(void **state)
{
    struct servers *servers = *state;
    const int64_t minute = 60000000000;
    for (int64_t i = 0; i < 3; i++)
        server_failed(&servers->items[i], minute * (3 - i), NOW);
    assert_null(servers_pick(servers, 0, NOW + minute - 1));
    assert_int_equal(servers_pause(servers, NOW), minute);
    assert_ptr_equal(servers_pick(servers, 0, NOW + minute), &servers->items[2]);
}

static void test_servers__a_pause_has_a_limit(void **state)
{
    struct servers *servers = *state;
    for (size_t i = 0; i < 3; i++)
        server_failed(&servers->items[i], INT64_MAX / 2, NOW);
    assert_int_equal(servers_pause(servers, NOW), INT64_C(600000000000));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_servers__urls_are_taken_apart, set_up, tear_down),
        cmocka_unit_test(test_servers__local_ones_are_known),
        cmocka_unit_test(test_servers__bad_urls_are_refused),
        cmocka_unit_test_setup_teardown(test_servers__the_first_that_is_well_is_picked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_servers__all_that_failed_are_tried_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_servers__a_pause_is_never_broken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_servers__a_pause_has_a_limit, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
