/* plan_prophet - the options of prophet to its settings, and which fields of a metric are columns of the model:
 * regressors, conditions of seasonalities, "cap" and "floor". */
#include "plugins/forecast/countries.h"
#include "plugins/forecast/plan.h"
#include "plugins/forecast/saved_model.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

static const double NS_PER_DAY = 86400e9;

static const void *element(const struct vane_tables *tables, size_t i, size_t size)
{
    return (const char *)tables->items + i * size;
}

/* ---- Columns ---- */

static void add_column(struct plan *plan, const char *name, const char *field)
{
    for (size_t i = 0; i < plan->column_count; i++)
        if (strcmp(plan->prophet.columns[i], name) == 0)
            return;
    size_t count = ++plan->column_count;
    plan->prophet.columns = memory_resize(plan->prophet.columns, count, sizeof *plan->prophet.columns);
    plan->column_fields = memory_resize(plan->column_fields, count, sizeof *plan->column_fields);
    plan->prophet.columns[count - 1] = name;
    plan->column_fields[count - 1] = field;
}

/* ---- Values ---- */

/* "auto", "true", "false" or an order. */
static bool read_seasonality(const char *option, const char *text, int *order, struct plan_error *err)
{
    static const struct { const char *text; int order; } words[] = {
        { "auto", PROPHET_AUTO }, { "true", PROPHET_ON }, { "false", PROPHET_OFF },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i].text) == 0) {
            *order = words[i].order;
            return true;
        }
    char *end;
    long number = strtol(text, &end, 10);
    if (end == text || *end || number < 1 || number > 1000)
        return plan_fail(err, "prophet.%s: \"%s\" is neither \"auto\", true, false nor a Fourier order", option,
                         text);
    *order = (int)number;
    return true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar; years of 400 have 146,097 days. */
static int32_t days_of(int year, int month, int day)
{
    static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    int past = year - 1;
    int days = 365 * past + past / 4 - past / 100 + past / 400 + before[month - 1] + day - 1;
    return days + (month > 2 && is_leap(year)) - 719162;
}

static bool read_date(const char *text, int32_t *day)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (strlen(text) != 10 || strspn(text, "0123456789") != 4 || text[4] != '-' || strspn(text + 5, "0123456789") != 2
        || text[7] != '-' || strspn(text + 8, "0123456789") != 2)
        return false;
    int year = (int)strtol(text, NULL, 10), month = (int)strtol(text + 5, NULL, 10);
    int number = (int)strtol(text + 8, NULL, 10);
    if (year < 1 || month < 1 || month > 12 || number < 1
        || number > lengths[month - 1] + (month == 2 && is_leap(year)))
        return false;
    *day = days_of(year, month, number);
    return true;
}

/* ---- Parts ---- */

static void make_seasonalities(struct plan *plan, struct prophet_settings *to)
{
    const struct vane_tables *from = &plan->options->prophet.seasonalities;
    plan->prophet.seasonalities = memory_zero(from->count * sizeof *plan->prophet.seasonalities);
    for (size_t i = 0; i < from->count; i++) {
        const struct seasonality_options *options = element(from, i, sizeof *options);
        bool conditional = options->condition && *options->condition;
        plan->prophet.seasonalities[i] = (struct prophet_seasonality){
            .name = options->name, .period = (double)options->period / NS_PER_DAY,
            .fourier_order = (int)options->fourier_order, .prior_scale = options->prior_scale,
            .mode = (enum prophet_mode)options->mode, .condition = conditional ? options->condition : NULL,
        };
        if (conditional)
            add_column(plan, options->condition, options->condition);
    }
    to->seasonalities = plan->prophet.seasonalities;
    to->seasonality_count = from->count;
}

static void make_regressors(struct plan *plan, struct prophet_settings *to)
{
    const struct vane_tables *from = &plan->options->prophet.regressors;
    plan->prophet.regressors = memory_zero(from->count * sizeof *plan->prophet.regressors);
    for (size_t i = 0; i < from->count; i++) {
        const struct regressor_options *options = element(from, i, sizeof *options);
        plan->prophet.regressors[i] = (struct prophet_regressor){
            .name = options->field, .prior_scale = options->prior_scale,
            .standardize = (enum prophet_standardize)options->standardize, .mode = (enum prophet_mode)options->mode,
        };
        add_column(plan, options->field, options->field);
    }
    to->regressors = plan->prophet.regressors;
    to->regressor_count = from->count;
}

static bool make_holidays(struct plan *plan, struct prophet_settings *to, struct plan_error *err)
{
    const struct vane_tables *from = &plan->options->prophet.holidays;
    for (size_t i = 0; i < from->count; i++) {
        const struct holiday_options *options = element(from, i, sizeof *options);
        size_t room = to->holiday_count + options->dates.count;
        plan->prophet.holidays = memory_resize(plan->prophet.holidays, room, sizeof *plan->prophet.holidays);
        for (size_t j = 0; j < options->dates.count; j++) {
            struct prophet_holiday *holiday = &plan->prophet.holidays[to->holiday_count++];
            *holiday = (struct prophet_holiday){
                .name = options->name, .lower_window = (int32_t)options->lower_window,
                .upper_window = (int32_t)options->upper_window, .prior_scale = options->prior_scale,
            };
            if (!read_date(options->dates.items[j], &holiday->day))
                return plan_fail(err, "prophet.holidays: \"%s\" is no date; it is written YYYY-MM-DD",
                                 options->dates.items[j]);
        }
    }
    to->holidays = plan->prophet.holidays;
    return true;
}

static bool is_set(const char *text)
{
    return text && *text;
}

/* Of a country, and of a file: one of them. */
static bool read_calendar(struct plan *plan, struct prophet_settings *to, struct plan_error *err)
{
    const struct prophet_options *options = &plan->options->prophet;
    struct prophet_error error;
    char path[VANE_PATH_MOST];
    if (is_set(options->country_holidays) && is_set(options->holidays_file))
        return plan_fail(err, "prophet.country_holidays: holidays_file is set as well; one of them counts");
    if (is_set(options->country_holidays)) {
        if (!countries_read(options->country_holidays, &plan->prophet.calendar, &error))
            return plan_fail(err, "prophet.country_holidays: %s", error.text);
        to->country = options->country_holidays;
    } else if (is_set(options->holidays_file)) {
        if (!prophet_calendar_read(vane_path(path, options->holidays_file), &plan->prophet.calendar, &error))
            return plan_fail(err, "prophet.holidays_file: %s", error.text);
    }
    to->country_holidays = plan->prophet.calendar.rows;
    to->country_holiday_count = plan->prophet.calendar.count;
    return true;
}

static void set_plain(const struct forecast_options *all, struct prophet_settings *to)
{
    const struct prophet_options *options = &all->prophet;
    to->growth = (enum prophet_growth)options->growth;
    to->scaling = (enum prophet_scaling)options->scaling;
    to->cap = options->cap;
    to->floor = options->floor;
    to->has_floor = options->floor != 0;
    to->changepoint_count = (size_t)options->n_changepoints;
    to->changepoint_range = options->changepoint_range;
    to->changepoint_prior_scale = options->changepoint_prior_scale;
    to->changepoints = options->changepoints.items;
    to->changepoints_length = options->changepoints.count;
    to->changepoints_given = options->changepoints.count > 0;
    to->seasonality_prior_scale = options->seasonality_prior_scale;
    to->seasonality_mode = (enum prophet_mode)options->seasonality_mode;
    to->holidays_prior_scale = options->holidays_prior_scale;
    to->holidays_mode = (enum prophet_mode)options->holidays_mode;
    to->interval_width = all->interval_width;
}

static void add_bounds(struct plan *plan)
{
    const struct prophet_options *options = &plan->options->prophet;
    if (is_set(options->cap_field))
        add_column(plan, "cap", options->cap_field);
    if (is_set(options->floor_field))
        add_column(plan, "floor", options->floor_field);
}

/* ---- A model that is given ---- */

/* Its country's holidays, as JSON has only the name. */
static bool read_country_of(struct plan *plan, struct prophet_settings *base, struct plan_error *err)
{
    struct prophet_error error;
    const char *path = plan->options->prophet.model_file;
    struct prophet *model = saved_model_read(path, base, &error);
    if (!model)
        return plan_fail(err, "prophet.model_file: %s", error.text);
    const char *country = prophet_settings_of(model)->country;
    bool done = true;
    if (country && !base->country_holiday_count) {
        done = countries_read(country, &plan->prophet.calendar, &error)
            || plan_fail(err, "prophet.model_file: %s", error.text);
        base->country_holidays = plan->prophet.calendar.rows;
        base->country_holiday_count = plan->prophet.calendar.count;
    }
    prophet_free(model);
    return done;
}

/* All settings come with the model but what its format does not hold. What it needs of metrics are columns, in its own
 * order. */
static bool read_model(struct plan *plan, struct prophet_settings *base, struct plan_error *err)
{
    const struct prophet_options *options = &plan->options->prophet;
    struct prophet_error error;
    if (is_set(options->save_model))
        return plan_fail(err, "prophet.save_model: nothing is fitted with model_file");
    base->columns = NULL;
    base->column_count = 0;
    if (!read_country_of(plan, base, err))
        return false;
    struct prophet *model = saved_model_read(options->model_file, base, &error);
    if (!model)
        return plan_fail(err, "prophet.model_file: %s", error.text);
    plan->prophet.model = model;
    const struct prophet_settings *own = prophet_settings_of(model);
    for (size_t i = 0; i < own->column_count; i++) {
        const char *name = own->columns[i], *field = name;
        if (strcmp(name, "cap") == 0 && is_set(options->cap_field))
            field = options->cap_field;
        if (strcmp(name, "floor") == 0 && is_set(options->floor_field))
            field = options->floor_field;
        add_column(plan, name, field);
    }
    plan->settings.prophet = *own;
    plan->settings.prophet.columns = plan->prophet.columns;
    plan->settings.model = model;
    return true;
}

/* ---- All of it ---- */

static bool make_settings(struct plan *plan, struct prophet_settings *to, struct plan_error *err)
{
    const struct prophet_options *options = &plan->options->prophet;
    if (!read_seasonality("yearly_seasonality", options->yearly_seasonality, &to->yearly, err)
        || !read_seasonality("weekly_seasonality", options->weekly_seasonality, &to->weekly, err)
        || !read_seasonality("daily_seasonality", options->daily_seasonality, &to->daily, err)
        || !make_holidays(plan, to, err))
        return false;
    make_seasonalities(plan, to);
    make_regressors(plan, to);
    add_bounds(plan);
    if (to->growth == PROPHET_LOGISTIC && !is_set(options->cap_field) && !(to->cap > to->floor))
        return plan_fail(err, "prophet.cap: logistic growth needs one above the floor, or a cap_field");
    to->columns = plan->prophet.columns;
    to->column_count = plan->column_count;
    struct prophet_error error;
    return prophet_settings_check(to, &error) || plan_fail(err, "prophet: %s", error.text);
}

bool plan_make_prophet(struct plan *plan, struct plan_error *err)
{
    struct prophet_settings *to = &plan->settings.prophet;
    const char *pattern = plan->options->prophet.save_model, *unknown = pattern ? saved_model_unknown(pattern) : NULL;
    if (unknown)
        return plan_fail(err, "prophet.save_model: \"%.*s\" is unknown; there is {series}",
                         (int)(strcspn(unknown, "}") + 1), unknown);
    *to = prophet_settings_default();
    set_plain(plan->options, to);
    if (!read_calendar(plan, to, err))
        return false;
    return is_set(plan->options->prophet.model_file) ? read_model(plan, to, err) : make_settings(plan, to, err);
}

void plan_release_prophet(struct plan *plan)
{
    free(plan->prophet.seasonalities);
    free(plan->prophet.holidays);
    free(plan->prophet.regressors);
    free(plan->prophet.columns);
    free(plan->column_fields);
    prophet_free(plan->prophet.model);
    if (plan->prophet.calendar.rows)
        prophet_calendar_free(&plan->prophet.calendar);
}
