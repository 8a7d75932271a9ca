/* graph_internal - what the parts of the graph room share; nobody else includes it. */
#pragma once
#include "core/graph.h"

struct building {
    struct graph              *graph;
    const struct graph_report *report;
    bool                       good;
    bool                       guessed; /* some name may be that of a plugin that is missing: arrows are missing, too */
};

void graph_say(struct building *at, bool warning, const struct graph_node *node, const char *option, const char *what);

/* ---- graph_check.c: each says what it finds ---- */

void graph_check_names(struct building *at);
void graph_check_ends(struct building *at);
void graph_check_cycle(struct building *at, size_t sorted); /* so many nodes of `order` are none of a cycle */
void graph_warn_of_double_paths(struct building *at);
void graph_warn_of_untaken_routes(struct building *at);
