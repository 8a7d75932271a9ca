/* template - a line of text for each metric, with placeholders:
 *
 *     template = "{name} of {tag.symbol} is {field.last} at {time}"
 *
 * "{{" and "}}" are braces. A tag or field that a metric does not have leaves nothing; a metric that
 * has none of the fields asked for is rejected. */
#include "core/format/cell.h"
#include "core/format/codec.h"

#include "core/alloc.h"

#include <stdlib.h>
#include <string.h>

struct template_options {
    const char *template, *template_timestamp_format;
};

static const struct vane_option options[] = {
    VANE_OPT_STRING(struct template_options, template, .required = true,
                    .help = "The line, with {name}, {time}, {tag.KEY} and {field.KEY} in it."),
    VANE_OPT_STRING(struct template_options, template_timestamp_format, .preset = "\"RFC3339Nano\"",
                    .help = "How {time} is written: unix, unix_ms, RFC3339, a layout."),
    { 0 },
};

enum kind { TEXT, NAME, TIME, TAG, FIELD };

struct piece {
    enum kind kind;
    char     *text; /* of TEXT; the key of TAG and FIELD */
};

struct template_encoder {
    struct encoder           base;
    struct piece            *pieces;
    size_t                   count, room;
    bool                     has_field;
    struct timestamp_format *time_format;
};

static void add_piece(struct template_encoder *encoder, enum kind kind, const char *text, size_t length)
{
    encoder->pieces = codec_grow(encoder->pieces, &encoder->room, encoder->count + 1,
                                 sizeof *encoder->pieces);
    encoder->pieces[encoder->count++] = (struct piece){ kind, alloc_text_n(text, length) };
    encoder->has_field = encoder->has_field || kind == FIELD;
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

/* What stands between braces. */
static bool add_placeholder(struct template_encoder *encoder, const char *text, size_t length)
{
    if (is_word(text, length, "name"))
        add_piece(encoder, NAME, "", 0);
    else if (is_word(text, length, "time"))
        add_piece(encoder, TIME, "", 0);
    else if (length > 4 && memcmp(text, "tag.", 4) == 0)
        add_piece(encoder, TAG, text + 4, length - 4);
    else if (length > 6 && memcmp(text, "field.", 6) == 0)
        add_piece(encoder, FIELD, text + 6, length - 6);
    else
        return false;
    return true;
}

static bool compile(struct template_encoder *encoder, const char *at, struct error *err)
{
    while (*at) {
        size_t plain = strcspn(at, "{}");
        if (plain || at[0] == at[1]) { /* a doubled brace is one brace of text */
            add_piece(encoder, TEXT, at, plain ? plain : 1);
            at += plain ? plain : 2;
            continue;
        }
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (!end)
            return error_set(err, "template: a single '%c' at \"%.20s\"", *at, at);
        if (!add_placeholder(encoder, at + 1, (size_t)(end - at - 1)))
            return error_set(err, "template: {%.*s} is neither {name}, {time}, {tag.KEY} nor {field.KEY}",
                             (int)(end - at - 1), at + 1);
        at = end + 1;
    }
    return true;
}

static bool prepare(struct encoder *base, struct error *err)
{
    struct template_encoder *encoder = (struct template_encoder *)base;
    const struct template_options *chosen = base->options;
    if (!compile(encoder, chosen->template, err))
        return false;
    encoder->time_format = timestamp_format_new(chosen->template_timestamp_format, err);
    return encoder->time_format || error_prefix(err, "template_timestamp_format");
}

static bool has_any(const struct template_encoder *encoder, const struct vane_metric *metric)
{
    for (size_t i = 0; i < encoder->count; i++)
        if (encoder->pieces[i].kind == FIELD && vane_get(metric, encoder->pieces[i].text))
            return true;
    return false;
}

static void add(struct template_encoder *encoder, const struct piece *piece, const struct vane_metric *metric)
{
    struct vane_text *out = encoder->base.out;
    const struct vane_field *field;
    const char *value;
    switch (piece->kind) {
    case TEXT:
        vane_text_add(out, piece->text, strlen(piece->text));
        break;
    case NAME:
        vane_text_add(out, metric->series->name, metric->series->name_length);
        break;
    case TIME:
        timestamp_write(encoder->time_format, metric->time, out);
        break;
    case TAG:
        value = vane_get_tag(metric->series, piece->text);
        vane_text_add(out, value, value ? strlen(value) : 0);
        break;
    case FIELD:
        field = vane_get(metric, piece->text);
        if (field)
            cell_write(field, out);
        break;
    }
}

static size_t encode(struct encoder *base)
{
    struct template_encoder *encoder = (struct template_encoder *)base;
    size_t appended = 0;
    for (size_t i = 0; i < base->count; i++) {
        if (encoder->has_field && !has_any(encoder, base->metrics[i])) {
            codec_reject(base, i, "it has none of the fields in the template");
            continue;
        }
        for (size_t k = 0; k < encoder->count; k++)
            add(encoder, &encoder->pieces[k], base->metrics[i]);
        if (!base->out->length || base->out->data[base->out->length - 1] != '\n')
            vane_text_add(base->out, "\n", 1);
        appended++;
    }
    return appended;
}

static void release(struct encoder *base)
{
    struct template_encoder *encoder = (struct template_encoder *)base;
    for (size_t i = 0; i < encoder->count; i++)
        free(encoder->pieces[i].text);
    free(encoder->pieces);
    timestamp_format_free(encoder->time_format);
}

const struct encode_format template_encode = {
    .options = options,
    .options_size = sizeof(struct template_options),
    .encoder_size = sizeof(struct template_encoder),
    .prepare = prepare,
    .release = release,
    .encode = encode,
};
