/* conformal - see conformal.h. */
#include "plugins/forecast/judge/conformal.h"

#include "core/plugin.h"
#include "plugins/forecast/judge/bytes.h"

#include <math.h>

static const double gain_least = 0.04, gain_first = 2, gain_power = 0.6, integral_gain = 5;
static const double SHIFT_MOST = 1e150;
enum { MEMORY = 50, SCALE_MOST = 1000000 };

static size_t horizon_size(const struct shape *shape)
{
    return sizeof(struct conformal_horizon) + 2 * shape->levels * sizeof(double);
}

size_t conformal_size(const struct shape *shape)
{
    return shape->candidates * shape->horizon_count * horizon_size(shape);
}

static struct conformal_horizon *horizon_at(const void *conformal, const struct shape *shape,
                                            size_t candidate, size_t horizon)
{
    size_t before = candidate * shape->horizon_count + horizon;
    return (struct conformal_horizon *)(void *)((char *)(uintptr_t)conformal + before * horizon_size(shape));
}

static double *shifts(const struct conformal_horizon *self)
{
    return (double *)(void *)((char *)(uintptr_t)self + sizeof *self);
}

double conformal_unit(const void *conformal, const struct shape *shape, size_t candidate, size_t horizon,
                      const double *quantiles, size_t stride)
{
    if (shape->levels == 0)
        return 0;
    double half = 0.5 * quantiles[(shape->levels - 1) * stride] - 0.5 * quantiles[0];
    return fmax(half, 0.1 * horizon_at(conformal, shape, candidate, horizon)->error);
}

bool conformal_ready(const void *conformal, const struct shape *shape, size_t candidate)
{
    return horizon_at(conformal, shape, candidate, 0)->count >= CONFORMAL_READY;
}

/* The horizon itself, or the longest shorter one that is ready. */
static const struct conformal_horizon *ready_at(const void *conformal, const struct shape *shape,
                                                size_t candidate, size_t horizon)
{
    while (horizon > 0 && horizon_at(conformal, shape, candidate, horizon)->count < CONFORMAL_READY)
        horizon--;
    return horizon_at(conformal, shape, candidate, horizon);
}

/* In units of the forecast. */
static double shift_of(const struct shape *shape, const struct conformal_horizon *self, size_t level)
{
    const double *theta = shifts(self), *shortfall = theta + shape->levels;
    return theta[level] + integral_gain * self->scale * shortfall[level];
}

/* A level below 0.5 stays at or below yhat, one above at or above it. */
static double own_side(double level, double quantile, double mean)
{
    if (level == 0.5)
        return quantile;
    return level < 0.5 ? fmin(quantile, mean) : fmax(quantile, mean);
}

void conformal_apply(const void *conformal, const struct shape *shape, size_t candidate, size_t steps,
                     double mean, double *quantiles, size_t stride)
{
    if (!conformal_ready(conformal, shape, candidate))
        return;
    size_t low, high;
    double weight = shape_between(shape, steps, &low, &high);
    double unit_low = conformal_unit(conformal, shape, candidate, low, quantiles, stride);
    double unit_high = conformal_unit(conformal, shape, candidate, high, quantiles, stride);
    double unit = unit_low + weight * (unit_high - unit_low);
    const struct conformal_horizon *from = ready_at(conformal, shape, candidate, low);
    const struct conformal_horizon *to = ready_at(conformal, shape, candidate, high);
    double highest = -INFINITY;
    for (size_t level = 0; level < shape->levels; level++) {
        double shift = (1 - weight) * shift_of(shape, from, level) + weight * shift_of(shape, to, level);
        double *quantile = &quantiles[level * stride];
        double moved = own_side(shape->settings->levels[level], *quantile + shift * unit, mean);
        if (isfinite(moved))
            *quantile = moved;
        highest = *quantile = fmax(*quantile, highest);
    }
}

/* How far a level may move: the usual error, or half the calibrated width, in units. Without the second an
 * interval that is far too wide for errors that are mostly 0 would hardly shrink. */
static double reach(const struct conformal_horizon *self, const struct shape *shape,
                    const struct conformal_case *one)
{
    const double *theta = shifts(self);
    size_t last = shape->levels - 1;
    double width = (one->own[last] - one->own[0]) / one->unit + theta[last] - theta[0];
    return fmax(self->scale, 0.5 * width);
}

static void learn_level(struct conformal_horizon *self, const struct shape *shape, size_t level,
                        bool calibrated, double most, const struct conformal_case *one)
{
    double *theta = shifts(self) + level, *shortfall = theta + shape->levels;
    double p = shape->settings->levels[level];
    double repeats = sqrt((double)one->overlap);
    double gain = fmax(gain_least / repeats, gain_first / pow((double)self->count, gain_power));
    double below = one->actual < one->own[level] + *theta * one->unit;
    *theta = fmin(fmax(*theta + gain * most * (p - below), -SHIFT_MOST), SHIFT_MOST);
    if (calibrated)
        *shortfall += (p - (one->actual < one->issued[level]) - *shortfall) / (MEMORY * repeats);
}

void conformal_learn(void *conformal, const struct shape *shape, size_t candidate, size_t horizon,
                     const struct conformal_case *one)
{
    struct conformal_horizon *self = horizon_at(conformal, shape, candidate, horizon);
    double error = fmin(fabs(one->mean - one->actual), 1e150);
    bool calibrated = self->count >= CONFORMAL_READY;
    double rate = fmax(1 / (double)(++self->count), 1.0 / MEMORY);
    self->error += rate * (error - self->error);
    if (!(one->unit > 0))
        return;
    self->scale += rate * (fmin(error / one->unit, SCALE_MOST) - self->scale);
    double most = reach(self, shape, one);
    for (size_t level = 0; level < shape->levels; level++)
        learn_level(self, shape, level, calibrated, most, one);
}

/* ---- State ---- */

void conformal_save(const void *conformal, const struct shape *shape, size_t candidate, size_t horizon,
                    struct vane_text *out)
{
    vane_text_add(out, horizon_at(conformal, shape, candidate, horizon), horizon_size(shape));
}

void conformal_load(void *conformal, const struct shape *shape, size_t candidate, size_t horizon, struct bytes *bytes)
{
    struct conformal_horizon *self = horizon_at(conformal, shape, candidate, horizon);
    double *theta = shifts(self), *shortfall = theta + shape->levels;
    self->count = bytes_take_count(bytes, BYTES_COUNT_MOST);
    self->error = bytes_take_number(bytes, 0, 1e150);
    self->scale = bytes_take_number(bytes, 0, SCALE_MOST);
    for (size_t level = 0; level < shape->levels; level++)
        theta[level] = bytes_take_number(bytes, -SHIFT_MOST, SHIFT_MOST);
    for (size_t level = 0; level < shape->levels; level++)
        shortfall[level] = bytes_take_number(bytes, -1, 1);
}
