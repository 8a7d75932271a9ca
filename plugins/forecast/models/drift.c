/* drift - a straight line from the first value through the last: yhat = y_n + h (y_n - y_1) / (n - 1),
 * variance s^2 h (1 + h / (n - 1)), s^2 the sample variance of one-step changes.
 * Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., table 5.2. */
#include "plugins/forecast/models/kinds.h"
#include "plugins/forecast/models/regular.h"

struct state {
    double last, changes; /* how many changes: n - 1 */
    double mean, square;  /* of changes: their mean, the sum of squares about it (Welford 1962) */
    bool   any;
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
    *(struct state *)state = (struct state){ 0 };
    return true;
}

static void push(void *state, double y)
{
    struct state *self = state;
    if (self->any) {
        double change = y - self->last, off = change - self->mean;
        self->changes++;
        self->mean += off / self->changes;
        self->square += off * (change - self->mean);
    }
    self->any = true;
    self->last = y;
}

static void ahead(const void *state, size_t count, double *mean, double *variance)
{
    const struct state *self = state;
    double step = self->changes > 1 ? self->square / (self->changes - 1) : 0;
    for (size_t i = 0; i < count; i++) {
        double h = (double)(i + 1);
        mean[i] = self->last + h * self->mean;
        variance[i] = step * h * (1 + h / self->changes);
    }
}

static bool sound(const void *state, const struct model_settings *settings, bool fitted)
{
    const struct state *self = state;
    (void)settings, (void)fitted;
    return numbers_are_sound(&self->last, 1, -DBL_MAX, DBL_MAX) && numbers_are_sound(&self->changes, 1, 0, DBL_MAX)
        && numbers_are_sound(&self->mean, 1, -DBL_MAX, DBL_MAX) && numbers_are_sound(&self->square, 1, 0, DBL_MAX)
        && flag_is_sound(&self->any);
}

static const struct recursion recursion = {
    .name = "drift", .least = 2, .size = size, .learn = learn, .push = push, .ahead = ahead,
    .sound = sound,
};

static void *new_state(const struct model_settings *settings)
{
    return regular_new(settings, &recursion);
}

const struct model drift_model = {
    .name = "drift", .help = "The last value and the mean change so far.",
    .new = new_state, REGULAR_CALLBACKS,
};
