/* Where windows lie: multiples since 1970, and days and weeks by the wall clock of a place. */
#include "plugins/window/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const int64_t SECOND = 1000000000, HOUR = INT64_C(3600000000000), DAY = INT64_C(86400000000000);

static struct calendar make(int64_t every, int64_t period, int64_t offset, const char *timezone)
{
    struct calendar calendar;
    char reason[200] = "";
    if (!calendar_init(&calendar, every, period, offset, timezone, reason, sizeof reason))
        fail_msg("%s", reason);
    return calendar;
}

static void test_calendar__aligns_to_the_epoch(void **state)
{
    (void)state;
    struct calendar calendar = make(10 * SECOND, 10 * SECOND, 3 * SECOND, NULL);
    assert_int_equal(calendar_start(&calendar, calendar_pane(&calendar, 23 * SECOND)), 23 * SECOND);
    assert_int_equal(calendar_start(&calendar, calendar_pane(&calendar, 23 * SECOND - 1)), 13 * SECOND);
    assert_int_equal(calendar_start(&calendar, calendar_pane(&calendar, -1)), -7 * SECOND);
}

static void test_calendar__knows_the_windows_of_a_pane(void **state)
{
    (void)state;
    struct calendar calendar = make(4 * SECOND, 10 * SECOND, 0, NULL); /* panes of 2 s */
    for (int64_t pane = -20; pane < 20; pane++) {
        int64_t first = calendar_first_window(&calendar, pane), last = calendar_last_window(&calendar, pane);
        for (int64_t k = first - 2; k <= last + 2; k++) {
            bool inside = calendar_window_start(&calendar, k) <= calendar_start(&calendar, pane)
                       && calendar_start(&calendar, pane + 1) <= calendar_window_end(&calendar, k);
            assert_true(inside == (k >= first && k <= last));
        }
    }
}

/* 2026-03-29 has 23 hours in Berlin, 2026-10-25 has 25; also years that only the rule reaches. */
static void test_calendar__days_follow_the_wall_clock(void **state)
{
    (void)state;
    struct calendar calendar = make(DAY, DAY, 0, "Europe/Berlin");
    const struct { int64_t noon, start, length; } days[] = {
        { 1774778400, 1774738800, 23 }, { 1792922400, 1792879200, 25 }, { 1767265200, 1767222000, 24 },
        { 4130935200, 4130892000, 24 }, /* 2100-11-26, winter time: begins at 23:00 UTC */
    };
    for (size_t i = 0; i < 3; i++) {
        int64_t pane = calendar_pane(&calendar, days[i].noon * SECOND);
        assert_int_equal(calendar_start(&calendar, pane), days[i].start * SECOND);
        assert_int_equal(calendar_start(&calendar, pane + 1) - days[i].start * SECOND, days[i].length * HOUR);
    }
    int64_t pane = calendar_pane(&calendar, days[3].noon * SECOND);
    assert_int_equal((calendar_start(&calendar, pane) / HOUR) % 24, 23);
    assert_int_equal(calendar_start(&calendar, pane + 1) - calendar_start(&calendar, pane), DAY);
    calendar_release(&calendar);
}

static void test_calendar__weeks_begin_on_monday(void **state)
{
    (void)state;
    struct calendar calendar = make(7 * DAY, 7 * DAY, 0, "America/New_York");
    int64_t start = calendar_start(&calendar, calendar_pane(&calendar, INT64_C(1774778400) * SECOND));
    assert_int_equal(start, INT64_C(1774238400) * SECOND); /* Monday 2026-03-23 00:00 in New York */
    calendar_release(&calendar);
}

static void test_calendar__panes_hold_their_times(void **state)
{
    (void)state;
    static const char *const places[] = { "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe",
                                          "Asia/Kolkata",
                                          "Africa/Casablanca", "Pacific/Apia" };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct calendar calendar = make(DAY, DAY, 0, places[i]);
        for (int64_t time = 0; time < 36500 * DAY; time += 37 * DAY + 7 * HOUR) {
            int64_t pane = calendar_pane(&calendar, time);
            assert_true(calendar_start(&calendar, pane) <= time && time < calendar_start(&calendar,
                                                                                         pane + 1));
        }
        calendar_release(&calendar);
    }
}

static void test_calendar__refuses_what_it_does_not_know(void **state)
{
    (void)state;
    struct calendar calendar;
    char reason[200];
    assert_false(calendar_init(&calendar, DAY, DAY, 0, "Europe/Atlantis", reason, sizeof reason));
    assert_string_equal(reason, "\"Europe/Atlantis\" is no time zone that this machine knows");
    assert_false(calendar_init(&calendar, DAY, DAY, 0, "../../etc/passwd", reason, sizeof reason));
    assert_false(calendar_init(&calendar, HOUR, HOUR, 0, "Europe/Berlin", reason, sizeof reason));
    assert_string_equal(reason, "with a timezone, every and period are whole days");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar__aligns_to_the_epoch),
        cmocka_unit_test(test_calendar__knows_the_windows_of_a_pane),
        cmocka_unit_test(test_calendar__days_follow_the_wall_clock),
        cmocka_unit_test(test_calendar__weeks_begin_on_monday),
        cmocka_unit_test(test_calendar__panes_hold_their_times),
        cmocka_unit_test(test_calendar__refuses_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
