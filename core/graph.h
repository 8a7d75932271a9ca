/* graph - who takes from whom: routing with `from`, the default flow, lines and parts.
 *
 * Pure: names in, arrows out; knows no plugin and starts no thread. Own thread.
 */
#pragma once
#include "core/plugin.h"

struct graph_node {
    enum vane_role      role;
    const char         *name;     /* alias, or the plugin's name */
    bool                aliased;
    struct vane_strings from;
    bool                has_from, exclusive, best_effort;
    unsigned            workers;  /* of processors; 1: one instance */
    const char *const  *routes;   /* side routes that can be taken, as NAME.ROUTE; ends with NULL; NULL: none */
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

struct graph {
    struct graph_node  *nodes;
    size_t              count;
    struct graph_arrow *arrows;
    size_t              arrow_count;
    size_t              line_count, part_count;
};

/* Told once for each thing that is wrong (warning false) or odd (warning true) with the node whose table stands there,
 * or with an option of it; "": none. */
struct graph_report {
    void (*say)(void *context, bool warning, const char *file, int line, const char *option, const char *what);
    void *context;
    const char *(*nearest)(void *context, const char *name); /* NULL, or a name like it */
};

/* Finds arrows, lines and parts. False when something is wrong. nodes stay the caller's. */
bool graph_build(struct graph *graph, struct graph_node *nodes, size_t count, const struct graph_report *report);
void graph_release(struct graph *graph);

/* Arrows that are inside a line: both ends in it, one after the other. */
bool graph_inside(const struct graph *graph, const struct graph_arrow *arrow);

/* One line an arrow or branch, for `vane check --graph`. */
void graph_print(const struct graph *graph, struct vane_text *out);
