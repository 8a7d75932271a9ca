/* moments - variance of the sample (n - 1), by Welford's recurrence; merged as Chan, Golub and LeVeque do. */
#include <math.h>

#include "plugins/window/aggregates/aggregate.h"

struct moments {
    double mean, squares; /* squares: of the distances to the mean, summed */
};

static size_t size(const struct rules *rules)
{
    (void)rules;
    return sizeof(struct moments);
}

static void add(void *cell, uint64_t count, const struct sample *sample, const struct rules *rules)
{
    struct moments *moments = cell;
    double distance = sample->value - moments->mean;
    (void)rules;
    moments->mean += distance / (double)(count + 1);
    moments->squares += distance * (sample->value - moments->mean);
}

static void merge(void *cell, uint64_t count, const void *from, uint64_t more, const struct rules *rules)
{
    struct moments *moments = cell;
    const struct moments *other = from;
    (void)rules;
    if (count == 0) {
        *moments = *other;
        return;
    }
    double total = (double)count + (double)more, distance = other->mean - moments->mean;
    moments->mean += distance * ((double)more / total);
    moments->squares += other->squares + distance * distance * ((double)count * ((double)more / total));
}

bool moments_variance(const struct reading *reading, double *value)
{
    *value = ((const struct moments *)reading->cell)->squares / (double)(reading->count - 1);
    return reading->count > 1;
}

bool moments_deviation(const struct reading *reading, double *value)
{
    if (!moments_variance(reading, value))
        return false;
    *value = sqrt(*value);
    return true;
}

const struct family moments_family = { .size = size, .add = add, .merge = merge };
