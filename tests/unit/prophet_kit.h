/* prophet_kit - the series of tests/data/prophet, and fits in one line, for the tests of Prophet's model. */
#pragma once
#include "plugins/forecast/prophet/prophet.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t kit_second = 1000000000, kit_day = 86400000000000;

struct kit_series {
    size_t   count;
    int64_t *times;
    double  *values;
};

static inline char *kit_file(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "tests/data/prophet/%s", name);
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("open %s", path);
    char *text = calloc(1, 1 << 19);
    size_t length = fread(text, 1, (1 << 19) - 1, file);
    assert_true(length > 0);
    fclose(file);
    return text;
}

/* The first `most` rows. */
static inline struct kit_series kit_read(const char *name, size_t most)
{
    char *text = kit_file(name), *at = text;
    struct kit_series series = { 0, calloc(most, sizeof(int64_t)), calloc(most, sizeof(double)) };
    int64_t time = 0;
    while (*at && series.count < most) {
        time += strtoll(at, &at, 10) * kit_second;
        char *end;
        double value = strtod(at + 1, &end);
        series.times[series.count] = time;
        series.values[series.count++] = end == at + 1 ? NAN : value;
        at = strchr(at, '\n') + 1;
    }
    free(text);
    return series;
}

/* value(i) at day i. */
static inline struct kit_series kit_days(size_t count, double (*value)(size_t))
{
    struct kit_series series = { count, calloc(count, sizeof(int64_t)), calloc(count, sizeof(double)) };
    for (size_t i = 0; i < count; i++) {
        series.times[i] = (int64_t)(18262 + i) * kit_day; /* 2020-01-01 */
        series.values[i] = value(i);
    }
    return series;
}

static inline void kit_free(struct kit_series *series)
{
    free(series->times);
    free(series->values);
}

static inline struct prophet_frame kit_frame(const struct kit_series *series)
{
    return (struct prophet_frame){ .count = series->count, .times = series->times, .values = series->values };
}

/* Without any seasonality. */
static inline struct prophet_settings kit_bare(void)
{
    struct prophet_settings settings = prophet_settings_default();
    settings.yearly = settings.weekly = settings.daily = PROPHET_OFF;
    return settings;
}

static inline struct prophet *kit_fit_frame(const struct prophet_settings *settings,
                                            const struct prophet_frame *frame)
{
    struct prophet_error err;
    struct prophet *model = prophet_new(settings);
    if (!prophet_fit(model, frame, NULL, &err))
        fail_msg("%s", err.text);
    return model;
}

static inline struct prophet *kit_fit(const struct prophet_settings *settings,
                                      const struct kit_series *series)
{
    struct prophet_frame frame = kit_frame(series);
    return kit_fit_frame(settings, &frame);
}

/* yhat at these times. */
static inline void kit_yhat(const struct prophet *model, const int64_t *times, size_t count, double *out)
{
    struct prophet_error err;
    struct prophet_frame frame = { .count = count, .times = times };
    struct prophet_forecast forecast = { .yhat = out };
    if (!prophet_predict(model, &frame, &forecast, &err))
        fail_msg("%s", err.text);
}

static inline void kit_near(double value, double expected, double relative)
{
    if (!(fabs(value - expected) <= relative * fmax(fabs(expected), 1e-300)))
        fail_msg("%.17g is not near %.17g", value, expected);
}

static inline double kit_number(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}
