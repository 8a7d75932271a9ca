/* tzfile - see tzfile.h. The rule at the end of a file, a POSIX TZ string such as
 * "CET-1CEST,M3.5.0,M10.5.0/3", is written out into changes up to the last year that nanoseconds reach, so
 * that a question is one search. */
#include "plugins/window/tzfile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/shared/memory.h"

enum { FILE_MOST = 1 << 20, HEADER = 44, HOUR = 3600, DAY = 86400, LAST_YEAR = 2262, PATH_SIZE = 256 };

struct change {
    int64_t time;   /* from here on .. */
    int32_t offset; /* .. seconds east of UTC */
};

struct tzfile {
    struct change *changes;
    size_t         count;
    int32_t        first; /* before all changes */
};

/* ---- The rule ---- */

/* A day of the year: the `week`-th (5: last) `day` of a month; or day number `day`, 'J' without 29
 * February. */
struct yearly {
    char    kind; /* 'M', 'J', 'D' */
    int     month, week, day;
    int32_t clock; /* seconds after midnight */
};

static const char *read_clock(const char *at, int32_t *seconds)
{
    int hour = 0, minute = 0, second = 0, used = 0;
    bool negative = *at == '-';
    at += negative || *at == '+';
    if (sscanf(at, "%3d%n", &hour, &used) != 1)
        return NULL;
    at += used;
    if (*at == ':' && sscanf(at, ":%2d%n", &minute, &used) == 1)
        at += used;
    if (*at == ':' && sscanf(at, ":%2d%n", &second, &used) == 1)
        at += used;
    *seconds = (hour * HOUR + minute * 60 + second) * (negative ? -1 : 1);
    return at;
}

/* "CET" or "<+03>". */
static const char *skip_name(const char *at)
{
    if (*at == '<')
        return (at = strchr(at, '>')) ? at + 1 : NULL;
    size_t length = strcspn(at, "0123456789+-,");
    return length ? at + length : NULL;
}

static const char *read_yearly(const char *at, struct yearly *yearly)
{
    int used = 0;
    *yearly = (struct yearly){ .kind = *at == 'M' || *at == 'J' ? *at : 'D', .clock = 2 * HOUR };
    at += yearly->kind != 'D';
    if (yearly->kind == 'M') {
        if (sscanf(at, "%2d.%1d.%1d%n", &yearly->month, &yearly->week, &yearly->day, &used) != 3)
            return NULL;
    } else if (sscanf(at, "%3d%n", &yearly->day, &used) != 1) {
        return NULL;
    }
    at += used;
    return *at == '/' ? read_clock(at + 1, &yearly->clock) : at;
}

/* Days from 1970-01-01 to a date: counted from 1 March, so that the leap day is the last of a year. */
static int64_t days_to(int64_t year, int month, int day)
{
    int64_t shifted = month > 2 ? year : year - 1;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + of_year - 719468;
}

static int64_t day_of(const struct yearly *yearly, int64_t year)
{
    if (yearly->kind == 'D')
        return days_to(year, 1, 1) + yearly->day;
    if (yearly->kind == 'J')
        return yearly->day < 60 ? days_to(year, 1, yearly->day) : days_to(year, 3, yearly->day - 59);
    int64_t first = days_to(year, yearly->month, 1), after = days_to(year + yearly->month / 12,
                                                                     yearly->month % 12 + 1, 1);
    int64_t weekday = (first + 4) % 7; /* 1970-01-01 was a Thursday */
    int64_t day = first + (yearly->day - weekday + 7) % 7 + 7 * (yearly->week - 1);
    return day < after ? day : day - 7;
}

static void push(struct tzfile *zone, int64_t time, int32_t offset)
{
    zone->changes = memory_resize(zone->changes, zone->count + 1, sizeof *zone->changes);
    zone->changes[zone->count++] = (struct change){ time, offset };
}

/* Both changes of every year behind the last one of the file, in order. */
static void write_out(struct tzfile *zone, const struct yearly *begin, const struct yearly *end,
                      int32_t standard,
                      int32_t summer)
{
    int64_t last = zone->count ? zone->changes[zone->count - 1].time : INT64_MIN;
    for (int64_t year = 1970; year <= LAST_YEAR; year++) {
        struct change both[] = { { day_of(begin, year) * DAY + begin->clock - standard, summer },
                                 { day_of(end, year) * DAY + end->clock - summer, standard } };
        bool north = both[0].time < both[1].time;
        for (int i = 0; i < 2; i++) {
            const struct change *change = &both[north ? i : 1 - i];
            if (change->time > last)
                push(zone, change->time, change->offset);
        }
    }
}

/* Offsets in the text count west of UTC. */
static bool read_rule(struct tzfile *zone, const char *at)
{
    int32_t west;
    struct yearly begin, end;
    if (!(at = skip_name(at)) || !(at = read_clock(at, &west)))
        return false;
    int32_t standard = -west, summer = standard + HOUR;
    if (!*at) {
        if (!zone->count)
            zone->first = standard;
        return true;
    }
    if (!(at = skip_name(at)))
        return false;
    if (*at != ',') {
        if (!(at = read_clock(at, &west)))
            return false;
        summer = -west;
    }
    if (*at++ != ',' || !(at = read_yearly(at, &begin)) || *at++ != ',' || !(at = read_yearly(at, &end))
        || *at)
        return false;
    write_out(zone, &begin, &end, standard, summer);
    return true;
}

/* ---- The file ---- */

static uint32_t big_endian(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Bytes of a block with its header; 0: it is none, or longer than what there is. */
static size_t block_size(const unsigned char *at, const unsigned char *end, size_t width)
{
    if (end - at < HEADER || memcmp(at, "TZif", 4) != 0 || at[4] < '2')
        return 0;
    size_t ut = big_endian(at + 20), wall = big_endian(at + 24), leap = big_endian(at + 28);
    size_t times = big_endian(at + 32), types = big_endian(at + 36), text = big_endian(at + 40);
    size_t size = HEADER + times * (width + 1) + types * 6 + text + leap * (width + 4) + wall + ut;
    return size <= (size_t)(end - at) && types > 0 ? size : 0;
}

/* A block with times of four bytes, which is skipped; one with eight; "\nRULE\n". The bytes end with a
 * NUL. */
static bool read_file(struct tzfile *zone, unsigned char *at, const unsigned char *end)
{
    size_t old = block_size(at, end, 4), size = old ? block_size(at + old, end, 8) : 0;
    if (!size)
        return false;
    at += old;
    size_t times = big_endian(at + 32), types = big_endian(at + 36);
    const unsigned char *time = at + HEADER, *kind = time + times * 8, *type = kind + times;
    zone->first = (int32_t)big_endian(type);
    for (size_t i = 0; i < times; i++) {
        if (kind[i] >= types)
            return false;
        push(zone, (int64_t)((uint64_t)big_endian(time + 8 * i) << 32 | big_endian(time + 8 * i + 4)),
             (int32_t)big_endian(type + kind[i] * 6));
    }
    char *rule = (char *)at + size;
    if (*rule++ != '\n')
        return false;
    rule[strcspn(rule, "\n")] = '\0';
    return !*rule || read_rule(zone, rule);
}

static bool load(struct tzfile *zone, const char *path)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    unsigned char *bytes = memory_zero(FILE_MOST + 1);
    size_t length = fread(bytes, 1, FILE_MOST, file);
    fclose(file);
    bool good = read_file(zone, bytes, bytes + length);
    free(bytes);
    return good;
}

struct tzfile *tzfile_new(const char *name, char *reason, size_t size)
{
    char path[PATH_SIZE];
    static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    struct tzfile *zone = memory_zero(sizeof *zone);
    bool named = *name != '/' && strspn(name, fine) == strlen(name) && strlen(name) < PATH_SIZE - 32;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    if ((named && load(zone, path)) || strcmp(name, "UTC") == 0)
        return zone;
    snprintf(reason, size, "\"%s\" is no time zone that this machine knows", name);
    tzfile_free(zone);
    return NULL;
}

void tzfile_free(struct tzfile *zone)
{
    if (zone)
        free(zone->changes);
    free(zone);
}

/* ---- Questions ---- */

int32_t tzfile_offset(const struct tzfile *zone, int64_t time)
{
    size_t low = 0, high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].time <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? zone->changes[low - 1].offset : zone->first;
}

int64_t tzfile_to_utc(const struct tzfile *zone, int64_t local)
{
    int64_t guess = local - tzfile_offset(zone, local);
    return local - tzfile_offset(zone, guess);
}
