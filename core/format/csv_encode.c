/* csv_encode - metrics to rows, by Telegraf's rules: the columns that csv_columns name, or timestamp, name,
 * tags and fields by key. A cell is quoted only where it would not come back otherwise. */
#include "core/format/cell.h"
#include "core/format/codec.h"
#include "core/format/csv_columns.h"

#include "core/alloc.h"

#include <stdlib.h>
#include <string.h>

struct csv_encode_options {
    const char         *csv_timestamp_format, *csv_separator;
    bool                csv_header, csv_column_prefix;
    struct vane_strings csv_columns, csv_column_titles;
};

static const struct vane_option options[] = {
    VANE_OPT_STRING(struct csv_encode_options, csv_timestamp_format, .preset = "\"unix\"",
                    .help = "unix, unix_ms, unix_us, unix_ns, RFC3339 or a layout such as "
                            "\"2006-01-02 15:04:05\"."),
    VANE_OPT_STRING(struct csv_encode_options, csv_separator, .preset = "\",\"",
                    .help = "The character that divides cells."),
    VANE_OPT_BOOL(struct csv_encode_options, csv_header, .preset = "false",
                  .help = "Begin each file with the names of the columns."),
    VANE_OPT_BOOL(struct csv_encode_options, csv_column_prefix, .preset = "false",
                  .help = "In the header, put tag_ and field_ before the names of tags and fields."),
    VANE_OPT_STRINGS(struct csv_encode_options, csv_columns,
                     .help = "The columns: timestamp, name, tag.KEY, field.KEY; empty: timestamp, name, all "
                             "tags, all fields."),
    VANE_OPT_STRINGS(struct csv_encode_options, csv_column_titles,
                     .help = "In the header, these names for csv_columns, one each; empty: their own."),
    { 0 },
};

enum kind { TIME, NAME, TAG, FIELD };

struct column {
    enum kind   kind;
    const char *key; /* of TAG and FIELD */
};

struct csv_encoder {
    struct encoder           base;
    struct timestamp_format *time_format;
    struct column           *columns; /* of csv_columns */
    size_t                   column_count;
    bool                     has_field; /* among them */
    struct codec_sorter      sorter;
    struct vane_text         cell;
    size_t                   cells, row; /* cells of the row so far; where it begins */
};

static const struct csv_encode_options *options_of(const struct csv_encoder *encoder)
{
    return encoder->base.options;
}

/* ---- Options ---- */

static bool read_column(const char *text, struct column *column)
{
    static const struct { const char *prefix; enum kind kind; } prefixes[] = {
        { "tag.", TAG }, { "field.", FIELD },
    };
    *column = (struct column){ .kind = strcmp(text, "name") == 0 ? NAME : TIME };
    if (column->kind == NAME || strcmp(text, "timestamp") == 0)
        return true;
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(prefixes[i].prefix);
        if (strncmp(text, prefixes[i].prefix, length) == 0 && text[length]) {
            *column = (struct column){ .kind = prefixes[i].kind, .key = text + length };
            return true;
        }
    }
    return false;
}

static bool prepare(struct encoder *base, struct error *err)
{
    struct csv_encoder *encoder = (struct csv_encoder *)base;
    const struct csv_encode_options *chosen = base->options;
    if (!csv_is_mark(chosen->csv_separator))
        return error_set(err, "csv_separator: \"%s\" is not one character that may divide cells",
                         chosen->csv_separator);
    if (chosen->csv_column_titles.count && chosen->csv_column_titles.count != chosen->csv_columns.count)
        return error_set(err, "csv_column_titles: are %zu for %zu csv_columns", chosen->csv_column_titles.count,
                         chosen->csv_columns.count);
    encoder->columns = alloc_array(chosen->csv_columns.count, sizeof *encoder->columns);
    encoder->column_count = chosen->csv_columns.count;
    for (size_t i = 0; i < encoder->column_count; i++) {
        const char *text = chosen->csv_columns.items[i];
        if (!read_column(text, &encoder->columns[i]))
            return error_set(err, "csv_columns: \"%s\" is neither timestamp, name, tag.KEY nor field.KEY",
                             text);
        encoder->has_field = encoder->has_field || encoder->columns[i].kind == FIELD;
    }
    encoder->time_format = timestamp_format_new(chosen->csv_timestamp_format, err);
    return encoder->time_format || error_prefix(err, "csv_timestamp_format");
}

/* ---- Cells ---- */

/* "\." ends the input of some databases. */
static bool needs_quotes(const struct csv_encoder *encoder, const char *text, size_t length)
{
    const char *separator = options_of(encoder)->csv_separator;
    if (!length)
        return false;
    return *text == ' ' || *text == '\t' || memchr(text, '"', length) || memchr(text, '\n', length)
        || memchr(text, '\r', length) || memmem(text, length, separator, strlen(separator))
        || (length == 2 && memcmp(text, "\\.", 2) == 0);
}

static void add_quoted(struct vane_text *out, const char *text, size_t length)
{
    char *to = codec_room(out, 2 * length + 2);
    *to++ = '"';
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            *to++ = '"';
        *to++ = text[i];
    }
    *to++ = '"';
    codec_wrote(out, to);
}

static void add_separator(struct csv_encoder *encoder)
{
    const char *separator = options_of(encoder)->csv_separator;
    if (encoder->cells++)
        vane_text_add(encoder->base.out, separator, strlen(separator));
    else
        encoder->row = encoder->base.out->length;
}

static void add_text(struct csv_encoder *encoder, const char *text, size_t length)
{
    add_separator(encoder);
    if (needs_quotes(encoder, text, length))
        add_quoted(encoder->base.out, text, length);
    else
        vane_text_add(encoder->base.out, text, length);
}

static void add_time(struct csv_encoder *encoder, int64_t time)
{
    vane_text_clear(&encoder->cell);
    timestamp_write(encoder->time_format, time, &encoder->cell);
    add_text(encoder, encoder->cell.data, encoder->cell.length);
}

static void add_field(struct csv_encoder *encoder, const struct vane_field *field)
{
    if (field && field->type == VANE_STRING) {
        add_text(encoder, field->s, field->length);
        return;
    }
    add_separator(encoder);
    if (field)
        cell_write(field, encoder->base.out);
}

/* A row that is one empty cell would be a blank line, which is no row. */
static void end_row(struct csv_encoder *encoder)
{
    struct vane_text *out = encoder->base.out;
    if (out->length == encoder->row)
        vane_text_add(out, "\"\"", 2);
    vane_text_add(out, "\n", 1);
    encoder->cells = 0;
}

/* ---- Rows ---- */

static const struct vane_tag *find_tag(const struct vane_series *series, const char *key)
{
    for (uint32_t i = 0; i < series->tag_count; i++)
        if (strcmp(series->tags[i].key, key) == 0)
            return &series->tags[i];
    return NULL;
}

static void add_column(struct csv_encoder *encoder, const struct column *column,
                       const struct vane_metric *metric)
{
    const struct vane_tag *tag;
    switch (column->kind) {
    case TIME:
        add_time(encoder, metric->time);
        break;
    case NAME:
        add_text(encoder, metric->series->name, metric->series->name_length);
        break;
    case TAG:
        tag = find_tag(metric->series, column->key);
        add_text(encoder, tag ? tag->value : "", tag ? tag->value_length : 0);
        break;
    case FIELD:
        add_field(encoder, vane_get(metric, column->key));
        break;
    }
}

static bool has_any(const struct csv_encoder *encoder, const struct vane_metric *metric)
{
    for (size_t i = 0; i < encoder->column_count; i++)
        if (encoder->columns[i].kind == FIELD && vane_get(metric, encoder->columns[i].key))
            return true;
    return false;
}

static void add_all(struct csv_encoder *encoder, const struct vane_metric *metric)
{
    add_time(encoder, metric->time);
    add_text(encoder, metric->series->name, metric->series->name_length);
    for (uint32_t i = 0; i < metric->series->tag_count; i++)
        add_text(encoder, metric->series->tags[i].value, metric->series->tags[i].value_length);
    const struct vane_field **fields = codec_sorted(&encoder->sorter, metric);
    for (uint32_t i = 0; i < metric->field_count; i++)
        add_field(encoder, fields[i]);
}

static void add_row(struct csv_encoder *encoder, const struct vane_metric *metric)
{
    if (!encoder->column_count)
        add_all(encoder, metric);
    for (size_t i = 0; i < encoder->column_count; i++)
        add_column(encoder, &encoder->columns[i], metric);
    end_row(encoder);
}

/* ---- The header ---- */

static void add_title(struct csv_encoder *encoder, const char *prefix, const char *name, size_t length)
{
    vane_text_clear(&encoder->cell);
    if (options_of(encoder)->csv_column_prefix)
        vane_text_add(&encoder->cell, prefix, strlen(prefix));
    vane_text_add(&encoder->cell, name, length);
    add_text(encoder, encoder->cell.data, encoder->cell.length);
}

static void add_column_title(struct csv_encoder *encoder, const struct column *column)
{
    const struct vane_strings *titles = &options_of(encoder)->csv_column_titles;
    const char *title = titles->count ? titles->items[column - encoder->columns] : NULL;
    if (title)
        add_text(encoder, title, strlen(title));
    else if (column->kind == TIME)
        add_text(encoder, "timestamp", 9);
    else if (column->kind == NAME)
        add_text(encoder, "name", 4);
    else
        add_title(encoder, column->kind == TAG ? "tag_" : "field_", column->key, strlen(column->key));
}

/* Without csv_columns it is that of the first metric. */
static void add_header(struct csv_encoder *encoder, const struct vane_metric *metric)
{
    for (size_t i = 0; i < encoder->column_count; i++)
        add_column_title(encoder, &encoder->columns[i]);
    if (!encoder->column_count) {
        add_text(encoder, "timestamp", 9);
        add_text(encoder, "measurement", 11);
        for (uint32_t i = 0; i < metric->series->tag_count; i++)
            add_title(encoder, "tag_", metric->series->tags[i].key, metric->series->tags[i].key_length);
        const struct vane_field **fields = codec_sorted(&encoder->sorter, metric);
        for (uint32_t i = 0; i < metric->field_count; i++)
            add_title(encoder, "field_", fields[i]->key, fields[i]->key_length);
    }
    end_row(encoder);
}

static void encode_head(struct encoder *base)
{
    struct csv_encoder *encoder = (struct csv_encoder *)base;
    if (options_of(encoder)->csv_header)
        add_header(encoder, base->metrics[0]);
}

static size_t encode(struct encoder *base)
{
    struct csv_encoder *encoder = (struct csv_encoder *)base;
    size_t appended = 0;
    for (size_t i = 0; i < base->count; i++) {
        const struct vane_metric *metric = base->metrics[i];
        if (encoder->has_field && !has_any(encoder, metric)) {
            codec_reject(base, i, "it has none of the fields in csv_columns");
            continue;
        }
        add_row(encoder, metric);
        appended++;
    }
    return appended;
}

static void release(struct encoder *base)
{
    struct csv_encoder *encoder = (struct csv_encoder *)base;
    timestamp_format_free(encoder->time_format);
    free(encoder->columns);
    free(encoder->sorter.fields);
    vane_text_release(&encoder->cell);
}

const struct encode_format csv_encode = {
    .options = options,
    .options_size = sizeof(struct csv_encode_options),
    .encoder_size = sizeof(struct csv_encoder),
    .prepare = prepare,
    .release = release,
    .encode = encode,
    .encode_head = encode_head,
};
