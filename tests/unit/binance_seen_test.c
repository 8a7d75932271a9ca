/* Tests of plugins/binance_ws/seen.h: what two connections bring is taken once, in order. */
#include "plugins/binance_ws/seen.c"
#include "plugins/shared/memory.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static bool take(struct seen_symbol *symbol, int64_t a, int64_t b, unsigned seam)
{
    const struct identity identity = { { a, b, 0 } };
    return seen_take(symbol, &identity, seam);
}

static void test_seen__without_a_seam_everything_is_new(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct seen_symbol *symbol = seen_symbol(&seen, NULL);
    assert_true(take(symbol, 5, 0, 0));
    assert_true(take(symbol, 5, 0, 0));
    assert_true(take(symbol, 3, 0, 0));
}

static void test_seen__in_a_seam_what_came_before_is_dropped(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct seen_symbol *symbol = seen_symbol(&seen, NULL);
    for (int64_t id = 1; id <= 10; id++)
        assert_true(take(symbol, id, 0, 0));
    for (int64_t id = 7; id <= 10; id++)
        assert_false(take(symbol, id, 0, 1));
    for (int64_t id = 11; id <= 20; id++)
        assert_true(take(symbol, id, 0, 1));
}

static void test_seen__numbers_are_compared_in_their_order(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct seen_symbol *symbol = seen_symbol(&seen, NULL);
    assert_true(take(symbol, 100, 7, 0));
    assert_false(take(symbol, 99, 9, 1));
    assert_false(take(symbol, 100, 6, 1));
    assert_false(take(symbol, 100, 7, 1));
    assert_true(take(symbol, 100, 8, 1));
    assert_true(take(symbol, 101, 1, 1));
}

static void test_seen__after_the_first_new_event_nothing_is_asked(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct seen_symbol *symbol = seen_symbol(&seen, NULL);
    assert_true(take(symbol, 10, 0, 0));
    assert_true(take(symbol, 11, 0, 1));
    assert_true(take(symbol, 1, 0, 1)); /* ids begin anew */
    assert_true(take(symbol, 2, 0, 1));
}

static void test_seen__every_seam_begins_anew(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct seen_symbol *symbol = seen_symbol(&seen, NULL);
    assert_true(take(symbol, 10, 0, 1));
    assert_true(take(symbol, 11, 0, 1));
    assert_false(take(symbol, 11, 0, 2));
    assert_true(take(symbol, 12, 0, 2));
}

static void test_seen__a_stream_that_has_said_nothing_has_no_duplicates(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    assert_true(take(seen_symbol(&seen, NULL), -1, 0, 1));
}

static void test_seen__symbols_of_a_market_are_apart(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    char name[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "COIN%dUSDT", i);
        assert_true(take(seen_symbol(&seen, name), i, 0, 0));
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "COIN%dUSDT", i);
        assert_false(take(seen_symbol(&seen, name), i, 0, 1));
        assert_true(take(seen_symbol(&seen, name), i + 1, 0, 1));
    }
    assert_int_equal(seen.count, 5000);
    seen_release(&seen);
}

static void test_seen__the_number_of_symbols_is_bounded(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    char name[16];
    for (int i = 0; i < SEEN_MOST + 1000; i++) {
        snprintf(name, sizeof name, "S%d", i);
        assert_true(take(seen_symbol(&seen, name), 1, 0, 1));
    }
    assert_int_equal(seen.count, SEEN_MOST);
    seen_release(&seen);
}

/* Two connections bring the same events, the new one from somewhere before the end of the old one on;
 * whatever the place, all come once and in order. */
static void test_seen__any_seam_gives_the_whole_stream(void **state)
{
    (void)state;
    enum { EVENTS = 40 };
    for (int old_end = 1; old_end < EVENTS; old_end++) {
        for (int new_start = 0; new_start <= old_end; new_start++) {
            struct seen seen = { 0 };
            struct seen_symbol *symbol = seen_symbol(&seen, NULL);
            int taken = 0;
            for (int i = 0; i < old_end; i++)
                taken += take(symbol, i / 3, i, 0);
            for (int i = new_start; i < EVENTS; i++)
                if (take(symbol, i / 3, i, 1))
                    assert_int_equal(i, taken++);
            assert_int_equal(taken, EVENTS);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seen__without_a_seam_everything_is_new),
        cmocka_unit_test(test_seen__in_a_seam_what_came_before_is_dropped),
        cmocka_unit_test(test_seen__numbers_are_compared_in_their_order),
        cmocka_unit_test(test_seen__after_the_first_new_event_nothing_is_asked),
        cmocka_unit_test(test_seen__every_seam_begins_anew),
        cmocka_unit_test(test_seen__a_stream_that_has_said_nothing_has_no_duplicates),
        cmocka_unit_test(test_seen__symbols_of_a_market_are_apart),
        cmocka_unit_test(test_seen__the_number_of_symbols_is_bounded),
        cmocka_unit_test(test_seen__any_seam_gives_the_whole_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
