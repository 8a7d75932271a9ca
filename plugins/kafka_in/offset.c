/* offset - see offset.h. */
#include "plugins/kafka_in/offset.h"

#include <stddef.h>
#include <string.h>

static const int64_t MILLISECOND = 1000000, SECOND = 1000000000, HOUR = INT64_C(3600) * 1000000000;

/* What is left to be read, and whether all before it was as it must be. */
struct reader {
    const char *at;
    bool        good;
};

static int64_t read_digits(struct reader *reader, size_t least, size_t most)
{
    int64_t number = 0;
    size_t count = 0;
    while (count < most && reader->at[0] >= '0' && reader->at[0] <= '9') {
        number = number * 10 + (*reader->at++ - '0');
        count++;
    }
    reader->good &= count >= least;
    return number;
}

static bool take(struct reader *reader, char wanted)
{
    if (reader->at[0] != wanted)
        return false;
    reader->at++;
    return true;
}

static int64_t read_number(struct reader *reader, char before, int64_t least, int64_t most)
{
    reader->good &= !before || take(reader, before);
    int64_t number = read_digits(reader, 2, 2);
    reader->good &= number >= least && number <= most;
    return number;
}

/* ---- "-1h30m" ---- */

static int64_t read_unit(struct reader *reader)
{
    static const struct { const char *name; int64_t ns; } units[] = {
        { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { "m", 60000000000 },
        { "h", 3600000000000 }, { "d", 86400000000000 }, { "w", 604800000000000 },
    };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i].name);
        if (strncmp(reader->at, units[i].name, length) == 0) {
            reader->at += length;
            return units[i].ns;
        }
    }
    reader->good = false;
    return 0;
}

static bool parse_ago(const char *text, int64_t *ns)
{
    struct reader reader = { text, true };
    int64_t total = 0;
    reader.good &= take(&reader, '-') && reader.at[0];
    while (reader.good && reader.at[0]) {
        int64_t number = read_digits(&reader, 1, 9), part;
        reader.good &= !__builtin_mul_overflow(number, read_unit(&reader), &part)
                       && !__builtin_add_overflow(total, part, &total);
    }
    *ns = total;
    return reader.good;
}

/* ---- "2024-05-01T12:00:00.5+02:00" ---- */

/* Days since 1970 of a date of the Gregorian calendar, March first in each year, so that the leap day is the
 * last (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t days_in(int64_t year, int64_t month)
{
    static const int64_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

static int64_t read_fraction(struct reader *reader)
{
    if (!take(reader, '.'))
        return 0;
    int64_t ns = 0, unit = SECOND / 10;
    reader->good &= reader->at[0] >= '0' && reader->at[0] <= '9';
    for (; reader->at[0] >= '0' && reader->at[0] <= '9'; reader->at++, unit /= 10)
        ns += (*reader->at - '0') * unit;
    return ns;
}

static int64_t read_zone(struct reader *reader)
{
    if (take(reader, 'Z') || take(reader, 'z'))
        return 0;
    int64_t sign = reader->at[0] == '-' ? -1 : 1;
    int64_t hours = read_number(reader, sign < 0 ? '-' : '+', 0, 23);
    int64_t minutes = read_number(reader, ':', 0, 59);
    return sign * (hours * HOUR + minutes * 60 * SECOND);
}

static bool parse_at(const char *text, int64_t *ns)
{
    struct reader reader = { text, true };
    int64_t year = read_digits(&reader, 4, 4), month = read_number(&reader, '-', 1, 12);
    if (!reader.good || year < 1970 || year > 2261)
        return false;
    int64_t day = read_number(&reader, '-', 1, days_in(year, month));
    reader.good &= take(&reader, 'T') || take(&reader, 't') || take(&reader, ' ');
    int64_t hour = read_number(&reader, '\0', 0, 23), minute = read_number(&reader, ':', 0, 59);
    int64_t second = read_number(&reader, ':', 0, 60), fraction = read_fraction(&reader);
    int64_t zone = read_zone(&reader);
    *ns = (days_of(year, month, day) * 24 + hour) * HOUR + (minute * 60 + second) * SECOND + fraction - zone;
    return reader.good && !reader.at[0];
}

/* ---- All of them ---- */

bool offset_parse(const char *text, struct offset *offset)
{
    *offset = (struct offset){ 0 };
    if (strcmp(text, "oldest") == 0)
        return true;
    if (strcmp(text, "newest") == 0)
        offset->kind = OFFSET_NEWEST;
    else if (text[0] == '-')
        offset->kind = OFFSET_AGO;
    else
        offset->kind = OFFSET_AT;
    if (offset->kind == OFFSET_AGO)
        return parse_ago(text, &offset->ns);
    return offset->kind == OFFSET_NEWEST || parse_at(text, &offset->ns);
}

int64_t offset_timestamp(const struct offset *offset, int64_t now_ns)
{
    switch (offset->kind) {
    case OFFSET_OLDEST:
        return -2;
    case OFFSET_NEWEST:
        return -1;
    case OFFSET_AT:
        break;
    case OFFSET_AGO:
        return offset->ns < now_ns ? (now_ns - offset->ns) / MILLISECOND : 0;
    }
    return offset->ns / MILLISECOND;
}
