#include "core/graph.h"

#include "core/alloc.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const roles[] = { "", "inputs", "processors", "outputs" };

struct building {
    struct graph              *graph;
    const struct graph_report *report;
    bool                       good;
};

static void say(struct building *at, bool warning, const struct graph_node *node, const char *option,
                const char *what)
{
    at->report->say(at->report->context, warning, node->file, node->line_at, option, what);
    if (!warning)
        at->good = false;
}

/* ---- Names ---- */

/* The node of that name; *found counts how many have it. */
static size_t find(const struct graph *graph, const char *name, size_t *found)
{
    size_t at = 0;
    *found = 0;
    for (size_t i = 0; i < graph->count; i++) {
        if (strcmp(graph->nodes[i].name, name) != 0)
            continue;
        at = i;
        ++*found;
    }
    return at;
}

static void check_names(struct building *at)
{
    struct graph *graph = at->graph;
    for (size_t i = 0; i < graph->count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct graph_node *node = &graph->nodes[i], *other = &graph->nodes[j];
            char what[256];
            if (strcmp(node->name, other->name) != 0 || !(node->aliased || other->aliased))
                continue;
            snprintf(what, sizeof what, "the name '%s' is taken by the plugin at %s:%d; give it another alias", node->name,
                     other->file, other->line_at);
            say(at, false, node, "alias", what);
            break;
        }
    }
}

/* ---- Arrows ---- */

static void add_arrow(struct graph *graph, size_t from, size_t to, const char *route)
{
    for (size_t i = 0; i < graph->arrow_count; i++) {
        const struct graph_arrow *arrow = &graph->arrows[i];
        if (arrow->from == from && arrow->to == to && arrow->route == route)
            return; /* named twice in one `from` */
    }
    graph->arrows = alloc_resize(graph->arrows, graph->arrow_count + 1, sizeof *graph->arrows);
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
    *node = find(graph, base, &found);
    const char *const *each = found == 1 ? graph->nodes[*node].routes : NULL;
    while (each && *each && strcmp(*each, dot + 1) != 0)
        each++;
    *route = each ? *each : NULL;
    return *route != NULL;
}

static void add_named(struct building *at, size_t to)
{
    struct graph *graph = at->graph;
    const struct graph_node *node = &graph->nodes[to];
    for (size_t i = 0; i < node->from.count; i++) {
        const char *name = node->from.items[i];
        size_t found, from = find(graph, name, &found);
        char what[512];
        const char *route = NULL;
        if (!found && find_route(graph, name, &from, &route))
            found = 1;
        const char *like = found ? NULL : at->report->nearest(at->report->context, name);
        if (found == 0)
            snprintf(what, sizeof what, "no plugin has the name '%s'%s%s%s", name, like ? "; did you mean '" : "",
                     like ? like : "", like ? "'?" : "");
        else if (found > 1)
            snprintf(what, sizeof what, "%zu plugins have the name '%s'; give them an alias", found, name);
        else if (graph->nodes[from].role == VANE_OUTPUT)
            snprintf(what, sizeof what, "'%s' is an output: nothing can be taken from it", name);
        else {
            add_arrow(graph, from, to, route);
            continue;
        }
        say(at, false, node, "from", what);
    }
}

static bool in_default_flow(const struct graph_node *node, enum vane_role role)
{
    return node->role == role && (role == VANE_INPUT ? !node->exclusive : !node->has_from);
}

/* Telegraf's: every input, the processors in file order, every output. */
static void add_default_flow(struct graph *graph)
{
    size_t last = graph->count;
    for (size_t i = 0; i < graph->count; i++) {
        if (!in_default_flow(&graph->nodes[i], VANE_PROCESSOR))
            continue;
        for (size_t j = 0; j < graph->count && last == graph->count; j++)
            if (in_default_flow(&graph->nodes[j], VANE_INPUT))
                add_arrow(graph, j, i, NULL);
        if (last < graph->count)
            add_arrow(graph, last, i, NULL);
        last = i;
    }
    for (size_t i = 0; i < graph->count; i++) {
        if (!in_default_flow(&graph->nodes[i], VANE_OUTPUT))
            continue;
        if (last < graph->count)
            add_arrow(graph, last, i, NULL);
        for (size_t j = 0; j < graph->count && last == graph->count; j++)
            if (in_default_flow(&graph->nodes[j], VANE_INPUT))
                add_arrow(graph, j, i, NULL);
    }
}

/* ---- Checks ---- */

static size_t arrows_from(const struct graph *graph, size_t node)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->arrow_count; i++)
        count += graph->arrows[i].from == node;
    return count;
}

static size_t arrows_to(const struct graph *graph, size_t node)
{
    size_t count = 0;
    for (size_t i = 0; i < graph->arrow_count; i++)
        count += graph->arrows[i].to == node;
    return count;
}

static void check_ends(struct building *at)
{
    const struct graph *graph = at->graph;
    for (size_t i = 0; i < graph->count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        if (node->role != VANE_OUTPUT && arrows_from(graph, i) == 0)
            say(at, false, node, "", "leads nowhere: nobody takes from it; add an output, or name it in a `from`");
        if (node->role != VANE_INPUT && arrows_to(graph, i) == 0 && (!node->has_from || node->from.count == 0))
            say(at, false, node, "", "gets nothing: there is no input for it to take from");
    }
}

/* Counts the paths from one input to each node, in the order of a topological sort. */
static bool sort_nodes(const struct graph *graph, size_t *order)
{
    size_t *missing = alloc_array(graph->count, sizeof *missing), done = 0, head = 0;
    for (size_t i = 0; i < graph->count; i++) {
        missing[i] = arrows_to(graph, i);
        if (missing[i] == 0)
            order[done++] = i;
    }
    for (; head < done; head++)
        for (size_t i = 0; i < graph->arrow_count; i++)
            if (graph->arrows[i].from == order[head] && --missing[graph->arrows[i].to] == 0)
                order[done++] = graph->arrows[i].to;
    free(missing);
    return done == graph->count;
}

static void check_cycles(struct building *at)
{
    const struct graph *graph = at->graph;
    size_t *order = alloc_array(graph->count, sizeof *order);
    if (!sort_nodes(graph, order)) {
        bool *reached = alloc_array(graph->count, sizeof *reached);
        for (size_t i = 0; i < graph->count; i++) { /* from i back to i? */
            memset(reached, 0, graph->count * sizeof *reached);
            for (size_t round = 0; round < graph->count && !reached[i]; round++)
                for (size_t a = 0; a < graph->arrow_count; a++)
                    if (graph->arrows[a].from == i || reached[graph->arrows[a].from])
                        reached[graph->arrows[a].to] = true;
            if (!reached[i])
                continue;
            say(at, false, &graph->nodes[i], "from", "is part of a cycle: it takes, over others, from itself");
            break;
        }
        free(reached);
    }
    free(order);
}

static void warn_of_double_paths(struct building *at)
{
    const struct graph *graph = at->graph;
    size_t *order = alloc_array(graph->count, sizeof *order), *paths = alloc_array(graph->count, sizeof *paths);
    sort_nodes(graph, order);
    for (size_t input = 0; input < graph->count; input++) {
        if (graph->nodes[input].role != VANE_INPUT)
            continue;
        memset(paths, 0, graph->count * sizeof *paths);
        paths[input] = 1;
        for (size_t i = 0; i < graph->count; i++) {
            size_t into = 0;
            for (size_t a = 0; a < graph->arrow_count; a++)
                if (graph->arrows[a].to == order[i] && !graph->arrows[a].route && paths[graph->arrows[a].from])
                    into++;
            if (order[i] != input)
                paths[order[i]] = into;
            char what[256];
            snprintf(what, sizeof what, "takes what comes from '%s' on %zu paths: a metric that goes all of them arrives "
                     "as often", graph->nodes[input].name, into);
            if (into > 1)
                say(at, true, &graph->nodes[order[i]], "from", what);
        }
    }
    free(order);
    free(paths);
}

/* ---- Lines and parts ---- */

static bool joins(const struct graph *graph, const struct graph_arrow *arrow)
{
    const struct graph_node *from = &graph->nodes[arrow->from], *to = &graph->nodes[arrow->to];
    return !arrow->route && from->role == VANE_PROCESSOR && to->role == VANE_PROCESSOR && from->workers <= 1 && to->workers <= 1
           && arrows_from(graph, arrow->from) == 1 && arrows_to(graph, arrow->to) == 1;
}

bool graph_inside(const struct graph *graph, const struct graph_arrow *arrow)
{
    return joins(graph, arrow);
}

static void find_lines(struct graph *graph)
{
    size_t *order = alloc_array(graph->count, sizeof *order);
    sort_nodes(graph, order);
    for (size_t i = 0; i < graph->count; i++) {
        struct graph_node *node = &graph->nodes[order[i]];
        if (node->role != VANE_PROCESSOR)
            continue;
        node->line = (size_t)GRAPH_NONE;
        for (size_t a = 0; a < graph->arrow_count; a++)
            if (graph->arrows[a].to == order[i] && joins(graph, &graph->arrows[a]))
                node->line = graph->nodes[graph->arrows[a].from].line;
        if (node->line == (size_t)GRAPH_NONE)
            node->line = graph->line_count++;
    }
    free(order);
}

static void rename_part(struct graph *graph, size_t old, size_t new)
{
    for (size_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].part == old)
            graph->nodes[i].part = new;
}

/* What shares a line or a required output hangs together. */
static void find_parts(struct graph *graph)
{
    for (size_t i = 0; i < graph->count; i++)
        graph->nodes[i].part = i;
    for (size_t a = 0; a < graph->arrow_count; a++) {
        const struct graph_node *from = &graph->nodes[graph->arrows[a].from], *to = &graph->nodes[graph->arrows[a].to];
        if (!(to->role == VANE_OUTPUT && to->best_effort))
            rename_part(graph, to->part, from->part);
    }
    size_t *seen = alloc_array(graph->count, sizeof *seen);
    for (size_t i = 0; i < graph->count; i++) {
        struct graph_node *node = &graph->nodes[i];
        size_t part = 0;
        while (part < graph->part_count && seen[part] != node->part)
            part++;
        bool loose = node->role == VANE_OUTPUT && node->best_effort;
        if (!loose && part == graph->part_count)
            seen[graph->part_count++] = node->part;
        node->part = loose ? (size_t)GRAPH_NONE : part;
    }
    free(seen);
}

bool graph_build(struct graph *graph, struct graph_node *nodes, size_t count, const struct graph_report *report)
{
    *graph = (struct graph){ .nodes = nodes, .count = count };
    struct building at = { .graph = graph, .report = report, .good = true };
    check_names(&at);
    add_default_flow(graph);
    for (size_t i = 0; i < count; i++)
        if (nodes[i].has_from)
            add_named(&at, i);
    if (at.good)
        check_ends(&at);
    check_cycles(&at);
    if (!at.good)
        return false;
    warn_of_double_paths(&at);
    find_lines(graph);
    find_parts(graph);
    return true;
}

void graph_release(struct graph *graph)
{
    free(graph->arrows);
    *graph = (struct graph){ 0 };
}

/* ---- Printing ---- */

static void print_below(const struct graph *graph, struct vane_text *out, size_t node, int depth)
{
    for (size_t a = 0; a < graph->arrow_count; a++) {
        if (graph->arrows[a].from != node)
            continue;
        const struct graph_node *to = &graph->nodes[graph->arrows[a].to];
        const char *route = graph->arrows[a].route;
        vane_text_addf(out, "%*s%s%s%s %s.%s%s%s\n", depth * 4, "", route ? "─" : "", route ? route : "",
                       graph_inside(graph, &graph->arrows[a]) ? "──▶" : "─▭▶", roles[to->role], to->name,
                       to->best_effort ? " (best effort)" : "", to->workers > 1 ? " (workers)" : "");
        print_below(graph, out, graph->arrows[a].to, depth + 1);
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
