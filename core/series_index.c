#include "core/series_index.h"

#include "core/alloc.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 16 };

struct entry {
    uint64_t                  hash;
    const char               *text;
    size_t                    length;
    const struct vane_series *series; /* NULL: a free slot */
};

struct series_index {
    struct entry *slots;
    size_t        slot_count, used; /* slot_count is a power of two, at least twice `used` */
};

struct series_index *series_index_new(void)
{
    struct series_index *index = alloc_zero(sizeof *index);
    index->slot_count = FIRST_SLOTS;
    index->slots = alloc_array(FIRST_SLOTS, sizeof *index->slots);
    return index;
}

void series_index_free(struct series_index *index)
{
    if (index)
        free(index->slots);
    free(index);
}

static bool matches(const struct entry *entry, const char *text, size_t length, const struct vane_series *like)
{
    if (!text)
        return !entry->text && vane_same_series(entry->series, like);
    return entry->text && entry->length == length && memcmp(entry->text, text, length) == 0;
}

const struct vane_series *series_index_find(const struct series_index *index, uint64_t hash,
                                            const char *text, size_t length, const struct vane_series *like)
{
    for (size_t at = hash & (index->slot_count - 1); index->slots[at].series; at = (at + 1) & (index->slot_count - 1))
        if (index->slots[at].hash == hash && matches(&index->slots[at], text, length, like))
            return index->slots[at].series;
    return NULL;
}

static void put(struct series_index *index, struct entry entry)
{
    size_t at = entry.hash & (index->slot_count - 1);
    while (index->slots[at].series)
        at = (at + 1) & (index->slot_count - 1);
    index->slots[at] = entry;
}

void series_index_add(struct series_index *index, uint64_t hash, const char *text, size_t length,
                      const struct vane_series *series)
{
    if (++index->used * 2 > index->slot_count) {
        struct entry *old = index->slots;
        size_t old_count = index->slot_count;
        index->slot_count = size_mul(old_count, 2);
        index->slots = alloc_array(index->slot_count, sizeof *index->slots);
        for (size_t i = 0; i < old_count; i++)
            if (old[i].series)
                put(index, old[i]);
        free(old);
    }
    put(index, (struct entry){ .hash = hash, .text = text, .length = length, .series = series });
}
