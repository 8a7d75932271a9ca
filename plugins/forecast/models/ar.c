/* ar - an autoregression of order p on the changes d_t = y_t - y_(t-1), without a mean: ARIMA(p,1,0), its
 * coefficients phi by Burg's method (Burg 1975; always stationary; Brockwell and Davis, Introduction to
 * Time Series, 5.1.2).
 *     yhat: d recursively, summed;  variance s^2 sum over j < h of (psi_0 + … + psi_j)^2,
 * psi the weights of the moving average that equals the autoregression (Box and Jenkins 1976, 5.1.1). Where
 * no order is given it is the one up to 10 with the least Akaike criterion, n log(s_p^2) + 2 p. */
#include "plugins/forecast/models/kinds.h"
#include "plugins/forecast/models/regular.h"
#include "plugins/shared/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ORDER_LIMIT = 32, ORDER_SEARCHED = 10 };

struct state {
    size_t        order;
    double        weights[ORDER_LIMIT];
    double        changes[ORDER_LIMIT]; /* newest first */
    double        last;
    size_t        seen; /* points, up to order + 1 */
    struct errors errors;
};

static size_t size(const struct model_settings *settings)
{
    (void)settings;
    return sizeof(struct state);
}

static void lengthen(double *weights, size_t order, double reflection)
{
    double longer[ORDER_LIMIT];
    for (size_t i = 0; i < order; i++)
        longer[i] = weights[i] - reflection * weights[order - 1 - i];
    longer[order] = reflection;
    memcpy(weights, longer, (order + 1) * sizeof *weights);
}

/* One more order of Burg's lattice over forward[order + 1 …] and backward[order … count - 2]: the
 * reflection coefficient, with both arrays replaced by the errors of that order. 0 where nothing is left to
 * explain. */
static double reflect(double *forward, double *backward, size_t order, size_t count)
{
    double product = 0, square = 0;
    for (size_t i = order + 1; i < count; i++) {
        product += forward[i] * backward[i - 1];
        square += forward[i] * forward[i] + backward[i - 1] * backward[i - 1];
    }
    if (!(square > 0))
        return 0;
    double reflection = 2 * product / square;
    for (size_t i = count - 1; i > order; i--) {
        double ahead = forward[i], behind = backward[i - 1];
        forward[i] = ahead - reflection * behind;
        backward[i] = behind - reflection * ahead;
    }
    return reflection;
}

static void estimate(struct state *self, const struct model_settings *settings, double *forward,
                     double *backward, size_t count)
{
    double power = 0, weights[ORDER_LIMIT] = { 0 };
    for (size_t i = 0; i < count; i++)
        power += forward[i] * forward[i] / (double)count;
    size_t wanted = settings->order ? settings->order : ORDER_SEARCHED, most = count / 3;
    most = wanted < most ? wanted : most;
    double least = log(power > 0 ? power : 1) * (double)count;
    for (size_t order = 0; order < most && order < ORDER_LIMIT && power > 0; order++) {
        double reflection = reflect(forward, backward, order, count);
        lengthen(weights, order, reflection);
        power *= 1 - reflection * reflection;
        double criterion = log(fmax(power, 1e-300)) * (double)count + 2 * (double)(order + 1);
        if (settings->order || criterion < least) {
            least = criterion;
            self->order = order + 1;
            memcpy(self->weights, weights, sizeof weights);
        }
    }
}

static bool learn(void *state, const struct model_settings *settings, const double *y, size_t count,
                  const struct model_notes *notes)
{
    (void)notes;
    struct state *self = state;
    *self = (struct state){ 0 };
    size_t changes = count - 1;
    double *forward = memory_resize(NULL, 2 * changes, sizeof *forward), *backward = forward + changes;
    for (size_t i = 0; i < changes; i++)
        forward[i] = backward[i] = y[i + 1] - y[i];
    estimate(self, settings, forward, backward, changes);
    free(forward);
    return true;
}

static double weigh(const struct state *self, const double *newest_first)
{
    double sum = 0;
    for (size_t i = 0; i < self->order; i++)
        sum += self->weights[i] * newest_first[i];
    return sum;
}

static void shift(double *newest_first, size_t order, double newest)
{
    memmove(newest_first + 1, newest_first, (order > 0 ? order - 1 : 0) * sizeof *newest_first);
    newest_first[0] = newest;
}

static void push(void *state, double y)
{
    struct state *self = state;
    double change = y - self->last;
    if (self->seen > self->order)
        errors_add(&self->errors, change - weigh(self, self->changes));
    if (self->seen > 0)
        shift(self->changes, self->order, change);
    if (self->seen <= self->order)
        self->seen++;
    self->last = y;
}

static void ahead(const void *state, size_t count, double *mean, double *variance)
{
    const struct state *self = state;
    double step = errors_variance(&self->errors), changes[ORDER_LIMIT], psi[ORDER_LIMIT] = { 1 };
    memcpy(changes, self->changes, sizeof changes);
    double level = self->last, sum = 1, spread = 1;
    for (size_t i = 0; i < count; i++) {
        double change = weigh(self, changes);
        shift(changes, self->order, change);
        level += change;
        mean[i] = level;
        variance[i] = step * spread;
        double next = weigh(self, psi);
        shift(psi, self->order, next);
        sum += next;
        spread += sum * sum;
    }
}

static bool sound(const void *state, const struct model_settings *settings, bool fitted)
{
    const struct state *self = state;
    (void)settings, (void)fitted;
    return self->order <= ORDER_LIMIT && self->seen <= self->order + 1
        && numbers_are_sound(self->weights, ORDER_LIMIT, -DBL_MAX, DBL_MAX)
        && numbers_are_sound(self->changes, ORDER_LIMIT, -DBL_MAX, DBL_MAX)
        && numbers_are_sound(&self->last, 1, -DBL_MAX, DBL_MAX) && errors_are_sound(&self->errors);
}

static const struct recursion recursion = {
    .name = "ar", .least = 8, .size = size, .learn = learn, .push = push, .ahead = ahead,
    .sound = sound,
};

static void *new_state(const struct model_settings *settings)
{
    return regular_new(settings, &recursion);
}

const struct model ar_model = {
    .name = "ar", .help = "An autoregression on the changes (Burg).", .new = new_state, REGULAR_CALLBACKS,
};
