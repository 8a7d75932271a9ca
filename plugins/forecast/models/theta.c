/* theta - Assimakopoulos and Nikolopoulos (2000) as Hyndman and Billah (2003), Unmasking the theta method,
 * have it: simple exponential smoothing with a drift of (1 - 1/theta) of the slope b of the least-squares
 * line,
 *     yhat = l_n + (1 - 1/theta) b (h - 1 + 1/alpha - (1 - alpha)^n / alpha),  variance s^2 (1 + (h - 1)
 *     alpha^2),
 * theta = 2 in the standard method; s^2 is the mean square of the errors of this forecast one step ahead. */
#include "plugins/forecast/models/kinds.h"
#include "plugins/forecast/models/level.h"
#include "plugins/forecast/models/regular.h"

struct state {
    double        alpha, drift, level;
    double        rest; /* (1 - alpha)^n */
    bool          any;
    struct errors errors;
};

static size_t size(const struct model_settings *settings)
{
    (void)settings;
    return sizeof(struct state);
}

static double slope(const double *y, size_t count)
{
    double middle = ((double)count - 1) / 2, product = 0, square = 0;
    for (size_t i = 0; i < count; i++) {
        double at = (double)i - middle;
        product += at * y[i];
        square += at * at;
    }
    return product / square;
}

static bool learn(void *state, const struct model_settings *settings, const double *y, size_t count,
                  const struct model_notes *notes)
{
    (void)notes;
    struct state *self = state;
    double theta = settings->theta > 0 ? fmax(settings->theta, 1) : 2;
    *self = (struct state){
        .alpha = level_alpha(settings, y, count), .drift = (1 - 1 / theta) * slope(y, count), .rest = 1,
    };
    return true;
}

static double lead(const struct state *self)
{
    return self->level + self->drift * (1 - self->rest) / self->alpha;
}

static void push(void *state, double y)
{
    struct state *self = state;
    if (self->any)
        errors_add(&self->errors, y - lead(self));
    else
        self->level = y;
    self->any = true;
    self->level += self->alpha * (y - self->level);
    self->rest *= 1 - self->alpha;
}

static void ahead(const void *state, size_t count, double *mean, double *variance)
{
    const struct state *self = state;
    double step = errors_variance(&self->errors), next = lead(self);
    for (size_t i = 0; i < count; i++) {
        mean[i] = next + self->drift * (double)i;
        variance[i] = step * (1 + (double)i * self->alpha * self->alpha);
    }
}

static bool sound(const void *state, const struct model_settings *settings, bool fitted)
{
    const struct state *self = state;
    (void)settings;
    return numbers_are_sound(&self->alpha, 1, fitted ? DBL_MIN : 0, 1)
        && numbers_are_sound(&self->drift, 1, -DBL_MAX, DBL_MAX)
        && numbers_are_sound(&self->level, 1, -DBL_MAX, DBL_MAX) && numbers_are_sound(&self->rest, 1, 0, 1)
        && flag_is_sound(&self->any) && errors_are_sound(&self->errors);
}

static const struct recursion recursion = {
    .name = "theta", .least = 4, .size = size, .learn = learn, .push = push, .ahead = ahead,
    .sound = sound,
};

static void *new_state(const struct model_settings *settings)
{
    return regular_new(settings, &recursion);
}

const struct model theta_model = {
    .name = "theta",
    .help = "The theta method: exponential smoothing with half the drift of the straight line.",
    .new = new_state, REGULAR_CALLBACKS,
};
