/* trend - see trend.h. Own thread. */
#include "plugins/forecast/prophet/trend.h"

#include <math.h>

void trend_init(struct trend *trend, double k, double m, const double *delta)
{
    if (trend->growth == PROPHET_FLAT) {
        for (size_t i = 0; i <= trend->count; i++)
            trend->lines[i] = (struct line){ 0, m };
        return;
    }
    struct line line = { k, trend->growth == PROPHET_LOGISTIC ? -k * m : m };
    trend->lines[0] = line;
    for (size_t i = 0; i < trend->count; i++) {
        line.slope += delta[i];
        line.offset -= delta[i] * trend->changes[i];
        trend->lines[i + 1] = line;
    }
}

size_t trend_segment(const struct trend *trend, double t, size_t from)
{
    while (from < trend->count && t >= trend->changes[from])
        from++;
    return from;
}

double trend_logistic(double cap, double x)
{
    if (x >= 0)
        return cap / (1 + exp(-x));
    double e = exp(x);
    return cap * (e / (1 + e));
}

double trend_at(const struct trend *trend, size_t segment, double t, double cap)
{
    double x = trend->lines[segment].slope * t + trend->lines[segment].offset;
    return trend->growth == PROPHET_LOGISTIC ? trend_logistic(cap, x) : x;
}
