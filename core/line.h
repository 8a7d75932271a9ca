/* line - a run of processors on one thread: each is fed by the one before, the first by edges.
 *
 * It takes from its edges in turn. An edge that has brought the mark is left alone until all have;
 * then the processors save and the mark goes on. When all edges have ended, each processor's
 * end() emits what it holds, in order. What a stage emits goes straight into the next one; what
 * the last emits waits for room on the edges that leave the line.
 *
 * Ticks: what a processor makes of a batch goes on before that batch does. So that this never moves a metric
 * over a tick, here or in a line behind, a batch is cut where its lane passes a multiple of any tick_every
 * of the part. How batches were cut before then makes no difference.
 */
#pragma once
#include "core/instance.h"
#include "core/modify.h"
#include "core/outlet.h"
#include "core/part.h"
#include "core/tick.h"

struct line;

struct stage {
    struct instance *instance;
    struct line     *line;
    struct modify   *modify;  /* NULL: takes all */
    bool             drop_original;
    struct stage    *next;    /* NULL: the last */
    struct ticks     ticks;   /* when its tick is due, lane by lane */
    const struct vane_lane *lane;    /* of what is being processed, for batches made of it */
    int64_t          arrival;
};

struct line_edge {
    struct edge *edge;
    bool         marked, ended, stopped; /* it has brought the mark, END, STOP */
};

struct line {
    struct part     *part;
    struct runtime  *runtime;
    struct stage    *first;
    struct line_edge *edges;
    size_t           edge_count;
    struct outlet    outlet;
    struct ticks     cuts;    /* where the next batch of a lane is cut */
    struct waker     waker;
    pthread_t        thread;
    uint64_t         mark;
    size_t           turn; /* the edge to look at next */
    bool             ended;
    bool             started;  /* of the thread that runs the flow */
    atomic_bool      abort;    /* the drain limit has passed: nothing waits any more */
    atomic_bool      finished;
};

struct line *line_new(struct runtime *runtime, struct part *part);
void line_free(struct line *line); /* edges that lead here, too */
void line_add_stage(struct line *line, struct instance *instance, struct modify *modify, bool drop_original);
struct edge *line_add_edge(struct line *line, const struct edge_limits *limits, struct waker *source);
void line_start(struct line *line);
void line_give_up(struct line *line); /* whatever it still holds [any] */
void line_join(struct line *line);

/* Own thread, line_state.c: save() of all its processors for the mark that passes; when a processor ticks, as saved. */
void line_save(struct line *line);
void stage_load_ticks(struct stage *stage);

/* plugin.h, for processors. */
bool stage_emit(struct stage *stage, struct batch *batch);
