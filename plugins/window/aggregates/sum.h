/* sum - a compensated sum (Neumaier 1974): its error does not grow with the number of values. */
#pragma once
#include <math.h>

struct sum {
    double sum, rest; /* rest: what rounding has taken from sum */
};

static inline void sum_add(struct sum *sum, double value)
{
    double next = sum->sum + value;
    sum->rest += fabs(sum->sum) >= fabs(value) ? sum->sum - next + value : value - next + sum->sum;
    sum->sum = next;
}

static inline void sum_merge(struct sum *sum, const struct sum *other)
{
    sum_add(sum, other->sum);
    sum->rest += other->rest;
}

/* Where the sum has left the range of doubles, what rounding took is no number. */
static inline double sum_value(const struct sum *sum)
{
    return isfinite(sum->rest) ? sum->sum + sum->rest : sum->sum;
}
