/* output - one output plugin on its thread: takes from its edges, writes, settles.
 *
 *     edges ─▶ intake ─▶ write (up to metric_batch_size metrics) ─▶ settled, metric by metric
 *
 * Intake holds the batches whose metrics are not all in a write yet; a write holds the batches of its
 * metrics until the last is settled. At most max_in_flight writes exist, and a series is never
 * in two of them. A write that answered RETRY keeps what is not settled and is tried again
 * first, after the back-off; nothing new is begun meanwhile.
 *
 * Marks: an edge that has brought the mark is left alone until all have; nothing more is taken then until
 * all that was taken is settled, and the mark has passed. Nobody waits for a best-effort output, at the stop
 * neither: what is queued then is written as long as that succeeds, and a few seconds at most.
 */
#pragma once
#include "core/instance.h"
#include "core/modify.h"
#include "core/part.h"
#include "core/edge.h"

struct write;
struct intake;

struct output_edge {
    struct edge *edge;
    bool         marked, ended, stopped;
};

struct output {
    struct instance    *instance;
    struct part        *part;        /* NULL: best effort, nobody waits for it */
    struct runtime     *runtime;
    struct modify      *modify;
    struct output_edge *edges;
    size_t              edge_count, turn;
    struct waker        waker;
    pthread_t           thread;
    size_t              batch_size, max_in_flight;
    int64_t             flush_interval, flush_jitter;

    struct intake      *intake, **intake_end;
    size_t              intake_metrics;
    struct write       *writes;      /* oldest first */
    size_t              write_count;
    bool                blocked;     /* the next write meets a series in flight: nothing to begin before one is over */
    uint64_t            mark;        /* brought by all edges, not passed yet; 0: none */
    int64_t             next_flush;  /* monotonic */
    int64_t             next_tick;
    int64_t             give_up_at;  /* of best effort, once nothing more comes; 0: not yet */
    bool                waits_by_fd;
    bool                started;     /* of the thread that runs the flow */
    atomic_bool         abort;       /* the drain limit has passed: nothing waits any more */
    atomic_bool         finished;
};

struct output *output_new(struct instance *instance, struct part *part);
void output_free(struct output *output);
struct edge *output_add_edge(struct output *output, const struct edge_limits *limits, struct waker *source);
void output_start(struct output *output);
void output_give_up(struct output *output); /* whatever it still holds [any] */
void output_join(struct output *output);

/* plugin.h, for outputs. */
bool output_wait(struct output *output, int64_t ns);
int output_wait_fd(struct output *output);
