/* format - the list of formats, and the lives of plans, decoders and encoders. */
#include "core/format/format.h"

#include "core/alloc.h"
#include "core/format/codec.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct format formats[] = {
    { "influx", "InfluxDB line protocol.", &influx_decode, &influx_encode },
    { "csv", "Comma separated values, one record a row.", &csv_decode, &csv_encode },
    { "json", "JSON objects, or arrays of them.", &json_decode, &json_encode },
    { "value", "One bare value a line.", &value_decode, &value_encode },
    { "template", "A line of text with placeholders for name, tags, fields and time.", NULL,
      &template_encode },
    { "table", "Aligned columns with a header, for people to read.", NULL, &table_encode },
};

enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

const struct format *format_at(size_t i)
{
    return i < FORMAT_COUNT ? &formats[i] : NULL;
}

const struct format *format_find(const char *name)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

/* ---- Decoding ---- */

struct decode_plan *decode_plan_new(const struct format *format, const void *options, const char *measurement,
                                    struct error *err)
{
    const struct decode_format *decode = format->decode;
    struct decode_plan *plan = alloc_zero(decode->plan_size);
    plan->format = decode;
    plan->options = options;
    plan->measurement = alloc_text(measurement);
    plan->measurement_length = strlen(measurement);
    if (!decode->prepare || decode->prepare(plan, err))
        return plan;
    decode_plan_free(plan);
    return NULL;
}

void decode_plan_free(struct decode_plan *plan)
{
    if (!plan)
        return;
    if (plan->format->release_plan)
        plan->format->release_plan(plan);
    free(plan->measurement);
    free(plan);
}

struct decoder *decoder_new(const struct decode_plan *plan, const char *source,
                            const struct decode_sink *sink)
{
    struct decoder *decoder = alloc_zero(plan->format->decoder_size);
    decoder->plan = plan;
    decoder->sink = sink;
    decoder->source = alloc_text(source);
    decoder->line = 1;
    if (plan->format->start)
        plan->format->start(decoder);
    return decoder;
}

void decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    if (decoder->plan->format->release)
        decoder->plan->format->release(decoder);
    free(decoder->source);
    free(decoder);
}

bool decoder_in_head(const struct decoder *decoder)
{
    return decoder->plan->format->in_head && decoder->plan->format->in_head(decoder);
}

size_t decoder_decode(struct decoder *decoder, struct batch *batch, const char *bytes, size_t length,
                      bool last, int64_t place)
{
    decoder->batch = batch;
    decoder->bytes = bytes;
    decoder->length = length;
    decoder->last = last;
    decoder->place = place;
    decoder->counted = 0;
    size_t done = decoder->plan->format->decode(decoder);
    assert(done <= length && (!last || done == length));
    if (last)
        decoder->line = 1;
    else
        codec_count_lines(decoder, done);
    return done;
}

void decoder_refuse(struct decoder *decoder, const char *bytes, size_t length, int64_t place, const char *format,
                    va_list args)
{
    char reason[256];
    vsnprintf(reason, sizeof reason, format, args);
    decoder->bytes = bytes;
    decoder->length = length;
    decoder->place = place;
    decoder->counted = 0;
    codec_bad(decoder, 0, length, "%s", reason);
    if (decoder->plan->format->refused)
        decoder->plan->format->refused(decoder);
}

/* ---- Encoding ---- */

struct encoder *encoder_new(const struct format *format, const void *options, struct error *err)
{
    const struct encode_format *encode = format->encode;
    struct encoder *encoder = alloc_zero(encode->encoder_size);
    encoder->format = encode;
    encoder->options = options;
    if (!encode->prepare || encode->prepare(encoder, err))
        return encoder;
    encoder_free(encoder);
    return NULL;
}

void encoder_free(struct encoder *encoder)
{
    if (encoder && encoder->format->release)
        encoder->format->release(encoder);
    free(encoder);
}

size_t encoder_encode(struct encoder *encoder, struct vane_text *out,
                      const struct vane_metric *const *metrics, size_t count, const struct encode_sink *sink)
{
    encoder->out = out;
    encoder->metrics = metrics;
    encoder->count = count;
    encoder->sink = sink;
    return encoder->format->encode(encoder);
}

void encoder_encode_head(struct encoder *encoder, struct vane_text *out, const struct vane_metric *first)
{
    if (!encoder->format->encode_head)
        return;
    encoder->out = out;
    encoder->metrics = &first;
    encoder->count = 1;
    encoder->format->encode_head(encoder);
}
