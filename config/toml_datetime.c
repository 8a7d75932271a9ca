/* toml_datetime - dates and times (RFC 3339), with and without offset. */
#include <string.h>

#include "config/toml_internal.h"

struct cursor {
    const char *at, *end;
};

static bool has_digits(const char *text, size_t length, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (i >= length || toml_digit(text[i]) > 9)
            return false;
    return true;
}

static bool looks_like_date(const char *text, size_t length)
{
    return has_digits(text, length, 4) && length > 4 && text[4] == '-';
}

static bool looks_like_time(const char *text, size_t length)
{
    return has_digits(text, length, 2) && length > 2 && text[2] == ':';
}

bool toml_looks_like_datetime(const char *text, size_t length)
{
    return looks_like_date(text, length) || looks_like_time(text, length);
}

/* A time may stand behind a space instead of a T: then the value is two words. */
size_t toml_datetime_length(const char *text, size_t word, const char *end)
{
    enum { DATE_LENGTH = 10 };
    const char *at = text + word;
    if (word != DATE_LENGTH || at == end || *at++ != ' ' || !looks_like_time(at, (size_t)(end - at)))
        return word;
    while (at < end && (toml_digit(*at) < 10 || (*at && strchr("+-.:Zz", *at))))
        at++;
    return (size_t)(at - text);
}

static bool take(struct cursor *cursor, char character)
{
    if (cursor->at == cursor->end || *cursor->at != character)
        return false;
    cursor->at++;
    return true;
}

static bool number(struct cursor *cursor, size_t digits, int *number)
{
    if (!has_digits(cursor->at, (size_t)(cursor->end - cursor->at), digits))
        return false;
    *number = 0;
    for (const char *end = cursor->at + digits; cursor->at < end; cursor->at++)
        *number = *number * 10 + toml_digit(*cursor->at);
    return true;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Returns what is wrong, or NULL; so do the next ones. */
static const char *read_date(struct cursor *cursor, struct toml_datetime *datetime)
{
    if (!number(cursor, 4, &datetime->year) || !take(cursor, '-') || !number(cursor, 2, &datetime->month) ||
        !take(cursor, '-') || !number(cursor, 2, &datetime->day))
        return "expected the date as YYYY-MM-DD";
    if (datetime->month < 1 || datetime->month > 12)
        return "the month is 01 to 12";
    if (datetime->day < 1 || datetime->day > days_of_month(datetime->year, datetime->month))
        return "that month has no such day";
    return NULL;
}

static bool read_fraction(struct cursor *cursor, int *nanosecond)
{
    if (!take(cursor, '.'))
        return true;
    const char *start = cursor->at;
    int unit = 100000000;
    for (; cursor->at < cursor->end && toml_digit(*cursor->at) < 10; cursor->at++) {
        *nanosecond += toml_digit(*cursor->at) * unit;
        unit /= 10;
    }
    return cursor->at > start;
}

static const char *read_time(struct cursor *cursor, struct toml_datetime *datetime)
{
    if (!number(cursor, 2, &datetime->hour) || !take(cursor, ':') || !number(cursor, 2, &datetime->minute) ||
        !take(cursor, ':') || !number(cursor, 2, &datetime->second))
        return "expected the time as hh:mm:ss";
    if (datetime->hour > 23)
        return "the hour is 00 to 23";
    if (datetime->minute > 59)
        return "the minute is 00 to 59";
    if (datetime->second > 60)
        return "the second is 00 to 60";
    if (!read_fraction(cursor, &datetime->nanosecond))
        return "expected digits after the point";
    return NULL;
}

static const char *read_offset(struct cursor *cursor, struct toml_datetime *datetime)
{
    if (take(cursor, 'Z') || take(cursor, 'z'))
        return NULL;
    bool west = take(cursor, '-');
    int hours = 0, minutes = 0;
    if ((!west && !take(cursor, '+')) || !number(cursor, 2, &hours) || !take(cursor, ':') ||
        !number(cursor, 2, &minutes))
        return "expected the offset as Z or +hh:mm";
    if (hours > 23 || minutes > 59)
        return "the offset is at most 23:59";
    datetime->offset = (west ? -1 : 1) * (hours * 60 + minutes);
    return NULL;
}

static const char *read_datetime(struct cursor *cursor, struct toml_datetime *datetime)
{
    bool date = looks_like_date(cursor->at, (size_t)(cursor->end - cursor->at));
    datetime->kind = date ? TOML_LOCAL_DATE : TOML_LOCAL_TIME;
    const char *wrong = date ? read_date(cursor, datetime) : read_time(cursor, datetime);
    if (wrong || !date || cursor->at == cursor->end)
        return wrong;
    if (!take(cursor, 'T') && !take(cursor, 't') && !take(cursor, ' '))
        return "expected a T and the time after the date";
    datetime->kind = TOML_LOCAL_DATETIME;
    wrong = read_time(cursor, datetime);
    if (wrong || cursor->at == cursor->end)
        return wrong;
    datetime->kind = TOML_OFFSET_DATETIME;
    return read_offset(cursor, datetime);
}

bool toml_datetime_read(struct toml_reader *reader, const char *text, size_t length,
                        struct toml_datetime *datetime)
{
    struct cursor cursor = {.at = text, .end = text + length};
    *datetime = (struct toml_datetime){0};
    const char *wrong = read_datetime(&cursor, datetime);
    if (!wrong && cursor.at < cursor.end)
        wrong = datetime->kind == TOML_LOCAL_TIME ? "a time alone has no offset" : "expected nothing more";
    return !wrong || toml_error(reader, reader->line, "%s is not a date or time: %s",
                                toml_quote(text, length).text, wrong);
}
