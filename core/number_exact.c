/* number_exact - see number_exact.h. The double `lower` is m * 2^x; the number is D * 10^e. Which side
 * of the halfway point (2m + 1) * 2^(x-1) it lies on is asked of two big integers,
 *
 *     D * 5^e * 2^(e-x+1)  :  2m + 1        (negative powers go to the other side)
 *
 * A halfway point has at most 768 digits, so a number's digits behind the 800th matter only by being
 * something or nothing: one digit 1 stands for them. The two sides are nearly equal, so neither is much
 * larger than 10^801, the longest D: 2816 bits hold both.
 */
#include "core/number_exact.h"

#include <assert.h>
#include <stdbool.h>

#include "core/number_digits.h"

enum { LIMBS = 44, DIGITS_KEPT = 800, FIVE_STEP = 27 };

struct big {
    int      count;        /* limbs in use */
    uint64_t limb[LIMBS];  /* least first; those not in use are 0 */
};

static void big_multiply_add(struct big *big, uint64_t factor, uint64_t carry)
{
    for (int i = 0; i < big->count; i++) {
        uint128 product = (uint128)big->limb[i] * factor + carry;
        big->limb[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
    if (carry) {
        assert(big->count < LIMBS);
        big->limb[big->count++] = carry;
    }
}

static void big_multiply_five(struct big *big, int64_t power)
{
    const uint64_t step = 7450580596923828125u; /* 5^27, the largest in 64 bits */
    for (; power >= FIVE_STEP; power -= FIVE_STEP)
        big_multiply_add(big, step, 0);
    for (; power > 0; power--)
        big_multiply_add(big, 5, 0);
}

static void big_multiply_two(struct big *big, int64_t power)
{
    for (; power >= 63; power -= 63)
        big_multiply_add(big, (uint64_t)1 << 63, 0);
    big_multiply_add(big, (uint64_t)1 << power, 0);
}

/* Less than, equal to or greater than 0, as a is less than, equal to or greater than b. */
static int big_compare(const struct big *a, const struct big *b)
{
    int count = a->count > b->count ? a->count : b->count;
    for (int i = count - 1; i >= 0; i--)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* Takes `count` digits from the text; returns where it stopped. */
static const char *big_take(struct big *big, const char *text, size_t count)
{
    while (count) {
        uint64_t part = 0;
        size_t taken = 0;
        for (; taken < count && taken < 19; text++) {
            if (*text == '.')
                continue;
            part = part * 10 + (uint64_t)(*text - '0');
            taken++;
        }
        big_multiply_add(big, digits_power[taken], part);
        count -= taken;
    }
    return text;
}

static bool any_digit(const char *text, const char *end)
{
    for (; text < end; text++)
        if (*text != '0' && *text != '.')
            return true;
    return false;
}

/* D; returns the e that goes with it. */
static int64_t big_read(struct big *big, const struct number_decimal *decimal)
{
    if (decimal->count <= DIGITS_KEPT) {
        big_take(big, decimal->text, decimal->count);
        return decimal->exponent;
    }
    const char *rest = big_take(big, decimal->text, DIGITS_KEPT);
    int64_t exponent = decimal->exponent + (int64_t)(decimal->count - DIGITS_KEPT);
    if (!any_digit(rest, decimal->end))
        return exponent;
    big_multiply_add(big, 10, 1);
    return exponent - 1;
}

uint64_t number_exact_round(const struct number_decimal *decimal, uint64_t lower)
{
    struct big number = {0}, halfway = {0};
    int64_t exponent = big_read(&number, decimal);

    uint64_t biased = lower >> 52, fraction = lower & (((uint64_t)1 << 52) - 1);
    uint64_t mantissa = biased ? fraction | (uint64_t)1 << 52 : fraction;
    big_multiply_add(&halfway, 0, 2 * mantissa + 1);
    int64_t halfway_power = (biased ? (int64_t)biased : 1) - 1075 - 1;

    if (exponent >= 0)
        big_multiply_five(&number, exponent);
    else
        big_multiply_five(&halfway, -exponent);
    if (exponent >= halfway_power)
        big_multiply_two(&number, exponent - halfway_power);
    else
        big_multiply_two(&halfway, halfway_power - exponent);

    int side = big_compare(&number, &halfway);
    return side > 0 || (side == 0 && (lower & 1)) ? lower + 1 : lower;
}
