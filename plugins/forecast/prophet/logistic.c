/* logistic - see logistic.h. Own thread. */
#include "plugins/forecast/prophet/logistic.h"

#include "plugins/forecast/prophet/trend.h"

#include <math.h>

enum { BISECTIONS = 60, LEGENDRE_ROUNDS = 8 };

/* Node and weight i of the Gauss-Legendre rule of LOGISTIC_HALF points on (0, 1). */
static void legendre(int i, double *node, double *weight)
{
    const int n = LOGISTIC_HALF;
    double x = cos(3.14159265358979323846 * (i + 0.75) / (n + 0.5)), slope = 1;
    for (int round = 0; round < LEGENDRE_ROUNDS; round++) {
        double p = 1, before = 0;
        for (int k = 1; k <= n; k++) {
            double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
            before = p;
            p = next;
        }
        slope = n * (x * p - before) / (x * x - 1);
        x -= p / slope;
    }
    *node = (1 + x) / 2;
    *weight = 1 / ((1 - x * x) * slope * slope);
}

void logistic_mixture(struct mixture *mixture, const struct deviation *deviation, double exponent, double cap)
{
    struct deviation d = *deviation;
    d.sigma = 0;
    double still = d.steps ? exp((double)d.steps * log1p(-fmin(d.rate, 1))) : 1, side = (1 - still) / 2;
    double at[LOGISTIC_POINTS] = { 0 }, mean = 0, near = 0;
    mixture->weight[LOGISTIC_HALF] = still;
    for (int i = 0; i < LOGISTIC_HALF; i++) {
        double node, weight; /* the rule runs over the square root of the tail: its end is a logarithm's */
        legendre(LOGISTIC_HALF - 1 - i, &node, &weight);
        near = side > 0 && d.jump > 0 ? interval_quantile(&d, 1 - side * node * node, near) : 0;
        int up = LOGISTIC_POINTS - 1 - i;
        at[up] = near;
        at[i] = -near;
        mixture->weight[i] = mixture->weight[up] = side * 2 * node * weight;
    }
    for (int i = 0; i < LOGISTIC_POINTS; i++) {
        mixture->value[i] = trend_logistic(cap, exponent + at[i]);
        mean += mixture->weight[i] * mixture->value[i];
    }
    for (int i = 0; i < LOGISTIC_POINTS; i++)
        mixture->value[i] -= mean;
}

static double below(const struct mixture *mixture, double factor, double sigma, double x)
{
    double sum = 0;
    for (int i = 0; i < LOGISTIC_POINTS; i++) {
        double z = x - factor * mixture->value[i];
        sum += mixture->weight[i] * (sigma > 0 ? erfc(-z / (sigma * sqrt(2))) / 2 : z >= 0 ? 1 : 0);
    }
    return sum;
}

double logistic_quantile(const struct mixture *mixture, double factor, double sigma, double level)
{
    double first = factor * mixture->value[0], last = factor * mixture->value[LOGISTIC_POINTS - 1];
    double reach = sigma * fabs(interval_normal(level));
    double low = fmin(first, last) - reach, high = fmax(first, last) + reach;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = (low + high) / 2;
        if (below(mixture, factor, sigma, middle) < level)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}
