/* value - one bare value a line. Of a line with several words the last one counts, as in Telegraf (programs
 * like to print a label first), except where the value is a string: that is the whole line. */
#include "core/format/cell.h"
#include "core/format/codec.h"

#include <assert.h>
#include <string.h>

enum { SHOWN = 40 };

enum data_type { INT, FLOAT, STRING, BOOL, AUTO_INT, AUTO_FLOAT };

/* In pairs of Telegraf's spellings. */
static const char *const type_names[] = {
    "int", "integer", "float", "long", "string", "str", "bool", "boolean", "auto_integer", "auto_float", NULL,
};
static const enum data_type types[] = {
    INT, INT, FLOAT, FLOAT, STRING, STRING, BOOL, BOOL, AUTO_INT, AUTO_FLOAT,
};

struct value_decode_options {
    int         data_type;
    const char *value_field_name;
};

struct value_encode_options {
    const char *value_field_name;
};

static const struct vane_option decode_options[] = {
    VANE_OPT_CHOICE(struct value_decode_options, data_type, .preset = "\"int\"", .choices = type_names,
                    .help = "The type of the value; auto_integer and auto_float: a string where it is none."),
    VANE_OPT_STRING(struct value_decode_options, value_field_name, .preset = "\"value\"",
                    .help = "The field that the value becomes."),
    { 0 },
};

static const struct vane_option encode_options[] = {
    VANE_OPT_STRING(struct value_encode_options, value_field_name, .preset = "\"value\"",
                    .help = "The field whose value is written."),
    { 0 },
};

static bool check_name(const char *name, struct error *err)
{
    return *name || error_set(err, "value_field_name: it is empty");
}

/* ---- Decoding ---- */

static bool prepare_decode(struct decode_plan *plan, struct error *err)
{
    return check_name(((const struct value_decode_options *)plan->options)->value_field_name, err);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\0' || (c >= '\t' && c <= '\r');
}

static bool read_value(enum data_type type, const char *text, size_t length, struct vane_field *field)
{
    static const enum cell_type wanted[] = {
        [INT] = CELL_INT, [FLOAT] = CELL_FLOAT, [STRING] = CELL_STRING, [BOOL] = CELL_BOOL,
        [AUTO_INT] = CELL_INT, [AUTO_FLOAT] = CELL_FLOAT,
    };
    bool any = type == AUTO_INT || type == AUTO_FLOAT;
    return cell_read(wanted[type], text, length,
                     field) || (any && cell_read(CELL_STRING, text, length, field));
}

static const char *expected(enum data_type type)
{
    return cell_type_name(type == INT ? CELL_INT : type == FLOAT ? CELL_FLOAT : CELL_BOOL);
}

static void take_line(struct decoder *decoder, size_t start, size_t line_end)
{
    const struct value_decode_options *options = decoder->plan->options;
    enum data_type type = types[options->data_type];
    const char *text = decoder->bytes + start, *end = decoder->bytes + line_end;
    while (text < end && is_blank(*text))
        text++;
    while (text < end && is_blank(end[-1]))
        end--;
    if (text == end)
        return;
    for (const char *at = end; type != STRING && text < end && at > text; at--)
        if (is_blank(at[-1]))
            text = at;

    struct vane_field field;
    size_t length = (size_t)(end - text);
    if (!read_value(type, text, length, &field)) {
        codec_bad(decoder, start, line_end, "\"%.*s\" is not %s", length < SHOWN ? (int)length : SHOWN, text,
                  expected(type));
        return;
    }
    struct arena *arena = batch_arena(decoder->batch);
    field.key_length = (uint32_t)strlen(options->value_field_name);
    field.key = arena_text(arena, options->value_field_name, field.key_length);
    if (field.type == VANE_STRING)
        field.s = arena_text(arena, text, length);
    const struct vane_series *series = batch_series(decoder->batch, decoder->plan->measurement,
                                                    decoder->plan->measurement_length, NULL, 0);
    codec_add(decoder->batch, series, VANE_NO_TIME, &field, 1);
}

static size_t decode(struct decoder *decoder)
{
    assert(decoder->length <= UINT32_MAX);
    size_t start = 0;
    while (start < decoder->length) {
        size_t end = codec_line_end(decoder, start);
        if (!decoder->last && decoder->bytes[end - 1] != '\n')
            return start;
        take_line(decoder, start, end);
        start = end;
    }
    return start;
}

const struct decode_format value_decode = {
    .options = decode_options,
    .options_size = sizeof(struct value_decode_options),
    .plan_size = sizeof(struct decode_plan),
    .decoder_size = sizeof(struct decoder),
    .prepare = prepare_decode,
    .decode = decode,
};

/* ---- Encoding ---- */

static bool prepare_encode(struct encoder *encoder, struct error *err)
{
    return check_name(((const struct value_encode_options *)encoder->options)->value_field_name, err);
}

static size_t encode(struct encoder *encoder)
{
    const struct value_encode_options *options = encoder->options;
    size_t appended = 0;
    for (size_t i = 0; i < encoder->count; i++) {
        const struct vane_field *field = vane_get(encoder->metrics[i], options->value_field_name);
        if (!field) {
            codec_reject(encoder, i, "it has no field of the name in value_field_name");
            continue;
        }
        cell_write(field, encoder->out);
        vane_text_add(encoder->out, "\n", 1);
        appended++;
    }
    return appended;
}

const struct encode_format value_encode = {
    .options = encode_options,
    .options_size = sizeof(struct value_encode_options),
    .encoder_size = sizeof(struct encoder),
    .prepare = prepare_encode,
    .encode = encode,
};
