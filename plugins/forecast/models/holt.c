/* holt - Holt's method with a damped trend: e = y - l - phi b, l = l + phi b + alpha e, b = phi b + alpha
 * beta e,
 *     yhat = l + b (phi + … + phi^h),  variance s^2 (1 + sum over j < h of (alpha + alpha beta (phi + … +
 *     phi^j))^2).
 * Source: Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, table 6.1:
 * ETS(A,Ad,N). It starts from b = the mean change over the first ten values, l = y_1 - b. Estimated phi is
 * within 0.8 … 0.98, as in R's forecast package: outside it is hardly a damped trend. */
#include "plugins/forecast/models/kinds.h"
#include "plugins/forecast/models/optimize.h"
#include "plugins/forecast/models/regular.h"

#include <string.h>

enum parameter { ALPHA, BETA, PHI, PARAMETERS };

struct state {
    double        parameters[OPTIMIZE_LIMIT]; /* alpha 0: not yet estimated */
    double        level, trend;
    struct errors errors;
};

struct sample {
    const double *y;
    size_t        count;
};

static size_t size(const struct model_settings *settings)
{
    (void)settings;
    return sizeof(struct state);
}

static void start(const double *y, size_t count, double *level, double *trend)
{
    size_t first = count < 10 ? count : 10;
    *trend = (y[first - 1] - y[0]) / (double)(first - 1);
    *level = y[0] - *trend;
}

static double loss(void *context, const double *parameters)
{
    const struct sample *sample = context;
    double alpha = parameters[ALPHA], beta = alpha * parameters[BETA], phi = parameters[PHI];
    double level, trend, sum = 0;
    start(sample->y, sample->count, &level, &trend);
    for (size_t i = 0; i < sample->count; i++) {
        double carried = phi * trend, error = sample->y[i] - level - carried;
        level += carried + alpha * error;
        trend = carried + beta * error;
        sum += error * error;
    }
    return sum;
}

static void estimate(struct state *self, const struct model_settings *settings, const double *y, size_t count)
{
    struct sample sample = { .count = count };
    sample.y = fit_points(settings, y, &sample.count);
    bool warm = self->parameters[ALPHA] > 0;
    struct optimize problem = {
        .loss = loss, .context = &sample, .count = PARAMETERS,
        .evaluations = warm ? FIT_EVALUATIONS_WARM : FIT_EVALUATIONS_COLD,
    };
    parameter_bounds(settings->alpha, 1e-4, 0.9999, &problem.least[ALPHA], &problem.most[ALPHA]);
    parameter_bounds(settings->beta, 1e-4, 0.9999, &problem.least[BETA], &problem.most[BETA]);
    parameter_bounds(settings->phi, 0.8, 0.98, &problem.least[PHI], &problem.most[PHI]);
    if (!warm)
        optimize_scan(&problem, self->parameters);
    optimize_simplex(&problem, self->parameters);
}

static bool learn(void *state, const struct model_settings *settings, const double *y, size_t count,
                  const struct model_notes *notes)
{
    (void)notes;
    struct state *self = state;
    estimate(self, settings, y, count);
    start(y, count, &self->level, &self->trend);
    self->errors = (struct errors){ 0 };
    return true;
}

static void push(void *state, double y)
{
    struct state *self = state;
    double carried = self->parameters[PHI] * self->trend, error = y - self->level - carried;
    double shared = self->parameters[ALPHA] * error;
    self->level += carried + shared;
    self->trend = carried + self->parameters[BETA] * shared;
    errors_add(&self->errors, error);
}

static void ahead(const void *state, size_t count, double *mean, double *variance)
{
    const struct state *self = state;
    double step = errors_variance(&self->errors), alpha = self->parameters[ALPHA];
    double sum = 0, power = 1, spread = 1;
    for (size_t i = 0; i < count; i++) {
        power *= self->parameters[PHI];
        sum += power;
        mean[i] = self->level + self->trend * sum;
        variance[i] = step * spread;
        double weight = alpha + alpha * self->parameters[BETA] * sum;
        spread += weight * weight;
    }
}

static bool sound(const void *state, const struct model_settings *settings, bool fitted)
{
    const struct state *self = state;
    (void)settings, (void)fitted;
    return numbers_are_sound(self->parameters, OPTIMIZE_LIMIT, 0, 1)
        && numbers_are_sound(&self->level, 1, -DBL_MAX, DBL_MAX)
        && numbers_are_sound(&self->trend, 1, -DBL_MAX, DBL_MAX) && errors_are_sound(&self->errors);
}

static const struct recursion recursion = {
    .name = "holt", .least = 5, .size = size, .learn = learn, .push = push, .ahead = ahead,
    .sound = sound,
};

static void *new_state(const struct model_settings *settings)
{
    return regular_new(settings, &recursion);
}

const struct model holt_model = {
    .name = "holt", .help = "Exponential smoothing with a damped trend (Holt).",
    .new = new_state, REGULAR_CALLBACKS,
};
