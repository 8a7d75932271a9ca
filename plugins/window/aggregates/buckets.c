/* buckets - how many values lie in each of the given buckets: above the bound before, up to and with its
 * own. */
#include "plugins/window/aggregates/aggregate.h"

static size_t size(const struct rules *rules)
{
    return (rules->bucket_count + 1) * sizeof(uint64_t);
}

static void add(void *cell, uint64_t count, const struct sample *sample, const struct rules *rules)
{
    uint64_t *counts = cell;
    size_t low = 0, high = rules->bucket_count;
    (void)count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rules->buckets[middle] < sample->value)
            low = middle + 1;
        else
            high = middle;
    }
    counts[low]++;
}

static void merge(void *cell, uint64_t count, const void *from, uint64_t more, const struct rules *rules)
{
    uint64_t *counts = cell;
    const uint64_t *other = from;
    (void)count, (void)more;
    for (size_t i = 0; i <= rules->bucket_count; i++)
        counts[i] += other[i];
}

uint64_t buckets_upto(const void *cell, size_t i)
{
    const uint64_t *counts = cell;
    uint64_t sum = 0;
    for (size_t k = 0; k <= i; k++)
        sum += counts[k];
    return sum;
}

const struct family buckets_family = { .size = size, .add = add, .merge = merge };
