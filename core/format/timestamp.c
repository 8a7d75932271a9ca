/* timestamp - see timestamp.h. Numbers are read exactly: the digits behind the point as they stand, so that
 * 1648522311.673 seconds are 1648522311673000000 ns; a double, and a text with an exponent, by its
 * mantissa in 128 bits, so that no rounding of a product comes between. */
#include "core/format/timestamp.h"

#include "core/alloc.h"
#include "core/format/layout.h"
#include "core/format/zone.h"
#include "core/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

__extension__ typedef __int128 int128;

struct timestamp_format {
    int64_t        unit; /* ns of the number 1; 0: a layout */
    struct layout *layout;
    struct zone   *zone;
};

static const struct { const char *name; int64_t unit; } units[] = {
    { "unix", 1000000000 }, { "unix_ms", 1000000 }, { "unix_us", 1000 }, { "unix_ns", 1 },
};

static const struct { const char *name, *layout; } names[] = {
    { "ANSIC", "Mon Jan _2 15:04:05 2006" },
    { "UnixDate", "Mon Jan _2 15:04:05 MST 2006" },
    { "RubyDate", "Mon Jan 02 15:04:05 -0700 2006" },
    { "RFC822", "02 Jan 06 15:04 MST" },
    { "RFC822Z", "02 Jan 06 15:04 -0700" },
    { "RFC850", "Monday, 02-Jan-06 15:04:05 MST" },
    { "RFC1123", "Mon, 02 Jan 2006 15:04:05 MST" },
    { "RFC1123Z", "Mon, 02 Jan 2006 15:04:05 -0700" },
    { "RFC3339", "2006-01-02T15:04:05Z07:00" },
    { "RFC3339Nano", "2006-01-02T15:04:05.999999999Z07:00" },
};

static int64_t unit_of(const char *text)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].name, text) == 0)
            return units[i].unit;
    return 0;
}

static const char *layout_of(const char *text)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(names[i].name, text) == 0)
            return names[i].layout;
    return text;
}

struct timestamp_format *timestamp_format_new(const char *text, struct error *err)
{
    struct timestamp_format *format = alloc_zero(sizeof *format);
    format->unit = unit_of(text);
    if (!format->unit)
        format->layout = layout_new(layout_of(text));
    if (format->unit || layout_has_parts(format->layout))
        return format;
    timestamp_format_free(format);
    error_set(err, "\"%s\" is no time format: unix, unix_ms, unix_us, unix_ns, RFC3339 or a layout such as "
                   "\"2006-01-02 15:04:05\"", text);
    return NULL;
}

bool timestamp_set_zone(struct timestamp_format *format, const char *name, struct error *err)
{
    zone_free(format->zone);
    format->zone = zone_new(name, err);
    return format->zone != NULL;
}

void timestamp_format_free(struct timestamp_format *format)
{
    if (!format)
        return;
    layout_free(format->layout);
    zone_free(format->zone);
    free(format);
}

bool timestamp_can_read(const struct timestamp_format *format)
{
    return format->unit || layout_has_year(format->layout);
}

/* ---- Reading ---- */

static bool settle(int128 ns, int64_t *time)
{
    if (ns <= INT64_MIN || ns > INT64_MAX)
        return false;
    *time = (int64_t)ns;
    return true;
}

static bool read_double(int64_t unit, double value, int64_t *time)
{
    int exponent;
    int64_t mantissa = (int64_t)ldexp(frexp(value, &exponent), 53); /* value = mantissa * 2^(exponent - 53) */
    int128 product = (int128)mantissa * unit;
    int shift = exponent - 53;
    if (shift > 10) /* beyond 2^63 in any unit */
        return false;
    if (shift > 0)
        return settle(product * ((int128)1 << shift), time);
    return settle(shift < -120 ? -(value < 0) : product >> -shift, time); /* towards the past */
}

/* Digits, a point or comma and more digits. The part of a nanosecond that is left over counts for times
 * before 1970, which lie further in the past for it. */
static bool read_decimal(int64_t unit, const char *text, size_t length, int64_t *time)
{
    const char *end = text + length;
    bool negative = text < end && *text == '-';
    text += negative || (text < end && *text == '+');
    uint64_t whole;
    const char *next = number_scan_uint(text, end, &whole);
    if (!next || *text == '+')
        return false;
    int128 ns = (int128)whole * unit;
    bool rest = false;
    if (next < end && (*next == '.' || *next == ',')) {
        for (next++; next < end && *next >= '0' && *next <= '9'; next++) {
            rest = rest || (unit <= 1 && *next != '0');
            unit /= 10;
            ns += (*next - '0') * unit;
        }
    }
    return next == end && settle(negative ? -ns - rest : ns, time);
}

bool timestamp_read(const struct timestamp_format *format, const char *text, size_t length, int64_t *time)
{
    double value;
    if (!format->unit)
        return layout_read(format->layout, format->zone, text, length, time);
    if (read_decimal(format->unit, text, length, time))
        return true;
    bool exponent = memchr(text, 'e', length) || memchr(text, 'E', length);
    return exponent && number_read_float(text, length, &value) && read_double(format->unit, value, time);
}

/* ---- Writing ---- */

void timestamp_write(const struct timestamp_format *format, int64_t time, struct vane_text *out)
{
    if (!format->unit) {
        layout_write(format->layout, time, out);
        return;
    }
    char text[NUMBER_INT_MAX];
    int64_t value = time / format->unit - (time % format->unit < 0);
    vane_text_add(out, text, number_write_int(text, value));
}
