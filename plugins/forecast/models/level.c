/* level - see level.h. */
#include "plugins/forecast/models/level.h"

#include "plugins/forecast/models/optimize.h"

struct sample {
    const double *y;
    size_t        count;
};

static double loss(void *context, const double *alpha)
{
    const struct sample *sample = context;
    double level = sample->y[0], sum = 0;
    for (size_t i = 1; i < sample->count; i++) {
        double error = sample->y[i] - level;
        level += *alpha * error;
        sum += error * error;
    }
    return sum;
}

double level_alpha(const struct model_settings *settings, const double *y, size_t count)
{
    if (settings->alpha > 0)
        return fmin(settings->alpha, 1);
    struct sample sample = { .count = count };
    sample.y = fit_points(settings, y, &sample.count);
    return optimize_line(&(struct optimize){
        .loss = loss, .context = &sample, .count = 1, .least = { 1e-4 }, .most = { 1 }, .evaluations = 42 });
}
