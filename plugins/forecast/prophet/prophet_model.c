/* prophet_model - observations become rows as they are; errors become notes, as the interface wants. Own
 * thread.
 */
#include "plugins/forecast/prophet/prophet_model.h"

#include "core/plugin.h"
#include "plugins/forecast/model.h"
#include "plugins/forecast/models/model_settings.h"
#include "plugins/forecast/prophet/prophet.h"
#include "plugins/shared/memory.h"

#include <stdlib.h>

struct state {
    const struct prophet_settings *settings;
    const struct prophet          *given; /* predictions come from it, and none is fitted; NULL: from model */
    struct prophet                *model;
};

static void *model_new(const struct model_settings *settings)
{
    struct state *state = memory_zero(sizeof *state);
    state->settings = &settings->prophet;
    state->given = settings->model;
    state->model = state->given ? NULL : prophet_new(state->settings);
    return state;
}

static void model_free(void *opaque)
{
    struct state *state = opaque;
    if (state)
        prophet_free(state->model);
    free(state);
}

static void tell(const struct model_notes *notes, const char *name, const char *sentence)
{
    if (notes && notes->note)
        notes->note(notes->context, name, sentence);
}

static bool model_fit(void *opaque, const struct observations *history, const struct model_notes *notes)
{
    struct state *state = opaque;
    struct prophet_error err;
    if (history->column_count < state->settings->column_count) {
        tell(notes, "missing_regressor", "a regressor of the settings is not among the observations");
        return false;
    }
    if (state->given)
        return true;
    struct prophet_frame frame = { history->count, history->times, history->values, history->columns };
    struct prophet_notes told = { notes ? notes->note : NULL, notes ? notes->context : NULL };
    if (prophet_fit(state->model, &frame, &told, &err))
        return true;
    tell(notes, "no_fit", err.text);
    return false;
}

const struct prophet *prophet_model_of(const void *opaque)
{
    const struct state *state = opaque;
    return state->given ? state->given : state->model;
}

static bool model_predict(void *opaque, const struct horizon *horizon, struct prediction *out,
                          const struct model_notes *notes)
{
    struct state *state = opaque;
    struct prophet_error err;
    int64_t *times = memory_zero((horizon->count + 1) * sizeof *times);
    bool done = true;
    for (size_t i = 0; i < horizon->count; i++) {
        int64_t ahead;
        if (__builtin_mul_overflow(horizon->step, (int64_t)(i + 1), &ahead)
            || __builtin_add_overflow(horizon->origin, ahead, &times[i]))
            done = false;
    }
    struct prophet_frame frame = { horizon->count, times, NULL, horizon->columns };
    struct prophet_forecast forecast = { .yhat = out->mean, .levels = horizon->levels,
                                         .level_count = horizon->level_count, .quantiles = out->quantiles };
    if (!done)
        tell(notes, "no_forecast", "the horizon ends behind the year 2262");
    else if (!(done = prophet_predict(prophet_model_of(state), &frame, &forecast, &err)))
        tell(notes, "no_forecast", err.text);
    free(times);
    return done;
}

static void model_save(const void *opaque, struct vane_text *out)
{
    prophet_save(prophet_model_of(opaque), out);
}

/* Is it the model that was given then, too? */
static bool is_same(const struct prophet *given, const void *bytes, size_t length)
{
    struct vane_text own = { 0 };
    prophet_save(given, &own);
    bool same = own.length == length && memcmp(own.data, bytes, length) == 0;
    vane_text_release(&own);
    return same;
}

static bool model_load(void *opaque, const void *bytes, size_t length)
{
    struct state *state = opaque;
    if (state->given)
        return is_same(state->given, bytes, length);
    if (length > 0)
        return prophet_load(state->model, bytes, length);
    prophet_free(state->model); /* one that was never fitted saves nothing */
    state->model = prophet_new(state->settings);
    return true;
}

const struct model prophet_model = {
    .name = "prophet",
    .help = "Prophet's model, fitted exactly: a piecewise trend, seasonalities, holidays and regressors.",
    .new = model_new,
    .free = model_free,
    .fit = model_fit,
    .predict = model_predict,
    .save = model_save,
    .load = model_load,
};
