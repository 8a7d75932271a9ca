/* flow - the running graph: inputs, lines and outputs with their threads, edges and parts.
 *
 *     flow_new ─ flow_start ─ flow_work … ─ flow_stop (a last mark, drain) ─ flow_free
 *
 * All functions: the thread that runs the flow (the agent's main thread; a test's).
 */
#pragma once
#include "core/edge.h"
#include "core/graph.h"
#include "core/instance.h"

struct flow;

/* One node of the config, checked. Everything it points to outlives the flow. */
struct flow_node {
    struct graph_node           graph; /* name, role, from, workers, place in the file */
    struct instance_settings    settings; /* worker and key are the flow's */
    struct vane_pairs           global_tags;
    bool                        keep_local_tags, keep_global_tags;
    int64_t                     interval, precision, jitter, offset; /* of inputs, agent's defaults applied */
    bool                        round_interval;
    int64_t                     max_unacknowledged;
    struct edge_limits          edge;  /* of edges that lead here */
    size_t                      batch_size, max_in_flight; /* of outputs */
    int64_t                     flush_interval, flush_jitter;
    bool                        drop_original;
    bool                        broken; /* its options are wrong: check() is not asked */
    uint64_t                    fingerprint; /* of its configuration: equal ones need not be replaced by a reload */
};

struct flow_settings {
    struct runtime *runtime;
    int64_t         checkpoint_interval;
};

/* Nodes are check()ed and instances made here; nothing is opened. NULL when something is wrong: all of it has
 * been told to the report. */
struct flow *flow_new(const struct flow_settings *settings, struct flow_node *nodes, size_t count,
                      const struct graph_report *report);
/* The part of it that needs no flow: do the filters of the nodes make sense, and what do their plugins say of their
 * options? Notes in the nodes which routes they use. */
bool flow_check_nodes(struct flow_node *nodes, size_t count, struct runtime *runtime,
                      const struct graph_report *report);
void flow_free(struct flow *flow); /* of one that was never started, or has stopped */

const struct graph *flow_graph(const struct flow *flow);
bool flow_keeps_state(const struct flow *flow); /* is a state directory needed? */

/* At a reload, before the old flow is stopped: takes over from it what does not differ, as it runs. Answers how
 * many nodes go on. Then: flow_stop(old), flow_free(old), flow_start(new). */
size_t flow_replace(struct flow *new, struct flow *old);

void flow_start(struct flow *flow); /* what does not run yet */

/* Begins and finishes checkpoints; answers when it wants to be called next (monotonic, ns). Also
 * whenever the runtime's waker woke. */
int64_t flow_work(struct flow *flow, int64_t now);

void flow_checkpoint(struct flow *flow);  /* flush, and a checkpoint as soon as may be */
bool flow_ended(const struct flow *flow); /* every input has ended */
void flow_end_live(struct flow *flow);    /* --once: inputs without an end have been listened to long enough */

/* Inputs stop, a last mark follows, what is under way is delivered. `patience`: how long (ns) to wait
 * without any progress, -1 for ever; `limit`: at most this long in all, -1: any time. False: given up, and
 * what was not delivered is not acknowledged either. `interrupted` is asked now and then; NULL: it never is. */
bool flow_stop(struct flow *flow, int64_t limit, int64_t patience, bool (*interrupted)(void *context), void *context);

uint64_t flow_progress(const struct flow *flow); /* another number, whenever metrics have moved */

/* Sums over instances of a role, and each of them. */
uint64_t flow_total(const struct flow *flow, enum vane_role role, enum stats_counter counter);
struct instance *const *flow_instances(const struct flow *flow, size_t *count);
