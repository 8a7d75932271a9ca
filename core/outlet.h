/* outlet - all edges that leave an input or a line; putting on them is one step.
 *
 * The lock makes the step whole: the checkpoint thread puts marks between two emits of an input,
 * never inside one. Lines use it alone.
 */
#pragma once
#include "core/edge.h"

#include <pthread.h>

struct outlet {
    pthread_mutex_t     lock;
    struct outlet_edge *edges;
    size_t              count;
};

void outlet_init(struct outlet *outlet);
void outlet_release(struct outlet *outlet); /* the edges belong to their takers */

/* An edge that takes all metrics of this route (NULL: the main flow), or with shards > 1 those whose series' hash
 * falls to `shard`. The route's name stays the caller's. */
void outlet_add(struct outlet *outlet, struct edge *edge, const char *route, unsigned shard, unsigned shards);

/* With the locks of both held: they change their edges; `a_source`, `b_source` are woken for room from then on. */
void outlet_swap(struct outlet *a, struct waker *a_source, struct outlet *b, struct waker *b_source);

/* With the lock held. */
bool outlet_room(struct outlet *outlet, const char *route, bool tell);
/* takes it; answers metrics dropped */
size_t outlet_put(struct outlet *outlet, const char *route, struct batch *batch);
void outlet_put_item(struct outlet *outlet, struct edge_item item);               /* on every edge */
