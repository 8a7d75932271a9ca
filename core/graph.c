/* graph - see graph.h. Every step is linear in nodes and arrows, but for sorting names: flows may have thousands. */
#include "core/graph_internal.h"

#include "core/alloc.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const roles[] = { "", "inputs", "processors", "outputs" };

/* ---- Names ---- */

static int compare_names(const void *a, const void *b, void *nodes)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    const struct graph_node *all = nodes;
    int order = strcmp(all[left].name, all[right].name);
    return order ? order : (left > right) - (left < right);
}

static void sort_names(struct graph *graph)
{
    graph->by_name = alloc_array(graph->count, sizeof *graph->by_name);
    for (size_t i = 0; i < graph->count; i++)
        graph->by_name[i] = i;
    qsort_r(graph->by_name, graph->count, sizeof *graph->by_name, compare_names, graph->nodes);
}

/* The first place in by_name whose name is not less than this one; with `past` the first whose name is greater. */
static size_t bound(const struct graph *graph, const char *name, bool past)
{
    size_t low = 0, high = graph->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(graph->nodes[graph->by_name[middle]].name, name);
        if (order < 0 || (past && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const size_t *graph_find(const struct graph *graph, const char *name, size_t *found)
{
    size_t first = bound(graph, name, false);
    *found = bound(graph, name, true) - first;
    return graph->by_name + first;
}

/* ---- Arrows ---- */

static void add_arrow(struct graph *graph, size_t from, size_t to, const char *route)
{
    if (graph->arrow_count == graph->arrow_room) {
        graph->arrow_room = alloc_grow(graph->arrow_room, graph->arrow_count + 1);
        graph->arrows = alloc_resize(graph->arrows, graph->arrow_room, sizeof *graph->arrows);
    }
    graph->arrows[graph->arrow_count++] = (struct graph_arrow){ from, to, route };
}

/* "window.late" is the route `late` of the node `window`, unless a node has that very name. */
static bool find_route(const struct graph *graph, const char *name, size_t *node, const char **route)
{
    const char *dot = strrchr(name, '.');
    char base[256];
    size_t length = dot ? (size_t)(dot - name) : 0, found;
    if (length == 0 || length >= sizeof base)
        return false;
    memcpy(base, name, length);
    base[length] = '\0';
    const size_t *numbers = graph_find(graph, base, &found);
    if (found != 1)
        return false;
    *node = numbers[0];
    const char *const *each = graph->nodes[*node].routes;
    while (each && *each && strcmp(*each, dot + 1) != 0)
        each++;
    *route = graph->nodes[*node].vague ? dot + 1 : each ? *each : NULL;
    return *route != NULL;
}

static void say_unknown(struct building *at, const struct graph_node *node, const char *name)
{
    const struct graph_report *report = at->report;
    char what[512];
    if (report->may_be && report->may_be(report->context, name)) {
        at->guessed = true;
        return;
    }
    const char *like = report->nearest(report->context, name);
    if (like)
        snprintf(what, sizeof what, "no plugin has the name '%s'; did you mean '%s'?", name, like);
    else
        snprintf(what, sizeof what, "no plugin has the name '%s'", name);
    graph_say(at, false, node, "from", what);
}

/* Which node, and which of its routes, is meant? False: it has been said what is wrong. */
static bool find_source(struct building *at, const struct graph_node *node, const char *name, struct graph_arrow *arrow)
{
    const struct graph *graph = at->graph;
    char what[512];
    size_t found;
    const size_t *numbers = graph_find(graph, name, &found);
    if (found > 1) {
        snprintf(what, sizeof what, "%zu plugins have the name '%s'; give them an alias", found, name);
        graph_say(at, false, node, "from", what);
        return false;
    }
    if (found == 1)
        arrow->from = numbers[0];
    else if (!find_route(graph, name, &arrow->from, &arrow->route)) {
        say_unknown(at, node, name);
        return false;
    }
    if (graph->nodes[arrow->from].role != VANE_OUTPUT)
        return true;
    snprintf(what, sizeof what, "'%s' is an output: nothing can be taken from it", name);
    graph_say(at, false, node, "from", what);
    return false;
}

static void add_named(struct building *at, size_t to)
{
    struct graph *graph = at->graph;
    const struct graph_node *node = &graph->nodes[to];
    size_t first = graph->arrow_count;
    for (size_t i = 0; i < node->from.count; i++) {
        struct graph_arrow arrow = { .to = to };
        if (!find_source(at, node, node->from.items[i], &arrow))
            continue;
        size_t same = first; /* named twice in one `from`? */
        while (same < graph->arrow_count
               && (graph->arrows[same].from != arrow.from || graph->arrows[same].route != arrow.route))
            same++;
        if (same == graph->arrow_count)
            add_arrow(graph, arrow.from, to, arrow.route);
    }
}

static bool in_default_flow(const struct graph_node *node, enum vane_role role)
{
    return node->role == role && (role == VANE_INPUT ? !node->exclusive : !node->has_from);
}

/* From the last processor so far, or from every input where there is none. */
static void add_default(struct graph *graph, size_t last, size_t to)
{
    if (last < graph->count)
        add_arrow(graph, last, to, NULL);
    for (size_t i = 0; i < graph->count && last == graph->count; i++)
        if (in_default_flow(&graph->nodes[i], VANE_INPUT))
            add_arrow(graph, i, to, NULL);
}

/* Telegraf's: every input, the processors in file order, every output. */
static void add_default_flow(struct graph *graph)
{
    size_t last = graph->count;
    for (size_t i = 0; i < graph->count; i++) {
        if (!in_default_flow(&graph->nodes[i], VANE_PROCESSOR))
            continue;
        add_default(graph, last, i);
        last = i;
    }
    for (size_t i = 0; i < graph->count; i++)
        if (in_default_flow(&graph->nodes[i], VANE_OUTPUT))
            add_default(graph, last, i);
}

/* ---- Order ---- */

static size_t end_of(const struct graph_arrow *arrow, bool in)
{
    return in ? arrow->to : arrow->from;
}

static void index_arrows(const struct graph *graph, struct graph_index *index, bool in)
{
    index->start = alloc_array(graph->count + 2, sizeof *index->start);
    index->numbers = alloc_array(graph->arrow_count, sizeof *index->numbers);
    size_t *next = index->start + 1; /* counts become places, and places the ends: the starts of those after */
    for (size_t a = 0; a < graph->arrow_count; a++)
        next[end_of(&graph->arrows[a], in) + 1]++;
    for (size_t i = 1; i <= graph->count; i++)
        next[i] += next[i - 1];
    for (size_t a = 0; a < graph->arrow_count; a++)
        index->numbers[next[end_of(&graph->arrows[a], in)]++] = a;
}

/* Topological; answers how many nodes come before any cycle: all, where there is none. */
static size_t sort_nodes(struct graph *graph)
{
    size_t *missing = alloc_array(graph->count, sizeof *missing), done = 0;
    graph->order = alloc_array(graph->count, sizeof *graph->order);
    for (size_t i = 0; i < graph->count; i++) {
        missing[i] = graph_count(&graph->in, i);
        if (missing[i] == 0)
            graph->order[done++] = i;
    }
    for (size_t head = 0; head < done; head++) {
        for (size_t k = 0; k < graph_count(&graph->out, graph->order[head]); k++) {
            size_t to = graph_arrow(graph, &graph->out, graph->order[head], k)->to;
            if (--missing[to] == 0)
                graph->order[done++] = to;
        }
    }
    free(missing);
    return done;
}

/* ---- Lines and parts ---- */

bool graph_inside(const struct graph *graph, const struct graph_arrow *arrow)
{
    const struct graph_node *from = &graph->nodes[arrow->from], *to = &graph->nodes[arrow->to];
    return !arrow->route && from->role == VANE_PROCESSOR && to->role == VANE_PROCESSOR
           && from->workers <= 1 && to->workers <= 1
           && graph_count(&graph->out, arrow->from) == 1 && graph_count(&graph->in, arrow->to) == 1;
}

static void find_lines(struct graph *graph)
{
    for (size_t i = 0; i < graph->count; i++) {
        size_t number = graph->order[i];
        struct graph_node *node = &graph->nodes[number];
        if (node->role != VANE_PROCESSOR)
            continue;
        bool one = graph_count(&graph->in, number) == 1;
        const struct graph_arrow *arrow = one ? graph_arrow(graph, &graph->in, number, 0) : NULL;
        bool joins = one && graph_inside(graph, arrow);
        node->line = joins ? graph->nodes[arrow->from].line : graph->line_count++;
    }
}

/* The node that stands for all that hang together with this one; the way to it gets shorter. */
static size_t find_root(size_t *roots, size_t node)
{
    while (roots[node] != node) {
        roots[node] = roots[roots[node]];
        node = roots[node];
    }
    return node;
}

static bool is_loose(const struct graph_node *node)
{
    return node->role == VANE_OUTPUT && node->best_effort;
}

static size_t *find_roots(const struct graph *graph, bool with_loose)
{
    size_t *roots = alloc_array(graph->count, sizeof *roots);
    for (size_t i = 0; i < graph->count; i++)
        roots[i] = i;
    for (size_t a = 0; a < graph->arrow_count; a++) {
        const struct graph_arrow *arrow = &graph->arrows[a];
        if (with_loose || !is_loose(&graph->nodes[arrow->to]))
            roots[find_root(roots, arrow->to)] = find_root(roots, arrow->from);
    }
    for (size_t i = 0; i < graph->count; i++)
        roots[i] = find_root(roots, i);
    return roots;
}

size_t *graph_components(const struct graph *graph)
{
    return find_roots(graph, true);
}

/* What shares a line or a required output hangs together. */
static void find_parts(struct graph *graph)
{
    size_t *roots = find_roots(graph, false), *part = alloc_array(graph->count, sizeof *part);
    for (size_t i = 0; i < graph->count; i++)
        part[i] = (size_t)GRAPH_NONE;
    for (size_t i = 0; i < graph->count; i++) {
        struct graph_node *node = &graph->nodes[i];
        if (!is_loose(node) && part[roots[i]] == (size_t)GRAPH_NONE)
            part[roots[i]] = graph->part_count++;
        node->part = is_loose(node) ? (size_t)GRAPH_NONE : part[roots[i]];
    }
    free(roots);
    free(part);
}

static void add_arrows(struct building *at)
{
    struct graph *graph = at->graph;
    add_default_flow(graph);
    for (size_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].has_from)
            add_named(at, i);
    index_arrows(graph, &graph->out, false);
    index_arrows(graph, &graph->in, true);
}

bool graph_build(struct graph *graph, struct graph_node *nodes, size_t count, const struct graph_report *report)
{
    *graph = (struct graph){ .nodes = nodes, .count = count };
    struct building at = { .graph = graph, .report = report, .good = true, .guessed = report->partial };
    sort_names(graph);
    graph_check_names(&at);
    add_arrows(&at);
    if (at.good && !at.guessed)
        graph_check_ends(&at);
    size_t sorted = sort_nodes(graph);
    if (sorted < count)
        graph_check_cycle(&at, sorted);
    if (!at.good)
        return false;
    graph_warn_of_double_paths(&at);
    if (!at.guessed)
        graph_warn_of_untaken_routes(&at);
    find_lines(graph);
    find_parts(graph);
    return true;
}

void graph_release(struct graph *graph)
{
    free(graph->by_name);
    free(graph->arrows);
    free(graph->out.start);
    free(graph->out.numbers);
    free(graph->in.start);
    free(graph->in.numbers);
    free(graph->order);
    *graph = (struct graph){ 0 };
}

/* ---- Printing ---- */

static void print_below(const struct graph *graph, struct vane_text *out, size_t node, int depth)
{
    for (size_t k = 0; k < graph_count(&graph->out, node); k++) {
        const struct graph_arrow *arrow = graph_arrow(graph, &graph->out, node, k);
        const struct graph_node *to = &graph->nodes[arrow->to];
        const char *route = arrow->route;
        vane_text_addf(out, "%*s%s%s%s %s.%s%s%s\n", depth * 4, "", route ? "─" : "", route ? route : "",
                       graph_inside(graph, arrow) ? "──▶" : "─▭▶", roles[to->role], to->name,
                       to->best_effort ? " (best effort)" : "", to->workers > 1 ? " (workers)" : "");
        print_below(graph, out, arrow->to, depth + 1);
    }
}

void graph_print(const struct graph *graph, struct vane_text *out)
{
    for (size_t i = 0; i < graph->count; i++) {
        if (graph->nodes[i].role != VANE_INPUT)
            continue;
        vane_text_addf(out, "inputs.%s\n", graph->nodes[i].name);
        print_below(graph, out, i, 1);
    }
}
