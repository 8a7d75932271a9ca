#include "plugins/kafka_in/offset.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const int64_t NOW = INT64_C(1700000000123456789);

static void assert_offset(const char *text, enum offset_kind kind, int64_t ns)
{
    struct offset offset;
    assert_true(offset_parse(text, &offset));
    assert_int_equal(offset.kind, kind);
    assert_int_equal(offset.ns, ns);
}

static void test_offset__reads_words(void **state)
{
    (void)state;
    assert_offset("oldest", OFFSET_OLDEST, 0);
    assert_offset("newest", OFFSET_NEWEST, 0);
}

static void test_offset__reads_durations_back(void **state)
{
    (void)state;
    assert_offset("-1h", OFFSET_AGO, INT64_C(3600000000000));
    assert_offset("-1h30m", OFFSET_AGO, INT64_C(5400000000000));
    assert_offset("-250ms", OFFSET_AGO, 250000000);
    assert_offset("-1w2d3s4us5ns", OFFSET_AGO, INT64_C(777603000004005));
}

static void test_offset__reads_times(void **state)
{
    (void)state;
    assert_offset("1970-01-01T00:00:00Z", OFFSET_AT, 0);
    assert_offset("2022-03-29T02:51:51.673Z", OFFSET_AT, INT64_C(1648522311673000000));
    assert_offset("2022-03-29t04:51:51.673+02:00", OFFSET_AT, INT64_C(1648522311673000000));
    assert_offset("2022-03-28 21:21:51.673000000-05:30", OFFSET_AT, INT64_C(1648522311673000000));
    assert_offset("2024-02-29T23:59:60Z", OFFSET_AT, INT64_C(1709251200000000000));
    assert_offset("2000-12-31T00:00:00.000000001Z", OFFSET_AT, INT64_C(978220800000000001));
}

static void test_offset__refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "-", "-1", "-h", "-1x", "1h", "--1h", "-99999999999h", "-999999999w", "Oldest", "newest ",
        "2022-03-29", "2022-03-29T02:51:51", "2022-13-01T00:00:00Z", "2022-02-29T00:00:00Z",
        "2022-00-01T00:00:00Z", "2022-03-29T24:00:00Z", "2022-03-29T02:60:00Z", "2022-03-29T02:51:51.Z",
        "2022-03-29T02:51:51+2:00", "2022-03-29T02:51:51Zx", "1969-12-31T23:59:59Z", "2262-01-01T00:00:00Z",
        "22-03-29T02:51:51Z", "2022-3-29T02:51:51Z",
    };
    struct offset offset;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (offset_parse(bad[i], &offset))
            fail_msg("\"%s\" was taken", bad[i]);
}

static void test_offset__becomes_what_list_offsets_wants(void **state)
{
    (void)state;
    assert_int_equal(offset_timestamp(&(struct offset){ OFFSET_OLDEST, 0 }, NOW), -2);
    assert_int_equal(offset_timestamp(&(struct offset){ OFFSET_NEWEST, 0 }, NOW), -1);
    assert_int_equal(offset_timestamp(&(struct offset){ OFFSET_AT, 1999999 }, NOW), 1);
    int64_t ago = offset_timestamp(&(struct offset){ OFFSET_AGO, 1000000000 }, NOW);
    assert_int_equal(ago, INT64_C(1699999999123));
    assert_int_equal(offset_timestamp(&(struct offset){ OFFSET_AGO, INT64_MAX }, NOW), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offset__reads_words),
        cmocka_unit_test(test_offset__reads_durations_back),
        cmocka_unit_test(test_offset__reads_times),
        cmocka_unit_test(test_offset__refuses_what_is_none),
        cmocka_unit_test(test_offset__becomes_what_list_offsets_wants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
