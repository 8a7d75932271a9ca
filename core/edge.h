/* edge - the bounded queue of one arrow of the graph: one source, one taker.
 *
 * It takes a batch while it holds less than its limit, so at most limit + one batch lie in it,
 * and a batch larger than the limit gets in alone. Marks, gaps, lost lanes, end and stop need no room:
 * they travel in order with the batches and are never dropped.
 *
 * One mutex guards the items. put: the source's thread (marks of inputs: the checkpoint thread, under
 * the outlet's lock); take: the taker's thread. After each the other side is woken.
 */
#pragma once
#include "core/batch.h"
#include "core/waker.h"

enum edge_kind { EDGE_BATCH, EDGE_MARK, EDGE_LOST, EDGE_GAP, EDGE_END, EDGE_STOP };

struct edge_item {
    enum edge_kind          kind;
    struct batch           *batch; /* BATCH: a reference */
    const struct vane_lane *lane;  /* LOST, GAP */
    uint64_t                mark;  /* MARK: its number */
};

enum edge_full { EDGE_BLOCK, EDGE_DROP_OLDEST, EDGE_DROP_NEWEST };

struct edge_limits {
    size_t         bytes;
    size_t         metrics; /* a second limit; 0: none */
    enum edge_full when_full;
};

struct edge;

/* source and taker are woken when there is room or something to take; they outlive the edge. */
struct edge *edge_new(const struct edge_limits *limits, struct waker *source, struct waker *taker);
void edge_free(struct edge *edge);

/* Another source takes its place; neither of the two is in a call meanwhile. */
void edge_set_source(struct edge *edge, struct waker *source);

/* Source: is there room? Only the source takes it away, so a yes stays one until its next put. With
 * `tell`, a no makes the taker wake the source as soon as there is. */
bool edge_room(struct edge *edge, bool tell);

/* Source: a batch (takes the reference); answers how many metrics were dropped to let it in. */
size_t edge_put(struct edge *edge, struct batch *batch);
void edge_put_item(struct edge *edge, struct edge_item item); /* all but batches */

/* Taker: the oldest item; false when there is none. */
bool edge_take(struct edge *edge, struct edge_item *item);

/* Taker: throws away all that is in it; answers how many metrics that were. */
size_t edge_drop_all(struct edge *edge);

/* Has STOP been put on it: nothing more comes? [any] */
bool edge_stopped(struct edge *edge);

/* What lies in it now. [any] */
void edge_load(struct edge *edge, size_t *bytes, size_t *metrics);
