/* backtest - see backtest.h. */
#include "plugins/forecast/judge/backtest.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"

/* Where origins are wanted: from, from + spacing, ... */
struct places {
    int64_t from, spacing;
    size_t  count;
};

struct run {
    const struct backtest     *backtest;
    const struct observations *history;
    struct judge              *judge;
    void                     **states;  /* of the models */
    double                   **columns; /* regressors of the horizon */
    size_t                     observed; /* points that the judge has seen */
};

/* ---- Origins ---- */

static struct places find_places(const struct judge *judge, const struct backtest *backtest,
                                 const struct observations *history)
{
    struct places places = { 0 };
    int64_t first = history->times[0], last = history->times[history->count - 1], span, ahead;
    if (__builtin_sub_overflow(last, first, &span) || span < 4 || backtest->origins < 2
        || __builtin_mul_overflow(backtest->horizon.step, (int64_t)backtest->horizon.count, &ahead))
        return places;
    int64_t met = ahead < span / 4 ? ahead : span / 4, until = last - met, least = judge_spacing(judge, met);
    places.from = last - span / 2;
    places.spacing = (until - places.from) / ((int64_t)backtest->origins - 1);
    if (places.spacing < least)
        places.spacing = least;
    if (places.spacing < 1)
        places.spacing = 1;
    places.count = (size_t)((until - places.from) / places.spacing) + 1;
    return places;
}

/* The newest point up to a place: how many points there are with it, from so many on. */
static size_t points_until(const struct observations *history, size_t points, int64_t place)
{
    while (points < history->count && history->times[points] <= place)
        points++;
    return points;
}

/* Calls visit at each origin, with the number of points up to it; NULL: only counts them. */
static size_t walk(const struct places *places, const struct backtest *backtest, const struct observations *history,
                   void (*visit)(struct run *run, size_t points), struct run *run)
{
    size_t origins = 0, points = 0, before = 0;
    for (size_t i = 0; i < places->count && origins < backtest->origins; i++) {
        points = points_until(history, points, places->from + (int64_t)i * places->spacing);
        if (points == before || points < backtest->least_points || points == 0)
            continue;
        before = points;
        origins++;
        if (visit)
            visit(run, points);
    }
    return origins;
}

/* ---- Forecasts ---- */

static void no_note(void *context, const char *name, const char *sentence)
{
    (void)context, (void)name, (void)sentence;
}

/* At each step the regressors of the last row up to its time; behind the history these are the rows of the forecast that
 * is to be made. */
static void follow_columns(const struct run *run, size_t points)
{
    const struct observations *history = run->history;
    const struct horizon *ahead = &run->backtest->horizon;
    int64_t origin = history->times[points - 1], left = history->times[history->count - 1] - origin;
    for (size_t i = 0; i < ahead->count; i++) {
        int64_t after = (int64_t)(i + 1) * ahead->step, behind = (after - left) / ahead->step;
        while (points < history->count && history->times[points] - origin <= after)
            points++;
        for (size_t c = 0; c < history->column_count; c++)
            run->columns[c][i] = behind > 0 ? ahead->columns[c][behind - 1] : history->columns[c][points - 1];
    }
}

static void hold_columns(const struct run *run, size_t points)
{
    for (size_t c = 0; c < run->history->column_count; c++)
        for (size_t i = 0; i < run->backtest->horizon.count; i++)
            run->columns[c][i] = run->history->columns[c][points - 1];
}

static bool predict(const struct run *run, size_t i, const struct observations *seen, const struct horizon *horizon)
{
    const struct backtest *backtest = run->backtest;
    const struct model *model = backtest->models[i];
    const struct model_notes notes = { .note = no_note };
    struct prediction *out = &backtest->predictions[i];
    if (!model)
        return false;
    if (!run->states[i])
        run->states[i] = model->new(backtest->settings);
    return model->fit(run->states[i], seen, &notes) && model->predict(run->states[i], horizon, out, &notes)
        && (!backtest->restore || backtest->restore(backtest->context, out));
}

static void observe_until(struct run *run, size_t points)
{
    const struct backtest *backtest = run->backtest;
    for (; run->observed < points; run->observed++) {
        double value = run->history->values[run->observed];
        judge_observe(run->judge, run->history->times[run->observed],
                      backtest->value ? backtest->value(backtest->context, value) : value);
    }
}

static void forecast_at(struct run *run, size_t points)
{
    const struct backtest *backtest = run->backtest;
    struct observations seen = *run->history;
    struct horizon horizon = backtest->horizon;
    const struct prediction *made[JUDGE_CANDIDATES] = { NULL };
    struct judge_choice choice;
    seen.count = points;
    horizon.origin = seen.times[points - 1];
    horizon.columns = (const double *const *)run->columns;
    observe_until(run, points);
    if (backtest->known_ahead)
        follow_columns(run, points);
    else
        hold_columns(run, points);
    for (size_t i = 0; i < backtest->model_count; i++)
        if (predict(run, i, &seen, &horizon))
            made[i] = &backtest->predictions[i];
    judge_choose(run->judge, made, &choice);
    if (choice.candidate < backtest->model_count)
        judge_issue(run->judge, horizon.origin, made, choice.candidate);
}

/* ---- All of it ---- */

static double **columns_new(size_t columns, size_t count)
{
    double **table = memory_zero(columns * (sizeof *table + count * sizeof **table) + 1);
    for (size_t c = 0; c < columns; c++)
        table[c] = (double *)(void *)(table + columns) + c * count;
    return table;
}

size_t backtest_run(struct judge *judge, const struct backtest *backtest, const struct observations *history)
{
    struct places places = find_places(judge, backtest, history);
    size_t origins = walk(&places, backtest, history, NULL, NULL);
    struct run run = { .backtest = backtest, .history = history, .judge = judge };
    if (origins < BACKTEST_LEAST)
        origins = 0;
    if (origins) {
        run.states = memory_zero(backtest->model_count * sizeof *run.states);
        run.columns = columns_new(history->column_count, backtest->horizon.count);
        walk(&places, backtest, history, forecast_at, &run);
        judge_backtested(judge);
        for (size_t i = 0; i < backtest->model_count; i++)
            if (run.states[i])
                backtest->models[i]->free(run.states[i]);
        free(run.states);
        free(run.columns);
    }
    observe_until(&run, history->count);
    return origins;
}
