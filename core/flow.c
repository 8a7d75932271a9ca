/* flow - see flow.h. Order of life: outputs start first and stop last, so that an emit always meets a
 * taker; edges belong to their takers. */
#include "core/flow.h"

#include "core/alloc.h"
#include "core/input.h"
#include "core/line.h"
#include "core/output.h"

#include <stdio.h>
#include <stdlib.h>

struct flow {
    struct runtime     *runtime;
    struct graph        graph;
    struct graph_node  *graph_nodes;
    struct part        *parts;
    struct instance   **instances;
    size_t              instance_count;
    struct input      **inputs;  /* by node; NULL: not an input */
    struct output     **outputs; /* by node */
    struct line       **lines;   /* by line and worker: first_line[node] + worker */
    size_t             *first_line;
    size_t              line_count;
    bool                forgotten; /* what was loaded from the store */
};

/* ---- Making ---- */

static struct instance *add_instance(struct flow *flow, const struct flow_node *node, unsigned worker)
{
    struct instance_settings settings = node->settings;
    settings.runtime = flow->runtime;
    settings.name = node->graph.name;
    settings.key = node->graph.name;
    settings.worker = worker;
    settings.workers = node->graph.workers;
    struct instance *instance = instance_new(&settings);
    flow->instances = alloc_resize(flow->instances, flow->instance_count + 1, sizeof(struct instance *));
    flow->instances[flow->instance_count++] = instance;
    return instance;
}

static void log_failure(void *context, const char *why, size_t metrics)
{
    struct instance *instance = context;
    log_line(&instance->log, VANE_WARN, "metricpass: %s; %zu metric%s let through", why, metrics,
             metrics == 1 ? "" : "s");
}

static void report_failures(struct modify *modify, struct instance *instance)
{
    if (modify)
        modify_on_failure(modify, log_failure, instance);
}

static void add_input(struct flow *flow, size_t i, const struct flow_node *node)
{
    struct part *part = &flow->parts[flow->graph.nodes[i].part];
    struct input *input = input_new(add_instance(flow, node, 0), part);
    input->modify = modify_new(node->settings.options, VANE_INPUT, &node->global_tags, node->keep_local_tags,
                               node->keep_global_tags);
    report_failures(input->modify, input->instance);
    input->interval = node->interval;
    input->precision = node->precision;
    input->jitter = node->jitter;
    input->offset = node->offset;
    input->round_interval = node->round_interval;
    input->max_unacknowledged = node->max_unacknowledged;
    flow->inputs[i] = input;
    part->inputs = alloc_resize(part->inputs, part->input_count + 1, sizeof(struct input *));
    part->inputs[part->input_count++] = input;
    if (!part->name)
        part->name = node->graph.name;
    part->keeps |= node->settings.plugin->remembers;
}

static void add_output(struct flow *flow, size_t i, const struct flow_node *node)
{
    struct part *part = node->graph.best_effort ? NULL : &flow->parts[flow->graph.nodes[i].part];
    struct output *output = output_new(add_instance(flow, node, 0), part);
    output->modify = modify_new(node->settings.options, VANE_OUTPUT, NULL, false, false);
    report_failures(output->modify, output->instance);
    output->batch_size = node->batch_size;
    output->max_in_flight = node->max_in_flight;
    output->flush_interval = node->flush_interval;
    output->flush_jitter = node->flush_jitter;
    flow->outputs[i] = output;
    if (part) {
        part->takers++;
        part->keeps |= node->settings.plugin->save != NULL;
    }
}

static struct line *add_line(struct flow *flow, struct part *part)
{
    flow->lines = alloc_resize(flow->lines, flow->line_count + 1, sizeof(struct line *));
    part->takers++;
    part->unopened++;
    return flow->lines[flow->line_count++] = line_new(flow->runtime, part);
}

/* A processor joins the line of the one before it, or begins one, for each of its workers. */
static void add_processor(struct flow *flow, size_t i, const struct flow_node *node)
{
    struct part *part = &flow->parts[flow->graph.nodes[i].part];
    unsigned workers = node->graph.workers ? node->graph.workers : 1;
    part->keeps |= node->settings.plugin->save != NULL;
    flow->first_line[i] = flow->line_count;
    for (size_t a = 0; a < flow->graph.arrow_count; a++)
        if (flow->graph.arrows[a].to == i && graph_inside(&flow->graph, &flow->graph.arrows[a]))
            flow->first_line[i] = flow->first_line[flow->graph.arrows[a].from];
    for (unsigned worker = 0; worker < workers; worker++) {
        if (flow->first_line[i] + worker == flow->line_count)
            add_line(flow, part);
        struct modify *modify = modify_new(node->settings.options, VANE_PROCESSOR, NULL, false, false);
        struct instance *instance = add_instance(flow, node, worker);
        report_failures(modify, instance);
        line_add_stage(flow->lines[flow->first_line[i] + worker], instance, modify, node->drop_original);
    }
}

/* Processors in the order of their arrows, so that a line's stages come in order. */
static void add_processors(struct flow *flow, const struct flow_node *nodes)
{
    size_t count = flow->graph.count, left = 0;
    bool *added = alloc_array(count, sizeof *added);
    for (size_t i = 0; i < count; i++)
        left += nodes[i].graph.role == VANE_PROCESSOR;
    while (left > 0) {
        for (size_t i = 0; i < count; i++) {
            bool ready = nodes[i].graph.role == VANE_PROCESSOR && !added[i];
            for (size_t a = 0; a < flow->graph.arrow_count && ready; a++) {
                size_t from = flow->graph.arrows[a].from;
                ready = flow->graph.arrows[a].to != i || nodes[from].graph.role != VANE_PROCESSOR || added[from];
            }
            if (!ready)
                continue;
            add_processor(flow, i, &nodes[i]);
            added[i] = true;
            left--;
        }
    }
    free(added);
}

/* The outlet and waker of a source: an input, or one of a processor's lines. */
struct source {
    struct outlet *outlet;
    struct waker  *waker;
};

static struct source source_of(struct flow *flow, size_t node, size_t worker)
{
    if (flow->inputs[node])
        return (struct source){ &flow->inputs[node]->outlet, &flow->inputs[node]->waker };
    struct line *line = flow->lines[flow->first_line[node] + worker];
    return (struct source){ &line->outlet, &line->waker };
}

static void add_edges(struct flow *flow, const struct graph_arrow *arrow, const struct flow_node *nodes)
{
    const struct flow_node *from = &nodes[arrow->from], *to = &nodes[arrow->to];
    struct edge_limits limits = to->edge;
    if (from->settings.plugin->live && limits.when_full == EDGE_BLOCK)
        limits.when_full = EDGE_DROP_OLDEST;
    unsigned sources = from->graph.workers ? from->graph.workers : 1, takers = to->graph.workers ? to->graph.workers : 1;
    for (unsigned s = 0; s < sources; s++) {
        struct source source = source_of(flow, arrow->from, s);
        for (unsigned t = 0; t < takers; t++) {
            struct edge *edge = flow->outputs[arrow->to]
                ? output_add_edge(flow->outputs[arrow->to], &limits, source.waker)
                : line_add_edge(flow->lines[flow->first_line[arrow->to] + t], &limits, source.waker);
            outlet_add(source.outlet, edge, arrow->route, t, takers);
        }
    }
}

/* What modify_check says, as errors of one node. */
struct modify_report {
    const struct graph_report *report;
    const struct flow_node    *node;
};

static void say_modify(void *context, const char *key, const char *why)
{
    const struct modify_report *to = context;
    char name[512];
    snprintf(name, sizeof name, "%s.%s", to->node->settings.log_name, key);
    to->report->say(to->report->context, false, to->node->graph.file, to->node->graph.line_at, name, why);
}

bool flow_check_filters(const struct flow_node *nodes, size_t count, const struct graph_report *report)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        struct modify_report to = { report, &nodes[i] };
        good = modify_check(nodes[i].settings.options, say_modify, &to) && good;
    }
    return good;
}

static bool check_instances(struct flow *flow, const struct flow_node *nodes, const struct graph_report *report)
{
    bool good = true;
    for (size_t i = 0; i < flow->instance_count; i++) {
        struct instance *instance = flow->instances[i];
        const struct flow_node *node = nodes;
        while (node->settings.options != instance->options)
            node++;
        if (instance->worker > 0 || instance_check(instance) == VANE_OK)
            continue;
        report->say(report->context, false, node->graph.file, node->graph.line_at, instance->log.name, instance->reason);
        good = false;
    }
    return good;
}

/* Saved records are found again by the node's name: it must be the only one. */
static bool check_keys(const struct flow_node *nodes, size_t count, const struct graph_report *report)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        const struct vane_plugin *plugin = nodes[i].settings.plugin;
        bool keeps = plugin->save || plugin->remembers, twice = false;
        for (size_t j = 0; j < count; j++)
            twice |= j != i && strcmp(nodes[i].graph.name, nodes[j].graph.name) == 0;
        if (!keeps || !twice || nodes[i].graph.aliased) /* a double alias is an error of its own */
            continue;
        report->say(report->context, false, nodes[i].graph.file, nodes[i].graph.line_at, nodes[i].settings.log_name,
                    "keeps state and stands more than once: give each an alias, so that its state is found again");
        good = false;
    }
    return good;
}

static void make(struct flow *flow, const struct flow_settings *settings, const struct flow_node *nodes, size_t count)
{
    flow->parts = alloc_array(flow->graph.part_count, sizeof *flow->parts);
    for (size_t i = 0; i < flow->graph.part_count; i++)
        part_init(&flow->parts[i], settings->runtime, settings->checkpoint_interval);
    flow->inputs = alloc_array(count, sizeof(struct input *));
    flow->outputs = alloc_array(count, sizeof(struct output *));
    flow->first_line = alloc_array(count, sizeof *flow->first_line);
    for (size_t i = 0; i < count; i++) {
        if (nodes[i].graph.role == VANE_INPUT)
            add_input(flow, i, &nodes[i]);
        else if (nodes[i].graph.role == VANE_OUTPUT)
            add_output(flow, i, &nodes[i]);
    }
    add_processors(flow, nodes);
    for (size_t a = 0; a < flow->graph.arrow_count; a++)
        if (!graph_inside(&flow->graph, &flow->graph.arrows[a]))
            add_edges(flow, &flow->graph.arrows[a], nodes);
}

struct flow *flow_new(const struct flow_settings *settings, const struct flow_node *nodes, size_t count,
                      const struct graph_report *report)
{
    struct flow *flow = alloc_zero(sizeof *flow);
    flow->runtime = settings->runtime;
    flow->graph_nodes = alloc_array(count, sizeof *flow->graph_nodes);
    for (size_t i = 0; i < count; i++)
        flow->graph_nodes[i] = nodes[i].graph;
    bool good = check_keys(nodes, count, report);
    good = flow_check_filters(nodes, count, report) && good;
    good = graph_build(&flow->graph, flow->graph_nodes, count, report) && good;
    if (!good) {
        flow_free(flow);
        return NULL;
    }
    make(flow, settings, nodes, count);
    if (check_instances(flow, nodes, report))
        return flow;
    flow_free(flow);
    return NULL;
}

void flow_free(struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.count && flow->inputs; i++) {
        if (flow->inputs[i])
            input_free(flow->inputs[i]);
        if (flow->outputs[i])
            output_free(flow->outputs[i]);
    }
    for (size_t i = 0; i < flow->line_count; i++)
        line_free(flow->lines[i]);
    for (size_t i = 0; i < flow->instance_count; i++)
        instance_free(flow->instances[i]);
    for (size_t i = 0; i < flow->graph.part_count && flow->parts; i++)
        part_release(&flow->parts[i]);
    free(flow->parts);
    free(flow->instances);
    free(flow->inputs);
    free(flow->outputs);
    free(flow->lines);
    free(flow->first_line);
    free(flow->graph_nodes);
    graph_release(&flow->graph);
    free(flow);
}

/* ---- Running ---- */

const struct graph *flow_graph(const struct flow *flow)
{
    return &flow->graph;
}

bool flow_keeps_state(const struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.part_count; i++)
        if (flow->parts[i].keeps)
            return true;
    return false;
}

void flow_start(struct flow *flow)
{
    flow->runtime->flow = flow;
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->outputs[i])
            output_start(flow->outputs[i]);
    for (size_t i = 0; i < flow->line_count; i++)
        line_start(flow->lines[i]);
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->inputs[i])
            input_start(flow->inputs[i]);
    /* A first checkpoint before anything has come: what an output had at the start is known from then on. */
    for (size_t i = 0; i < flow->graph.part_count && flow->runtime->store; i++)
        if (flow->parts[i].keeps)
            part_want(&flow->parts[i]);
}

/* Who has passed a mark is open and has loaded. */
static void forget_loaded(struct flow *flow)
{
    bool all = flow->runtime->store && !flow->forgotten;
    for (size_t i = 0; i < flow->graph.part_count && all; i++)
        all = part_completed(&flow->parts[i]) > 0;
    if (all)
        store_forget(flow->runtime->store);
    flow->forgotten |= all;
}

int64_t flow_work(struct flow *flow, int64_t now)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < flow->graph.part_count; i++) {
        int64_t due = part_work(&flow->parts[i], now);
        next = due < next ? due : next;
    }
    forget_loaded(flow);
    return next;
}

void flow_checkpoint(struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.part_count; i++)
        part_want(&flow->parts[i]);
}

bool flow_ended(const struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->inputs[i] && !atomic_load(&flow->inputs[i]->ended))
            return false;
    return true;
}

void flow_end_live(struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->inputs[i] && flow->inputs[i]->instance->plugin->live)
            input_enough(flow->inputs[i]);
}

uint64_t flow_total(const struct flow *flow, enum vane_role role, enum stats_counter counter)
{
    uint64_t total = 0;
    for (size_t i = 0; i < flow->instance_count; i++)
        if (flow->instances[i]->plugin->role == role)
            total += stats_get(&flow->instances[i]->stats, counter);
    return total;
}

struct instance *const *flow_instances(const struct flow *flow, size_t *count)
{
    *count = flow->instance_count;
    return flow->instances;
}

static void queued_at(const struct instance *instance, size_t *bytes, size_t *metrics)
{
    const struct output *output = instance->output;
    *bytes = *metrics = 0;
    for (size_t i = 0; output && i < output->edge_count; i++) {
        size_t b, m;
        edge_load(output->edges[i].edge, &b, &m);
        *bytes += b;
        *metrics += m;
    }
}

static void visit_named(const struct instance *instance, struct vane_stat stat,
                        void (*visit)(void *, const struct vane_stat *), void *context)
{
    for (struct stats_named *named = atomic_load(&((struct instance *)instance)->stats.named); named; named = named->next) {
        stat.counter = named->name;
        stat.gauge = named->gauge;
        stat.count = atomic_load(&named->count);
        stat.value = atomic_load(&named->value);
        visit(context, &stat);
    }
}

/* Has it a meaning in that role? */
static bool counts(enum vane_role role, enum stats_counter counter)
{
    switch (counter) {
    case STATS_IN: return role != VANE_INPUT;
    case STATS_BAD: return role == VANE_INPUT;
    case STATS_WRITES:
    case STATS_WRITE_NS: return role == VANE_OUTPUT;
    default: return true;
    }
}

static void visit_instance(size_t number, const struct instance *instance,
                           void (*visit)(void *, const struct vane_stat *), void *context)
{
    static const char *const roles[] = { "", "input", "processor", "output" };
    struct vane_stat stat = { .instance = number, .role = roles[instance->plugin->role], .plugin = instance->plugin->name,
                              .name = instance->self.name };
    for (enum stats_counter i = 0; i < STATS_COUNT; i++) {
        if (!counts(instance->plugin->role, i))
            continue;
        stat.counter = stats_names[i];
        stat.count = stats_get(&instance->stats, i);
        visit(context, &stat);
    }
    visit_named(instance, stat, visit, context);
    if (instance->plugin->role != VANE_OUTPUT)
        return;
    size_t bytes, metrics;
    queued_at(instance, &bytes, &metrics);
    const struct { const char *counter; uint64_t count; } now[] = {
        { "queued_bytes", bytes }, { "queued_metrics", metrics },
        { "latency_p50_ns", (uint64_t)stats_latency_quantile(&instance->stats, 0.5) },
        { "latency_p99_ns", (uint64_t)stats_latency_quantile(&instance->stats, 0.99) },
    };
    for (size_t i = 0; i < sizeof now / sizeof *now; i++) {
        stat.counter = now[i].counter;
        stat.count = now[i].count;
        visit(context, &stat);
    }
}

void vane_stats(struct vane_self *self, void (*visit)(void *context, const struct vane_stat *stat), void *context)
{
    const struct flow *flow = instance_of(self)->runtime->flow;
    for (size_t i = 0; i < flow->instance_count; i++)
        visit_instance(i, flow->instances[i], visit, context);
}

/* ---- Stopping ---- */

struct stopping {
    struct flow *flow;
    int64_t      deadline, patience, last_progress;
    uint64_t     progress;
    bool       (*interrupted)(void);
};

static uint64_t progress_of(const struct flow *flow)
{
    uint64_t progress = 0;
    for (size_t i = 0; i < flow->instance_count; i++)
        progress += stats_get(&flow->instances[i]->stats, STATS_IN) + stats_get(&flow->instances[i]->stats, STATS_OUT)
                    + stats_get(&flow->instances[i]->stats, STATS_REJECTED);
    return progress;
}

/* Works on checkpoints until `done`; false when the time is up. */
static bool wait_for(struct stopping *stopping, bool (*done)(const struct flow *))
{
    struct flow *flow = stopping->flow;
    while (!done(flow)) {
        int64_t now = vane_monotonic(), due = flow_work(flow, now);
        uint64_t progress = progress_of(flow);
        if (progress != stopping->progress)
            stopping->last_progress = now;
        stopping->progress = progress;
        bool stuck = stopping->patience >= 0 && now - stopping->last_progress > stopping->patience;
        if (stuck || now >= stopping->deadline || (stopping->interrupted && stopping->interrupted()))
            return false;
        if (done(flow))
            break;
        int64_t wait = due == INT64_MAX || due - now > 200000000 ? 200000000 : due - now; /* to see progress */
        waker_wait(&flow->runtime->waker, wait > 0 ? wait : 1);
    }
    return true;
}

static bool all_checkpointed(const struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.part_count; i++)
        if (part_completed(&flow->parts[i]) < flow->parts[i].last)
            return false;
    return true;
}

static bool all_finished(const struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.count; i++) {
        if (flow->inputs[i] && !atomic_load(&flow->inputs[i]->finished))
            return false;
        if (flow->outputs[i] && !atomic_load(&flow->outputs[i]->finished))
            return false;
    }
    for (size_t i = 0; i < flow->line_count; i++)
        if (!atomic_load(&flow->lines[i]->finished))
            return false;
    return true;
}

static void stop_inputs(struct flow *flow, void (*stop)(struct input *))
{
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->inputs[i])
            stop(flow->inputs[i]);
}

static void give_up(struct flow *flow)
{
    atomic_store(&flow->runtime->abort, true);
    stop_inputs(flow, input_close);
    for (size_t i = 0; i < flow->line_count; i++)
        line_wake(flow->lines[i]);
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->outputs[i])
            output_wake(flow->outputs[i]);
}

static void join(struct flow *flow)
{
    stop_inputs(flow, input_join);
    for (size_t i = 0; i < flow->line_count; i++)
        line_join(flow->lines[i]);
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->outputs[i])
            output_join(flow->outputs[i]);
}

bool flow_stop(struct flow *flow, int64_t limit, int64_t patience, bool (*interrupted)(void))
{
    int64_t now = vane_monotonic();
    struct stopping stopping = {
        .flow = flow, .deadline = limit < 0 ? INT64_MAX : now + limit, .patience = patience, .last_progress = now,
        .interrupted = interrupted,
    };
    stop_inputs(flow, input_stop);
    bool good = wait_for(&stopping, flow_ended);
    for (size_t i = 0; i < flow->graph.part_count; i++)
        flow->parts[i].last = part_want(&flow->parts[i]);
    good = good && wait_for(&stopping, all_checkpointed);
    stop_inputs(flow, input_close);
    good = good && wait_for(&stopping, all_finished);
    if (!good)
        give_up(flow);
    join(flow);
    return good;
}
