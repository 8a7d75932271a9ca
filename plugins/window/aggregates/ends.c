/* ends - the first and the last value by time, and what lies between them. Of values of one time the first
 * that came is the first, and the last that came the last. Rates are per second. */
#include "plugins/window/aggregates/aggregate.h"

struct ends {
    double  first, last;
    int64_t first_time, last_time;
};

static size_t size(const struct rules *rules)
{
    (void)rules;
    return sizeof(struct ends);
}

static void add(void *cell, uint64_t count, const struct sample *sample, const struct rules *rules)
{
    struct ends *ends = cell;
    (void)rules;
    if (count == 0 || sample->time < ends->first_time) {
        ends->first = sample->value;
        ends->first_time = sample->time;
    }
    if (count == 0 || sample->time >= ends->last_time) {
        ends->last = sample->value;
        ends->last_time = sample->time;
    }
}

static void merge(void *cell, uint64_t count, const void *from, uint64_t more, const struct rules *rules)
{
    const struct ends *other = from;
    (void)more;
    add(cell, count, &(struct sample){ .value = other->first, .time = other->first_time }, rules);
    add(cell, count + 1, &(struct sample){ .value = other->last, .time = other->last_time }, rules);
}

static double seconds(const struct ends *ends)
{
    return nanoseconds(ends->first_time, ends->last_time) / 1e9;
}

bool ends_first(const struct reading *reading, double *value)
{
    *value = ((const struct ends *)reading->cell)->first;
    return true;
}

bool ends_last(const struct reading *reading, double *value)
{
    *value = ((const struct ends *)reading->cell)->last;
    return true;
}

bool ends_diff(const struct reading *reading, double *value)
{
    const struct ends *ends = reading->cell;
    *value = ends->last - ends->first;
    return reading->count > 1;
}

bool ends_rise(const struct reading *reading, double *value)
{
    return ends_diff(reading, value) && *value >= 0;
}

bool ends_rate(const struct reading *reading, double *value)
{
    const struct ends *ends = reading->cell;
    *value = (ends->last - ends->first) / seconds(ends);
    return reading->count > 1 && ends->last_time > ends->first_time;
}

bool ends_rise_rate(const struct reading *reading, double *value)
{
    return ends_rate(reading, value) && *value >= 0;
}

bool ends_percent(const struct reading *reading, double *value)
{
    const struct ends *ends = reading->cell;
    *value = (ends->last - ends->first) / ends->first * 100;
    return reading->count > 1 && ends->first != 0;
}

bool ends_interval(const struct reading *reading, double *value)
{
    const struct ends *ends = reading->cell;
    *value = nanoseconds(ends->first_time, ends->last_time);
    return reading->count > 1;
}

const struct family ends_family = { .size = size, .add = add, .merge = merge };
