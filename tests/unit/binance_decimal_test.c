/* Tests of plugins/binance_ws/decimal.h. */
#include "plugins/binance_ws/decimal.c"
#include "tests/unit/c_locale.h"

#include "core/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static double read_good(const char *text)
{
    double value = -1;
    if (!decimal_read(text, c_locale, &value))
        fail_msg("%s is not read", text);
    return value;
}

static void assert_same_bits(const char *text)
{
    double value = read_good(text), expected;
    assert_true(number_read_float(text, strlen(text), &expected));
    if (memcmp(&value, &expected, sizeof value) != 0)
        fail_msg("%s: %a, not %a", text, value, expected);
}

static void test_decimal__reads_prices(void **state)
{
    (void)state;
    assert_true(read_good("46920.37000000") == 46920.37);
    assert_true(read_good("-1437.89000000") == -1437.89);
    assert_true(read_good("0.00000001") == 1e-8);
    assert_true(read_good("100") == 100);
    assert_true(read_good("100.000") == 100);
    assert_true(read_good("-0.00") == 0);
}

static void test_decimal__long_numbers_are_exact_as_well(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "1033414900.45224062", "654275356.16896672", "92233720368.54775807", "9007199254740993", "0.1",
        "9007199254740993.00000000", "123456789012345678901234567890.12345678", "9007199254740992",
        "0.00000000000000000000000123", "0.1000000000000000055511151231257827", "9007199254740994.5",
        "00000000000000000000000001.5", "179769313486231580793728971405303415079934132710037826936173",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_same_bits(texts[i]);
}

static void test_decimal__every_length_is_exact(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252;
    for (int i = 0; i < 200000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        char text[64];
        int decimals = (int)(random % 9);
        uint64_t whole = random >> (8 + random % 50);
        snprintf(text, sizeof text, "%s%llu.%0*llu", random & 1 ? "-" : "", (unsigned long long)whole,
                 decimals + 1, (unsigned long long)(random % 100000000) % 10000000);
        assert_same_bits(text);
    }
}

static void test_decimal__refuses_what_is_no_decimal(void **state)
{
    (void)state;
    static const char *const texts[] = { "",   "-",   ".",   "1.",  ".5",  "+1",  "1e5", "1.2.3", " 1",
                                         "1 ", "nan", "inf", "0x1", "1,5", "--1", "1-",  "１",    "1e-5" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double value;
        if (decimal_read(texts[i], c_locale, &value))
            fail_msg("%s is read", texts[i]);
    }
}

static void test_decimal__refuses_what_no_double_holds(void **state)
{
    (void)state;
    char text[401];
    double value;
    memset(text, '9', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(decimal_read(text, c_locale, &value));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimal__reads_prices),
        cmocka_unit_test(test_decimal__long_numbers_are_exact_as_well),
        cmocka_unit_test(test_decimal__every_length_is_exact),
        cmocka_unit_test(test_decimal__refuses_what_is_no_decimal),
        cmocka_unit_test(test_decimal__refuses_what_no_double_holds),
    };
    return cmocka_run_group_tests(tests, make_locale, free_locale);
}
