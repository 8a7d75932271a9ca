/* json_encode - metrics to JSON, in Telegraf's form: one metric a line, several of a call in one document.
 *
 *     {"fields":{"last":46920.37},"name":"ticker","tags":{"symbol":"BTCBUSD"},"timestamp":1648522311}
 *     {"metrics":[{...},{...}]}
 *
 * Fields are sorted by key; those that are NaN or infinite are left out, since JSON cannot say them. */
#include "core/format/codec.h"
#include "core/format/json_read.h"
#include "core/json_text.h"
#include "core/number.h"

#include <stdlib.h>
#include <string.h>

struct json_encode_options {
    int64_t             json_timestamp_units;
    const char         *json_timestamp_format;
    struct vane_strings json_nested_fields_include, json_nested_fields_exclude;
};

static const struct vane_option options[] = {
    VANE_OPT_DURATION(struct json_encode_options, json_timestamp_units, .preset = "\"1s\"", .least = 1,
                      .most = 86400e9,
                      .help = "The unit of timestamps: 1ns, 1us, 1ms, 1s; of others the power of ten below. "
                              "What is smaller is cut off."),
    VANE_OPT_STRING(struct json_encode_options, json_timestamp_format, .preset = "\"\"",
                    .help = "Write timestamps as text: RFC3339 or a layout such as "
                            "\"2006-01-02 15:04:05\"; empty: as a number."),
    VANE_OPT_STRINGS(struct json_encode_options, json_nested_fields_include,
                     .help = "Text fields that are written as the JSON they hold, if it is valid; globs."),
    VANE_OPT_STRINGS(struct json_encode_options, json_nested_fields_exclude,
                     .help = "Text fields that are not; with this one alone all others are."),
    { 0 },
};

struct json_encoder {
    struct encoder           base;
    int64_t                  unit;        /* ns */
    struct timestamp_format *time_format; /* NULL: a number of units */
    struct glob_list        *include, *exclude;
    struct codec_sorter      sorter;
    struct vane_text         time; /* as text, not yet quoted */
};

static bool prepare(struct encoder *base, struct error *err)
{
    struct json_encoder *encoder = (struct json_encoder *)base;
    const struct json_encode_options *chosen = base->options;
    for (encoder->unit = 1; encoder->unit <= chosen->json_timestamp_units / 10;)
        encoder->unit *= 10;
    const struct vane_strings *include = &chosen->json_nested_fields_include;
    const struct vane_strings *exclude = &chosen->json_nested_fields_exclude;
    if (!codec_globs(&encoder->include, "json_nested_fields_include", include, err)
        || !codec_globs(&encoder->exclude, "json_nested_fields_exclude", exclude, err))
        return false;
    if (!*chosen->json_timestamp_format)
        return true;
    encoder->time_format = timestamp_format_new(chosen->json_timestamp_format, err);
    return encoder->time_format || error_prefix(err, "json_timestamp_format");
}

static void release(struct encoder *base)
{
    struct json_encoder *encoder = (struct json_encoder *)base;
    timestamp_format_free(encoder->time_format);
    glob_list_free(encoder->include);
    glob_list_free(encoder->exclude);
    free(encoder->sorter.fields);
    vane_text_release(&encoder->time);
}

/* ---- Values ---- */

static void add(struct vane_text *out, const char *text)
{
    vane_text_add(out, text, strlen(text));
}

/* Without the white space between its parts, so that a metric stays one line. */
static void add_compact(struct vane_text *out, const char *text, const char *end)
{
    bool quoted = false;
    char *to = codec_room(out, (size_t)(end - text));
    for (; text < end; text++) {
        if (*text == '"')
            quoted = !quoted;
        if (quoted && *text == '\\')
            *to++ = *text++;
        if (quoted || (unsigned char)*text > ' ')
            *to++ = *text;
    }
    codec_wrote(out, to);
}

/* Writes a text as the JSON that it holds. False: it holds none. */
static bool add_nested(struct vane_text *out, const struct vane_field *field)
{
    struct json_reader reader = { .next = field->s, .end = field->s + field->length };
    if (!json_skip(&reader) || json_peek(&reader))
        return false;
    add_compact(out, field->s, reader.end);
    return true;
}

static bool is_nested(const struct json_encoder *encoder, const struct vane_field *field)
{
    if (!encoder->include && !encoder->exclude)
        return false;
    if (encoder->include && !glob_list_match(encoder->include, field->key, field->key_length))
        return false;
    return !encoder->exclude || !glob_list_match(encoder->exclude, field->key, field->key_length);
}

static void add_value(struct json_encoder *encoder, const struct vane_field *field)
{
    struct vane_text *out = encoder->base.out;
    char *to = codec_room(out, NUMBER_EXP_MAX);
    switch (field->type) {
    case VANE_FLOAT: codec_wrote(out, to + number_write_float_exp(to, field->f)); break;
    case VANE_INT:   codec_wrote(out, to + number_write_int(to, field->i)); break;
    case VANE_UINT:  codec_wrote(out, to + number_write_uint(to, field->u)); break;
    case VANE_BOOL:  add(out, field->b ? "true" : "false"); break;
    case VANE_STRING:
        if (!is_nested(encoder, field) || !add_nested(out, field))
            json_text_add(out, field->s, field->length);
        break;
    }
}

/* ---- Metrics ---- */

static void add_fields(struct json_encoder *encoder, const struct vane_metric *metric)
{
    struct vane_text *out = encoder->base.out;
    const struct vane_field **fields = codec_sorted(&encoder->sorter, metric);
    const char *before = "{\"fields\":{";
    for (uint32_t i = 0; i < metric->field_count; i++) {
        if (!codec_is_finite(fields[i]))
            continue;
        add(out, before);
        json_text_add(out, fields[i]->key, fields[i]->key_length);
        add(out, ":");
        add_value(encoder, fields[i]);
        before = ",";
    }
}

static void add_tags(struct json_encoder *encoder, const struct vane_series *series)
{
    struct vane_text *out = encoder->base.out;
    add(out, "\"tags\":{");
    for (uint32_t i = 0; i < series->tag_count; i++) {
        add(out, i ? "," : "");
        json_text_add(out, series->tags[i].key, series->tags[i].key_length);
        add(out, ":");
        json_text_add(out, series->tags[i].value, series->tags[i].value_length);
    }
    add(out, "},");
}

static void add_time(struct json_encoder *encoder, int64_t time)
{
    struct vane_text *out = encoder->base.out;
    add(out, "\"timestamp\":");
    if (!encoder->time_format) {
        char *to = codec_room(out, NUMBER_INT_MAX);
        codec_wrote(out, to + number_write_int(to, time / encoder->unit));
        return;
    }
    vane_text_clear(&encoder->time);
    timestamp_write(encoder->time_format, time, &encoder->time);
    json_text_add(out, encoder->time.data, encoder->time.length);
}

static void add_metric(struct json_encoder *encoder, const struct vane_metric *metric)
{
    struct vane_text *out = encoder->base.out;
    add_fields(encoder, metric);
    add(out, "},\"name\":");
    json_text_add(out, metric->series->name, metric->series->name_length);
    add(out, ",");
    add_tags(encoder, metric->series);
    add_time(encoder, metric->time);
    add(out, "}");
}

static size_t encode(struct encoder *base)
{
    struct json_encoder *encoder = (struct json_encoder *)base;
    size_t appended = 0;
    for (size_t i = 0; i < base->count; i++) {
        if (!codec_has_finite(base->metrics[i])) {
            codec_reject(base, i, "it has no finite field");
            continue;
        }
        if (base->count > 1)
            add(base->out, appended ? "," : "{\"metrics\":[");
        add_metric(encoder, base->metrics[i]);
        appended++;
    }
    if (appended)
        add(base->out, base->count > 1 ? "]}\n" : "\n");
    return appended;
}

const struct encode_format json_encode = {
    .options = options,
    .options_size = sizeof(struct json_encode_options),
    .encoder_size = sizeof(struct json_encoder),
    .prepare = prepare,
    .release = release,
    .encode = encode,
    .framing = VANE_DOCUMENT,
};
