/* ledger - see ledger.h. */
#include "plugins/forecast/judge/ledger.h"

#include "core/plugin.h"
#include "plugins/forecast/judge/bytes.h"

#include <float.h>

static size_t entry_size(const struct shape *shape)
{
    return sizeof(struct ledger_entry) + shape->candidates * (2 + 2 * shape->levels) * sizeof(double);
}

size_t ledger_size(const struct shape *shape)
{
    size_t entries = 0;
    for (size_t i = 0; i < shape->horizon_count; i++)
        entries += shape->capacity[i];
    return sizeof(struct ledger) + entries * entry_size(shape);
}

void ledger_init(struct ledger *ledger)
{
    *ledger = (struct ledger){ .due = INT64_MAX };
}

static struct ledger_entry *entry_at(const struct ledger *ledger, const struct shape *shape, size_t ring,
                                     uint64_t i)
{
    uint64_t before = (ledger->rings[ring].first + i) % shape->capacity[ring];
    for (size_t r = 0; r < ring; r++)
        before += shape->capacity[r];
    return (struct ledger_entry *)(void *)((char *)(uintptr_t)(ledger + 1) + before * entry_size(shape));
}

static uint64_t length_of(const struct shape *shape, size_t ring)
{
    return (uint64_t)shape->settings->step * shape->horizons[ring];
}

/* Between two forecasts that are kept, at least. */
static uint64_t spacing_of(const struct shape *shape, size_t ring)
{
    return length_of(shape, ring) / (shape->capacity[ring] - 1);
}

uint64_t ledger_spacing(const struct shape *shape, uint64_t longest)
{
    uint64_t most = 0;
    for (size_t r = 0; r < shape->horizon_count; r++)
        if (length_of(shape, r) <= longest && spacing_of(shape, r) > most)
            most = spacing_of(shape, r);
    return most;
}

static void find_due(struct ledger *ledger, const struct shape *shape)
{
    ledger->due = INT64_MAX;
    for (size_t r = 0; r < shape->horizon_count; r++) {
        if (ledger->rings[r].count == 0)
            continue;
        int64_t target = entry_at(ledger, shape, r, 0)->target;
        if (target < ledger->due)
            ledger->due = target;
    }
}

struct ledger_entry *ledger_add(struct ledger *ledger, const struct shape *shape, size_t ring, int64_t origin)
{
    struct ledger_ring *self = &ledger->rings[ring];
    if (self->any) {
        uint64_t passed = (uint64_t)origin - (uint64_t)self->origin;
        if (origin <= self->origin || passed < spacing_of(shape, ring))
            return NULL;
    }
    if (self->count == shape->capacity[ring])
        return NULL;
    struct ledger_entry *entry = entry_at(ledger, shape, ring, self->count);
    entry->target = (int64_t)((uint64_t)origin + length_of(shape, ring));
    if (entry->target < ledger->due)
        ledger->due = entry->target;
    self->any = true;
    self->origin = origin;
    self->count++;
    return entry;
}

struct ledger_entry *ledger_due(struct ledger *ledger, const struct shape *shape, size_t ring, int64_t time,
                                bool at)
{
    if (ledger->rings[ring].count == 0)
        return NULL;
    struct ledger_entry *entry = entry_at(ledger, shape, ring, 0);
    return entry->target < time || (at && entry->target == time) ? entry : NULL;
}

void ledger_remove(struct ledger *ledger, const struct shape *shape, size_t ring)
{
    struct ledger_ring *self = &ledger->rings[ring];
    self->first = (self->first + 1) % shape->capacity[ring];
    self->count--;
    find_due(ledger, shape);
}

/* ---- State ---- */

static size_t values_of_one(const struct shape *shape)
{
    return 2 + 2 * shape->levels;
}

void ledger_save(const struct ledger *ledger, const struct shape *shape, size_t ring, struct vane_text *out)
{
    const struct ledger_ring *self = &ledger->rings[ring];
    uint64_t any = self->any;
    vane_text_add(out, &self->count, sizeof self->count);
    vane_text_add(out, &self->origin, sizeof self->origin);
    vane_text_add(out, &any, sizeof any);
    for (uint64_t i = 0; i < self->count; i++) {
        struct ledger_entry *entry = entry_at(ledger, shape, ring, i);
        vane_text_add(out, entry, sizeof *entry);
        for (size_t c = 0; c < shape->candidates; c++)
            if (entry->made >> c & 1)
                vane_text_add(out, ledger_values(shape, entry, c), values_of_one(shape) * sizeof(double));
    }
}

static void load_values(struct ledger_entry *entry, const struct shape *shape, struct bytes *bytes)
{
    for (size_t c = 0; c < shape->candidates; c++) {
        if (!(entry->made >> c & 1))
            continue;
        double *values = ledger_values(shape, entry, c);
        for (size_t i = 0; i < values_of_one(shape); i++)
            values[i] = bytes_take_number(bytes, i == 1 ? 0 : -DBL_MAX, DBL_MAX);
    }
}

void ledger_load(struct ledger *ledger, const struct shape *shape, size_t ring, struct bytes *bytes)
{
    struct ledger_ring loaded = { .count = bytes_take_count(bytes, shape->capacity[ring]) };
    int64_t before = INT64_MIN;
    bytes_take(bytes, &loaded.origin, sizeof loaded.origin);
    loaded.any = bytes_take_count(bytes, 1);
    ledger->rings[ring] = loaded;
    for (uint64_t i = 0; i < loaded.count && !bytes->bad; i++) {
        struct ledger_entry *entry = entry_at(ledger, shape, ring, i);
        bytes_take(bytes, &entry->target, sizeof entry->target);
        entry->base = bytes_take_number(bytes, -DBL_MAX, DBL_MAX);
        entry->made = bytes_take_count(bytes, (UINT64_C(1) << shape->candidates) - 1);
        entry->answered = bytes_take_count(bytes, shape->candidates - 1);
        load_values(entry, shape, bytes);
        bytes->bad = bytes->bad || entry->target <= before;
        before = entry->target;
    }
    uint64_t last = (uint64_t)loaded.origin + length_of(shape, ring);
    bytes->bad = bytes->bad || (loaded.count && (!loaded.any || (uint64_t)before != last));
    if (bytes->bad)
        ledger->rings[ring] = (struct ledger_ring){ 0 };
    find_due(ledger, shape);
}
