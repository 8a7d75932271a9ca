/* zone - see zone.h. What lies behind a file's last transition follows the rule at its end, a POSIX TZ
 * string such as "CET-1CEST,M3.5.0,M10.5.0/3". Files of version 1, without it, are not read: none has
 * been made for many years. */
#include "core/format/zone.h"

#include "core/alloc.h"
#include "core/format/civil.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MOST = 1 << 20, NAME_MOST = 200, HEADER = 44, HOUR = 3600, DAY = 86400, SHORT = 8 };

struct period {
    int32_t offset;
    char    name[SHORT];
};

/* When, within a year, the rule switches. */
struct change {
    char    kind; /* 'M': month, week, weekday; 'J': day 1..365 without 29 February; 'D': day 0..365 */
    int     month, week, day;
    int32_t time; /* of wall clock, in seconds after midnight */
};

struct zone {
    int64_t       *times; /* from here on .. */
    unsigned char *kinds; /* .. this period is in force */
    size_t         time_count;
    struct period *periods;
    size_t         period_count;
    bool           has_rule, has_summer;
    struct period  standard, summer;
    struct change  begin, end; /* of summer */
};

/* ---- The rule at the end ---- */

static const char *read_int(const char *at, int *value)
{
    if (*at < '0' || *at > '9')
        return NULL;
    for (*value = 0; *at >= '0' && *at <= '9' && *value < 100000; at++)
        *value = *value * 10 + (*at - '0');
    return at;
}

/* [+-]hh[:mm[:ss]], in seconds. */
static const char *read_clock(const char *at, int32_t *seconds)
{
    bool negative = *at == '-';
    at += negative || *at == '+';
    int total = 0;
    for (int unit = HOUR; unit; unit /= 60) {
        int part;
        if (!(at = read_int(at, &part)))
            return NULL;
        total += part * unit;
        if (*at != ':' || unit == 1)
            break;
        at++;
    }
    *seconds = negative ? -total : total;
    return at;
}

/* "CET" or "<+03>". */
static const char *read_name(const char *at, char name[SHORT])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    bool quoted = *at == '<';
    at += quoted;
    size_t length = quoted ? strcspn(at, ">") : strspn(at, letters);
    if (!length || (quoted && at[length] != '>'))
        return NULL;
    snprintf(name, SHORT, "%.*s", (int)length, at);
    return at + length + quoted;
}

static const char *read_change(const char *at, struct change *change)
{
    *change = (struct change){ .kind = 'D', .time = 2 * HOUR };
    if (*at == 'M') {
        change->kind = 'M';
        if (!(at = read_int(at + 1, &change->month)) || *at++ != '.' || !(at = read_int(at, &change->week))
            || *at++ != '.')
            return NULL;
    } else if (*at == 'J') {
        change->kind = 'J';
        at++;
    }
    if (!(at = read_int(at, &change->day)))
        return NULL;
    bool in_year = change->month >= 1 && change->month <= 12 && change->week >= 1 && change->week <= 5;
    if (change->kind == 'M' && (!in_year || change->day > 6))
        return NULL;
    return *at == '/' ? read_clock(at + 1, &change->time) : at;
}

/* Offsets in the text count west of UTC. */
static bool read_rule(struct zone *zone, const char *at)
{
    int32_t west;
    if (!(at = read_name(at, zone->standard.name)) || !(at = read_clock(at, &west)))
        return false;
    zone->standard.offset = -west;
    zone->has_rule = true;
    if (!*at)
        return true;
    west -= HOUR;
    if (!(at = read_name(at, zone->summer.name)) || (*at != ',' && !(at = read_clock(at, &west))))
        return false;
    zone->summer.offset = -west;
    zone->has_summer = true;
    if (*at++ != ',' || !(at = read_change(at, &zone->begin)) || *at++ != ',')
        return false;
    return (at = read_change(at, &zone->end)) && !*at;
}

/* Seconds since 1970 by the wall clock at which the change of that year comes. */
static int64_t change_time(const struct change *change, int64_t year)
{
    int64_t first = civil_days(year, 1, 1);
    if (change->kind == 'D')
        return (first + change->day) * DAY + change->time;
    if (change->kind == 'J')
        return (first + change->day - 1 + (civil_is_leap(year) && change->day >= 60)) * DAY + change->time;
    int64_t month = civil_days(year, change->month, 1);
    int weekday = civil_weekday(month);
    int day = (change->day - weekday + 7) % 7 + (change->week - 1) * 7;
    if (day >= civil_month_days(year, change->month))
        day -= 7;
    return (month + day) * DAY + change->time;
}

static const struct period *rule_at(const struct zone *zone, int64_t time)
{
    if (!zone->has_summer)
        return &zone->standard;
    struct civil civil = civil_of(time + zone->standard.offset);
    int64_t begin = change_time(&zone->begin, civil.year) - zone->standard.offset;
    int64_t end = change_time(&zone->end, civil.year) - zone->summer.offset;
    bool summer = begin < end ? time >= begin && time < end : time >= begin || time < end;
    return summer ? &zone->summer : &zone->standard;
}

/* ---- The file ---- */

static uint32_t big_endian(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The six counts of a header, in the file's order. */
struct counts {
    size_t ut, wall, leap, time, type, text;
};

static bool read_header(const unsigned char *at, const unsigned char *end, struct counts *counts)
{
    if (end - at < HEADER || memcmp(at, "TZif", 4) != 0 || at[4] < '2')
        return false;
    *counts = (struct counts){ big_endian(at + 20), big_endian(at + 24), big_endian(at + 28),
                               big_endian(at + 32), big_endian(at + 36), big_endian(at + 40) };
    return counts->type && counts->type <= 256 && counts->ut <= 256 && counts->wall <= 256 && counts->text
        && counts->time < FILE_MOST && counts->text < FILE_MOST && counts->leap < FILE_MOST;
}

/* Bytes behind the header; times and leap seconds are of that many bytes. */
static size_t body_size(const struct counts *counts, size_t width)
{
    return counts->time * (width + 1) + counts->type * 6 + counts->text + counts->leap * (width + 4)
         + counts->wall + counts->ut;
}

/* Six bytes each: the offset, a flag, where the name begins. */
static bool read_periods(struct zone *zone, const unsigned char *at, const struct counts *counts)
{
    const char *names = (const char *)at + counts->type * 6;
    zone->period_count = counts->type;
    zone->periods = alloc_array(counts->type, sizeof *zone->periods);
    for (size_t i = 0; i < counts->type; i++, at += 6) {
        if (at[5] >= counts->text)
            return false;
        zone->periods[i].offset = (int32_t)big_endian(at);
        for (size_t k = 0; k < SHORT - 1 && at[5] + k < counts->text && names[at[5] + k]; k++)
            zone->periods[i].name[k] = names[at[5] + k];
    }
    return true;
}

static bool read_times(struct zone *zone, const unsigned char *at, const struct counts *counts)
{
    zone->time_count = counts->time;
    zone->times = alloc_array(counts->time, sizeof *zone->times);
    zone->kinds = alloc_array(counts->time, 1);
    for (size_t i = 0; i < counts->time; i++) {
        zone->times[i] = (int64_t)((uint64_t)big_endian(at + i * 8) << 32 | big_endian(at + i * 8 + 4));
        zone->kinds[i] = at[counts->time * 8 + i];
        if (zone->kinds[i] >= counts->type || (i && zone->times[i] <= zone->times[i - 1]))
            return false;
    }
    return true;
}

/* A header and a body with times of four bytes, which is skipped; the same with eight; "\nRULE\n". The
 * bytes end with a NUL. */
static bool read_file(struct zone *zone, const unsigned char *at, const unsigned char *end)
{
    struct counts counts;
    if (!read_header(at, end, &counts) || (size_t)(end - at) < HEADER + body_size(&counts, 4))
        return false;
    at += HEADER + body_size(&counts, 4);
    if (!read_header(at, end, &counts) || (size_t)(end - at) < HEADER + body_size(&counts, 8))
        return false;
    at += HEADER;
    if (!read_times(zone, at, &counts) || !read_periods(zone, at + counts.time * 9, &counts))
        return false;
    at += body_size(&counts, 8);
    if (at == end || *at++ != '\n')
        return false;
    char rule[NAME_MOST];
    size_t length = strcspn((const char *)at, "\n");
    if (length >= sizeof rule)
        return false;
    memcpy(rule, at, length);
    rule[length] = '\0';
    return !length || read_rule(zone, rule);
}

static bool load(struct zone *zone, const char *path, struct error *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return error_set(err, "read %s: %s", path, strerror(errno));
    unsigned char *bytes = alloc_zero(FILE_MOST + 1);
    size_t length = fread(bytes, 1, FILE_MOST, file);
    bool fine = !ferror(file) && read_file(zone, bytes, bytes + length);
    fclose(file);
    free(bytes);
    return fine || error_set(err, "read %s: it is no time zone file", path);
}

/* Names are paths under the zone folder; none may lead out of it. */
static bool is_name(const char *name)
{
    static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    return *name != '/' && strspn(name, fine) == strlen(name) && strlen(name) < NAME_MOST;
}

struct zone *zone_new(const char *name, struct error *err)
{
    struct zone *zone = alloc_zero(sizeof *zone);
    char path[NAME_MOST + 32] = "/etc/localtime";
    if (strcmp(name, "") == 0 || strcmp(name, "UTC") == 0)
        return zone;
    if (strcmp(name, "Local") != 0)
        snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    bool named = is_name(name) || error_set(err, "\"%s\" is no name of a time zone", name);
    if (named && load(zone, path, err))
        return zone;
    zone_free(zone);
    return NULL;
}

void zone_free(struct zone *zone)
{
    if (!zone)
        return;
    free(zone->times);
    free(zone->kinds);
    free(zone->periods);
    free(zone);
}

/* ---- Questions ---- */

/* NULL: UTC. */
static const struct period *period_at(const struct zone *zone, int64_t time)
{
    size_t low = 0, high = zone->time_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->times[middle] <= time)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->time_count && zone->has_rule)
        return rule_at(zone, time);
    if (low > 0)
        return &zone->periods[zone->kinds[low - 1]];
    return zone->period_count ? zone->periods : NULL;
}

int32_t zone_offset(const struct zone *zone, int64_t time)
{
    const struct period *period = period_at(zone, time);
    return period ? period->offset : 0;
}

int64_t zone_to_utc(const struct zone *zone, int64_t local)
{
    int64_t guess = local - zone_offset(zone, local);
    return local - zone_offset(zone, guess);
}

static bool matches(const struct period *period, const char *text, size_t length)
{
    return strlen(period->name) == length && memcmp(period->name, text, length) == 0;
}

bool zone_abbreviated(const struct zone *zone, const char *text, size_t length, int64_t local, int64_t *time)
{
    *time = local;
    if (length == 3 && (memcmp(text, "UTC", 3) == 0 || memcmp(text, "GMT", 3) == 0))
        return true;
    if (!zone)
        return false;
    const struct period *found = NULL;
    for (size_t i = 0; i < zone->period_count; i++) /* of several of one name the newest */
        if (matches(&zone->periods[i], text, length))
            found = &zone->periods[i];
    if (zone->has_rule && matches(&zone->standard, text, length))
        found = &zone->standard;
    if (zone->has_summer && matches(&zone->summer, text, length))
        found = &zone->summer;
    *time = local - (found ? found->offset : 0);
    return found != NULL;
}
