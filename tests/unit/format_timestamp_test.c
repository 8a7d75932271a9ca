/* Tests of core/format/timestamp.h, layout.h, zone.h and civil.h. What layouts mean was checked against Go's
 * package time. */
#include "tests/unit/format_kit.h"

#include "core/format/civil.h"
#include "core/format/timestamp.h"
#include "core/format/zone.h"

static struct timestamp_format *format_of(const char *text, const char *zone)
{
    struct error err;
    struct timestamp_format *format = timestamp_format_new(text, &err);
    if (!format || !timestamp_set_zone(format, zone, &err))
        fail_msg("%s", err.text);
    return format;
}

static void assert_reads_in(const char *zone, const char *format_text, const char *text, int64_t expected)
{
    struct timestamp_format *format = format_of(format_text, zone);
    int64_t time;
    if (!timestamp_read(format, text, strlen(text), &time))
        fail_msg("%s: \"%s\" does not read", format_text, text);
    assert_int_equal(time, expected);
    timestamp_format_free(format);
}

static void assert_reads(const char *format, const char *text, int64_t expected)
{
    assert_reads_in("", format, text, expected);
}

static void assert_refuses(const char *format_text, const char *text)
{
    struct timestamp_format *format = format_of(format_text, "");
    int64_t time;
    if (timestamp_read(format, text, strlen(text), &time))
        fail_msg("%s: \"%s\" reads as %lld", format_text, text, (long long)time);
    timestamp_format_free(format);
}

static void assert_writes(const char *format_text, int64_t time, const char *expected)
{
    struct timestamp_format *format = format_of(format_text, "Europe/Berlin"); /* which does not matter */
    struct vane_text out = { 0 };
    timestamp_write(format, time, &out);
    assert_string_equal(out.data, expected);
    vane_text_release(&out);
    timestamp_format_free(format);
}

static const int64_t TICK = 1648522311673000000; /* 2022-03-29T02:51:51.673Z, a Tuesday */

/* ---- Numbers ---- */

static void test_timestamp__reads_numbers(void **state)
{
    (void)state;
    assert_reads("unix", "1648522311", 1648522311000000000);
    assert_reads("unix", "1648522311.673", TICK);
    assert_reads("unix", "1648522311,673", TICK);
    assert_reads("unix", "-1.5", -1500000000);
    assert_reads("unix", "0.0000000019", 1);
    assert_reads("unix_ms", "1648522311673", TICK);
    assert_reads("unix_us", "1648522311673000.5", TICK + 500);
    assert_reads("unix_ns", "1648522311673000000", TICK);
    assert_reads("unix_ns", "1648522311673000000.9", TICK);
    assert_reads("unix_ns", "-1.1", -2);
    assert_reads("unix", "+5", 5000000000);
    assert_reads("unix_ns", "9223372036854775807", INT64_MAX);
}

static void test_timestamp__refuses_what_is_no_number(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "x", "1x", "1.5.5", "-", "1 ", " 1", ".5", "--1", "-+1", "0x10",
                                         "1e400", "inf",
                                         "9223372037", "-9223372037", "99999999999999999999" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_refuses("unix", texts[i]);
    assert_refuses("unix_ns", "-9223372036854775808");
}

static void test_timestamp__reads_exponents_as_doubles(void **state)
{
    (void)state;
    assert_reads("unix_ms", "1.648522311673E12", TICK);
    assert_reads("unix", "1.6485223115e9", 1648522311500000000);
    assert_reads("unix", "1.648522311673e9", 1648522311673000097);
    assert_reads("unix", "-5e-1", -500000000);
    assert_reads("unix_ns", "-1e-30", -1);
    assert_reads("unix_ns", "0e5", 0);
    assert_reads("unix_ns", "9007199254740993e0", 9007199254740992);
    assert_refuses("unix_ns", "1e19");
    assert_refuses("unix", "1e10");
    assert_refuses("unix", "1e300");
    assert_refuses("2006", "2e3");
}

static void test_timestamp__writes_numbers(void **state)
{
    (void)state;
    assert_writes("unix", TICK, "1648522311");
    assert_writes("unix_ms", TICK, "1648522311673");
    assert_writes("unix_us", TICK + 999, "1648522311673000");
    assert_writes("unix_ns", TICK + 999, "1648522311673000999");
    assert_writes("unix", -1, "-1");
}

/* ---- Layouts ---- */

static void test_timestamp__reads_layouts(void **state)
{
    (void)state;
    assert_reads("2006-01-02T15:04:05Z07:00", "2022-03-29T02:51:51Z", 1648522311000000000);
    assert_reads("RFC3339", "2022-03-29T04:51:51.673+02:00", TICK);
    assert_reads("rfc3339nano", "2022-03-29T02:51:51.673Z", TICK);
    assert_reads("2006-01-02 15:04:05", "2022-03-29 02:51:51", 1648522311000000000);
    assert_reads("2006-01-02 15:04:05", "2022-03-29 02:51:51.673", TICK);
    assert_reads("2006-01-02 15:04:05.000", "2022-03-29 02:51:51.673", TICK);
    assert_reads("2006-01-02 15:04:05,000000", "2022-03-29 02:51:51,673000", TICK);
    assert_reads("2006-01-02 15:04:05.999", "2022-03-29 02:51:51", 1648522311000000000);
    assert_reads("2006-01-02 15:04:05.999", "2022-03-29 02:51:51.6730009991", TICK + 999);
    assert_reads("1/2/06 3:04:05 PM", "3/29/22 2:51:51 AM", 1648522311000000000);
    assert_reads("01/02/2006 03:04:05pm", "03/29/2022 12:51:51am", 1648515111000000000);
    assert_reads("Jan _2 2006 15:04", "Mar  9 2022 15:04", 1646838240000000000);
    assert_reads("January 2, 2006", "march 9, 2022", 1646784000000000000);
    assert_reads("2006-002", "2022-088", 1648512000000000000);
    assert_reads("20060102150405", "20220329025151", 1648522311000000000);
    assert_reads("ANSIC", "Tue Mar 29 02:51:51 2022", 1648522311000000000);
    assert_reads("UnixDate", "Tue Mar 29 02:51:51 UTC 2022", 1648522311000000000);
    assert_reads("RubyDate", "Tue Mar 29 04:51:51 +0200 2022", 1648522311000000000);
    assert_reads("RFC822", "29 Mar 22 02:51 GMT", 1648522260000000000);
    assert_reads("RFC850", "Tuesday, 29-Mar-22 02:51:51 UTC", 1648522311000000000);
    assert_reads("RFC1123Z", "Tue, 29 Mar 2022 04:51:51 +0200", 1648522311000000000);
    assert_reads("2006-01-02T15:04:05-07", "2022-03-28T23:51:51-03", 1648522311000000000);
    assert_reads("2006-01-02T15:04:05-07:00:00", "2022-03-29T02:51:52+00:00:01", 1648522311000000000);
    assert_reads("Monday Jan 2   2006", "Tuesday Mar 29 2022", 1648512000000000000);
}

static void test_timestamp__refuses_what_does_not_fit_the_layout(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "2022-03-29", "2022-03-29 02:51", "2022-03-29 02:51:51 ", "2022-03-29T02:51:51",
        "2022-3-29 02:51:51", "22-03-29 02:51:51", "2022-13-29 02:51:51", "2022-00-29 02:51:51",
        "2022-02-29 02:51:51", "2022-04-31 02:51:51", "2022-03-00 02:51:51", "2022-03-29 24:00:00",
        "2022-03-29 02:60:51", "2022-03-29 02:51:60", "2022-03-29 02:51:51Z", "1677-09-21 00:12:43",
        "2262-04-11 23:47:17", "9999-12-31 00:00:00", "2022-03-29 02:51:51.", "2022-03-29x02:51:51",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_refuses("2006-01-02 15:04:05", texts[i]);
    assert_refuses("2006-01-02 15:04:05.000", "2022-03-29 02:51:51.67");
    assert_refuses("2006-01-02 15:04:05.000", "2022-03-29 02:51:51");
    assert_refuses("RFC3339", "2022-03-29T02:51:51");
    assert_refuses("RFC3339", "2022-03-29T02:51:51+0200");
    assert_refuses("RFC3339", "2022-03-29T02:51:51+25:00");
    assert_refuses("UnixDate", "Tue Mar 29 02:51:51 XYZ 2022");
    assert_refuses("2006-002", "2022-366");
    assert_refuses("3:04PM 2006", "13:04PM 2006");
    assert_reads("2006-01-02 15:04:05", "1677-09-21 00:12:44", -9223372036000000000);
    assert_reads("2006-01-02 15:04:05", "2262-04-11 23:47:16", 9223372036000000000);
}

static void test_timestamp__writes_layouts(void **state)
{
    (void)state;
    assert_writes("2006-01-02T15:04:05Z07:00", TICK, "2022-03-29T02:51:51Z");
    assert_writes("RFC3339Nano", TICK, "2022-03-29T02:51:51.673Z");
    assert_writes("RFC3339Nano", 1648522311000000000, "2022-03-29T02:51:51Z");
    assert_writes("RFC1123", TICK, "Tue, 29 Mar 2022 02:51:51 UTC");
    assert_writes("Monday, January _2 __2 002 06 2006", TICK, "Tuesday, March 29  88 088 22 2022");
    assert_writes("1/2 3:4:5 pm PM 01/02 03:04:05", 1646838240000000000, "3/9 3:4:0 pm PM 03/09 03:04:00");
    assert_writes("15:04:05.000000 .999", TICK, "02:51:51.673000 .673");
    assert_writes("05.000000000000", TICK, "51.673000000");
    assert_writes("2006 -0700 -07:00 -07 -07:00:00 Z0700 MST", TICK, "2022 +0000 +00:00 +00 +00:00:00 Z UTC");
    assert_writes("2006-01-02 15:04:05.999999999", -1, "1969-12-31 23:59:59.999999999");
    assert_writes("_2006 Janet 2006", TICK, "_2022 Janet 2022");
}

static void test_timestamp__checks_formats(void **state)
{
    (void)state;
    struct error err;
    assert_null(timestamp_format_new("", &err));
    assert_null(timestamp_format_new("unixms", &err));
    struct timestamp_format *format = timestamp_format_new("15:04:05", &err);
    assert_false(timestamp_can_read(format));
    timestamp_format_free(format);
}

static void test_timestamp__brings_random_times_back(void **state)
{
    (void)state;
    struct timestamp_format *format = format_of("Monday Jan 2 2006 03:04:05.000000000 PM -0700", "");
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        struct vane_text text = { 0 };
        int64_t back;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int64_t time = (int64_t)seed == INT64_MIN ? 0 : (int64_t)seed;
        timestamp_write(format, time, &text);
        assert_true(timestamp_read(format, text.data, text.length, &back));
        assert_int_equal(back, time);
        vane_text_release(&text);
    }
    timestamp_format_free(format);
}

/* ---- Zones ---- */

static void test_zone__knows_summer_and_winter(void **state)
{
    (void)state;
    static const char layout[] = "2006-01-02 15:04:05";
    assert_reads_in("Europe/Berlin", layout, "2022-01-15 12:00:00", 1642244400000000000);
    assert_reads_in("Europe/Berlin", layout, "2022-07-15 12:00:00", 1657879200000000000);
    assert_reads_in("America/New_York", layout, "2022-07-15 12:00:00", 1657900800000000000);
    assert_reads_in("Asia/Kolkata", layout, "2022-07-15 12:00:00", 1657866600000000000);
    assert_reads_in("UTC", layout, "2022-07-15 12:00:00", 1657886400000000000);
    assert_reads_in("Europe/Berlin", "2006-01-02 15:04:05 MST", "2022-01-15 12:00:00 CEST",
                    1642240800000000000);
    assert_reads_in("Europe/Berlin", "RFC3339", "2022-01-15T12:00:00-03:00", 1642258800000000000);
}

/* Behind the transitions in the file, by the rule at its end. */
static void test_zone__knows_far_years(void **state)
{
    (void)state;
    static const char layout[] = "2006-01-02 15:04";
    assert_reads_in("Europe/Berlin", layout, "2100-01-15 12:00", 4103694000000000000);
    assert_reads_in("Europe/Berlin", layout, "2100-07-15 12:00", 4119328800000000000);
    assert_reads_in("Australia/Sydney", layout, "2100-01-15 12:00", 4103658000000000000);
    assert_reads_in("Australia/Sydney", layout, "2100-07-15 12:00", 4119300000000000000);
    assert_reads_in("Asia/Tokyo", layout, "2100-07-15 12:00", 4119303600000000000);
}

static void test_zone__takes_one_of_two_where_clocks_change(void **state)
{
    (void)state;
    static const char layout[] = "2006-01-02 15:04";
    assert_reads_in("Europe/Berlin", layout, "2022-10-30 02:30", 1667093400000000000);
    assert_reads_in("Europe/Berlin", layout, "2022-03-27 02:30", 1648344600000000000);
}

static void test_zone__refuses_names_that_lead_elsewhere(void **state)
{
    (void)state;
    static const char *const names[] = { "../../etc/passwd", "/etc/passwd", "Europe/Nowhere",
                                         "Europe/Ber lin", "Europe", "zone.tab" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error err;
        assert_null(zone_new(names[i], &err));
    }
}

static void test_civil__counts_days(void **state)
{
    (void)state;
    assert_int_equal(civil_days(1970, 1, 1), 0);
    assert_int_equal(civil_days(2000, 3, 1), 11017);
    assert_int_equal(civil_weekday(0), 4);
    assert_int_equal(civil_weekday(-5), 6);
    for (int64_t day = -1000000; day < 1000000; day += 7) {
        struct civil civil = civil_of(day * 86400 + 3661);
        assert_int_equal(civil_days(civil.year, civil.month, civil.day), day);
        assert_int_equal(civil_seconds(&civil), day * 86400 + 3661);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timestamp__reads_numbers),
        cmocka_unit_test(test_timestamp__refuses_what_is_no_number),
        cmocka_unit_test(test_timestamp__reads_exponents_as_doubles),
        cmocka_unit_test(test_timestamp__writes_numbers),
        cmocka_unit_test(test_timestamp__reads_layouts),
        cmocka_unit_test(test_timestamp__refuses_what_does_not_fit_the_layout),
        cmocka_unit_test(test_timestamp__writes_layouts),
        cmocka_unit_test(test_timestamp__checks_formats),
        cmocka_unit_test(test_timestamp__brings_random_times_back),
        cmocka_unit_test(test_zone__knows_summer_and_winter),
        cmocka_unit_test(test_zone__knows_far_years),
        cmocka_unit_test(test_zone__takes_one_of_two_where_clocks_change),
        cmocka_unit_test(test_zone__refuses_names_that_lead_elsewhere),
        cmocka_unit_test(test_civil__counts_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
