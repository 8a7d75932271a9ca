/* forecast_doubles - models and a judge that do as they are told, for tests of the plugin forecast without its own.
 *
 * "naive" repeats the last value, with quantiles 10 (level - 1/2) around it. "echo" predicts the number of points it
 * has learnt from, plus those it was updated with; a history that ends in a negative value it cannot fit, and one
 * that ends in 666 leads it beyond all numbers. The judge believes the last candidate that predicted, and counts.
 */
#pragma once
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/alloc.h"
#include "plugins/forecast/judge/judge.h"
#include "plugins/forecast/models/kinds.h"
#include "plugins/forecast/models/models.h"
#include "plugins/forecast/options.h"
#include "plugins/forecast/prophet/prophet_model.h"

struct double_model {
    double value;
    size_t points, updates;
};

/* ---- Models ---- */

static void *double_new(const struct model_settings *settings)
{
    (void)settings;
    return alloc_zero(sizeof(struct double_model));
}

static bool naive_fit(void *state, const struct observations *history, const struct model_notes *notes)
{
    struct double_model *model = state;
    (void)notes;
    *model = (struct double_model){ .value = history->values[history->count - 1], .points = history->count };
    return true;
}

static bool echo_fit(void *state, const struct observations *history, const struct model_notes *notes)
{
    struct double_model *model = state;
    if (history->values[history->count - 1] >= 0)
        return naive_fit(model, history, notes);
    notes->note(notes->context, "negative", "it ends in a negative value");
    return false;
}

static void echo_update(void *state, int64_t time, double value)
{
    struct double_model *model = state;
    (void)time, (void)value;
    model->updates++;
}

static bool fill(const struct horizon *horizon, struct prediction *out, double mean)
{
    for (size_t i = 0; i < horizon->count; i++) {
        out->mean[i] = mean;
        for (size_t j = 0; j < horizon->level_count; j++)
            out->quantiles[j * horizon->count + i] = mean + 10 * (horizon->levels[j] - 0.5);
    }
    return true;
}

static bool naive_predict(void *state, const struct horizon *horizon, struct prediction *out,
                          const struct model_notes *notes)
{
    (void)notes;
    return fill(horizon, out, ((struct double_model *)state)->value);
}

/* With regressors, the first one at the first step is added. */
static bool echo_predict(void *state, const struct horizon *horizon, struct prediction *out,
                         const struct model_notes *notes)
{
    const struct double_model *model = state;
    (void)notes;
    double added = horizon->columns ? horizon->columns[0][0] : 0;
    bool wild = model->value == 666;
    return fill(horizon, out, wild ? HUGE_VAL : (double)(model->points + model->updates) + added);
}

static void double_save(const void *state, struct vane_text *out)
{
    vane_text_add(out, state, sizeof(struct double_model));
}

static bool double_load(void *state, const void *bytes, size_t length)
{
    if (length != sizeof(struct double_model))
        return false;
    memcpy(state, bytes, length);
    return true;
}

static const struct model double_models[] = {
    { .name = "naive", .help = "h", .new = double_new, .free = free, .fit = naive_fit, .predict = naive_predict,
      .save = double_save, .load = double_load },
    { .name = "echo", .help = "h", .new = double_new, .free = free, .fit = echo_fit, .update = echo_update,
      .predict = echo_predict, .save = double_save, .load = double_load },
    { .name = "prophet", .help = "h", .new = double_new, .free = free, .fit = echo_fit, .predict = echo_predict,
      .save = double_save, .load = double_load },
};

const struct model *models_at(size_t i)
{
    return i < sizeof double_models / sizeof *double_models ? &double_models[i] : NULL;
}

const struct model *models_find(const char *name, const struct model_settings *settings)
{
    (void)settings;
    for (size_t i = 0; models_at(i); i++)
        if (strcmp(models_at(i)->name, name) == 0)
            return models_at(i);
    return NULL;
}

size_t models_candidates(const struct model_settings *settings, const struct model *candidates[MODELS_LIMIT])
{
    (void)settings;
    candidates[0] = &double_models[0];
    candidates[1] = &double_models[1];
    return 2;
}

/* ---- The judge ---- */

struct judge {
    const struct judge_settings *settings;
    uint64_t                     observed, issued;
    bool                         changed, whole; /* its horizon: since it was saved; loaded */
};

struct judge *judge_new(const struct judge_settings *settings)
{
    struct judge *judge = alloc_zero(sizeof *judge);
    judge->settings = settings;
    judge->changed = true;
    return judge;
}

void judge_free(struct judge *judge)
{
    free(judge);
}

void judge_observe(struct judge *judge, int64_t time, double value)
{
    (void)time, (void)value;
    judge->observed++;
}

void judge_choose(const struct judge *judge, const struct prediction *const *made, struct judge_choice *choice)
{
    choice->candidate = judge->settings->candidate_count;
    for (size_t i = 0; i < judge->settings->candidate_count; i++)
        if (made[i])
            choice->candidate = i;
    snprintf(choice->why, sizeof choice->why, "the last that predicted");
}

void judge_issue(struct judge *judge, int64_t origin, const struct prediction *const *made, size_t answered)
{
    (void)origin;
    assert_non_null(made[answered]);
    judge->issued++;
    judge->changed = true;
}

struct judge_counts judge_counts(const struct judge *judge)
{
    return (struct judge_counts){ .issued = judge->issued };
}

int64_t judge_spacing(const struct judge *judge, int64_t longest)
{
    (void)longest;
    return judge->settings->step;
}

void judge_backtested(struct judge *judge)
{
    (void)judge;
}

/* Where it may, a hundred times as wide. */
bool judge_calibrate(const struct judge *judge, size_t candidate, struct prediction *prediction)
{
    (void)candidate;
    for (size_t i = 0; i < judge->settings->level_count * judge->settings->count && judge->settings->calibrate; i++)
        prediction->quantiles[i] *= 100;
    return judge->settings->calibrate;
}

/* What was observed is the core, what was issued the one horizon there is. */
void judge_save_core(const struct judge *judge, struct vane_text *out)
{
    vane_text_add(out, &judge->observed, sizeof judge->observed);
}

void judge_save_horizons(struct judge *judge, bool full, const struct judge_writer *writer)
{
    if (full || judge->changed)
        writer->write(writer->context, 0, &judge->issued, sizeof judge->issued);
    judge->changed = false;
}

size_t judge_horizon_count(const struct judge *judge)
{
    (void)judge;
    return 1;
}

static bool load_double(void *to, size_t size, const void *bytes, size_t length)
{
    if (length != size)
        return false;
    memcpy(to, bytes, size);
    return true;
}

bool judge_load_core(struct judge *judge, const void *bytes, size_t length)
{
    return load_double(&judge->observed, sizeof judge->observed, bytes, length);
}

bool judge_load_horizon(struct judge *judge, uint64_t horizon, const void *bytes, size_t length)
{
    judge->whole = horizon == 0 && load_double(&judge->issued, sizeof judge->issued, bytes, length);
    return judge->whole;
}

bool judge_is_whole(const struct judge *judge)
{
    return judge->whole;
}

/* ---- Prophet: settings only, nobody asks for components here ---- */

const struct model prophet_model = { .name = "none" }, anchored_model = { .name = "none" };

struct prophet_settings prophet_settings_default(void)
{
    return (struct prophet_settings){ .changepoint_count = 25 };
}

bool prophet_settings_check(const struct prophet_settings *settings, struct prophet_error *err)
{
    (void)settings;
    err->text[0] = '\0';
    return true;
}

bool prophet_calendar_read(const char *path, struct prophet_calendar *out, struct prophet_error *err)
{
    (void)out;
    snprintf(err->text, sizeof err->text, "read %s: no", path);
    return false;
}

void prophet_calendar_free(struct prophet_calendar *calendar)
{
    (void)calendar;
}

const struct prophet *prophet_model_of(const void *state)
{
    (void)state;
    return NULL;
}

struct prophet *prophet_json_read(const char *text, size_t length, const struct prophet_settings *base,
                                  struct prophet_error *err)
{
    (void)text, (void)base;
    snprintf(err->text, sizeof err->text, "%zu bytes are no model", length);
    return NULL;
}

void prophet_json_write(const struct prophet *model, const struct prophet_frame *history, struct vane_text *out)
{
    (void)history;
    vane_text_addf(out, "%s", model ? "{}" : "");
}

const struct prophet_settings *prophet_settings_of(const struct prophet *model)
{
    (void)model;
    return NULL;
}

void prophet_free(struct prophet *model)
{
    (void)model;
}

const void *anchored_prophet(const void *state)
{
    return state;
}

bool prophet_fitted(const struct prophet *model)
{
    return model != NULL;
}

bool prophet_predict(const struct prophet *model, const struct prophet_frame *future, struct prophet_forecast *out,
                     struct prophet_error *err)
{
    (void)future, (void)out, (void)err;
    return model != NULL;
}

size_t prophet_component_count(const struct prophet *model)
{
    return model != NULL;
}

const char *prophet_component_name(const struct prophet *model, size_t component)
{
    (void)model, (void)component;
    return "none";
}

bool prophet_component(const struct prophet *model, size_t component, const struct prophet_frame *future, double *out,
                       struct prophet_error *err)
{
    (void)component, (void)future, (void)out, (void)err;
    return model != NULL;
}

/* ---- Options ---- */

static const int64_t SECOND = 1000000000;

/* Options as a config would set them: every ten seconds, three steps of a second, of the field "v". */
static inline struct forecast_options usual_options(void)
{
    static const char *const fields[] = { "v" };
    return (struct forecast_options){
        .fields = { fields, 1 }, .history = 100 * SECOND, .history_points = 1000, .min_points = 2, .max_series = 1000,
        .every = 10 * SECOND, .horizon = 3 * SECOND, .step = SECOND, .model = "echo", .clip_min = -HUGE_VAL,
        .clip_max = HUGE_VAL, .interval_width = 0.8, .field_tag = "field", .score_measurement = "forecast_score",
        .prophet = { .yearly_seasonality = "auto", .weekly_seasonality = "auto", .daily_seasonality = "auto" },
    };
}
