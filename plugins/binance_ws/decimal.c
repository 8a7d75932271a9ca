/* decimal - see decimal.h.
 *
 * Nearly all numbers of a market fit the fast way (Clinger 1990): a mantissa up to 2^53 and a power of
 * ten up to 10^22 are exact doubles, so that their quotient is rounded once, which is correct.
 * strtod does the rest. */
#include "plugins/binance_ws/decimal.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DECIMALS = 22 };

static const uint64_t LARGEST_EXACT = UINT64_C(1) << 53;

static const double powers[MOST_DECIMALS + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

/* The end of the digits at `text`, and of those that count: without zeros at the end of the fraction. */
static const char *find_end(const char *text, const char **counting)
{
    static const char digits[] = "0123456789";
    size_t whole = strspn(text, digits);
    const char *end = *counting = text + whole;
    if (*end != '.')
        return whole ? end : NULL;
    size_t fraction = strspn(end + 1, digits);
    if (!whole || !fraction)
        return NULL;
    end += 1 + fraction;
    for (*counting = end; (*counting)[-1] == '0';)
        (*counting)--;
    return end;
}

bool decimal_read(const char *text, locale_t c_locale, double *value)
{
    bool negative = *text == '-';
    const char *counting, *end = find_end(text + negative, &counting), *point = counting;
    if (!end || *end)
        return false;
    uint64_t mantissa = 0;
    for (const char *at = text + negative; at < counting && mantissa <= LARGEST_EXACT; at++) {
        if (*at == '.')
            point = at + 1;
        else
            mantissa = mantissa * 10 + (uint64_t)(*at - '0');
    }
    if (mantissa > LARGEST_EXACT || counting - point > MOST_DECIMALS) {
        double read = strtod_l(text, NULL, c_locale);
        *value = isfinite(read) ? read : *value;
        return isfinite(read);
    }
    double number = (double)mantissa / powers[counting - point];
    *value = negative ? -number : number;
    return true;
}
