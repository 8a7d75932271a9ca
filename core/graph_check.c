/* graph_check - what is wrong with a graph, or odd. All of it is told in one run, so a check must not say what only
 * follows from something that has been told already. */
#include "core/graph_internal.h"

#include "core/alloc.h"

#include <stdio.h>
#include <stdlib.h>

void graph_say(struct building *at, bool warning, const struct graph_node *node, const char *option, const char *what)
{
    at->report->say(at->report->context, warning, node->file, node->line_at, option, what);
    if (!warning)
        at->good = false;
}

/* ---- Names ---- */

static void say_taken(struct building *at, const struct graph_node *node, const struct graph_node *other)
{
    char what[256];
    snprintf(what, sizeof what, "the name '%s' is taken by the plugin at %s:%d; give it another alias",
             node->name, other->file, other->line_at);
    graph_say(at, false, node, "alias", what);
}

/* Nodes of one name: fine where it is a plugin's that nobody has to find again. */
static void check_name(struct building *at, const size_t *numbers, size_t count)
{
    const struct graph_node *nodes = at->graph->nodes, *first = &nodes[numbers[0]], *aliased = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct graph_node *node = &nodes[numbers[i]];
        const struct graph_node *other = node->aliased ? first : aliased;
        if (i > 0 && other)
            say_taken(at, node, other);
        else if (count > 1 && node->keeps && !node->aliased)
            graph_say(at, false, node, "", "keeps state and stands more than once: give each an alias, so that "
                                           "its state is found again");
        if (node->aliased && !aliased)
            aliased = node;
    }
}

void graph_check_names(struct building *at)
{
    const struct graph *graph = at->graph;
    for (size_t i = 0, same; i < graph->count; i += same) {
        const size_t *numbers = graph_find(graph, graph->nodes[graph->by_name[i]].name, &same);
        check_name(at, numbers, same);
    }
}

/* ---- Ends ---- */

void graph_check_ends(struct building *at)
{
    const struct graph *graph = at->graph;
    for (size_t i = 0; i < graph->count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        if (node->role != VANE_OUTPUT && graph_count(&graph->out, i) == 0)
            graph_say(at, false, node, "", "leads nowhere: nobody takes from it; add an output, or name it in "
                                           "a `from`");
        if (node->role != VANE_INPUT && graph_count(&graph->in, i) == 0 && (!node->has_from || node->from.count == 0))
            graph_say(at, false, node, "", node->has_from ? "gets nothing: its `from` is empty"
                                                          : "gets nothing: there is no input for it to take from");
    }
}

/* ---- Cycles ---- */

/* A node that is not in `order` has a source that is not, too: who goes back from source to source comes round. */
static size_t source_of(const struct graph *graph, const bool *sorted, size_t node)
{
    size_t k = 0;
    while (sorted[graph_arrow(graph, &graph->in, node, k)->from])
        k++;
    return graph_arrow(graph, &graph->in, node, k)->from;
}

void graph_check_cycle(struct building *at, size_t count)
{
    const struct graph *graph = at->graph;
    bool *sorted = alloc_array(graph->count, sizeof *sorted);
    size_t node = 0;
    for (size_t i = 0; i < count; i++)
        sorted[graph->order[i]] = true;
    while (sorted[node])
        node++;
    for (size_t i = 0; i < graph->count; i++)
        node = source_of(graph, sorted, node);
    size_t first = node;
    for (size_t next = source_of(graph, sorted, node); next != node; next = source_of(graph, sorted, next))
        first = next < first ? next : first;
    graph_say(at, false, &graph->nodes[first], "from", "is part of a cycle: it takes, over others, from itself");
    free(sorted);
}

/* ---- Double paths ---- */

struct walk {
    size_t *reached, count; /* nodes that the input leads to, itself first */
    size_t *into;           /* by node: arrows from such a node */
};

static void follow(const struct graph *graph, struct walk *walk, size_t input)
{
    walk->count = 0;
    walk->reached[walk->count++] = input;
    for (size_t i = 0; i < walk->count; i++) {
        size_t node = walk->reached[i];
        for (size_t k = 0; k < graph_count(&graph->out, node); k++) {
            const struct graph_arrow *arrow = graph_arrow(graph, &graph->out, node, k);
            if (!arrow->route && walk->into[arrow->to]++ == 0)
                walk->reached[walk->count++] = arrow->to;
        }
    }
}

void graph_warn_of_double_paths(struct building *at)
{
    const struct graph *graph = at->graph;
    struct walk walk = { .reached = alloc_array(graph->count, sizeof *walk.reached),
                         .into = alloc_array(graph->count, sizeof *walk.into) };
    for (size_t input = 0; input < graph->count; input++) {
        if (graph->nodes[input].role != VANE_INPUT)
            continue;
        follow(graph, &walk, input);
        for (size_t i = 0; i < walk.count; i++) {
            size_t node = walk.reached[i], paths = walk.into[node];
            char what[256];
            walk.into[node] = 0;
            if (paths <= 1)
                continue;
            snprintf(what, sizeof what, "takes what comes from '%s' on %zu paths: a metric that goes all of "
                                        "them arrives as often", graph->nodes[input].name, paths);
            graph_say(at, true, &graph->nodes[node], "from", what);
        }
    }
    free(walk.reached);
    free(walk.into);
}

/* ---- Routes ---- */

static bool is_taken(const struct graph *graph, size_t node, const char *route)
{
    for (size_t k = 0; k < graph_count(&graph->out, node); k++)
        if (graph_arrow(graph, &graph->out, node, k)->route == route)
            return true;
    return false;
}

void graph_warn_of_untaken_routes(struct building *at)
{
    const struct graph *graph = at->graph;
    for (size_t i = 0; i < graph->count; i++) {
        const struct graph_node *node = &graph->nodes[i];
        for (size_t route = 0; node->routes && node->routes[route]; route++) {
            char what[512];
            if (!(node->used >> route & 1) || is_taken(graph, i, node->routes[route]))
                continue;
            snprintf(what, sizeof what, "its route '%s' leads nowhere, and what goes there is lost: write "
                                        "from = [\"%s.%s\"] in the table of an output or processor that is to "
                                        "take it", node->routes[route], node->name, node->routes[route]);
            graph_say(at, true, node, "", what);
        }
    }
}
