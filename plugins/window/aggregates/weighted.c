/* weighted - the mean of values, each weighted by another field of its metric (a price by its volume).
 * Metrics without that field, or with a weight of zero or less, do not count. Sums are compensated. */
#include "plugins/window/aggregates/aggregate.h"
#include "plugins/window/aggregates/sum.h"

struct weighted {
    struct sum products, weights;
};

static size_t size(const struct rules *rules)
{
    (void)rules;
    return sizeof(struct weighted);
}

static void add(void *cell, uint64_t count, const struct sample *sample, const struct rules *rules)
{
    struct weighted *weighted = cell;
    (void)count, (void)rules;
    if (!(sample->weight > 0))
        return;
    sum_add(&weighted->products, sample->value * sample->weight);
    sum_add(&weighted->weights, sample->weight);
}

static void merge(void *cell, uint64_t count, const void *from, uint64_t more, const struct rules *rules)
{
    struct weighted *weighted = cell;
    const struct weighted *other = from;
    (void)count, (void)more, (void)rules;
    sum_merge(&weighted->products, &other->products);
    sum_merge(&weighted->weights, &other->weights);
}

bool weighted_mean(const struct reading *reading, double *value)
{
    const struct weighted *weighted = reading->cell;
    double weights = sum_value(&weighted->weights);
    *value = sum_value(&weighted->products) / weights;
    return weights > 0;
}

const struct family weighted_family = { .size = size, .add = add, .merge = merge };
