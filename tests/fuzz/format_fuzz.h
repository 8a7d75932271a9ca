/* format_fuzz - what the fuzzers of formats share: a text is decoded whole and in two pieces, which must
 * give the same metrics and as many bad records; what was decoded must encode in every format.
 */
#pragma once
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "core/format/format.h"

static inline void fuzz_bad(void *context, const struct bad_record *bad)
{
    if (bad->line == 0 || !*bad->reason || strlen(bad->reason) > 1000)
        abort();
    for (size_t i = 0; i < bad->length; i++) /* all of it is there to be read */
        *(volatile char *)&(char){ bad->bytes[i] };
    ++*(size_t *)context;
}

static inline void fuzz_reject(void *context, size_t index, const char *reason)
{
    (void)index;
    (void)reason;
    ++*(size_t *)context;
}

/* The bytes up to `cut`, then the rest. The pieces are copied, so that reading behind them is found. */
static inline struct batch *fuzz_decode(const struct decode_plan *plan, const char *bytes, size_t length,
                                        size_t cut, size_t *bad)
{
    const struct decode_sink sink = { .bad = fuzz_bad, .context = bad };
    struct decoder *decoder = decoder_new(plan, "fuzz", &sink);
    struct batch *batch = batch_new();
    size_t ends[] = { cut, length }, done = 0;
    *bad = 0;
    for (size_t i = cut == length; i < 2; i++) {
        size_t size = ends[i] - done;
        char *piece = alloc_resize(NULL, size ? size : 1, 1);
        memcpy(piece, bytes + done, size);
        done += decoder_decode(decoder, batch, piece, size, i == 1, (int64_t)done);
        free(piece);
    }
    if (done != length)
        abort();
    decoder_free(decoder);
    return batch;
}

static inline bool fuzz_same_field(const struct vane_field *a, const struct vane_field *b)
{
    if (a->type != b->type || a->key_length != b->key_length
        || memcmp(a->key, b->key, a->key_length + 1) != 0)
        return false;
    if (a->type == VANE_STRING)
        return a->length == b->length && memcmp(a->s, b->s, a->length + 1) == 0;
    if (a->type == VANE_BOOL)
        return a->b == b->b;
    return a->u == b->u || (a->type == VANE_FLOAT && isnan(a->f) && isnan(b->f));
}

static inline bool fuzz_same(const struct batch *a, const struct batch *b)
{
    if (a->view.count != b->view.count)
        return false;
    for (size_t i = 0; i < a->view.count; i++) {
        const struct vane_metric *x = a->view.metrics[i], *y = b->view.metrics[i];
        if (!vane_same_series(x->series, y->series) || x->time != y->time || x->field_count != y->field_count)
            return false;
        for (uint32_t k = 0; k < x->field_count; k++)
            if (!fuzz_same_field(&x->fields[k], &y->fields[k]))
                return false;
    }
    return true;
}

/* Decodes both ways; answers with the batch of the whole. */
static inline struct batch *fuzz_both_ways(const struct decode_plan *plan, const char *bytes, size_t length,
                                           size_t cut)
{
    size_t bad_whole, bad_pieces;
    struct batch *whole = fuzz_decode(plan, bytes, length, length, &bad_whole);
    struct batch *pieces = fuzz_decode(plan, bytes, length, length ? cut % (length + 1) : 0, &bad_pieces);
    if (!fuzz_same(whole, pieces) || bad_whole != bad_pieces)
        abort();
    batch_unref(pieces);
    return whole;
}

/* options: a struct like the format's own, which is not to be seen here. */
#define fuzz_encode(format, options, batch, out) fuzz_encode_as(format, options, sizeof *(options), batch, out)

static inline void fuzz_encode_as(const struct format *format, const void *options, size_t size,
                                  const struct batch *batch, struct vane_text *out)
{
    struct error err;
    if (size != format->encode->options_size)
        abort();
    size_t rejected = 0;
    const struct encode_sink sink = { .reject = fuzz_reject, .context = &rejected };
    struct encoder *encoder = encoder_new(format, options, &err);
    size_t appended = encoder_encode(encoder, out, batch->view.metrics, batch->view.count, &sink);
    if (appended + rejected != batch->view.count || (appended && out->data[out->length - 1] != '\n'))
        abort();
    encoder_free(encoder);
}
