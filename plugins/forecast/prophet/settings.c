/* settings - Prophet's defaults, and what Prophet refuses. Own thread.
 */
#include "plugins/forecast/prophet/state.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ORDER_MOST = 1000, CHANGEPOINTS_MOST = 1000, WINDOW_MOST = 366, SPECIAL_DAYS_MOST = 100000 };

bool prophet_fail(struct prophet_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return false;
}

struct prophet_settings prophet_settings_default(void)
{
    return (struct prophet_settings){
        .changepoint_count = 25,
        .changepoint_range = 0.8,
        .changepoint_prior_scale = 0.05,
        .seasonality_prior_scale = 10,
        .holidays_prior_scale = 10,
        .interval_width = 0.8,
        .cap = NAN,
    };
}

enum prophet_mode prophet_mode_of(const struct prophet_settings *settings, enum prophet_mode mode)
{
    if (mode == PROPHET_MODE_DEFAULT)
        mode = settings->seasonality_mode;
    return mode == PROPHET_MODE_DEFAULT ? PROPHET_ADDITIVE : mode;
}

enum prophet_mode prophet_holidays_mode(const struct prophet_settings *settings)
{
    return prophet_mode_of(settings, settings->holidays_mode);
}

size_t prophet_column(const struct prophet_settings *settings, const char *name)
{
    for (size_t i = 0; name && i < settings->column_count; i++)
        if (strcmp(settings->columns[i], name) == 0)
            return i;
    return NO_COLUMN;
}

/* Names of components and of columns that Prophet's data frames have. */
static bool name_is_reserved(const char *name)
{
    static const char *const bases[] = {
        "trend", "additive_terms", "daily", "weekly", "yearly", "holidays", "zeros",
            "extra_regressors_additive",
        "yhat", "extra_regressors_multiplicative", "multiplicative_terms",
    };
    static const char *const whole[] = { "ds", "y", "cap", "floor", "y_scaled", "cap_scaled", "t" };
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (strcmp(name, whole[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        size_t length = strlen(bases[i]);
        if (strncmp(name, bases[i], length) == 0 && (!name[length] || strcmp(name + length, "_lower") == 0
                                                     || strcmp(name + length, "_upper") == 0))
            return true;
    }
    return false;
}

static bool is_built_in(const char *name)
{
    return strcmp(name, "yearly") == 0 || strcmp(name, "weekly") == 0 || strcmp(name, "daily") == 0;
}

static bool is_holiday(const struct prophet_settings *s, const char *name)
{
    for (size_t i = 0; i < s->holiday_count; i++)
        if (strcmp(s->holidays[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < s->country_holiday_count; i++)
        if (strcmp(s->country_holidays[i].name, name) == 0)
            return true;
    return false;
}

static bool check_name(const char *what, const char *name, struct prophet_error *err)
{
    if (!name || !*name)
        return prophet_fail(err, "a %s has no name", what);
    if (strstr(name, "_delim_"))
        return prophet_fail(err, "%s \"%s\": a name cannot contain \"_delim_\"", what, name);
    if (name_is_reserved(name) && !(strcmp(what, "seasonality") == 0 && is_built_in(name)))
        return prophet_fail(err, "%s \"%s\": the name is reserved", what, name);
    return true;
}

static bool check_scale(const char *what, double scale, struct prophet_error *err)
{
    return (scale > 0 && isfinite(scale)) || prophet_fail(err, "%s must be greater than 0", what);
}

static bool check_seasonalities(const struct prophet_settings *s, struct prophet_error *err)
{
    for (size_t i = 0; i < s->seasonality_count; i++) {
        const struct prophet_seasonality *it = &s->seasonalities[i];
        if (!check_name("seasonality", it->name, err))
            return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(s->seasonalities[k].name, it->name) == 0)
                return prophet_fail(err, "seasonality \"%s\" is there twice", it->name);
        if (is_holiday(s, it->name))
            return prophet_fail(err, "seasonality \"%s\" has the name of a holiday", it->name);
        if (!(it->period > 0) || !isfinite(it->period) || !isfinite(1 / it->period))
            return prophet_fail(err, "seasonality \"%s\": its period must be greater than 0", it->name);
        if (it->fourier_order < 1 || it->fourier_order > ORDER_MOST)
            return prophet_fail(err, "seasonality \"%s\": fourier_order is not in 1 .. %d", it->name,
                                ORDER_MOST);
        if (it->prior_scale != 0 && !check_scale("the prior scale of a seasonality", it->prior_scale, err))
            return false;
        if (it->condition && prophet_column(s, it->condition) == NO_COLUMN)
            return prophet_fail(err, "seasonality \"%s\": there is no column \"%s\"", it->name,
                                it->condition);
    }
    return true;
}

static bool check_regressors(const struct prophet_settings *s, struct prophet_error *err)
{
    for (size_t i = 0; i < s->regressor_count; i++) {
        const struct prophet_regressor *it = &s->regressors[i];
        if (!check_name("regressor", it->name, err))
            return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(s->regressors[k].name, it->name) == 0)
                return prophet_fail(err, "regressor \"%s\" is there twice", it->name);
        for (size_t k = 0; k < s->seasonality_count; k++)
            if (strcmp(s->seasonalities[k].name, it->name) == 0)
                return prophet_fail(err, "regressor \"%s\" has the name of a seasonality", it->name);
        if (is_holiday(s, it->name))
            return prophet_fail(err, "regressor \"%s\" has the name of a holiday", it->name);
        if (it->prior_scale != 0 && !check_scale("the prior scale of a regressor", it->prior_scale, err))
            return false;
        if (prophet_column(s, it->name) == NO_COLUMN)
            return prophet_fail(err, "there is no column for the regressor \"%s\"", it->name);
    }
    return true;
}

static bool check_holidays(const struct prophet_settings *s, struct prophet_error *err)
{
    int64_t special = 0;
    for (size_t i = 0; i < s->holiday_count; i++) {
        const struct prophet_holiday *it = &s->holidays[i];
        if (!check_name("holiday", it->name, err))
            return false;
        if (it->lower_window > 0 || it->upper_window < 0 || it->lower_window < -WINDOW_MOST
            || it->upper_window > WINDOW_MOST)
            return prophet_fail(err,
                                "holiday \"%s\": a window is not in -%d .. 0 .. %d",
                                it->name, WINDOW_MOST, WINDOW_MOST);
        if (it->prior_scale != 0 && !check_scale("the prior scale of a holiday", it->prior_scale, err))
            return false;
        for (size_t k = 0; k < i; k++)
            if (strcmp(s->holidays[k].name, it->name) == 0 && s->holidays[k].prior_scale != it->prior_scale)
                return prophet_fail(err, "holiday \"%s\" has two prior scales", it->name);
        special += it->upper_window - it->lower_window + 1;
    }
    if (special > SPECIAL_DAYS_MOST)
        return prophet_fail(err, "there are more than %d special days", SPECIAL_DAYS_MOST);
    return true;
}

static bool check_numbers(const struct prophet_settings *s, struct prophet_error *err)
{
    if (!(s->changepoint_range >= 0 && s->changepoint_range <= 1))
        return prophet_fail(err, "changepoint_range is not in 0 .. 1");
    if (s->changepoint_count > CHANGEPOINTS_MOST || s->changepoints_length > CHANGEPOINTS_MOST)
        return prophet_fail(err, "there are more than %d changepoints", CHANGEPOINTS_MOST);
    if (s->yearly > ORDER_MOST || s->weekly > ORDER_MOST || s->daily > ORDER_MOST || s->yearly < PROPHET_ON
        || s->weekly < PROPHET_ON || s->daily < PROPHET_ON)
        return prophet_fail(err, "a Fourier order is not in 1 .. %d", ORDER_MOST);
    if (s->growth == PROPHET_LOGISTIC && isnan(s->cap) && prophet_column(s, "cap") == NO_COLUMN)
        return prophet_fail(err, "logistic growth needs a cap");
    return check_scale("changepoint_prior_scale", s->changepoint_prior_scale, err)
        && check_scale("seasonality_prior_scale", s->seasonality_prior_scale, err)
        && check_scale("holidays_prior_scale", s->holidays_prior_scale, err);
}

const struct prophet_settings *prophet_settings_of(const struct prophet *model)
{
    return model->settings;
}

bool prophet_settings_check(const struct prophet_settings *settings, struct prophet_error *err)
{
    return check_numbers(settings, err) && check_seasonalities(settings, err)
        && check_regressors(settings, err)
        && check_holidays(settings, err);
}
