/* basic - sum, mean and extremes. */
#include "plugins/window/aggregates/aggregate.h"
#include "plugins/window/aggregates/sum.h"

struct basic {
    struct sum sum;
    double     min, max;
};

static size_t size(const struct rules *rules)
{
    (void)rules;
    return sizeof(struct basic);
}

static void add(void *cell, uint64_t count, const struct sample *sample, const struct rules *rules)
{
    struct basic *basic = cell;
    double value = sample->value;
    (void)rules;
    if (count == 0) {
        *basic = (struct basic){ .sum.sum = value, .min = value, .max = value };
        return;
    }
    sum_add(&basic->sum, value);
    if (value < basic->min)
        basic->min = value;
    if (value > basic->max)
        basic->max = value;
}

static void merge(void *cell, uint64_t count, const void *from, uint64_t more, const struct rules *rules)
{
    struct basic *basic = cell;
    const struct basic *other = from;
    (void)more, (void)rules;
    if (count == 0) {
        *basic = *other;
        return;
    }
    sum_merge(&basic->sum, &other->sum);
    if (other->min < basic->min)
        basic->min = other->min;
    if (other->max > basic->max)
        basic->max = other->max;
}

bool basic_sum(const struct reading *reading, double *value)
{
    *value = sum_value(&((const struct basic *)reading->cell)->sum);
    return true;
}

bool basic_mean(const struct reading *reading, double *value)
{
    basic_sum(reading, value);
    *value /= (double)reading->count;
    return true;
}

bool basic_min(const struct reading *reading, double *value)
{
    *value = ((const struct basic *)reading->cell)->min;
    return true;
}

bool basic_max(const struct reading *reading, double *value)
{
    *value = ((const struct basic *)reading->cell)->max;
    return true;
}

bool basic_range(const struct reading *reading, double *value)
{
    const struct basic *basic = reading->cell;
    *value = basic->max - basic->min;
    return true;
}

const struct family basic_family = { .size = size, .add = add, .merge = merge };
