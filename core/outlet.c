#include "core/outlet.h"

#include "core/alloc.h"

#include <stdlib.h>
#include <string.h>

struct outlet_edge {
    struct edge *edge;
    const char  *route; /* NULL: the main flow */
    unsigned     shard, shards;
};

void outlet_init(struct outlet *outlet)
{
    pthread_mutex_init(&outlet->lock, NULL);
}

void outlet_release(struct outlet *outlet)
{
    pthread_mutex_destroy(&outlet->lock);
    free(outlet->edges);
}

void outlet_add(struct outlet *outlet, struct edge *edge, const char *route, unsigned shard, unsigned shards)
{
    outlet->edges = alloc_resize(outlet->edges, outlet->count + 1, sizeof *outlet->edges);
    outlet->edges[outlet->count++] = (struct outlet_edge){ edge, route, shard, shards };
}

static void set_source(struct outlet *outlet, struct waker *source)
{
    for (size_t i = 0; i < outlet->count; i++)
        edge_set_source(outlet->edges[i].edge, source);
}

void outlet_swap(struct outlet *a, struct waker *a_source, struct outlet *b, struct waker *b_source)
{
    struct outlet_edge *edges = a->edges;
    size_t count = a->count;
    a->edges = b->edges;
    a->count = b->count;
    b->edges = edges;
    b->count = count;
    set_source(a, a_source);
    set_source(b, b_source);
}

static bool on_route(const struct outlet_edge *edge, const char *route)
{
    return edge->route && route ? strcmp(edge->route, route) == 0 : edge->route == route;
}

bool outlet_room(struct outlet *outlet, const char *route, bool tell)
{
    bool room = true;
    for (size_t i = 0; i < outlet->count; i++)
        if (on_route(&outlet->edges[i], route))
            room = edge_room(outlet->edges[i].edge, tell) && room;
    return room;
}

static bool in_shard(const struct vane_metric *metric, void *context)
{
    const struct outlet_edge *to = context;
    return metric->series->hash % to->shards == to->shard;
}

size_t outlet_put(struct outlet *outlet, const char *route, struct batch *batch)
{
    size_t dropped = 0, takers = outlet->count;
    while (takers > 0 && !on_route(&outlet->edges[takers - 1], route))
        takers--;
    for (size_t i = 0; i < takers; i++) {
        struct outlet_edge *to = &outlet->edges[i];
        if (!on_route(to, route))
            continue;
        bool gone = to->shards == 1 && i + 1 == takers; /* a taker that is alone with it may edit in place */
        struct batch *part = to->shards > 1 ? batch_filter(batch, in_shard, to) : gone ? batch : batch_ref(batch);
        batch = gone ? NULL : batch;
        if (part)
            dropped += edge_put(to->edge, part);
    }
    batch_unref(batch);
    return dropped;
}

void outlet_put_item(struct outlet *outlet, struct edge_item item)
{
    for (size_t i = 0; i < outlet->count; i++)
        edge_put_item(outlet->edges[i].edge, item);
}
