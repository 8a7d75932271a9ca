/* flow_make - from nodes to inputs, lines, outputs, parts and the edges between them. Edges belong to their
 * takers. */
#include "core/flow_inside.h"

#include "core/alloc.h"

#include <stdio.h>
#include <stdlib.h>

static struct instance *add_instance(struct flow *flow, const struct flow_node *node, unsigned worker)
{
    struct instance_settings settings = node->settings;
    settings.runtime = flow->runtime;
    settings.name = node->graph.name;
    settings.key = node->graph.name;
    settings.worker = worker;
    settings.workers = node->graph.workers;
    struct instance *instance = instance_new(&settings);
    instance_prepare(instance); /* flow_check_nodes has seen that it can be */
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
    struct part *part = flow->parts[flow->graph.nodes[i].part];
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
    struct part *part = node->graph.best_effort ? NULL : flow->parts[flow->graph.nodes[i].part];
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
    struct part *part = flow->parts[flow->graph.nodes[i].part];
    unsigned workers = node->graph.workers ? node->graph.workers : 1;
    part->keeps |= node->settings.plugin->save != NULL;
    bool one = graph_count(&flow->graph.in, i) == 1;
    const struct graph_arrow *arrow = one ? graph_arrow(&flow->graph, &flow->graph.in, i, 0) : NULL;
    bool joins = one && graph_inside(&flow->graph, arrow);
    flow->first_line[i] = joins ? flow->first_line[arrow->from] : flow->line_count;
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
    for (size_t i = 0; i < flow->graph.count; i++)
        if (nodes[flow->graph.order[i]].graph.role == VANE_PROCESSOR)
            add_processor(flow, flow->graph.order[i], &nodes[flow->graph.order[i]]);
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
    unsigned sources = from->graph.workers ? from->graph.workers : 1;
    unsigned takers = to->graph.workers ? to->graph.workers : 1;
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
    to->report->say(to->report->context, false, to->node->graph.file, to->node->graph.line_at, key, why);
}

/* On an instance of its own, so that a node can be checked though others are wrong. */
static bool check_node(struct flow_node *node, struct runtime *runtime, const struct graph_report *report)
{
    struct instance_settings settings = node->settings;
    settings.runtime = runtime;
    settings.name = settings.key = node->graph.name;
    settings.workers = node->graph.workers;
    struct instance *instance = instance_new(&settings);
    bool good = instance_check(instance) == VANE_OK;
    if (!good)
        report->say(report->context, false, node->graph.file, node->graph.line_at, "", instance->reason);
    node->graph.used = instance->routes_used;
    instance_free(instance);
    return good;
}

bool flow_check_nodes(struct flow_node *nodes, size_t count, struct runtime *runtime,
                      const struct graph_report *report)
{
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        struct modify_report to = { report, &nodes[i] };
        if (!nodes[i].settings.plugin) /* missing, or its format is */
            continue;
        good = modify_check(nodes[i].settings.options, say_modify, &to) && good;
        if (!nodes[i].broken)
            good = check_node(&nodes[i], runtime, report) && good;
    }
    return good;
}

static void make(struct flow *flow, const struct flow_settings *settings, const struct flow_node *nodes, size_t count)
{
    flow->parts = alloc_array(flow->graph.part_count, sizeof *flow->parts);
    for (size_t i = 0; i < flow->graph.part_count; i++)
        flow->parts[i] = part_new(settings->runtime, settings->checkpoint_interval);
    flow->inputs = alloc_array(count, sizeof(struct input *));
    flow->heirs = alloc_array(count, sizeof *flow->heirs);
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

struct flow *flow_new(const struct flow_settings *settings, struct flow_node *nodes, size_t count,
                      const struct graph_report *report)
{
    struct flow *flow = alloc_zero(sizeof *flow);
    bool checked = flow_check_nodes(nodes, count, settings->runtime, report);
    flow->runtime = settings->runtime;
    flow->graph_nodes = alloc_array(count, sizeof *flow->graph_nodes);
    flow->fingerprints = alloc_array(count, sizeof *flow->fingerprints);
    for (size_t i = 0; i < count; i++) {
        flow->graph_nodes[i] = nodes[i].graph;
        flow->fingerprints[i] = nodes[i].fingerprint;
    }
    bool good = graph_build(&flow->graph, flow->graph_nodes, count, report) && checked;
    if (!good) {
        flow_free(flow);
        return NULL;
    }
    make(flow, settings, nodes, count);
    return flow;
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
        part_free(flow->parts[i]);
    free(flow->parts);
    free(flow->instances);
    free(flow->inputs);
    free(flow->heirs);
    free(flow->fingerprints);
    free(flow->outputs);
    free(flow->lines);
    free(flow->first_line);
    free(flow->graph_nodes);
    graph_release(&flow->graph);
    free(flow);
}
