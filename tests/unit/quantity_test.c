/* Tests of config/quantity.h and config/instant.h. */
#include "config/quantity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "config/instant.h"

static void assert_duration(const char *text, int64_t expected)
{
    int64_t ns = -7;
    if (!quantity_read_duration(text, strlen(text), &ns))
        fail_msg("%s was refused", text);
    assert_true(ns == expected);
}

static void assert_no_duration(const char *text)
{
    int64_t ns;
    if (quantity_read_duration(text, strlen(text), &ns))
        fail_msg("%s was taken", text);
}

static void test_quantity__reads_durations_as_go_does(void **state)
{
    (void)state;
    assert_duration("10s", 10000000000);
    assert_duration("1h30m", 5400000000000);
    assert_duration("500ms", 500000000);
    assert_duration("1.5s", 1500000000);
    assert_duration(".5s", 500000000);
    assert_duration("5.s", 5000000000);
    assert_duration("1us2ns", 1002);
    assert_duration("3\u00b5s", 3000);
    assert_duration("3\u03bcs", 3000);
    assert_duration("-1m", -60000000000);
    assert_duration("+1m", 60000000000);
    assert_duration("0", 0);
    assert_duration("0s", 0);
}

static void test_quantity__reads_days_and_weeks(void **state)
{
    (void)state;
    assert_duration("1d", 86400000000000);
    assert_duration("1w", 604800000000000);
    assert_duration("1.5d", 129600000000000);
    assert_duration("1w2d3h", 788400000000000);
}

static void test_quantity__takes_a_bare_number_as_seconds(void **state)
{
    (void)state;
    assert_duration("10", 10000000000);
    assert_duration("0.25", 250000000);
}

static void test_quantity__reads_fractions_exactly(void **state)
{
    (void)state;
    assert_duration("0.1s", 100000000);
    assert_duration("0.000000001s", 1);
    assert_duration("0.0000000019s", 1);
    assert_duration("0.3333333333333333333333h", 1199999999999);
}

static void test_quantity__refuses_what_is_no_duration(void **state)
{
    (void)state;
    const char *const wrong[] = { "",    "s",    "-",    ".",  ".s",  "1x",  "1h30", "1 s",  " 1s",
                                  "1s ", "--1s", "1S", "1hs", "inf", "1e3s", "0x1s", NULL };
    for (size_t i = 0; wrong[i]; i++)
        assert_no_duration(wrong[i]);
}

static void test_quantity__refuses_durations_that_do_not_fit(void **state)
{
    (void)state;
    assert_duration("9223372036854775807ns", INT64_MAX);
    assert_no_duration("9223372036854775808ns");
    assert_no_duration("15251w");
    assert_no_duration("99999999999999999999999s");
}

static void assert_size(const char *text, uint64_t expected)
{
    uint64_t bytes = 7;
    if (!quantity_read_size(text, strlen(text), &bytes))
        fail_msg("%s was refused", text);
    assert_true(bytes == expected);
}

static void test_quantity__reads_sizes(void **state)
{
    (void)state;
    assert_size("4MB", 4000000);
    assert_size("4 MB", 4000000);
    assert_size("1.5 KiB", 1536);
    assert_size("4MiB", 4194304);
    assert_size("4KB", 4000);
    assert_size("4kB", 4000);
    assert_size("1.5KiB", 1536);
    assert_size("0.1GB", 100000000);
    assert_size("12B", 12);
    assert_size("4096", 4096);
    assert_size("16PiB", UINT64_C(16) << 50);
    assert_size("18446744073709551615", UINT64_MAX);
}

static void test_quantity__refuses_what_is_no_size(void **state)
{
    (void)state;
    const char *const wrong[] = { "", "MB", "-1MB", "+1MB", "4  MB", "4 ", " 4MB", "4MB ", "4mb", "4M", "1MB2KB", "1s",
                                  "18446744073709551616", "999999PB", NULL };
    uint64_t bytes;
    for (size_t i = 0; wrong[i]; i++) {
        if (quantity_read_size(wrong[i], strlen(wrong[i]), &bytes))
            fail_msg("%s was taken", wrong[i]);
    }
}

static void test_quantity__rounds_seconds_to_nanoseconds(void **state)
{
    (void)state;
    int64_t ns;
    assert_true(quantity_duration_of_seconds(0.1, &ns));
    assert_true(ns == 100000000);
    assert_true(quantity_duration_of_seconds(-1.5, &ns));
    assert_true(ns == -1500000000);
    assert_false(quantity_duration_of_seconds(1e10, &ns));
    assert_false(quantity_duration_of_seconds(-1e300, &ns));
}

static void assert_writes(int64_t ns, const char *expected)
{
    struct vane_text out = { 0 };
    quantity_write_duration(&out, ns);
    assert_string_equal(out.data, expected);
    vane_text_release(&out);
}

static void test_quantity__writes_durations_short_and_exact(void **state)
{
    (void)state;
    assert_writes(0, "0s");
    assert_writes(1, "1ns");
    assert_writes(1500000000, "1500ms");
    assert_writes(5400000000000, "90m");
    assert_writes(604800000000000, "1w");
    assert_writes(-60000000000, "-1m");
    assert_writes(INT64_MIN, "-9223372036854775808ns");
}

static void test_quantity__writes_sizes_short_and_exact(void **state)
{
    (void)state;
    struct vane_text out = { 0 };
    const uint64_t sizes[] = { 0, 1, 4000, 4096, 4000000, 1 << 20, 1234567 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        quantity_write_size(&out, sizes[i]);
        vane_text_add(&out, " ", 1);
    }
    assert_string_equal(out.data, "0B 1B 4KB 4KiB 4MB 1MiB 1234567B ");
    vane_text_release(&out);
}

static void assert_instant(struct toml_datetime datetime, int64_t expected)
{
    int64_t ns;
    struct error err = { "" };
    assert_true(instant_of_datetime(&datetime, &ns, &err));
    assert_true(ns == expected);
}

static void test_instant__counts_nanoseconds_since_1970(void **state)
{
    (void)state;
    assert_instant((struct toml_datetime){ .year = 1970, .month = 1, .day = 1 }, 0);
    assert_instant((struct toml_datetime){ .year = 2022, .month = 3, .day = 29, .hour = 1, .minute = 1,
                                           .second = 51, .nanosecond = 673000000 },
                   1648515711673000000);
    assert_instant((struct toml_datetime){ .year = 2000, .month = 2, .day = 29 }, 951782400000000000);
    assert_instant((struct toml_datetime){ .year = 1969, .month = 12, .day = 31, .hour = 23, .minute = 59,
                                           .second = 59, .nanosecond = 999999999 },
                   -1);
    assert_instant((struct toml_datetime){ .year = 1700, .month = 1, .day = 1 }, -8520336000000000000);
}

static void test_instant__goes_by_the_offset(void **state)
{
    (void)state;
    assert_instant((struct toml_datetime){ .year = 1970, .month = 1, .day = 1, .hour = 2, .offset = 120 }, 0);
    assert_instant((struct toml_datetime){ .year = 1969, .month = 12, .day = 31, .hour = 23, .offset = -60 },
                   0);
}

static void test_instant__takes_a_leap_second_as_the_next(void **state)
{
    (void)state;
    assert_instant((struct toml_datetime){ .year = 2016, .month = 12, .day = 31, .hour = 23, .minute = 59,
                                           .second = 60 },
                   1483228800000000000);
}

static void assert_no_instant(struct toml_datetime datetime, const char *why)
{
    int64_t ns;
    struct error err = { "" };
    assert_false(instant_of_datetime(&datetime, &ns, &err));
    assert_non_null(strstr(err.text, why));
}

static void test_instant__wants_to_know_the_offset(void **state)
{
    (void)state;
    struct toml_datetime datetime = { .kind = TOML_LOCAL_DATETIME, .year = 2024, .month = 1, .day = 1 };
    assert_no_instant(datetime, "offset");
    datetime.kind = TOML_LOCAL_DATE;
    assert_no_instant(datetime, "date and a time");
}

static void test_instant__refuses_what_does_not_fit(void **state)
{
    (void)state;
    assert_no_instant((struct toml_datetime){ .year = 0, .month = 1, .day = 1 }, "outside");
    assert_no_instant((struct toml_datetime){ .year = 9999, .month = 12, .day = 31 }, "outside");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantity__reads_durations_as_go_does),
        cmocka_unit_test(test_quantity__reads_days_and_weeks),
        cmocka_unit_test(test_quantity__takes_a_bare_number_as_seconds),
        cmocka_unit_test(test_quantity__reads_fractions_exactly),
        cmocka_unit_test(test_quantity__refuses_what_is_no_duration),
        cmocka_unit_test(test_quantity__refuses_durations_that_do_not_fit),
        cmocka_unit_test(test_quantity__reads_sizes),
        cmocka_unit_test(test_quantity__refuses_what_is_no_size),
        cmocka_unit_test(test_quantity__rounds_seconds_to_nanoseconds),
        cmocka_unit_test(test_quantity__writes_durations_short_and_exact),
        cmocka_unit_test(test_quantity__writes_sizes_short_and_exact),
        cmocka_unit_test(test_instant__counts_nanoseconds_since_1970),
        cmocka_unit_test(test_instant__goes_by_the_offset),
        cmocka_unit_test(test_instant__takes_a_leap_second_as_the_next),
        cmocka_unit_test(test_instant__wants_to_know_the_offset),
        cmocka_unit_test(test_instant__refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
