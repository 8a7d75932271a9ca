/* naive - tomorrow is as today: yhat = y_n, variance s^2 h, s^2 the mean square of one-step changes.
 * Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., table 5.2. */
#include "plugins/forecast/models/kinds.h"
#include "plugins/forecast/models/regular.h"

struct state {
    double        last;
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
    (void)settings, (void)y, (void)count, (void)notes;
    struct state *self = state;
    self->any = false;
    self->errors = (struct errors){ 0 };
    return true;
}

static void push(void *state, double y)
{
    struct state *self = state;
    if (self->any)
        errors_add(&self->errors, y - self->last);
    self->any = true;
    self->last = y;
}

static void ahead(const void *state, size_t count, double *mean, double *variance)
{
    const struct state *self = state;
    double step = errors_variance(&self->errors);
    for (size_t i = 0; i < count; i++) {
        mean[i] = self->last;
        variance[i] = step * (double)(i + 1);
    }
}

static bool sound(const void *state, const struct model_settings *settings, bool fitted)
{
    const struct state *self = state;
    (void)settings, (void)fitted;
    return numbers_are_sound(&self->last, 1, -DBL_MAX, DBL_MAX) && flag_is_sound(&self->any)
        && errors_are_sound(&self->errors);
}

static const struct recursion recursion = {
    .name = "naive", .least = 1, .size = size, .learn = learn, .push = push, .ahead = ahead,
    .sound = sound,
};

static void *new_state(const struct model_settings *settings)
{
    return regular_new(settings, &recursion);
}

const struct model naive_model = {
    .name = "naive", .help = "No change: the last value.", .new = new_state, REGULAR_CALLBACKS,
};
