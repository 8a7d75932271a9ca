/* interval - quantiles of Prophet's predictive distribution, without drawing.
 *
 * `steps` behind the history the trend deviates by D = sum_{i < steps} B_i L_i, with B_i = 1 of
 * probability `rate` and L_i ~ Laplace(0, jump (i + 1/2)): what Prophet's vectorized simulation draws
 * (forecaster.py, _make_trend_shift_matrix). With noise, X = D + N(0, sigma). Its moment generating
 * function is known,
 *
 *     M(w) = exp(sigma^2 w^2 / 2) prod_i (1 - rate + rate / (1 - (jump (i + 1/2) w)^2)),
 *     |w| < 1 / (jump steps),
 *
 * and P(X > x) = 1/(2 pi i) int exp(-w x) M(w) / w dw along any path that crosses the real axis between 0
 * and the first pole. It is summed along a hyperbola through the saddle point, around the poles, where the
 * integrand falls off doubly exponentially: some 30 nodes give 1e-7, whatever the ratio of jumps to noise.
 * From 32 steps on the logarithm of the product is its Euler-Maclaurin sum, so a step costs the same
 * however far ahead it lies. Own thread.
 */
#pragma once
#include <stddef.h>

struct deviation {
    double rate;  /* of a change in one step, 0 .. 1 */
    double jump;  /* mean size of a change of slope, times the step */
    size_t steps; /* 0: noise alone */
    double sigma; /* >= 0; 0: the trend alone, which has an atom at 0 */
};

/* The x with P(X <= x) = level, 0 < level < 1. `near`: a guess of its size, 0 for none. Relative accuracy
 * 1e-6. */
double interval_quantile(const struct deviation *deviation, double level, double near);

/* Quantile of the standard normal distribution. */
double interval_normal(double level);
