/* json_write - the dict of Prophet's serialize.model_to_dict. Tables and series are JSON inside of strings
 * there, as pandas writes them (orient "table" and "split"). Own thread.
 */
#include "plugins/forecast/prophet/holidays.h"
#include "plugins/forecast/prophet/history.h"

#include "core/plugin.h"
#include "plugins/shared/memory.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t ns_a_day = 86400000000000;

static void add_time(cJSON *array, const char *name, int64_t time)
{
    int year, month, day;
    int32_t days = holidays_day(time);
    int64_t rest = time - days * ns_a_day, second = rest / 1000000000, ns = rest % 1000000000;
    char text[64];
    holidays_date(days, &year, &month, &day);
    int length = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.", year, month, day,
                          (int)(second / 3600),
                          (int)(second / 60 % 60), (int)(second % 60));
    if (ns % 1000000)
        snprintf(text + length, sizeof text - (size_t)length, "%09d", (int)ns);
    else
        snprintf(text + length, sizeof text - (size_t)length, "%03d", (int)(ns / 1000000));
    if (name)
        cJSON_AddStringToObject(array, name, text);
    else
        cJSON_AddItemToArray(array, cJSON_CreateString(text));
}

/* Adds a JSON text as a string, and frees it. */
static void add_inner(cJSON *out, const char *name, cJSON *inner)
{
    char *text = cJSON_PrintUnformatted(inner);
    cJSON_AddStringToObject(out, name, text ? text : "");
    cJSON_free(text);
    cJSON_Delete(inner);
}

struct series { cJSON *whole, *index, *data; int count; };

static struct series new_series(const char *name)
{
    struct series series = { .whole = cJSON_CreateObject() };
    cJSON_AddItemToObject(series.whole, "name", name ? cJSON_CreateString(name) : cJSON_CreateNull());
    series.index = cJSON_AddArrayToObject(series.whole, "index");
    series.data = cJSON_AddArrayToObject(series.whole, "data");
    return series;
}

static void count_row(struct series *series)
{
    cJSON_AddItemToArray(series->index, cJSON_CreateNumber(series->count++));
}

struct frame { cJSON *whole, *fields, *data; };

static struct frame new_frame(void)
{
    struct frame frame = { .whole = cJSON_CreateObject() };
    cJSON *schema = cJSON_AddObjectToObject(frame.whole, "schema");
    frame.fields = cJSON_AddArrayToObject(schema, "fields");
    cJSON_AddStringToObject(schema, "pandas_version", "1.4.0");
    frame.data = cJSON_AddArrayToObject(frame.whole, "data");
    return frame;
}

static void add_field(struct frame *frame, const char *name, const char *type)
{
    cJSON *field = cJSON_CreateObject();
    cJSON_AddStringToObject(field, "name", name);
    cJSON_AddStringToObject(field, "type", type);
    cJSON_AddItemToArray(frame->fields, field);
}

static cJSON *new_row(struct frame *frame)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddItemToArray(frame->data, row);
    return row;
}

static const char *mode_name(bool multiplicative)
{
    return multiplicative ? "multiplicative" : "additive";
}

static bool first_of_name(const struct design *design, size_t at)
{
    return at == 0 || strcmp(design->terms[at].name, design->terms[at - 1].name) != 0;
}

static bool has_holidays(const struct design *design)
{
    for (size_t i = 0; i < design->count; i++)
        if (design->terms[i].kind == TERM_HOLIDAY)
            return true;
    return false;
}

/* ---- Simple attributes ---- */

static void add_order(cJSON *out, const char *name, int wish)
{
    if (wish == PROPHET_AUTO)
        cJSON_AddStringToObject(out, name, "auto");
    else if (wish > 0)
        cJSON_AddNumberToObject(out, name, wish);
    else
        cJSON_AddBoolToObject(out, name, wish == PROPHET_ON);
}

static void add_settings(cJSON *out, const struct prophet *model)
{
    static const char *const growths[] = { "linear", "logistic", "flat" };
    const struct prophet_settings *s = model->settings;
    size_t changepoints = model->no_changepoints ? 0 : model->change_count;
    cJSON_AddStringToObject(out, "growth", growths[s->growth]);
    cJSON_AddNumberToObject(out, "n_changepoints", (double)changepoints);
    cJSON_AddBoolToObject(out, "specified_changepoints", s->changepoints_given);
    cJSON_AddNumberToObject(out, "changepoint_range", s->changepoint_range);
    add_order(out, "yearly_seasonality", s->yearly);
    add_order(out, "weekly_seasonality", s->weekly);
    add_order(out, "daily_seasonality", s->daily);
    cJSON_AddStringToObject(out, "seasonality_mode",
                            mode_name(prophet_mode_of(s, PROPHET_MODE_DEFAULT) == PROPHET_MULTIPLICATIVE));
    cJSON_AddNumberToObject(out, "seasonality_prior_scale", s->seasonality_prior_scale);
    cJSON_AddNumberToObject(out, "changepoint_prior_scale", s->changepoint_prior_scale);
    cJSON_AddNumberToObject(out, "holidays_prior_scale", s->holidays_prior_scale);
    cJSON_AddNumberToObject(out, "mcmc_samples", 0);
    cJSON_AddNumberToObject(out, "interval_width", s->interval_width);
    cJSON_AddNumberToObject(out, "uncertainty_samples", 1000);
    cJSON_AddNumberToObject(out, "y_scale", model->scale.y_scale);
    cJSON_AddNumberToObject(out, "y_min", model->scale.y_min);
    cJSON_AddStringToObject(out, "scaling", s->scaling == PROPHET_MINMAX ? "minmax" : "absmax");
    cJSON_AddBoolToObject(out, "logistic_floor", model->scale.floor_given);
    cJSON_AddItemToObject(out, "country_holidays", s->country && s->country_holiday_count
                                                   ? cJSON_CreateString(s->country) : cJSON_CreateNull());
    cJSON_AddStringToObject(out, "holidays_mode",
                            mode_name(prophet_holidays_mode(s) == PROPHET_MULTIPLICATIVE));
}

static void add_component_modes(cJSON *out, const struct prophet *model)
{
    cJSON *modes = cJSON_AddObjectToObject(out, "component_modes");
    for (int multiplicative = 0; multiplicative < 2; multiplicative++) {
        cJSON *names = cJSON_AddArrayToObject(modes, mode_name(multiplicative));
        for (size_t i = 0; i < model->design.count; i++)
            if (model->design.terms[i].multiplicative == multiplicative && first_of_name(&model->design, i))
                cJSON_AddItemToArray(names, cJSON_CreateString(model->design.terms[i].name));
        cJSON_AddItemToArray(names, cJSON_CreateString(multiplicative ? "multiplicative_terms"
                                                       : "additive_terms"));
        cJSON_AddItemToArray(names, cJSON_CreateString(multiplicative ? "extra_regressors_multiplicative"
                                                                      : "extra_regressors_additive"));
        if ((prophet_holidays_mode(model->settings) == PROPHET_MULTIPLICATIVE) == multiplicative)
            cJSON_AddItemToArray(names, cJSON_CreateString("holidays"));
    }
}

/* ---- Terms ---- */

static void add_seasonalities(cJSON *out, const struct prophet *model)
{
    cJSON *pair = cJSON_AddArrayToObject(out, "seasonalities"), *keys = cJSON_CreateArray();
    cJSON *items = cJSON_CreateObject();
    cJSON_AddItemToArray(pair, keys);
    cJSON_AddItemToArray(pair, items);
    for (size_t i = 0; i < model->design.count; i++) {
        const struct term *term = &model->design.terms[i];
        if (term->kind != TERM_SEASONALITY)
            continue;
        cJSON_AddItemToArray(keys, cJSON_CreateString(term->name));
        cJSON *item = cJSON_AddObjectToObject(items, term->name);
        cJSON_AddNumberToObject(item, "period", term->period);
        cJSON_AddNumberToObject(item, "fourier_order", (double)(term->count / 2));
        cJSON_AddNumberToObject(item, "prior_scale", term->prior_scale);
        cJSON_AddStringToObject(item, "mode", mode_name(term->multiplicative));
        cJSON_AddItemToObject(item, "condition_name", term->column == NO_COLUMN
            ? cJSON_CreateNull() : cJSON_CreateString(model->settings->columns[term->column]));
    }
}

static void add_regressors(cJSON *out, const struct prophet *model)
{
    cJSON *pair = cJSON_AddArrayToObject(out, "extra_regressors"), *keys = cJSON_CreateArray();
    cJSON *items = cJSON_CreateObject();
    cJSON_AddItemToArray(pair, keys);
    cJSON_AddItemToArray(pair, items);
    size_t regressor = 0;
    for (size_t i = 0; i < model->design.count; i++) {
        const struct term *term = &model->design.terms[i];
        if (term->kind != TERM_REGRESSOR)
            continue;
        enum prophet_standardize how = model->settings->regressors[regressor++].standardize;
        cJSON_AddItemToArray(keys, cJSON_CreateString(term->name));
        cJSON *item = cJSON_AddObjectToObject(items, term->name);
        cJSON_AddNumberToObject(item, "prior_scale", term->prior_scale);
        cJSON_AddItemToObject(item, "standardize", how == PROPHET_STANDARDIZE_AUTO
            ? cJSON_CreateString("auto") : cJSON_CreateBool(how == PROPHET_STANDARDIZE_ALWAYS));
        cJSON_AddNumberToObject(item, "mu", term->mean);
        cJSON_AddNumberToObject(item, "std", term->deviation);
        cJSON_AddStringToObject(item, "mode", mode_name(term->multiplicative));
        cJSON_AddNullToObject(item, "predictor_spec");
        cJSON_AddNullToObject(item, "predictor");
    }
}

static void add_train_names(cJSON *out, const struct prophet *model)
{
    if (!has_holidays(&model->design)) {
        cJSON_AddNullToObject(out, "train_holiday_names");
        return;
    }
    struct series names = new_series(NULL);
    for (size_t i = 0; i < model->design.count; i++) {
        if (model->design.terms[i].kind != TERM_HOLIDAY || !first_of_name(&model->design, i))
            continue;
        count_row(&names);
        cJSON_AddItemToArray(names.data, cJSON_CreateString(model->design.terms[i].name));
    }
    add_inner(out, "train_holiday_names", names.whole);
}

static void add_holiday_row(struct frame *table, const struct prophet_settings *s,
                            const struct prophet_holiday *it)
{
    cJSON *row = new_row(table);
    cJSON_AddStringToObject(row, "holiday", it->name);
    add_time(row, "ds", it->day * ns_a_day);
    cJSON_AddNumberToObject(row, "lower_window", it->lower_window);
    cJSON_AddNumberToObject(row, "upper_window", it->upper_window);
    cJSON_AddNumberToObject(row, "prior_scale", it->prior_scale != 0 ? it->prior_scale
                            : s->holidays_prior_scale);
}

/* A country's dates without the country's name are written as a table of one's own. */
static void add_holidays(cJSON *out, const struct prophet *model)
{
    const struct prophet_settings *s = model->settings;
    size_t dates = s->country ? 0 : s->country_holiday_count;
    if (s->holiday_count + dates == 0) {
        cJSON_AddNullToObject(out, "holidays");
        return;
    }
    struct frame table = new_frame();
    add_field(&table, "holiday", "string");
    add_field(&table, "ds", "datetime");
    add_field(&table, "lower_window", "integer");
    add_field(&table, "upper_window", "integer");
    add_field(&table, "prior_scale", "number");
    for (size_t i = 0; i < s->holiday_count; i++)
        add_holiday_row(&table, s, &s->holidays[i]);
    for (size_t i = 0; i < dates; i++)
        add_holiday_row(&table, s, &s->country_holidays[i]);
    add_inner(out, "holidays", table.whole);
}

/* Which columns of X each component has; named, a group's or a term's. */
static void add_component_columns(cJSON *out, const struct prophet *model)
{
    struct frame table = new_frame();
    size_t count = prophet_component_count(model);
    for (size_t c = 0; c < count; c++)
        add_field(&table, prophet_component_name(model, c), "integer");
    for (size_t column = 0; column < model->design.width; column++) {
        cJSON *row = new_row(&table);
        for (size_t c = 0; c < count; c++)
            cJSON_AddNumberToObject(row, prophet_component_name(model, c),
                                    prophet_component_has(model, c, column));
    }
    add_inner(out, "train_component_cols", table.whole);
}

/* ---- History ---- */

static bool is_condition(const struct prophet_settings *s, const char *name)
{
    for (size_t i = 0; i < s->seasonality_count; i++)
        if (s->seasonalities[i].condition && strcmp(s->seasonalities[i].condition, name) == 0)
            return true;
    return false;
}

static void add_history_row(struct frame *table, const struct prophet *model, const struct rows *rows,
                            size_t at)
{
    struct bounds bounds = bounds_of(model, rows->columns);
    const struct prophet_settings *s = model->settings;
    double floor = bounds_floor(&bounds, at);
    cJSON *row = new_row(table);
    add_time(row, "ds", rows->times[at]);
    cJSON_AddNumberToObject(row, "y", rows->values[at]);
    cJSON_AddNumberToObject(row, "floor", floor);
    cJSON_AddNumberToObject(row, "t", scale_time(&model->scale, rows->times[at]));
    cJSON_AddNumberToObject(row, "y_scaled", (rows->values[at] - floor) / model->scale.y_scale);
    if (s->growth == PROPHET_LOGISTIC) {
        double cap = bounds_cap(&bounds, at);
        cJSON_AddNumberToObject(row, "cap", cap);
        cJSON_AddNumberToObject(row, "cap_scaled", (cap - floor) / model->scale.y_scale);
    }
    for (size_t i = 0; i < s->column_count; i++)
        if (is_condition(s, s->columns[i]))
            cJSON_AddBoolToObject(row, s->columns[i], rows->columns[i][at] != 0);
    for (size_t i = 0; i < model->design.count; i++) {
        const struct term *term = &model->design.terms[i];
        if (term->kind == TERM_REGRESSOR)
            cJSON_AddNumberToObject(row, term->name,
                                    (rows->columns[term->column][at] - term->mean) / term->deviation);
    }
}

static void add_history(cJSON *out, const struct prophet *model, const struct rows *rows)
{
    static const char *const numbers[] = { "y", "floor", "t", "y_scaled", "cap", "cap_scaled" };
    const struct prophet_settings *s = model->settings;
    struct series dates = new_series("ds");
    struct frame table = new_frame();
    add_field(&table, "ds", "datetime");
    for (size_t i = 0; i < (s->growth == PROPHET_LOGISTIC ? 6 : 4); i++)
        add_field(&table, numbers[i], "number");
    for (size_t i = 0; i < s->column_count; i++)
        if (is_condition(s, s->columns[i]))
            add_field(&table, s->columns[i], "boolean");
    for (size_t i = 0; i < s->regressor_count; i++)
        add_field(&table, s->regressors[i].name, "number");
    for (size_t i = 0; i < rows->count; i++) {
        count_row(&dates);
        add_time(dates.data, NULL, rows->times[i]);
        add_history_row(&table, model, rows, i);
    }
    add_inner(out, "history_dates", dates.whole);
    add_inner(out, "history", table.whole);
}

/* ---- Parameters ---- */

static void add_changepoints(cJSON *out, const struct prophet *model)
{
    struct series dates = new_series("ds");
    for (size_t i = 0; !model->no_changepoints && i < model->change_count; i++) {
        count_row(&dates);
        add_time(dates.data, NULL,
                 model->scale.start + (int64_t)llround(model->changes[i] * (double)model->scale.length));
    }
    add_inner(out, "changepoints", dates.whole);
    cJSON_AddItemToObject(out, "changepoints_t", cJSON_CreateDoubleArray(model->changes,
                                                                         (int)model->change_count));
}

static void add_draws(cJSON *params, const char *name, const double *values, size_t count)
{
    cJSON_AddItemToArray(cJSON_AddArrayToObject(params, name), cJSON_CreateDoubleArray(values, (int)count));
}

static void add_parameters(cJSON *out, const struct prophet *model)
{
    cJSON *params = cJSON_AddObjectToObject(out, "params");
    add_draws(params, "k", &model->k, 1);
    add_draws(params, "m", &model->m, 1);
    add_draws(params, "sigma_obs", &model->sigma, 1);
    add_draws(params, "delta", model->delta, model->change_count);
    add_draws(params, "beta", model->beta, model->design.width);
    if (!isnan(model->log_posterior))
        add_draws(params, "lp__", &model->log_posterior, 1);
}

void prophet_json_write(const struct prophet *model, const struct prophet_frame *history,
                        struct vane_text *out)
{
    struct prophet_error err;
    struct rows rows = { 0 };
    if (!model->fitted || !rows_init(&rows, model->settings, history, &err))
        return;
    cJSON *json = cJSON_CreateObject();
    add_settings(json, model);
    add_component_modes(json, model);
    add_changepoints(json, model);
    add_history(json, model, &rows);
    add_train_names(json, model);
    cJSON_AddNumberToObject(json, "start", (double)model->scale.start / 1e9);
    cJSON_AddNumberToObject(json, "t_scale", (double)model->scale.length / 1e9);
    add_holidays(json, model);
    add_component_columns(json, model);
    add_seasonalities(json, model);
    add_regressors(json, model);
    cJSON_AddObjectToObject(json, "fit_kwargs");
    add_parameters(json, model);
    cJSON_AddStringToObject(json, "__prophet_version", "1.3.0");
    char *text = cJSON_PrintUnformatted(json);
    if (text)
        vane_text_add(out, text, strlen(text));
    cJSON_free(text);
    cJSON_Delete(json);
    rows_release(&rows);
}
