/* moment - see moment.h. */
#include "tests/tools/exchange/moment.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>


static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Reads up to `limit` digits, as far as they fit; how many there were is the answer. */
static size_t read_digits(const char *text, size_t length, size_t limit, int64_t *value)
{
    size_t count = 0;
    *value = 0;
    for (; count < length && count < limit && is_digit(text[count]); count++) {
        int64_t longer;
        if (__builtin_mul_overflow(*value, 10, &longer) ||
            __builtin_add_overflow(longer, text[count] - '0', &longer))
            break;
        *value = longer;
    }
    return count;
}

/* What follows the point, in units of 1/scale; digits finer than that are cut off. */
static size_t read_fraction(const char *text, size_t length, int64_t scale, int64_t *value)
{
    size_t count = 0;
    *value = 0;
    for (; count < length && is_digit(text[count]); count++) {
        scale /= 10;
        *value += scale * (text[count] - '0');
    }
    return count;
}

static int64_t scale_of(int64_t whole)
{
    if (whole < 100000000000)
        return MOMENT_SECOND;
    if (whole < 100000000000000)
        return MOMENT_MILLI;
    return whole < 100000000000000000 ? MOMENT_MICRO : 1;
}

static bool parse_number(const char *text, size_t length, int64_t *time)
{
    int64_t whole, fraction = 0, scaled;
    size_t at = read_digits(text, length, length, &whole);
    if (at > 0 && at < length && text[at] == '.')
        at += 1 + read_fraction(text + at + 1, length - at - 1, scale_of(whole), &fraction);
    if (at == 0 || at != length || __builtin_mul_overflow(whole, scale_of(whole), &scaled))
        return false;
    return !__builtin_add_overflow(scaled, fraction, time);
}

/* "", "Z", "+08:00" or "-05:30" */
static bool parse_zone(const char *text, size_t length, int64_t *seconds)
{
    *seconds = 0;
    if (length == 0 || (length == 1 && (*text == 'Z' || *text == 'z')))
        return true;
    int64_t hours, minutes;
    if (length != 6 || (*text != '+' && *text != '-') || text[3] != ':')
        return false;
    if (read_digits(text + 1, 2, 2, &hours) != 2 || read_digits(text + 4, 2, 2, &minutes) != 2)
        return false;
    *seconds = (hours * 60 + minutes) * 60 * (*text == '-' ? -1 : 1);
    return true;
}

static bool parse_rfc3339(const char *text, size_t length, int64_t *time)
{
    static const char shape[] = "0000-00-00T00:00:00";
    enum { LENGTH = sizeof shape - 1 };
    int64_t part[6] = {0};
    size_t index = 0;
    for (size_t at = 0; at < LENGTH; at++) {
        if (at >= length)
            return false;
        bool separator = shape[at] != '0';
        if (separator ? text[at] != shape[at] && !(at == 10 && text[at] == ' ') : !is_digit(text[at]))
            return false;
        if (separator)
            index++;
        else
            part[index] = part[index] * 10 + (text[at] - '0');
    }
    size_t at = LENGTH;
    int64_t fraction = 0, zone;
    if (at < length && text[at] == '.')
        at += 1 + read_fraction(text + at + 1, length - at - 1, MOMENT_SECOND, &fraction);
    if (!parse_zone(text + at, length - at, &zone) || part[0] < 1970 || part[0] > 2261)
        return false;
    struct tm tm = {.tm_year = (int)part[0] - 1900, .tm_mon = (int)part[1] - 1, .tm_mday = (int)part[2],
                    .tm_hour = (int)part[3], .tm_min = (int)part[4], .tm_sec = (int)part[5]};
    *time = ((int64_t)timegm(&tm) - zone) * MOMENT_SECOND + fraction;
    return true;
}

bool moment_parse(const char *text, size_t length, int64_t *time, struct error *err)
{
    if (parse_number(text, length, time) || parse_rfc3339(text, length, time))
        return true;
    return error_set(err, "'%.*s' is not a time (unix seconds, ms, us, ns, or RFC 3339)", (int)length, text);
}

bool moment_parse_duration(const char *text, int64_t *duration, struct error *err)
{
    static const struct {
        const char *name;
        double nanoseconds;
    } units[] = {
        {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9},
    };
    char *end;
    double value = strtod(text, &end);
    if (is_digit(*text) && value == 0 && !*end) {
        *duration = 0;
        return true;
    }
    for (size_t i = 0; is_digit(*text) && i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].name) == 0 && value * units[i].nanoseconds < 9e18) {
            *duration = (int64_t)(value * units[i].nanoseconds);
            return true;
        }
    return error_set(err, "'%s' is not a duration such as 250ms, 20s, 1m or 24h", text);
}

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * MOMENT_SECOND + now.tv_nsec;
}

int64_t moment_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t moment_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}
