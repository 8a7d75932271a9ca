/* quantity - see quantity.h. All in integers: 0.1s is 100000000 ns, not nearly so. */
#include "config/quantity.h"

#include <inttypes.h>

/* Largest first, so that a writer finds the shortest form; of equal ones the first is written. */
struct unit {
    const char *name;
    uint64_t    value;
};

static const struct unit duration_units[] = {
    { "w", 604800000000000 }, { "d", 86400000000000 }, { "h", 3600000000000 }, { "m", 60000000000 },
    { "s", 1000000000 },      { "ms", 1000000 },       { "us", 1000 },         { "\u00b5s", 1000 },
    { "\u03bcs", 1000 },      { "ns", 1 },             { NULL, 0 },
};

static const struct unit size_units[] = {
    { "PiB", UINT64_C(1) << 50 }, { "PB", 1000000000000000 }, { "TiB", UINT64_C(1) << 40 },
    { "TB", 1000000000000 },      { "GiB", 1 << 30 },         { "GB", 1000000000 },
    { "MiB", 1 << 20 },           { "MB", 1000000 },          { "KiB", 1 << 10 },
    { "KB", 1000 },               { "kB", 1000 },             { "B", 1 },
    { NULL, 0 },
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static const struct unit *find_unit(const struct unit *units, const char *name, size_t length)
{
    for (; units->name; units++) {
        if (strlen(units->name) == length && memcmp(units->name, name, length) == 0)
            return units;
    }
    return NULL;
}

/* The fraction .d1d2d3 of a unit, by Horner's rule from its last digit on: no step overflows, and what
 * is lost on the way is less than one. */
static uint64_t fraction_of(const char *digits, const char *end, uint64_t unit)
{
    uint64_t part = 0;
    while (end > digits)
        part = ((uint64_t)(*--end - '0') * unit + part) / 10;
    return part;
}

/* Adds the number and unit that start at `p` to `*sum`. Returns where they end, or NULL. A number
 * without a unit has the unit `bare`, 0: there is none. One space may stand before the unit of a size. */
static const char *read_part(const char *p, const char *end, const struct unit *units, uint64_t bare,
                             uint64_t *sum)
{
    const char *digits = p;
    while (p < end && is_digit(*p))
        p++;
    const char *point = p;
    if (p < end && *p == '.')
        p++;
    const char *fraction = p;
    while (p < end && is_digit(*p))
        p++;
    const char *number_end = p;
    if (point == digits && fraction == number_end)
        return NULL;
    p += units == size_units && p < end && *p == ' ';
    const char *name = p;
    while (p < end && !is_digit(*p) && *p != '.')
        p++;
    const struct unit *unit = find_unit(units, name, (size_t)(p - name));
    uint64_t value = unit ? unit->value : p == number_end ? bare : 0;
    if (!value)
        return NULL;
    uint64_t whole = 0;
    for (; digits < point; digits++) {
        if (__builtin_mul_overflow(whole, 10, &whole)
            || __builtin_add_overflow(whole, (uint64_t)(*digits - '0'), &whole))
            return NULL;
    }
    if (__builtin_mul_overflow(whole, value, &whole) || __builtin_add_overflow(*sum, whole, sum)
        || __builtin_add_overflow(*sum, fraction_of(fraction, number_end, value), sum))
        return NULL;
    return p;
}

bool quantity_read_duration(const char *text, size_t length, int64_t *ns)
{
    const char *p = text, *end = text + length;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    uint64_t sum = 0;
    uint64_t bare = 1000000000;
    do {
        p = read_part(p, end, duration_units, bare, &sum);
        bare = 0; /* "1h30" says nothing about the 30 */
    } while (p && p < end);
    if (!p || sum > INT64_MAX)
        return false;
    *ns = negative ? -(int64_t)sum : (int64_t)sum;
    return true;
}

bool quantity_read_size(const char *text, size_t length, uint64_t *bytes)
{
    uint64_t sum = 0;
    const char *end = text + length;
    if (read_part(text, end, size_units, 1, &sum) != end)
        return false;
    *bytes = sum;
    return true;
}

bool quantity_duration_of_seconds(double seconds, int64_t *ns)
{
    double exact = seconds * 1e9;
    if (!(exact > -0x1p63 && exact < 0x1p63 - 1024))
        return false;
    *ns = (int64_t)(exact < 0 ? exact - 0.5 : exact + 0.5);
    return true;
}

static const struct unit *shortest(const struct unit *unit, uint64_t value)
{
    while (value % unit->value != 0)
        unit++;
    return unit;
}

void quantity_write_duration(struct vane_text *out, int64_t ns)
{
    uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    if (!ns) {
        vane_text_addf(out, "0s");
        return;
    }
    const struct unit *unit = shortest(duration_units, size);
    vane_text_addf(out, "%s%" PRIu64 "%s", ns < 0 ? "-" : "", size / unit->value, unit->name);
}

void quantity_write_size(struct vane_text *out, uint64_t bytes)
{
    if (!bytes) {
        vane_text_addf(out, "0B");
        return;
    }
    const struct unit *unit = shortest(size_units, bytes);
    vane_text_addf(out, "%" PRIu64 "%s", bytes / unit->value, unit->name);
}
