/* prophet_fit - the Prophet model of plugins/forecast as a program, for tests beside the real one.
 *
 *     prophet_fit < FILE
 *
 * The first line is JSON: Prophet's settings by their names ("growth", "seasonalities": [{"name",
 * "period", "fourier_order", "prior_scale", "mode", "condition_name"}], "holidays": [{"holiday", "day",
 * "lower_window", "upper_window", "prior_scale"}], "regressors", "columns"), and of this program "levels"
 * (of quantiles), "model" (a model in Prophet's JSON, to predict with instead of fitting), "repeat" (fits
 * again, warm), "write" (the model as JSON). Then CSV rows of the history, `ds,y,columns...` without a
 * head, ds in ns since 1970; an empty y is a missing one; behind an empty line the rows to predict. Prints
 * one JSON object.
 */
#include "core/plugin.h"
#include "plugins/forecast/prophet/prophet.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLUMNS_MOST = 32, LEVELS_MOST = 16, SETTINGS_MOST = 1 << 22 };

struct table {
    size_t  count, room;
    int64_t *times;
    double  *values;
    double  *columns[COLUMNS_MOST];
};

struct run {
    cJSON                  *wish;
    struct prophet_settings settings;
    struct table            history, future;
    struct prophet         *model;
    cJSON                  *notes;
    double                  milliseconds;
};

static void *grown(void *memory, size_t bytes)
{
    memory = realloc(memory, bytes);
    if (!memory)
        abort();
    return memory;
}

static void die(const char *what)
{
    fprintf(stderr, "prophet_fit: %s\n", what);
    exit(1);
}

static void add_row(struct table *table, size_t column_count, char *line)
{
    if (table->count == table->room) {
        table->room = 2 * table->room + 64;
        table->times = grown(table->times, table->room * sizeof *table->times);
        table->values = grown(table->values, table->room * sizeof *table->values);
        for (size_t i = 0; i < column_count; i++)
            table->columns[i] = grown(table->columns[i], table->room * sizeof(double));
    }
    char *at;
    table->times[table->count] = strtoll(line, &at, 10);
    for (size_t i = 0; i <= column_count; i++) {
        char *from = *at == ',' ? at + 1 : at;
        double value = strtod(from, &at);
        *(i ? &table->columns[i - 1][table->count] : &table->values[table->count]) = at == from ? NAN : value;
    }
    table->count++;
}

static void read_tables(struct run *run)
{
    char line[4096];
    struct table *table = &run->history;
    while (fgets(line, sizeof line, stdin)) {
        if (line[0] == '\n')
            table = &run->future;
        else
            add_row(table, run->settings.column_count, line);
    }
}

static double number(const cJSON *object, const char *name, double otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

static const char *text(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool is_text(const cJSON *object, const char *name, const char *value)
{
    const char *found = text(object, name);
    return found && strcmp(found, value) == 0;
}

static enum prophet_mode mode_of(const cJSON *object, const char *name)
{
    return is_text(object, name, "multiplicative") ? PROPHET_MULTIPLICATIVE
         : is_text(object, name, "additive")       ? PROPHET_ADDITIVE
                                                   : PROPHET_MODE_DEFAULT;
}

static int order_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsBool(item) ? (cJSON_IsTrue(item) ? PROPHET_ON : PROPHET_OFF)
         : cJSON_IsNumber(item) ? (item->valueint ? item->valueint : PROPHET_OFF) : PROPHET_AUTO;
}

static void read_seasonalities(const cJSON *list, struct prophet_settings *s)
{
    struct prophet_seasonality *rows = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *rows);
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
        rows[s->seasonality_count++] = (struct prophet_seasonality){
            .name = text(item, "name"), .period = number(item, "period", 0),
            .fourier_order = (int)number(item, "fourier_order", 0),
                .prior_scale = number(item, "prior_scale", 0),
            .mode = mode_of(item, "mode"), .condition = text(item, "condition_name"),
        };
    s->seasonalities = rows;
}

static void read_holidays(const cJSON *list, struct prophet_settings *s)
{
    struct prophet_holiday *rows = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *rows);
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
        rows[s->holiday_count++] = (struct prophet_holiday){
            .name = text(item, "holiday"), .day = (int32_t)number(item, "day", 0),
            .lower_window = (int32_t)number(item, "lower_window", 0),
            .upper_window = (int32_t)number(item, "upper_window", 0),
                .prior_scale = number(item, "prior_scale", 0),
        };
    s->holidays = rows;
}

static void read_regressors(const cJSON *list, struct prophet_settings *s)
{
    struct prophet_regressor *rows = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *rows);
    const cJSON *item;
    cJSON_ArrayForEach(item, list) {
        const cJSON *standardize = cJSON_GetObjectItemCaseSensitive(item, "standardize");
        rows[s->regressor_count++] = (struct prophet_regressor){
            .name = text(item, "name"), .prior_scale = number(item, "prior_scale", 0),
                .mode = mode_of(item, "mode"),
            .standardize = cJSON_IsTrue(standardize)    ? PROPHET_STANDARDIZE_ALWAYS
                           : cJSON_IsFalse(standardize) ? PROPHET_STANDARDIZE_NEVER
                                                        : PROPHET_STANDARDIZE_AUTO,
        };
    }
    s->regressors = rows;
}

static void read_lists(const cJSON *wish, struct prophet_settings *s)
{
    const cJSON *columns = cJSON_GetObjectItemCaseSensitive(wish, "columns"), *item;
    const char **names = calloc(COLUMNS_MOST, sizeof *names);
    cJSON_ArrayForEach(item, columns)
        if (s->column_count < COLUMNS_MOST)
            names[s->column_count++] = item->valuestring;
    s->columns = names;
    const cJSON *changepoints = cJSON_GetObjectItemCaseSensitive(wish, "changepoints"); /* ns, as text */
    int64_t *times = calloc((size_t)cJSON_GetArraySize(changepoints) + 1, sizeof *times);
    cJSON_ArrayForEach(item, changepoints)
        times[s->changepoints_length++] = strtoll(item->valuestring, NULL, 10);
    s->changepoints = times;
    s->changepoints_given = cJSON_IsArray(changepoints);
    read_seasonalities(cJSON_GetObjectItemCaseSensitive(wish, "seasonalities"), s);
    read_holidays(cJSON_GetObjectItemCaseSensitive(wish, "holidays"), s);
    read_regressors(cJSON_GetObjectItemCaseSensitive(wish, "regressors"), s);
}

static void read_settings(const cJSON *wish, struct prophet_settings *s)
{
    *s = prophet_settings_default();
    s->growth = is_text(wish, "growth", "logistic") ? PROPHET_LOGISTIC
              : is_text(wish, "growth", "flat")     ? PROPHET_FLAT : PROPHET_LINEAR;
    s->scaling = is_text(wish, "scaling", "minmax") ? PROPHET_MINMAX : PROPHET_ABSMAX;
    s->cap = number(wish, "cap", NAN);
    s->has_floor = cJSON_HasObjectItem(wish, "floor");
    s->floor = number(wish, "floor", 0);
    s->changepoint_count = (size_t)number(wish, "n_changepoints", 25);
    s->changepoint_range = number(wish, "changepoint_range", 0.8);
    s->changepoint_prior_scale = number(wish, "changepoint_prior_scale", 0.05);
    s->seasonality_prior_scale = number(wish, "seasonality_prior_scale", 10);
    s->holidays_prior_scale = number(wish, "holidays_prior_scale", 10);
    s->seasonality_mode = mode_of(wish, "seasonality_mode");
    s->holidays_mode = mode_of(wish, "holidays_mode");
    s->yearly = order_of(wish, "yearly_seasonality");
    s->weekly = order_of(wish, "weekly_seasonality");
    s->daily = order_of(wish, "daily_seasonality");
    read_lists(wish, s);
}

static struct prophet_frame frame_of(const struct table *table)
{
    return (struct prophet_frame){ table->count, table->times, table->values,
                                   (const double *const *)table->columns };
}

static void keep_note(void *context, const char *name, const char *sentence)
{
    (void)sentence;
    cJSON_AddItemToArray(context, cJSON_CreateString(name));
}

static void fit(struct run *run)
{
    struct prophet_error err;
    struct prophet_frame history = frame_of(&run->history);
    const char *stored = text(run->wish, "model");
    if (stored) {
        run->model = prophet_json_read(stored, strlen(stored), &run->settings, &err);
        if (!run->model)
            die(err.text);
        return;
    }
    run->model = prophet_new(&run->settings);
    struct prophet_notes notes = { keep_note, run->notes };
    for (int i = 0; i <= (int)number(run->wish, "repeat", 0); i++) {
        struct timespec from, to;
        clock_gettime(CLOCK_MONOTONIC, &from);
        if (!prophet_fit(run->model, &history, i ? NULL : &notes, &err))
            die(err.text);
        clock_gettime(CLOCK_MONOTONIC, &to);
        run->milliseconds =
            (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
    }
}

static void add_parameters(cJSON *out, const struct run *run)
{
    struct prophet_parameters p = prophet_parameters(run->model);
    struct prophet_frame history = frame_of(&run->history);
    cJSON_AddNumberToObject(out, "k", p.k);
    cJSON_AddNumberToObject(out, "m", p.m);
    cJSON_AddNumberToObject(out, "sigma_obs", p.sigma);
    cJSON_AddItemToObject(out, "delta", cJSON_CreateDoubleArray(p.delta, (int)p.delta_count));
    cJSON_AddItemToObject(out, "beta", cJSON_CreateDoubleArray(p.beta, (int)p.beta_count));
    cJSON_AddItemToObject(out, "changepoints_t", cJSON_CreateDoubleArray(p.changepoints, (int)p.delta_count));
    cJSON_AddNumberToObject(out, "y_scale", p.y_scale);
    cJSON_AddNumberToObject(out, "t_scale", p.t_scale);
    cJSON_AddNumberToObject(out, "log_posterior", p.log_posterior);
    cJSON_AddNumberToObject(out, "log_posterior_rows", prophet_log_posterior(run->model, &history));
    cJSON_AddNumberToObject(out, "condition", p.condition);
    cJSON_AddNumberToObject(out, "rounds", (double)p.rounds);
    cJSON_AddNumberToObject(out, "milliseconds", run->milliseconds);
}

static void add_components(cJSON *out, const struct run *run, const struct prophet_frame *frame, double *room)
{
    struct prophet_error err;
    for (size_t i = 0; i < prophet_component_count(run->model); i++) {
        if (!prophet_component(run->model, i, frame, room, &err))
            die(err.text);
        cJSON_AddItemToObject(out, prophet_component_name(run->model, i),
                              cJSON_CreateDoubleArray(room, (int)frame->count));
    }
}

static void add_forecast(cJSON *out, const struct run *run, const struct table *table)
{
    struct prophet_error err;
    struct prophet_frame frame = frame_of(table);
    double levels[LEVELS_MOST];
    size_t level_count = 0, count = table->count;
    const cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(run->wish, "levels"))
        if (level_count < LEVELS_MOST)
            levels[level_count++] = item->valuedouble;
    double *room = calloc((2 + 2 * level_count) * count + 1, sizeof *room);
    struct prophet_forecast forecast = { .yhat = room, .trend = room + count, .levels = levels,
                                         .level_count = level_count, .quantiles = room + 2 * count,
                                         .trend_quantiles = room + (2 + level_count) * count };
    if (!prophet_predict(run->model, &frame, &forecast, &err))
        die(err.text);
    cJSON_AddItemToObject(out, "yhat", cJSON_CreateDoubleArray(forecast.yhat, (int)count));
    cJSON_AddItemToObject(out, "trend", cJSON_CreateDoubleArray(forecast.trend, (int)count));
    cJSON *quantiles = cJSON_AddArrayToObject(out, "quantiles");
    cJSON *trend = cJSON_AddArrayToObject(out, "trend_quantiles");
    for (size_t i = 0; i < level_count; i++) {
        cJSON_AddItemToArray(quantiles, cJSON_CreateDoubleArray(forecast.quantiles + i * count, (int)count));
        cJSON_AddItemToArray(trend, cJSON_CreateDoubleArray(forecast.trend_quantiles + i * count,
                                                            (int)count));
    }
    add_components(cJSON_AddObjectToObject(out, "components"), run, &frame, room);
    free(room);
}

static void add_model(cJSON *out, const struct run *run)
{
    struct prophet_frame history = frame_of(&run->history);
    struct vane_text written = { 0 };
    prophet_json_write(run->model, &history, &written);
    cJSON_AddStringToObject(out, "model", written.data);
    vane_text_release(&written);
}

int main(void)
{
    static char line[SETTINGS_MOST];
    struct run run = { .notes = cJSON_CreateArray() };
    if (!fgets(line, sizeof line, stdin) || !(run.wish = cJSON_Parse(line)))
        die("the first line is not JSON");
    read_settings(run.wish, &run.settings);
    read_tables(&run);
    fit(&run);
    cJSON *out = cJSON_CreateObject();
    cJSON_AddItemToObject(out, "notes", run.notes);
    add_parameters(out, &run);
    if (!text(run.wish, "model"))
        add_forecast(cJSON_AddObjectToObject(out, "history"), &run, &run.history);
    add_forecast(cJSON_AddObjectToObject(out, "future"), &run, &run.future);
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(run.wish, "write")))
        add_model(out, &run);
    char *printed = cJSON_PrintUnformatted(out);
    puts(printed);
    return 0;
}
