/* json_decode - documents to metrics, by Telegraf's rules: an object is a metric, an array of objects one for
 * each; nested keys are joined by '_', places in arrays are keys; numbers become floats; texts and booleans
 * are dropped unless json_string_fields or tag_keys name them.
 *
 * Documents follow one another, each beginning on a line of its own; one may span lines. A document is
 * checked whole before anything of it is taken. Behind a bad one reading goes on at the next line, after
 * its first, that begins with { or [: so a broken line takes no other one with it. */
#include "core/format/codec.h"
#include "core/format/json_plan.h"
#include "core/format/json_read.h"
#include "core/number.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_MAX = 200, SHOWN = 40 };

/* A tag whose texts lie in the scratch text. */
struct span_tag {
    size_t   key, value;
    uint32_t key_length, value_length;
};

struct json_decoder {
    struct decoder     base;
    struct vane_text   key;     /* of the value being read, with all above it */
    struct vane_text   scratch; /* texts of the object's tags, its name, a text being looked at */
    struct span_tag   *spans;
    struct vane_tag   *tags;
    struct vane_field *fields;
    size_t             span_count, span_room, tag_room, field_count, field_room;
    size_t             name, name_length; /* in scratch */
    bool               has_time, begun; /* begun: something of the stream is done with */
    int64_t            time;
    struct json_reader object; /* before the object, for reports */
};

static const struct json_plan *plan_of(const struct json_decoder *decoder)
{
    return (const struct json_plan *)decoder->base.plan;
}

static const struct json_decode_options *options_of(const struct json_decoder *decoder)
{
    return decoder->base.plan->options;
}

/* ---- Values of an object ---- */

static bool key_is(const struct json_decoder *decoder, const char *key)
{
    return *key && strcmp(decoder->key.data, key) == 0;
}

static bool key_matches(const struct json_decoder *decoder, const struct glob_list *list)
{
    return list && glob_list_match(list, decoder->key.data, decoder->key.length);
}

/* The value as it would be written bare: the end of scratch, from the offset that is answered. */
static size_t add_bare(struct json_decoder *decoder, struct json_reader *reader, size_t *length)
{
    struct vane_text *scratch = &decoder->scratch;
    size_t at = scratch->length;
    char first = json_peek(reader);
    struct json_string text = { 0 };
    double value;
    if (first == '"') {
        text = json_string(reader);
        char *to = codec_room(scratch, text.length);
        codec_wrote(scratch, to + json_unescape(&text, to));
    } else if (first == 't' || first == 'f') {
        vane_text_add(scratch, first == 't' ? "true" : "false", first == 't' ? 4 : 5);
        json_skip(reader);
    } else {
        text = json_number(reader);
        bool whole = !memchr(text.text, '.', text.length) && !memchr(text.text, 'e', text.length)
                  && !memchr(text.text, 'E', text.length);
        if (!whole && number_read_float(text.text, text.length, &value)) {
            char *to = codec_room(scratch, NUMBER_MAX);
            codec_wrote(scratch, to + number_write_float(to, value));
        } else {
            vane_text_add(scratch, text.text, text.length); /* all digits of an id, however many */
        }
    }
    *length = scratch->length - at;
    return at;
}

static bool bad_object(struct json_decoder *decoder, const char *format, ...) VANE_PRINTF(2, 3);

static bool bad_object(struct json_decoder *decoder, const char *format, ...)
{
    char reason[REASON_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    struct json_reader reader = decoder->object;
    json_peek(&reader);
    size_t start = (size_t)(reader.next - decoder->base.bytes);
    json_skip(&reader);
    codec_bad(&decoder->base, start, (size_t)(reader.next - decoder->base.bytes), "%s", reason);
    return false;
}

static bool bad_value(struct json_decoder *decoder, const char *text, size_t length, const char *what)
{
    return bad_object(decoder, "key \"%.*s\": \"%.*s\" is not %s", SHOWN, decoder->key.data,
                      length < SHOWN ? (int)length : SHOWN, text, what);
}

static bool take_time(struct json_decoder *decoder, struct json_reader *reader)
{
    if (json_peek(reader) == 't' || json_peek(reader) == 'f')
        return bad_value(decoder, "", 0, "a time");
    bool number = json_peek(reader) != '"';
    struct json_string raw = number ? json_number(reader) : json_string(reader);
    char *text = codec_room(&decoder->scratch, raw.length);
    size_t length = json_unescape(&raw, text);
    decoder->has_time = true;
    return timestamp_read(plan_of(decoder)->time_format, text, length, &decoder->time)
        || bad_value(decoder, text, length, "a time as json_time_format says");
}

static bool take_tag(struct json_decoder *decoder, struct json_reader *reader)
{
    size_t key = decoder->scratch.length, value_length;
    vane_text_add(&decoder->scratch, decoder->key.data, decoder->key.length);
    size_t value = add_bare(decoder, reader, &value_length);
    if (memchr(decoder->scratch.data + value, '\0', value_length))
        return bad_value(decoder, decoder->scratch.data + value, value_length,
                         "a tag: it holds a NUL character");
    decoder->spans = codec_grow(decoder->spans, &decoder->span_room, decoder->span_count + 1,
                                sizeof *decoder->spans);
    decoder->spans[decoder->span_count++] = (struct span_tag){ key, value, (uint32_t)decoder->key.length,
                                                               (uint32_t)value_length };
    return true;
}

static bool take_name(struct json_decoder *decoder, struct json_reader reader)
{
    decoder->name = add_bare(decoder, &reader, &decoder->name_length);
    const char *name = decoder->scratch.data + decoder->name;
    return !memchr(name, '\0', decoder->name_length)
        || bad_value(decoder, name, decoder->name_length, "a name: it holds a NUL character");
}

static void add_field(struct json_decoder *decoder, struct vane_field field)
{
    field.key_length = (uint32_t)decoder->key.length;
    field.key = arena_text(batch_arena(decoder->base.batch), decoder->key.data, decoder->key.length);
    decoder->fields = codec_grow(decoder->fields, &decoder->field_room, decoder->field_count + 1,
                                 sizeof *decoder->fields);
    decoder->fields[decoder->field_count++] = field;
}

static void take_number(struct json_decoder *decoder, struct json_reader *reader)
{
    struct json_string digits = json_number(reader);
    struct vane_field field = { .type = VANE_FLOAT };
    number_read_float(digits.text, digits.length, &field.f);
    add_field(decoder, field);
}

static void take_string(struct json_decoder *decoder, struct json_reader *reader)
{
    struct json_string raw = json_string(reader);
    char *text = arena_take(batch_arena(decoder->base.batch), raw.length + 1);
    struct vane_field field = { .type = VANE_STRING, .s = text,
                                .length = (uint32_t)json_unescape(&raw, text) };
    text[field.length] = '\0';
    add_field(decoder, field);
}

static void take_bool(struct json_decoder *decoder, struct json_reader *reader)
{
    add_field(decoder, (struct vane_field){ .type = VANE_BOOL, .b = json_peek(reader) == 't' });
    json_skip(reader);
}

/* A value that is no object and no array, under the key that `key` holds. */
static bool take_leaf(struct json_decoder *decoder, struct json_reader *reader)
{
    const struct json_decode_options *chosen = options_of(decoder);
    char first = json_peek(reader);
    if (first == 'n')
        return json_skip(reader);
    if (key_is(decoder, chosen->json_time_key))
        return take_time(decoder, reader);
    if (first == '"' && key_is(decoder, chosen->json_name_key) && !take_name(decoder, *reader))
        return false;
    bool digits = first == '-' || (first >= '0' && first <= '9'), tag = key_matches(decoder, plan_of(decoder)->tags);
    if (!tag && !digits && !key_matches(decoder, plan_of(decoder)->strings))
        return json_skip(reader);
    if (!decoder->key.length)
        return bad_object(decoder, "a key is empty, and no field or tag can be called so");
    if (tag)
        return take_tag(decoder, reader);
    if (digits)
        take_number(decoder, reader);
    else if (first == '"')
        take_string(decoder, reader);
    else
        take_bool(decoder, reader);
    return true;
}

/* Puts the key of a member, or the place of an element, behind those above. */
static bool add_key(struct json_decoder *decoder, struct json_reader *reader, bool named, size_t place)
{
    struct vane_text *key = &decoder->key;
    if (key->length)
        vane_text_add(key, "_", 1);
    if (!named) {
        vane_text_addf(key, "%zu", place);
        return true;
    }
    struct json_string raw = json_key(reader);
    char *to = codec_room(key, raw.length);
    size_t length = json_unescape(&raw, to);
    codec_wrote(key, to + length);
    return !memchr(to, '\0', length) || bad_object(decoder, "a key holds a NUL character");
}

/* All values of an object or array. */
static bool take_members(struct json_decoder *decoder, struct json_reader *reader)
{
    bool named = json_peek(reader) == '{';
    size_t above = decoder->key.length, place = 0;
    for (bool any = json_enter(reader); any; any = json_more(reader), place++) {
        if (!add_key(decoder, reader, named, place))
            return false;
        char first = json_peek(reader);
        if (!(first == '{' || first == '[' ? take_members(decoder, reader) : take_leaf(decoder, reader)))
            return false;
        codec_cut(&decoder->key, above);
    }
    return true;
}

/* ---- Objects ---- */

static const struct vane_series *series_of(struct json_decoder *decoder)
{
    const struct decode_plan *plan = decoder->base.plan;
    const char *texts = decoder->scratch.data, *name = plan->measurement;
    size_t name_length = plan->measurement_length;
    decoder->tags = codec_grow(decoder->tags, &decoder->tag_room, decoder->span_count, sizeof *decoder->tags);
    for (size_t i = 0; i < decoder->span_count; i++) {
        const struct span_tag *span = &decoder->spans[i];
        decoder->tags[i] = (struct vane_tag){ texts + span->key, texts + span->value, span->key_length,
                                              span->value_length };
    }
    if (decoder->name_length) {
        name = texts + decoder->name;
        name_length = decoder->name_length;
    }
    return batch_series(decoder->base.batch, name, name_length, decoder->tags, decoder->span_count);
}

static bool take_object(struct json_decoder *decoder, struct json_reader *reader)
{
    decoder->object = *reader;
    codec_cut(&decoder->key, 0);
    codec_cut(&decoder->scratch, 0);
    decoder->span_count = decoder->field_count = decoder->name_length = 0;
    decoder->has_time = false;
    decoder->time = VANE_NO_TIME;
    if (!take_members(decoder, reader)) {
        *reader = decoder->object;
        json_skip(reader);
        return false;
    }
    if (plan_of(decoder)->time_format && !decoder->has_time)
        return bad_object(decoder, "the time key \"%s\" is missing", options_of(decoder)->json_time_key);
    if (!decoder->field_count)
        return true;
    size_t count = codec_unique(decoder->fields, decoder->field_count);
    codec_add(decoder->base.batch, series_of(decoder), decoder->time, decoder->fields, count);
    return true;
}

/* Of an array in strict mode nothing stays when an object is bad, which has then been reported. */
static void take_array(struct json_decoder *decoder, struct json_reader *reader)
{
    struct batch *batch = decoder->base.batch;
    size_t before = batch->view.count;
    for (bool any = json_enter(reader); any; any = json_more(reader)) {
        if (take_object(decoder, reader) || !options_of(decoder)->json_strict)
            continue;
        batch->view.count = before;
        return;
    }
}

static bool all_objects(struct json_reader reader)
{
    for (bool any = json_enter(&reader); any; any = json_more(&reader)) {
        if (json_peek(&reader) != '{')
            return false;
        json_skip(&reader);
    }
    return true;
}

/* ---- Documents ---- */

static bool is_key(const struct json_string *raw, const char *key, struct vane_text *scratch)
{
    vane_text_clear(scratch);
    char *to = codec_room(scratch, raw->length);
    size_t length = json_unescape(raw, to);
    return strlen(key) == length && memcmp(to, key, length) == 0;
}

/* To the member of that key, or the element at that place. */
static bool step_in(struct json_decoder *decoder, struct json_reader *reader, const char *key)
{
    char first = json_peek(reader);
    uint64_t wanted, place = 0;
    if (first != '{' && (first != '[' || !number_read_uint(key, strlen(key), &wanted)))
        return false;
    for (bool any = json_enter(reader); any; any = json_more(reader), place++) {
        struct json_string raw = first == '{' ? json_key(reader) : (struct json_string){ 0 };
        if (first == '{' ? is_key(&raw, key, &decoder->scratch) : place == wanted)
            return true;
        json_skip(reader);
    }
    return false;
}

/* What the query leads to, if anything. */
static void take_document(struct json_decoder *decoder, struct json_reader reader, size_t start, size_t end)
{
    for (size_t i = 0; i < plan_of(decoder)->query_count; i++)
        if (!step_in(decoder, &reader, plan_of(decoder)->query[i]))
            return;
    char first = json_peek(&reader);
    if (first == 'n')
        return;
    if (first == '{')
        take_object(decoder, &reader);
    else if (first == '[' && all_objects(reader))
        take_array(decoder, &reader);
    else
        codec_bad(&decoder->base, start, end, "%s an object or an array of objects",
                  plan_of(decoder)->query_count ? "json_query does not lead to" : "the document is not");
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where, behind the line of `at`, a line begins with { or [; else `length`. */
static size_t find_start(const struct decoder *base, size_t at, size_t length)
{
    do
        at = codec_line_end(base, at);
    while (at < length && base->bytes[at] != '{' && base->bytes[at] != '[');
    return at < length ? at : length;
}

/* The document at `start`, of what reaches to `length`. Answers where the next one may begin; `start`: it is
 * not complete. */
static size_t read_document(struct json_decoder *decoder, size_t start, size_t length)
{
    struct decoder *base = &decoder->base;
    struct json_reader reader = { .next = base->bytes + start, .end = base->bytes + length }, walker = reader;
    bool fine = strchr("{[n", json_peek(&reader)) && json_skip(&reader);
    size_t at = (size_t)(reader.next - base->bytes);
    while (fine && at < length && is_space(base->bytes[at]) && base->bytes[at] != '\n')
        at++;
    if (fine && (at == length || base->bytes[at] == '\n')) {
        take_document(decoder, walker, start, at);
        return at < length ? at + 1 : length;
    }
    size_t next = find_start(base, start, length);
    if (!base->last && (reader.more || next == length))
        return start;
    const char *fault = fine ? "something follows the document" : "an object or array is missing";
    if (reader.more)
        codec_bad(base, start, next, "the document is not complete");
    else
        codec_bad(base, start, next, "%s, at byte %zu", reader.fault ? reader.fault : fault, at - start + 1);
    return next;
}

/* The documents from `at` on. Answers where what is not complete begins. */
static size_t read_documents(struct json_decoder *decoder, size_t at, size_t length)
{
    for (;;) {
        while (at < length && is_space(decoder->base.bytes[at]))
            at++;
        if (at == length)
            return length;
        size_t next = read_document(decoder, at, length);
        if (next == at)
            return at;
        at = next;
    }
}

static size_t decode(struct decoder *base)
{
    static const char mark[] = "\xef\xbb\xbf"; /* that some editors put before UTF-8 */
    struct json_decoder *decoder = (struct json_decoder *)base;
    size_t length = base->length;
    if (!base->last) {
        const char *newline = length ? memrchr(base->bytes, '\n', length) : NULL;
        length = newline ? (size_t)(newline - base->bytes) + 1 : 0;
    }
    assert(length <= UINT32_MAX);
    bool marked = !decoder->begun && length >= 3 && memcmp(base->bytes, mark, 3) == 0;
    size_t done = read_documents(decoder, marked ? 3 : 0, length);
    decoder->begun |= done > 0;
    return done;
}

static void release(struct decoder *base)
{
    struct json_decoder *decoder = (struct json_decoder *)base;
    vane_text_release(&decoder->key);
    vane_text_release(&decoder->scratch);
    free(decoder->spans);
    free(decoder->tags);
    free(decoder->fields);
}

const struct decode_format json_decode = {
    .options = json_decode_options,
    .options_size = sizeof(struct json_decode_options),
    .plan_size = sizeof(struct json_plan),
    .decoder_size = sizeof(struct json_decoder),
    .prepare = json_plan_prepare,
    .release_plan = json_plan_release,
    .release = release,
    .decode = decode,
};
