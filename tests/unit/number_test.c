/* number - against the C library, which is exact too, only slow. `number_test COUNT` takes COUNT random
 * numbers where the test otherwise takes some ten thousand. */
#include "core/number.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/alloc.h"

enum { RANDOM_COUNT = 50000, TEXT_MAX = 2048 };

static uint64_t random_next(uint64_t *state) /* xorshift64* */
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717u;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Reads from memory that ends with the text, so that a sanitizer sees a look behind it. */
static bool read_float(const char *text, double *value)
{
    size_t length = strlen(text);
    char *exact = alloc_array(length, 1);
    memcpy(exact, text, length);
    bool read = number_read_float(exact, length, value);
    free(exact);
    return read;
}

static bool read_int(const char *text, int64_t *value)
{
    size_t length = strlen(text);
    char *exact = alloc_array(length, 1);
    memcpy(exact, text, length);
    bool read = number_read_int(exact, length, value);
    free(exact);
    return read;
}

/* ---- Reading floats ---- */

/* The text must be read as strtod does; infinity is a failure. */
static void check_read(const char *text)
{
    double wanted = strtod(text, NULL), value = 0;
    bool read = read_float(text, &value);
    if (read == isfinite(wanted) && (!read || bits_of(value) == bits_of(wanted)))
        return;
    print_error("%s: read %d, %.17g instead of %.17g\n", text, read, value, wanted);
    fail();
}

static void test_number__reads_what_is_hard(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "2.2250738585072011e-308", "2.2250738585072012e-308", "2.2250738585072014e-308",
        "4.9406564584124654e-324", "5e-324", "3e-324", "2.4703282292062328e-324",
        "2.4703282292062327208e-324", "2.4703282292062327209e-324", "2e-324", "1e-323", "1e-400",
        "6.631236846766476e-316", "3.2378839133029012895883e-319", "2.47032822920623272e-324",
        "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
        "-1.7976931348623159e308", "179769313486231580793e289", "1e308", "1e309",
        "9007199254740993", "9007199254740993.0000000000000000000000000000000000000000000000001",
        "9007199254740992.9999999999999999999999999999999999999", "9007199254740995", "8.41e21",
        "9.5367431640625e-07", "9.5367431640625e-07000", "7.2057594037927933e16", "123e-23",
        "1.2345e19", "12345678901234567890", "18446744073709551615", "18446744073709551616",
        "99999999999999999999", "1e22", "1e23", "9e22", "7205759403792793199999e-5",
        "7205759403792793200001e-5", "0.0000000000000000000000000000000000000000000000000000012345",
        "1e-342", "1e-343", "9.9e-343", "100000000000000000000e-344", "18446744073709551615e-342",
        "18446744073709551615e-343", "1e00000000000000000000000000000000000000001",
        "0e999999999999999999999999", "1e-999999999999999999999999", "-1e-99999",
        "1e999999999999999999999999", "10000000000000000000000000000000000000000000e-43",
        "46920.37000000", "123456789012345678901234567890e-400", "0.1000000000000000055511151231257827",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_read(texts[i]);
}

static void test_number__reads_every_power_of_ten(void **state)
{
    (void)state;
    for (int power = -400; power <= 320; power++)
        for (int lead = 1; lead < 100; lead += 7) {
            char text[64];
            snprintf(text, sizeof text, "%de%d", lead, power);
            check_read(text);
        }
}

/* Random digits with a point and an exponent. */
static void make_decimal(char *text, uint64_t *state)
{
    uint64_t dice = random_next(state);
    size_t count = 1 + dice % 24, length = 0;
    if (dice % 97 == 0)
        count += random_next(state) % 900;
    size_t point = (dice >> 8) % (count + 8);
    text[length++] = dice >> 63 ? '-' : '+';
    for (size_t i = 0; i < count; i++) {
        if (i == point)
            text[length++] = '.';
        text[length++] = (char)('0' + random_next(state) % 10);
    }
    int spread = dice >> 40 & 1 ? 40 : 700;
    if (dice >> 41 & 1)
        length += (size_t)snprintf(text + length, 16, "e%d",
                                   (int)(random_next(state) % (uint64_t)spread) - spread / 2);
    text[length] = '\0';
}

static void test_number__reads_random_decimals(void **state)
{
    uint64_t seed = 1;
    for (size_t i = 0; i < *(size_t *)*state; i++) {
        char text[TEXT_MAX];
        make_decimal(text, &seed);
        check_read(text);
    }
}

/* The text of a number exactly halfway between two doubles, as long as it takes, then a little more,
 * then a little less. */
static void check_halfway(double lower)
{
    double upper = nextafter(lower, INFINITY);
    if (!isfinite(upper))
        return;
    char text[TEXT_MAX];
    snprintf(text, sizeof text, "%.800Le", ((long double)lower + (long double)upper) / 2);
    char exponent[16];
    char *at = strchr(text, 'e');
    snprintf(exponent, sizeof exponent, "%s", at);
    check_read(text);
    snprintf(at, 32, "1%s", exponent);
    check_read(text);
    do {
        at--;
        if (*at == '0')
            *at = '9';
    } while (*at == '9' || *at == '.');
    --*at;
    check_read(text);
}

static void test_number__rounds_halfway_to_even(void **state)
{
    static const double lowers[] = {0, 0x1p-1074, 0x1p-1022, 1, 0x1p53, 0x1p53 + 2, 0x1p1023};
    for (size_t i = 0; i < sizeof lowers / sizeof *lowers; i++)
        check_halfway(lowers[i]);
    uint64_t seed = 3;
    for (size_t i = 0; i < *(size_t *)*state / 50; i++)
        check_halfway(double_of(random_next(&seed) >> 1));
}

/* Halfway in 19 digits: an odd number of 54 bits times a power of two, which times 10^power gives. */
static void test_number__rounds_short_halfways_to_even(void **state)
{
    uint64_t seed = 4;
    for (size_t i = 0; i < *(size_t *)*state / 5; i++) {
        int power = (int)(random_next(&seed) % 28) - 4;
        uint64_t five = 1;
        for (int n = abs(power); n > 0; n--)
            five *= 5;
        uint64_t least = ((uint64_t)1 << 53) / (power < 0 ? 1 : five);
        uint64_t odd = (least + random_next(&seed) % (least + 1)) | 1;
        uint64_t digits = power < 0 ? odd * five : odd << random_next(&seed) % (unsigned)__builtin_clzll(odd);
        for (uint64_t off = 0; off < 3; off++) {
            char text[64];
            snprintf(text, sizeof text, "%" PRIu64 "e%d", digits + off - 1, power);
            check_read(text);
        }
    }
}

static void test_number__takes_what_the_grammar_allows(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0", "-0", "+0", "1", "1.", ".5", "-.5", "+1.e3", "1e3", "1E3", "1e+3", "1e-3", "1.5E-03",
        "00012", "0.0", "-0.0e-0", "000000000000000000000000000000000000000000000000001.50", "1e0000000",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_read(texts[i]);
}

static void test_number__refuses_what_is_no_float(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "-", "+", ".", "-.", "e", "e5", ".e5", "1e", "1e+", "1e-", "1.5e", "1e5.", "1..2", "1.2.3",
        "--1", "+-1", "1-", " 1", "1 ", "1,5", "0x10", "inf", "nan", "infinity", "NaN", "1f", "1_000",
        "1e5e5", "/", ":", "1:", "1/", "12345678:", "1234567\xb9", "\xb1", "1e309", "-1e309", "999e306",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double value = 7;
        if (read_float(texts[i], &value) || value != 7)
            fail_msg("\"%s\" was read as %.17g", texts[i], value);
    }
}

static void test_number__scans_to_the_end_of_a_float(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        double value;
    } cases[] = {
        {"1,2", 1, 1}, {"46920.37000000 1648522311673", 14, 46920.37}, {"1e", 1, 1}, {"1e+x", 1, 1},
        {"1.5e3e4", 5, 1500}, {"1.2.3", 3, 1.2}, {"0x10", 1, 0}, {"1.e", 2, 1}, {"-.5i", 3, -0.5},
        {"12345678,", 8, 12345678}, {"123456789012345678901.5}", 23, 123456789012345678901.5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = 0;
        const char *text = cases[i].text;
        const char *end = number_scan_float(text, text + strlen(text), &value);
        assert_ptr_equal(end, text + cases[i].length);
        assert_true(value == cases[i].value);
    }
}

/* ---- Writing floats ---- */

/* How many digits the text has, not counting zeros at either end. */
static int count_digits(const char *text)
{
    int count = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9')
            continue;
        zeros = *text == '0' ? zeros + 1 : 0;
        count += count || *text != '0';
    }
    return count ? count - zeros : 1;
}

/* Both forms read back; no decimal with a digit less does; the C library's decimal with as many digits,
 * which is the nearest there is, either does not read back or is the same number. */
static void check_write(double value)
{
    char text[NUMBER_MAX + 1], brief[NUMBER_EXP_MAX + 1], other[64], rewritten[64];
    text[number_write_float(text, value)] = '\0';
    brief[number_write_float_exp(brief, value)] = '\0';
    double back = 0, brief_back = 0;
    bool read = read_float(text, &back) && read_float(brief, &brief_back);
    bool same = read && bits_of(back) == bits_of(value) && bits_of(brief_back) == bits_of(value) &&
                bits_of(strtod(brief, NULL)) == bits_of(value);

    int count = count_digits(brief);
    snprintf(other, sizeof other, "%.*e", count > 1 ? count - 2 : 0, value);
    bool shortest = count == 1 || strtod(other, NULL) != value;

    snprintf(other, sizeof other, "%.*e", count - 1, value);
    /* The digits of our text in the C library's form: a double and 18 digits keep 17 apart. */
    snprintf(rewritten, sizeof rewritten, "%.*Le", count - 1, strtold(brief, NULL));
    bool nearest = strtod(other, NULL) != value || strcmp(other, rewritten) == 0;

    bool plain = !strchr(text, 'e') && !strchr(text, '+') && count_digits(text) == count;
    if (!same || !shortest || !nearest || !plain)
        fail_msg("%.17g was written as %s and %s: same %d, shortest %d, nearest %d, plain %d", value, text,
                 brief, same, shortest, nearest, plain);
}

static void test_number__writes_both_forms(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text, *brief;
    } cases[] = {
        {0, "0", "0"}, {-0.0, "-0", "-0"}, {1, "1", "1"}, {-1.5, "-1.5", "-1.5"}, {0.1, "0.1", "0.1"},
        {100, "100", "100"}, {46920.37, "46920.37", "46920.37"}, {12345678.5, "12345678.5", "12345678.5"},
        {0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"}, {1e7, "10000000", "10000000"},
        {9999999.99999999, "9999999.99999999", "9999999.99999999"}, {1e-6, "0.000001", "0.000001"},
        {9.999e-7, "0.0000009999", "9.999e-7"}, {-1.25e-7, "-0.000000125", "-1.25e-7"},
        {1e-5, "0.00001", "0.00001"}, {999999999999999.9, "999999999999999.9", "999999999999999.9"},
        {1.7976931348623157e-5, "0.000017976931348623157", "0.000017976931348623157"},
        {2251799813685248.5, "2251799813685248.5", "2251799813685248.5"},
        {0x1p53, "9007199254740992", "9007199254740992"},
        {123456789012345680.0, "123456789012345680", "123456789012345680"},
        {1e20, "100000000000000000000", "100000000000000000000"},
        {1e21, "1000000000000000000000", "1e+21"}, {1.5e21, "1500000000000000000000", "1.5e+21"},
        {1e-7, "0.0000001", "1e-7"}, {1e23, "100000000000000000000000", "1e+23"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[NUMBER_MAX + 1], brief[NUMBER_EXP_MAX + 1];
        text[number_write_float(text, cases[i].value)] = '\0';
        brief[number_write_float_exp(brief, cases[i].value)] = '\0';
        assert_string_equal(text, cases[i].text);
        assert_string_equal(brief, cases[i].brief);
        check_write(cases[i].value);
    }
}

static void test_number__writes_extremes_in_full(void **state)
{
    (void)state;
    char text[NUMBER_MAX];
    assert_int_equal(number_write_float(text, DBL_MAX), 309);
    assert_int_equal(number_write_float(text, -0x1p-1074), 327);
    assert_int_equal(text[326], '5');
    assert_int_equal(number_write_float_exp(text, -0x1p-1074), 7);
    assert_memory_equal(text, "-5e-324", 7);
    check_write(DBL_MAX);
    check_write(DBL_MIN);
}

static void test_number__writes_every_power_of_two_and_ten(void **state)
{
    (void)state;
    for (int power = -1074; power < 1024; power++) {
        double value = ldexp(1, power);
        check_write(value);
        check_write(nextafter(value, INFINITY));
        check_write(nextafter(value, power == -1074 ? INFINITY : 0));
    }
    for (int power = -323; power <= 308; power++) {
        char text[16];
        snprintf(text, sizeof text, "1e%d", power);
        double value = strtod(text, NULL);
        check_write(value);
        check_write(nextafter(value, INFINITY));
        check_write(nextafter(value, 0));
    }
}

static void test_number__writes_random_bits(void **state)
{
    uint64_t seed = 5;
    for (size_t i = 0; i < *(size_t *)*state; i++) {
        double value = double_of(random_next(&seed));
        if (isfinite(value) && value != 0)
            check_write(value);
    }
}

static void test_number__writes_random_subnormals(void **state)
{
    uint64_t seed = 6;
    for (size_t i = 0; i < *(size_t *)*state / 10; i++)
        check_write(double_of((random_next(&seed) >> 12 >> random_next(&seed) % 52) + 1));
}

/* Few decimals, and their neighbours, which only look as if they had few. */
static void test_number__writes_random_prices(void **state)
{
    uint64_t seed = 7;
    for (size_t i = 0; i < *(size_t *)*state / 3; i++) {
        uint64_t digits = (random_next(&seed) >> 4 >> random_next(&seed) % 60) + 1;
        double value = (double)digits / pow(10, (double)(random_next(&seed) % 12));
        check_write(value);
        check_write(-nextafter(value, INFINITY));
        check_write(nextafter(value, 0));
    }
}

/* ---- Integers ---- */

static void test_number__writes_integers(void **state)
{
    (void)state;
    uint64_t value = 1;
    for (int power = 0; power < 20; power++, value *= 10)
        for (int64_t off = -1; off <= 1; off++) {
            char text[NUMBER_INT_MAX + 1], wanted[32];
            text[number_write_uint(text, value + (uint64_t)off)] = '\0';
            snprintf(wanted, sizeof wanted, "%" PRIu64, value + (uint64_t)off);
            assert_string_equal(text, wanted);
            text[number_write_int(text, -(int64_t)value + off)] = '\0';
            snprintf(wanted, sizeof wanted, "%" PRId64, -(int64_t)value + off);
            assert_string_equal(text, wanted);
        }
    char text[NUMBER_INT_MAX];
    assert_int_equal(number_write_int(text, INT64_MIN), 20);
    assert_memory_equal(text, "-9223372036854775808", 20);
    assert_int_equal(number_write_uint(text, UINT64_MAX), 20);
    assert_memory_equal(text, "18446744073709551615", 20);
}

static void test_number__reads_back_the_integers_it_writes(void **state)
{
    uint64_t seed = 8;
    for (size_t i = 0; i < *(size_t *)*state; i++) {
        int64_t value = (int64_t)random_next(&seed) >> random_next(&seed) % 64, back = 0;
        char text[NUMBER_INT_MAX + 1], wanted[32];
        text[number_write_int(text, value)] = '\0';
        snprintf(wanted, sizeof wanted, "%" PRId64, value);
        assert_string_equal(text, wanted);
        assert_true(read_int(text, &back));
        assert_int_equal(back, value);
    }
}

static void test_number__reads_integers_up_to_their_limits(void **state)
{
    (void)state;
    int64_t value = 0;
    uint64_t natural = 0;
    assert_true(read_int("9223372036854775807", &value) && value == INT64_MAX);
    assert_true(read_int("-9223372036854775808", &value) && value == INT64_MIN);
    assert_true(read_int("-0000000000000000000000000000000000009223372036854775808", &value));
    assert_false(read_int("9223372036854775808", &value));
    assert_false(read_int("-9223372036854775809", &value));
    assert_false(read_int("18446744073709551616", &value));
    assert_false(read_int("100000000000000000000000000000000", &value));
    assert_int_equal(value, INT64_MIN);
    assert_true(number_read_uint("18446744073709551615", 20, &natural) && natural == UINT64_MAX);
    assert_false(number_read_uint("18446744073709551616", 20, &natural));
    assert_false(number_read_uint("99999999999999999999", 20, &natural));
    assert_true(number_read_uint("+5", 2, &natural) && natural == 5);
    assert_false(number_read_uint("-5", 2, &natural));
    assert_int_equal(natural, 5);
}

static void test_number__refuses_what_is_no_integer(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "-", "+", "--1", "+-1", " 1", "1 ", "1.0", "1e3", "0x10", "12345678a", "a", "1:", "1/", "/", ":",
        "1234567890123456\xb1",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t value = 7;
        if (read_int(texts[i], &value) || value != 7)
            fail_msg("\"%s\" was read as %" PRId64, texts[i], value);
    }
}

static void test_number__scans_to_the_end_of_an_integer(void **state)
{
    (void)state;
    const char *text = "-42i,b=12345678901234567u";
    int64_t value = 0;
    uint64_t natural = 0;
    assert_ptr_equal(number_scan_int(text, text + strlen(text), &value), text + 3);
    assert_int_equal(value, -42);
    assert_ptr_equal(number_scan_uint(text + 7, text + strlen(text), &natural), text + 24);
    assert_int_equal(natural, 12345678901234567);
    assert_null(number_scan_uint(text, text + strlen(text), &natural));
}

int main(int argc, char **argv)
{
    size_t count = argc > 1 ? (size_t)strtoull(argv[1], NULL, 10) : RANDOM_COUNT;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number__reads_what_is_hard),
        cmocka_unit_test(test_number__reads_every_power_of_ten),
        cmocka_unit_test_prestate(test_number__reads_random_decimals, &count),
        cmocka_unit_test_prestate(test_number__rounds_halfway_to_even, &count),
        cmocka_unit_test_prestate(test_number__rounds_short_halfways_to_even, &count),
        cmocka_unit_test(test_number__takes_what_the_grammar_allows),
        cmocka_unit_test(test_number__refuses_what_is_no_float),
        cmocka_unit_test(test_number__scans_to_the_end_of_a_float),
        cmocka_unit_test(test_number__writes_both_forms),
        cmocka_unit_test(test_number__writes_extremes_in_full),
        cmocka_unit_test(test_number__writes_every_power_of_two_and_ten),
        cmocka_unit_test_prestate(test_number__writes_random_bits, &count),
        cmocka_unit_test_prestate(test_number__writes_random_subnormals, &count),
        cmocka_unit_test_prestate(test_number__writes_random_prices, &count),
        cmocka_unit_test(test_number__writes_integers),
        cmocka_unit_test_prestate(test_number__reads_back_the_integers_it_writes, &count),
        cmocka_unit_test(test_number__reads_integers_up_to_their_limits),
        cmocka_unit_test(test_number__refuses_what_is_no_integer),
        cmocka_unit_test(test_number__scans_to_the_end_of_an_integer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
