/* forecast - what comes next in each series: see forecast.h and README.md.
 *
 * A forecast is made inside process(), when the point that makes it due is taken and before any later point of its
 * series is: so it does not depend on threads or on how batches were cut, and at a mark nothing is under way. */
#include "plugins/forecast/forecast.h"

#include <math.h>
#include <stdlib.h>

#include "plugins/forecast/emit.h"
#include "plugins/forecast/saved_model.h"
#include "plugins/shared/memory.h"

enum { SEEN_MOST = 100 }; /* characters */

_Static_assert(offsetof(struct forecast, options) == 0, "forecast_options count on it");

/* ---- Life ---- */

static enum vane_result forecast_check(struct vane_self *self)
{
    const struct forecast *state = self->state;
    struct plan plan;
    struct plan_error err;
    bool good = plan_make(&plan, &state->options, &err);
    plan_release(&plan);
    return good ? VANE_OK : vane_fail(self, "%s", err.text);
}

static enum vane_result forecast_open(struct vane_self *self)
{
    struct forecast *state = self->state;
    struct plan_error err;
    if (!plan_make(&state->plan, &state->options, &err))
        return vane_fail(self, "%s", err.text);
    panel_work_init(&state->work, &state->plan);
    groups_init(&state->groups, &state->plan);
    const char *idle = plan_idle_option(&state->plan);
    if (idle)
        vane_log(self, VANE_WARN, "prophet.%s: counts for prophet only, and no model here is", idle);
    state->columns = memory_zero(state->plan.column_count * sizeof *state->columns);
    return VANE_OK;
}

static void forecast_close(struct vane_self *self)
{
    struct forecast *state = self->state;
    state_release(&state->state, &state->groups);
    groups_release(&state->groups);
    panel_work_release(&state->work);
    plan_release(&state->plan);
    free(state->columns);
    vane_text_release(&state->label);
    vane_text_release(&state->seen);
    for (size_t i = 0; i < TALLY_COUNT; i++)
        vane_text_release(&state->first[i]);
}

/* ---- Forecasts ---- */

static bool is_set(const char *text)
{
    return text && *text;
}

static void note(void *context, const char *name, const char *sentence)
{
    struct vane_self *self = context;
    const struct forecast *state = self->state;
    bool usual = strcmp(name, "too_few_points") == 0 && !state->in_vain; /* every series begins so */
    vane_count(self, name, 1);
    vane_log(self, usual ? VANE_INFO : VANE_WARN, "%s: %s: %s", state->label.data, name, sentence);
}

/* One that was fitted just now, to its file. A file without {series} in its name is of one series. */
static void save_model(struct vane_self *self, const struct series *series)
{
    struct forecast *state = self->state;
    const char *pattern = state->options.prophet.save_model;
    const double **columns = memory_zero(state->plan.column_count * sizeof *columns);
    struct prophet_frame history;
    struct prophet_error err;
    const struct prophet *model = panel_fitted_prophet(&series->panel, &series->history, columns, &history);
    if (model && !saved_model_is_pattern(pattern) && state->groups.series_count > 1) {
        note(self, "models_not_saved", "save_model has no {series}, and there are several");
    } else if (model) {
        struct vane_text path = { 0 };
        saved_model_path(pattern, series->of, series->field, &path);
        if (saved_model_write(path.data, model, &history, &err))
            vane_count(self, "models_saved", 1);
        else
            note(self, "models_not_saved", err.text);
        vane_text_release(&path);
    }
    free(columns);
}

/* last: the input has ended, and no other forecast follows. */
static void do_due(struct vane_self *self, struct series *series, int due, bool last)
{
    struct forecast *state = self->state;
    struct answer answer = { 0 };
    emit_label(series->of, series->field, &state->label);
    state->in_vain = last && series->history.count < state->plan.least_points;
    if (due & SERIES_FORECAST)
        series_forecast(series, &state->work, &(struct model_notes){ note, self }, &answer, &state->tally);
    if (answer.prediction && is_set(state->options.prophet.save_model) && vane_mode(self) != VANE_TEST)
        save_model(self, series);
    if (answer.prediction && last && state->plan.candidate_count > 1)
        vane_log(self, VANE_INFO, "%s: answered by %s", state->label.data, answer.why);
    if (answer.prediction)
        state->stopping = !emit_forecast(self, series, &answer) || state->stopping;
    if (due & SERIES_SCORES)
        state->stopping = !emit_scores(self, series) || state->stopping;
    series_advance(series, due);
}

/* ---- Points ---- */

/* The regressors of a metric; one that it does not have is as it was. False: it never was there. */
static bool read_columns(struct forecast *state, const struct series *series, const struct vane_metric *metric)
{
    for (size_t i = 0; i < state->plan.column_count; i++) {
        const struct vane_field *field = vane_get(metric, state->plan.column_fields[i]);
        double value = 0;
        bool there = field && vane_number(field, &value) && isfinite(value);
        if (!there && !series->columns_known) {
            state->missing = state->plan.column_fields[i];
            return false;
        }
        state->columns[i] = there ? value : series->columns[i];
    }
    return true;
}

static bool read_value(struct forecast *state, const struct vane_field *field, double *value)
{
    if (!vane_number(field, value)) {
        state->tally.counts[TALLY_NOT_NUMERIC]++;
        return false;
    }
    if (isfinite(*value))
        return true;
    state->tally.counts[TALLY_NOT_FINITE]++;
    return false;
}

/* Makes room for a new series, if there are some that have been silent for longer than `history` by the time that one
 * begins: that of its metric, but not of a clock that is ahead of its arrival. */
static bool forget_silent(struct forecast *state, const struct vane_metric *metric)
{
    int64_t now = metric->time < metric->arrival ? metric->time : metric->arrival, until;
    if (!state->options.history || __builtin_sub_overflow(now, state->options.history, &until))
        return false;
    size_t forgotten = state_forget(&state->state, &state->groups, until);
    state->forgotten += forgotten;
    state->tally.counts[TALLY_FORGOTTEN] += forgotten;
    return forgotten > 0;
}

static bool has_room(struct forecast *state, const struct vane_metric *metric)
{
    return state->groups.series_count < (size_t)state->options.max_series || forget_silent(state, metric);
}

/* The series of a field, known or new; NULL: nobody wants it, or there are too many. */
static struct series *series_of(struct forecast *state, const struct vane_metric *metric,
                                const struct vane_field *field, struct group **group, size_t *hint)
{
    struct series *series = *group ? group_find(*group, field->key, field->key_length, hint) : NULL;
    if (series || !plan_wants_field(&state->plan, field->key))
        return series;
    double value;
    if (!read_value(state, field, &value))
        return NULL;
    uint64_t forgotten = state->forgotten;
    if (!has_room(state, metric)) {
        state->tally.counts[TALLY_REFUSED]++;
        return NULL;
    }
    if (!*group || state->forgotten != forgotten)
        *group = groups_find_or_add(&state->groups, metric->series);
    return groups_add(&state->groups, *group, field->key, field->key_length);
}

static void take_field(struct vane_self *self, struct series *series, const struct vane_metric *metric,
                       const struct vane_field *field, const char *lane)
{
    struct forecast *state = self->state;
    struct point point = { .time = metric->time, .columns = state->columns };
    if (!read_value(state, field, &point.value))
        return;
    if (!read_columns(state, series, metric)) {
        state->tally.counts[TALLY_NO_REGRESSOR]++;
        return;
    }
    series->lane = lane;
    int due = series_take(series, &point, metric->arrival, &state->tally);
    if (due)
        do_due(self, series, due, false);
}

/* An empty text is the cell of a csv row that has no value there. */
static bool is_missing(const struct vane_field *field)
{
    return !field || (field->type == VANE_STRING && field->length == 0);
}

/* A metric with all regressors and without the field says what they will be at its time. */
static void take_future(struct forecast *state, const struct group *group, const struct vane_metric *metric)
{
    for (size_t i = 0; i < state->plan.column_count; i++) {
        const struct vane_field *field = vane_get(metric, state->plan.column_fields[i]);
        if (!field || !vane_number(field, &state->columns[i]) || !isfinite(state->columns[i]))
            return;
    }
    for (size_t i = 0; i < group->count; i++)
        if (is_missing(vane_get(metric, group->items[i]->field)))
            series_take_future(group->items[i], metric->time, state->columns);
}

/* Which series a guard has met first in this batch. */
static void name_guarded(struct forecast *state, const struct vane_metric *metric, const struct vane_field *field)
{
    for (size_t i = TALLY_TOO_OLD; i <= TALLY_CLOCK_BACK; i++)
        if (state->tally.counts[i] && !state->first[i].length)
            emit_label(metric->series, field->key, &state->first[i]);
}

/* As long as nothing could be forecast: a few of the fields there are, to be told at the end. */
static void remember_seen(struct forecast *state, const struct vane_metric *metric)
{
    struct vane_text name = { 0 };
    for (uint32_t i = 0; i < metric->field_count && state->seen.length < SEEN_MOST; i++) {
        vane_text_clear(&name);
        vane_text_addf(&name, "\"%s\"", metric->fields[i].key);
        if (!state->seen.length || !strstr(state->seen.data, name.data))
            vane_text_addf(&state->seen, "%s%s", state->seen.length ? ", " : "", name.data);
    }
    vane_text_release(&name);
}

static void take_metric(struct vane_self *self, const struct vane_metric *metric, struct group *group,
                        const char *lane)
{
    struct forecast *state = self->state;
    size_t hint = 0;
    for (uint32_t i = 0; i < metric->field_count; i++) {
        if (is_missing(&metric->fields[i]))
            continue;
        struct series *series = series_of(state, metric, &metric->fields[i], &group, &hint);
        if (series) {
            take_field(self, series, metric, &metric->fields[i], lane);
            state_took(&state->state, series);
        }
        name_guarded(state, metric, &metric->fields[i]);
    }
    if (!state->groups.series_count)
        remember_seen(state, metric);
    if (state->plan.column_count && group)
        take_future(state, group, metric);
}

/* Each has a line of its own, as the log counts repeats line by line. */
static void warn(struct vane_self *self)
{
    const struct forecast *state = self->state;
    const uint64_t *counts = state->tally.counts;
    const struct vane_text *first = state->first;
    if (counts[TALLY_REFUSED])
        vane_log(self, VANE_WARN, "points_refused: there are max_series = %lld series: points of others are left out, "
                 "%s first", (long long)state->options.max_series, first[TALLY_REFUSED].data);
    if (counts[TALLY_NOT_NUMERIC])
        vane_log(self, VANE_WARN, "%s: values_not_numeric: a text is left out", first[TALLY_NOT_NUMERIC].data);
    if (counts[TALLY_NOT_FINITE])
        vane_log(self, VANE_WARN, "%s: values_not_finite: NaN and infinities are left out",
                 first[TALLY_NOT_FINITE].data);
    if (counts[TALLY_NOT_POSITIVE])
        vane_log(self, VANE_WARN, "%s: values_not_positive: what has no logarithm is left out",
                 first[TALLY_NOT_POSITIVE].data);
    if (counts[TALLY_NO_REGRESSOR])
        vane_log(self, VANE_WARN, "%s: regressors_missing: points without \"%s\" are left out",
                 first[TALLY_NO_REGRESSOR].data, state->missing);
    if (counts[TALLY_AHEAD])
        vane_log(self, VANE_WARN, "%s: points_ahead: points too far ahead are left out", first[TALLY_AHEAD].data);
    if (counts[TALLY_CLOCK_BACK])
        vane_log(self, VANE_WARN, "%s: clock_back: it has gone back beyond its history, which begins anew",
                 first[TALLY_CLOCK_BACK].data);
}

/* Once a batch: what is worth a line in the log, and all counters. */
static void report(struct vane_self *self)
{
    struct forecast *state = self->state;
    warn(self);
    if (state->tally.counts[TALLY_FORGOTTEN])
        vane_log(self, VANE_INFO, "series_forgotten: series silent for longer than history are forgotten, for the sake "
                 "of new ones");
    tally_report(&state->tally, self);
    for (size_t i = TALLY_TOO_OLD; i <= TALLY_CLOCK_BACK; i++)
        vane_text_clear(&state->first[i]);
    vane_gauge(self, "series", (double)state->groups.series_count);
}

/* The input has ended without a series. */
static void warn_nothing(struct vane_self *self)
{
    const struct forecast *state = self->state;
    const struct vane_strings *fields = &state->options.fields;
    struct vane_text names = { 0 };
    for (size_t i = 0; i < fields->count; i++)
        vane_text_addf(&names, "%s\"%s\"", i ? ", " : "", fields->items[i]);
    vane_log(self, VANE_WARN, "nothing came that could be forecast: no metric had a number in fields = [%s]; "
             "fields that came: %s", names.data, state->seen.length ? state->seen.data : "none");
    vane_text_release(&names);
}

static enum vane_result forecast_process(struct vane_self *self, struct vane_batch *batch)
{
    struct forecast *state = self->state;
    state_settle(&state->state, &state->groups, self);
    const char *lane = groups_lane(&state->groups, batch->lane ? vane_lane_text(batch->lane) : "");
    const struct vane_series *series = NULL;
    struct group *group = NULL;
    uint64_t forgotten = state->forgotten;
    for (size_t i = 0; i < batch->count && !state->stopping; i++) {
        const struct vane_metric *metric = batch->metrics[i];
        if (metric->series != series || !group || state->forgotten != forgotten) {
            forgotten = state->forgotten;
            series = metric->series;
            group = groups_find(&state->groups, series);
        }
        take_metric(self, metric, group, lane);
    }
    report(self);
    return VANE_OK;
}

static enum vane_result forecast_end(struct vane_self *self)
{
    struct forecast *state = self->state;
    state_settle(&state->state, &state->groups, self);
    if (state->groups.series_count == 0)
        warn_nothing(self);
    int scores = state->options.score_every ? SERIES_SCORES : 0;
    for (size_t i = 0; i < state->groups.count; i++)
        for (size_t j = 0; j < state->groups.items[i]->count; j++) {
            struct series *series = state->groups.items[i]->items[j];
            if (!state->stopping && series_is_ahead_of_forecast(series))
                do_due(self, series, SERIES_FORECAST | scores, true);
        }
    report(self);
    return VANE_OK;
}

/* ---- State ---- */

static void forecast_lost(struct vane_self *self, const struct vane_lane *lane)
{
    struct forecast *state = self->state;
    state_settle(&state->state, &state->groups, self);
    state_lose(&state->state, &state->groups, vane_lane_text(lane));
}

static enum vane_result forecast_save(struct vane_self *self, struct vane_saver *saver, bool full)
{
    struct forecast *state = self->state;
    state_settle(&state->state, &state->groups, self);
    state_save(&state->state, &state->groups, saver, full);
    return VANE_OK;
}

static enum vane_result forecast_load(struct vane_self *self, const struct vane_record *record)
{
    struct forecast *state = self->state;
    if (!state_load(&state->state, &state->groups, record))
        vane_log(self, VANE_WARN, "saved state of another build is left out: %.60s", record->key);
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_PROCESSOR, .name = "forecast",
    .help = "Forecasts series, with intervals that hold: Prophet's model and others, scored as they go.",
    .state_size = sizeof(struct forecast), .options = forecast_options, .check = forecast_check,
    .open = forecast_open, .close = forecast_close, .process = forecast_process, .end = forecast_end,
    .lost = forecast_lost, .save = forecast_save, .load = forecast_load,
};
