/* options - what a user may set of the plugin `forecast`, as the host fills it in, and the table of it.
 *
 * The names are those of README.md; plan.h is what they are compiled to.
 */
#pragma once
#include "core/plugin.h"

enum option_transform { TRANSFORM_NONE, TRANSFORM_LOG };

struct seasonality_options {
    const char *name, *condition;
    int64_t     period, fourier_order;
    double      prior_scale;
    int         mode; /* enum prophet_mode, here and below */
};

struct holiday_options {
    const char         *name;
    struct vane_strings dates;
    int64_t             lower_window, upper_window;
    double              prior_scale;
};

struct regressor_options {
    const char *field;
    double      prior_scale;
    int         standardize, mode;
};

/* [processors.forecast.prophet]: Prophet's own names. */
struct prophet_options {
    int                 growth, scaling, anchor;
    double              cap;
    double              floor;
    const char         *cap_field, *floor_field;
    int64_t             n_changepoints;
    double              changepoint_range, changepoint_prior_scale;
    struct vane_ints    changepoints;
    const char         *yearly_seasonality, *weekly_seasonality, *daily_seasonality;
    double              seasonality_prior_scale, holidays_prior_scale;
    int                 seasonality_mode, holidays_mode;
    const char         *holidays_file, *country_holidays;
    const char         *model_file, *save_model;
    struct vane_tables  seasonalities, holidays, regressors;
};

struct forecast_options {
    struct vane_strings fields;
    int64_t             history, history_points, min_points, max_series, max_future;
    int64_t             every, refit_every, horizon, step;
    bool                spread;

    const char         *model;
    struct vane_strings candidates;
    int64_t             season, ar_order, fit_points, backtest;
    double              alpha, beta, gamma, phi, theta;
    int                 transform;
    double              clip_min, clip_max;

    double              interval_width;
    struct vane_floats  quantiles;
    bool                calibrate;

    const char         *measurement, *field_tag;
    bool                forecast_origin, components, report_model;
    int64_t             score_every;
    const char         *score_measurement;

    struct prophet_options prophet;
};

extern const struct vane_option forecast_options[];
