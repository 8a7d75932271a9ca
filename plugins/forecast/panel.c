/* panel - see panel.h. */
#include "plugins/forecast/panel.h"

#include "plugins/forecast/judge/backtest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

/* ---- Work ---- */

void panel_work_init(struct panel_work *work, const struct plan *plan)
{
    *work = (struct panel_work){ .plan = plan };
    size_t rows = 1 + plan->level_count, predictions = plan->candidate_count + 1;
    work->memory = memory_zero((predictions * rows + plan->column_count) * plan->steps * sizeof *work->memory);
    double *at = work->memory;
    for (size_t i = 0; i < predictions; i++, at += rows * plan->steps)
        work->predictions[i] = (struct prediction){ .mean = at, .quantiles = at + plan->steps };
    work->columns = memory_zero(plan->column_count * sizeof *work->columns);
    for (size_t i = 0; i < plan->column_count; i++, at += plan->steps)
        work->columns[i] = at;
}

void panel_work_release(struct panel_work *work)
{
    components_release(&work->components);
    free(work->memory);
    free(work->columns);
}

/* ---- Life ---- */

void panel_init(struct panel *panel, const struct plan *plan)
{
    *panel = (struct panel){ .plan = plan, .judge = judge_new(&plan->judge) };
}

void panel_release(struct panel *panel)
{
    for (size_t i = 0; i < panel->plan->candidate_count; i++)
        if (panel->states[i])
            panel->plan->candidates[i]->free(panel->states[i]);
    judge_free(panel->judge);
}

bool panel_transform(const struct plan *plan, double value, double *transformed)
{
    bool logarithm = plan->options->transform == TRANSFORM_LOG;
    *transformed = logarithm && value > 0 ? log(value) : value;
    return !logarithm || value > 0;
}

void panel_observe(struct panel *panel, int64_t time, double value, double transformed)
{
    const struct plan *plan = panel->plan;
    judge_observe(panel->judge, time, value);
    if (!plan->options->refit_every)
        return; /* every model learns from the history before it is asked again */
    for (size_t i = 0; i < plan->candidate_count; i++)
        if (panel->fitted[i] && plan->candidates[i]->update)
            plan->candidates[i]->update(panel->states[i], time, transformed);
}

/* ---- Learning ---- */

static struct observations observations_of(const struct history *history, const double **columns)
{
    size_t column_count = history->limits->columns - 1;
    for (size_t i = 0; i < column_count; i++)
        columns[i] = history_column(history, i + 1);
    return (struct observations){
        .count = history->count, .times = history_times(history), .values = history_column(history, 0),
        .columns = columns, .column_count = column_count,
    };
}

static void learn(struct panel *panel, const struct observations *observations, const struct model_notes *notes)
{
    const struct plan *plan = panel->plan;
    int64_t newest = observations->times[observations->count - 1], since;
    bool fresh = panel->learnt && plan->options->refit_every
              && !__builtin_sub_overflow(newest, panel->learnt_at, &since) && since < plan->options->refit_every;
    for (size_t i = 0; i < plan->candidate_count; i++) {
        if (fresh && panel->states[i])
            continue;
        if (!panel->states[i])
            panel->states[i] = plan->candidates[i]->new(&plan->settings);
        panel->fitted[i] = plan->candidates[i]->fit(panel->states[i], observations, notes);
    }
    panel->learnt_at = fresh ? panel->learnt_at : newest;
    panel->learnt = true;
}

/* ---- Predicting ---- */

/* Back into the scale of the values, within the bounds. False: a value is not finite. */
static bool restore(const void *context, struct prediction *prediction)
{
    const struct plan *plan = context;
    const struct forecast_options *options = plan->options;
    double *values[] = { prediction->mean, prediction->quantiles };
    size_t counts[] = { plan->steps, plan->steps * plan->level_count };
    for (int part = 0; part < 2; part++)
        for (size_t i = 0; i < counts[part]; i++) {
            double value = values[part][i];
            if (options->transform == TRANSFORM_LOG)
                value = exp(value);
            if (!isfinite(value))
                return false;
            values[part][i] = fmin(fmax(value, options->clip_min), options->clip_max);
        }
    return true;
}

static bool predict(const struct plan *plan, const struct model *model, void *state, const struct horizon *horizon,
                    struct prediction *prediction, const struct model_notes *notes)
{
    if (!model->predict(state, horizon, prediction, notes))
        return false;
    if (restore(plan, prediction))
        return true;
    notes->note(notes->context, "not_finite", "a forecast leads beyond all numbers, and is left out");
    return false;
}

/* Where no model could: the last value again. */
static void fall_back(const struct panel *panel, struct panel_work *work, const struct observations *observations,
                      const struct horizon *horizon, const struct model_notes *notes, struct answer *answer)
{
    const struct plan *plan = panel->plan;
    struct prediction *prediction = &work->predictions[plan->candidate_count];
    void *state = plan->fallback->new(&plan->settings);
    if (plan->fallback->fit(state, observations, notes)
        && predict(plan, plan->fallback, state, horizon, prediction, notes)) {
        answer->prediction = prediction;
        answer->model = plan->fallback;
        snprintf(answer->why, sizeof answer->why, "%s: %s could not answer", plan->fallback->name,
                 plan->candidate_count == 1 ? plan->names[0] : "no candidate");
    }
    plan->fallback->free(state);
}

static double value_of(const void *context, double transformed)
{
    const struct plan *plan = context;
    return plan->options->transform == TRANSFORM_LOG ? exp(transformed) : transformed;
}

/* A judge that has not seen a forecast yet begins with those that the history has room for. A model that was given has
 * perhaps been fitted to it, so it takes no part. */
static void backtest(struct panel *panel, struct panel_work *work, const struct observations *observations,
                     const struct horizon *horizon)
{
    const struct plan *plan = panel->plan;
    const struct model *models[MODELS_LIMIT];
    if (!plan->backtest || judge_counts(panel->judge).issued > 0)
        return;
    for (size_t i = 0; i < plan->candidate_count; i++)
        models[i] = plan->candidates[i] == plan->given ? NULL : plan->candidates[i];
    const struct backtest how = {
        .models = models, .model_count = plan->candidate_count, .settings = &plan->settings, .horizon = *horizon,
        .origins = plan->backtest, .least_points = plan->least_points, .predictions = work->predictions,
        .known_ahead = work->known_ahead,
        .value = value_of, .restore = restore, .context = plan,
    };
    struct judge *judge = judge_new(&plan->judge);
    if (backtest_run(judge, &how, observations)) {
        judge_free(panel->judge);
        panel->judge = judge;
    } else {
        judge_free(judge);
    }
}

/* The judge's part: who answers, what it takes note of, and intervals by what it has seen. */
static bool judge(struct panel *panel, struct panel_work *work, const struct prediction *const *made,
                  struct answer *answer)
{
    const struct plan *plan = panel->plan;
    struct judge_choice choice;
    judge_choose(panel->judge, made, &choice);
    if (choice.candidate >= plan->candidate_count || !made[choice.candidate])
        return false;
    judge_issue(panel->judge, answer->origin, made, choice.candidate);
    struct prediction *chosen = &work->predictions[choice.candidate];
    if (judge_calibrate(panel->judge, choice.candidate, chosen)) {
        double *quantiles = chosen->quantiles;
        for (size_t i = 0; i < plan->steps * plan->level_count; i++)
            quantiles[i] = fmin(fmax(quantiles[i], plan->options->clip_min), plan->options->clip_max);
    }
    answer->prediction = chosen;
    answer->model = plan->candidates[choice.candidate];
    answer->state = panel->states[choice.candidate];
    memcpy(answer->why, choice.why, sizeof answer->why);
    return true;
}

void panel_answer(struct panel *panel, struct panel_work *work, const struct history *history,
                  const double *const *future, const struct model_notes *notes, struct answer *answer)
{
    const struct plan *plan = panel->plan;
    const double **columns = memory_zero(plan->column_count * sizeof *columns);
    struct observations observations = observations_of(history, columns);
    *answer = (struct answer){ .origin = history_newest(history) };
    const struct horizon horizon = {
        .origin = answer->origin, .step = plan->options->step, .count = plan->steps, .levels = plan->levels,
        .level_count = plan->level_count, .columns = future,
    };
    const struct prediction *made[MODELS_LIMIT] = { NULL };
    bool any = false;
    backtest(panel, work, &observations, &horizon);
    learn(panel, &observations, notes);
    for (size_t i = 0; i < plan->candidate_count; i++) {
        bool good = panel->fitted[i] && predict(plan, plan->candidates[i], panel->states[i], &horizon,
                                                &work->predictions[i], notes);
        made[i] = good ? &work->predictions[i] : NULL;
        any = any || good;
    }
    if (!any || !judge(panel, work, made, answer))
        fall_back(panel, work, &observations, &horizon, notes, answer);
    if (plan->options->components && answer->state
        && components_make(&work->components, plan, answer->model, answer->state, &horizon))
        answer->components = &work->components;
    free(columns);
}

const struct prophet *panel_fitted_prophet(const struct panel *panel, const struct history *history,
                                           const double **columns, struct prophet_frame *fitted_to)
{
    const struct plan *plan = panel->plan;
    if (!panel->learnt || plan->prophet.model || panel->learnt_at != history_newest(history))
        return NULL;
    struct observations observations = observations_of(history, columns);
    *fitted_to = (struct prophet_frame){ observations.count, observations.times, observations.values, columns };
    for (size_t i = 0; i < plan->candidate_count; i++) {
        const struct prophet *prophet = panel->fitted[i] ? components_prophet(plan->candidates[i], panel->states[i])
                                                         : NULL;
        if (prophet)
            return prophet;
    }
    return NULL;
}

/* ---- State ---- */

/* Options under which saved models and judges mean the same. */
static void add_shape(const struct plan *plan, struct vane_text *out)
{
    const struct forecast_options *options = plan->options;
    vane_text_addf(out, "%lld/%zu/%d/%lld", (long long)options->step, plan->steps, options->transform,
                   (long long)options->every);
    for (size_t i = 0; i < plan->candidate_count; i++)
        vane_text_addf(out, ",%s", plan->names[i]);
    for (size_t i = 0; i < plan->level_count; i++)
        vane_text_add(out, &plan->levels[i], sizeof plan->levels[i]);
}

static void add_piece(struct vane_text *out, const void *bytes, size_t length)
{
    uint64_t size = length;
    vane_text_add(out, &size, sizeof size);
    vane_text_add(out, bytes, length);
}

/* The next piece; NULL: the bytes end. */
static const char *take_piece(const char **at, const char *end, size_t *length)
{
    uint64_t size;
    if ((size_t)(end - *at) < sizeof size)
        return NULL;
    memcpy(&size, *at, sizeof size);
    const char *piece = *at + sizeof size;
    if (size > (size_t)(end - piece))
        return NULL;
    *length = (size_t)size;
    *at = piece + size;
    return piece;
}

static bool take_shape(const struct plan *plan, const char **at, const char *end)
{
    struct vane_text shape = { 0 };
    size_t length;
    add_shape(plan, &shape);
    const char *piece = take_piece(at, end, &length);
    bool same = piece && length == shape.length && memcmp(piece, shape.data, length) == 0;
    vane_text_release(&shape);
    return same;
}

static void put_shape(const struct plan *plan, struct vane_text *out)
{
    struct vane_text shape = { 0 };
    add_shape(plan, &shape);
    add_piece(out, shape.data, shape.length);
    vane_text_release(&shape);
}

void panel_save_models(const struct panel *panel, struct vane_text *out)
{
    const struct plan *plan = panel->plan;
    struct vane_text state = { 0 };
    put_shape(plan, out);
    vane_text_add(out, &panel->learnt_at, sizeof panel->learnt_at);
    vane_text_add(out, panel->learnt ? "1" : "0", 1);
    for (size_t i = 0; i < plan->candidate_count; i++) {
        vane_text_clear(&state);
        vane_text_add(&state, panel->fitted[i] ? "1" : "0", 1);
        if (panel->states[i] && plan->candidates[i]->save)
            plan->candidates[i]->save(panel->states[i], &state);
        add_piece(out, state.data, state.length);
    }
    vane_text_release(&state);
}

/* What has learnt has a state, if only that of a fit that failed. False: the bytes are not sound, and there is none. */
static bool load_model(struct panel *panel, size_t i, const char *piece, size_t length, bool learnt)
{
    const struct model *model = panel->plan->candidates[i];
    if (!length || (length == 1 && *piece != '0'))
        return false;
    if (!learnt)
        return length == 1;
    void *state = model->new(&panel->plan->settings);
    if (!model->load || !model->load(state, piece + 1, length - 1)) {
        model->free(state);
        return false;
    }
    panel->states[i] = state;
    panel->fitted[i] = *piece == '1';
    return true;
}

static void forget_models(struct panel *panel)
{
    for (size_t i = 0; i < panel->plan->candidate_count; i++) {
        if (panel->states[i])
            panel->plan->candidates[i]->free(panel->states[i]);
        panel->states[i] = NULL;
        panel->fitted[i] = false;
    }
    panel->learnt = false;
}

bool panel_load_models(struct panel *panel, const void *bytes, size_t length)
{
    const char *at = bytes, *end = at + length;
    forget_models(panel);
    if (!take_shape(panel->plan, &at, end) || (size_t)(end - at) <= sizeof panel->learnt_at)
        return false;
    memcpy(&panel->learnt_at, at, sizeof panel->learnt_at);
    at += sizeof panel->learnt_at;
    bool learnt = *at++ == '1', whole = true, sound = true;
    for (size_t i = 0; i < panel->plan->candidate_count && whole; i++) {
        size_t size;
        const char *piece = take_piece(&at, end, &size);
        whole = piece != NULL;
        sound = whole && load_model(panel, i, piece, size, learnt) && sound;
    }
    whole = whole && at == end;
    if (!whole)
        forget_models(panel);
    panel->learnt = whole && learnt;
    return whole && sound;
}

void panel_save_judge(const struct panel *panel, struct vane_text *out)
{
    put_shape(panel->plan, out);
    judge_save_core(panel->judge, out);
}

bool panel_load_judge(struct panel *panel, const void *bytes, size_t length)
{
    const char *at = bytes, *end = at + length;
    return take_shape(panel->plan, &at, end) && judge_load_core(panel->judge, at, (size_t)(end - at));
}

bool panel_settle_judge(struct panel *panel, bool fits)
{
    if (fits && judge_is_whole(panel->judge))
        return true;
    judge_free(panel->judge);
    panel->judge = judge_new(&panel->plan->judge);
    return false;
}
