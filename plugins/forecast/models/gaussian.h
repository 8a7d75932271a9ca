/* gaussian - the normal distribution, for models whose quantiles are Gaussian. */
#pragma once
#include "plugins/forecast/model.h"

/* z with P(Z <= z) = level, level in (0, 1); to about 1e-15. */
double gaussian_quantile(double level);

/* Writes rows of quantiles mean + z * deviation for each level of the horizon. */
void gaussian_fill(const struct horizon *horizon, const double *deviation, struct prediction *out);
