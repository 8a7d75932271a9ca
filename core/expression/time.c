/* expression_time - timestamps and durations: as text, and their parts. The calendar is the Gregorian one,
 * in UTC or at a fixed distance from it. */
#include "core/expression/functions.h"

#include "core/number.h"

#include <stdio.h>
#include <string.h>

enum { DAY = 86400, NANOS = 1000000000, ERA_DAYS = 146097 /* of 400 years */, EPOCH_DAYS = 719468 };

bool expression_in_time(int64_t seconds)
{
    return seconds >= INT64_C(-62135596800) && seconds <= INT64_C(253402300799);
}

/* ---- The calendar: years begin in March, so that the leap day is the last of its year; day 0 is
 * 0000-03-01. See howardhinnant.github.io/date_algorithms.html ---- */

struct date {
    int64_t year;
    int     month, day; /* from 1 on */
};

static int64_t days_of(struct date date)
{
    int64_t year = date.year - (date.month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400, year_of_era = year - era * 400;
    int64_t day_of_year = (153 * ((date.month + 9) % 12) + 2) / 5 + date.day - 1;
    return era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
         - EPOCH_DAYS;
}

static struct date date_of(int64_t days)
{
    days += EPOCH_DAYS;
    int64_t era = (days >= 0 ? days : days - ERA_DAYS + 1) / ERA_DAYS, day_of_era = days - era * ERA_DAYS;
    int64_t year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    return (struct date){ .year = year + era * 400 + (month >= 10),
                          .month = (int)(month < 10 ? month + 3 : month - 9),
                          .day = (int)(day_of_year - (153 * month + 2) / 5 + 1) };
}

static int64_t floor_days(int64_t seconds)
{
    return (seconds >= 0 ? seconds : seconds - DAY + 1) / DAY;
}

/* ---- Text to time ---- */

struct cursor {
    const char *at, *end;
};

static bool take(struct cursor *cursor, char c)
{
    if (cursor->at == cursor->end || *cursor->at != c)
        return false;
    cursor->at++;
    return true;
}

static bool take_number(struct cursor *cursor, int digits, int least, int most, int *number)
{
    *number = 0;
    for (; digits > 0; digits--, cursor->at++) {
        if (cursor->at == cursor->end || *cursor->at < '0' || *cursor->at > '9')
            return false;
        *number = *number * 10 + (*cursor->at - '0');
    }
    return *number >= least && *number <= most;
}

/* Digits behind the point; what is finer than a nanosecond is cut off. */
static bool take_fraction(struct cursor *cursor, int32_t *nanos)
{
    *nanos = 0;
    if (!take(cursor, '.'))
        return true;
    const char *start = cursor->at;
    for (int32_t unit = NANOS / 10; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9';
         cursor->at++, unit /= 10)
        *nanos += (*cursor->at - '0') * unit;
    return cursor->at > start;
}

static bool take_offset(struct cursor *cursor, int *minutes)
{
    *minutes = 0;
    if (take(cursor, 'Z'))
        return true;
    bool west = take(cursor, '-');
    int hour, minute;
    if ((!west && !take(cursor, '+')) || !take_number(cursor, 2, 0, 23, &hour) || !take(cursor, ':')
        || !take_number(cursor, 2, 0, 59, &minute))
        return false;
    *minutes = (west ? -1 : 1) * (hour * 60 + minute);
    return true;
}

bool expression_read_timestamp(const char *text, size_t length, struct expression_value *value)
{
    struct cursor cursor = { text, text + length };
    int year, month, day, hour, minute, second, offset;
    int32_t nanos;
    if (!take_number(&cursor, 4, 0, 9999, &year) || !take(&cursor, '-')
        || !take_number(&cursor, 2, 1, 12, &month) || !take(&cursor, '-')
        || !take_number(&cursor, 2, 1, 31, &day) || !take(&cursor, 'T')
        || !take_number(&cursor, 2, 0, 23, &hour) || !take(&cursor, ':')
        || !take_number(&cursor, 2, 0, 59, &minute) || !take(&cursor, ':')
        || !take_number(&cursor, 2, 0, 59, &second) || !take_fraction(&cursor, &nanos)
        || !take_offset(&cursor, &offset) || cursor.at < cursor.end)
        return false;
    struct date date = { .year = year, .month = month, .day = day };
    int64_t days = days_of(date);
    if (date_of(days).day != day) /* February 30 */
        return false;
    int64_t seconds = days * DAY + hour * 3600 + (minute - offset) * 60 + second;
    *value = (struct expression_value){ .kind = KIND_TIMESTAMP, .i = seconds, .nanos = nanos };
    return expression_in_time(seconds);
}

static bool take_unit(struct cursor *cursor, int64_t *ns)
{
    static const struct { const char *name; int64_t ns; } units[] = {
        { "ns", 1 }, { "us", 1000 }, { "\xc2\xb5s", 1000 }, { "\xce\xbcs", 1000 }, { "ms", 1000000 },
        { "s", NANOS }, { "m", INT64_C(60) * NANOS }, { "h", INT64_C(3600) * NANOS },
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i].name);
        if ((size_t)(cursor->end - cursor->at) >= length && memcmp(cursor->at, units[i].name, length) == 0) {
            cursor->at += length;
            *ns = units[i].ns;
            return true;
        }
    }
    return false;
}

/* "1.5h": adds it to *sum. */
static bool take_part(struct cursor *cursor, int64_t *sum)
{
    const char *start = cursor->at;
    int64_t whole = 0, part = 0, scale = 1, unit;
    for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++)
        if (__builtin_mul_overflow(whole, 10, &whole)
            || __builtin_add_overflow(whole, *cursor->at - '0', &whole))
            return false;
    size_t digits = (size_t)(cursor->at - start);
    if (take(cursor, '.'))
        for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++, digits++)
            if (scale <= INT64_MAX / 100) { /* finer digits are too small to count */
                part = part * 10 + (*cursor->at - '0');
                scale *= 10;
            }
    if (digits == 0 || !take_unit(cursor, &unit))
        return false;
    int64_t fraction = (int64_t)((double)part * ((double)unit / (double)scale));
    return !__builtin_mul_overflow(whole, unit, &whole) && !__builtin_add_overflow(whole, fraction, &whole)
        && !__builtin_add_overflow(*sum, whole, sum);
}

bool expression_read_duration(const char *text, size_t length, int64_t *ns)
{
    struct cursor cursor = { text, text + length };
    bool negative = take(&cursor, '-');
    if (!negative)
        take(&cursor, '+');
    *ns = 0;
    if (cursor.end - cursor.at == 1 && *cursor.at == '0')
        return true;
    if (cursor.at == cursor.end)
        return false;
    while (cursor.at < cursor.end)
        if (!take_part(&cursor, ns))
            return false;
    *ns = negative ? -*ns : *ns;
    return true;
}

bool expression_read_zone(const char *text, size_t length, int *minutes)
{
    *minutes = 0;
    if (length == 0 || (length == 3 && memcmp(text, "UTC", 3) == 0))
        return true;
    struct cursor cursor = { text, text + length };
    bool signed_ = length > 0 && (*text == '+' || *text == '-');
    int hour, minute;
    cursor.at += signed_;
    if (!take_number(&cursor, 2, 0, 23, &hour) || !take(&cursor, ':')
        || !take_number(&cursor, 2, 0, 59, &minute))
        return false;
    *minutes = (*text == '-' ? -1 : 1) * (hour * 60 + minute);
    return cursor.at == cursor.end;
}

/* ---- Time to text ---- */

size_t expression_write_timestamp(char out[EXPRESSION_TIMESTAMP_MAX], const struct expression_value *value)
{
    int64_t days = floor_days(value->i), second = value->i - days * DAY;
    struct date date = date_of(days);
    int length = snprintf(out, EXPRESSION_TIMESTAMP_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", (int)date.year,
                          date.month, date.day, (int)(second / 3600), (int)(second / 60 % 60),
                          (int)(second % 60));
    if (value->nanos) {
        length += snprintf(out + length, EXPRESSION_TIMESTAMP_MAX - (size_t)length, ".%09d",
                           (int)value->nanos);
        while (out[length - 1] == '0')
            length--;
    }
    out[length] = 'Z';
    return (size_t)length + 1;
}

/* ---- Parts ---- */

enum part {
    YEAR, MONTH, DATE, DAY_OF_MONTH, DAY_OF_WEEK, DAY_OF_YEAR, HOURS, MINUTES, SECONDS, MILLISECONDS,
};

static int64_t part_of(const struct expression_value *time, int minutes_east, enum part part)
{
    int64_t seconds = time->i + minutes_east * 60, days = floor_days(seconds), second = seconds - days * DAY;
    struct date date = date_of(days);
    switch (part) {
    case YEAR:         return date.year;
    case MONTH:        return date.month - 1;
    case DATE:         return date.day;
    case DAY_OF_MONTH: return date.day - 1;
    case DAY_OF_WEEK:  return ((days + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday; Sunday is 0 */
    case DAY_OF_YEAR:  return days - days_of((struct date){ .year = date.year, .month = 1, .day = 1 });
    case HOURS:        return second / 3600;
    case MINUTES:      return second / 60 % 60;
    case SECONDS:      return second % 60;
    case MILLISECONDS: return time->nanos / 1000000;
    }
    return 0;
}

static struct expression_value zoned_part(const struct expression_value *args, enum part part)
{
    int minutes = 0;
    if (args[1].kind == KIND_STRING
        && !expression_read_zone(args[1].text.data, args[1].text.length, &minutes))
        return expression_error("unknown time zone: only UTC and +hh:mm are known", NULL);
    return expression_int(part_of(&args[0], minutes, part));
}
static struct expression_value get_full_year(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return zoned_part(args, YEAR);
}

static struct expression_value get_month(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return zoned_part(args, MONTH);
}

static struct expression_value get_date(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return zoned_part(args, DATE);
}

static struct expression_value get_day_of_month(struct expression_run *run,
                                                const struct expression_value *args)
{
    (void)run;
    return zoned_part(args, DAY_OF_MONTH);
}

static struct expression_value get_day_of_week(struct expression_run *run,
                                               const struct expression_value *args)
{
    (void)run;
    return zoned_part(args, DAY_OF_WEEK);
}

static struct expression_value get_day_of_year(struct expression_run *run,
                                               const struct expression_value *args)
{
    (void)run;
    return zoned_part(args, DAY_OF_YEAR);
}

static struct expression_value get_hours(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return args[0].kind == KIND_DURATION ? expression_int(args[0].i / NANOS / 3600) : zoned_part(args, HOURS);
}

static struct expression_value get_minutes(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return args[0].kind == KIND_DURATION ? expression_int(args[0].i / NANOS / 60) : zoned_part(args, MINUTES);
}

static struct expression_value get_seconds(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return args[0].kind == KIND_DURATION ? expression_int(args[0].i / NANOS) : zoned_part(args, SECONDS);
}

static struct expression_value get_milliseconds(struct expression_run *run,
                                                const struct expression_value *args)
{
    (void)run;
    return args[0].kind == KIND_DURATION ? expression_int(args[0].i / 1000000)
                                         : zoned_part(args, MILLISECONDS);
}

const struct expression_overload expression_times[] = {
    { "getFullYear", true, { KIND_TIMESTAMP }, KIND_INT, get_full_year, false },
    { "getFullYear", true, { KIND_TIMESTAMP, KIND_STRING }, KIND_INT, get_full_year, false },
    { "getMonth", true, { KIND_TIMESTAMP }, KIND_INT, get_month, false },
    { "getMonth", true, { KIND_TIMESTAMP, KIND_STRING }, KIND_INT, get_month, false },
    { "getDate", true, { KIND_TIMESTAMP }, KIND_INT, get_date, false },
    { "getDate", true, { KIND_TIMESTAMP, KIND_STRING }, KIND_INT, get_date, false },
    { "getDayOfMonth", true, { KIND_TIMESTAMP }, KIND_INT, get_day_of_month, false },
    { "getDayOfMonth", true, { KIND_TIMESTAMP, KIND_STRING }, KIND_INT, get_day_of_month, false },
    { "getDayOfWeek", true, { KIND_TIMESTAMP }, KIND_INT, get_day_of_week, false },
    { "getDayOfWeek", true, { KIND_TIMESTAMP, KIND_STRING }, KIND_INT, get_day_of_week, false },
    { "getDayOfYear", true, { KIND_TIMESTAMP }, KIND_INT, get_day_of_year, false },
    { "getDayOfYear", true, { KIND_TIMESTAMP, KIND_STRING }, KIND_INT, get_day_of_year, false },
    { "getHours", true, { KIND_TIMESTAMP }, KIND_INT, get_hours, false },
    { "getHours", true, { KIND_TIMESTAMP, KIND_STRING }, KIND_INT, get_hours, false },
    { "getHours", true, { KIND_DURATION }, KIND_INT, get_hours, false },
    { "getMinutes", true, { KIND_TIMESTAMP }, KIND_INT, get_minutes, false },
    { "getMinutes", true, { KIND_TIMESTAMP, KIND_STRING }, KIND_INT, get_minutes, false },
    { "getMinutes", true, { KIND_DURATION }, KIND_INT, get_minutes, false },
    { "getSeconds", true, { KIND_TIMESTAMP }, KIND_INT, get_seconds, false },
    { "getSeconds", true, { KIND_TIMESTAMP, KIND_STRING }, KIND_INT, get_seconds, false },
    { "getSeconds", true, { KIND_DURATION }, KIND_INT, get_seconds, false },
    { "getMilliseconds", true, { KIND_TIMESTAMP }, KIND_INT, get_milliseconds, false },
    { "getMilliseconds", true, { KIND_TIMESTAMP, KIND_STRING }, KIND_INT, get_milliseconds, false },
    { "getMilliseconds", true, { KIND_DURATION }, KIND_INT, get_milliseconds, false },
    { 0 }
};
