/* codec - what formats are made of and share. For core/format/ only.
 *
 * A format's own plan, decoder and encoder begin with the structs below and are allocated zeroed at
 * the sizes it names. During a call the members under "of the call" are set.
 */
#pragma once
#include "core/format/format.h"
#include "core/format/timestamp.h"
#include "core/match/glob.h"

struct decode_plan {
    const struct decode_format *format;
    const void                 *options;
    char                       *measurement;
    size_t                      measurement_length;
};

struct decoder {
    const struct decode_plan *plan;
    const struct decode_sink *sink;
    char                     *source;
    uint64_t                  line; /* of bytes[counted] */

    /* Of the call. */
    struct batch *batch;
    const char   *bytes;
    size_t        length;
    bool          last;
    int64_t       place;
    size_t        counted; /* newlines before here are in `line` */
};

struct encoder {
    const struct encode_format *format;
    const void                 *options;

    /* Of the call. */
    struct vane_text                *out;
    const struct vane_metric *const *metrics;
    size_t                           count;
    const struct encode_sink        *sink;
};

extern const struct decode_format csv_decode, influx_decode, json_decode, value_decode;
extern const struct encode_format csv_encode, influx_encode, json_encode, table_encode, template_encode,
    value_encode;

/* Adds the fault `one`, unless `good`, to those in `all`, a line each, so that a user hears of all in one run; answers
 * `good`. `all` begins as the empty text. */
bool codec_join(struct error *all, bool good, const struct error *one);

/* The time format that two options of a decoder ask for. NULL: an error with the option's name before it,
 * or one line of each. */
struct timestamp_format *codec_time_format(const char *option, const char *text, const char *zone_option,
                                           const char *zone, struct error *err);

/* The globs of an option, NULL where it is empty. False: error, which begins with the option's name. */
bool codec_globs(struct glob_list **list, const char *option, const struct vane_strings *patterns,
                 struct error *err);

/* Tells the sink of a bad record: the bytes from `start` to `end` of the call, without the newline at
 * their end. Control characters in the reason become '?'. */
void codec_bad(struct decoder *decoder, size_t start, size_t end, const char *format, ...) VANE_PRINTF(4, 5);

/* Brings `line` up to the offset `to` of the call. */
void codec_count_lines(struct decoder *decoder, size_t to);

/* The offset behind the line that `at` lies in; the length of the call where it is the last. */
size_t codec_line_end(const struct decoder *decoder, size_t at);

/* A copy of bytes from .. to - 1 of the call in the batch's arena, to be read and changed in place;
 * `padding` zero bytes follow it. */
char *codec_copy(struct decoder *decoder, size_t from, size_t to, size_t padding);

/* Of fields with equal keys keeps the last value, at the place of the first. Answers how many are left. */
size_t codec_unique(struct vane_field *fields, size_t count);

/* Adds a metric over a copy of these fields, whose texts lie in the batch's arena. */
void codec_add(struct batch *batch, const struct vane_series *series, int64_t time,
               const struct vane_field *fields, size_t count);

/* Room for at least `more` bytes and a NUL at the end of a text; answers where they go. The caller then
 * calls codec_wrote with where it stopped. */
char *codec_room(struct vane_text *text, size_t more);
void codec_wrote(struct vane_text *text, char *end);
void codec_cut(struct vane_text *text, size_t length); /* keeps the first `length` bytes */

/* Grows an array of `size`-byte elements so that it holds `needed`; answers it, maybe moved. */
void *codec_grow(void *array, size_t *room, size_t needed, size_t size);

void codec_reject(const struct encoder *encoder, size_t index, const char *reason);

/* Has it a field that is not NaN or infinite? */
bool codec_has_finite(const struct vane_metric *metric);
bool codec_is_finite(const struct vane_field *field);

/* Fields of a metric sorted by key, in an array that the next call reuses. */
struct codec_sorter {
    const struct vane_field **fields;
    size_t                    room;
};
const struct vane_field **codec_sorted(struct codec_sorter *sorter, const struct vane_metric *metric);
