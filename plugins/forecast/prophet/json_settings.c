/* json_settings - see json_settings.h. Own thread. */
#include "plugins/forecast/prophet/json_settings.h"

#include "plugins/forecast/prophet/holidays.h"
#include "plugins/shared/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MOST = 10000 };

cJSON *json_inner(const cJSON *json, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
    return text ? cJSON_Parse(text) : NULL;
}

/* Memory that lives as long as the model. */
static void *keep(struct prophet *model, size_t size)
{
    void *memory = memory_zero(size ? size : 1);
    model->owned = memory_resize(model->owned, model->owned_count + 1, sizeof *model->owned);
    return model->owned[model->owned_count++] = memory;
}

static const char *keep_text(struct prophet *model, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(keep(model, size), text, size);
}

static const cJSON *get(const cJSON *json, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(json, name);
}

static const char *text_of(const cJSON *json, const char *name)
{
    const char *text = cJSON_GetStringValue(get(json, name));
    return text ? text : "";
}

static double number_or(const cJSON *json, const char *name, double otherwise)
{
    const cJSON *item = get(json, name);
    return cJSON_IsNumber(item) && isfinite(item->valuedouble) ? item->valuedouble : otherwise;
}

static enum prophet_mode mode_of(const cJSON *json, const char *name)
{
    const char *mode = text_of(json, name);
    return strcmp(mode, "multiplicative") == 0 ? PROPHET_MULTIPLICATIVE
         : strcmp(mode, "additive") == 0       ? PROPHET_ADDITIVE : PROPHET_MODE_DEFAULT;
}

/* [[name, ...], {name: properties}]: the items in order; false: it is not that. */
static bool ordered(const cJSON *json, const char *name, const cJSON **keys, const cJSON **items,
                    struct prophet_error *err)
{
    const cJSON *pair = get(json, name), *key;
    *keys = cJSON_GetArrayItem(pair, 0);
    *items = cJSON_GetArrayItem(pair, 1);
    if (!cJSON_IsArray(*keys) || !cJSON_IsObject(*items) || cJSON_GetArraySize(*keys) > NAMES_MOST)
        return prophet_fail(err, "%s is not a list of keys and an object", name);
    cJSON_ArrayForEach(key, *keys)
        if (!cJSON_IsString(key) || !cJSON_IsObject(get(*items, key->valuestring)))
            return prophet_fail(err, "%s has a key without an item", name);
    return true;
}

static bool read_seasonalities(struct prophet *model, const cJSON *json, struct prophet_error *err)
{
    const cJSON *keys, *items, *key;
    if (!ordered(json, "seasonalities", &keys, &items, err))
        return false;
    struct prophet_seasonality *rows = keep(model, (size_t)cJSON_GetArraySize(keys) * sizeof *rows);
    model->own.seasonalities = rows;
    cJSON_ArrayForEach(key, keys) {
        const cJSON *item = get(items, key->valuestring);
        const char *condition = text_of(item, "condition_name");
        double order = number_or(item, "fourier_order", 0);
        rows[model->own.seasonality_count++] = (struct prophet_seasonality){
            .name = keep_text(model, key->valuestring),
            .period = number_or(item, "period", 0),
            .fourier_order = order >= 1 && order <= 1e6 ? (int)order : 0,
            .prior_scale = number_or(item, "prior_scale", 0),
            .mode = mode_of(item, "mode"),
            .condition = *condition ? keep_text(model, condition) : NULL,
        };
    }
    return true;
}

static bool read_regressors(struct prophet *model, const cJSON *json, struct prophet_error *err)
{
    const cJSON *keys, *items, *key;
    if (!ordered(json, "extra_regressors", &keys, &items, err))
        return false;
    struct prophet_regressor *rows = keep(model, (size_t)cJSON_GetArraySize(keys) * sizeof *rows);
    model->own.regressors = rows;
    cJSON_ArrayForEach(key, keys) {
        const cJSON *item = get(items, key->valuestring), *how = get(item, "standardize");
        rows[model->own.regressor_count++] = (struct prophet_regressor){
            .name = keep_text(model, key->valuestring),
            .prior_scale = number_or(item, "prior_scale", 0),
            .mode = mode_of(item, "mode"),
            .standardize = cJSON_IsTrue(how)    ? PROPHET_STANDARDIZE_ALWAYS
                           : cJSON_IsFalse(how) ? PROPHET_STANDARDIZE_NEVER : PROPHET_STANDARDIZE_AUTO,
        };
    }
    return true;
}

/* "2020-01-03T00:00:00.000Z", or ms since 1970 as older pandas wrote. */
static bool read_day(const cJSON *item, int32_t *day)
{
    int y, m, d;
    if (cJSON_IsNumber(item) && fabs(item->valuedouble) < 9e12) {
        *day = holidays_day((int64_t)(item->valuedouble / 1000) * 1000000000);
        return true;
    }
    if (!cJSON_IsString(item) || sscanf(item->valuestring, "%4d-%2d-%2d", &y, &m, &d) != 3 || y < 1600
        || y > 2300
        || m < 1 || m > 12 || d < 1 || d > 31)
        return false;
    *day = holidays_day_of(y, m, d);
    return true;
}

static bool read_holidays(struct prophet *model, const cJSON *json, struct prophet_error *err)
{
    cJSON *table = json_inner(json, "holidays"), *row;
    const cJSON *data = get(table, "data");
    struct prophet_holiday *rows = keep(model, (size_t)cJSON_GetArraySize(data) * sizeof *rows);
    model->own.holidays = rows;
    bool sound = true;
    cJSON_ArrayForEach(row, data) {
        struct prophet_holiday *it = &rows[model->own.holiday_count];
        double lower = number_or(row, "lower_window", 0), upper = number_or(row, "upper_window", 0);
        sound = sound && read_day(get(row, "ds"), &it->day) && fabs(lower) < 1e6 && fabs(upper) < 1e6;
        if (!sound)
            break;
        it->name = keep_text(model, text_of(row, "holiday"));
        it->lower_window = (int32_t)lower;
        it->upper_window = (int32_t)upper;
        it->prior_scale = number_or(row, "prior_scale", 0);
        model->own.holiday_count++;
    }
    cJSON_Delete(table);
    return sound || prophet_fail(err, "a row of holidays has no date, or its window is too wide");
}

static bool read_trained(struct prophet *model, const cJSON *json, struct prophet_error *err)
{
    cJSON *series = json_inner(json, "train_holiday_names"), *item;
    const cJSON *data = get(series, "data");
    int count = cJSON_GetArraySize(data);
    bool sound = count <= NAMES_MOST;
    const char **names = keep(model, (sound ? (size_t)count : 0) * sizeof *names);
    model->trained = names;
    if (sound)
        cJSON_ArrayForEach(item, data)
            if (cJSON_IsString(item))
                names[model->trained_count++] = keep_text(model, item->valuestring);
    cJSON_Delete(series);
    return sound || prophet_fail(err, "there are more than %d names of holidays", NAMES_MOST);
}

/* Every column that the model asks for; not those that the base has a constant for. */
static void name_columns(struct prophet *model, const cJSON *json)
{
    struct prophet_settings *own = &model->own;
    const char **names = keep(model, (own->regressor_count + own->seasonality_count + 2) * sizeof *names);
    own->columns = names;
    for (size_t i = 0; i < own->regressor_count; i++)
        names[own->column_count++] = own->regressors[i].name;
    for (size_t i = 0; i < own->seasonality_count; i++)
        if (own->seasonalities[i].condition && prophet_column(own,
                                                              own->seasonalities[i].condition) == NO_COLUMN)
            names[own->column_count++] = own->seasonalities[i].condition;
    if (own->growth == PROPHET_LOGISTIC && !(own->cap > own->floor))
        names[own->column_count++] = "cap";
    if (cJSON_IsTrue(get(json, "logistic_floor")) && !own->has_floor)
        names[own->column_count++] = "floor";
}

static bool read_growth(struct prophet_settings *own, const cJSON *json, struct prophet_error *err)
{
    const char *growth = text_of(json, "growth");
    if (strcmp(growth, "linear") == 0)
        own->growth = PROPHET_LINEAR;
    else if (strcmp(growth, "logistic") == 0)
        own->growth = PROPHET_LOGISTIC;
    else if (strcmp(growth, "flat") == 0)
        own->growth = PROPHET_FLAT;
    else
        return prophet_fail(err, "growth is not linear, logistic or flat");
    return true;
}

/* The seasonalities are listed as they were found: nothing is left to be switched on. */
static void read_numbers(struct prophet_settings *own, const cJSON *json)
{
    struct prophet_settings usual = prophet_settings_default();
    own->scaling = strcmp(text_of(json, "scaling"), "minmax") == 0 ? PROPHET_MINMAX : PROPHET_ABSMAX;
    double count = number_or(json, "n_changepoints", (double)usual.changepoint_count);
    own->changepoint_count = count >= 0 && count <= 1000 ? (size_t)count : usual.changepoint_count;
    own->changepoint_range = number_or(json, "changepoint_range", usual.changepoint_range);
    own->changepoint_prior_scale = number_or(json, "changepoint_prior_scale", usual.changepoint_prior_scale);
    own->seasonality_prior_scale = number_or(json, "seasonality_prior_scale", usual.seasonality_prior_scale);
    own->holidays_prior_scale = number_or(json, "holidays_prior_scale", usual.holidays_prior_scale);
    own->interval_width = number_or(json, "interval_width", usual.interval_width);
    own->seasonality_mode = mode_of(json, "seasonality_mode");
    own->holidays_mode = mode_of(json, "holidays_mode");
    own->yearly = own->weekly = own->daily = PROPHET_OFF;
}

bool json_settings_read(struct prophet *model, const cJSON *json, const struct prophet_settings *base,
                        struct prophet_error *err)
{
    struct prophet_settings *own = &model->own;
    *own = prophet_settings_default();
    if (!read_growth(own, json, err))
        return false;
    read_numbers(own, json);
    if (!read_seasonalities(model, json, err) || !read_regressors(model, json, err)
        || !read_holidays(model, json, err) || !read_trained(model, json, err))
        return false;
    const char *country = text_of(json, "country_holidays");
    own->country = *country ? keep_text(model, country) : NULL;
    if (base) {
        own->cap = base->cap;
        own->floor = base->floor;
        own->has_floor = base->has_floor;
        own->country_holidays = base->country_holidays;
        own->country_holiday_count = base->country_holiday_count;
        own->columns = base->columns;
        own->column_count = base->column_count;
    }
    if (!own->column_count)
        name_columns(model, json);
    return true;
}
