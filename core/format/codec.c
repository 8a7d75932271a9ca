/* codec - what formats share; see codec.h. */
#include "core/format/codec.h"

#include "core/alloc.h"
#include "core/format/zone.h"
#include "core/hash.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_MAX = 256, FEW = 12, SLOTS = 256 };

/* ---- Options ---- */

bool codec_join(struct error *all, bool good, const struct error *one)
{
    size_t length = strlen(all->text);
    if (!good)
        snprintf(all->text + length, sizeof all->text - length, "%s%s", length ? "\n" : "", one->text);
    return good;
}

static bool check_time_format(const struct timestamp_format *format, const char *option, const char *text,
                              struct error *err)
{
    if (!format)
        return error_prefix(err, "%s", option);
    return timestamp_can_read(format) || error_set(err, "%s: \"%s\" has no year", option, text);
}

/* Without a format the zone is looked at all the same. */
static bool set_zone(struct timestamp_format *format, const char *option, const char *name, struct error *err)
{
    struct zone *zone = format ? NULL : zone_new(name, err);
    bool good = format ? timestamp_set_zone(format, name, err) : zone != NULL;
    zone_free(zone);
    return good || error_prefix(err, "%s", option);
}

struct timestamp_format *codec_time_format(const char *option, const char *text, const char *zone_option,
                                           const char *zone, struct error *err)
{
    struct error one;
    struct timestamp_format *format = timestamp_format_new(text, &one);
    err->text[0] = '\0';
    bool good = codec_join(err, check_time_format(format, option, text, &one), &one);
    if (codec_join(err, set_zone(format, zone_option, zone, &one), &one) && good)
        return format;
    timestamp_format_free(format);
    return NULL;
}

bool codec_globs(struct glob_list **list, const char *option, const struct vane_strings *patterns,
                 struct error *err)
{
    *list = NULL;
    if (!patterns->count)
        return true;
    *list = glob_list_new(patterns, NULL, err);
    return *list || error_prefix(err, "%s", option);
}

/* ---- Bad records ---- */

/* How many of the eight bytes are newlines: a byte that is one becomes 0, and only a 0 keeps its top
 * bit clear when 0x7f is added to its low seven. */
static unsigned count_newlines(uint64_t word)
{
    const uint64_t low = 0x7f7f7f7f7f7f7f7fu, ones = 0x0101010101010101u;
    word ^= ones * '\n';
    uint64_t none = ~(((word & low) + low) | word | low);
    return (unsigned)((none >> 7) * ones >> 56);
}

void codec_count_lines(struct decoder *decoder, size_t to)
{
    const char *next = decoder->bytes + decoder->counted, *end = decoder->bytes + to;
    for (; end - next >= 8; next += 8) {
        uint64_t word;
        memcpy(&word, next, sizeof word);
        decoder->line += count_newlines(word);
    }
    for (; next < end; next++)
        decoder->line += *next == '\n';
    decoder->counted = to;
}

void codec_bad(struct decoder *decoder, size_t start, size_t end, const char *format, ...)
{
    char reason[REASON_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    for (char *c = reason; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';

    codec_count_lines(decoder, start);
    const char *bytes = decoder->bytes;
    if (end > start && bytes[end - 1] == '\n')
        end--;
    if (end > start && bytes[end - 1] == '\r')
        end--;
    decoder->sink->bad(decoder->sink->context, &(struct bad_record){
        .source = decoder->source, .place = decoder->place, .offset = start, .line = decoder->line,
        .reason = reason, .bytes = bytes + start, .length = end - start,
    });
}

size_t codec_line_end(const struct decoder *decoder, size_t at)
{
    if (at == decoder->length)
        return at;
    const char *newline = memchr(decoder->bytes + at, '\n', decoder->length - at);
    return newline ? (size_t)(newline - decoder->bytes) + 1 : decoder->length;
}

/* ---- Metrics ---- */

char *codec_copy(struct decoder *decoder, size_t from, size_t to, size_t padding)
{
    size_t length = to - from;
    char *copy = arena_take(batch_arena(decoder->batch), size_add(length, padding));
    if (length)
        memcpy(copy, decoder->bytes + from, length);
    memset(copy + length, 0, padding);
    return copy;
}

static bool same_key(const struct vane_field *a, const struct vane_field *b)
{
    return a->key_length == b->key_length && memcmp(a->key, b->key, a->key_length) == 0;
}

/* The value moves to where the key stood first. */
static void replace(struct vane_field *old, const struct vane_field *fresh)
{
    const char *key = old->key;
    *old = *fresh;
    old->key = key;
}

static size_t unique_of_few(struct vane_field *fields, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t same = 0;
        while (same < kept && !same_key(&fields[same], &fields[i]))
            same++;
        if (same < kept)
            replace(&fields[same], &fields[i]);
        else
            fields[kept++] = fields[i];
    }
    return kept;
}

/* With a table of places (plus one, 0: free), so that a record of very many fields costs no square. */
static size_t unique_of_many(struct vane_field *fields, size_t count, uint32_t *places, size_t slots)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = hash_bytes(fields[i].key, fields[i].key_length, 3) & (slots - 1);
        while (places[at] && !same_key(&fields[places[at] - 1], &fields[i]))
            at = (at + 1) & (slots - 1);
        if (places[at]) {
            replace(&fields[places[at] - 1], &fields[i]);
            continue;
        }
        fields[kept++] = fields[i];
        places[at] = (uint32_t)kept;
    }
    return kept;
}

size_t codec_unique(struct vane_field *fields, size_t count)
{
    if (count <= FEW)
        return unique_of_few(fields, count);
    if (count <= SLOTS / 2) {
        uint32_t on_stack[SLOTS] = { 0 };
        return unique_of_many(fields, count, on_stack, SLOTS);
    }
    size_t slots = SLOTS;
    while (slots < count * 2)
        slots *= 2;
    uint32_t *places = alloc_array(slots, sizeof *places);
    size_t kept = unique_of_many(fields, count, places, slots);
    free(places);
    return kept;
}

void codec_add(struct batch *batch, const struct vane_series *series, int64_t time,
               const struct vane_field *fields, size_t count)
{
    struct vane_field *copy = arena_take_array(batch_arena(batch), count, sizeof *copy);
    if (count)
        memcpy(copy, fields, count * sizeof *copy);
    batch_add_fields(batch, series, time, copy, count);
}

/* ---- Texts and arrays ---- */

char *codec_room(struct vane_text *text, size_t more)
{
    size_t needed = size_add(size_add(text->length, more), 1);
    if (needed > text->capacity) {
        text->capacity = alloc_grow(text->capacity, needed);
        text->data = alloc_resize(text->data, text->capacity, 1);
    }
    return text->data + text->length;
}

void codec_wrote(struct vane_text *text, char *end)
{
    text->length = (size_t)(end - text->data);
    *end = '\0';
}

void codec_cut(struct vane_text *text, size_t length)
{
    if (text->data)
        codec_wrote(text, text->data + length);
}

void *codec_grow(void *array, size_t *room, size_t needed, size_t size)
{
    if (needed <= *room)
        return array;
    *room = alloc_grow(*room, needed);
    return alloc_resize(array, *room, size);
}

/* ---- Encoding ---- */

void codec_reject(const struct encoder *encoder, size_t index, const char *reason)
{
    encoder->sink->reject(encoder->sink->context, index, reason);
}

bool codec_is_finite(const struct vane_field *field)
{
    return field->type != VANE_FLOAT || isfinite(field->f);
}

bool codec_has_finite(const struct vane_metric *metric)
{
    for (uint32_t i = 0; i < metric->field_count; i++)
        if (codec_is_finite(&metric->fields[i]))
            return true;
    return false;
}

static int compare_keys(const struct vane_field *a, const struct vane_field *b)
{
    uint32_t shorter = a->key_length < b->key_length ? a->key_length : b->key_length;
    int order = memcmp(a->key, b->key, shorter);
    return order ? order : (a->key_length > b->key_length) - (a->key_length < b->key_length);
}

static int compare_places(const void *a, const void *b)
{
    return compare_keys(*(const struct vane_field *const *)a, *(const struct vane_field *const *)b);
}

const struct vane_field **codec_sorted(struct codec_sorter *sorter, const struct vane_metric *metric)
{
    size_t count = metric->field_count;
    sorter->fields = codec_grow(sorter->fields, &sorter->room, count, sizeof *sorter->fields);
    bool sorted = true;
    for (size_t i = 0; i < count; i++) {
        sorter->fields[i] = &metric->fields[i];
        sorted = sorted && (i == 0 || compare_keys(&metric->fields[i - 1], &metric->fields[i]) < 0);
    }
    if (!sorted)
        qsort(sorter->fields, count, sizeof *sorter->fields, compare_places);
    return sorter->fields;
}
