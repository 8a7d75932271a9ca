/* ses - simple exponential smoothing: l = l + alpha e from l = y_1 on, yhat = l, variance s^2 (1 + (h - 1)
 * alpha^2). Source: Hyndman, Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, table
 * 6.1: ETS(A,N,N). */
#include "plugins/forecast/models/kinds.h"
#include "plugins/forecast/models/level.h"
#include "plugins/forecast/models/regular.h"

struct state {
    double        alpha, level;
    bool          any;
    struct errors errors;
};

static size_t size(const struct model_settings *settings)
{
    (void)settings;
    return sizeof(struct state);
}

static bool learn(void *state, const struct model_settings *settings, const double *y, size_t count,
                  const struct model_notes *notes)
{
    (void)notes;
    struct state *self = state;
    *self = (struct state){ .alpha = level_alpha(settings, y, count) };
    return true;
}

static void push(void *state, double y)
{
    struct state *self = state;
    if (!self->any) {
        self->any = true;
        self->level = y;
        return;
    }
    double error = y - self->level;
    errors_add(&self->errors, error);
    self->level += self->alpha * error;
}

static void ahead(const void *state, size_t count, double *mean, double *variance)
{
    const struct state *self = state;
    double step = errors_variance(&self->errors);
    for (size_t i = 0; i < count; i++) {
        mean[i] = self->level;
        variance[i] = step * (1 + (double)i * self->alpha * self->alpha);
    }
}

static bool sound(const void *state, const struct model_settings *settings, bool fitted)
{
    const struct state *self = state;
    (void)settings, (void)fitted;
    return numbers_are_sound(&self->alpha, 1, 0, 1) && numbers_are_sound(&self->level, 1, -DBL_MAX, DBL_MAX)
        && flag_is_sound(&self->any) && errors_are_sound(&self->errors);
}

static const struct recursion recursion = {
    .name = "ses", .least = 3, .size = size, .learn = learn, .push = push, .ahead = ahead,
    .sound = sound,
};

static void *new_state(const struct model_settings *settings)
{
    return regular_new(settings, &recursion);
}

const struct model ses_model = {
    .name = "ses", .help = "Simple exponential smoothing.", .new = new_state, REGULAR_CALLBACKS,
};
