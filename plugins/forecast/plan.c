/* plan - see plan.h. What can be wrong with options that are each right by themselves is found here. */
#include "plugins/forecast/plan.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool plan_fail(struct plan_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

void plan_write_duration(int64_t ns, char text[PLAN_DURATION])
{
    static const struct { int64_t ns; const char *unit; } units[] = {
        { INT64_C(86400000000000), "d" }, { INT64_C(3600000000000), "h" }, { INT64_C(60000000000), "m" },
        { 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" }, { 1, "ns" },
    };
    size_t at = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units && at < PLAN_DURATION - 1; i++) {
        if (ns < units[i].ns)
            continue;
        at += (size_t)snprintf(text + at, PLAN_DURATION - at, "%lld%s", (long long)(ns / units[i].ns), units[i].unit);
        ns %= units[i].ns;
    }
}

/* ---- Fields ---- */

/* '*' for any characters, '?' for one byte. On a mismatch the last '*' takes one byte more. */
static bool matches(const char *pattern, const char *text)
{
    const char *star = NULL, *after = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            after = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++after;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool plan_wants_field(const struct plan *plan, const char *key)
{
    const struct vane_strings *fields = &plan->options->fields;
    for (size_t i = 0; i < fields->count; i++)
        if (matches(fields->items[i], key))
            return true;
    return false;
}

static bool check_fields(const struct plan *plan, struct plan_error *err)
{
    const struct vane_strings *fields = &plan->options->fields;
    if (!fields->count)
        return plan_fail(err, "fields: names no field");
    if (!*plan->options->field_tag && (fields->count != 1 || strpbrk(fields->items[0], "*?")))
        return plan_fail(err, "field_tag: is needed where fields may name more than one");
    return true;
}

/* ---- Levels ---- */

static const double SAME_LEVEL = 1e-9;

static bool add_level(struct plan *plan, double level)
{
    size_t at = 0;
    while (at < plan->level_count && plan->levels[at] < level - SAME_LEVEL)
        at++;
    if (at < plan->level_count && plan->levels[at] < level + SAME_LEVEL)
        return true;
    if (plan->level_count == JUDGE_LEVELS)
        return false;
    memmove(plan->levels + at + 1, plan->levels + at, (plan->level_count - at) * sizeof *plan->levels);
    plan->levels[at] = level;
    plan->level_count++;
    return true;
}

static size_t row_of(const struct plan *plan, double level)
{
    size_t row = 0;
    while (plan->levels[row] < level - SAME_LEVEL)
        row++;
    return row;
}

static void name_quantile(struct plan_quantile *quantile, double level)
{
    snprintf(quantile->key, sizeof quantile->key, "yhat_q%.10g", 100 * level);
    for (char *c = quantile->key; *c; c++)
        if (*c == '.' || *c == ',')
            *c = '_';
}

static bool make_levels(struct plan *plan, struct plan_error *err)
{
    const struct forecast_options *options = plan->options;
    double lower = (1 - options->interval_width) / 2, upper = 1 - lower;
    bool fits = add_level(plan, lower) && add_level(plan, upper);
    for (size_t i = 0; i < options->quantiles.count && fits; i++)
        fits = add_level(plan, options->quantiles.items[i]) && i + 2 < JUDGE_LEVELS;
    if (!fits)
        return plan_fail(err, "quantiles: are more than %d", JUDGE_LEVELS - 2);
    plan->quantiles[0] = (struct plan_quantile){ "yhat_lower", row_of(plan, lower) };
    plan->quantiles[1] = (struct plan_quantile){ "yhat_upper", row_of(plan, upper) };
    plan->quantile_count = 2;
    for (size_t i = 0; i < options->quantiles.count; i++) {
        struct plan_quantile *quantile = &plan->quantiles[plan->quantile_count++];
        name_quantile(quantile, options->quantiles.items[i]);
        quantile->level = row_of(plan, options->quantiles.items[i]);
    }
    return true;
}

/* ---- Models ---- */

static bool add_candidate(struct plan *plan, const char *option, const char *name, struct plan_error *err)
{
    const struct model *model = models_find(name, &plan->settings);
    if (!model) {
        int at = snprintf(err->text, sizeof err->text, "%s: there is no model \"%.100s\"; there are%s", option, name,
                          strcmp(option, "model") == 0 ? " auto," : "");
        for (size_t i = 0; models_at(i) && at > 0 && (size_t)at < sizeof err->text; i++)
            at += snprintf(err->text + at, sizeof err->text - (size_t)at, "%s %s", i ? "," : "", models_at(i)->name);
        return false;
    }
    for (size_t i = 0; i < plan->candidate_count; i++)
        if (plan->candidates[i] == model)
            return true;
    plan->candidates[plan->candidate_count++] = model;
    return true;
}

/* naive is always among them, and the first: what the others have to be better than. */
static bool choose_candidates(struct plan *plan, struct plan_error *err)
{
    const struct forecast_options *options = plan->options;
    bool automatic = strcmp(options->model, "auto") == 0;
    if (!automatic && !add_candidate(plan, "model", options->model, err))
        return false;
    if (!automatic)
        return !options->candidates.count || plan_fail(err, "candidates: counts with model = \"auto\" only");
    if (!options->candidates.count) {
        plan->candidate_count = models_candidates(&plan->settings, plan->candidates);
        return true;
    }
    if (options->candidates.count >= MODELS_LIMIT)
        return plan_fail(err, "candidates: are more than %d", MODELS_LIMIT - 1);
    plan->candidates[plan->candidate_count++] = plan->fallback;
    for (size_t i = 0; i < options->candidates.count; i++)
        if (!add_candidate(plan, "candidates", options->candidates.items[i], err))
            return false;
    return true;
}

static bool make_settings(struct plan *plan, struct plan_error *err)
{
    const struct forecast_options *options = plan->options;
    if (options->theta != 0 && options->theta < 1)
        return plan_fail(err, "theta: is at least 1, or 0");
    plan->settings = (struct model_settings){
        .step = options->step, .alpha = options->alpha, .beta = options->beta, .gamma = options->gamma,
        .phi = options->phi, .theta = options->theta, .season = (size_t)(options->season / options->step),
        .order = (size_t)options->ar_order, .fit_points = (size_t)options->fit_points,
        .anchor = options->prophet.anchor,
    };
    return true;
}

static bool uses(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->candidate_count; i++)
        if (strcmp(plan->candidates[i]->name, name) == 0)
            return true;
    return false;
}

static bool make_models(struct plan *plan, struct plan_error *err)
{
    plan->fallback = models_at(0);
    if (!make_settings(plan, err) || !choose_candidates(plan, err))
        return false;
    if (uses(plan, "holt_winters") && plan->settings.season < 2)
        return plan_fail(err, "season: holt_winters needs one, of two steps or more");
    for (size_t i = 0; i < plan->candidate_count; i++)
        plan->names[i] = plan->candidates[i]->name;
    return !uses(plan, "prophet") || plan_make_prophet(plan, err);
}

/* ---- All of it ---- */

enum { FUTURE_ROWS = 100000 }; /* of regressors that are known ahead; beyond that the nearest are forgotten */

static bool check_times(const struct plan *plan, struct plan_error *err)
{
    const struct forecast_options *options = plan->options;
    if (options->horizon < options->step) {
        char horizon[PLAN_DURATION] = "", step[PLAN_DURATION] = "";
        plan_write_duration(options->horizon, horizon);
        plan_write_duration(options->step, step);
        return plan_fail(err, "horizon: %s is shorter than step, %s", horizon, step);
    }
    if (options->horizon / options->step > PLAN_STEPS_LIMIT)
        return plan_fail(err, "step: gives more than %d steps to the horizon", PLAN_STEPS_LIMIT);
    if (options->min_points > options->history_points)
        return plan_fail(err, "min_points: is more than history_points");
    if (options->clip_min > options->clip_max)
        return plan_fail(err, "clip_min: is above clip_max");
    return true;
}

bool plan_make(struct plan *plan, const struct forecast_options *options, struct plan_error *err)
{
    *plan = (struct plan){ .options = options };
    if (!check_fields(plan, err) || !check_times(plan, err) || !make_levels(plan, err) || !make_models(plan, err))
        return false;
    plan->steps = (size_t)(options->horizon / options->step);
    plan->score_every = options->every && options->score_every && options->score_every < options->every
                      ? options->every : options->every ? options->score_every : 0;
    plan->given = plan->prophet.model ? models_find("prophet", &plan->settings) : NULL;
    bool learns = plan->candidate_count > 1 || (options->calibrate && !plan->given);
    plan->backtest = learns ? (size_t)options->backtest : 0;
    plan->least_points = plan->candidate_count == 1 && plan->prophet.model ? 1 : (size_t)options->min_points;
    plan->limits = (struct history_limits){
        .span = options->history, .points = (size_t)options->history_points, .columns = 1 + plan->column_count,
    };
    plan->future_limits = (struct history_limits){ .points = FUTURE_ROWS, .columns = plan->column_count };
    plan->judge = (struct judge_settings){
        .candidates = plan->names, .candidate_count = plan->candidate_count, .step = options->step,
        .count = plan->steps, .every = options->every, .levels = plan->levels,
        .level_count = plan->level_count, .calibrate = options->calibrate,
    };
    return true;
}

void plan_release(struct plan *plan)
{
    plan_release_prophet(plan);
    *plan = (struct plan){ 0 };
}
