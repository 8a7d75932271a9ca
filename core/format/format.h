/* format - text to metrics and back: influx, csv, json, value, template, table.
 *
 *     const struct format *format = format_find("csv");
 *     struct decode_plan *plan = decode_plan_new(format, options, "kafka_in", err);    once an instance
 *     struct decoder *decoder = decoder_new(plan, "binance_data", &sink);              one a stream
 *     size_t done = decoder_decode(decoder, batch, bytes, length, true, offset);
 *
 *     struct encoder *encoder = encoder_new(format, options, err);                     one an instance
 *     size_t written = encoder_encode(encoder, &text, metrics, count, &sink);
 *
 * `options` is a struct that the host has filled by the format's option table; it must outlive what
 * was made from it. A plan is read-only once it is made and may be shared by threads; decoders
 * and encoders belong to one thread. A new format is one more row in format.c.
 */
#pragma once
#include "core/batch.h"
#include "core/error.h"
#include "core/plugin.h"

#include <stdarg.h>

struct decode_plan;
struct decoder;
struct encoder;

/* What a format is to the host: the first two members of each half. The rest is for format.c. */
struct decode_format {
    const struct vane_option *options; /* ends with { 0 } */
    size_t                    options_size;
    size_t                    plan_size, decoder_size; /* the structs of codec.h and what the format adds */
    bool (*prepare)(struct decode_plan *plan, struct error *err); /* NULL: nothing to check */
    void (*release_plan)(struct decode_plan *plan); /* also after prepare() failed; NULL: nothing */
    void (*start)(struct decoder *decoder);         /* NULL: zero is the start */
    void (*release)(struct decoder *decoder);       /* NULL: nothing */
    size_t (*decode)(struct decoder *decoder);
    bool (*in_head)(const struct decoder *decoder); /* NULL: there is no head */
    void (*refused)(struct decoder *decoder); /* by the caller, who gives only its newline; NULL: nothing to do */
};

struct encode_format {
    const struct vane_option *options; /* ends with { 0 } */
    size_t                    options_size;
    size_t                    encoder_size;
    bool (*prepare)(struct encoder *encoder, struct error *err); /* NULL: nothing to check */
    void (*release)(struct encoder *encoder); /* also after prepare() failed; NULL: nothing */
    size_t (*encode)(struct encoder *encoder);
    void (*encode_head)(struct encoder *encoder); /* for metrics[0]; NULL: there is none */
    enum vane_framing framing;
};

struct format {
    const char                 *name, *help;
    const struct decode_format *decode; /* NULL: it only encodes */
    const struct encode_format *encode;
};

const struct format *format_find(const char *name); /* NULL: none of that name */
const struct format *format_at(size_t i);           /* NULL: behind the last */

/* ---- Decoding ---- */

/* A record that could not be read. Texts are valid during the call. */
struct bad_record {
    const char *source; /* as decoder_new was given it */
    int64_t     place;  /* as decoder_decode was given it: of the first byte of that call */
    size_t      offset; /* of the record's first byte in that call */
    uint64_t    line;   /* 1: the first of the stream, or of a message where each call is `last` */
    const char *reason; /* one line without control characters */
    const char *bytes;  /* as they came */
    size_t      length;
};

struct decode_sink {
    void (*bad)(void *context, const struct bad_record *bad); /* must not call back into the decoder */
    void *context;
};

/* Checks the options and compiles what needs compiling. `measurement` is the name of metrics whose
 * records bring none (Telegraf: the name of the input). NULL with an error that begins with the
 * option's name and a colon, or with one line of that kind for each fault. */
struct decode_plan *decode_plan_new(const struct format *format, const void *options, const char *measurement,
                                    struct error *err);
void decode_plan_free(struct decode_plan *plan); /* NULL is fine */

/* The state of one stream. The plan and what the sink points to must outlive it. */
struct decoder *decoder_new(const struct decode_plan *plan, const char *source,
                            const struct decode_sink *sink);
void decoder_free(struct decoder *decoder); /* NULL is fine */

/* Adds the metrics of all complete records to the batch; bad ones go to the sink, and the good ones around
 * them go on. Answers how many bytes are done with. last: the bytes end here, so all are; otherwise a
 * record that is not complete stays for the next call, in front of what comes then. Times that no
 * record gave are VANE_NO_TIME. At most 4 GiB a call.
 *
 * A caller whose buffer is full of one incomplete record doubles it, up to a limit of its own, and
 * at the limit refuses the record and goes on at the end of its first line. */
size_t decoder_decode(struct decoder *decoder, struct batch *batch, const char *bytes, size_t length,
                      bool last, int64_t place);

/* Tells the sink of a record that the caller finds bad, at the line that was reached; see vane_decoder_refuse. */
void decoder_refuse(struct decoder *decoder, const char *bytes, size_t length, int64_t place, const char *format,
                    va_list args) VANE_PRINTF(5, 0);

/* Does the decoder still wait for what only the beginning of a stream has (csv: rows to skip, metadata,
 * header)? A file that is resumed in the middle is first fed from its beginning, line by line into
 * a batch that is thrown away, until this is false. */
bool decoder_in_head(const struct decoder *decoder);

/* ---- Encoding ---- */

struct encode_sink {
    void (*reject)(void *context, size_t index, const char *reason); /* metrics[index] has no form here */
    void *context;
};

/* NULL with an error that begins with the option's name and a colon. */
struct encoder *encoder_new(const struct format *format, const void *options, struct error *err);
void encoder_free(struct encoder *encoder); /* NULL is fine */

/* Appends the metrics to `out`; answers how many of them. What is appended ends with a newline. A metric
 * is appended whole or rejected whole. */
size_t encoder_encode(struct encoder *encoder, struct vane_text *out,
                      const struct vane_metric *const *metrics, size_t count, const struct encode_sink *sink);

/* Appends what a stream begins with whose first metric this is (csv: the header, where csv_header asks for
 * it). */
void encoder_encode_head(struct encoder *encoder, struct vane_text *out, const struct vane_metric *first);
