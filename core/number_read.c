/* number_read - see number.h; text to double. Three ways, the first that is sure wins:
 *
 * 1. Digits up to 2^53 and a power of ten up to 10^22: both are doubles, so one division or
 *    multiplication rounds once and correctly (Clinger, "How to read floating point numbers
 *    accurately", 1990).
 * 2. Up to 19 digits: their product with a 128-bit power of ten (Lemire, "Number parsing at a
 *    gigabyte per second", 2021; that no number needs more bits: Mushtak and Lemire, "Fast number
 *    parsing without fallback", 2023, and for this table number_table.py).
 * 3. More digits: way 2 for the first 19, and for these plus one. Where that gives two
 *    doubles, big integers decide (number_exact.c).
 */
#include "core/number.h"

#include <float.h>

#include "core/number_digits.h"
#include "core/number_exact.h"
#include "core/number_table.h"

_Static_assert(FLT_EVAL_METHOD == 0, "way 1 needs operations that round to double, once");

enum { DIGITS_SAFE = 19, POWER_SAFE = 22, BIASED_INFINITY = 2047, EXPONENT_BITS_AT = 52 };

static const uint64_t BITS_INFINITY = (uint64_t)BIASED_INFINITY << EXPONENT_BITS_AT;

/* The number digits * 10^exponent, as it stands in the text. */
struct decimal {
    uint64_t    digits;   /* true if there are at most 19 */
    int64_t     exponent;
    const char *text;     /* the first digit (or the point) */
    const char *end;      /* behind the last digit (or the point) */
    size_t      count;    /* of digits, leading zeros counted too */
};

static inline const char *append_digits(const char *text, const char *end, uint64_t *digits)
{
    int count;
    do {
        uint64_t word = digits_load(text, end);
        count = digits_count(word);
        if (!count)
            break;
        *digits = *digits * digits_power[count] + digits_join(word << (64 - 8 * count));
        text += count;
    } while (count == 8);
    return text;
}

/* The digits and the point; false if there is no digit. */
static inline bool scan_decimal(const char *text, const char *end, struct decimal *decimal)
{
    uint64_t digits = 0;
    const char *next = append_digits(text, end, &digits);
    size_t count = (size_t)(next - text);
    decimal->exponent = 0;
    if (next < end && *next == '.') {
        const char *fraction = next + 1;
        next = append_digits(fraction, end, &digits);
        count += (size_t)(next - fraction);
        decimal->exponent = fraction - next;
    }
    decimal->digits = digits;
    decimal->text = text;
    decimal->end = next;
    decimal->count = count;
    return count > 0;
}

/* Returns where the exponent ended, `text` itself if none is there. One with more than 16 digits
 * stays at 10^16: no text has digits enough to bring that back into range. */
static const char *scan_exponent(const char *text, const char *end, int64_t *exponent)
{
    const int64_t limit = 10000000000000000;
    const char *next = text + 1;
    bool negative = next < end && *next == '-';
    if (negative || (next < end && *next == '+'))
        next++;
    const char *first = next;
    int64_t value = 0;
    for (; next < end && *next >= '0' && *next <= '9'; next++)
        value = value < limit ? value * 10 + (*next - '0') : limit;
    if (next == first)
        return text;
    *exponent += negative ? -value : value;
    return next;
}

static inline uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Way 2: the bits of the double nearest to w * 10^q; those of infinity where it is too large.
 *
 * With w shifted up to 64 bits, the upper 128 bits of its product with the table's g hold the mantissa in
 * their first 54 or 55, the rounding bit last. Leaving out the low half of g matters only if the next 9 bits
 * are all ones. */
static uint64_t round_product(uint64_t w, int64_t q)
{
    if (!w || q < NUMBER_POWER_LEAST)
        return 0;
    if (q > 308)
        return BITS_INFINITY;
    const struct number_power *power = number_power((int)q);
    int zeros = __builtin_clzll(w);
    w <<= zeros;
    uint128 product = (uint128)w * power->high;
    if (((uint64_t)(product >> 64) & 0x1ff) == 0x1ff)
        product += (uint64_t)((uint128)w * power->low >> 64);

    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    int carry = (int)(high >> 63);
    int dropped = 9 + carry;
    uint64_t mantissa = high >> dropped; /* 53 bits and one to round by */
    int biased = number_power_log2((int)q) + carry - zeros + 63 + 1023;
    if (biased <= 0) {
        /* Subnormal: fewer bits. No such w * 10^q is halfway: 5^-q does not divide a 64-bit w. */
        mantissa = 1 - biased < 64 ? mantissa >> (1 - biased) : 0;
        biased = 1;
    } else if (low == 0 && (mantissa & 3) == 1 && mantissa << dropped == high) {
        mantissa--; /* halfway, and it does not just look so (number_table.h): to even */
    }
    mantissa = (mantissa >> 1) + (mantissa & 1);
    /* The leading bit of a normal mantissa, or the carry of its rounding, adds one to the exponent. */
    uint64_t bits = ((uint64_t)(biased - 1) << EXPONENT_BITS_AT) + mantissa;
    return bits < BITS_INFINITY ? bits : BITS_INFINITY;
}

/* Way 3. */
static uint64_t round_long(const struct decimal *decimal)
{
    struct number_decimal all = {
        .text = decimal->text,
        .end = decimal->end,
        .count = decimal->count,
        .exponent = decimal->exponent,
    };
    for (; all.text < all.end && (*all.text == '0' || *all.text == '.'); all.text++)
        all.count -= *all.text == '0';

    uint64_t digits = 0;
    size_t taken = 0;
    for (const char *next = all.text; taken < all.count && taken < DIGITS_SAFE; next++) {
        if (*next == '.')
            continue;
        digits = digits * 10 + (uint64_t)(*next - '0');
        taken++;
    }
    int64_t exponent = all.exponent + (int64_t)(all.count - taken);
    uint64_t lower = round_product(digits, exponent);
    if (taken == all.count || round_product(digits + 1, exponent) == lower)
        return lower;
    return number_exact_round(&all, lower);
}

static inline uint64_t round_decimal(const struct decimal *decimal)
{
    static const double powers[POWER_SAFE + 1] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };
    if (__builtin_expect(decimal->count > DIGITS_SAFE, 0))
        return round_long(decimal);
    int64_t exponent = decimal->exponent;
    bool exact = decimal->digits <= (uint64_t)1 << 53 && exponent >= -POWER_SAFE && exponent <= POWER_SAFE;
    if (!exact)
        return round_product(decimal->digits, exponent);
    double digits = (double)decimal->digits;
    return bits_of(exponent < 0 ? digits / powers[-exponent] : digits * powers[exponent]);
}

const char *number_scan_float(const char *text, const char *end, double *value)
{
    bool negative = text < end && *text == '-';
    bool sign = negative || (text < end && *text == '+');
    struct decimal decimal;
    if (!scan_decimal(text + sign, end, &decimal))
        return NULL;
    const char *next = decimal.end;
    if (next < end && (*next == 'e' || *next == 'E'))
        next = scan_exponent(next, end, &decimal.exponent);
    uint64_t bits = round_decimal(&decimal);
    if (bits >= BITS_INFINITY)
        return NULL;
    *value = double_of(bits | (uint64_t)negative << 63);
    return next;
}

bool number_read_float(const char *text, size_t length, double *value)
{
    double scanned;
    if (!length || number_scan_float(text, text + length, &scanned) != text + length)
        return false;
    *value = scanned;
    return true;
}
