/* points - all values of a window with their times, for what needs them in order of time, though they came in
 * another: the integral and the mean over time. Sixteen bytes a value. */
#include <stdlib.h>

#include "plugins/window/aggregates/aggregate.h"

struct point {
    int64_t time;
    double  value;
};

struct points {
    struct point *items;
    uint64_t      count : 63, disordered : 1;
    uint64_t      room;
};

static size_t size(const struct rules *rules)
{
    (void)rules;
    return sizeof(struct points);
}

static void reserve(struct points *points, uint64_t more, const struct rules *rules)
{
    uint64_t room = points->room ? points->room : 4;
    while (room < points->count + more)
        room *= 2;
    if (room == points->room)
        return;
    points->items = budget_resize(rules->budget, points->items, points->room * sizeof(struct point),
                                  room * sizeof(struct point));
    points->room = room;
}

static void push(struct points *points, struct point point)
{
    if (points->count && point.time < points->items[points->count - 1].time)
        points->disordered = true;
    points->items[points->count++] = point;
}

static void add(void *cell, uint64_t count, const struct sample *sample, const struct rules *rules)
{
    (void)count;
    reserve(cell, 1, rules);
    push(cell, (struct point){ sample->time, sample->value });
}

static void merge(void *cell, uint64_t count, const void *from, uint64_t more, const struct rules *rules)
{
    const struct points *other = from;
    (void)count, (void)more;
    reserve(cell, other->count, rules);
    for (uint64_t i = 0; i < other->count; i++)
        push(cell, other->items[i]);
}

static void release(void *cell, const struct rules *rules)
{
    struct points *points = cell;
    budget_free(rules->budget, points->items, points->room * sizeof(struct point));
    *points = (struct points){ 0 };
}

static void save(const void *cell, struct vane_text *out)
{
    const struct points *points = cell;
    bytes_add_uint(out, points->count);
    vane_text_add(out, points->items, points->count * sizeof(struct point));
}

static bool load(void *cell, uint64_t count, struct bytes *in, const struct rules *rules)
{
    if (bytes_read_uint(in) != count || !bytes_hold(in, count, sizeof(struct point)))
        return false;
    reserve(cell, count, rules);
    for (uint64_t i = 0; i < count; i++) {
        struct point point;
        bytes_read(in, &point, sizeof point);
        push(cell, point);
    }
    return true;
}

/* Stable: points of one time stay in the order in which they came. Merges runs of growing length. */
static void sort(struct point *items, uint64_t count)
{
    struct point *spare = malloc(count * sizeof *spare);
    if (!spare)
        abort();
    for (uint64_t run = 1; run < count; run *= 2) {
        for (uint64_t from = 0; from < count; from += 2 * run) {
            uint64_t middle = from + run < count ? from + run : count;
            uint64_t end = middle + run < count ? middle + run : count;
            for (uint64_t a = from, b = middle, to = from; to < end; to++) {
                bool left = b == end || (a < middle && items[a].time <= items[b].time);
                spare[to] = left ? items[a++] : items[b++];
            }
        }
        memcpy(items, spare, count * sizeof *items);
    }
    free(spare);
}

/* Sorting does not change what a cell holds. */
static const struct points *sorted(const struct reading *reading)
{
    struct points *points = (struct points *)reading->cell;
    if (points->disordered)
        sort(points->items, points->count);
    points->disordered = false;
    return points;
}

static double seconds(int64_t from, int64_t to)
{
    return nanoseconds(from, to) / 1e9;
}

/* Trapezoids between neighbours, in value times seconds. */
bool points_integral(const struct reading *reading, double *value)
{
    const struct points *points = sorted(reading);
    *value = 0;
    for (uint64_t i = 1; i < points->count; i++) {
        const struct point *a = &points->items[i - 1], *b = &points->items[i];
        *value += (a->value + b->value) / 2 * seconds(a->time, b->time);
    }
    return points->count > 1;
}

/* Each value holds until the next one, the last until the window ends; what was before the first is not known
 * and does not count. */
bool points_mean(const struct reading *reading, double *value)
{
    const struct points *points = sorted(reading);
    if (!points->count)
        return false;
    double sum = 0, first = points->items[0].value; /* around the first: less is lost to rounding */
    for (uint64_t i = 0; i < points->count; i++) {
        int64_t until = i + 1 < points->count ? points->items[i + 1].time : reading->end;
        sum += (points->items[i].value - first) * seconds(points->items[i].time, until);
    }
    double whole = seconds(points->items[0].time, reading->end);
    *value = whole > 0 ? first + sum / whole : points->items[points->count - 1].value;
    return true;
}

const struct family points_family = { .size = size, .add = add, .merge = merge, .release = release,
                                      .save = save,
                                      .load = load };
