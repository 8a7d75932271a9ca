/* logistic - the predictive distribution when the trend saturates: cap / (1 + exp(-(x + D))), D as in
 * interval.h.
 *
 * D is taken as 33 weighted points (Gauss-Legendre over its quantiles, and the atom at 0), which the
 * logistic curve bends and the noise blurs; the curve's own mean is taken away, as Prophet does with the
 * mean of its draws. Own thread.
 */
#pragma once
#include "plugins/forecast/prophet/interval.h"

enum { LOGISTIC_HALF = 16, LOGISTIC_POINTS = 2 * LOGISTIC_HALF + 1 };

struct mixture {
    /* values ascending, in units of the trend, around 0 */
    double weight[LOGISTIC_POINTS], value[LOGISTIC_POINTS];
};

/* deviation->sigma does not count. */
void logistic_mixture(struct mixture *mixture, const struct deviation *deviation, double exponent,
                      double cap);

/* Quantile of factor * value + N(0, sigma). */
double logistic_quantile(const struct mixture *mixture, double factor, double sigma, double level);
