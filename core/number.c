/* number - see number.h; the integers. Floats are in number_read.c and number_write.c. */
#include "core/number.h"

#include "core/number_digits.h"

/* Appends up to 8 digits; returns how many, or -1 if the number no longer fits. */
static inline int append_digits(const char *text, const char *end, uint64_t *value)
{
    uint64_t word = digits_load(text, end);
    int count = digits_count(word);
    if (!count)
        return 0;
    uint64_t part = digits_join(word << (64 - 8 * count));
    if (__builtin_mul_overflow(*value, digits_power[count], value) ||
        __builtin_add_overflow(*value, part, value))
        return -1;
    return count;
}

static const char *scan_digits(const char *text, const char *end, uint64_t *value)
{
    const char *next = text;
    *value = 0;
    int count;
    do {
        count = append_digits(next, end, value);
        if (count < 0)
            return NULL;
        next += count;
    } while (count == 8);
    return next > text ? next : NULL;
}

const char *number_scan_uint(const char *text, const char *end, uint64_t *value)
{
    uint64_t scanned;
    bool sign = text < end && *text == '+';
    const char *next = scan_digits(text + sign, end, &scanned);
    if (next)
        *value = scanned;
    return next;
}

const char *number_scan_int(const char *text, const char *end, int64_t *value)
{
    uint64_t scanned;
    bool negative = text < end && *text == '-';
    bool sign = negative || (text < end && *text == '+');
    const char *next = scan_digits(text + sign, end, &scanned);
    if (!next || scanned > (uint64_t)INT64_MAX + negative)
        return NULL;
    *value = (int64_t)(negative ? 0 - scanned : scanned);
    return next;
}

bool number_read_uint(const char *text, size_t length, uint64_t *value)
{
    uint64_t scanned;
    if (!length || number_scan_uint(text, text + length, &scanned) != text + length)
        return false;
    *value = scanned;
    return true;
}

bool number_read_int(const char *text, size_t length, int64_t *value)
{
    int64_t scanned;
    if (!length || number_scan_int(text, text + length, &scanned) != text + length)
        return false;
    *value = scanned;
    return true;
}

size_t number_write_uint(char out[NUMBER_INT_MAX], uint64_t value)
{
    enum { EIGHT = 100000000 };
    if (value < EIGHT)
        return digits_write(out, (uint32_t)value);
    uint64_t upper = value / EIGHT;
    size_t length = upper < EIGHT ? digits_write(out, (uint32_t)upper)
                                  : digits_write(out, (uint32_t)(upper / EIGHT));
    if (upper >= EIGHT) {
        digits_store(out + length, digits_split((uint32_t)(upper % EIGHT)));
        length += 8;
    }
    digits_store(out + length, digits_split((uint32_t)(value % EIGHT)));
    return length + 8;
}

size_t number_write_int(char out[NUMBER_INT_MAX], int64_t value)
{
    bool negative = value < 0;
    *out = '-';
    return negative + number_write_uint(out + negative, negative ? 0 - (uint64_t)value : (uint64_t)value);
}
