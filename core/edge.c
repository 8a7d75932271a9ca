#include "core/edge.h"

#include "core/alloc.h"

#include <pthread.h>
#include <stdlib.h>

struct edge {
    pthread_mutex_t    lock;
    struct edge_limits limits;
    struct waker      *source, *taker;
    struct edge_item  *ring; /* room is a power of two */
    size_t             first, count, room;
    size_t             bytes, metrics;
    bool               source_waits, stopped;
};

struct edge *edge_new(const struct edge_limits *limits, struct waker *source, struct waker *taker)
{
    struct edge *edge = alloc_zero(sizeof *edge);
    pthread_mutex_init(&edge->lock, NULL);
    edge->limits = *limits;
    edge->source = source;
    edge->taker = taker;
    edge->room = 8;
    edge->ring = alloc_array(edge->room, sizeof *edge->ring);
    return edge;
}

void edge_free(struct edge *edge)
{
    if (!edge)
        return;
    for (size_t i = 0; i < edge->count; i++)
        batch_unref(edge->ring[(edge->first + i) & (edge->room - 1)].batch);
    pthread_mutex_destroy(&edge->lock);
    free(edge->ring);
    free(edge);
}

/* ---- Under the lock ---- */

static bool has_room(const struct edge *edge)
{
    return edge->bytes < edge->limits.bytes && (!edge->limits.metrics || edge->metrics < edge->limits.metrics);
}

static void grow(struct edge *edge)
{
    struct edge_item *ring = alloc_array(size_mul(edge->room, 2), sizeof *ring);
    for (size_t i = 0; i < edge->count; i++)
        ring[i] = edge->ring[(edge->first + i) & (edge->room - 1)];
    free(edge->ring);
    edge->ring = ring;
    edge->first = 0;
    edge->room *= 2;
}

static void push(struct edge *edge, struct edge_item item)
{
    if (edge->count == edge->room)
        grow(edge);
    edge->ring[(edge->first + edge->count++) & (edge->room - 1)] = item;
    if (item.kind == EDGE_BATCH) {
        edge->bytes += batch_bytes(item.batch);
        edge->metrics += item.batch->view.count;
    }
}

static void uncount(struct edge *edge, const struct batch *batch)
{
    edge->bytes -= batch_bytes(batch);
    edge->metrics -= batch->view.count;
}

/* Takes the oldest batch out from among the marks, which keep their places. */
static struct batch *remove_oldest(struct edge *edge)
{
    size_t at = 0;
    while (at < edge->count && edge->ring[(edge->first + at) & (edge->room - 1)].kind != EDGE_BATCH)
        at++;
    if (at == edge->count)
        return NULL;
    struct batch *batch = edge->ring[(edge->first + at) & (edge->room - 1)].batch;
    for (; at > 0; at--)
        edge->ring[(edge->first + at) & (edge->room - 1)] = edge->ring[(edge->first + at - 1) & (edge->room - 1)];
    edge->first++;
    edge->count--;
    uncount(edge, batch);
    return batch;
}

/* ---- The source ---- */

void edge_set_source(struct edge *edge, struct waker *source)
{
    pthread_mutex_lock(&edge->lock);
    edge->source = source;
    pthread_mutex_unlock(&edge->lock);
}

bool edge_room(struct edge *edge, bool tell)
{
    pthread_mutex_lock(&edge->lock);
    bool room = edge->limits.when_full != EDGE_BLOCK || has_room(edge);
    edge->source_waits = !room && tell;
    pthread_mutex_unlock(&edge->lock);
    return room;
}

static size_t drop(struct batch *batch)
{
    size_t count = batch->view.count;
    batch_unref(batch);
    return count;
}

size_t edge_put(struct edge *edge, struct batch *batch)
{
    size_t dropped = 0;
    pthread_mutex_lock(&edge->lock);
    while (edge->limits.when_full == EDGE_DROP_OLDEST && !has_room(edge))
        dropped += drop(remove_oldest(edge));
    if (edge->limits.when_full == EDGE_DROP_NEWEST && !has_room(edge))
        dropped += drop(batch);
    else
        push(edge, (struct edge_item){ .kind = EDGE_BATCH, .batch = batch });
    pthread_mutex_unlock(&edge->lock);
    waker_wake(edge->taker);
    return dropped;
}

void edge_put_item(struct edge *edge, struct edge_item item)
{
    pthread_mutex_lock(&edge->lock);
    push(edge, item);
    edge->stopped |= item.kind == EDGE_STOP;
    pthread_mutex_unlock(&edge->lock);
    waker_wake(edge->taker);
}

/* ---- The taker ---- */

bool edge_take(struct edge *edge, struct edge_item *item)
{
    struct waker *wake = NULL;
    pthread_mutex_lock(&edge->lock);
    bool found = edge->count > 0;
    if (found) {
        *item = edge->ring[edge->first++ & (edge->room - 1)];
        edge->count--;
        if (item->kind == EDGE_BATCH)
            uncount(edge, item->batch);
        if (edge->source_waits && has_room(edge)) {
            wake = edge->source;
            edge->source_waits = false;
        }
    }
    pthread_mutex_unlock(&edge->lock);
    if (wake)
        waker_wake(wake);
    return found;
}

size_t edge_drop_all(struct edge *edge)
{
    size_t dropped = 0;
    for (struct edge_item item; edge_take(edge, &item);)
        if (item.kind == EDGE_BATCH)
            dropped += drop(item.batch);
    return dropped;
}

bool edge_stopped(struct edge *edge)
{
    pthread_mutex_lock(&edge->lock);
    bool stopped = edge->stopped;
    pthread_mutex_unlock(&edge->lock);
    return stopped;
}

void edge_load(struct edge *edge, size_t *bytes, size_t *metrics)
{
    pthread_mutex_lock(&edge->lock);
    *bytes = edge->bytes;
    *metrics = edge->metrics;
    pthread_mutex_unlock(&edge->lock);
}
