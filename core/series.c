#include "core/series.h"

#include "core/hash.h"

#include <assert.h>
#include <string.h>

static int compare_keys(const struct vane_tag *a, const struct vane_tag *b)
{
    uint32_t shorter = a->key_length < b->key_length ? a->key_length : b->key_length;
    int order = memcmp(a->key, b->key, shorter);
    return order ? order : (a->key_length > b->key_length) - (a->key_length < b->key_length);
}

/* Insertion sort: tags are few and mostly sorted already. `fresh` replaces one of its key if
 * `replace`, else yields to it. */
static size_t insert(struct vane_tag *sorted, size_t count, struct vane_tag fresh, bool replace)
{
    size_t at = count;
    while (at > 0) {
        int order = compare_keys(&sorted[at - 1], &fresh);
        if (order == 0 && replace)
            sorted[at - 1] = fresh;
        if (order == 0)
            return count;
        if (order < 0)
            break;
        at--;
    }
    memmove(&sorted[at + 1], &sorted[at], (count - at) * sizeof *sorted);
    sorted[at] = fresh;
    return count + 1;
}

static size_t insert_all(struct vane_tag *sorted, size_t count, const struct vane_tag *tags, size_t tag_count,
                         bool replace)
{
    for (size_t i = 0; i < tag_count; i++)
        if (tags[i].key_length && tags[i].value_length)
            count = insert(sorted, count, tags[i], replace);
    return count;
}

static uint64_t hash_series(const struct vane_series *series)
{
    uint64_t hash = hash_bytes(series->name, series->name_length, 1);
    for (uint32_t i = 0; i < series->tag_count; i++) {
        hash = hash_bytes(series->tags[i].key, series->tags[i].key_length, hash);
        hash = hash_bytes(series->tags[i].value, series->tags[i].value_length, hash);
    }
    return hash;
}

void series_prepare(struct vane_series *series, struct vane_tag *sorted, const char *name, size_t name_length,
                    const struct vane_tag *tags, size_t count, const struct vane_tag *extra,
                    size_t extra_count)
{
    assert(name_length <= UINT32_MAX);
    size_t kept = insert_all(sorted, 0, tags, count, true);
    kept = insert_all(sorted, kept, extra, extra_count, false);
    *series = (struct vane_series){
        .name = name, .name_length = (uint32_t)name_length, .tags = sorted, .tag_count = (uint32_t)kept,
    };
    series->hash = hash_series(series);
}

/* Where the key stands, or belongs. */
static uint32_t place_of(const struct vane_series *series, const struct vane_tag *tag, bool *found)
{
    uint32_t at = series->tag_count;
    int order = 1;
    while (at > 0 && (order = compare_keys(&series->tags[at - 1], tag)) > 0)
        at--;
    *found = order == 0;
    return *found ? at - 1 : at;
}

uint32_t series_change(struct vane_series *series, struct vane_tag *sorted, const struct vane_series *from,
                       const struct vane_tag *tag)
{
    bool found, removed = tag->value_length == 0 || tag->key_length == 0;
    uint32_t at = place_of(from, tag, &found), rest = from->tag_count - at - found;
    if (at)
        memcpy(sorted, from->tags, at * sizeof *sorted);
    if (rest)
        memcpy(sorted + at + !removed, from->tags + at + found, rest * sizeof *sorted);
    if (!removed)
        sorted[at] = *tag;
    *series = *from;
    series->tags = sorted;
    series->tag_count = at + !removed + rest;
    series->hash = hash_series(series);
    return removed ? series->tag_count : at;
}

const struct vane_series *series_keep(struct arena *arena, const struct vane_series *draft, uint32_t fresh)
{
    struct vane_series *kept = arena_take(arena, sizeof *kept);
    struct vane_tag *tags = arena_take_array(arena, draft->tag_count, sizeof *tags);
    if (draft->tag_count)
        memcpy(tags, draft->tags, draft->tag_count * sizeof *tags);
    if (fresh < draft->tag_count) {
        tags[fresh].key = arena_text(arena, tags[fresh].key, tags[fresh].key_length);
        tags[fresh].value = arena_text(arena, tags[fresh].value, tags[fresh].value_length);
    }
    *kept = *draft;
    kept->tags = tags;
    return kept;
}

const struct vane_series *series_copy(struct arena *arena, const struct vane_series *series)
{
    struct vane_series *copy = arena_take(arena, sizeof *copy);
    struct vane_tag *tags = arena_take_array(arena, series->tag_count, sizeof *tags);
    for (uint32_t i = 0; i < series->tag_count; i++) {
        tags[i] = series->tags[i];
        tags[i].key = arena_text(arena, tags[i].key, tags[i].key_length);
        tags[i].value = arena_text(arena, tags[i].value, tags[i].value_length);
    }
    *copy = *series;
    copy->name = arena_text(arena, series->name, series->name_length);
    copy->tags = tags;
    return copy;
}

bool vane_same_series(const struct vane_series *a, const struct vane_series *b)
{
    if (a == b)
        return true;
    if (a->hash != b->hash || a->name_length != b->name_length || a->tag_count != b->tag_count
        || memcmp(a->name, b->name, a->name_length) != 0)
        return false;
    for (uint32_t i = 0; i < a->tag_count; i++) {
        const struct vane_tag *x = &a->tags[i], *y = &b->tags[i];
        if (x->key_length != y->key_length || x->value_length != y->value_length
            || memcmp(x->key, y->key, x->key_length) != 0
            || memcmp(x->value, y->value, x->value_length) != 0)
            return false;
    }
    return true;
}

const char *vane_get_tag(const struct vane_series *series, const char *key)
{
    for (uint32_t i = 0; i < series->tag_count; i++)
        if (strcmp(series->tags[i].key, key) == 0)
            return series->tags[i].value;
    return NULL;
}
