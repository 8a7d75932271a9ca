/* prophet - Prophet's model of a time series (Taylor and Letham, "Forecasting at scale", 2018), fitted
 * exactly.
 *
 *     y(t) = trend(t) (1 + multiplicative terms) + additive terms + noise
 *
 * The trend is piecewise linear, logistic or flat with changepoints under a Laplace prior; the terms are
 * Fourier seasonalities, holidays and regressors under normal priors. The fit is the maximum of Prophet's
 * own posterior (python/stan/prophet.stan), found by a compressed QR, an active-set lasso and a
 * closed-form sigma where Prophet runs L-BFGS; the intervals are the quantiles of Prophet's own predictive
 * distribution, by inversion of its moment generating function where Prophet draws 1,000 samples. There is
 * no randomness: same input, same bits.
 *
 * Times are int64 ns UTC. What is predicted is finite, always. Work is bounded: at most 200 rounds of
 * sigma in a linear fit, at most 1000 Gauss-Newton steps otherwise (README.md has the limits and the
 * measurements).
 *
 * Threads: a model is used by one thread at a time; there is no shared state.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vane_text;

/* ---- Settings: Prophet's own names and meaning ------------------------------------------------- */

enum prophet_growth { PROPHET_LINEAR, PROPHET_LOGISTIC, PROPHET_FLAT };
enum prophet_scaling { PROPHET_ABSMAX, PROPHET_MINMAX };
enum prophet_mode { PROPHET_MODE_DEFAULT, PROPHET_ADDITIVE, PROPHET_MULTIPLICATIVE };
enum prophet_standardize { PROPHET_STANDARDIZE_AUTO, PROPHET_STANDARDIZE_ALWAYS, PROPHET_STANDARDIZE_NEVER };

/* yearly, weekly, daily: one of these, or a Fourier order > 0. */
enum { PROPHET_AUTO = 0, PROPHET_OFF = -1, PROPHET_ON = -2 };

struct prophet_seasonality {
    const char       *name;
    double            period;        /* days */
    int               fourier_order; /* >= 1 */
    double            prior_scale;   /* 0: seasonality_prior_scale */
    enum prophet_mode mode;          /* default: seasonality_mode */
    const char       *condition;     /* the column of 0 and 1 that switches it; NULL: always on */
};

/* One date of a holiday; a name may have many. */
struct prophet_holiday {
    const char *name;
    int32_t     day;          /* days since 1970-01-01 */
    int32_t     lower_window; /* <= 0: so many days before are special too, each with an effect of its own */
    int32_t     upper_window; /* >= 0: days after */
    double      prior_scale;  /* 0: holidays_prior_scale; the same in all rows of a name */
};

struct prophet_regressor {
    const char              *name;        /* of the column */
    double                   prior_scale; /* 0: holidays_prior_scale */
    enum prophet_standardize standardize;
    enum prophet_mode        mode;
};

/* prophet_settings_default() gives Prophet's defaults. Strings and arrays are the caller's and outlive the
 * model. */
struct prophet_settings {
    enum prophet_growth  growth;
    enum prophet_scaling scaling;
    double cap;        /* of logistic growth, where no column is named "cap" */
    double floor;      /* counts when has_floor, where no column is named "floor" */
    bool   has_floor;

    size_t         changepoint_count;       /* n_changepoints, 25 */
    double         changepoint_range;       /* 0.8 */
    double         changepoint_prior_scale; /* 0.05 */
    bool           changepoints_given;      /* the next two instead of a grid */
    const int64_t *changepoints;            /* any order */
    size_t         changepoints_length;

    int    yearly, weekly, daily;           /* PROPHET_AUTO, PROPHET_ON, PROPHET_OFF or an order */
    double seasonality_prior_scale;         /* 10 */
    enum prophet_mode seasonality_mode;     /* default: additive */
    const struct prophet_seasonality *seasonalities;
    size_t seasonality_count;

    double holidays_prior_scale;            /* 10 */
    enum prophet_mode holidays_mode;        /* default: seasonality_mode */
    const struct prophet_holiday *holidays;
    size_t holiday_count;
    const char *country;                    /* "US": named in JSON; the dates are in the next two */
    const struct prophet_holiday *country_holidays;
    size_t country_holiday_count;

    const struct prophet_regressor *regressors;
    size_t regressor_count;

    /* what the columns of a frame are: regressors, conditions, cap, floor */
    const char *const *columns;
    size_t column_count;

    double interval_width;                  /* 0.8; written into JSON. Predictions name their levels */
};

struct prophet_error { char text[512]; };

struct prophet_settings prophet_settings_default(void);

/* False: what is wrong is in err. Fitting checks too. */
bool prophet_settings_check(const struct prophet_settings *settings, struct prophet_error *err);

/* ---- Fit --------------------------------------------------------------------------------------- */

/* Rows of data. Any order; a value that is NaN is a missing row, as in Prophet. */
struct prophet_frame {
    size_t               count;
    const int64_t       *times;
    const double        *values;  /* NULL where there are none (the future) */
    const double *const *columns; /* settings->column_count of them; finite */
};

/* Told while fitting, each at most once: "constant", "too_few_points", "seasonality_too_long",
 * "ill_conditioned", "perfect_fit", "no_convergence", "few_changepoints". May be NULL. */
struct prophet_notes {
    void (*note)(void *context, const char *name, const char *sentence);
    void *context;
};

struct prophet;

struct prophet *prophet_new(const struct prophet_settings *settings); /* settings outlive it */
void prophet_free(struct prophet *model);                             /* NULL is fine */

/* Learns from all of the history, starting from what the last fit found where the shape is the same.
 * False: err says why, and what was fitted before still stands. */
bool prophet_fit(struct prophet *model, const struct prophet_frame *history,
                 const struct prophet_notes *notes,
                 struct prophet_error *err);

bool prophet_fitted(const struct prophet *model);

/* ---- Predict ----------------------------------------------------------------------------------- */

/* The caller's memory, `count` doubles each; NULL: not wanted. Rows behind the history are one regular
 * grid to the quantiles, as they are to Prophet (its mean spacing counts). */
struct prophet_forecast {
    double       *yhat;
    double       *trend;
    const double *levels; /* of quantiles, ascending, in (0, 1) */
    size_t        level_count;
    double       *quantiles;       /* of y: level_count rows of `count` */
    double       *trend_quantiles; /* of the trend alone, likewise */
};

/* The rows in ascending time. */
bool prophet_predict(const struct prophet *model, const struct prophet_frame *future,
                     struct prophet_forecast *out,
                     struct prophet_error *err);

/* Components have Prophet's names: each seasonality, each holiday, "holidays", each regressor,
 * "extra_regressors_additive", "extra_regressors_multiplicative", "additive_terms", "multiplicative_terms".
 * Additive ones are in the unit of y, multiplicative ones are fractions of the trend. */
size_t      prophet_component_count(const struct prophet *model);
const char *prophet_component_name(const struct prophet *model, size_t component);
bool        prophet_component_multiplicative(const struct prophet *model, size_t component);
bool        prophet_component_has(const struct prophet *model, size_t component, size_t column); /* of beta */
bool        prophet_component(const struct prophet *model, size_t component,
                              const struct prophet_frame *future,
                              double *out, struct prophet_error *err);

/* ---- What was found ---------------------------------------------------------------------------- */

/* In Prophet's scaled units. The arrays are the model's, until the next fit. */
struct prophet_parameters {
    double         k, m, sigma;
    size_t         delta_count, beta_count;
    const double  *delta, *beta;
    const double  *changepoints; /* delta_count times, scaled so that the history is [0, 1] */
    double         y_scale, y_min, t_scale; /* t_scale in seconds */
    int64_t        start;
    double         log_posterior; /* at the end of the fit, constants dropped; NaN where none is known */
    double         condition;     /* of the design, a 2-norm estimate; 0 where none is known */
    size_t         rounds;        /* of sigma (linear) or Gauss-Newton */
};
struct prophet_parameters prophet_parameters(const struct prophet *model);

/* The log posterior of the model's parameters on this history, row by row; NaN on bad data. */
double prophet_log_posterior(const struct prophet *model, const struct prophet_frame *history);

/* A regressor's effect of one unit on y (additive) or on the trend's factor (multiplicative), and its
 * mean. */
bool prophet_regressor_coefficient(const struct prophet *model, size_t regressor, double *coefficient,
                                   double *center);

/* ---- Persistence ------------------------------------------------------------------------------- */

/* Prophet's own serialize.model_to_json. history: what the model was fitted to. */
void prophet_json_write(const struct prophet *model, const struct prophet_frame *history,
                        struct vane_text *out);

/* Reads what model_to_json of Prophet 0.6 and later writes, bare or as a JSON string. Of `base` (may be
 * NULL, else outlives the model) come what the format does not hold: columns, cap, floor,
 * country_holidays. NULL: err says why. */
struct prophet *prophet_json_read(const char *text, size_t length, const struct prophet_settings *base,
                                  struct prophet_error *err);

/* Of a model read from JSON without a base the columns are its regressors, conditions, "cap" and "floor". */
const struct prophet_settings *prophet_settings_of(const struct prophet *model);

/* All that predictions and a warm fit need, as bytes for the same build and settings. */
void prophet_save(const struct prophet *model, struct vane_text *out);
bool prophet_load(struct prophet *model, const void *bytes, size_t length);

/* ---- Holidays of countries --------------------------------------------------------------------- */

/* A CSV of `ds,holiday` rows (config/holidays/XX.csv); rows are freed with prophet_calendar_free. */
struct prophet_calendar {
    struct prophet_holiday *rows;
    size_t                  count;
};
bool prophet_calendar_read(const char *path, struct prophet_calendar *out, struct prophet_error *err);
void prophet_calendar_free(struct prophet_calendar *calendar);
