/* holidays - dates are matched by calendar day (UTC), so every row of such a day is special. Own thread.
 */
#include "plugins/forecast/prophet/holidays.h"

#include "plugins/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t ns_a_day = 86400000000000;

int32_t holidays_day(int64_t time)
{
    int64_t day = time / ns_a_day;
    return (int32_t)(time % ns_a_day < 0 ? day - 1 : day);
}

/* Howard Hinnant's days_from_civil: years begin in March, so that the leap day is the last. */
int32_t holidays_day_of(int year, int month, int day)
{
    year -= month <= 2;
    int era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = year - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

int holidays_year(int32_t day)
{
    int year = 1970 + day / 366 - (day < 0); /* then at most a year for each 1,461 that passed */
    while (holidays_day_of(year + 1, 1, 1) <= day)
        year++;
    while (holidays_day_of(year, 1, 1) > day)
        year--;
    return year;
}

void holidays_date(int32_t day, int *year, int *month, int *day_of_month)
{
    *year = holidays_year(day);
    *month = 1;
    while (*month < 12 && holidays_day_of(*year, *month + 1, 1) <= day)
        ++*month;
    *day_of_month = day - holidays_day_of(*year, *month, 1) + 1;
}

int holidays_column_name(const struct term *term, char *out, size_t size)
{
    return snprintf(out, size, "%s_delim_%c%d", term->name, term->offset < 0 ? '-' : '+', abs(term->offset));
}

/* The dates that count, and the names of a country's holidays that do. */
struct table {
    const struct prophet_holiday **rows;
    const char                   **names;
    size_t                         count, name_count;
};

static bool is_named(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void list_names(struct table *table, const struct prophet *model, const struct span *span)
{
    const struct prophet_settings *settings = model->settings;
    int32_t first = holidays_day_of(holidays_year(holidays_day(span->first)), 1, 1);
    int32_t behind = holidays_day_of(holidays_year(holidays_day(span->last)) + 1, 1, 1);
    for (size_t i = 0; i < settings->country_holiday_count; i++) {
        const struct prophet_holiday *it = &settings->country_holidays[i];
        bool counts = model->trained ? is_named(model->trained, model->trained_count, it->name)
                                     : it->day >= first && it->day < behind;
        if (counts && !is_named(table->names, table->name_count, it->name))
            table->names[table->name_count++] = it->name;
    }
}

static void table_init(struct table *table, const struct prophet *model, const struct span *span)
{
    const struct prophet_settings *settings = model->settings;
    size_t room = settings->holiday_count + settings->country_holiday_count + 1;
    *table = (struct table){ .rows = memory_zero(room * sizeof *table->rows),
                             .names = memory_zero(room * sizeof *table->names) };
    list_names(table, model, span);
    for (size_t i = 0; i < settings->holiday_count; i++)
        table->rows[table->count++] = &settings->holidays[i];
    for (size_t i = 0; i < settings->country_holiday_count; i++)
        if (is_named(table->names, table->name_count, settings->country_holidays[i].name))
            table->rows[table->count++] = &settings->country_holidays[i];
}

static struct term *term_of(struct design *design, size_t first, const char *name, int32_t offset)
{
    for (size_t i = first; i < design->count; i++)
        if (design->terms[i].offset == offset && strcmp(design->terms[i].name, name) == 0)
            return &design->terms[i];
    design->terms = memory_resize(design->terms, design->count + 1, sizeof *design->terms);
    design->terms[design->count] = (struct term){ .kind = TERM_HOLIDAY, .name = name, .count = 1,
                                                  .offset = offset,
                                                  .column = NO_COLUMN, .deviation = 1 };
    return &design->terms[design->count++];
}

/* In the order of "<name>_delim_<sign><offset>" as bytes, without writing it out for each comparison. */
static int compare_terms(const void *a, const void *b)
{
    char x[512], y[512];
    holidays_column_name(a, x, sizeof x);
    holidays_column_name(b, y, sizeof y);
    return strcmp(x, y);
}

static int compare_days(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void gather_days(struct design *design, struct term *term, const struct table *table)
{
    term->day_first = design->day_count;
    for (size_t i = 0; i < table->count; i++) {
        const struct prophet_holiday *row = table->rows[i];
        if (row->lower_window > term->offset || row->upper_window < term->offset
            || strcmp(row->name, term->name) != 0)
            continue;
        design->days = memory_resize(design->days, design->day_count + 1, sizeof *design->days);
        design->days[design->day_count++] = row->day + term->offset;
    }
    term->day_count = design->day_count - term->day_first;
    if (term->day_count)
        qsort(design->days + term->day_first, term->day_count, sizeof *design->days, compare_days);
}

void holidays_append(struct design *design, const struct prophet *model, const struct span *span)
{
    const struct prophet_settings *settings = model->settings;
    size_t first = design->count;
    struct table table;
    table_init(&table, model, span);
    for (size_t i = 0; i < table.count; i++) {
        const struct prophet_holiday *row = table.rows[i];
        for (int32_t offset = row->lower_window; offset <= row->upper_window; offset++) {
            struct term *term = term_of(design, first, row->name, offset);
            if (term->prior_scale == 0)
                term->prior_scale = row->prior_scale != 0 ? row->prior_scale : settings->holidays_prior_scale;
        }
    }
    for (size_t i = 0; i < model->trained_count; i++)
        term_of(design, first, model->trained[i], 0);
    if (design->count > first)
        qsort(design->terms + first, design->count - first, sizeof *design->terms, compare_terms);
    for (size_t i = first; i < design->count; i++) {
        struct term *term = &design->terms[i];
        if (term->prior_scale == 0)
            term->prior_scale = settings->holidays_prior_scale;
        term->multiplicative = prophet_holidays_mode(settings) == PROPHET_MULTIPLICATIVE;
        term->first = design->width++;
        gather_days(design, term, &table);
    }
    free(table.rows);
    free(table.names);
}
