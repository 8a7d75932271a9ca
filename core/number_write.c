/* number_write - see number.h; double to text, in two steps.
 *
 * The digits come from Schubfach (Giulietti, "The Schubfach way to render doubles", 2020; compare Adams,
 * "Ryu revisited", 2019). A double v = c * 2^q reads back from all between (c - 1/2) 2^q and (c + 1/2) 2^q,
 * the ends included if c is even. With 10^k <= 2^q < 10^(k+1) at most one multiple of 10^(k+1) lies in there
 * (pigeonhole: Schubfach); if there is one it has the fewest digits, else the multiple of 10^k nearest to v
 * has. Both are found by comparing 4 v 10^-k and the same of the ends with multiples of 2 and 4, for which
 * integers will do whose last bit also says "and a little more" (rounding to odd).
 *
 * The text is laid out eight digits at a time, with stores that overlap (number_digits.h).
 */
#include "core/number.h"

#include <assert.h>
#include <float.h>
#include <limits.h>
#include <math.h>

#include "core/number_digits.h"
#include "core/number_table.h"

_Static_assert(FLT_EVAL_METHOD == 0, "the quick way needs operations that round to double, once");

enum { DIGITS = 17 };

/* digits * 10^exponent */
struct decimal {
    uint64_t digits;
    int      exponent;
};

/* 0.DDDD... * 10^point, laid out: first digit in the lowest byte, not 0. */
struct layout {
    uint64_t first, second; /* digits 0..7, 8..15 */
    char     last;          /* digit 16, as text */
    int      count;         /* of digits without the zeros at the end */
    int      point;
};

/* floor(c * g / 2^128), made odd if that is not exact. */
static inline uint64_t scale_odd(const struct number_power *power, uint64_t c)
{
    uint128 low = (uint128)c * power->low;
    uint128 high = (uint128)c * power->high + (uint64_t)(low >> 64);
    return (uint64_t)(high >> 64) | ((uint64_t)high != 0);
}

/* The shortest decimal in the interval of a positive double. */
static inline struct decimal shortest(uint64_t bits)
{
    int biased = (int)(bits >> 52);
    uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);
    uint64_t c = biased ? fraction | (uint64_t)1 << 52 : fraction;
    int q = (biased ? biased : 1) - 1075;
    /* A power of two has its lower neighbour at half the distance. */
    bool nearer = fraction == 0 && biased > 1;

    int k = (q * 1262611 - (nearer ? 524031 : 0)) >> 22; /* floor of log10(2^q), or of log10(3/4 2^q) */
    /* x 2^q 10^-k = (x << shift) g / 2^128; shift is 0..4. */
    const struct number_power *power = number_power(-k);
    int shift = q + number_power_log2(-k) + 1;
    uint64_t value = scale_odd(power, 4 * c << shift);
    uint64_t least = scale_odd(power, (4 * c - 2 + nearer) << shift) + (c & 1);
    uint64_t most = scale_odd(power, (4 * c + 2) << shift) - (c & 1);

    uint64_t ones = value / 4, tens = ones / 10;
    bool below = least <= 40 * tens, above = 40 * tens + 40 <= most;
    if (below != above)
        return (struct decimal){.digits = tens + above, .exponent = k + 1};
    below = least <= 4 * ones;
    above = 4 * ones + 4 <= most;
    if (below == above) {
        uint64_t middle = 4 * ones + 2;
        above = value > middle || (value == middle && (ones & 1));
    }
    return (struct decimal){.digits = ones + above, .exponent = k};
}

static inline int count_digits(uint64_t value)
{
    int least = (64 - __builtin_clzll(value)) * 1233 >> 12; /* log10(2) = 1233/4096 */
    return least + (value >= digits_power[least]);
}

static inline struct layout lay_out(struct decimal decimal)
{
    int count = count_digits(decimal.digits);
    uint64_t digits = decimal.digits * digits_power[DIGITS - count];
    uint32_t first = (uint32_t)(digits / 1000000000), rest = (uint32_t)(digits % 1000000000);
    struct layout layout = {
        .first = digits_split(first),
        .second = digits_split(rest / 10),
        .last = (char)('0' + rest % 10),
        .count = DIGITS,
        .point = decimal.exponent + count,
    };
    if (layout.last == '0')
        layout.count = layout.second ? 16 - (__builtin_clzll(layout.second) >> 3)
                                     : 8 - (__builtin_clzll(layout.first) >> 3);
    return layout;
}

/* All 17 digits. */
static inline void put_digits(char *out, const struct layout *layout)
{
    digits_store(out, layout->first);
    digits_store(out + 8, layout->second);
    out[16] = layout->last;
}

/* All 17 digits with a point behind the first 1..15: all of them one place to the right, then over
 * them those before the point in their own, up to the word that holds the point. */
static inline void put_with_point(char *out, const struct layout *layout, int point)
{
    put_digits(out + 1, layout);
    uint64_t word = layout->first;
    if (point >= 8) {
        digits_store(out, layout->first);
        out += 8;
        word = layout->second;
        point -= 8;
    }
    word |= DIGITS_ASCII;
    uint64_t before = ((uint64_t)1 << 8 * point) - 1;
    word = (word & before) | (uint64_t)'.' << 8 * point | (word & ~before) << 8;
    memcpy(out, &word, 8);
}

static inline size_t put_positional(char *out, const struct layout *layout)
{
    int point = layout->point, count = layout->count;
    if (point <= 0) {
        memset(out, '0', 8);
        if (point < -6)
            memset(out + 8, '0', (size_t)(-6 - point));
        out[1] = '.';
        put_digits(out + 2 - point, layout);
        return (size_t)(2 - point + count);
    }
    if (point < count && point < 16) {
        put_with_point(out, layout, point);
        return (size_t)(count + 1);
    }
    put_digits(out, layout);
    if (point < count) { /* 16 < 17 */
        out[17] = out[16];
        out[16] = '.';
        return 18;
    }
    if (point > DIGITS)
        memset(out + DIGITS, '0', (size_t)(point - DIGITS));
    return (size_t)point;
}

static size_t put_exponent(char *out, const struct layout *layout)
{
    put_with_point(out, layout, 1);
    size_t length = layout->count > 1 ? (size_t)layout->count + 1 : 1;
    int exponent = layout->point - 1;
    out[length++] = 'e';
    out[length++] = exponent < 0 ? '-' : '+';
    return length + number_write_uint(out + length, (uint64_t)(exponent < 0 ? -exponent : exponent));
}

/* The quick way: writes a positive `value` if it is a whole number, or if up to 15 digits with 8 behind the
 * point read back to it; else returns 0. No two decimals of up to 15 digits are the same double (DBL_DIG),
 * so this one is the shortest. digits / 10^8 is what reading does: division of two doubles, rounded once. */
static inline size_t put_plain(char *out, double value)
{
    enum { SCALE = 100000000 };
    if (value < 1e-6 || value > 0x1p53)
        return 0;
    if (value >= 1e7)
        return (double)(uint64_t)value == value ? number_write_uint(out, (uint64_t)value) : 0;
    uint64_t digits = (uint64_t)(value * SCALE + 0.5);
    if ((double)digits / SCALE != value)
        return 0;
    uint32_t fraction = (uint32_t)(digits % SCALE);
    size_t length = digits_write(out, (uint32_t)(digits / SCALE));
    if (!fraction)
        return length;
    uint64_t word = digits_split(fraction);
    out[length] = '.';
    digits_store(out + length + 1, word);
    return length + 9 - (size_t)(__builtin_clzll(word) >> 3);
}

static inline size_t write_float(char *out, double value, int least_point, int most_point)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    size_t sign = bits >> 63;
    bits &= ~((uint64_t)1 << 63);
    assert(bits >> 52 != 2047);
    *out = '-';
    out += sign;
    if (!bits) {
        *out = '0';
        return sign + 1;
    }
    size_t length = put_plain(out, fabs(value));
    if (length)
        return sign + length;
    struct layout layout = lay_out(shortest(bits));
    bool positional = layout.point >= least_point && layout.point <= most_point;
    return sign + (positional ? put_positional(out, &layout) : put_exponent(out, &layout));
}

size_t number_write_float(char out[NUMBER_MAX], double value)
{
    return write_float(out, value, INT_MIN, INT_MAX);
}

size_t number_write_float_exp(char out[NUMBER_EXP_MAX], double value)
{
    return write_float(out, value, -5, 21);
}
