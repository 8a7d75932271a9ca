/* window_state_fuzz - any bytes as saved records of windows: load refuses them or takes a state that works on,
 * within bounds of memory. The first byte chooses the options, the second how many metrics make true records; what
 * follows is put over those, three bytes each (where, and what), or with 255 is a record itself. */
#include <assert.h>

#include "core/batch.h"
#include "tests/unit/window_saved.h"

static const char *const all_of_it[] = { "count", "mean", "interval", "s2", "derivative", "integral", "time_weighted_mean",
                                         "median", "mode", "distinct", "histogram" };
static const char *const zone[] = { "zone" };
static const double bounds[] = { 1, 5 };

static struct options options_of(uint8_t choice)
{
    static const struct options kinds[] = {
        { .every = 10000000000 }, { .every = 4000000000, .period = 10000000000 }, { .gap = 2000000000 },
        { .period = 8000000000 }, { .every_count = 7 }, { .every = 10000000000, .fill = FILL_LINEAR, .fill_limit = 9 },
        { .every = 5000000000, .late = LATE_UPDATE, .allowed_lateness = 60000000000 },
        { .every = 86400000000000, .timezone = "Europe/Berlin" },
    };
    struct options options = kinds[choice % 8];
    options.aggregates = (struct vane_strings){ all_of_it, sizeof all_of_it / sizeof *all_of_it };
    options.buckets = (struct vane_floats){ bounds, 2 };
    options.quantile_method = choice >> 3 & 1;
    options.distinct_method = choice >> 4 & 1;
    options.idle = choice >> 5 & 1 ? 30 * KIT_SECOND : 0;
    if (choice >> 6 & 1)
        options.group_by = (struct vane_strings){ zone, 1 };
    return options;
}

/* Metrics of six series in two zones, in order of time but every seventh. */
static void feed(struct window_kit *kit, int64_t from, unsigned count)
{
    struct batch *batch = batch_new();
    for (unsigned i = 0; i < count; i++) {
        const char host[] = { (char)('a' + i % 3), '\0' }, in[] = { (char)('y' + i % 2), '\0' };
        struct vane_tag tags[] = { vane_tag("host", host), vane_tag("zone", in) };
        int64_t time = from + (int64_t)i * KIT_SECOND - (i % 7 ? 0 : 9 * KIT_SECOND);
        vane_batch_arrival(&batch->view, time);
        vane_set_float(vane_add(&batch->view, vane_series(&batch->view, "m", tags, 2), time), i % 5 ? "v" : "w", i % 11);
    }
    batch_seal(batch, from);
    window_kit_process(kit, batch);
    batch_unref(batch);
}

static void make_records(struct vane_saver *saver, const struct options *options, unsigned metrics)
{
    struct window_kit kit;
    window_kit_open(&kit, options);
    feed(&kit, KIT_START, metrics);
    window_saved_save(saver, &kit, true);
    window_kit_close(&kit);
}

/* The fingerprint of the options stays: without it nothing is read at all. */
static void damage(struct vane_saver *saver, const uint8_t *data, size_t size)
{
    for (; saver->count && size >= 3; data += 3, size -= 3) {
        struct saved *saved = &saver->items[data[0] % saver->count];
        size_t at = sizeof(uint64_t) + data[1];
        if (at < saved->length)
            ((uint8_t *)saved->data)[at] ^= data[2];
        else if (data[2])
            saved->length = saved->length * data[2] / 256;
    }
}

/* The last record, with these bytes behind its fingerprint. */
static void replace(struct vane_saver *saver, const uint8_t *data, size_t size)
{
    struct saved *saved = &saver->items[saver->count - 1];
    saved->data = realloc(saved->data, sizeof(uint64_t) + size + 1);
    memcpy((char *)saved->data + sizeof(uint64_t), data, size);
    saver->bytes += size;
    saved->length = sizeof(uint64_t) + size;
}

static void go_on(struct window_kit *kit, struct vane_saver *saver)
{
    feed(kit, KIT_START + 10 * KIT_SECOND, 40);
    if (window_kit_state(kit)->options.idle)
        vane_plugin.tick(&kit->instance->self, NULL, KIT_START + 100 * KIT_SECOND);
    window_saved_save(saver, kit, false);
    vane_plugin.end(&kit->instance->self);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { ALWAYS = 1 << 20, A_BYTE = 1000 };
    if (size < 2 || size > 1 << 16)
        return 0;
    struct options options = options_of(data[0]);
    struct vane_saver saver = { 0 };
    make_records(&saver, &options, data[1] == UINT8_MAX ? 1 : 1 + data[1] % 64);
    if (data[1] == UINT8_MAX)
        replace(&saver, data + 2, size - 2);
    else
        damage(&saver, data + 2, size - 2);

    struct window_kit kit;
    window_kit_open(&kit, &options);
    for (size_t i = 0; i < saver.count; i++)
        window_saved_load(&kit, &saver.items[i]);
    assert(window_kit_state(&kit)->budget.used < ALWAYS + A_BYTE * saver.bytes);
    go_on(&kit, &saver);
    window_kit_close(&kit);
    window_saved_release(&saver);
    return 0;
}
