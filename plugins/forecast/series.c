/* series - see series.h. */
#include "plugins/forecast/series.h"

#include <stdio.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

/* ---- Life ---- */

/* FNV-1a over the field, on top of the hash of the input's series. */
static uint64_t hash_of(const struct series *series)
{
    uint64_t hash = series->of->hash ^ UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < series->field_length; i++)
        hash = (hash ^ (unsigned char)series->field[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

struct series *series_new(const struct plan *plan, const struct vane_series *of, const char *field, size_t length)
{
    struct series *series = memory_zero(sizeof *series);
    series->plan = plan;
    series->of = of;
    series->field = memory_zero(length + 1);
    memcpy(series->field, field, length);
    series->field_length = length;
    history_init(&series->history, &plan->limits);
    if (plan->column_count)
        history_init(&series->future, &plan->future_limits);
    panel_init(&series->panel, plan);
    series->columns = memory_zero(2 * plan->column_count * sizeof *series->columns);
    series->forecast_from = INT64_MIN;
    if (plan->options->spread && plan->options->every)
        series->phase = (int64_t)(hash_of(series) % (uint64_t)plan->options->every);
    return series;
}

void series_free(struct series *series)
{
    history_release(&series->history);
    history_release(&series->future);
    panel_release(&series->panel);
    free(series->columns);
    free(series->field);
    free(series);
}

/* ---- Due times ---- */

/* The first time greater than `time` that is the phase away from a multiple of `every`; INT64_MAX: never. */
static int64_t next_due(int64_t time, int64_t every, int64_t phase)
{
    int64_t from, next;
    if (!every || __builtin_sub_overflow(time, phase, &from))
        return INT64_MAX;
    int64_t rest = from % every;
    rest += rest < 0 ? every : 0;
    return __builtin_add_overflow(time, every - rest, &next) ? INT64_MAX : next;
}

static int64_t score_phase(const struct series *series)
{
    int64_t every = series->plan->score_every;
    return every ? series->phase % every : 0;
}

void series_advance(struct series *series, int due)
{
    const struct forecast_options *options = series->plan->options;
    int64_t newest = history_newest(&series->history);
    if (due & SERIES_FORECAST)
        series->due = next_due(newest, options->every, series->phase);
    if (due & SERIES_SCORES)
        series->score_due = next_due(newest, series->plan->score_every, score_phase(series));
}

static int what_is_due(const struct series *series)
{
    int64_t newest = history_newest(&series->history);
    return (newest >= series->due ? SERIES_FORECAST : 0) | (newest >= series->score_due ? SERIES_SCORES : 0);
}

/* ---- Points ---- */

static int64_t saturated(int64_t time, int64_t add)
{
    int64_t sum;
    if (!__builtin_add_overflow(time, add, &sum))
        return sum;
    return add < 0 ? INT64_MIN : INT64_MAX;
}

/* All that was learnt is of another time. */
static void begin_anew(struct series *series)
{
    history_clear(&series->history);
    history_clear(&series->future);
    panel_release(&series->panel);
    panel_init(&series->panel, series->plan);
    series->forecast_from = INT64_MIN;
    series->models_changed = true;
}

static void accept(struct series *series, const struct point *point, struct tally *tally)
{
    const struct plan *plan = series->plan;
    double row[1 + plan->column_count];
    if (!panel_transform(plan, point->value, &row[0])) {
        tally->counts[TALLY_NOT_POSITIVE]++;
        return;
    }
    memcpy(row + 1, point->columns, plan->column_count * sizeof *row);
    bool first = !series->history.count;
    enum history_place place = history_add(&series->history, point->time, row);
    if (place == HISTORY_TOO_OLD) {
        tally->counts[TALLY_TOO_OLD]++;
        return;
    }
    tally->counts[TALLY_POINTS]++;
    series->changed = true;
    if (first)
        series_advance(series, SERIES_FORECAST | SERIES_SCORES);
    if (place == HISTORY_LATE) {
        tally->counts[TALLY_LATE]++;
        return;
    }
    memcpy(series->columns, point->columns, plan->column_count * sizeof *series->columns);
    series->columns_known = true;
    history_forget(&series->future, point->time);
    panel_observe(&series->panel, point->time, point->value, row[0]);
    series->models_changed = series->models_changed || plan->options->refit_every; /* they were updated */
}

/* A point far ahead, alone, is kept aside. */
static void put_aside(struct series *series, const struct point *point, struct tally *tally)
{
    size_t count = series->plan->column_count;
    if (series->has_ahead)
        tally->counts[TALLY_AHEAD]++;
    series->ahead = *point;
    series->ahead.columns = memcpy(series->columns + count, point->columns, count * sizeof *series->columns);
    series->has_ahead = true;
    series->changed = true;
}

/* Does the point lie where the one before has led, within the length of a history? */
static bool confirms_ahead(const struct series *series, const struct point *point, int64_t span)
{
    return series->has_ahead && point->time >= saturated(series->ahead.time, -span)
        && point->time <= saturated(series->ahead.time, span);
}

/* False: the point is dealt with. */
static bool check_clock(struct series *series, const struct point *point, struct tally *tally)
{
    int64_t span = series->plan->options->history;
    if (!span || !series->history.count)
        return true;
    int64_t newest = history_newest(&series->history);
    if (point->time > saturated(newest, span)) {
        if (!confirms_ahead(series, point, span)) {
            put_aside(series, point, tally);
            return false;
        }
        struct point ahead = series->ahead;
        series->has_ahead = false;
        accept(series, &ahead, tally);
        return true;
    }
    if (point->time > saturated(newest, -span)) {
        tally->counts[TALLY_AHEAD] += series->has_ahead;
        series->has_ahead = false;
        series->too_old = 0;
        return true;
    }
    series->changed = true;
    if (++series->too_old < SERIES_CLOCK_BACK) {
        tally->counts[TALLY_TOO_OLD]++;
        return false;
    }
    tally->counts[TALLY_CLOCK_BACK]++;
    series->too_old = 0;
    begin_anew(series);
    return true;
}

int series_take(struct series *series, const struct point *point, int64_t arrival, struct tally *tally)
{
    int64_t most = series->plan->options->max_future;
    if (most && point->time > saturated(arrival, most)) {
        tally->counts[TALLY_AHEAD]++;
        return SERIES_NOTHING;
    }
    if (!check_clock(series, point, tally))
        return SERIES_NOTHING;
    accept(series, point, tally);
    return series->history.count ? what_is_due(series) : SERIES_NOTHING;
}

void series_take_future(struct series *series, int64_t time, const double *columns)
{
    if (!series->history.count || time <= history_newest(&series->history))
        return;
    history_add(&series->future, time, columns);
    series->changed = true;
}

void series_check_times(struct series *series)
{
    int64_t newest = history_newest(&series->history), every = series->plan->options->every;
    if (every ? series->due > saturated(newest, every) : series->due != INT64_MAX)
        series_advance(series, SERIES_FORECAST);
    every = series->plan->score_every;
    if (every ? series->score_due > saturated(newest, every) : series->score_due != INT64_MAX)
        series_advance(series, SERIES_SCORES);
    if (series->forecast_from > newest)
        series->forecast_from = INT64_MIN;
}

/* ---- Forecasts ---- */

bool series_is_ahead_of_forecast(const struct series *series)
{
    return series->history.count && history_newest(&series->history) > series->forecast_from;
}

/* Regressors at a step are those of the last row up to its time: one that is known ahead, else of the newest point. */
static const double *const *future_columns(const struct series *series, struct panel_work *work)
{
    const struct plan *plan = series->plan;
    const struct history *future = &series->future;
    size_t known = 0;
    if (!plan->column_count)
        return NULL;
    for (size_t i = 0; i < plan->steps; i++) {
        int64_t time = saturated(history_newest(&series->history), (int64_t)(i + 1) * plan->options->step);
        while (known < future->count && history_times(future)[known] <= time)
            known++;
        for (size_t j = 0; j < plan->column_count; j++)
            work->columns[j][i] = known ? history_column(future, j)[known - 1] : series->columns[j];
    }
    work->known_ahead = known > 0;
    return (const double *const *)work->columns;
}

void series_forecast(struct series *series, struct panel_work *work, const struct model_notes *notes,
                     struct answer *answer, struct tally *tally)
{
    *answer = (struct answer){ 0 };
    if (series->history.count < series->plan->least_points) {
        char text[80];
        snprintf(text, sizeof text, "%zu points, min_points is %zu", series->history.count, series->plan->least_points);
        notes->note(notes->context, "too_few_points", text);
        return;
    }
    panel_answer(&series->panel, work, &series->history, future_columns(series, work), notes, answer);
    series->forecast_from = answer->origin;
    series->changed = series->models_changed = true;
    tally->counts[answer->prediction ? TALLY_FORECASTS : TALLY_NO_FORECAST]++;
    tally->counts[TALLY_FALLBACKS] += answer->prediction && !answer->state;
}
