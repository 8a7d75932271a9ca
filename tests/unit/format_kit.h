/* format_kit - what tests of formats share: options as TOML, text in, metrics as text out, and back.
 *
 * A metric reads `name,tag=value key=1.5,n=3i,u=4u,b=true,s="x" @time`, a bad record `! line 2: reason
 * [record]`; metrics first. Every text is also decoded in two pieces, cut at each of its bytes, and byte by
 * byte, and must give the same.
 */
#pragma once
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "config/errors.h"
#include "config/options.h"
#include "config/toml.h"
#include "core/alloc.h"
#include "core/format/format.h"
#include "core/number.h"

enum { KIT_SPLIT_MOST = 400 };

/* Fills the options of a table from TOML; the caller frees what is answered, after the arena. */
static inline void *kit_options(const struct vane_option *table, size_t size, const char *toml,
                                struct arena *arena)
{
    struct config_errors errors = { 0 };
    void *state = alloc_zero(size);
    const struct toml_table *root = toml_parse(arena, "options", toml, strlen(toml), &errors);
    const struct options_source source = { .key = "format", .tables = &root, .count = 1 };
    const struct options_target target = { .options = table, .state = state };
    if (!root || !options_fill(&source, &target, 1, arena, &errors))
        fail_msg("%s", errors.lines[0]);
    errors_release(&errors);
    return state;
}

/* ---- Metrics as text ---- */

static inline void kit_add_field(struct vane_text *out, const struct vane_field *field)
{
    char number[NUMBER_MAX];
    assert_int_equal(strlen(field->key), field->key_length);
    vane_text_addf(out, "%s=", field->key);
    switch (field->type) {
    case VANE_FLOAT:
        if (isfinite(field->f))
            vane_text_add(out, number, number_write_float(number, field->f));
        else
            vane_text_addf(out, "%s", isnan(field->f) ? "nan" : field->f > 0 ? "inf" : "-inf");
        break;
    case VANE_INT:  vane_text_addf(out, "%lldi", (long long)field->i); break;
    case VANE_UINT: vane_text_addf(out, "%lluu", (unsigned long long)field->u); break;
    case VANE_BOOL: vane_text_addf(out, "%s", field->b ? "true" : "false"); break;
    case VANE_STRING:
        assert_int_equal(field->s[field->length], 0);
        vane_text_add(out, "\"", 1);
        for (uint32_t i = 0; i < field->length; i++)
            vane_text_add(out, field->s[i] ? &field->s[i] : "\\0", field->s[i] ? 1 : 2);
        vane_text_add(out, "\"", 1);
        break;
    }
}

static inline void kit_add_metric(struct vane_text *out, const struct vane_metric *metric)
{
    const struct vane_series *series = metric->series;
    assert_int_equal(strlen(series->name), series->name_length);
    vane_text_addf(out, "%s", series->name);
    for (uint32_t i = 0; i < series->tag_count; i++)
        vane_text_addf(out, ",%s=%s", series->tags[i].key, series->tags[i].value);
    for (uint32_t i = 0; i < metric->field_count; i++) {
        vane_text_add(out, i ? "," : " ", 1);
        kit_add_field(out, &metric->fields[i]);
    }
    if (metric->time != VANE_NO_TIME)
        vane_text_addf(out, " @%lld", (long long)metric->time);
    vane_text_add(out, "\n", 1);
}

static inline void kit_bad(void *context, const struct bad_record *bad)
{
    vane_text_addf(context, "! line %llu: %s [%.*s]\n", (unsigned long long)bad->line, bad->reason,
                   (int)bad->length, bad->bytes);
}

/* ---- Decoding ---- */

struct kit_decoding {
    struct decode_plan *plan;
    struct arena       *arena;
    void               *options;
};

static inline bool kit_plan(struct kit_decoding *kit, const char *format, const char *toml, struct error *err)
{
    const struct decode_format *decode = format_find(format)->decode;
    kit->arena = arena_new(1024);
    kit->options = kit_options(decode->options, decode->options_size, toml, kit->arena);
    kit->plan = decode_plan_new(format_find(format), kit->options, "input", err);
    return kit->plan != NULL;
}

static inline void kit_release(struct kit_decoding *kit)
{
    decode_plan_free(kit->plan);
    free(kit->options);
    arena_unref(kit->arena);
}

/* The bytes up to each of the ends are one more call each; the last end is their length. The caller frees. */
static inline char *kit_decode_in_pieces(const struct decode_plan *plan, const char *bytes,
                                         const size_t *ends, size_t count)
{
    struct vane_text bad = { 0 }, all = { 0 };
    const struct decode_sink sink = { .bad = kit_bad, .context = &bad };
    struct decoder *decoder = decoder_new(plan, "source", &sink);
    struct batch *batch = batch_new();
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        char *copy = alloc_text_n(bytes + done, ends[i] - done); /* so that reading behind it is found */
        char *exact = alloc_resize(copy, ends[i] - done ? ends[i] - done : 1, 1);
        done += decoder_decode(decoder, batch, exact, ends[i] - done, i + 1 == count, 0);
        free(exact);
    }
    for (size_t i = 0; i < batch->view.count; i++)
        kit_add_metric(&all, batch->view.metrics[i]);
    vane_text_add(&all, bad.data, bad.length);
    batch_unref(batch);
    decoder_free(decoder);
    vane_text_release(&bad);
    return all.data;
}

static inline void kit_check_pieces(const struct decode_plan *plan, const char *bytes, const size_t *ends,
                                    size_t count, const char *expected, const char *how)
{
    char *got = kit_decode_in_pieces(plan, bytes, ends, count);
    if (strcmp(got, expected) != 0)
        fail_msg("%s (%zu):\n%sexpected:\n%s", how, ends[0], got, expected);
    free(got);
}

static inline void kit_assert_decodes(const char *format, const char *toml, const char *bytes, size_t length,
                                      const char *expected)
{
    struct kit_decoding kit;
    struct error err;
    if (!kit_plan(&kit, format, toml, &err))
        fail_msg("%s", err.text);
    size_t ends[KIT_SPLIT_MOST + 1];
    kit_check_pieces(kit.plan, bytes, &length, 1, expected, "whole");
    for (size_t i = 0; i <= length && length <= KIT_SPLIT_MOST; i++) {
        size_t cut[] = { i, length };
        kit_check_pieces(kit.plan, bytes, cut, 2, expected, "in two pieces");
        ends[i] = i;
    }
    if (length <= KIT_SPLIT_MOST)
        kit_check_pieces(kit.plan, bytes, ends, length + 1, expected, "byte by byte");
    kit_release(&kit);
}

/* Both texts are literals; the first may hold NUL bytes. */
#define assert_decodes(format, toml, bytes, expected) \
    kit_assert_decodes(format, toml, bytes, sizeof(bytes) - 1, expected)

static inline void assert_plan_fails(const char *format, const char *toml, const char *expected)
{
    struct kit_decoding kit;
    struct error err = { "" };
    assert_false(kit_plan(&kit, format, toml, &err));
    assert_string_equal(err.text, expected);
    kit_release(&kit);
}

/* ---- Encoding ---- */

struct kit_encoding {
    struct encoder  *encoder;
    struct arena    *arena;
    void            *options;
    struct vane_text out, rejected;
};

static inline void kit_reject(void *context, size_t index, const char *reason)
{
    vane_text_addf(context, "! metric %zu: %s\n", index, reason);
}

static inline bool kit_encoder(struct kit_encoding *kit, const char *format, const char *toml,
                               struct error *err)
{
    const struct encode_format *encode = format_find(format)->encode;
    *kit = (struct kit_encoding){ .arena = arena_new(1024) };
    kit->options = kit_options(encode->options, encode->options_size, toml, kit->arena);
    kit->encoder = encoder_new(format_find(format), kit->options, err);
    return kit->encoder != NULL;
}

static inline void kit_encoder_release(struct kit_encoding *kit)
{
    encoder_free(kit->encoder);
    free(kit->options);
    arena_unref(kit->arena);
    vane_text_release(&kit->out);
    vane_text_release(&kit->rejected);
}

static inline size_t kit_encode(struct kit_encoding *kit, const struct batch *batch)
{
    const struct encode_sink sink = { .reject = kit_reject, .context = &kit->rejected };
    return encoder_encode(kit->encoder, &kit->out, batch->view.metrics, batch->view.count, &sink);
}

/* The batch in one call; what was rejected stands behind. Frees the batch. */
static inline void kit_assert_batch(const char *format, const char *toml, struct batch *batch,
                                    const char *expected)
{
    struct kit_encoding kit;
    struct error err;
    if (!kit_encoder(&kit, format, toml, &err))
        fail_msg("%s", err.text);
    kit_encode(&kit, batch);
    vane_text_add(&kit.out, kit.rejected.data, kit.rejected.length);
    assert_string_equal(kit.out.data, expected);
    kit_encoder_release(&kit);
    batch_unref(batch);
}

/* A batch of the metrics that a text in line protocol holds. */
static inline struct batch *kit_batch(const char *lines)
{
    struct kit_decoding kit;
    struct vane_text bad = { 0 };
    const struct decode_sink sink = { .bad = kit_bad, .context = &bad };
    struct error err;
    assert_true(kit_plan(&kit, "influx", "", &err));
    struct decoder *decoder = decoder_new(kit.plan, "source", &sink);
    struct batch *batch = batch_new();
    decoder_decode(decoder, batch, lines, strlen(lines), true, 0);
    if (bad.data)
        fail_msg("%s", bad.data);
    decoder_free(decoder);
    kit_release(&kit);
    return batch;
}

static inline void assert_encodes(const char *format, const char *toml, const char *lines,
                                  const char *expected)
{
    kit_assert_batch(format, toml, kit_batch(lines), expected);
}

static inline void assert_encoder_fails(const char *format, const char *toml, const char *expected)
{
    struct kit_encoding kit;
    struct error err = { "" };
    assert_false(kit_encoder(&kit, format, toml, &err));
    assert_string_equal(err.text, expected);
    kit_encoder_release(&kit);
}

/* Encodes the batch and decodes that: the metrics are the same. Frees the batch. */
static inline void kit_assert_comes_back(const char *format, const char *encoding, const char *decoding,
                                         struct batch *batch)
{
    struct kit_encoding kit;
    struct kit_decoding back;
    struct vane_text wanted = { 0 };
    struct error err;
    for (size_t i = 0; i < batch->view.count; i++)
        kit_add_metric(&wanted, batch->view.metrics[i]);
    assert_true(kit_encoder(&kit, format, encoding, &err));
    assert_int_equal(kit_encode(&kit, batch), batch->view.count);
    assert_true(kit_plan(&back, format, decoding, &err));
    kit_check_pieces(back.plan, kit.out.data, &kit.out.length, 1, wanted.data, kit.out.data);
    kit_release(&back);
    kit_encoder_release(&kit);
    vane_text_release(&wanted);
    batch_unref(batch);
}

/* The next number of a fixed sequence (Knuth's MMIX). */
static inline uint64_t kit_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 11 ^ *seed << 32;
}
