/* conformal - shifts the quantiles of a model so that each is passed as often as it says, whatever the model.
 *
 * For each candidate, kept horizon and level p there is a shift theta, in units of the forecast. Calibrated
 * is
 *     Q' = Q + (theta + 5 scale shortfall) unit.
 * The unit is half the distance of the outermost own quantiles, but not below a tenth of the model's mean
 * absolute error so far, so that it is never 0 when there is something to correct. When the actual y
 * arrives, a horizon later,
 *     theta += gain reach (p - [y < Q + theta unit]),   gain = max(0.04 / sqrt(m), 2 / n^0.6)
 *     shortfall += (p - [y < Q' as issued] - shortfall) / (50 sqrt(m)),   scale: the mean of |y - yhat| /
 *     unit,
 * reach: the larger of scale and half the calibrated width, in units; m: how many forecasts of that length
 * overlap, as their errors say the same thing m times. The first is the stochastic
 * subgradient step on the pinball loss: adaptive conformal inference (Gibbs and Candes 2021, arXiv
 * 2106.00170) in the form that tracks the quantile itself (Angelopoulos, Candes and Tibshirani 2023,
 * Conformal PID control, arXiv 2307.16895, section 2.1); the second is its integral term (section 2.2),
 * which sees what was really sent out. theta is compared with the actual as it is now, not as it was when
 * the forecast was issued: so a long delay does not make it overshoot. Both are bounded, and no level makes
 * an interval infinite. A quantile that would lie below one of a lower level is raised to it.
 *
 * A horizon is ready after 10 forecasts; until then it takes the shift of the longest shorter one that is.
 * While none is, the model's own quantiles stand. yhat stays inside: a level below 0.5 is at or below it, one
 * above at or above. Where most values do not change at all, an interval that holds the last value covers
 * more than it says, and shrinks towards that value.
 */
#pragma once
#include "plugins/forecast/judge/shape.h"

enum { CONFORMAL_READY = 10 };

struct conformal_horizon { /* of one candidate */
    uint64_t count;
    double   error; /* mean of |y - yhat| */
    double   scale; /* mean of |y - yhat| / unit */
    /* then theta and shortfall of each level */
};

/* Flat memory: candidate by candidate, horizon by horizon. */
size_t conformal_size(const struct shape *shape);

/* What a forecast is measured in: from its own quantiles, those of one step (`stride` apart). */
double conformal_unit(const void *conformal, const struct shape *shape, size_t candidate, size_t horizon,
                      const double *quantiles, size_t stride);

/* Is the shortest horizon ready? */
bool conformal_ready(const void *conformal, const struct shape *shape, size_t candidate);

/* Replaces the quantiles of one step, `steps` from the origin; mean is its yhat. Nothing changes while no
 * horizon is ready. */
void conformal_apply(const void *conformal, const struct shape *shape, size_t candidate, size_t steps,
                     double mean, double *quantiles, size_t stride);

/* What is known of one candidate at one horizon. Loading takes what conformal_save wrote, and checks it. */
struct bytes;
void conformal_save(const void *conformal, const struct shape *shape, size_t candidate, size_t horizon,
                    struct vane_text *out);
void conformal_load(void *conformal, const struct shape *shape, size_t candidate, size_t horizon, struct bytes *bytes);

/* The actual of a forecast at a kept horizon. issued: its quantiles as they were sent out. */
struct conformal_case {
    double        mean, unit, actual;
    size_t        overlap; /* forecasts of that length that were under way, this one included */
    const double *own, *issued;
};
void conformal_learn(void *conformal, const struct shape *shape, size_t candidate, size_t horizon,
                     const struct conformal_case *one);
