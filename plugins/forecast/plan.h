/* plan - what the options compile to, once an instance: the same for all its series, which it outlives.
 *
 * Own thread; constant once made.
 */
#pragma once
#include "plugins/forecast/history.h"
#include "plugins/forecast/judge/judge.h"
#include "plugins/forecast/models/models.h"
#include "plugins/forecast/options.h"

enum { PLAN_STEPS_LIMIT = 1000000, PLAN_KEY = 32, PLAN_DURATION = 64 };

/* A field of forecasts that is a quantile. */
struct plan_quantile {
    char   key[PLAN_KEY]; /* "yhat_q10" */
    size_t level;         /* its row in predictions */
};

/* Arrays of the prophet settings. */
struct plan_prophet {
    struct prophet_seasonality *seasonalities;
    struct prophet_holiday     *holidays;
    struct prophet_regressor   *regressors;
    struct prophet_calendar     calendar;
    const char                **columns; /* their names to the model */
    struct prophet             *model;   /* of the option model_file; NULL: models are fitted */
};

struct plan {
    const struct forecast_options *options;
    struct history_limits          limits, future_limits; /* the latter where there are columns */

    size_t               steps;
    int64_t              score_every;  /* not more often than forecasts are made; 0: only at the end, if at all */
    size_t               least_points; /* a forecast needs */
    double               levels[JUDGE_LEVELS];
    size_t               level_count;
    struct plan_quantile quantiles[JUDGE_LEVELS]; /* yhat_lower, yhat_upper, then the option's, in its order */
    size_t               quantile_count;

    struct model_settings settings;
    struct judge_settings judge;
    const struct model   *candidates[MODELS_LIMIT];
    const char           *names[MODELS_LIMIT];
    size_t                candidate_count;
    const struct model   *fallback; /* naive */
    const struct model   *given;    /* the candidate that predicts from model_file; NULL: none */
    size_t                backtest; /* origins, before the first forecast; 0: there is nothing to learn from them */

    struct plan_prophet   prophet;
    const char          **column_fields; /* of the metric: regressors, conditions, cap, floor */
    size_t                column_count;
};

struct plan_error { char text[640]; };

/* False: what is wrong is in err; release it all the same. `options` outlive it. */
bool plan_make(struct plan *plan, const struct forecast_options *options, struct plan_error *err);
void plan_release(struct plan *plan); /* zeroed is fine */

bool plan_wants_field(const struct plan *plan, const char *key);

/* An option of the table prophet that is set, and which no model of the plan looks at; NULL: there is none. */
const char *plan_idle_option(const struct plan *plan);

/* "5m", "1h30m", "90ms": a duration as people write it. */
void plan_write_duration(int64_t ns, char text[PLAN_DURATION]);

/* plan_prophet.c: the prophet part of plan_make; fills in columns, too. */
bool plan_make_prophet(struct plan *plan, struct plan_error *err);
void plan_release_prophet(struct plan *plan);
bool plan_fail(struct plan_error *err, const char *format, ...) VANE_PRINTF(2, 3); /* false */
