/* table - the metrics of a call as Spark's console sink prints a batch: a title, then aligned columns
 * between rules. Columns are time, name, and all tags and fields in order of first appearance.
 *
 *     -------------------------------------------
 *     Batch: 0
 *     -------------------------------------------
 *     +--------------------+----+-------+--------+
 *     |                time|name|   coin|   value|
 *     +--------------------+----+-------+--------+
 *     |2022-03-29T02:51:51Z|mess|BTCBUSD|46920.37|
 *     +--------------------+----+-------+--------+
 *
 * Cells longer than table_truncate end in "..." and stand right; where it is 0 they are whole and stand left.
 * The time is never cut: what is left of it would say nothing. What a metric does not have is null. */
#include "core/format/cell.h"
#include "core/format/codec.h"

#include "core/alloc.h"
#include "core/hash.h"
#include "core/match/utf8.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEAST_WIDTH = 3,
    ELLIPSIS = 4, /* so much room is needed for "..." and a character */
    LEAST_SLOTS = 64,
};

struct table_options {
    uint64_t table_truncate;
    bool     table_title;
};

static const struct vane_option options[] = {
    VANE_OPT_UINT(struct table_options, table_truncate, .preset = "20",
                  .help = "Longer cells are cut to so many characters; 0: none is."),
    VANE_OPT_BOOL(struct table_options, table_title, .preset = "true",
                  .help = "Print the number of the batch above it."),
    { 0 },
};

enum kind { TIME, NAME, TAG, FIELD };

struct column {
    enum kind   kind;
    const char *key;
    uint32_t    key_length;
    size_t      width; /* in characters */
    const void *value; /* in the row that is being written: a tag or a field; NULL: none */
};

struct table_encoder {
    struct encoder           base;
    uint64_t                 batches;
    struct timestamp_format *time_format;
    struct column           *columns;
    size_t                   column_count, column_room;
    uint32_t                *slots; /* by key: the number of the column plus one; half are 0: free */
    size_t                   slot_count;
    struct vane_text         cell; /* the one being written, raw */
    struct vane_text         cells; /* all, row by row, each with a NUL behind it */
};

static bool prepare(struct encoder *base, struct error *err)
{
    struct table_encoder *encoder = (struct table_encoder *)base;
    encoder->time_format = timestamp_format_new("RFC3339Nano", err);
    return encoder->time_format != NULL;
}

static void release(struct encoder *base)
{
    struct table_encoder *encoder = (struct table_encoder *)base;
    timestamp_format_free(encoder->time_format);
    free(encoder->columns);
    free(encoder->slots);
    vane_text_release(&encoder->cell);
    vane_text_release(&encoder->cells);
}

/* ---- Columns ---- */

/* Where the number of the column is, or goes. */
static uint32_t *slot_of(const struct table_encoder *encoder, enum kind kind, const char *key,
                         uint32_t length)
{
    size_t at = hash_bytes(key, length, kind) & (encoder->slot_count - 1);
    for (; encoder->slots[at]; at = (at + 1) & (encoder->slot_count - 1)) {
        const struct column *column = &encoder->columns[encoder->slots[at] - 1];
        if (column->kind == kind && column->key_length == length && memcmp(column->key, key, length) == 0)
            break;
    }
    return &encoder->slots[at];
}

static void clear_slots(struct table_encoder *encoder, size_t count)
{
    if (count > encoder->slot_count) {
        free(encoder->slots);
        encoder->slots = alloc_array(count, sizeof *encoder->slots);
        encoder->slot_count = count;
    }
    memset(encoder->slots, 0, encoder->slot_count * sizeof *encoder->slots);
    for (size_t i = 0; i < encoder->column_count; i++) {
        const struct column *column = &encoder->columns[i];
        *slot_of(encoder, column->kind, column->key, column->key_length) = (uint32_t)i + 1;
    }
}

static void add_column(struct table_encoder *encoder, enum kind kind, const char *key, uint32_t length)
{
    uint32_t *slot = slot_of(encoder, kind, key, length);
    if (*slot)
        return;
    encoder->columns = codec_grow(encoder->columns, &encoder->column_room, encoder->column_count + 1,
                                  sizeof *encoder->columns);
    encoder->columns[encoder->column_count++] = (struct column){ kind, key, length, LEAST_WIDTH, NULL };
    *slot = (uint32_t)encoder->column_count;
    if (encoder->column_count * 2 > encoder->slot_count)
        clear_slots(encoder, encoder->slot_count * 2);
}

static void find_columns(struct table_encoder *encoder)
{
    encoder->column_count = 0;
    clear_slots(encoder, LEAST_SLOTS);
    add_column(encoder, TIME, "time", 4);
    add_column(encoder, NAME, "name", 4);
    for (size_t i = 0; i < encoder->base.count; i++) {
        const struct vane_series *series = encoder->base.metrics[i]->series;
        for (uint32_t k = 0; k < series->tag_count; k++)
            add_column(encoder, TAG, series->tags[k].key, series->tags[k].key_length);
    }
    for (size_t i = 0; i < encoder->base.count; i++) {
        const struct vane_metric *metric = encoder->base.metrics[i];
        for (uint32_t k = 0; k < metric->field_count; k++)
            add_column(encoder, FIELD, metric->fields[k].key, metric->fields[k].key_length);
    }
}

/* ---- Cells ---- */

/* What the metric has, into its columns. */
static void place_values(struct table_encoder *encoder, const struct vane_metric *metric)
{
    const struct vane_series *series = metric->series;
    for (size_t k = 0; k < encoder->column_count; k++)
        encoder->columns[k].value = NULL;
    for (uint32_t k = 0; k < series->tag_count; k++) {
        const struct vane_tag *tag = &series->tags[k];
        encoder->columns[*slot_of(encoder, TAG, tag->key, tag->key_length) - 1].value = tag;
    }
    for (uint32_t k = 0; k < metric->field_count; k++) {
        const struct vane_field *field = &metric->fields[k];
        encoder->columns[*slot_of(encoder, FIELD, field->key, field->key_length) - 1].value = field;
    }
}

static void write_cell(struct table_encoder *encoder, const struct column *column,
                       const struct vane_metric *metric)
{
    struct vane_text *cell = &encoder->cell;
    const struct vane_tag *tag = column->value;
    if (column->kind == TIME)
        timestamp_write(encoder->time_format, metric->time, cell);
    else if (column->kind == NAME)
        vane_text_add(cell, metric->series->name, metric->series->name_length);
    else if (!column->value)
        vane_text_add(cell, "null", 4);
    else if (column->kind == TAG)
        vane_text_add(cell, tag->value, tag->value_length);
    else
        cell_write(column->value, cell);
}

/* At most the first `count` characters; control characters are escapes of two. Answers how many there are. */
static size_t add_characters(struct vane_text *out, const char *text, size_t length, size_t count)
{
    static const char control[] = "\n\r\t\v\f\b\a", letters[] = "nrtvfba";
    const char *end = text + length;
    size_t seen = 0;
    while (text < end) {
        const char *from = text, *odd = *text ? strchr(control, *text) : NULL;
        if (seen + (odd ? 2 : 1) > count)
            break;
        utf8_next(&text, end);
        if (odd)
            vane_text_addf(out, "\\%c", letters[odd - control]);
        else if ((unsigned char)*from < ' ' || *from == 0x7f)
            vane_text_add(out, "?", 1);
        else
            vane_text_add(out, from, (size_t)(text - from));
        seen += odd ? 2 : 1;
    }
    return seen;
}

/* Moves what is in `cell` to the cells, cut to what the column shows. */
static void take_cell(struct table_encoder *encoder, struct column *column)
{
    const struct table_options *chosen = encoder->base.options;
    struct vane_text *cell = &encoder->cell;
    uint64_t most = column->kind == TIME || !chosen->table_truncate ? UINT64_MAX : chosen->table_truncate;
    size_t start = encoder->cells.length;
    size_t width = add_characters(&encoder->cells, cell->data, cell->length, SIZE_MAX / 2);
    if (width > most) {
        codec_cut(&encoder->cells, start);
        width = add_characters(&encoder->cells, cell->data, cell->length, most < ELLIPSIS ? most : most - 3);
        if (most >= ELLIPSIS)
            vane_text_add(&encoder->cells, "...", 3);
        width += most < ELLIPSIS ? 0 : 3;
    }
    vane_text_add(&encoder->cells, "", 1);
    if (width > column->width)
        column->width = width;
    vane_text_clear(cell);
}

static void collect_cells(struct table_encoder *encoder)
{
    vane_text_clear(&encoder->cell);
    vane_text_clear(&encoder->cells);
    for (size_t k = 0; k < encoder->column_count; k++) {
        vane_text_add(&encoder->cell, encoder->columns[k].key, encoder->columns[k].key_length);
        take_cell(encoder, &encoder->columns[k]);
    }
    for (size_t i = 0; i < encoder->base.count; i++) {
        place_values(encoder, encoder->base.metrics[i]);
        for (size_t k = 0; k < encoder->column_count; k++) {
            write_cell(encoder, &encoder->columns[k], encoder->base.metrics[i]);
            take_cell(encoder, &encoder->columns[k]);
        }
    }
}

/* ---- Printing ---- */

static void add_times(struct vane_text *out, char c, size_t count)
{
    char *to = codec_room(out, count);
    memset(to, c, count);
    codec_wrote(out, to + count);
}

static void add_rule(const struct table_encoder *encoder)
{
    struct vane_text *out = encoder->base.out;
    for (size_t k = 0; k < encoder->column_count; k++) {
        vane_text_add(out, "+", 1);
        add_times(out, '-', encoder->columns[k].width);
    }
    vane_text_add(out, "+\n", 2);
}

static void add_row(const struct table_encoder *encoder, const char **cell)
{
    const struct table_options *chosen = encoder->base.options;
    struct vane_text *out = encoder->base.out;
    for (size_t k = 0; k < encoder->column_count; k++) {
        size_t length = strlen(*cell), pad = encoder->columns[k].width - utf8_count(*cell, length);
        vane_text_add(out, "|", 1);
        add_times(out, ' ', chosen->table_truncate ? pad : 0);
        vane_text_add(out, *cell, length);
        add_times(out, ' ', chosen->table_truncate ? 0 : pad);
        *cell += length + 1;
    }
    vane_text_add(out, "|\n", 2);
}

static void add_title(struct table_encoder *encoder)
{
    static const char rule[] = "-------------------------------------------";
    const struct table_options *chosen = encoder->base.options;
    if (chosen->table_title)
        vane_text_addf(encoder->base.out, "%s\nBatch: %llu\n%s\n", rule, (unsigned long long)encoder->batches,
                       rule);
    encoder->batches++;
}

static size_t encode(struct encoder *base)
{
    struct table_encoder *encoder = (struct table_encoder *)base;
    if (!base->count)
        return 0;
    find_columns(encoder);
    collect_cells(encoder);
    const char *cell = encoder->cells.data;
    add_title(encoder);
    add_rule(encoder);
    add_row(encoder, &cell);
    add_rule(encoder);
    for (size_t i = 0; i < base->count; i++)
        add_row(encoder, &cell);
    add_rule(encoder);
    vane_text_add(base->out, "\n", 1);
    return base->count;
}

const struct encode_format table_encode = {
    .options = options,
    .options_size = sizeof(struct table_options),
    .encoder_size = sizeof(struct table_encoder),
    .prepare = prepare,
    .release = release,
    .encode = encode,
    .framing = VANE_TABLE,
};
