/* narrow - see narrow.h. */
#include "plugins/influx_out/narrow.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"

enum { REASON_LIMIT = 300 };

/* ---- Lines that are named ---- */

/* The item that has line `number` of the piece's body. */
static struct item *find_number(const struct parts *parts, struct piece piece, size_t number)
{
    for (size_t i = piece.first, lines = 0; i < piece.end; i++) {
        struct item *item = &parts->items[i];
        lines += lines_count(parts->text.data + item->at, item->length);
        if (lines >= number)
            return item;
    }
    return NULL;
}

static const char *match_item(const struct parts *parts, const struct item *item,
                              const struct answer_line *named, size_t *reason_length)
{
    const char *at = parts->text.data + item->at, *end = at + item->length;
    for (size_t length; at < end; at += length) {
        length = lines_length(at, (size_t)(end - at));
        const char *reason = answer_match(named, at, length - 1, reason_length);
        if (reason)
            return reason;
    }
    return NULL;
}

/* Servers name lines in their order, so the search goes on from the last one that was found. */
static struct item *find_text(const struct parts *parts, struct piece piece, const struct answer_line *named,
                              size_t *from, const char **reason, size_t *reason_length)
{
    size_t count = piece.end - piece.first;
    for (size_t n = 0; n < count; n++) {
        size_t index = piece.first + (*from + n) % count;
        *reason = match_item(parts, &parts->items[index], named, reason_length);
        if (!*reason)
            continue;
        *from = index - piece.first + 1;
        return &parts->items[index];
    }
    return NULL;
}

static void reject_item(struct parts *parts, struct item *item, const char *reason, size_t length)
{
    if (item->bad)
        return;
    item->bad = true;
    vane_reject(parts->influx->self, parts->write, item->metric, 1, "%.*s",
                (int)(length < REASON_LIMIT ? length : REASON_LIMIT), reason);
}

void narrow_reject_named(struct parts *parts, struct piece *piece, const struct answer *answer)
{
    struct answer_line named;
    for (size_t at = 0, from = 0; answer_next_line(answer, &at, &named);) {
        const char *reason = named.reason;
        size_t length = reason ? strlen(reason) : 0;
        struct item *item = named.number ? find_number(parts, *piece, named.number)
                                         : find_text(parts, *piece, &named, &from, &reason, &length);
        if (item)
            reject_item(parts, item, reason, length);
    }
    size_t kept = piece->first;
    for (size_t i = piece->first; i < piece->end; i++)
        if (!parts->items[i].bad)
            parts->items[kept++] = parts->items[i];
    piece->end = kept;
}

bool narrow_all_dropped(const struct parts *parts, struct piece piece, const struct answer *answer)
{
    size_t lines = 0;
    if (!answer->dropped)
        return false;
    for (size_t i = piece.first; i < piece.end; i++)
        lines += lines_count(parts->text.data + parts->items[i].at, parts->items[i].length);
    return lines == answer->dropped;
}

/* ---- Cutting ---- */

/* Unsigned integers are written as signed ones, unless the user wants them as such. */
static bool has_type(const struct vane_field *field, enum vane_type type)
{
    return field->type == type || (field->type == VANE_UINT && type == VANE_INT);
}

static bool is_suspect(const struct vane_metric *metric, const struct answer_conflict *conflict)
{
    if (metric->series->name_length != conflict->measurement_length
        || memcmp(metric->series->name, conflict->measurement, conflict->measurement_length) != 0)
        return false;
    for (uint32_t i = 0; i < metric->field_count; i++) {
        const struct vane_field *field = &metric->fields[i];
        if (field->key_length == conflict->field_length && has_type(field, conflict->type)
            && memcmp(field->key, conflict->field, conflict->field_length) == 0)
            return true;
    }
    return false;
}

/* Moves suspects behind the others, each in their order; answers where they begin. */
static size_t part_suspects(struct parts *parts, struct piece piece, const struct answer_conflict *conflict)
{
    size_t others = piece.first, suspects = 0;
    struct item *moved = memory_resize(NULL, piece.end - piece.first, sizeof *moved);
    for (size_t i = piece.first; i < piece.end; i++) {
        struct item item = parts->items[i];
        if (is_suspect(parts->write->metrics[item.metric], conflict))
            moved[suspects++] = item;
        else
            parts->items[others++] = item;
    }
    memcpy(parts->items + others, moved, suspects * sizeof *moved);
    free(moved);
    return others;
}

size_t narrow_cut(struct parts *parts, struct piece piece, const struct answer *answer)
{
    struct answer_conflict conflict;
    if (answer_read_conflict(answer, &conflict)) {
        size_t cut = part_suspects(parts, piece, &conflict);
        if (cut > piece.first && cut < piece.end)
            return cut;
    }
    return piece.first + (piece.end - piece.first) / 2;
}
