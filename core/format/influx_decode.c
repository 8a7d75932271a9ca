/* influx_decode - line protocol to metrics: the hot path of most flows.
 *
 * The payload is copied once into the batch's arena and read there in place: a key ends where its '='
 * was, a text where its quote was. Tags are parsed once a series and batch; after that the series
 * is found by its text, so that text stays as it came. A backslash stands for itself unless what
 * follows is special there, as in InfluxDB. A record is a line, but a quoted string may hold newlines. When
 * one goes wrong around its quotes (it never closes, or something follows), reading goes on behind
 * the record's first line, since the quote itself may be the fault; else behind the line of the fault.
 */
#include "core/format/codec.h"
#include "core/format/scan.h"
#include "core/number.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { REASON_MAX = 200, SHOWN = 40 };

/* Times that InfluxDB can store; the two below are its own marks. */
static const int64_t TIME_LEAST = INT64_MIN + 2, TIME_MOST = INT64_MAX - 1;

struct influx_options {
    int64_t influx_timestamp_precision;
};

static const struct vane_option options[] = {
    VANE_OPT_DURATION(struct influx_options, influx_timestamp_precision, .preset = "\"1ns\"", .least = 1,
                      .most = 3.6e12, .help = "The unit of timestamps: 1ns, 1us, 1ms or 1s."),
    { 0 },
};

struct influx_decoder {
    struct decoder     base;
    struct vane_field *fields;
    size_t             field_room;
    struct vane_tag   *tags;
    size_t             tag_room;
    char              *plain; /* names and tags of one series without their backslashes */
    size_t             plain_room;

    /* Of the record being read. */
    char *next, *end;
    bool  unclosed;  /* the text ended inside a string */
    bool  spans;     /* a string of it holds a newline */
    bool  suspect;   /* its quotes are at fault */
    char  reason[REASON_MAX];
};

static bool fail(struct influx_decoder *decoder, const char *format, ...) VANE_PRINTF(2, 3);

static bool fail(struct influx_decoder *decoder, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(decoder->reason, sizeof decoder->reason, format, args);
    va_end(args);
    return false;
}

static int shown(size_t length)
{
    return length < SHOWN ? (int)length : SHOWN;
}

/* ---- Characters ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

/* A newline, with or without \r, or the end. */
static bool at_line_end(const struct influx_decoder *decoder, const char *at)
{
    if (at == decoder->end || *at == '\n')
        return true;
    return *at == '\r' && (at + 1 == decoder->end || at[1] == '\n');
}

static char *skip_spaces(char *at)
{
    while (is_space(*at))
        at++;
    return at;
}

static bool is_escaped(char c)
{
    return c == ',' || c == '=' || c == ' ';
}

/* ---- Series ---- */

/* Where name and tags end: the first white space that no backslash stands before. NULL: a NUL byte. */
static char *series_end(struct influx_decoder *decoder)
{
    for (char *at = decoder->next;;) {
        at = scan_for(at, '\\', '\\', '\\', ' ');
        if (*at == '\\') {
            at += is_escaped(at[1]) ? 2 : 1;
            continue;
        }
        if (is_space(*at) || *at == '\n' || *at == '\r' || at == decoder->end)
            return at;
        if (*at == '\0')
            return NULL;
        at++;
    }
}

/* Copies a part of the series up to one of the stop characters or the end, without the backslashes. In a
 * name '=' is no special character. */
static const char *take_part(const char *text, const char *end, char stop, bool name, char **out)
{
    for (; text < end && *text != ',' && *text != stop; text++) {
        if (*text == '\\' && text + 1 < end && is_escaped(text[1]) && !(name && text[1] == '='))
            text++;
        *(*out)++ = *text;
    }
    return text;
}

static int compare_tags(const void *a, const void *b)
{
    const struct vane_tag *x = a, *y = b;
    int order = memcmp(x->key, y->key, x->key_length < y->key_length ? x->key_length : y->key_length);
    return order ? order : (x->key_length > y->key_length) - (x->key_length < y->key_length);
}

/* Sorted here, because a series sorts its tags as if they were few. */
static bool sort_tags(struct influx_decoder *decoder, size_t count)
{
    struct vane_tag *tags = decoder->tags;
    bool sorted = true;
    for (size_t i = 1; i < count; i++)
        sorted = sorted && compare_tags(&tags[i - 1], &tags[i]) < 0;
    if (sorted)
        return true;
    qsort(tags, count, sizeof *tags, compare_tags);
    for (size_t i = 1; i < count; i++)
        if (compare_tags(&tags[i - 1], &tags[i]) == 0)
            return fail(decoder, "tag \"%.*s\" stands twice", shown(tags[i].key_length), tags[i].key);
    return true;
}

/* One ",key=value"; `text` stands behind the comma. NULL: it is wrong. */
static const char *read_tag(struct influx_decoder *decoder, const char *text, const char *end,
                            struct vane_tag *tag, char **out)
{
    char *key = *out;
    text = take_part(text, end, '=', false, out);
    size_t key_length = (size_t)(*out - key);
    if (!key_length)
        return fail(decoder, "a tag has no key"), NULL;
    if (text == end || *text != '=')
        return fail(decoder, "tag \"%.*s\" has no '='", shown(key_length), key), NULL;
    char *value = *out;
    text = take_part(text + 1, end, '=', false, out);
    size_t value_length = (size_t)(*out - value);
    if (!value_length)
        return fail(decoder, "tag \"%.*s\" has no value", shown(key_length), key), NULL;
    if (text < end && *text == '=')
        return fail(decoder, "the value of tag \"%.*s\" holds a bare '='", shown(key_length), key), NULL;
    *tag = (struct vane_tag){ key, value, (uint32_t)key_length, (uint32_t)value_length };
    return text;
}

static const struct vane_series *parse_series(struct influx_decoder *decoder, const char *text,
                                              const char *end)
{
    decoder->plain = codec_grow(decoder->plain, &decoder->plain_room, (size_t)(end - text) + 1, 1);
    char *name = decoder->plain, *out = name;
    text = take_part(text, end, ',', true, &out);
    size_t name_length = (size_t)(out - name), count = 0;
    if (!name_length)
        return fail(decoder, "the measurement is missing"), NULL;
    while (text < end) {
        decoder->tags = codec_grow(decoder->tags, &decoder->tag_room, count + 1, sizeof *decoder->tags);
        text = read_tag(decoder, text + 1, end, &decoder->tags[count++], &out);
        if (!text)
            return NULL;
    }
    if (!sort_tags(decoder, count))
        return NULL;
    return batch_series(decoder->base.batch, name, name_length, decoder->tags, count);
}

static const struct vane_series *read_series(struct influx_decoder *decoder)
{
    char *text = decoder->next, *end = series_end(decoder);
    if (!end)
        return fail(decoder, "a NUL byte stands in the measurement or a tag"), NULL;
    decoder->next = end;
    struct batch *batch = decoder->base.batch;
    const struct vane_series *series = batch_series_of_text(batch, text, (size_t)(end - text));
    if (series)
        return series;
    series = parse_series(decoder, text, end);
    if (series)
        batch_remember_series(batch, text, (size_t)(end - text), series);
    return series;
}

/* ---- Fields ---- */

static bool fail_key(struct influx_decoder *decoder, const char *key, const char *end)
{
    if (end == key)
        return fail(decoder, "a field key is missing");
    return fail(decoder, "field \"%.*s\" has no '='", shown((size_t)(end - key)), key);
}

/* A key with backslashes or control characters, from the first of them. Answers where the '=' stands, or
 * NULL. */
static char *read_odd_key(struct influx_decoder *decoder, char *key, char *at, size_t *length)
{
    char *out = at;
    for (;; at++) {
        if (*at == '=') {
            *length = (size_t)(out - key);
            return at;
        }
        if (*at == '\\' && is_escaped(at[1])) {
            *out++ = *++at;
            continue;
        }
        if (*at == '\0' || *at == ',' || *at == '\n' || *at == '\r' || is_space(*at))
            return fail_key(decoder, key, out), NULL;
        *out++ = *at;
    }
}

static bool read_key(struct influx_decoder *decoder, struct vane_field *field)
{
    char *key = decoder->next, *stop = scan_for(key, '=', ',', '\\', ' ');
    size_t length = (size_t)(stop - key);
    if (*stop != '=') {
        decoder->next = stop;
        stop = read_odd_key(decoder, key, stop, &length);
        if (!stop)
            return false;
    }
    if (!length)
        return fail_key(decoder, key, key);
    key[length] = '\0';
    decoder->next = stop + 1;
    field->key = key;
    field->key_length = (uint32_t)length;
    return true;
}

/* From the first backslash on; the text moves together over them. Answers the closing quote, or NULL. */
static char *unescape_string(const struct influx_decoder *decoder, char *at, char **out_end)
{
    char *out = at;
    for (;; at++) {
        char *stop = scan_for(at, '"', '\\', '"', '\0');
        memmove(out, at, (size_t)(stop - at));
        out += stop - at;
        at = stop;
        if (at == decoder->end)
            return NULL;
        if (*at == '"') {
            *out_end = out;
            return at;
        }
        if (*at == '\\' && at + 1 < decoder->end && (at[1] == '"' || at[1] == '\\'))
            at++;
        *out++ = *at;
    }
}

static bool read_string(struct influx_decoder *decoder, struct vane_field *field)
{
    char *text = decoder->next + 1, *end = scan_for(text, '"', '\\', '"', '\0'), *stop = end;
    if (*stop != '"') {
        stop = unescape_string(decoder, end, &end);
        if (!stop) {
            decoder->next = decoder->end;
            decoder->unclosed = decoder->suspect = true;
            return fail(decoder, "the string of field \"%.*s\" is not closed", shown(field->key_length),
                        field->key);
        }
    }
    *end = '\0';
    decoder->next = stop + 1;
    decoder->spans = decoder->spans || memchr(text, '\n', (size_t)(end - text));
    field->type = VANE_STRING;
    field->s = text;
    field->length = (uint32_t)(end - text);
    return true;
}

static bool read_bool(struct vane_field *field, const char *text, size_t length)
{
    static const char *const words[] = { "t", "T", "true", "True", "TRUE", "f", "F", "false", "False",
                                         "FALSE" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0) {
            field->type = VANE_BOOL;
            field->b = i < 5;
            return true;
        }
    return false;
}

/* Digits alone, with a sign for integers; a '+' is for nobody. */
static bool read_number(struct vane_field *field, const char *text, size_t length)
{
    if (*text == '+')
        return false;
    switch (text[length - 1]) {
    case 'i':
        field->type = VANE_INT;
        return number_read_int(text, length - 1, &field->i);
    case 'u':
        field->type = VANE_UINT;
        return number_read_uint(text, length - 1, &field->u);
    default:
        field->type = VANE_FLOAT;
        return number_read_float(text, length, &field->f);
    }
}

static bool fail_value(struct influx_decoder *decoder, const struct vane_field *field, const char *text,
                       size_t length)
{
    if (!length)
        return fail(decoder, "field \"%.*s\" has no value", shown(field->key_length), field->key);
    bool number = (*text >= '0' && *text <= '9') || *text == '-' || *text == '.';
    return fail(decoder, "field \"%.*s\": \"%.*s\" is %s", shown(field->key_length), field->key,
                shown(length),
                text, number ? "not a number, or out of range" : "neither number, string nor boolean");
}

static bool read_value(struct influx_decoder *decoder, struct vane_field *field)
{
    char *text = decoder->next;
    if (*text == '"')
        return read_string(decoder, field);
    char *end = scan_for(text, ',', ',', ',', ' ');
    size_t length = (size_t)(end - text);
    decoder->next = end;
    if (length && (read_number(field, text, length) || read_bool(field, text, length)))
        return true;
    return fail_value(decoder, field, text, length);
}

static bool read_fields(struct influx_decoder *decoder, size_t *count)
{
    for (*count = 0;; decoder->next++) {
        if (*count == decoder->field_room)
            decoder->fields = codec_grow(decoder->fields, &decoder->field_room, *count + 1,
                                         sizeof *decoder->fields);
        struct vane_field *field = &decoder->fields[*count];
        if (!read_key(decoder, field) || !read_value(decoder, field))
            return false;
        ++*count;
        if (*decoder->next == ',')
            continue;
        if (is_space(*decoder->next) || at_line_end(decoder, decoder->next))
            return true;
        decoder->suspect = decoder->spans;
        return fail(decoder, "something follows the value of field \"%.*s\"", shown(field->key_length),
                    field->key);
    }
}

/* ---- Records ---- */

static bool read_time(struct influx_decoder *decoder, int64_t *time)
{
    char *text = decoder->next, *end = scan_for(text, ' ', ' ', ' ', ' ');
    size_t length = (size_t)(end - text);
    const struct influx_options *chosen = decoder->base.plan->options;
    int64_t scanned, ns;
    decoder->next = end;
    if (*text == '+' || !number_read_int(text, length, &scanned))
        return fail(decoder, "\"%.*s\" is not a timestamp", shown(length), text);
    if (__builtin_mul_overflow(scanned, chosen->influx_timestamp_precision, &ns)
        || ns < TIME_LEAST || ns > TIME_MOST)
        return fail(decoder, "timestamp %.*s is out of range", shown(length), text);
    *time = ns;
    return true;
}

static bool read_record(struct influx_decoder *decoder)
{
    size_t count;
    const struct vane_series *series = read_series(decoder);
    if (!series)
        return false;
    decoder->next = skip_spaces(decoder->next);
    if (at_line_end(decoder, decoder->next))
        return fail(decoder, "there are no fields");
    if (!read_fields(decoder, &count))
        return false;

    int64_t time = VANE_NO_TIME;
    decoder->next = skip_spaces(decoder->next);
    if (!at_line_end(decoder, decoder->next)) {
        if (!read_time(decoder, &time))
            return false;
        decoder->next = skip_spaces(decoder->next);
        if (!at_line_end(decoder, decoder->next))
            return fail(decoder, "something follows the timestamp");
    }
    codec_add(decoder->base.batch, series, time, decoder->fields, codec_unique(decoder->fields, count));
    return true;
}

/* To the next record, over blank lines and comments. False: there is none. */
static bool find_record(struct influx_decoder *decoder)
{
    for (;;) {
        char *at = skip_spaces(decoder->next);
        decoder->next = at;
        if (at == decoder->end)
            return false;
        if (*at == '#') {
            char *newline = memchr(at, '\n', (size_t)(decoder->end - at));
            decoder->next = newline ? newline : decoder->end;
        } else if (at_line_end(decoder, at)) {
            decoder->next = at + 1;
        } else {
            return true;
        }
    }
}

/* Reports the record that began at `start` and failed, and puts what was changed in place back as it
 * came. Answers where reading goes on. */
static size_t give_up(struct influx_decoder *decoder, char *text, size_t start)
{
    struct decoder *base = &decoder->base;
    size_t fault = (size_t)(decoder->next - text);
    size_t end = codec_line_end(base, decoder->suspect ? start : fault);
    memcpy(text + start, base->bytes + start, fault - start);
    codec_bad(base, start, end, "%s", decoder->reason);
    return end;
}

static size_t decode(struct decoder *base)
{
    struct influx_decoder *decoder = (struct influx_decoder *)base;
    size_t length = base->length;
    if (!base->last) {
        const char *newline = length ? memrchr(base->bytes, '\n', length) : NULL;
        length = newline ? (size_t)(newline - base->bytes) + 1 : 0;
    }
    assert(length <= UINT32_MAX);
    if (!length)
        return 0;
    char *text = codec_copy(base, 0, length, SCAN_PADDING);
    decoder->next = text;
    decoder->end = text + length;
    while (find_record(decoder)) {
        size_t start = (size_t)(decoder->next - text);
        decoder->unclosed = decoder->spans = decoder->suspect = false;
        if (read_record(decoder))
            continue;
        if (decoder->unclosed && !base->last)
            return start;
        size_t end = give_up(decoder, text, start);
        decoder->next = text + (end < length ? end : length);
    }
    return length;
}

static void release(struct decoder *base)
{
    struct influx_decoder *decoder = (struct influx_decoder *)base;
    free(decoder->fields);
    free(decoder->tags);
    free(decoder->plain);
}

const struct decode_format influx_decode = {
    .options = options,
    .options_size = sizeof(struct influx_options),
    .plan_size = sizeof(struct decode_plan),
    .decoder_size = sizeof(struct influx_decoder),
    .release = release,
    .decode = decode,
};
