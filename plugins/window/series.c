/* series - see series.h. A copy is one piece: the series, its tags, its texts. */
#include "plugins/window/series.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"

static size_t size_of(const struct vane_series *series)
{
    size_t size = sizeof *series + series->tag_count * sizeof *series->tags + series->name_length + 1;
    for (uint32_t i = 0; i < series->tag_count; i++)
        size += series->tags[i].key_length + series->tags[i].value_length + 2;
    return size;
}

static const char *put(char **at, const char *text, uint32_t length)
{
    char *copy = *at;
    memcpy(copy, text, length);
    copy[length] = '\0';
    *at += length + 1;
    return copy;
}

struct vane_series *series_copy_of(const struct vane_series *series, struct budget *budget)
{
    struct vane_series *copy = budget_zero(budget, size_of(series));
    struct vane_tag *tags = (struct vane_tag *)(copy + 1);
    char *at = (char *)(tags + series->tag_count);
    *copy = *series;
    copy->tags = tags;
    copy->name = put(&at, series->name, series->name_length);
    for (uint32_t i = 0; i < series->tag_count; i++) {
        tags[i] = series->tags[i];
        tags[i].key = put(&at, series->tags[i].key, series->tags[i].key_length);
        tags[i].value = put(&at, series->tags[i].value, series->tags[i].value_length);
    }
    return copy;
}

void series_release(struct vane_series *series, struct budget *budget)
{
    budget_free(budget, series, size_of(series));
}

bool series_equal(const struct vane_series *a, const struct vane_series *b)
{
    if (a->name_length != b->name_length || a->tag_count != b->tag_count || memcmp(a->name, b->name,
                                                                                   a->name_length) != 0)
        return false;
    for (uint32_t i = 0; i < a->tag_count; i++) {
        const struct vane_tag *x = &a->tags[i], *y = &b->tags[i];
        if (x->key_length != y->key_length || x->value_length != y->value_length
            || memcmp(x->key, y->key, x->key_length) != 0 || memcmp(x->value, y->value, x->value_length) != 0)
            return false;
    }
    return true;
}

/* ---- Fewer tags ---- */

/* FNV-1a, eight bytes of length first: it only has to be the same in this process. */
static uint64_t hash_text(uint64_t hash, const char *text, uint32_t length)
{
    hash = (hash ^ length) * UINT64_C(0x100000001b3);
    for (uint32_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

static bool is_kept(const struct vane_tag *tag, struct vane_strings keys)
{
    for (size_t i = 0; i < keys.count; i++)
        if (strcmp(keys.items[i], tag->key) == 0)
            return true;
    return false;
}

struct vane_series series_with_tags(const struct vane_series *series, struct vane_strings keys,
                                    struct vane_tag *room)
{
    struct vane_series fewer = { .name = series->name, .name_length = series->name_length, .tags = room };
    uint64_t hash = hash_text(UINT64_C(0xcbf29ce484222325), series->name, series->name_length);
    for (uint32_t i = 0; i < series->tag_count; i++) {
        const struct vane_tag *tag = &series->tags[i];
        if (!is_kept(tag, keys))
            continue;
        room[fewer.tag_count++] = *tag;
        hash = hash_text(hash_text(hash, tag->key, tag->key_length), tag->value, tag->value_length);
    }
    fewer.hash = hash;
    return fewer;
}

/* ---- As text ---- */

void series_write(struct vane_text *text, const struct vane_series *series)
{
    vane_text_addf(text, "%u:%s", series->name_length, series->name);
    for (uint32_t i = 0; i < series->tag_count; i++) {
        const struct vane_tag *tag = &series->tags[i];
        vane_text_addf(text, ",%u:%s=%u:%s", tag->key_length, tag->key, tag->value_length, tag->value);
    }
}

/* "4:name". */
static bool read_piece(const char **at, const char **text, uint32_t *length)
{
    char *end;
    unsigned long count = strtoul(*at, &end, 10);
    if (end == *at || *end != ':' || count > UINT32_MAX || strnlen(end + 1, count) < count)
        return false;
    *text = end + 1;
    *length = (uint32_t)count;
    *at = end + 1 + count;
    return true;
}

bool series_read(const char *text, struct vane_series *series, const char **rest)
{
    struct vane_tag *tags = NULL;
    uint32_t count = 0;
    *series = (struct vane_series){ 0 };
    bool good = read_piece(&text, &series->name, &series->name_length);
    while (good && *text == ',') {
        tags = memory_resize(tags, count + 1, sizeof *tags);
        struct vane_tag *tag = &tags[count++];
        text++;
        good = read_piece(&text, &tag->key, &tag->key_length) && *text++ == '='
            && read_piece(&text, &tag->value, &tag->value_length);
    }
    series->tags = tags;
    series->tag_count = count;
    *rest = text;
    if (!good) {
        free(tags);
        *series = (struct vane_series){ 0 };
    }
    return good;
}
