/* holt_winters - Holt's method with an additive season of m steps: e = y - l - phi b - s_(t-m),
 * l = l + phi b + alpha e, b = phi b + alpha beta e, s_t = s_(t-m) + gamma e,
 *     yhat = l + b (phi + … + phi^h) + s,  variance s^2 (1 + sum over j < h of c_j^2),
 *     c_j = alpha + alpha beta (phi + … + phi^j) + (gamma where j is a multiple of m).
 * Source: Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, section 6.2,
 * table 6.1: ETS(A,Ad,A); phi is 1 where none is given. It starts from the mean of the first season, the
 * change to the mean of the second, and the first season's distances from its mean. gamma is held at or
 * below 1 - alpha. */
#include "plugins/forecast/models/kinds.h"
#include "plugins/forecast/models/optimize.h"
#include "plugins/forecast/models/regular.h"
#include "plugins/shared/memory.h"

#include <stdlib.h>
#include <string.h>

enum parameter { ALPHA, BETA, GAMMA, PARAMETERS };

struct state {
    double        parameters[OPTIMIZE_LIMIT]; /* alpha 0: not yet estimated */
    double        phi, level, trend;
    size_t        length, at; /* of the season: its steps; that of the next point */
    struct errors errors;
    double        season[];
};

struct sample {
    const double *y;
    size_t        count;
    struct state *trial;
};

static size_t size(const struct model_settings *settings)
{
    return sizeof(struct state) + settings->season * sizeof(double);
}

static double mean_of(const double *y, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += y[i];
    return sum / (double)count;
}

static void start(struct state *self, const double *y)
{
    self->level = mean_of(y, self->length);
    self->trend = (mean_of(y + self->length, self->length) - self->level) / (double)self->length;
    for (size_t i = 0; i < self->length; i++)
        self->season[i] = y[i] - self->level;
    self->at = 0;
    self->errors = (struct errors){ 0 };
}

static void push(void *state, double y)
{
    struct state *self = state;
    double *season = &self->season[self->at], carried = self->phi * self->trend;
    double error = y - self->level - carried - *season, shared = self->parameters[ALPHA] * error;
    self->level += carried + shared;
    self->trend = carried + self->parameters[BETA] * shared;
    *season += self->parameters[GAMMA] * error;
    self->at = self->at + 1 == self->length ? 0 : self->at + 1;
    errors_add(&self->errors, error);
}

static void set_parameters(struct state *self, const double *parameters)
{
    memcpy(self->parameters, parameters, PARAMETERS * sizeof *parameters);
    self->parameters[GAMMA] = fmin(parameters[GAMMA], 1 - parameters[ALPHA]);
}

static double loss(void *context, const double *parameters)
{
    const struct sample *sample = context;
    set_parameters(sample->trial, parameters);
    start(sample->trial, sample->y);
    for (size_t i = 0; i < sample->count; i++)
        push(sample->trial, sample->y[i]);
    return sample->trial->errors.sum;
}

static void estimate(struct state *self, const struct model_settings *settings, const double *y, size_t count)
{
    struct sample sample = { .count = count, .trial = memory_zero(size(settings)) };
    sample.y = fit_points(settings, y, &sample.count);
    if (sample.count < 3 * self->length)
        sample.count = count < 3 * self->length ? count : 3 * self->length;
    sample.y = y + count - sample.count;
    sample.trial->length = self->length;
    sample.trial->phi = self->phi;
    bool warm = self->parameters[ALPHA] > 0;
    struct optimize problem = {
        .loss = loss, .context = &sample, .count = PARAMETERS,
        .evaluations = warm ? FIT_EVALUATIONS_WARM : FIT_EVALUATIONS_COLD,
    };
    parameter_bounds(settings->alpha, 1e-4, 0.9999, &problem.least[ALPHA], &problem.most[ALPHA]);
    parameter_bounds(settings->beta, 1e-4, 0.9999, &problem.least[BETA], &problem.most[BETA]);
    parameter_bounds(settings->gamma, 1e-4, 0.9999, &problem.least[GAMMA], &problem.most[GAMMA]);
    double best[OPTIMIZE_LIMIT];
    memcpy(best, self->parameters, sizeof best);
    if (!warm)
        optimize_scan(&problem, best);
    optimize_simplex(&problem, best);
    set_parameters(self, best);
    free(sample.trial);
}

static bool learn(void *state, const struct model_settings *settings, const double *y, size_t count,
                  const struct model_notes *notes)
{
    struct state *self = state;
    self->length = settings->season;
    self->phi = settings->phi > 0 ? fmin(settings->phi, 1) : 1;
    if (self->length < 2) {
        note_say(notes, "no_season", "holt_winters needs the length of the season");
        return false;
    }
    if (count / 2 < self->length) {
        note_say(notes, "seasonality_too_long", "the history has less than two seasons");
        return false;
    }
    estimate(self, settings, y, count);
    start(self, y);
    return true;
}

static void ahead(const void *state, size_t count, double *mean, double *variance)
{
    const struct state *self = state;
    double step = errors_variance(&self->errors), alpha = self->parameters[ALPHA];
    double sum = 0, power = 1, spread = 1;
    for (size_t i = 0; i < count; i++) {
        power *= self->phi;
        sum += power;
        mean[i] = self->level + self->trend * sum + self->season[(self->at + i) % self->length];
        variance[i] = step * spread;
        double weight = alpha + alpha * self->parameters[BETA] * sum;
        if ((i + 1) % self->length == 0)
            weight += self->parameters[GAMMA];
        spread += weight * weight;
    }
}

static bool sound(const void *state, const struct model_settings *settings, bool fitted)
{
    const struct state *self = state;
    bool placed = self->length == settings->season && self->length > 1 && self->at < self->length;
    return numbers_are_sound(self->parameters, OPTIMIZE_LIMIT, 0, 1) && numbers_are_sound(&self->phi, 1, 0, 1)
        && numbers_are_sound(&self->level, 1, -DBL_MAX, DBL_MAX)
        && numbers_are_sound(&self->trend, 1, -DBL_MAX, DBL_MAX)
        && numbers_are_sound(self->season, settings->season, -DBL_MAX, DBL_MAX)
        && errors_are_sound(&self->errors) && (placed || !fitted);
}

static const struct recursion recursion = {
    .name = "holt_winters", .least = 4, .size = size, .learn = learn, .push = push, .ahead = ahead,
    .sound = sound,
};

static void *new_state(const struct model_settings *settings)
{
    return regular_new(settings, &recursion);
}

const struct model holt_winters_model = {
    .name = "holt_winters",
    .help = "Exponential smoothing with a trend and a season, both additive (Holt-Winters).",
    .new = new_state, REGULAR_CALLBACKS,
};
