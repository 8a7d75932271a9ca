/* csv_decode - rows to metrics. A stream begins with its head (csv_head.h); what follows are rows. The
 * payload is copied once into the batch's arena; cells are read, and texts stay, where they lie there. */
#include "core/format/codec.h"
#include "core/format/csv_columns.h"
#include "core/format/csv_head.h"
#include "core/format/scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 40, COLUMNS_SHOWN = 12, RESET_ALWAYS = 1 };

struct csv_plan {
    struct decode_plan       base;
    struct csv_dialect       dialect;
    struct csv_columns      *columns;     /* of csv_column_names; NULL: the header names them */
    struct timestamp_format *time_format; /* NULL: no timestamp column */
};

struct csv_decoder {
    struct decoder     base;
    struct csv_head    head;
    struct csv_row     row;
    struct vane_tag   *tags;
    struct vane_field *fields;
    size_t             tag_room, field_room;
    const char       **keys; /* of the columns, in the batch's arena */
    size_t             key_room;
    bool               has_keys; /* for this call */
};

static const struct csv_plan *plan_of(const struct csv_decoder *decoder)
{
    return (const struct csv_plan *)decoder->base.plan;
}

static const struct csv_decode_options *options_of(const struct csv_decoder *decoder)
{
    return decoder->base.plan->options;
}

static int shown(size_t length)
{
    return length < SHOWN ? (int)length : SHOWN;
}

/* ---- The plan ---- */

static bool prepare(struct decode_plan *base, struct error *err)
{
    struct csv_plan *plan = (struct csv_plan *)base;
    const struct csv_decode_options *options = base->options;
    struct error one;
    bool good = csv_options_check(options, err);
    if (*options->csv_timestamp_column && *options->csv_timestamp_format) {
        plan->time_format = codec_time_format("csv_timestamp_format", options->csv_timestamp_format,
                                              "csv_timezone", options->csv_timezone, &one);
        good = codec_join(err, plan->time_format != NULL, &one) && good;
    }
    if (!good)
        return false;
    const char *comment = *options->csv_comment ? options->csv_comment : NULL;
    plan->dialect = (struct csv_dialect){
        .delimiter = options->csv_delimiter, .delimiter_length = strlen(options->csv_delimiter),
        .comment = comment, .comment_length = comment ? strlen(comment) : 0, .trim = options->csv_trim_space,
    };
    if (options->csv_column_names.count)
        plan->columns = csv_columns_new(options, options->csv_column_names.items,
                                        options->csv_column_names.count);
    return true;
}

static void release_plan(struct decode_plan *base)
{
    struct csv_plan *plan = (struct csv_plan *)base;
    csv_columns_free(plan->columns);
    timestamp_format_free(plan->time_format);
}

/* ---- Rows ---- */

/* A row on its way to a metric. */
struct record {
    size_t      start, end; /* in the call */
    int64_t     time;
    const char *name;
    size_t      name_length;
    size_t      tag_count, field_count;
};

/* NULL: the header could not be read. */
static const struct csv_columns *columns_of(const struct csv_decoder *decoder)
{
    return plan_of(decoder)->columns ? plan_of(decoder)->columns : decoder->head.columns;
}

/* Keys of fields lie in the batch's arena, once a call. */
static void copy_keys(struct csv_decoder *decoder, const struct csv_columns *columns)
{
    struct arena *arena = batch_arena(decoder->base.batch);
    decoder->keys = codec_grow(decoder->keys, &decoder->key_room, columns->count, sizeof *decoder->keys);
    decoder->tags = codec_grow(decoder->tags, &decoder->tag_room,
                               columns->count + decoder->head.metadata_count, sizeof *decoder->tags);
    decoder->fields = codec_grow(decoder->fields, &decoder->field_room, columns->count,
                                 sizeof *decoder->fields);
    for (size_t i = 0; i < columns->count; i++)
        decoder->keys[i] = columns->items[i].role == CSV_FIELD
                             ? arena_text(arena, columns->items[i].name, columns->items[i].length) : NULL;
    decoder->has_keys = true;
}

static bool is_skipped(const struct csv_decode_options *options, const struct csv_cell *cell)
{
    for (size_t i = 0; i < options->csv_skip_values.count; i++)
        if (strcmp(options->csv_skip_values.items[i], cell->text) == 0)
            return true;
    return false;
}

static bool bad_cell(struct csv_decoder *decoder, const struct record *record,
                     const struct csv_column *column, const struct csv_cell *cell, const char *what)
{
    codec_bad(&decoder->base, record->start, record->end, "column \"%.*s\": \"%.*s\" is not %s",
              shown(column->length), column->name, shown(cell->length), cell->text, what);
    return false;
}

static bool take_field(struct csv_decoder *decoder, struct record *record, size_t place,
                       const struct csv_cell *cell)
{
    const struct csv_column *column = &columns_of(decoder)->items[place];
    struct vane_field *field = &decoder->fields[record->field_count++];
    field->key = decoder->keys[place];
    field->key_length = (uint32_t)column->length;
    if (column->any)
        cell_read_any(cell->text, cell->length, field);
    else if (!cell_read(column->type, cell->text, cell->length, field))
        return bad_cell(decoder, record, column, cell, cell_type_name(column->type));
    return true;
}

static bool take_cell(struct csv_decoder *decoder, struct record *record, size_t place,
                      const struct csv_cell *cell)
{
    const struct csv_column *column = &columns_of(decoder)->items[place];
    switch (column->role) {
    case CSV_FIELD:
        return take_field(decoder, record, place, cell);
    case CSV_UNTYPED:
        codec_bad(&decoder->base, record->start, record->end,
                  "column \"%.*s\" has no type in csv_column_types", shown(column->length), column->name);
        return false;
    case CSV_TAG:
        if (memchr(cell->text, '\0', cell->length))
            return bad_cell(decoder, record, column, cell, "a tag: it holds a NUL byte");
        decoder->tags[record->tag_count++] = (struct vane_tag){
            column->name, cell->text, (uint32_t)column->length, (uint32_t)cell->length,
        };
        return true;
    case CSV_TIME:
        return timestamp_read(plan_of(decoder)->time_format, cell->text, cell->length, &record->time)
            || bad_cell(decoder, record, column, cell, "a time as csv_timestamp_format says");
    case CSV_NAME:
        if (memchr(cell->text, '\0', cell->length))
            return bad_cell(decoder, record, column, cell, "a name: it holds a NUL byte");
        record->name = cell->text;
        record->name_length = cell->length;
        return true;
    case CSV_IGNORED:
        break;
    }
    return true;
}

static void add_metadata_tags(struct csv_decoder *decoder, struct record *record)
{
    for (size_t i = 0; i < decoder->head.metadata_count; i++)
        decoder->tags[record->tag_count++] = decoder->head.metadata[i];
}

/* Has the row more than the header, other than empty cells? Its values may then be in the wrong columns, by a
 * delimiter that nobody has quoted. Names that the user lists need not cover the row. */
static bool has_excess(const struct csv_decoder *decoder, size_t named)
{
    size_t filled = decoder->row.count;
    while (filled > named && decoder->row.cells[filled - 1].length == 0)
        filled--;
    return filled > named && !plan_of(decoder)->columns;
}

/* Of equal tags the last counts: so what shall win comes later. */
static bool take_cells(struct csv_decoder *decoder, struct record *record, const struct csv_columns *columns)
{
    const struct csv_decode_options *options = options_of(decoder);
    size_t skipped = options->csv_skip_columns;
    if (decoder->row.count <= skipped && skipped) {
        codec_bad(&decoder->base, record->start, record->end, "csv_skip_columns skips all cells of the row");
        return false;
    }
    if (has_excess(decoder, skipped + columns->count)) {
        codec_bad(&decoder->base, record->start, record->end,
                  "there are more cells (%zu) than columns in the header (%zu)", decoder->row.count,
                  skipped + columns->count);
        return false;
    }
    size_t cells = decoder->row.count - skipped, count = cells < columns->count ? cells : columns->count;
    if (options->csv_tag_overwrite)
        add_metadata_tags(decoder, record);
    for (size_t i = 0; i < count; i++) {
        const struct csv_cell *cell = &decoder->row.cells[skipped + i];
        if (!is_skipped(options, cell) && !take_cell(decoder, record, i, cell))
            return false;
    }
    if (!options->csv_tag_overwrite)
        add_metadata_tags(decoder, record);
    return true;
}

/* A row without a time: has it no such cell, or is there no such column at all? */
static void bad_time(struct csv_decoder *decoder, const struct record *record, const struct csv_columns *columns)
{
    struct vane_text names = { 0 };
    const char *wanted = options_of(decoder)->csv_timestamp_column;
    bool there = false;
    for (size_t i = 0; i < columns->count; i++) {
        there = there || columns->items[i].role == CSV_TIME;
        if (i < COLUMNS_SHOWN)
            vane_text_addf(&names, "%s\"%.*s\"", i ? ", " : "", shown(columns->items[i].length),
                           columns->items[i].name);
    }
    if (columns->count > COLUMNS_SHOWN)
        vane_text_addf(&names, ", ...");
    if (there || !names.length)
        codec_bad(&decoder->base, record->start, record->end, "there is no cell of the timestamp column \"%s\"",
                  wanted);
    else
        codec_bad(&decoder->base, record->start, record->end,
                  "there is no timestamp column \"%.*s\"; the columns are %s", shown(strlen(wanted)), wanted,
                  names.data);
    vane_text_release(&names);
}

static void take_row(struct csv_decoder *decoder, size_t start_at, size_t end_at)
{
    const struct csv_columns *columns = columns_of(decoder);
    struct decoder *base = &decoder->base;
    struct record record = { .start = start_at, .end = end_at, .time = VANE_NO_TIME };
    if (!columns) {
        codec_bad(base, start_at, end_at, "the header could not be read, so the columns have no names");
        return;
    }
    if (!decoder->has_keys)
        copy_keys(decoder, columns);
    if (!take_cells(decoder, &record, columns))
        return;
    if (plan_of(decoder)->time_format && record.time == VANE_NO_TIME) {
        bad_time(decoder, &record, columns);
        return;
    }
    if (!record.field_count) /* all of them skipped, by the user's choice */
        return;
    if (!record.name_length) {
        record.name = base->plan->measurement;
        record.name_length = base->plan->measurement_length;
    }
    if (columns->repeat)
        record.field_count = codec_unique(decoder->fields, record.field_count);
    const struct vane_series *series = batch_series(base->batch, record.name, record.name_length,
                                                    decoder->tags, record.tag_count);
    codec_add(base->batch, series, record.time, decoder->fields, record.field_count);
}

/* Reports a row that is no row, and puts back what was changed in place. Answers where reading goes on:
 * behind its first line where a quote may be the fault, else behind the line of the fault. */
static size_t give_up(struct csv_decoder *decoder, char *text, size_t begin, size_t fault)
{
    struct decoder *base = &decoder->base;
    memcpy(text + begin, base->bytes + begin, fault - begin);
    char *from = text + (decoder->row.suspect ? begin : fault);
    size_t end = (size_t)(csv_line_after(from, text + codec_line_end(base, (size_t)(from - text))) - text);
    codec_bad(base, begin, end, "%s", decoder->row.reason);
    if (decoder->head.header_rows)
        csv_head_lose(&decoder->head);
    return end;
}

/* Rows up to `length`. Answers where the row begins that is not complete yet, else `length`. */
static size_t read_rows(struct csv_decoder *decoder, char *text, size_t from, size_t length)
{
    char *next = text + from, *end = text + length, *begin;
    for (;;) {
        enum csv_result result = csv_row_read(&decoder->row, &next, end, &begin);
        size_t begin_at = (size_t)(begin - text), next_at = (size_t)(next - text);
        if (result == CSV_END)
            return length;
        if (result == CSV_UNCLOSED && !decoder->base.last)
            return begin_at;
        if (result != CSV_ROW)
            next = text + give_up(decoder, text, begin_at, next_at);
        else if (decoder->head.header_rows)
            csv_head_take(&decoder->head, decoder->row.cells, decoder->row.count);
        else
            take_row(decoder, begin_at, next_at);
    }
}

static void start(struct decoder *base)
{
    struct csv_decoder *decoder = (struct csv_decoder *)base;
    decoder->row.dialect = &plan_of(decoder)->dialect;
    csv_head_start(&decoder->head, options_of(decoder));
}

static bool in_head(const struct decoder *base)
{
    return csv_head_is_next(&((const struct csv_decoder *)base)->head);
}

/* It may have been the header; lines to skip and metadata are counted by their newlines. */
static void refused(struct decoder *base)
{
    struct csv_head *head = &((struct csv_decoder *)base)->head;
    if (head->header_rows && !head->skip_rows && !head->metadata_rows)
        csv_head_lose(head);
}

static size_t decode(struct decoder *base)
{
    static const char mark[] = "\xef\xbb\xbf"; /* that some editors put before UTF-8 */
    struct csv_decoder *decoder = (struct csv_decoder *)base;
    size_t length = base->length;
    if (!base->last) {
        const char *newline = length ? memrchr(base->bytes, '\n', length) : NULL;
        length = newline ? (size_t)(newline - base->bytes) + 1 : 0;
    }
    assert(length <= UINT32_MAX);
    decoder->has_keys = false;
    size_t done = length;
    if (length) {
        char *text = codec_copy(base, 0, length, SCAN_PADDING), *next = text;
        if (base->line == 1 && length >= 3 && memcmp(text, mark, 3) == 0)
            next += 3;
        next = csv_head_lines(&decoder->head, next, text + length);
        done = read_rows(decoder, text, (size_t)(next - text), length);
    }
    if (base->last && options_of(decoder)->csv_reset_mode == RESET_ALWAYS)
        csv_head_start(&decoder->head, options_of(decoder));
    return done;
}

static void release(struct decoder *base)
{
    struct csv_decoder *decoder = (struct csv_decoder *)base;
    csv_head_release(&decoder->head);
    csv_row_release(&decoder->row);
    free(decoder->tags);
    free(decoder->fields);
    free(decoder->keys);
}

const struct decode_format csv_decode = {
    .options = csv_decode_options,
    .options_size = sizeof(struct csv_decode_options),
    .plan_size = sizeof(struct csv_plan),
    .decoder_size = sizeof(struct csv_decoder),
    .prepare = prepare,
    .release_plan = release_plan,
    .start = start,
    .release = release,
    .decode = decode,
    .in_head = in_head,
    .refused = refused,
};
