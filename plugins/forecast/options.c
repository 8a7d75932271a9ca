/* options - see options.h. Presets are Prophet's where Prophet has such an option. */
#include "plugins/forecast/options.h"

#include <float.h>

/* In the order of the enums of prophet.h and model_settings.h. */
static const char *const growths[] = { "linear", "logistic", "flat", NULL };
static const char *const scalings[] = { "absmax", "minmax", NULL };
static const char *const modes[] = { "default", "additive", "multiplicative", NULL };
static const char *const standardizes[] = { "auto", "always", "never", NULL };
static const char *const anchors[] = { "none", "ar1", NULL };
static const char *const transforms[] = { "none", "log", NULL };

#define T struct seasonality_options
static const struct vane_option seasonality_options[] = {
    VANE_OPT_STRING(T, name, .required = true, .help = "Its name, which its component has."),
    VANE_OPT_DURATION(T, period, .required = true, .least = 1, .most = 9.2e18, .help = "After that long it repeats."),
    VANE_OPT_INT(T, fourier_order, .required = true, .least = 1, .most = 1000,
                 .help = "How many waves it is made of; the more, the faster it may change."),
    VANE_OPT_FLOAT(T, prior_scale, .preset = "0.0", .least = 0, .most = DBL_MAX,
                   .help = "How large it may be; 0: seasonality_prior_scale."),
    VANE_OPT_CHOICE(T, mode, .choices = modes, .preset = "\"default\"", .help = "default: seasonality_mode."),
    VANE_OPT_STRING(T, condition, .help = "Field of the metric that is true where it counts; not set: always."),
    { 0 }
};
#undef T

#define T struct holiday_options
static const struct vane_option holiday_options[] = {
    VANE_OPT_STRING(T, name, .required = true, .help = "Its name, which its component has."),
    VANE_OPT_STRINGS(T, dates, .required = true, .help = "Its days, each YYYY-MM-DD (UTC); those to come, too."),
    VANE_OPT_INT(T, lower_window, .preset = "0", .least = -366, .most = 0,
                 .help = "So many days before it are special as well; not above 0."),
    VANE_OPT_INT(T, upper_window, .preset = "0", .least = 0, .most = 366,
                 .help = "So many days after it are special as well."),
    VANE_OPT_FLOAT(T, prior_scale, .preset = "0.0", .least = 0, .most = DBL_MAX,
                   .help = "How large its effect may be; 0: holidays_prior_scale."),
    { 0 }
};
#undef T

#define T struct regressor_options
static const struct vane_option regressor_options[] = {
    VANE_OPT_STRING(T, field, .required = true, .help = "Another field of the metric."),
    VANE_OPT_FLOAT(T, prior_scale, .preset = "0.0", .least = 0, .most = DBL_MAX,
                   .help = "How large its effect may be; 0: holidays_prior_scale."),
    VANE_OPT_CHOICE(T, standardize, .choices = standardizes, .preset = "\"auto\"",
                    .help = "Divide it by its standard deviation; auto: unless it is only 0 and 1."),
    VANE_OPT_CHOICE(T, mode, .choices = modes, .preset = "\"default\"", .help = "default: seasonality_mode."),
    { 0 }
};
#undef T

#define T struct prophet_options
static const struct vane_option prophet_options[] = {
    VANE_OPT_CHOICE(T, growth, .choices = growths, .preset = "\"linear\"", .help = "Shape of the trend."),
    VANE_OPT_FLOAT(T, cap, .preset = "0.0", .help = "Of logistic growth: what it can reach at most."),
    VANE_OPT_FLOAT(T, floor, .preset = "0.0", .help = "Of logistic growth: what it can reach at least."),
    VANE_OPT_STRING(T, cap_field, .help = "Field of the metric that is the cap, instead of cap."),
    VANE_OPT_STRING(T, floor_field, .help = "Field of the metric that is the floor, instead of floor."),
    VANE_OPT_CHOICE(T, scaling, .choices = scalings, .preset = "\"absmax\"",
                    .help = "How values are scaled; minmax suits values far from 0 with small changes."),
    VANE_OPT_INT(T, n_changepoints, .preset = "25", .least = 0, .most = 1000,
                 .help = "At so many places the trend may bend."),
    VANE_OPT_FLOAT(T, changepoint_range, .preset = "0.8", .least = 0, .most = 1,
                   .help = "They lie within this first part of the history."),
    VANE_OPT_FLOAT(T, changepoint_prior_scale, .preset = "0.05", .least = 1e-9, .most = DBL_MAX,
                   .help = "How far the trend may bend there."),
    VANE_OPT_TIMES(T, changepoints, .help = "The times at which it may bend, instead of n_changepoints."),
    VANE_OPT_WORD(T, yearly_seasonality, .preset = "\"auto\"",
                    .help = "\"auto\" (on with two years of history), true, false, or a Fourier order."),
    VANE_OPT_WORD(T, weekly_seasonality, .preset = "\"auto\"",
                    .help = "The same; auto: with two weeks of history, and points closer than a week."),
    VANE_OPT_WORD(T, daily_seasonality, .preset = "\"auto\"",
                    .help = "The same; auto: with two days of history, and points closer than a day."),
    VANE_OPT_FLOAT(T, seasonality_prior_scale, .preset = "10.0", .least = 1e-9, .most = DBL_MAX,
                   .help = "How large seasonalities may be."),
    VANE_OPT_CHOICE(T, seasonality_mode, .choices = modes, .preset = "\"additive\"",
                    .help = "Are seasonalities added to the trend, or do they multiply it?"),
    VANE_OPT_TABLES(T, seasonalities, .size = sizeof(struct seasonality_options), .options = seasonality_options,
                    .help = "Further seasonalities."),
    VANE_OPT_TABLES(T, holidays, .size = sizeof(struct holiday_options), .options = holiday_options,
                    .help = "Days with an effect of their own."),
    VANE_OPT_STRING(T, country_holidays, .help = "A country whose holidays count as well: US, DE, ..."),
    VANE_OPT_STRING(T, holidays_file, .help = "A csv file of columns ds,holiday, instead of country_holidays."),
    VANE_OPT_FLOAT(T, holidays_prior_scale, .preset = "10.0", .least = 1e-9, .most = DBL_MAX,
                   .help = "How large the effects of holidays and regressors may be."),
    VANE_OPT_CHOICE(T, holidays_mode, .choices = modes, .preset = "\"default\"", .help = "default: seasonality_mode."),
    VANE_OPT_TABLES(T, regressors, .size = sizeof(struct regressor_options), .options = regressor_options,
                    .help = "Other fields that the value depends on."),
    VANE_OPT_CHOICE(T, anchor, .choices = anchors, .preset = "\"none\"",
                    .help = "ar1: begin at the last residual, which fades, not at the curve."),
    VANE_OPT_STRING(T, model_file,
                    .help = "Forecast from this model, written by Python's model_to_json, and fit none."),
    VANE_OPT_STRING(T, save_model,
                    .help = "Write each fitted model to this file, for Python's model_from_json; {series}: its name."),
    { 0 }
};
#undef T

#define T struct forecast_options
const struct vane_option forecast_options[] = {
    VANE_OPT_STRINGS(T, fields, .preset = "[\"*\"]", .help = "Fields to forecast, * and ? for any characters."),
    VANE_OPT_DURATION(T, history, .preset = "\"1h\"", .least = 0, .most = 9.2e18,
                      .help = "Learn from points that are at most that much older than the newest; 0s: of any age."),
    VANE_OPT_INT(T, history_points, .preset = "20000", .least = 2, .most = 10000000,
                 .help = "Learn from at most so many points; each takes up to 32 bytes of memory."),
    VANE_OPT_INT(T, min_points, .preset = "10", .least = 1, .most = 10000000,
                 .help = "Make no forecast from fewer points."),
    VANE_OPT_DURATION(T, every, .preset = "\"5m\"", .least = 0, .most = 9.2e18,
                      .help = "Time from one forecast to the next, by the times of the points; 0s: only at the end."),
    VANE_OPT_BOOL(T, spread, .preset = "true",
                  .help = "Spread the series over that time, each at a place of its own; else all at its multiples."),
    VANE_OPT_DURATION(T, refit_every, .preset = "\"0s\"", .least = 0, .most = 9.2e18,
                      .help = "Learn anew only after that long, in between go on from what was learnt; 0s: each time."),
    VANE_OPT_DURATION(T, horizon, .preset = "\"5m\"", .least = 1, .most = 9.2e18, .help = "Forecast that far ahead."),
    VANE_OPT_DURATION(T, step, .preset = "\"1s\"", .least = 1, .most = 9.2e18,
                      .help = "Time from one forecast value to the next."),
    VANE_OPT_STRING(T, model, .preset = "\"auto\"",
                    .help = "auto (the one that has proved best), naive, drift, ses, holt, holt_winters, theta, ar or "
                            "prophet."),
    VANE_OPT_STRINGS(T, candidates, .help = "The models auto chooses from; empty: all."),
    VANE_OPT_INT(T, backtest, .preset = "20", .least = 0, .most = 1000,
                 .help = "Before its first forecast, play up to so many earlier ones within the history; 0: none."),
    VANE_OPT_DURATION(T, season, .preset = "\"0s\"", .least = 0, .most = 9.2e18,
                      .help = "Length of a season, for holt_winters; 0s: none, and it is no candidate."),
    VANE_OPT_INT(T, ar_order, .preset = "0", .least = 0, .most = 32,
                 .help = "Of ar: made of so many last differences; 0: as many as prove useful, up to 10."),
    VANE_OPT_FLOAT(T, alpha, .preset = "0.0", .least = 0, .most = 1,
                   .help = "Of smoothing: share of the new level; 0: found in the history, here and below."),
    VANE_OPT_FLOAT(T, beta, .preset = "0.0", .least = 0, .most = 1, .help = "Of smoothing: share of the new trend."),
    VANE_OPT_FLOAT(T, gamma, .preset = "0.0", .least = 0, .most = 1, .help = "Of smoothing: share of the new season."),
    VANE_OPT_FLOAT(T, phi, .preset = "0.0", .least = 0, .most = 1,
                   .help = "Damping of the trend; 1: a straight line."),
    VANE_OPT_FLOAT(T, theta, .preset = "0.0", .least = 0, .most = 1e6,
                   .help = "Of theta: curvature of its second line, at least 1; 0: 2."),
    VANE_OPT_INT(T, fit_points, .preset = "0", .least = 0, .most = 10000000,
                 .help = "Find these on so many of the newest points; 0: 1000."),
    VANE_OPT_CHOICE(T, transform, .choices = transforms, .preset = "\"none\"",
                    .help = "log: learn from the logarithms, so that a forecast is always above 0."),
    VANE_OPT_FLOAT(T, clip_min, .preset = "-inf", .help = "No forecast value is below this."),
    VANE_OPT_FLOAT(T, clip_max, .preset = "inf", .help = "No forecast value is above this."),
    VANE_OPT_FLOAT(T, interval_width, .preset = "0.8", .least = 0.01, .most = 0.999,
                   .help = "So much of the actual values shall lie between yhat_lower and yhat_upper."),
    VANE_OPT_FLOATS(T, quantiles, .least = 0.0005, .most = 0.9995,
                    .help = "Further quantiles as fields: 0.1 is yhat_q10, 0.025 yhat_q2_5."),
    VANE_OPT_BOOL(T, calibrate, .preset = "true",
                  .help = "Widen or narrow intervals to what the forecasts so far have missed."),
    VANE_OPT_STRING(T, measurement, .help = "Name of the forecasts; empty: the name of the metric and _forecast."),
    VANE_OPT_STRING(T, field_tag, .preset = "\"field\"",
                    .help = "Tag that names the field; empty: none, for one field only."),
    VANE_OPT_BOOL(T, forecast_origin, .preset = "false",
                  .help = "Field forecast_origin: the time of the newest point it was made from, in ns."),
    VANE_OPT_BOOL(T, components, .preset = "false",
                  .help = "Of prophet: also its trend, each seasonality and the holidays, as fields."),
    VANE_OPT_BOOL(T, report_model, .preset = "false",
                  .help = "Fields model and model_reason: which model answered, and why."),
    VANE_OPT_DURATION(T, score_every, .preset = "\"1m\"", .least = 0, .most = 9.2e18,
                      .help = "Time from one report of scores to the next, at least every; 0s: none."),
    VANE_OPT_STRING(T, score_measurement, .preset = "\"forecast_score\"", .help = "Name of the scores."),
    VANE_OPT_INT(T, max_series, .preset = "10000", .least = 1, .most = 100000000,
                 .help = "Forecast at most so many series, per worker; points of others are counted and left out."),
    VANE_OPT_DURATION(T, max_future, .preset = "\"0s\"", .least = 0, .most = 9.2e18,
                      .help = "Pass over points whose time is that much ahead of their arrival; 0s: none."),
    VANE_OPT_TABLE(T, prophet, struct prophet_options, .options = prophet_options, .help = "Options of prophet."),
    { 0 }
};
