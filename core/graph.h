/* graph - who takes from whom: routing with `from`, the default flow, lines and parts.
 *
 * Pure: names in, arrows out; knows no plugin and starts no thread. Own thread.
 *
 *     graph.c        names to arrows, lines, parts      graph_check.c   what is wrong or odd
 */
#pragma once
#include "core/plugin.h"

struct graph_node {
    enum vane_role      role;
    const char         *name;     /* alias, or the plugin's name */
    bool                aliased;
    struct vane_strings from;
    bool                has_from, exclusive, best_effort;
    bool                keeps;    /* it keeps state, which is found again by its name */
    bool                vague;    /* its plugin is missing: routes and, without an alias, the name may be others */
    unsigned            workers;  /* of processors; 1: one instance */
    const char *const  *routes;   /* side routes that can be taken, as NAME.ROUTE; ends with NULL; NULL: none */
    uint64_t            used;     /* bit by route: its options lead metrics there */
    const char         *file;
    int                 line_at;  /* in the file */

    /* Answers of graph_build. */
    size_t line; /* processors: which line; nodes of a line stand in `order` of each other */
    size_t part; /* which part; GRAPH_NONE: a best-effort output */
};

enum { GRAPH_NONE = -1 };

struct graph_arrow {
    size_t      from, to; /* indices of nodes */
    const char *route;    /* of the source; NULL: its main flow */
};

/* Arrows by node: those of node n are numbers[start[n]], … numbers[start[n + 1] - 1], in the order of the arrows. */
struct graph_index {
    size_t *start, *numbers;
};

struct graph {
    struct graph_node  *nodes;
    size_t              count;
    size_t             *by_name;   /* numbers of nodes, sorted by name; of one name in their order */
    struct graph_arrow *arrows;
    size_t              arrow_count, arrow_room;
    struct graph_index  out, in;   /* arrows by where they come from, by where they lead to */
    size_t             *order;     /* numbers of nodes, sources before takers */
    size_t              line_count, part_count;
};

/* Told once for each thing that is wrong (warning false) or odd (warning true) with the node whose table stands there,
 * or with an option of it; "": none. */
struct graph_report {
    void (*say)(void *context, bool warning, const char *file, int line, const char *option, const char *what);
    void *context;
    const char *(*nearest)(void *context, const char *name); /* NULL, or a name like it */
    bool (*may_be)(void *context, const char *name); /* NULL, or: may a plugin that is missing have this name? */
    bool partial; /* nodes are missing: what leads nowhere is not judged */
};

/* Finds arrows, lines and parts. False when something is wrong. nodes stay the caller's. */
bool graph_build(struct graph *graph, struct graph_node *nodes, size_t count, const struct graph_report *report);
void graph_release(struct graph *graph);

/* The nodes of that name: numbers of them, and how many there are. */
const size_t *graph_find(const struct graph *graph, const char *name, size_t *found);

/* The k-th arrow that leaves or enters a node, and how many do. */
static inline size_t graph_count(const struct graph_index *index, size_t node)
{
    return index->start[node + 1] - index->start[node];
}

static inline const struct graph_arrow *graph_arrow(const struct graph *graph, const struct graph_index *index,
                                                    size_t node, size_t k)
{
    return &graph->arrows[index->numbers[index->start[node] + k]];
}

/* By node: a number that all share which hang together by arrows. The caller frees it. */
size_t *graph_components(const struct graph *graph);

/* Arrows that are inside a line: both ends in it, one after the other. */
bool graph_inside(const struct graph *graph, const struct graph_arrow *arrow);

/* One line an arrow or branch, for `vane check --graph`. */
void graph_print(const struct graph *graph, struct vane_text *out);
