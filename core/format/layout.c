/* layout - see layout.h. A layout is compiled once to parts; reading and writing walk them. */
#include "core/format/layout.h"

#include "core/alloc.h"
#include "core/format/civil.h"
#include "core/format/codec.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const int64_t SECOND = 1000000000;

/* _2: always of two digits. */
enum kind {
    LITERAL, YEAR, SHORT_YEAR, MONTH_NAME, SHORT_MONTH_NAME, MONTH, MONTH_2, DAY, DAY_2, DAY_SPACED,
    YEAR_DAY, YEAR_DAY_SPACED, WEEKDAY, SHORT_WEEKDAY, HOUR, HOUR_12, HOUR_12_2, MINUTE, MINUTE_2,
    SECONDS, SECONDS_2, PM, PM_SMALL, FRACTION, FRACTION_TRIMMED, ZONE_NAME, OFFSET,
};

struct part {
    enum kind   kind;
    const char *text;    /* of the layout */
    size_t      length;
    int         digits;  /* of a fraction; of an offset 2, 4 or 6 */
    bool        zulu, colon; /* of an offset: UTC is "Z"; hours, minutes and seconds are divided by ':' */
};

struct layout {
    char        *text;
    struct part *parts;
    size_t       count, room;
};

static const char *const months[] = { "January", "February", "March", "April", "May", "June", "July",
                                      "August", "September", "October", "November", "December" };
static const char *const weekdays[] = { "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
                                        "Saturday" };

/* ---- Compiling ---- */

/* Longer spellings before those they begin with. `alone`: not where a small letter follows. */
static const struct spelling {
    const char *text;
    struct part part;
    bool        alone;
} spellings[] = {
    { "January", { .kind = MONTH_NAME }, false },
    { "Jan", { .kind = SHORT_MONTH_NAME }, true },
    { "Monday", { .kind = WEEKDAY }, false },
    { "Mon", { .kind = SHORT_WEEKDAY }, true },
    { "MST", { .kind = ZONE_NAME }, false },
    { "002", { .kind = YEAR_DAY }, false },
    { "01", { .kind = MONTH_2 }, false },
    { "02", { .kind = DAY_2 }, false },
    { "03", { .kind = HOUR_12_2 }, false },
    { "04", { .kind = MINUTE_2 }, false },
    { "05", { .kind = SECONDS_2 }, false },
    { "06", { .kind = SHORT_YEAR }, false },
    { "15", { .kind = HOUR }, false },
    { "1", { .kind = MONTH }, false },
    { "2006", { .kind = YEAR }, false },
    { "2", { .kind = DAY }, false },
    { "__2", { .kind = YEAR_DAY_SPACED }, false },
    { "_2006", { .kind = LITERAL }, false },
    { "_2", { .kind = DAY_SPACED }, false },
    { "3", { .kind = HOUR_12 }, false },
    { "4", { .kind = MINUTE }, false },
    { "5", { .kind = SECONDS }, false },
    { "PM", { .kind = PM }, false },
    { "pm", { .kind = PM_SMALL }, false },
    { "-070000", { .kind = OFFSET, .digits = 6 }, false },
    { "-07:00:00", { .kind = OFFSET, .digits = 6, .colon = true }, false },
    { "-0700", { .kind = OFFSET, .digits = 4 }, false },
    { "-07:00", { .kind = OFFSET, .digits = 4, .colon = true }, false },
    { "-07", { .kind = OFFSET, .digits = 2 }, false },
    { "Z070000", { .kind = OFFSET, .digits = 6, .zulu = true }, false },
    { "Z07:00:00", { .kind = OFFSET, .digits = 6, .zulu = true, .colon = true }, false },
    { "Z0700", { .kind = OFFSET, .digits = 4, .zulu = true }, false },
    { "Z07:00", { .kind = OFFSET, .digits = 4, .zulu = true, .colon = true }, false },
    { "Z07", { .kind = OFFSET, .digits = 2, .zulu = true }, false },
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ".000" or ",999", where no other digit follows. */
static size_t match_fraction(const char *text, struct part *part)
{
    if ((*text != '.' && *text != ',') || (text[1] != '0' && text[1] != '9'))
        return 0;
    size_t length = 1;
    while (text[length] == text[1])
        length++;
    if (is_digit(text[length]))
        return 0;
    *part = (struct part){ .kind = text[1] == '0' ? FRACTION : FRACTION_TRIMMED, .digits = (int)length - 1 };
    return length;
}

/* How long the part is that stands here, 0: none. */
static size_t match(const char *text, struct part *part)
{
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        size_t length = strlen(spellings[i].text);
        if (strncmp(text, spellings[i].text, length) != 0)
            continue;
        if (spellings[i].alone && text[length] >= 'a' && text[length] <= 'z')
            return 0;
        *part = spellings[i].part;
        return part->kind == LITERAL ? 1 : length; /* "_2006": an underscore before a year */
    }
    return match_fraction(text, part);
}

static void add_part(struct layout *layout, struct part part)
{
    struct part *before = layout->count ? &layout->parts[layout->count - 1] : NULL;
    if (part.kind == LITERAL && before && before->kind == LITERAL) {
        before->length += part.length;
        return;
    }
    layout->parts = codec_grow(layout->parts, &layout->room, layout->count + 1, sizeof *layout->parts);
    layout->parts[layout->count++] = part;
}

struct layout *layout_new(const char *text)
{
    struct layout *layout = alloc_zero(sizeof *layout);
    layout->text = alloc_text(text);
    for (const char *at = layout->text; *at;) {
        struct part part = { .kind = LITERAL };
        size_t length = match(at, &part);
        part.text = at;
        part.length = length ? length : 1;
        add_part(layout, part);
        at += part.length;
    }
    return layout;
}

void layout_free(struct layout *layout)
{
    if (!layout)
        return;
    free(layout->text);
    free(layout->parts);
    free(layout);
}

bool layout_has_parts(const struct layout *layout)
{
    return layout->count > 1 || (layout->count && layout->parts[0].kind != LITERAL);
}

bool layout_has_year(const struct layout *layout)
{
    for (size_t i = 0; i < layout->count; i++)
        if (layout->parts[i].kind == YEAR || layout->parts[i].kind == SHORT_YEAR)
            return true;
    return false;
}

/* ---- Reading ---- */

struct reading {
    const char  *next, *end;
    struct civil civil;
    int          year_day; /* 0: none */
    bool         am, pm;
    int64_t      ns;
    bool         has_offset;
    int64_t      offset; /* seconds east */
    const char  *zone_name; /* NULL: none */
    size_t       zone_length;
};

static bool read_digits(struct reading *reading, int least, int most, int *value)
{
    int count = 0;
    for (*value = 0; count < most && reading->next < reading->end && is_digit(*reading->next); count++)
        *value = *value * 10 + (*reading->next++ - '0');
    return count >= least;
}

static bool read_within(struct reading *reading, int least, int most_digits, int low, int high, int *value)
{
    return read_digits(reading, least, most_digits, value) && *value >= low && *value <= high;
}

/* One of the names, or its first `shortened` letters; in any case. */
static bool read_name(struct reading *reading, const char *const *names, int count, size_t shortened,
                      int *place)
{
    for (int i = 0; i < count; i++) {
        size_t length = shortened ? shortened : strlen(names[i]);
        if ((size_t)(reading->end - reading->next) < length || strncasecmp(reading->next, names[i],
                                                                           length) != 0)
            continue;
        reading->next += length;
        *place = i + 1;
        return true;
    }
    return false;
}

static void skip_spaces(struct reading *reading, int most)
{
    for (; most > 0 && reading->next < reading->end && *reading->next == ' '; most--)
        reading->next++;
}

/* A number from 1 on, with up to so many spaces before it. */
static bool read_spaced(struct reading *reading, int spaces, int digits, int high, int *value)
{
    skip_spaces(reading, spaces);
    return read_within(reading, 1, digits, 1, high, value);
}

/* A run of spaces stands for any run of spaces. */
static bool read_literal(struct reading *reading, const struct part *part)
{
    const char *text = part->text, *end = text + part->length;
    while (text < end) {
        if (*text == ' ') {
            if (reading->next < reading->end && *reading->next != ' ')
                return false;
            while (text < end && *text == ' ')
                text++;
            skip_spaces(reading, (int)(reading->end - reading->next));
            continue;
        }
        if (reading->next == reading->end || *reading->next++ != *text++)
            return false;
    }
    return true;
}

/* A point or comma and digits, `exactly` so many or, where that is 0, any number; digits behind the ninth
 * are cut off. */
static bool read_fraction(struct reading *reading, int exactly)
{
    const char *at = reading->next;
    if (reading->end - at < 2 || (*at != '.' && *at != ',') || !is_digit(at[1]))
        return false;
    int64_t unit = SECOND;
    int count = 0;
    reading->ns = 0;
    for (at++; at < reading->end && is_digit(*at) && (!exactly || count < exactly); at++, count++) {
        unit /= 10;
        reading->ns += (*at - '0') * unit;
    }
    reading->next = at;
    return !exactly || count == exactly;
}

/* One there may be. */
static bool read_any_fraction(struct reading *reading)
{
    read_fraction(reading, 0);
    return true;
}

static bool read_seconds(struct reading *reading, const struct part *part, const struct part *next)
{
    if (!read_within(reading, part->kind == SECONDS_2 ? 2 : 1, 2, 0, 59, &reading->civil.second))
        return false;
    /* A fraction may follow even where the layout has none. */
    bool has_one = next && (next->kind == FRACTION || next->kind == FRACTION_TRIMMED);
    return has_one || read_any_fraction(reading);
}

static bool read_half(struct reading *reading, bool small)
{
    const char *at = reading->next;
    if (reading->end - at < 2 || at[1] != (small ? 'm' : 'M'))
        return false;
    reading->am = at[0] == (small ? 'a' : 'A');
    reading->pm = at[0] == (small ? 'p' : 'P');
    reading->next += 2;
    return reading->am || reading->pm;
}

static bool read_offset(struct reading *reading, const struct part *part)
{
    if (reading->next == reading->end)
        return false;
    reading->has_offset = true;
    reading->offset = 0;
    char sign = *reading->next++;
    if (part->zulu && sign == 'Z')
        return true;
    if (sign != '+' && sign != '-')
        return false;
    int unit = 3600;
    for (int i = 0; i < part->digits; i += 2, unit /= 60) {
        int value;
        if (i && part->colon && (reading->next == reading->end || *reading->next++ != ':'))
            return false;
        if (!read_within(reading, 2, 2, 0, i ? 59 : 24, &value))
            return false;
        reading->offset += value * unit;
    }
    if (sign == '-')
        reading->offset = -reading->offset;
    return true;
}

/* Three to five capital letters. */
static bool read_zone_name(struct reading *reading)
{
    const char *at = reading->next;
    while (at < reading->end && *at >= 'A' && *at <= 'Z')
        at++;
    reading->zone_name = reading->next;
    reading->zone_length = (size_t)(at - reading->next);
    reading->next = at;
    return reading->zone_length >= 3 && reading->zone_length <= 5;
}

static bool read_short_year(struct reading *reading)
{
    int value;
    if (!read_digits(reading, 2, 2, &value))
        return false;
    reading->civil.year = value + (value >= 69 ? 1900 : 2000);
    return true;
}

static bool read_year(struct reading *reading)
{
    int value;
    if (!read_digits(reading, 4, 4, &value))
        return false;
    reading->civil.year = value;
    return true;
}

/* `next` is the part behind it, or NULL. */
static bool read_part(struct reading *reading, const struct part *part, const struct part *next)
{
    struct civil *civil = &reading->civil;
    int ignored;
    switch (part->kind) {
    case LITERAL:          return read_literal(reading, part);
    case YEAR:             return read_year(reading);
    case SHORT_YEAR:       return read_short_year(reading);
    case MONTH_NAME:       return read_name(reading, months, 12, 0, &civil->month);
    case SHORT_MONTH_NAME: return read_name(reading, months, 12, 3, &civil->month);
    case MONTH:            return read_within(reading, 1, 2, 1, 12, &civil->month);
    case MONTH_2:          return read_within(reading, 2, 2, 1, 12, &civil->month);
    case DAY_SPACED:       return read_spaced(reading, 1, 2, 31, &civil->day);
    case DAY:              return read_within(reading, 1, 2, 1, 31, &civil->day);
    case DAY_2:            return read_within(reading, 2, 2, 1, 31, &civil->day);
    case YEAR_DAY:         return read_within(reading, 3, 3, 1, 366, &reading->year_day);
    case YEAR_DAY_SPACED:  return read_spaced(reading, 2, 3, 366, &reading->year_day);
    case WEEKDAY:          return read_name(reading, weekdays, 7, 0, &ignored);
    case SHORT_WEEKDAY:    return read_name(reading, weekdays, 7, 3, &ignored);
    case HOUR:             return read_within(reading, 1, 2, 0, 23, &civil->hour);
    case HOUR_12:          return read_within(reading, 1, 2, 0, 12, &civil->hour);
    case HOUR_12_2:        return read_within(reading, 2, 2, 0, 12, &civil->hour);
    case MINUTE:           return read_within(reading, 1, 2, 0, 59, &civil->minute);
    case MINUTE_2:         return read_within(reading, 2, 2, 0, 59, &civil->minute);
    case SECONDS:
    case SECONDS_2:        return read_seconds(reading, part, next);
    case PM:               return read_half(reading, false);
    case PM_SMALL:         return read_half(reading, true);
    case FRACTION:         return read_fraction(reading, part->digits);
    case FRACTION_TRIMMED: return read_any_fraction(reading);
    case ZONE_NAME:        return read_zone_name(reading);
    case OFFSET:           return read_offset(reading, part);
    }
    return false;
}

static bool settle_date(struct reading *reading)
{
    struct civil *civil = &reading->civil;
    if (reading->pm && civil->hour < 12)
        civil->hour += 12;
    if (reading->am && civil->hour == 12)
        civil->hour = 0;
    if (!reading->year_day)
        return civil->day <= civil_month_days(civil->year, civil->month);
    if (reading->year_day > 365 + civil_is_leap(civil->year))
        return false;
    struct civil of_day = civil_of((civil_days(civil->year, 1, 1) + reading->year_day - 1) * 86400);
    civil->month = of_day.month;
    civil->day = of_day.day;
    return true;
}

bool layout_read(const struct layout *layout, const struct zone *zone, const char *text, size_t length,
                 int64_t *time)
{
    struct reading reading = { .next = text, .end = text + length, .civil = { .month = 1, .day = 1 } };
    for (size_t i = 0; i < layout->count; i++)
        if (!read_part(&reading, &layout->parts[i], i + 1 < layout->count ? &layout->parts[i + 1] : NULL))
            return false;
    if (reading.next != reading.end || !settle_date(&reading))
        return false;
    int64_t seconds = civil_seconds(&reading.civil);
    if (reading.has_offset)
        seconds -= reading.offset;
    else if (!reading.zone_name)
        seconds = zone ? zone_to_utc(zone, seconds) : seconds;
    else if (!zone_abbreviated(zone, reading.zone_name, reading.zone_length, seconds, &seconds))
        return false;
    int64_t ns;
    return !__builtin_mul_overflow(seconds, SECOND, &ns) && !__builtin_add_overflow(ns, reading.ns, time)
        && *time != VANE_NO_TIME;
}

/* ---- Writing ---- */

static void add_number(struct vane_text *out, int64_t value, int digits)
{
    vane_text_addf(out, "%0*lld", digits, (long long)value);
}

static void add_fraction(struct vane_text *out, const struct part *part, int64_t ns)
{
    char text[11] = { *part->text };
    int length = part->digits < 9 ? part->digits : 9;
    int64_t unit = SECOND;
    for (int i = 1; i <= length; i++) {
        unit /= 10;
        text[i] = (char)('0' + ns / unit % 10);
    }
    if (part->kind == FRACTION_TRIMMED)
        while (length && text[length] == '0')
            length--;
    if (length)
        vane_text_add(out, text, (size_t)length + 1);
}

static void add_offset(struct vane_text *out, const struct part *part)
{
    static const char with_colon[] = "+00:00:00", without[] = "+000000";
    if (part->zulu)
        vane_text_add(out, "Z", 1);
    else
        vane_text_add(out, part->colon ? with_colon : without,
                      (size_t)(1 + part->digits + (part->colon ? part->digits / 2 - 1 : 0)));
}

static void add_name(struct vane_text *out, const char *name, size_t shortened)
{
    vane_text_add(out, name, shortened ? shortened : strlen(name));
}

static void write_part(const struct part *part, const struct civil *civil, int64_t ns, struct vane_text *out)
{
    int64_t days = civil_days(civil->year, civil->month, civil->day);
    int year_day = (int)(days - civil_days(civil->year, 1, 1)) + 1;
    int hour = civil->hour % 12 ? civil->hour % 12 : 12;
    switch (part->kind) {
    case LITERAL:          vane_text_add(out, part->text, part->length); break;
    case YEAR:             add_number(out, civil->year, 4); break;
    case SHORT_YEAR:       add_number(out, civil->year % 100, 2); break;
    case MONTH_NAME:       add_name(out, months[civil->month - 1], 0); break;
    case SHORT_MONTH_NAME: add_name(out, months[civil->month - 1], 3); break;
    case MONTH:            add_number(out, civil->month, 1); break;
    case MONTH_2:          add_number(out, civil->month, 2); break;
    case DAY:              add_number(out, civil->day, 1); break;
    case DAY_2:            add_number(out, civil->day, 2); break;
    case DAY_SPACED:       vane_text_addf(out, "%2d", civil->day); break;
    case YEAR_DAY:         add_number(out, year_day, 3); break;
    case YEAR_DAY_SPACED:  vane_text_addf(out, "%3d", year_day); break;
    case WEEKDAY:          add_name(out, weekdays[civil_weekday(days)], 0); break;
    case SHORT_WEEKDAY:    add_name(out, weekdays[civil_weekday(days)], 3); break;
    case HOUR:             add_number(out, civil->hour, 2); break;
    case HOUR_12:          add_number(out, hour, 1); break;
    case HOUR_12_2:        add_number(out, hour, 2); break;
    case MINUTE:           add_number(out, civil->minute, 1); break;
    case MINUTE_2:         add_number(out, civil->minute, 2); break;
    case SECONDS:          add_number(out, civil->second, 1); break;
    case SECONDS_2:        add_number(out, civil->second, 2); break;
    case PM:               add_name(out, civil->hour < 12 ? "AM" : "PM", 0); break;
    case PM_SMALL:         add_name(out, civil->hour < 12 ? "am" : "pm", 0); break;
    case FRACTION:
    case FRACTION_TRIMMED: add_fraction(out, part, ns); break;
    case ZONE_NAME:        add_name(out, "UTC", 0); break;
    case OFFSET:           add_offset(out, part); break;
    }
}

void layout_write(const struct layout *layout, int64_t time, struct vane_text *out)
{
    int64_t seconds = time / SECOND - (time % SECOND < 0);
    struct civil civil = civil_of(seconds);
    for (size_t i = 0; i < layout->count; i++)
        write_part(&layout->parts[i], &civil, time - seconds * SECOND, out);
}
