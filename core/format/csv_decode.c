/* csv_decode - rows to metrics. A stream begins with its head (skipped lines, metadata lines, header
 * rows), each of them only where the options ask for it; what follows are rows. The payload is copied once into the
 * batch's arena; cells are read, and texts stay, where they lie there. */
#include "core/format/codec.h"
#include "core/format/csv_columns.h"
#include "core/format/scan.h"

#include "core/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 40, RESET_ALWAYS = 1 };

struct csv_plan {
    struct decode_plan       base;
    struct csv_dialect       dialect;
    struct csv_columns      *columns;     /* of csv_column_names; NULL: the header names them */
    struct timestamp_format *time_format; /* NULL: no timestamp column */
    const char             **separators;  /* of metadata, longest first */
};

struct csv_decoder {
    struct decoder      base;
    uint64_t            skip_rows, metadata_rows, header_rows; /* still to come */
    bool                header_lost; /* it could not be read */
    struct csv_columns *own;         /* from the header */
    char              **names;       /* while the header is read */
    size_t              name_count, name_room;
    struct vane_tag    *metadata; /* texts on the heap */
    size_t              metadata_count, metadata_room;

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

/* Longest first, else in the order given. */
static const char **sort_separators(const struct vane_strings *given)
{
    const char **sorted = alloc_array(given->count + 1, sizeof *sorted);
    for (size_t i = 0; i < given->count; i++) {
        size_t at = i;
        for (; at > 0 && strlen(sorted[at - 1]) < strlen(given->items[i]); at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = given->items[i];
    }
    return sorted;
}

static bool prepare(struct decode_plan *base, struct error *err)
{
    struct csv_plan *plan = (struct csv_plan *)base;
    const struct csv_decode_options *options = base->options;
    if (!csv_options_check(options, err))
        return false;
    const char *comment = *options->csv_comment ? options->csv_comment : NULL;
    plan->dialect = (struct csv_dialect){
        .delimiter = options->csv_delimiter, .delimiter_length = strlen(options->csv_delimiter),
        .comment = comment, .comment_length = comment ? strlen(comment) : 0, .trim = options->csv_trim_space,
    };
    plan->separators = sort_separators(&options->csv_metadata_separators);
    if (options->csv_column_names.count)
        plan->columns = csv_columns_new(options, options->csv_column_names.items, options->csv_column_names.count);
    if (!*options->csv_timestamp_column)
        return true;
    plan->time_format = codec_time_format("csv_timestamp_format", options->csv_timestamp_format, "csv_timezone",
                                          options->csv_timezone, err);
    return plan->time_format != NULL;
}

static void release_plan(struct decode_plan *base)
{
    struct csv_plan *plan = (struct csv_plan *)base;
    csv_columns_free(plan->columns);
    timestamp_format_free(plan->time_format);
    free(plan->separators);
}

/* ---- The head ---- */

static void forget_head(struct csv_decoder *decoder)
{
    csv_columns_free(decoder->own);
    decoder->own = NULL;
    for (size_t i = 0; i < decoder->name_count; i++)
        free(decoder->names[i]);
    decoder->name_count = 0;
    for (size_t i = 0; i < decoder->metadata_count; i++) {
        free((char *)decoder->metadata[i].key);
        free((char *)decoder->metadata[i].value);
    }
    decoder->metadata_count = 0;
}

static void start(struct decoder *base)
{
    struct csv_decoder *decoder = (struct csv_decoder *)base;
    const struct csv_decode_options *options = options_of(decoder);
    decoder->row.dialect = &plan_of(decoder)->dialect;
    decoder->skip_rows = options->csv_skip_rows;
    decoder->metadata_rows = options->csv_metadata_rows;
    decoder->header_rows = options->csv_header_row_count;
    decoder->header_lost = false;
}

static bool in_head(const struct decoder *base)
{
    const struct csv_decoder *decoder = (const struct csv_decoder *)base;
    return decoder->skip_rows || decoder->metadata_rows || decoder->header_rows;
}

static struct vane_tag trimmed_tag(const char *key, const char *key_end, const char *value, const char *value_end,
                                   const char *cut)
{
    while (key < key_end && strchr(cut, *key))
        key++;
    while (key < key_end && strchr(cut, key_end[-1]))
        key_end--;
    while (value < value_end && strchr(cut, *value))
        value++;
    while (value < value_end && strchr(cut, value_end[-1]))
        value_end--;
    return (struct vane_tag){ key, value, (uint32_t)(key_end - key), (uint32_t)(value_end - value) };
}

static void add_metadata(struct csv_decoder *decoder, struct vane_tag tag)
{
    tag.key = alloc_text_n(tag.key, tag.key_length);
    tag.value = alloc_text_n(tag.value, tag.value_length);
    decoder->metadata = codec_grow(decoder->metadata, &decoder->metadata_room, decoder->metadata_count + 1,
                                   sizeof *decoder->metadata);
    decoder->metadata[decoder->metadata_count++] = tag;
}

static void read_metadata(struct csv_decoder *decoder, const char *line, const char *end)
{
    const struct csv_decode_options *options = options_of(decoder);
    while (end > line && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    for (const char **separator = plan_of(decoder)->separators; *separator; separator++) {
        size_t length = strlen(*separator);
        const char *middle = memmem(line, (size_t)(end - line), *separator, length);
        if (!middle)
            continue;
        struct vane_tag tag = trimmed_tag(line, middle, middle + length, end, options->csv_metadata_trim_set);
        if (tag.key_length && !memchr(line, '\0', (size_t)(end - line))) {
            add_metadata(decoder, tag);
            return;
        }
    }
}

/* Skipped and metadata lines. Answers where the rest begins. */
static char *read_head_lines(struct csv_decoder *decoder, char *next, char *end)
{
    while (next < end && (decoder->skip_rows || decoder->metadata_rows)) {
        char *newline = memchr(next, '\n', (size_t)(end - next)), *line_end = newline ? newline + 1 : end;
        if (decoder->skip_rows) {
            decoder->skip_rows--;
        } else {
            decoder->metadata_rows--;
            read_metadata(decoder, next, line_end);
        }
        next = line_end;
    }
    return next;
}

static void join_name(struct csv_decoder *decoder, size_t place, const struct csv_cell *cell)
{
    if (place == decoder->name_count) {
        decoder->names = codec_grow(decoder->names, &decoder->name_room, place + 1, sizeof *decoder->names);
        decoder->names[decoder->name_count++] = alloc_text("");
    }
    char **name = &decoder->names[place];
    size_t length = strlen(*name);
    *name = alloc_resize(*name, length + cell->length + 1, 1);
    memcpy(*name + length, cell->text, cell->length + 1);
}

static void take_header(struct csv_decoder *decoder)
{
    const struct csv_decode_options *options = options_of(decoder);
    for (size_t i = 0; i < decoder->row.count && !plan_of(decoder)->columns; i++)
        join_name(decoder, i, &decoder->row.cells[i]);
    if (--decoder->header_rows || plan_of(decoder)->columns)
        return;
    size_t skipped = options->csv_skip_columns < decoder->name_count ? options->csv_skip_columns : decoder->name_count;
    decoder->own = csv_columns_new(options, (const char *const *)decoder->names + skipped,
                                   decoder->name_count - skipped);
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

static const struct csv_columns *columns_of(const struct csv_decoder *decoder)
{
    return decoder->own ? decoder->own : plan_of(decoder)->columns;
}

/* Keys of fields lie in the batch's arena, once a call. */
static void copy_keys(struct csv_decoder *decoder, const struct csv_columns *columns)
{
    struct arena *arena = batch_arena(decoder->base.batch);
    decoder->keys = codec_grow(decoder->keys, &decoder->key_room, columns->count, sizeof *decoder->keys);
    decoder->tags = codec_grow(decoder->tags, &decoder->tag_room, columns->count + decoder->metadata_count,
                               sizeof *decoder->tags);
    decoder->fields = codec_grow(decoder->fields, &decoder->field_room, columns->count, sizeof *decoder->fields);
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

static bool bad_cell(struct csv_decoder *decoder, const struct record *record, const struct csv_column *column,
                     const struct csv_cell *cell, const char *what)
{
    codec_bad(&decoder->base, record->start, record->end, "column \"%.*s\": \"%.*s\" is not %s", shown(column->length),
              column->name, shown(cell->length), cell->text, what);
    return false;
}

static bool take_field(struct csv_decoder *decoder, struct record *record, size_t place, const struct csv_cell *cell)
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

static bool take_cell(struct csv_decoder *decoder, struct record *record, size_t place, const struct csv_cell *cell)
{
    const struct csv_column *column = &columns_of(decoder)->items[place];
    switch (column->role) {
    case CSV_FIELD:
        return take_field(decoder, record, place, cell);
    case CSV_UNTYPED:
        codec_bad(&decoder->base, record->start, record->end, "column \"%.*s\" has no type in csv_column_types",
                  shown(column->length), column->name);
        return false;
    case CSV_TAG:
        if (memchr(cell->text, '\0', cell->length))
            return bad_cell(decoder, record, column, cell, "a tag: it holds a NUL byte");
        decoder->tags[record->tag_count++] = (struct vane_tag){ column->name, cell->text, (uint32_t)column->length,
                                                                (uint32_t)cell->length };
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
    for (size_t i = 0; i < decoder->metadata_count; i++)
        decoder->tags[record->tag_count++] = decoder->metadata[i];
}

/* Of equal tags the last counts: so what shall win comes later. */
static bool take_cells(struct csv_decoder *decoder, struct record *record, const struct csv_columns *columns)
{
    const struct csv_decode_options *options = options_of(decoder);
    size_t skipped = options->csv_skip_columns;
    if (decoder->row.count <= skipped && skipped) {
        codec_bad(&decoder->base, record->start, record->end, "the row has %zu cells, of which csv_skip_columns skips all",
                  decoder->row.count);
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

static void take_row(struct csv_decoder *decoder, size_t start_at, size_t end_at)
{
    const struct csv_columns *columns = columns_of(decoder);
    struct decoder *base = &decoder->base;
    struct record record = { .start = start_at, .end = end_at, .time = VANE_NO_TIME };
    if (decoder->header_lost || !columns) {
        codec_bad(base, start_at, end_at, "the header could not be read, so the columns have no names");
        return;
    }
    if (!decoder->has_keys)
        copy_keys(decoder, columns);
    if (!take_cells(decoder, &record, columns))
        return;
    if (plan_of(decoder)->time_format && record.time == VANE_NO_TIME) {
        codec_bad(base, start_at, end_at, "there is no cell of the timestamp column \"%s\"",
                  options_of(decoder)->csv_timestamp_column);
        return;
    }
    if (!record.field_count) /* all of them skipped, by the user's choice */
        return;
    if (!record.name_length) {
        record.name = base->plan->measurement;
        record.name_length = base->plan->measurement_length;
    }
    if (columns->may_repeat)
        record.field_count = codec_unique(decoder->fields, record.field_count);
    const struct vane_series *series = batch_series(base->batch, record.name, record.name_length, decoder->tags,
                                                    record.tag_count);
    codec_add(base->batch, series, record.time, decoder->fields, record.field_count);
}

/* Reports a row that is no row, and puts back what was changed in place. Answers where reading goes on: behind
 * its first line where a quote may be the fault, else behind the line of the fault. */
static size_t give_up(struct csv_decoder *decoder, char *text, size_t begin, size_t fault)
{
    struct decoder *base = &decoder->base;
    size_t end = codec_line_end(base, decoder->row.suspect ? begin : fault);
    memcpy(text + begin, base->bytes + begin, fault - begin);
    codec_bad(base, begin, end, "%s", decoder->row.reason);
    if (decoder->header_rows && !--decoder->header_rows)
        decoder->header_lost = !plan_of(decoder)->columns;
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
        else if (decoder->header_rows)
            take_header(decoder);
        else
            take_row(decoder, begin_at, next_at);
    }
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
        next = read_head_lines(decoder, next, text + length);
        done = read_rows(decoder, text, (size_t)(next - text), length);
    }
    if (base->last && options_of(decoder)->csv_reset_mode == RESET_ALWAYS) {
        forget_head(decoder);
        start(base);
    }
    return done;
}

static void release(struct decoder *base)
{
    struct csv_decoder *decoder = (struct csv_decoder *)base;
    forget_head(decoder);
    csv_row_release(&decoder->row);
    free(decoder->names);
    free(decoder->metadata);
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
};
