/* influx_encode - metrics to line protocol, by Telegraf's rules: names, tags and keys are escaped
 * and lose backslashes at their end (which would escape what follows), fields that are NaN or infinite are
 * left out, floats have no exponent, unsigned integers are clipped to signed ones unless allowed.
 *
 * Metrics of one series share it by pointer, so its escaped text is looked up by that pointer among
 * those that the call has already written, and copied from there. */
#include "core/format/codec.h"
#include "core/format/scan.h"
#include "core/number.h"

#include <stdlib.h>

enum { SLOTS = 512 };

struct influx_options {
    uint64_t influx_max_line_bytes;
    bool     influx_sort_fields, influx_uint_support, influx_omit_timestamp;
};

static const struct vane_option options[] = {
    VANE_OPT_UINT(struct influx_options, influx_max_line_bytes, .preset = "0",
                  .help = "Longer lines are split by fields; 0: never."),
    VANE_OPT_BOOL(struct influx_options, influx_sort_fields, .preset = "false",
                  .help = "Write fields sorted by key."),
    VANE_OPT_BOOL(struct influx_options, influx_uint_support, .preset = "false",
                  .help = "Write unsigned integers as such (InfluxDB 2 and newer)."),
    VANE_OPT_BOOL(struct influx_options, influx_omit_timestamp, .preset = "false",
                  .help = "Leave out timestamps: the server stamps what it receives."),
    { 0 },
};

/* Where the text of a series stands in `out`; valid in the call it was written in. */
struct slot {
    const struct vane_series *series;
    uint64_t                  call;
    size_t                    offset, length;
};

struct influx_encoder {
    struct encoder      base;
    uint64_t            call;
    struct slot         slots[SLOTS];
    struct codec_sorter sorter;
    struct vane_text    pairs;   /* the fields of a metric that may have to be split */
    size_t             *lengths; /* of each pair */
    size_t              length_room;

    int64_t time; /* of time_text */
    size_t  time_length;
    char    time_text[NUMBER_INT_MAX];
};

/* ---- Texts ---- */

static char *escape(char *out, const char *text, size_t length, bool name)
{
    for (size_t i = 0; i < length; i++) {
        static const char from[] = "\t\n\f\r", to[] = "tnfr";
        const char *odd = text[i] ? strchr(from, text[i]) : NULL;
        if (odd || text[i] == ',' || text[i] == ' ' || (text[i] == '=' && !name))
            *out++ = '\\';
        *out++ = odd ? to[odd - from] : text[i];
    }
    return out;
}

/* Up to twice the length. */
static char *put_key(char *out, const char *text, size_t length, bool name)
{
    if (length && text[length - 1] != '\\' && scan_free_of(text, length, ',', '=', ' ')) {
        memcpy(out, text, length);
        return out + length;
    }
    while (length && text[length - 1] == '\\')
        length--;
    return escape(out, text, length, name);
}

/* Up to twice the length and the quotes. */
static char *put_string(char *out, const char *text, size_t length)
{
    *out++ = '"';
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' || text[i] == '\\')
            *out++ = '\\';
        *out++ = text[i];
    }
    *out++ = '"';
    return out;
}

/* ---- Series ---- */

static size_t series_room(const struct vane_series *series)
{
    size_t room = series->name_length;
    for (uint32_t i = 0; i < series->tag_count; i++)
        room += (size_t)series->tags[i].key_length + series->tags[i].value_length + 1;
    return room * 2;
}

static char *put_series(char *out, const struct vane_series *series)
{
    out = put_key(out, series->name, series->name_length, true);
    for (uint32_t i = 0; i < series->tag_count; i++) {
        const struct vane_tag *tag = &series->tags[i];
        char *start = out;
        *out++ = ',';
        char *key = out;
        out = put_key(out, tag->key, tag->key_length, false);
        bool empty = out == key;
        *out++ = '=';
        char *value = out;
        out = put_key(out, tag->value, tag->value_length, false);
        if (empty || out == value)
            out = start;
    }
    return out;
}

/* Appends the text of a series, and remembers where. */
static void add_series(struct influx_encoder *encoder, const struct vane_series *series)
{
    struct vane_text *out = encoder->base.out;
    uint64_t place = ((uint64_t)(uintptr_t)series >> 4) * 0x9e3779b97f4a7c15u;
    struct slot *slot = &encoder->slots[place >> 32 & (SLOTS - 1)];
    if (slot->series == series && slot->call == encoder->call) {
        char *to = codec_room(out, slot->length);
        memcpy(to, out->data + slot->offset, slot->length);
        codec_wrote(out, to + slot->length);
        return;
    }
    size_t start = out->length;
    codec_wrote(out, put_series(codec_room(out, series_room(series)), series));
    *slot = (struct slot){ series, encoder->call, start, out->length - start };
}

/* Has the series a name that line protocol can hold? */
static const char *find_fault(const struct vane_series *series)
{
    size_t length = series->name_length;
    while (length && series->name[length - 1] == '\\')
        length--;
    if (!length)
        return "the name is empty";
    return *series->name == '#' ? "the name begins with '#': its line would be a comment" : NULL;
}

/* ---- Fields ---- */

static char *put_uint(char *out, uint64_t value, bool supported)
{
    if (!supported && value > INT64_MAX)
        value = INT64_MAX;
    out += number_write_uint(out, value);
    *out++ = supported ? 'u' : 'i';
    return out;
}

static char *put_value(char *out, const struct vane_field *field, bool uint_support)
{
    switch (field->type) {
    case VANE_FLOAT:
        return out + number_write_float(out, field->f);
    case VANE_INT:
        out += number_write_int(out, field->i);
        *out++ = 'i';
        return out;
    case VANE_UINT:
        return put_uint(out, field->u, uint_support);
    case VANE_BOOL:
        memcpy(out, field->b ? "true" : "false", 5);
        return out + 5 - field->b;
    case VANE_STRING:
        break;
    }
    return put_string(out, field->s, field->length);
}

static size_t pair_room(const struct vane_field *field)
{
    size_t length = field->type == VANE_STRING ? field->length : 0;
    return 2 * (field->key_length + length) + NUMBER_MAX + 8;
}

/* "key=value"; `out` unmoved where the field has no form. */
static char *put_pair(char *out, const struct vane_field *field, bool uint_support)
{
    if (!codec_is_finite(field))
        return out;
    char *end = put_key(out, field->key, field->key_length, false);
    if (end == out)
        return out;
    *end++ = '=';
    return put_value(end, field, uint_support);
}

/* All fields that have a form, each with a ',' behind it. Their lengths go to the array if there is one;
 * answers how many there are. */
static size_t add_pairs(struct influx_encoder *encoder, struct vane_text *out,
                        const struct vane_metric *metric, size_t *lengths)
{
    const struct influx_options *chosen = encoder->base.options;
    const struct vane_field **sorted = NULL;
    if (chosen->influx_sort_fields)
        sorted = codec_sorted(&encoder->sorter, metric);
    size_t count = 0;
    for (uint32_t i = 0; i < metric->field_count; i++) {
        const struct vane_field *field = sorted ? sorted[i] : &metric->fields[i];
        char *start = codec_room(out, pair_room(field));
        char *end = put_pair(start, field, chosen->influx_uint_support);
        if (end == start)
            continue;
        if (lengths)
            lengths[count] = (size_t)(end - start);
        count++;
        *end++ = ',';
        codec_wrote(out, end);
    }
    return count;
}

/* ---- Lines ---- */

/* " time\n", or "\n". */
static char *put_footer(struct influx_encoder *encoder, char *out, int64_t time)
{
    const struct influx_options *chosen = encoder->base.options;
    if (!chosen->influx_omit_timestamp) {
        if (time != encoder->time || !encoder->time_length) {
            encoder->time = time;
            encoder->time_length = number_write_int(encoder->time_text, time);
        }
        *out++ = ' ';
        memcpy(out, encoder->time_text, sizeof encoder->time_text);
        out += encoder->time_length;
    }
    *out++ = '\n';
    return out;
}

enum { FOOTER_ROOM = NUMBER_INT_MAX + 2 };

static void add(struct vane_text *out, const char *bytes, size_t length)
{
    char *to = codec_room(out, length);
    memcpy(to, bytes, length);
    codec_wrote(out, to + length);
}

/* Lays a metric that is too long for one line out again: `header` bytes of it, from `start`, are its series
 * and a space. */
static const char *split_line(struct influx_encoder *encoder, const struct vane_metric *metric, size_t start,
                              size_t header)
{
    const struct influx_options *chosen = encoder->base.options;
    struct vane_text *out = encoder->base.out;
    char footer[FOOTER_ROOM];
    size_t footer_length = (size_t)(put_footer(encoder, footer, metric->time) - footer);
    encoder->lengths = codec_grow(encoder->lengths, &encoder->length_room, metric->field_count,
                                  sizeof(size_t));
    vane_text_clear(&encoder->pairs);
    size_t count = add_pairs(encoder, &encoder->pairs, metric, encoder->lengths);

    const char *pair = encoder->pairs.data;
    size_t line = start;
    codec_cut(out, start + header);
    for (size_t i = 0; i < count; pair += encoder->lengths[i++] + 1) {
        size_t length = encoder->lengths[i];
        if (header + length + footer_length > chosen->influx_max_line_bytes)
            return "a field does not fit into a line of influx_max_line_bytes";
        if (i && out->length - line + 1 + length + footer_length > chosen->influx_max_line_bytes) {
            add(out, footer, footer_length);
            line = out->length;
            codec_room(out, header);
            add(out, out->data + start, header);
        } else if (i) {
            add(out, ",", 1);
        }
        add(out, pair, length);
    }
    add(out, footer, footer_length);
    return NULL;
}

/* Appends the metric; answers NULL, or why it has no form. */
static const char *add_metric(struct influx_encoder *encoder, const struct vane_metric *metric)
{
    const struct influx_options *chosen = encoder->base.options;
    struct vane_text *out = encoder->base.out;
    const char *fault = find_fault(metric->series);
    if (fault)
        return fault;
    size_t start = out->length;
    add_series(encoder, metric->series);
    add(out, " ", 1);
    size_t header = out->length - start;
    if (!add_pairs(encoder, out, metric, NULL))
        return "it has no finite field";
    char *footer = codec_room(out, FOOTER_ROOM) - 1; /* over the last ',' */
    codec_wrote(out, put_footer(encoder, footer, metric->time));
    if (!chosen->influx_max_line_bytes || out->length - start <= chosen->influx_max_line_bytes)
        return NULL;
    return split_line(encoder, metric, start, header);
}

static size_t encode(struct encoder *base)
{
    struct influx_encoder *encoder = (struct influx_encoder *)base;
    size_t appended = 0;
    encoder->call++;
    for (size_t i = 0; i < base->count; i++) {
        size_t start = base->out->length;
        const char *fault = add_metric(encoder, base->metrics[i]);
        if (fault) {
            codec_cut(base->out, start);
            encoder->call++; /* the text of its series is gone again */
            codec_reject(base, i, fault);
            continue;
        }
        appended++;
    }
    return appended;
}

static void release(struct encoder *base)
{
    struct influx_encoder *encoder = (struct influx_encoder *)base;
    free(encoder->sorter.fields);
    free(encoder->lengths);
    vane_text_release(&encoder->pairs);
}

const struct encode_format influx_encode = {
    .options = options,
    .options_size = sizeof(struct influx_options),
    .encoder_size = sizeof(struct influx_encoder),
    .release = release,
    .encode = encode,
};
