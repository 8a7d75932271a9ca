/* flow_inside - what a flow is made of, for the files of the room: flow.c (running), flow_make.c, flow_stats.c,
 * flow_replace.c (taking over from the flow before).
 */
#pragma once
#include "core/flow.h"
#include "core/input.h"
#include "core/line.h"
#include "core/output.h"

struct flow {
    struct runtime     *runtime;
    struct graph        graph;
    struct graph_node  *graph_nodes;
    uint64_t           *fingerprints; /* by node */
    struct part       **parts;
    struct instance   **instances;
    size_t              instance_count;
    struct input      **inputs;  /* by node; NULL: not an input */
    struct output     **outputs; /* by node */
    struct line       **lines;   /* by line and worker: first_line[node] + worker */
    size_t             *first_line;
    size_t              line_count;
    bool                forgotten; /* what was loaded from the store */

    struct flow        *next;  /* the one that takes over; NULL: none */
    size_t             *heirs; /* by node: inputs that go on there, as which node; GRAPH_NONE: they stop */
};

/* Does this input go on in the next flow? */
static inline bool flow_heir(const struct flow *flow, size_t node)
{
    return flow->next && flow->heirs[node] != (size_t)GRAPH_NONE;
}

/* flow_replace.c, while the flow stops: inputs with heirs go over, live ones before the last mark, the others are held
 * now and go over when all before the mark is delivered. */
void flow_hand_over_live(struct flow *flow);
void flow_hand_over_held(struct flow *flow);
