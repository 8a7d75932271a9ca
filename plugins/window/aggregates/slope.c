/* slope - the line through the values with the least squares, as PromQL's deriv(): how fast they rise, per
 * second. Co-moments by Welford's recurrence; times count from the first one that came, so that doubles
 * hold them. */
#include "plugins/window/aggregates/aggregate.h"

struct slope {
    int64_t origin;
    double  time, value;     /* means; time in seconds since the origin */
    double  squares, mixed;  /* sums of (t - mean t)^2 and of (t - mean t)(v - mean v) */
};

static size_t size(const struct rules *rules)
{
    (void)rules;
    return sizeof(struct slope);
}

static void add(void *cell, uint64_t count, const struct sample *sample, const struct rules *rules)
{
    struct slope *slope = cell;
    (void)rules;
    if (count == 0)
        slope->origin = sample->time;
    double time = nanoseconds(slope->origin, sample->time) / 1e9, distance = time - slope->time;
    slope->time += distance / (double)(count + 1);
    slope->value += (sample->value - slope->value) / (double)(count + 1);
    slope->squares += distance * (time - slope->time);
    slope->mixed += distance * (sample->value - slope->value);
}

static void merge(void *cell, uint64_t count, const void *from, uint64_t more, const struct rules *rules)
{
    struct slope *slope = cell;
    const struct slope *other = from;
    (void)rules;
    if (count == 0) {
        *slope = *other;
        return;
    }
    double share = (double)more / ((double)count + (double)more), weight = (double)count * share;
    double time = other->time + nanoseconds(slope->origin, other->origin) / 1e9 - slope->time;
    double value = other->value - slope->value;
    slope->time += time * share;
    slope->value += value * share;
    slope->squares += other->squares + time * time * weight;
    slope->mixed += other->mixed + time * value * weight;
}

bool slope_value(const struct reading *reading, double *value)
{
    const struct slope *slope = reading->cell;
    *value = slope->mixed / slope->squares;
    return reading->count > 1 && slope->squares > 0;
}

const struct family slope_family = { .size = size, .add = add, .merge = merge };
