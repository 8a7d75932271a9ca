/* sketch - quantiles within a relative error, from few numbers: DDSketch (Masson, Rim and Lee, VLDB 2019).
 *
 * Bucket i counts values in (gamma^(i-1), gamma^i], gamma = (1 + e) / (1 - e); negative values have
 * buckets of their own, zero too. The middle of a bucket is within e of all in it, so a quantile is within
 * e of the value of that rank. Buckets are never joined: the error holds for all doubles but those below
 * the least normal one, which count as zero. Counts are integers, so merging in any order gives the same. */
#include <float.h>
#include <math.h>

#include "plugins/window/aggregates/aggregate.h"

struct bucket {
    int32_t  key;   /* sorts as the values do: see key_of */
    uint32_t high;  /* of the count; 8 bytes less than with padding */
    uint32_t low;
};

struct sketch {
    struct bucket *buckets; /* by key */
    uint32_t       count, room;
};

/* Positive values have keys around KEY_MIDDLE, negative ones around -KEY_MIDDLE, zero has 0. */
enum { KEY_MIDDLE = 1 << 30 };

static size_t size(const struct rules *rules)
{
    (void)rules;
    return sizeof(struct sketch);
}

static int32_t key_of(double value, const struct rules *rules)
{
    double distance = fabs(value);
    if (distance < DBL_MIN)
        return 0;
    int32_t key = KEY_MIDDLE + (int32_t)ceil(log(distance) * rules->sketch_factor);
    return value > 0 ? key : -key;
}

static double value_of(int32_t key, const struct rules *rules)
{
    if (key == 0)
        return 0;
    double exponent = (double)((key > 0 ? key : -key) - KEY_MIDDLE);
    double value = exp(exponent / rules->sketch_factor) * (1 - rules->sketch_error);
    return key > 0 ? value : -value;
}

static uint64_t count_of(const struct bucket *bucket)
{
    return (uint64_t)bucket->high << 32 | bucket->low;
}

static void reserve(struct sketch *sketch, uint32_t wanted, const struct rules *rules)
{
    uint32_t room = sketch->room ? sketch->room : 4;
    while (room < wanted)
        room *= 2;
    if (room == sketch->room)
        return;
    sketch->buckets = budget_resize(rules->budget, sketch->buckets, sketch->room * sizeof(struct bucket),
                                    room * sizeof(struct bucket));
    sketch->room = room;
}

/* The place of a key, or where it is to be. */
static uint32_t find(const struct sketch *sketch, int32_t key)
{
    uint32_t low = 0, high = sketch->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sketch->buckets[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_count(struct sketch *sketch, int32_t key, uint64_t more, const struct rules *rules)
{
    uint32_t at = find(sketch, key);
    if (at == sketch->count || sketch->buckets[at].key != key) {
        reserve(sketch, sketch->count + 1, rules);
        struct bucket *place = &sketch->buckets[at];
        memmove(place + 1, place, (sketch->count - at) * sizeof *place);
        *place = (struct bucket){ .key = key };
        sketch->count++;
    }
    struct bucket *bucket = &sketch->buckets[at];
    uint64_t count = count_of(bucket) + more;
    bucket->high = (uint32_t)(count >> 32);
    bucket->low = (uint32_t)count;
}

static void add(void *cell, uint64_t count, const struct sample *sample, const struct rules *rules)
{
    (void)count;
    add_count(cell, key_of(sample->value, rules), 1, rules);
}

static void merge(void *cell, uint64_t count, const void *from, uint64_t more, const struct rules *rules)
{
    const struct sketch *other = from;
    (void)count, (void)more;
    for (uint32_t i = 0; i < other->count; i++)
        add_count(cell, other->buckets[i].key, count_of(&other->buckets[i]), rules);
}

static void release(void *cell, const struct rules *rules)
{
    struct sketch *sketch = cell;
    budget_free(rules->budget, sketch->buckets, sketch->room * sizeof(struct bucket));
    *sketch = (struct sketch){ 0 };
}

static void save(const void *cell, struct vane_text *out)
{
    const struct sketch *sketch = cell;
    bytes_add_uint(out, sketch->count);
    for (uint32_t i = 0; i < sketch->count; i++) {
        bytes_add_int(out, sketch->buckets[i].key);
        bytes_add_uint(out, count_of(&sketch->buckets[i]));
    }
}

/* Keys rise, as they were saved, so that each is put behind the last. */
static bool load(void *cell, uint64_t count, struct bytes *in, const struct rules *rules)
{
    int64_t before = INT64_MIN;
    uint64_t buckets = bytes_read_uint(in), values = 0;
    if (!bytes_hold(in, buckets, 2))
        return false;
    for (uint64_t i = 0; i < buckets; i++) {
        int64_t key = bytes_read_int(in);
        uint64_t more = bytes_read_uint(in);
        if (in->bad || key <= before || key < -INT32_MAX || key > INT32_MAX)
            return false;
        add_count(cell, (int32_t)key, more, rules);
        values += more;
        before = key;
    }
    return values == count;
}

bool sketch_quantile(const struct reading *reading, double *value)
{
    const struct sketch *sketch = reading->cell;
    uint64_t rank = (uint64_t)(reading->parameter * (double)(reading->count - 1)), before = 0;
    uint32_t at = 0;
    while (at + 1 < sketch->count && (before += count_of(&sketch->buckets[at])) <= rank)
        at++;
    *value = sketch->count ? value_of(sketch->buckets[at].key, reading->rules) : 0;
    return sketch->count > 0;
}

const struct family sketch_family = { .size = size, .add = add, .merge = merge, .release = release,
                                      .save = save,
                                      .load = load };
