/* json_read - a model from Prophet's JSON: settings first (json_settings.c), then scales and parameters.
 * All of it is checked: the text may be anything. Own thread.
 */
#include "plugins/forecast/prophet/json_settings.h"

#include "plugins/forecast/prophet/design.h"
#include "plugins/shared/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool read_number(const cJSON *json, const char *name, double *out, struct prophet_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble))
        return prophet_fail(err, "%s is not a number", name);
    *out = item->valuedouble;
    return true;
}

static bool read_scale(struct prophet *model, const cJSON *json, struct prophet_error *err)
{
    double start = 0, length = 0, y_scale = 0, y_min = 0;
    if (!read_number(json, "start", &start, err) || !read_number(json, "t_scale", &length, err)
        || !read_number(json, "y_scale", &y_scale, err))
        return false;
    if (cJSON_HasObjectItem(json, "scaling") && !read_number(json, "y_min", &y_min, err))
        return false;
    if (fabs(start) > 9e9 || !(length >= 1e-9) || length > 9e9 || !(fabs(start + length) <= 9e9))
        return prophet_fail(err, "start or t_scale is out of range");
    if (!(y_scale > 0))
        return prophet_fail(err, "y_scale is not greater than 0");
    model->scale = (struct scale){
        .y_scale = y_scale,
        .y_min = y_min,
        .floor_given = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "logistic_floor")),
        .start = (int64_t)llround(start * 1e9),
        .length = (int64_t)llround(length * 1e9),
    };
    model->span = (struct span){ .first = model->scale.start,
                                 .last = model->scale.start + model->scale.length };
    return true;
}

/* The mean of all draws of a parameter: a row each, one row for a fit without sampling. */
static bool read_draws(const cJSON *params, const char *name, double *out, size_t count,
                       struct prophet_error *err)
{
    const cJSON *draws = cJSON_GetObjectItemCaseSensitive(params, name), *draw;
    int rows = 0;
    cJSON_ArrayForEach(draw, draws) {
        size_t at = 0;
        const cJSON *value;
        cJSON_ArrayForEach(value, draw) {
            if (!cJSON_IsNumber(value) || !isfinite(value->valuedouble) || at == count)
                return prophet_fail(err, "params.%s has not %zu numbers a row", name, count);
            out[at++] += value->valuedouble;
        }
        if (at != count)
            return prophet_fail(err, "params.%s has not %zu numbers a row", name, count);
        rows++;
    }
    if (!rows)
        return prophet_fail(err, "params.%s is missing", name);
    for (size_t i = 0; i < count; i++)
        out[i] /= rows;
    return true;
}

static bool read_changepoints(struct prophet *model, const cJSON *json, struct prophet_error *err)
{
    const cJSON *times = cJSON_GetObjectItemCaseSensitive(json, "changepoints_t"), *item;
    int count = cJSON_GetArraySize(times), at = 0;
    if (count < 1 || count > 10000)
        return prophet_fail(err, "changepoints_t is missing or too long");
    model->change_count = (size_t)count;
    model->changes = memory_zero(model->change_count * sizeof(double));
    model->delta = memory_zero(model->change_count * sizeof(double));
    cJSON_ArrayForEach(item, times) {
        if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble)
            || (at && item->valuedouble < model->changes[at - 1]))
            return prophet_fail(err, "changepoints_t are not ascending numbers");
        model->changes[at++] = item->valuedouble;
    }
    cJSON *dates = json_inner(json, "changepoints");
    model->no_changepoints = count == 1 && dates
                          && cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(dates, "data")) == 0;
    cJSON_Delete(dates);
    return true;
}

static bool read_parameters(struct prophet *model, const cJSON *json, struct prophet_error *err)
{
    const cJSON *params = cJSON_GetObjectItemCaseSensitive(json, "params");
    model->beta = memory_zero(model->design.width * sizeof(double));
    if (!read_draws(params, "k", &model->k, 1, err) || !read_draws(params, "m", &model->m, 1, err)
        || !read_draws(params, "sigma_obs", &model->sigma, 1, err)
        || !read_draws(params, "delta", model->delta, model->change_count, err)
        || !read_draws(params, "beta", model->beta, model->design.width, err))
        return false;
    model->log_posterior = NAN;
    return model->sigma > 0 || prophet_fail(err, "params.sigma_obs is not greater than 0");
}

/* Regressors bring their scaling along. */
static bool read_regressor_scales(struct prophet *model, const cJSON *json, struct prophet_error *err)
{
    const cJSON *items = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "extra_regressors"), 1);
    for (size_t i = 0; i < model->design.count; i++) {
        struct term *term = &model->design.terms[i];
        if (term->kind != TERM_REGRESSOR)
            continue;
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(items, term->name);
        if (!read_number(item, "mu", &term->mean, err) || !read_number(item, "std", &term->deviation, err))
            return false;
        if (term->deviation == 0)
            return prophet_fail(err, "regressor \"%s\": its std is 0", term->name);
    }
    return true;
}

static void read_spacing(struct prophet *model, const cJSON *json)
{
    cJSON *history = json_inner(json, "history");
    int count = cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(history, "data"));
    model->spacing = count > 1 ? 1.0 / (count - 1) : 1;
    cJSON_Delete(history);
}

static bool read_model(struct prophet *model, const cJSON *json, const struct prophet_settings *base,
                       struct prophet_error *err)
{
    if (!json_settings_read(model, json, base, err) || !prophet_settings_check(&model->own, err)
        || !read_scale(model, json, err) || !design_init(&model->design, model, &model->span, err)
        || !read_regressor_scales(model, json, err) || !read_changepoints(model, json, err)
        || !read_parameters(model, json, err))
        return false;
    read_spacing(model, json);
    return model->fitted = true;
}

struct prophet *prophet_json_read(const char *text, size_t length, const struct prophet_settings *base,
                                  struct prophet_error *err)
{
    cJSON *json = cJSON_ParseWithLength(text, length);
    if (cJSON_IsString(json)) {
        cJSON *inner = cJSON_Parse(json->valuestring);
        cJSON_Delete(json);
        json = inner;
    }
    if (!cJSON_IsObject(json)) {
        cJSON_Delete(json);
        prophet_fail(err, "this is not a model of Prophet: not a JSON object");
        return NULL;
    }
    struct prophet *model = prophet_new(NULL);
    model->settings = &model->own;
    bool done = read_model(model, json, base, err);
    cJSON_Delete(json);
    if (done)
        return model;
    prophet_free(model);
    return NULL;
}
