/* decimal - see decimal.h. Written two digits at a time: a ticker frame has some 280 digits,
 * and printf would be most of the simulator's work. */
#include "tests/tools/exchange/decimal.h"

#include <string.h>

static const char digit_pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";

static size_t write_unsigned(char *out, uint64_t value)
{
    char reversed[24];
    size_t at = sizeof reversed;
    while (value >= 100) {
        at -= 2;
        memcpy(reversed + at, digit_pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        memcpy(reversed + at, digit_pairs + value * 2, 2);
    } else {
        reversed[--at] = (char)('0' + value);
    }
    memcpy(out, reversed + at, sizeof reversed - at);
    return sizeof reversed - at;
}

static size_t write_fraction(char *out, uint64_t units)
{
    out[0] = '.';
    for (int at = 7; at > 0; at -= 2) {
        memcpy(out + at, digit_pairs + units % 100 * 2, 2);
        units /= 100;
    }
    return 9;
}

size_t decimal_write_int(char *out, int64_t value)
{
    if (value >= 0)
        return write_unsigned(out, (uint64_t)value);
    out[0] = '-';
    return 1 + write_unsigned(out + 1, 0 - (uint64_t)value);
}

size_t decimal_write(char *out, int64_t value)
{
    size_t length = 0;
    uint64_t units = (uint64_t)value;
    if (value < 0) {
        out[length++] = '-';
        units = 0 - units;
    }
    length += write_unsigned(out + length, units / DECIMAL_ONE);
    return length + write_fraction(out + length, units % DECIMAL_ONE);
}

size_t decimal_write_sum(char *out, struct decimal_sum value)
{
    uint64_t whole = (uint64_t)(value.units / DECIMAL_ONE);
    size_t length = write_unsigned(out, whole);
    return length + write_fraction(out + length, (uint64_t)(value.units % DECIMAL_ONE));
}

size_t decimal_write_percent(char *out, int64_t part, int64_t whole)
{
    size_t length = 0;
    if (part < 0)
        out[length++] = '-';
    uint64_t size = part < 0 ? 0 - (uint64_t)part : (uint64_t)part;
    __extension__ unsigned __int128 scaled = size;
    uint64_t thousandths = (uint64_t)((scaled * 100000 + (uint64_t)whole / 2) / (uint64_t)whole);
    length += write_unsigned(out + length, thousandths / 1000);
    uint64_t rest = thousandths % 1000;
    out[length++] = '.';
    out[length++] = (char)('0' + rest / 100);
    memcpy(out + length, digit_pairs + rest % 100 * 2, 2);
    return length + 2;
}

static bool add_digit(int64_t *value, char digit)
{
    return !__builtin_mul_overflow(*value, 10, value) && !__builtin_add_overflow(*value, digit - '0', value);
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Digits with at most one point among them; scaled to units. */
static bool parse_units(const char *text, size_t length, int64_t *units)
{
    *units = 0;
    size_t at = 0;
    for (; at < length && is_digit(text[at]); at++)
        if (!add_digit(units, text[at]))
            return false;
    size_t digits = at;
    if (at < length && text[at] == '.')
        at++;
    int decimals = 0;
    bool half = false;
    for (; at < length && is_digit(text[at]); at++, digits++, decimals++) {
        if (decimals < 8 && !add_digit(units, text[at]))
            return false;
        if (decimals == 8)
            half = text[at] >= '5';
    }
    for (; decimals < 8; decimals++)
        if (!add_digit(units, '0'))
            return false;
    return at == length && digits > 0 && !__builtin_add_overflow(*units, half, units);
}

bool decimal_parse(const char *text, size_t length, int64_t *value, struct error *err)
{
    bool negative = length > 0 && text[0] == '-';
    int64_t units;
    if (!parse_units(text + negative, length - negative, &units))
        return error_set(err, "'%.*s' is not a decimal number below 92 billion", (int)length, text);
    *value = negative ? -units : units;
    return true;
}

int64_t decimal_times(int64_t price, int64_t quantity)
{
    __extension__ __int128 product = price;
    return (int64_t)(product * quantity / DECIMAL_ONE);
}

void decimal_add(struct decimal_sum *sum, int64_t value)
{
    sum->units += (uint64_t)value;
}

void decimal_add_sum(struct decimal_sum *sum, struct decimal_sum other)
{
    sum->units += other.units;
}

int64_t decimal_ratio(struct decimal_sum quote, struct decimal_sum volume)
{
    return volume.units ? (int64_t)(quote.units * DECIMAL_ONE / volume.units) : 0;
}

int64_t decimal_power_below(int64_t value)
{
    int64_t power = 1;
    while (power <= value / 10)
        power *= 10;
    return power;
}
