/* judge - see judge.h and judge_internal.h; persist.c has its state as bytes. */
#include "core/plugin.h"
#include "plugins/forecast/judge/judge_internal.h"
#include "plugins/shared/memory.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TOLERANCE_STEPS = 60 };

static size_t score_count(const struct shape *shape)
{
    return (shape->candidates + 1) * shape->horizon_count;
}

struct judge *judge_new(const struct judge_settings *settings)
{
    assert(settings->step > 0 && settings->count > 0 && settings->candidate_count > 0);
    assert(settings->candidate_count <= JUDGE_CANDIDATES && settings->level_count <= JUDGE_LEVELS);
    struct judge *judge = memory_zero(sizeof *judge);
    struct shape *shape = &judge->shape;
    shape_init(shape, settings);
    judge->tolerance = settings->tolerance > 0 ? (uint64_t)settings->tolerance
                                               : (uint64_t)settings->step * TOLERANCE_STEPS;
    size_t choose = sizeof(struct core), ledger = choose + sizeof(struct choose);
    size_t scores = ledger + ledger_size(shape);
    size_t conformal = scores + score_count(shape) * sizeof(struct score);
    judge->size = conformal + conformal_size(shape);
    char *block = memory_zero(judge->size);
    judge->core = (struct core *)(void *)block;
    judge->choose = (struct choose *)(void *)(block + choose);
    judge->ledger = (struct ledger *)(void *)(block + ledger);
    judge->scores = (struct score *)(void *)(block + scores);
    judge->conformal = block + conformal;
    ledger_init(judge->ledger);
    judge->changed = (UINT32_C(1) << shape->horizon_count) - 1;
    judge->missing = judge->changed | UINT32_C(1) << 31;
    return judge;
}

void judge_free(struct judge *judge)
{
    if (!judge)
        return;
    free(judge->core);
    free(judge);
}

size_t judge_memory(const struct judge *judge)
{
    return sizeof *judge + judge->size;
}

/* ---- Actuals ---- */

static void learn_candidate(struct judge *judge, struct ledger_entry *entry, size_t candidate, size_t horizon,
                            double actual)
{
    const struct shape *shape = &judge->shape;
    const double *values = ledger_values(shape, entry, candidate);
    const double *own = values + 2, *issued = own + shape->levels;
    struct score_case one = { .mean = values[0], .base = entry->base, .actual = actual, .quantiles = issued };
    score_add(judge_score_at(judge, candidate, horizon), shape, &one);
    if (candidate == entry->answered)
        score_add(judge_score_at(judge, shape->candidates, horizon), shape, &one);
    size_t overlap = (size_t)judge->ledger->rings[horizon].count;
    choose_learn(judge->choose, candidate, horizon, values[0] - actual, entry->base - actual, overlap);
    conformal_learn(judge->conformal, shape, candidate, horizon, &(struct conformal_case){
        .mean = values[0], .unit = values[1], .actual = actual, .overlap = overlap, .own = own,
        .issued = issued });
}

static void settle(struct judge *judge, struct ledger_entry *entry, size_t horizon)
{
    const struct core *core = judge->core;
    judge->changed |= UINT32_C(1) << horizon;
    if ((uint64_t)entry->target - (uint64_t)core->time > judge->tolerance) {
        judge->core->counts.expired++;
        return;
    }
    judge->core->counts.scored++;
    choose_learn_naive(judge->choose, horizon, entry->base - core->value);
    for (size_t i = 0; i < judge->shape.candidates; i++)
        if (entry->made >> i & 1)
            learn_candidate(judge, entry, i, horizon, core->value);
}

/* With the newest observation as the actual, all forecasts for times before `time`, or also at it. */
static void settle_until(struct judge *judge, int64_t time, bool at)
{
    struct ledger_entry *entry;
    for (size_t h = 0; h < judge->shape.horizon_count; h++) {
        while ((entry = ledger_due(judge->ledger, &judge->shape, h, time, at))) {
            settle(judge, entry, h);
            ledger_remove(judge->ledger, &judge->shape, h);
        }
    }
}

void judge_observe(struct judge *judge, int64_t time, double value)
{
    struct core *core = judge->core;
    if (!isfinite(value) || (core->observations > 0 && time < core->time))
        return;
    if (judge->ledger->due < time)
        settle_until(judge, time, false);
    if (core->observations > 0) {
        size_t window = judge->shape.settings->window ? judge->shape.settings->window : 200;
        double rate = fmax(1 / (double)core->observations, 1 / (double)window);
        core->change += rate * (fmin(fabs(value - core->value), 1e150) - core->change);
    }
    core->observations++;
    core->time = time;
    core->value = value;
    if (judge->ledger->due == time)
        settle_until(judge, time, true);
}

/* ---- Forecasts ---- */

void judge_choose(const struct judge *judge, const struct prediction *const *made,
                  struct judge_choice *choice)
{
    const struct core *core = judge->core;
    choose_answer(judge->choose, &judge->shape, made, choice);
    size_t length = strlen(choice->why);
    if (core->backtest)
        snprintf(choice->why + length, sizeof choice->why - length, "; %sbacktest over %llu origins",
                 core->counts.issued > core->backtest ? "begun by a " : "", (unsigned long long)core->backtest);
}

void judge_backtested(struct judge *judge)
{
    judge->core->backtest = judge->core->counts.issued;
}

int64_t judge_spacing(const struct judge *judge, int64_t longest)
{
    return (int64_t)ledger_spacing(&judge->shape, (uint64_t)longest);
}

static void note_prediction(const struct judge *judge, size_t candidate, size_t horizon,
                            const struct prediction *prediction, double *values)
{
    const struct shape *shape = &judge->shape;
    size_t step = shape->horizons[horizon] - 1, stride = shape->settings->count;
    double *own = values + 2, *issued = own + shape->levels;
    values[0] = prediction->mean[step];
    for (size_t level = 0; level < shape->levels; level++)
        own[level] = issued[level] = prediction->quantiles[level * stride + step];
    values[1] = conformal_unit(judge->conformal, shape, candidate, horizon, own, 1);
    if (shape->settings->calibrate)
        conformal_apply(judge->conformal, shape, candidate, step + 1, values[0], issued, 1);
}

void judge_issue(struct judge *judge, int64_t origin, const struct prediction *const *made, size_t answered)
{
    const struct shape *shape = &judge->shape;
    judge->core->counts.issued++;
    judge->choose->before = answered;
    for (size_t h = 0; h < shape->horizon_count; h++) {
        struct ledger_entry *entry = ledger_add(judge->ledger, shape, h, origin);
        if (!entry) {
            judge->core->counts.thinned++;
            continue;
        }
        judge->changed |= UINT32_C(1) << h;
        entry->base = judge->core->value;
        entry->answered = answered;
        entry->made = 0;
        for (size_t i = 0; i < shape->candidates; i++) {
            if (!made[i])
                continue;
            entry->made |= UINT64_C(1) << i;
            note_prediction(judge, i, h, made[i], ledger_values(shape, entry, i));
        }
    }
}

bool judge_calibrate(const struct judge *judge, size_t candidate, struct prediction *prediction)
{
    const struct shape *shape = &judge->shape;
    if (!shape->settings->calibrate || !conformal_ready(judge->conformal, shape, candidate))
        return false;
    for (size_t step = 0; step < shape->settings->count; step++)
        conformal_apply(judge->conformal, shape, candidate, step + 1, prediction->mean[step],
                        prediction->quantiles + step, shape->settings->count);
    return true;
}

/* ---- Reports ---- */

void judge_scores(const struct judge *judge, void (*visit)(void *context, const struct judge_score *score),
                  void *context)
{
    const struct shape *shape = &judge->shape;
    size_t models = shape->candidates > 1 ? shape->candidates + 1 : 1;
    for (size_t model = 0; model < models; model++) {
        for (size_t h = 0; h < shape->horizon_count; h++) {
            const struct score *score = judge_score_at(judge, model, h);
            struct judge_score out = { .horizon = shape->horizons[h] };
            out.model = model < shape->candidates ? shape->settings->candidates[model] : "auto";
            score_report(score, shape, judge->core->change, &out);
            if (score->count > 0)
                visit(context, &out);
        }
    }
}

struct judge_counts judge_counts(const struct judge *judge)
{
    return judge->core->counts;
}
