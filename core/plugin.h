/* plugin.h - all a plugin needs, in reading order.                                   ABI 1.0
 *
 * A plugin is one shared object with one role: input, processor or output. It exports one
 * constant, `vane_plugin`, the last thing in this file; nothing of it runs before the host has
 * checked that constant. Functions of the host are plain exported functions.
 *
 * Life     options are filled in -> check -> open -> load -> run | tick | process | write -> end -> close
 *          State starts zeroed. close() follows every open(), even a failed one, so open() may
 *          return at any point and all cleaning is in close(). When run() or open() answered
 *          VANE_RETRY the host closes, clears the state to the options, backs off, opens again.
 * Threads  All callbacks of an instance run on its own thread, one at a time: a plugin needs no
 *          lock. Functions marked [any] may be called from any thread, the others from inside a
 *          callback. The host calls no callback from inside its functions, except where
 *          vane_wait and vane_drain say so.
 * Memory   Strings passed in are copied. Host functions never return NULL for want of memory:
 *          running out of it ends the process. Structures below are made by the host alone; a
 *          plugin reads them through pointers, so they may grow at the end.
 * Time     int64 nanoseconds, UTC, since 1970. Durations are nanoseconds as well.
 * Text     UTF-8, NUL-terminated, its length (without the NUL) beside it where it pays.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#pragma GCC visibility push(default) /* what is declared here crosses the border of a .so */

#define VANE_PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

/* ---- Results: the answer of every callback -------------------------------------------------- */

enum vane_result {
    VANE_OK,
    VANE_RETRY,   /* the world is at fault: the host backs off, then tries again */
    VANE_FAIL,    /* trying again will not help */
    VANE_PENDING, /* write only: the plugin settles the rest later */
};

/* ---- Self: one configured instance ----------------------------------------------------------- */

struct vane_self {
    void       *state; /* yours: .state_size bytes, the options already in it */
    const char *name;  /* alias of this instance, or the plugin's name */
};

enum vane_level { VANE_ERROR, VANE_WARN, VANE_INFO, VANE_DEBUG };

/* One sentence with values; repeats within a while are counted, not printed. Never per metric. [any] */
void vane_log(struct vane_self *self, enum vane_level level, const char *format, ...) VANE_PRINTF(3, 4);

/* Note why, and answer so:  return vane_retry(self, "connect %s: %s", host, why); */
enum vane_result vane_retry(struct vane_self *self, const char *format, ...) VANE_PRINTF(2, 3);
enum vane_result vane_fail(struct vane_self *self, const char *format, ...) VANE_PRINTF(2, 3);

/* Of the names, which end with NULL, the one that a misspelt word most likely means; NULL: none is near. */
const char *vane_nearest(const char *word, const char *const *names);

/* The next try after VANE_RETRY comes not before `ns` from now (an HTTP Retry-After). */
void vane_retry_after(struct vane_self *self, int64_t ns);

/* Self-metrics of the instance: a counter that grows, a gauge that is set. `name` is a string
 * literal. Per batch or per event, not per metric. */
void vane_count(struct vane_self *self, const char *name, uint64_t add);
void vane_gauge(struct vane_self *self, const char *name, double value);

/* What all instances of the agent have counted, for an input that reports it: metrics_in, metrics_out,
 * metrics_filtered, metrics_dropped, metrics_rejected, records_bad, errors, writes, write_time_ns,
 * queued_metrics, queued_bytes, latency_p50_ns, latency_p99_ns, and what plugins count themselves. */
struct vane_stat {
    size_t      instance;             /* its number; its counters come in a row */
    const char *role, *plugin, *name; /* "input", "kafka_in", alias or the plugin's name */
    const char *counter;
    bool        gauge;                /* then `value` counts, else `count` */
    uint64_t    count;
    double      value;
};
void vane_stats(struct vane_self *self, void (*visit)(void *context, const struct vane_stat *stat), void *context);

/* Wall clock and monotonic clock. Processors use neither: they live on the times of metrics. [any] */
int64_t vane_now(void);
int64_t vane_monotonic(void);

/* The whole path of a file, for messages: a relative one is below the working directory. Answers `to`. [any] */
enum { VANE_PATH_MOST = 4096 };
const char *vane_path(char to[VANE_PATH_MOST], const char *path);

/* How the agent runs. ONCE and TEST: an input that has an end (a file, a topic as it stands) reads to it
 * and returns VANE_OK from run(); TEST leaves no trace outside (no group is joined). */
enum vane_mode { VANE_RUN, VANE_ONCE, VANE_TEST };
enum vane_mode vane_mode(struct vane_self *self);

/* Processors: on how many instances the metrics are spread, series by series (the option `workers`). */
unsigned vane_workers(struct vane_self *self);
unsigned vane_worker(struct vane_self *self); /* which of them this is: 0, 1, ... */

/* ---- Data: batches of metrics; read by walking, changed by calling --------------------------- */

enum vane_type { VANE_FLOAT, VANE_INT, VANE_UINT, VANE_BOOL, VANE_STRING };

struct vane_tag {
    const char *key, *value;
    uint32_t    key_length, value_length;
};

/* Measurement and tags, shared by the metrics of a batch. Tags are sorted by key (bytewise), no
 * key twice, none empty. Equal series have equal hashes; the reverse needs vane_same_series. */
struct vane_series {
    const char            *name;
    uint32_t               name_length, tag_count;
    const struct vane_tag *tags;
    uint64_t               hash;
};

struct vane_field {
    const char    *key;
    uint32_t       key_length;
    enum vane_type type;
    union {
        double      f;
        int64_t     i;
        uint64_t    u;
        bool        b;
        const char *s;
    };
    uint32_t length; /* of s */
};

struct vane_metric {
    const struct vane_series *series;
    int64_t                   time;
    int64_t                   arrival; /* when its input received it: repeated by a replay (Kafka: message time);
                                        * never goes back in a lane */
    const struct vane_field  *fields;  /* in order of arrival, no key twice */
    uint32_t                  field_count, field_room;
    struct arena             *arena;   /* the host's */
};

/* A lane is what an input reads in order and can go back in: a Kafka partition, a file. */
struct vane_lane {
    const char *name;  /* "topic/3"; "" where the input has but one */
    const char *input; /* the input's name */
};

/* While it is built, or inside process(), a batch may be added to and edited; once emitted it
 * never changes. A metric that was dropped leaves NULL until the callback returns. */
struct vane_batch {
    const struct vane_metric *const *metrics;
    size_t                           count;
    const struct vane_lane          *lane;
};

/* Reading. */
const struct vane_field *vane_get(const struct vane_metric *metric, const char *key);    /* NULL: none */
const char *vane_get_tag(const struct vane_series *series, const char *key);             /* NULL: none */
bool vane_number(const struct vane_field *field, double *value); /* of any numeric type or bool; false: a string */
bool vane_same_series(const struct vane_series *a, const struct vane_series *b);

/* Building. A new batch takes the lane and position of what is being processed, if any. */
struct vane_batch *vane_batch_new(struct vane_self *self);
void vane_batch_free(struct vane_batch *batch); /* of one that is not emitted */

static inline struct vane_tag vane_tag(const char *key, const char *value)
{
    return (struct vane_tag){ key, value, (uint32_t)strlen(key), (uint32_t)strlen(value) };
}

/* The series of this name and tags, in the memory of the batch: sorted and hashed once, the same
 * pointer for the same series. Tags with an empty key or value are left out; of a key that
 * stands twice the last counts. */
const struct vane_series *vane_series(struct vane_batch *batch, const char *name,
                                      const struct vane_tag *tags, size_t count);

/* Adds a metric without fields. time VANE_NO_TIME: the host stamps it when it is emitted. One that
 * has no field by then is left out. */
#define VANE_NO_TIME INT64_MIN
struct vane_metric *vane_add(struct vane_batch *batch, const struct vane_series *series, int64_t time);
struct vane_metric *vane_add_copy(struct vane_batch *batch, const struct vane_metric *metric);

/* Makes room for so many fields in one piece: saves memory where there are more than a few. */
void vane_reserve(struct vane_metric *metric, size_t fields);

/* Sets a field, replacing one of that key. */
void vane_set_float(struct vane_metric *metric, const char *key, double value);
void vane_set_int(struct vane_metric *metric, const char *key, int64_t value);
void vane_set_uint(struct vane_metric *metric, const char *key, uint64_t value);
void vane_set_bool(struct vane_metric *metric, const char *key, bool value);
void vane_set_string(struct vane_metric *metric, const char *key, const char *value, size_t length);
void vane_set_field(struct vane_metric *metric, const struct vane_field *field); /* a copy of it */
bool vane_unset(struct vane_metric *metric, const char *key);                    /* was it there? */

/* Editing inside process(): the i-th metric to write to, in place where nobody else holds it, else
 * a copy that takes its place. Its time may be assigned; its series too, to one of this batch. */
struct vane_metric *vane_edit(struct vane_batch *batch, size_t i);
void vane_drop(struct vane_batch *batch, size_t i); /* filtered out: it counts as delivered */
void vane_refuse(struct vane_self *self, struct vane_batch *batch, size_t i, const char *format, ...)
    VANE_PRINTF(4, 5); /* as vane_drop, but it is bad: counted as rejected, to the dead-letter file. What stands behind
                        * a newline is for the log alone */
void vane_set_name(struct vane_batch *batch, struct vane_metric *metric, const char *name);
void vane_set_tag(struct vane_batch *batch, struct vane_metric *metric, const char *key,
                  const char *value); /* NULL or "": without that tag */

/* ---- Flow: emit and wait --------------------------------------------------------------------- */

/* Takes the batch and puts it on every edge of the instance, in one step; waits until all have
 * room (an input with .live never waits: the oldest is dropped and counted). False: the agent is
 * stopping, and the batch counts as never emitted. Inputs and processors. */
bool vane_emit(struct vane_self *self, struct vane_batch *batch);

/* Processors with .routes: as vane_emit, but only to the nodes that take this route, as `from = ["window.late"]`.
 * What nobody takes is freed; the main flow does not get it. */
bool vane_emit_to(struct vane_self *self, struct vane_batch *batch, const char *route);

/* In check(): with these options metrics go this way. Where nobody takes the route, `vane check` warns. */
void vane_uses_route(struct vane_self *self, const char *route);

/* Inputs: would vane_emit wait? False promises that the next one does not. */
bool vane_full(struct vane_self *self);

/* In run(): sleep up to `ns` (-1: until something happens) and call what is due on this thread:
 * delivered, tick, write. False: return from run() now. May return early: when anything was called,
 * when there is room again after vane_full. */
bool vane_wait(struct vane_self *self, int64_t ns);

/* For a library's own poll set: readable when vane_wait(self, 0) has something to do. */
int vane_wait_fd(struct vane_self *self);

/* ---- Positions: inputs that can go back ------------------------------------------------------ */

const struct vane_lane *vane_lane(struct vane_self *self, const char *name); /* the same pointer for the same name */

/* Says of a batch that is being built: it is of this lane, and once it is delivered, reading goes on
 * at `next` (a Kafka offset + 1, a byte in a file). Positions of a lane never go down, except
 * after vane_lost. `arrival` is for the metrics added from now on; VANE_NO_TIME: each its lane's
 * newest time so far (files). Without this call: lane "", no position, arrival at the emit. */
void vane_batch_lane(struct vane_batch *batch, const struct vane_lane *lane, int64_t next);
void vane_batch_arrival(struct vane_batch *batch, int64_t arrival);

/* Tags that every series made in this batch from now on has (a topic, a path), unless its own
 * tags name that key. NULL, 0: none any more. */
void vane_batch_tags(struct vane_batch *batch, const struct vane_tag *tags, size_t count);

/* Where this lane is to be read on: behind what was emitted in this run, for an input that is reopened or is
 * given the lane again; else where the last checkpoint says. False: nothing is known of it. */
bool vane_resume(struct vane_self *self, const struct vane_lane *lane, int64_t *next);

/* The lane does not go on where the saved state of processors stands (another group member read
 * it, the position no longer exists): they are told, in order with the batches. */
void vane_lost(struct vane_self *self, const struct vane_lane *lane);

/* Waits until all that was emitted is delivered, at most `ns`, calling delivered(). False: not yet. */
bool vane_drain(struct vane_self *self, int64_t ns);

/* Whose checkpoints these are, and the number of the newest one: "vane:AGENT:NUMBER" in Kafka. */
const char *vane_agent(struct vane_self *self);
uint64_t vane_checkpoint(struct vane_self *self);

/* ---- Writing: outputs ------------------------------------------------------------------------ */

/* What one write() is to deliver. It stays until every metric of it is settled. */
struct vane_write {
    const struct vane_metric *const *metrics;
    size_t                           count;
};

/* Settle metrics first .. first + count - 1. What write() has not settled is settled by its answer:
 * OK - delivered; RETRY - given again after the back-off, in a new write; FAIL - rejected;
 * PENDING - by these calls, from inside any later callback or run(). A metric is settled once. */
void vane_delivered(struct vane_self *self, struct vane_write *write, size_t first, size_t count);
void vane_reject(struct vane_self *self, struct vane_write *write, size_t first, size_t count,
                 const char *format, ...) VANE_PRINTF(5, 6); /* counted, to the dead-letter file */
void vane_again(struct vane_self *self, struct vane_write *write, const char *format, ...)
    VANE_PRINTF(3, 4); /* of a pending write: what is not settled is given again, as with RETRY */

/* ---- Formats: plugins with .data_format ------------------------------------------------------ */

struct vane_text { char *data; size_t length, capacity; }; /* grows; always NUL-terminated once used */

void vane_text_add(struct vane_text *text, const void *bytes, size_t length);
void vane_text_addf(struct vane_text *text, const char *format, ...) VANE_PRINTF(2, 3);
void vane_text_clear(struct vane_text *text);   /* keeps the memory */
void vane_text_release(struct vane_text *text); /* frees it; { 0 } again */

/* Decodes records and adds their metrics to the batch. A record that is bad is counted, logged now
 * and then as `source`, its place and the reason, written to the dead-letter file where one is
 * set; the good ones around it go on. A decoder has the state of one stream (a csv header, the
 * line number): one for each file, one for all messages of a topic. `messages`: they come whole, and a place
 * is the number of one (a Kafka offset), not a byte. */
struct vane_decoder;
struct vane_decoder *vane_decoder_new(struct vane_self *self, const char *source, bool messages);
void vane_decoder_free(struct vane_decoder *decoder); /* NULL is fine */

/* Answers how many bytes are done with. last: the bytes end here (a message, the end of a file), so
 * all are; otherwise a record that is not complete stays for the next call, in front of what
 * comes then. `place` is the position in the source of the first byte, or the number of the message, to be shown. */
size_t vane_decode(struct vane_decoder *decoder, struct vane_batch *batch, const char *bytes,
                   size_t length, bool last, int64_t place);

/* A record that the plugin itself finds bad, being longer than it takes for instance: as one that does not decode.
 * `bytes` are what the dead-letter file keeps of it. The lines of what is left out count if the decoder is
 * given their newlines. */
void vane_decoder_refuse(struct vane_decoder *decoder, const char *bytes, size_t length, int64_t place,
                         const char *format, ...) VANE_PRINTF(5, 6);

/* Is the stream still in what only its beginning has (a csv header)? One that is resumed in the middle is
 * first fed from its beginning, into a batch that is thrown away, until this is false. */
bool vane_decoder_in_head(const struct vane_decoder *decoder);

/* Appends metrics of a write to `out` in the instance's format; those that have no form in it (no
 * finite field) are rejected. Answers how many were appended. A format that has a frame (a json
 * document, a table with its header) frames each call. */
size_t vane_encode(struct vane_self *self, struct vane_text *out, struct vane_write *write,
                   size_t first, size_t count);

/* Appends what only the beginning of a stream has (a csv header), as it is when this metric is the first; for a
 * file that is empty. Nothing where the format or its options have none. */
void vane_encode_head(struct vane_self *self, struct vane_text *out, const struct vane_metric *first);

/* What one call of vane_encode makes of several metrics. */
enum vane_framing {
    VANE_UNFRAMED, /* records one after another, however many a call */
    VANE_DOCUMENT, /* one document; of a single metric, a record on a line (json) */
    VANE_TABLE,    /* one table: the more rows, the better */
};
enum vane_framing vane_framing(struct vane_self *self);

/* ---- State: what must survive, together with the place in the input it reflects -------------- */

struct vane_record {
    const char *lane;      /* "input" or "input/lane"; "" of none: it survives a lost lane */
    const char *key;       /* any text */
    const void *data;      /* NULL: the record of that lane and key is gone */
    size_t      length;
    uint64_t    series;    /* hash of the series it belongs to; with workers it goes where the series goes. 0: none;
                            * each worker is given those that any saved: keep them apart by vane_worker in the key */
};

struct vane_saver; /* of one save() */
void vane_save(struct vane_saver *saver, const struct vane_record *record); /* copied */

/* The text of a lane as records have it, in memory of the lane. */
const char *vane_lane_text(const struct vane_lane *lane);

/* tick() of a processor: call it with (lane, now) whenever the arrival time of a lane passes a
 * multiple of `ns`, before the first metric that arrived then. In open(), and only there. Inputs tick every
 * `interval` of their config, outputs every `ns` of the wall clock. 0: never. */
void vane_tick_every(struct vane_self *self, int64_t ns);

/* ---- Options: one table is parser, checker, sample config and manual -------------------------- */

struct vane_strings   { const char *const *items; size_t count; };
struct vane_bools     { const bool *items; size_t count; };
struct vane_ints      { const int64_t *items; size_t count; };   /* ints, durations, times */
struct vane_uints     { const uint64_t *items; size_t count; };  /* uints, sizes */
struct vane_floats    { const double *items; size_t count; };
struct vane_choices   { const int *items; size_t count; };       /* indices */
struct vane_pair      { const char *key, *value; };
struct vane_pairs     { const struct vane_pair *items; size_t count; };  /* a table of strings */
struct vane_values    { const struct vane_field *items; size_t count; }; /* a table of typed values */
struct vane_tables    { const void *items; size_t count; };      /* of .size bytes each */

enum vane_kind {
    VANE_KIND_STRING = 1, VANE_KIND_BOOL, VANE_KIND_INT, VANE_KIND_UINT, VANE_KIND_FLOAT,
    VANE_KIND_DURATION, /* "1h30m", "5s", "1d", or a number of seconds -> ns */
    VANE_KIND_SIZE,     /* "4MB", "64KiB", or a number of bytes */
    VANE_KIND_TIME,     /* RFC 3339 text or a TOML date-time -> ns */
    VANE_KIND_CHOICE,   /* one of .choices -> its index */
    VANE_KIND_PAIRS, VANE_KIND_VALUES,
    VANE_KIND_TABLE,    /* a sub-table: a struct inside the state, with .options of its own */
    VANE_KIND_TABLES,   /* a list of sub-tables, each .size bytes */
    VANE_KIND_WORD,     /* a string; true, false and integers count as their text */
};

struct vane_option {
    const char               *name;    /* the TOML key = the name of the field in the state */
    enum vane_kind            kind;
    bool                      list;    /* of that kind, a TOML array */
    bool                      required;
    bool                      secret;  /* never logged or printed; may be read from a file or a credential */
    size_t                    offset, size;
    const char               *preset;  /* default, as TOML text; NULL: zero or empty */
    const char               *help;    /* one sentence */
    const char *const        *choices; /* of CHOICE; ends with NULL */
    const struct vane_option *options; /* of TABLE and TABLES; ends with { 0 } */
    double                    least, most; /* of numbers, durations (ns) and sizes; both 0: any */
    const char               *also;    /* a second name, as Telegraf has it; NULL: none */
    const char               *example; /* what `vane sample` sets it to, as TOML text; NULL: it is commented out */
};

/* A field of the wrong C type has no branch in _Generic: a compile error. */
#define VANE_OPTION(kind_, list_, ctype, T, field, ...)                                           \
    { .name = #field, .kind = kind_, .list = list_,                                               \
      .offset = _Generic(((T *)0)->field, ctype: offsetof(T, field)), __VA_ARGS__ }

#define VANE_OPT_STRING(...)    VANE_OPTION(VANE_KIND_STRING, false, const char *, __VA_ARGS__)
#define VANE_OPT_BOOL(...)      VANE_OPTION(VANE_KIND_BOOL, false, bool, __VA_ARGS__)
#define VANE_OPT_INT(...)       VANE_OPTION(VANE_KIND_INT, false, int64_t, __VA_ARGS__)
#define VANE_OPT_UINT(...)      VANE_OPTION(VANE_KIND_UINT, false, uint64_t, __VA_ARGS__)
#define VANE_OPT_FLOAT(...)     VANE_OPTION(VANE_KIND_FLOAT, false, double, __VA_ARGS__)
#define VANE_OPT_DURATION(...)  VANE_OPTION(VANE_KIND_DURATION, false, int64_t, __VA_ARGS__)
#define VANE_OPT_SIZE(...)      VANE_OPTION(VANE_KIND_SIZE, false, uint64_t, __VA_ARGS__)
#define VANE_OPT_TIME(...)      VANE_OPTION(VANE_KIND_TIME, false, int64_t, __VA_ARGS__)
#define VANE_OPT_CHOICE(...)    VANE_OPTION(VANE_KIND_CHOICE, false, int, __VA_ARGS__)
#define VANE_OPT_WORD(...)      VANE_OPTION(VANE_KIND_WORD, false, const char *, __VA_ARGS__)
#define VANE_OPT_STRINGS(...)   VANE_OPTION(VANE_KIND_STRING, true, struct vane_strings, __VA_ARGS__)
#define VANE_OPT_BOOLS(...)     VANE_OPTION(VANE_KIND_BOOL, true, struct vane_bools, __VA_ARGS__)
#define VANE_OPT_INTS(...)      VANE_OPTION(VANE_KIND_INT, true, struct vane_ints, __VA_ARGS__)
#define VANE_OPT_UINTS(...)     VANE_OPTION(VANE_KIND_UINT, true, struct vane_uints, __VA_ARGS__)
#define VANE_OPT_FLOATS(...)    VANE_OPTION(VANE_KIND_FLOAT, true, struct vane_floats, __VA_ARGS__)
#define VANE_OPT_DURATIONS(...) VANE_OPTION(VANE_KIND_DURATION, true, struct vane_ints, __VA_ARGS__)
#define VANE_OPT_SIZES(...)     VANE_OPTION(VANE_KIND_SIZE, true, struct vane_uints, __VA_ARGS__)
#define VANE_OPT_TIMES(...)     VANE_OPTION(VANE_KIND_TIME, true, struct vane_ints, __VA_ARGS__)
#define VANE_OPT_CHOICES(...)   VANE_OPTION(VANE_KIND_CHOICE, true, struct vane_choices, __VA_ARGS__)
#define VANE_OPT_PAIRS(...)     VANE_OPTION(VANE_KIND_PAIRS, false, struct vane_pairs, __VA_ARGS__)
#define VANE_OPT_VALUES(...)    VANE_OPTION(VANE_KIND_VALUES, false, struct vane_values, __VA_ARGS__)
#define VANE_OPT_TABLES(...)    VANE_OPTION(VANE_KIND_TABLES, false, struct vane_tables, __VA_ARGS__)
/* VANE_OPT_TABLE(T, field, struct field_type, .options = ..., .help = ...) */
#define VANE_OPT_TABLE(T, field_, ctype, ...)                                                     \
    VANE_OPTION(VANE_KIND_TABLE, false, ctype, T, field_, .size = sizeof(ctype), __VA_ARGS__)

/* ---- The plugin ------------------------------------------------------------------------------ */

struct vane_abi { uint16_t major, minor; uint32_t plugin_size, option_size; };
#define VANE_ABI { 1, 0, sizeof(struct vane_plugin), sizeof(struct vane_option) }

enum vane_role { VANE_INPUT = 1, VANE_PROCESSOR, VANE_OUTPUT };

struct vane_plugin {
    struct vane_abi           abi;   /* = VANE_ABI; stays first in every version */
    enum vane_role            role;
    const char               *name;  /* the name of the .so; ends with _in or _out where both exist */
    const char               *help;  /* one sentence */
    size_t                    state_size;
    const struct vane_option *options; /* ends with { 0 }; NULL: none */

    /* Decodes (input) or encodes (output): the default of the option data_format, whose options the
     * host adds to the table. fixed_format: that one only, without the option. NULL: neither. */
    const char               *data_format;
    bool                      fixed_format;
    bool                      live;  /* input: cannot wait nor go back (a websocket, a listener) */
    bool                      remembers; /* input: its positions are kept in the state directory, for vane_resume */

    /* Any role, all optional. */
    enum vane_result (*check)(struct vane_self *self); /* do the options agree? no network, nothing written */
    enum vane_result (*open)(struct vane_self *self);  /* acquire */
    void             (*close)(struct vane_self *self); /* release what open() got so far */
    enum vane_result (*tick)(struct vane_self *self, const struct vane_lane *lane, int64_t now);

    /* Inputs: run, or tick every `interval` (lane NULL; now is the wall clock). run() that returns
     * VANE_OK has read its input to the end. */
    enum vane_result (*run)(struct vane_self *self); /* outputs may have one: while (vane_wait(self, -1)) ... */
    void             (*delivered)(struct vane_self *self, const struct vane_lane *lane, int64_t next);

    /* Processors: edit, drop, emit what is new; the batch is passed on when this returns, unless the
     * option drop_original is set. FAIL: the metrics of the batch go to the dead-letter file. */
    enum vane_result (*process)(struct vane_self *self, struct vane_batch *batch);
    enum vane_result (*end)(struct vane_self *self); /* the input has ended: emit what you hold */
    void             (*lost)(struct vane_self *self, const struct vane_lane *lane); /* see vane_lost: forget it */
    /* What came of this lane is kept, but between it and what comes now metrics are missing: an input that cannot go
     * back (.live) was started anew. */
    void             (*gap)(struct vane_self *self, const struct vane_lane *lane);
    const char *const *routes; /* names for vane_emit_to; ends with NULL. NULL: none */

    /* Outputs. */
    enum vane_result (*write)(struct vane_self *self, struct vane_write *write);

    /* Processors and outputs that keep something. save: all of it when `full`, else what changed since
     * the last save. load: after the first open that succeeds, once a record, oldest first. A
     * checkpoint is given up for now when save answers FAIL. */
    enum vane_result (*save)(struct vane_self *self, struct vane_saver *saver, bool full);
    enum vane_result (*load)(struct vane_self *self, const struct vane_record *record);
};

extern const struct vane_plugin vane_plugin;

#pragma GCC visibility pop
