/* gaussian - see gaussian.h. The quantile: Abramowitz and Stegun 26.2.23 (error below 4.5e-4), then three
 * Halley steps on erfc of libm, each of which triples the digits. */
#include "plugins/forecast/models/gaussian.h"

#include <math.h>

static double upper_tail(double z)
{
    return 0.5 * erfc(z * M_SQRT1_2);
}

double gaussian_quantile(double level)
{
    double tail = level < 0.5 ? level : 1 - level;
    double t = sqrt(-2 * log(tail));
    double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                       (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int i = 0; i < 3; i++) {
        double density = exp(-0.5 * z * z) * 0.3989422804014327;
        double step = (upper_tail(z) - tail) / density;
        z += step / (1 - 0.5 * z * step);
    }
    return level < 0.5 ? -z : z;
}

void gaussian_fill(const struct horizon *horizon, const double *deviation, struct prediction *out)
{
    for (size_t level = 0; level < horizon->level_count; level++) {
        double z = gaussian_quantile(horizon->levels[level]);
        double *row = out->quantiles + level * horizon->count;
        for (size_t i = 0; i < horizon->count; i++)
            row[i] = out->mean[i] + z * deviation[i];
    }
}
