/* values - all values of a window, for what cannot be had from less: exact quantiles, the mode, how many
 * distinct ones. Eight bytes a value; sorted when they are read. */
#include <math.h>
#include <stdlib.h>

#include "plugins/window/aggregates/aggregate.h"

struct values {
    double  *items;
    uint64_t count : 63, sorted : 1;
    uint64_t room;
};

static size_t size(const struct rules *rules)
{
    (void)rules;
    return sizeof(struct values);
}

static void reserve(struct values *values, uint64_t more, const struct rules *rules)
{
    uint64_t room = values->room ? values->room : 4;
    while (room < values->count + more)
        room *= 2;
    if (room == values->room)
        return;
    values->items = budget_resize(rules->budget, values->items, values->room * sizeof(double),
                                  room * sizeof(double));
    values->room = room;
}

static void add(void *cell, uint64_t count, const struct sample *sample, const struct rules *rules)
{
    struct values *values = cell;
    (void)count;
    reserve(values, 1, rules);
    values->items[values->count++] = sample->value;
    values->sorted = false;
}

static void merge(void *cell, uint64_t count, const void *from, uint64_t more, const struct rules *rules)
{
    struct values *values = cell;
    const struct values *other = from;
    (void)count, (void)more;
    reserve(values, other->count, rules);
    for (uint64_t i = 0; i < other->count; i++)
        values->items[values->count++] = other->items[i];
    values->sorted = false;
}

static void release(void *cell, const struct rules *rules)
{
    struct values *values = cell;
    budget_free(rules->budget, values->items, values->room * sizeof(double));
    *values = (struct values){ 0 };
}

static void save(const void *cell, struct vane_text *out)
{
    const struct values *values = cell;
    bytes_add_uint(out, values->count);
    vane_text_add(out, values->items, values->count * sizeof(double));
}

static bool load(void *cell, uint64_t count, struct bytes *in, const struct rules *rules)
{
    struct values *values = cell;
    if (bytes_read_uint(in) != count || !bytes_hold(in, count, sizeof(double)))
        return false;
    reserve(values, count, rules);
    for (uint64_t i = 0; i < count; i++) {
        values->items[values->count] = bytes_read_double(in);
        if (!isfinite(values->items[values->count++]))
            return false;
    }
    return true;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Sorting does not change what a cell holds. */
static const struct values *sorted(const struct reading *reading)
{
    struct values *values = (struct values *)reading->cell;
    if (!values->sorted)
        qsort(values->items, values->count, sizeof(double), compare);
    values->sorted = true;
    return values;
}

/* Between the two values around the place, by where it lies (Hyndman and Fan's type 7, as pandas, NumPy and
 * Spark's percentile). */
bool values_quantile(const struct reading *reading, double *value)
{
    const struct values *values = sorted(reading);
    double place = reading->parameter * (double)(values->count - 1);
    uint64_t below = (uint64_t)place;
    double share = place - (double)below, low = values->items[below];
    *value = share > 0 ? low + share * (values->items[below + 1] - low) : low;
    return true;
}

/* Of several that are as frequent, the least. */
bool values_mode(const struct reading *reading, double *value)
{
    const struct values *values = sorted(reading);
    uint64_t most = 0;
    for (uint64_t from = 0, to; from < values->count; from = to) {
        for (to = from + 1; to < values->count && values->items[to] == values->items[from]; to++)
            ;
        if (to - from > most) {
            most = to - from;
            *value = values->items[from];
        }
    }
    return most > 0;
}

bool values_distinct(const struct reading *reading, double *value)
{
    const struct values *values = sorted(reading);
    uint64_t distinct = 0;
    for (uint64_t i = 0; i < values->count; i++)
        distinct += i == 0 || values->items[i] != values->items[i - 1];
    *value = (double)distinct;
    return true;
}

const struct family values_family = { .size = size, .add = add, .merge = merge, .release = release,
                                      .save = save,
                                      .load = load };
