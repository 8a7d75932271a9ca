/* emit - see emit.h. */
#include "plugins/forecast/emit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

enum { MORE_TAGS = 4 };

/* ---- Series ---- */

/* The tags of the input's series, with room for a few more. */
static struct vane_tag *tags_of(const struct series *series, size_t *count)
{
    struct vane_tag *tags = memory_zero((series->of->tag_count + MORE_TAGS) * sizeof *tags);
    if (series->of->tag_count)
        memcpy(tags, series->of->tags, series->of->tag_count * sizeof *tags);
    *count = series->of->tag_count;
    if (*series->plan->options->field_tag)
        tags[(*count)++] = vane_tag(series->plan->options->field_tag, series->field);
    return tags;
}

static const struct vane_series *forecast_series(struct vane_batch *batch, const struct series *series)
{
    const char *measurement = series->plan->options->measurement;
    struct vane_text name = { 0 };
    if (measurement && *measurement)
        vane_text_addf(&name, "%s", measurement);
    else
        vane_text_addf(&name, "%s_forecast", series->of->name);
    size_t count;
    struct vane_tag *tags = tags_of(series, &count);
    const struct vane_series *made = vane_series(batch, name.data, tags, count);
    free(tags);
    vane_text_release(&name);
    return made;
}

/* ---- Forecasts ---- */

static void add_step(struct vane_batch *batch, const struct vane_series *of, const struct series *series,
                     const struct answer *answer, size_t i, int64_t time)
{
    const struct plan *plan = series->plan;
    const struct forecast_options *options = plan->options;
    struct vane_metric *metric = vane_add(batch, of, time);
    const struct components *components = answer->components;
    vane_reserve(metric, 1 + plan->quantile_count + 3 + (components ? components->count : 0));
    vane_set_float(metric, "yhat", answer->prediction->mean[i]);
    for (size_t j = 0; j < plan->quantile_count; j++)
        vane_set_float(metric, plan->quantiles[j].key,
                       answer->prediction->quantiles[plan->quantiles[j].level * plan->steps + i]);
    for (size_t j = 0; components && j < components->count; j++)
        vane_set_float(metric, components->names[j], components->values[j * plan->steps + i]);
    if (options->forecast_origin)
        vane_set_int(metric, "forecast_origin", answer->origin);
    if (!options->report_model)
        return;
    vane_set_string(metric, "model", answer->model->name, strlen(answer->model->name));
    vane_set_string(metric, "model_reason", answer->why, strlen(answer->why));
}

/* The times of steps; false: beyond what a timestamp can say. */
static bool time_of(const struct plan *plan, int64_t origin, size_t step, int64_t *time)
{
    return !__builtin_add_overflow(origin, (int64_t)(step + 1) * plan->options->step, time);
}

bool emit_forecast(struct vane_self *self, const struct series *series, const struct answer *answer)
{
    const struct plan *plan = series->plan;
    int64_t time;
    for (size_t from = 0; from < plan->steps; from += EMIT_PIECE) {
        struct vane_batch *batch = vane_batch_new(self);
        const struct vane_series *of = forecast_series(batch, series);
        for (size_t i = from; i < plan->steps && i < from + EMIT_PIECE; i++)
            if (time_of(plan, answer->origin, i, &time))
                add_step(batch, of, series, answer, i, time);
        if (!vane_emit(self, batch))
            return false;
    }
    return true;
}

/* ---- Scores ---- */

struct scoring {
    struct vane_batch   *batch;
    const struct series *series;
    struct vane_tag     *tags;
    size_t               tag_count;
    int64_t              time;
};

static void set_finite(struct vane_metric *metric, const char *key, double value)
{
    if (isfinite(value))
        vane_set_float(metric, key, value);
}

static void add_score(void *context, const struct judge_score *score)
{
    struct scoring *scoring = context;
    const struct forecast_options *options = scoring->series->plan->options;
    char horizon[PLAN_DURATION] = "";
    plan_write_duration((int64_t)score->horizon * options->step, horizon);
    struct vane_tag *more = scoring->tags + scoring->tag_count;
    more[0] = vane_tag("measurement", scoring->series->of->name);
    more[1] = vane_tag("model", score->model);
    more[2] = vane_tag("horizon", horizon);
    const struct vane_series *series = vane_series(scoring->batch, options->score_measurement, scoring->tags,
                                                   scoring->tag_count + 3);
    struct vane_metric *metric = vane_add(scoring->batch, series, scoring->time);
    vane_reserve(metric, 13);
    vane_set_uint(metric, "scored", score->scored);
    set_finite(metric, "mae", score->mae);
    set_finite(metric, "rmse", score->rmse);
    set_finite(metric, "bias", score->bias);
    set_finite(metric, "mape", score->mape);
    set_finite(metric, "mase", score->mase);
    set_finite(metric, "ratio_to_naive", score->ratio);
    if (!score->has_interval)
        return;
    set_finite(metric, "pinball", score->pinball);
    set_finite(metric, "crps", score->crps);
    set_finite(metric, "coverage", score->coverage);
    set_finite(metric, "width", score->width);
    set_finite(metric, "winkler", score->winkler);
}

bool emit_scores(struct vane_self *self, const struct series *series)
{
    struct scoring scoring = {
        .batch = vane_batch_new(self), .series = series, .time = history_newest(&series->history),
    };
    scoring.tags = tags_of(series, &scoring.tag_count);
    judge_scores(series->panel.judge, add_score, &scoring);
    free(scoring.tags);
    return vane_emit(self, scoring.batch);
}

/* ---- Labels ---- */

void emit_label(const struct vane_series *of, const char *field, struct vane_text *out)
{
    vane_text_clear(out);
    vane_text_addf(out, "%s", of->name);
    for (uint32_t i = 0; i < of->tag_count; i++)
        vane_text_addf(out, ",%s=%s", of->tags[i].key, of->tags[i].value);
    vane_text_addf(out, " %s", field);
}
