/* parts - see parts.h.
 *
 * Metrics are encoded in runs, not one by one: within one call the encoder writes a series that it has
 * written before by copying it. That leaves the places of single lines unknown; they are seldom asked for. */
#include "plugins/influx_out/parts.h"

#include <assert.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

/* ---- Sorting ---- */

static struct part *add_part(struct parts *parts, const struct target *target)
{
    if (parts->count == parts->room) {
        parts->room = parts->room ? 2 * parts->room : 4;
        parts->list = memory_resize(parts->list, parts->room, sizeof *parts->list);
    }
    struct part *part = &parts->list[parts->count++];
    *part = (struct part){ .target = *target };
    return part;
}

static bool same_target(const struct target *a, const struct target *b)
{
    return strcmp(a->bucket, b->bucket) == 0 && strcmp(a->policy, b->policy) == 0;
}

static struct target target_of(const struct influx *influx, const struct vane_series *series)
{
    struct target target = target_default(influx);
    const char *bucket_tag = target_bucket_tag(influx), *policy_tag = target_policy_tag(influx);
    const char *bucket = bucket_tag ? vane_get_tag(series, bucket_tag) : NULL;
    const char *policy = policy_tag ? vane_get_tag(series, policy_tag) : NULL;
    return (struct target){ bucket ? bucket : target.bucket, policy ? policy : target.policy };
}

static uint32_t find_part(struct parts *parts, const struct target *target)
{
    for (size_t i = 0; i < parts->count; i++)
        if (same_target(&parts->list[i].target, target))
            return (uint32_t)i;
    return (uint32_t)(add_part(parts, target) - parts->list);
}

static const uint32_t NO_PART = UINT32_MAX;

/* The part of each metric; parts count their items in `end`. */
static uint32_t *find_parts(struct parts *parts)
{
    const struct vane_write *write = parts->write;
    const struct vane_series *last = NULL;
    uint32_t part = NO_PART, *part_of = memory_resize(NULL, write->count, sizeof *part_of);
    for (size_t i = 0; i < write->count; i++) {
        const struct vane_series *series = write->metrics[i]->series;
        if (series != last) {
            struct target target = target_of(parts->influx, series);
            part = target.bucket[0] ? find_part(parts, &target) : NO_PART;
            last = series;
        }
        part_of[i] = part;
        if (part != NO_PART)
            parts->list[part].end++;
    }
    return part_of;
}

static void reject_homeless(struct parts *parts, size_t metric)
{
    vane_reject(parts->influx->self, parts->write, metric, 1,
                "it has no tag \"%s\", and no bucket or database is set", target_bucket_tag(parts->influx));
}

static void sort(struct parts *parts)
{
    uint32_t *part_of = find_parts(parts);
    size_t at = 0;
    for (size_t i = 0; i < parts->count; i++) {
        size_t count = parts->list[i].end;
        parts->list[i].first = parts->list[i].end = at;
        at += count;
    }
    for (size_t i = 0; i < parts->write->count; i++) {
        if (part_of[i] == NO_PART)
            reject_homeless(parts, i);
        else
            parts->items[parts->list[part_of[i]].end++] = (struct item){ .metric = (uint32_t)i };
    }
    free(part_of);
}

static void take_all(struct parts *parts)
{
    struct target target = target_default(parts->influx);
    struct part *part = add_part(parts, &target);
    for (size_t i = 0; i < parts->write->count; i++)
        parts->items[i] = (struct item){ .metric = (uint32_t)i };
    part->end = parts->write->count;
}

/* ---- Encoding ---- */

/* How many items from `first` on are metrics that follow each other. */
static size_t run_length(const struct item *items, size_t first, size_t end)
{
    size_t at = first + 1;
    while (at < end && items[at].metric == items[at - 1].metric + 1)
        at++;
    return at - first;
}

static void cut(struct vane_text *text, size_t length)
{
    text->length = length;
    if (text->data)
        text->data[length] = '\0';
}

/* Moves the items that have a form to `kept`; answers how many. Where a run has one that has none, it is
 * encoded again, metric by metric, to see which; the host rejects a metric only once. */
static size_t encode_run(struct parts *parts, size_t first, size_t count, size_t kept)
{
    struct vane_self *self = parts->influx->self;
    struct item *items = parts->items;
    size_t start = parts->text.length, before = kept;
    if (vane_encode(self, &parts->text, parts->write, items[first].metric, count) == count) {
        memmove(items + kept, items + first, count * sizeof *items);
        return count;
    }
    cut(&parts->text, start);
    for (size_t i = first; i < first + count; i++)
        if (vane_encode(self, &parts->text, parts->write, items[i].metric, 1))
            items[kept++] = items[i];
    return kept - before;
}

static void encode_part(struct parts *parts, struct part *part)
{
    size_t kept = part->first, count;
    part->at = parts->text.length;
    for (size_t i = part->first; i < part->end; i += count) {
        count = run_length(parts->items, i, part->end);
        kept += encode_run(parts, i, count, kept);
    }
    part->end = kept;
    if (!lines_shape_is_plain(&parts->influx->shape))
        lines_reshape(&parts->text, part->at, &parts->influx->shape);
    part->length = parts->text.length - part->at;
}

void parts_fill(struct parts *parts, struct influx *influx, struct vane_write *write)
{
    parts->influx = influx;
    parts->write = write;
    parts->count = 0;
    vane_text_clear(&parts->text);
    if (write->count > parts->item_room) {
        parts->items = memory_resize(parts->items, write->count, sizeof *parts->items);
        parts->item_room = write->count;
    }
    if (target_bucket_tag(influx) || target_policy_tag(influx))
        sort(parts);
    else
        take_all(parts);
    for (size_t i = 0; i < parts->count; i++)
        encode_part(parts, &parts->list[i]);
}

void parts_release(struct parts *parts)
{
    free(parts->list);
    free(parts->items);
    vane_text_release(&parts->text);
}

/* ---- Pieces ---- */

void parts_measure(struct parts *parts, struct part *part)
{
    struct influx *influx = parts->influx;
    struct vane_text *line = &influx->scratch;
    size_t at = part->at;
    for (size_t i = part->first; i < part->end && !part->measured; i++) {
        struct item *item = &parts->items[i];
        vane_text_clear(line);
        vane_encode(influx->self, line, parts->write, item->metric, 1);
        if (!lines_shape_is_plain(&influx->shape))
            lines_reshape(line, 0, &influx->shape);
        item->at = at;
        item->length = line->length;
        at += line->length;
    }
    assert(part->measured || at == part->at + part->length);
    part->measured = true;
}

void parts_gather(const struct parts *parts, struct piece piece, struct vane_text *out)
{
    for (size_t i = piece.first; i < piece.end; i++)
        vane_text_add(out, parts->text.data + parts->items[i].at, parts->items[i].length);
}

void parts_deliver(const struct parts *parts, struct piece piece)
{
    for (size_t i = piece.first, count; i < piece.end; i += count) {
        count = run_length(parts->items, i, piece.end);
        vane_delivered(parts->influx->self, parts->write, parts->items[i].metric, count);
    }
}

void parts_reject(const struct parts *parts, struct piece piece, const char *reason)
{
    for (size_t i = piece.first, count; i < piece.end; i += count) {
        count = run_length(parts->items, i, piece.end);
        vane_reject(parts->influx->self, parts->write, parts->items[i].metric, count, "%s", reason);
    }
}
