/* shape - see shape.h. */
#include "plugins/forecast/judge/shape.h"

#include <math.h>

enum { CAPACITY_LIMIT = 32 };

static size_t capacity_of(const struct judge_settings *settings, size_t steps)
{
    if (settings->every <= 0)
        return CAPACITY_LIMIT;
    double under_way = 1.5 * (double)steps * (double)settings->step / (double)settings->every + 3;
    return under_way < CAPACITY_LIMIT ? (size_t)under_way : CAPACITY_LIMIT;
}

void shape_init(struct shape *shape, const struct judge_settings *settings)
{
    *shape = (struct shape){
        .settings = settings, .candidates = settings->candidate_count, .levels = settings->level_count,
    };
    size_t count = settings->count, last = 0;
    for (size_t i = 0; i < JUDGE_HORIZONS && last < count; i++) {
        double exponent = (double)(i + 1) / JUDGE_HORIZONS;
        size_t steps = count <= JUDGE_HORIZONS ? i + 1 : (size_t)llround(pow((double)count, exponent));
        if (i + 1 == JUDGE_HORIZONS)
            steps = count;
        if (steps <= last)
            steps = last + 1;
        last = shape->horizons[shape->horizon_count] = steps;
        shape->capacity[shape->horizon_count++] = capacity_of(settings, steps);
    }
}

double shape_between(const struct shape *shape, size_t steps, size_t *low, size_t *high)
{
    size_t at = 0;
    while (at + 1 < shape->horizon_count && shape->horizons[at] < steps)
        at++;
    *high = at;
    *low = at > 0 && shape->horizons[at] != steps ? at - 1 : at;
    if (*low == *high)
        return 1;
    double from = (double)shape->horizons[*low], to = (double)shape->horizons[*high];
    return log((double)steps / from) / log(to / from);
}
