/* flow_replace - a flow takes over from the one before, at a reload: what does not differ goes on.
 *
 * Nodes that hang together by arrows are a component. One of which no node differs comes over as it runs: its
 * threads never notice. Of the others only the inputs that do not differ go on; what they feed is stopped behind a
 * last mark and made anew, with the state of that mark. A live input goes over at once, and what it emits meanwhile
 * waits on the new edges. One that can go back is held until all before the mark is delivered; where that fails, it
 * is closed like the rest, and a new one begins again from its positions: nothing is lost in either case.
 *
 * Going over means that two objects change places: the one that runs, and the one that was made for the new flow and
 * never started, which then stands in the old flow until that is freed.
 */
#include "core/flow_inside.h"

#include "core/alloc.h"

#include <stdlib.h>

static const size_t NONE = (size_t)GRAPH_NONE;

/* What hangs together by arrows. */
struct component {
    size_t members, arrows;
    size_t twin;    /* of the new flow: the old component that its nodes are twins of; NONE: not known yet */
    bool   differs; /* of the new flow: it does not go on */
};

struct replacing {
    struct flow      *old, *new;
    size_t           *twin;       /* by new node: the old one that says the same; NONE */
    size_t           *old_group, *group; /* by node: its component */
    struct component *old_components, *components;
    bool             *line_moved, *part_moved;
};

/* ---- What is the same ---- */

/* The k-th node of a name is matched with the k-th of that name. */
static void find_twins(struct replacing *at)
{
    const struct graph *graph = &at->new->graph;
    for (size_t i = 0, count; i < graph->count; i += count) {
        size_t old_count;
        const char *name = graph->nodes[graph->by_name[i]].name;
        const size_t *nodes = graph_find(graph, name, &count), *old = graph_find(&at->old->graph, name, &old_count);
        for (size_t k = 0; k < count; k++) {
            bool same = k < old_count && at->old->fingerprints[old[k]] == at->new->fingerprints[nodes[k]];
            at->twin[nodes[k]] = same ? old[k] : NONE;
        }
    }
}

static struct component *count_components(const struct graph *graph, const size_t *group)
{
    struct component *components = alloc_array(graph->count, sizeof *components);
    for (size_t i = 0; i < graph->count; i++) {
        components[i].twin = NONE;
        components[group[i]].members++;
    }
    for (size_t a = 0; a < graph->arrow_count; a++)
        components[group[graph->arrows[a].from]].arrows++;
    return components;
}

static bool has_arrow(const struct graph *graph, size_t from, size_t to, const char *route)
{
    for (size_t k = 0; k < graph_count(&graph->out, from); k++) {
        const struct graph_arrow *arrow = graph_arrow(graph, &graph->out, from, k);
        bool same = route && arrow->route ? strcmp(route, arrow->route) == 0 : route == arrow->route;
        if (arrow->to == to && same)
            return true;
    }
    return false;
}

/* Those of which the old flow does not have the same nodes with the same arrows, and no others with them. */
static void compare_components(struct replacing *at)
{
    const struct graph *new = &at->new->graph;
    for (size_t i = 0; i < new->count; i++) {
        struct component *mine = &at->components[at->group[i]];
        size_t other = at->twin[i] == NONE ? NONE : at->old_group[at->twin[i]];
        mine->differs |= other == NONE || (mine->twin != NONE && mine->twin != other);
        mine->twin = other;
    }
    for (size_t a = 0; a < new->arrow_count; a++) {
        const struct graph_arrow *arrow = &new->arrows[a];
        struct component *mine = &at->components[at->group[arrow->from]];
        mine->differs = mine->differs
                        || !has_arrow(&at->old->graph, at->twin[arrow->from], at->twin[arrow->to], arrow->route);
    }
    for (size_t i = 0; i < new->count; i++) {
        struct component *mine = &at->components[i];
        if (mine->members == 0 || mine->differs)
            continue;
        const struct component *other = &at->old_components[mine->twin];
        mine->differs = mine->members != other->members || mine->arrows != other->arrows;
    }
}

/* ---- Changing places ---- */

static struct instance **find_instance(const struct flow *flow, const struct instance *instance)
{
    struct instance **at = flow->instances;
    while (*at != instance)
        at++;
    return at;
}

static void swap_instances(struct replacing *at, struct instance *running, struct instance *made)
{
    pthread_mutex_t *lock = &at->new->runtime->lock; /* vane_stats may be looking */
    pthread_mutex_lock(lock);
    struct instance **old = find_instance(at->old, running), **new = find_instance(at->new, made);
    *old = made;
    *new = running;
    pthread_mutex_unlock(lock);
}

static void move_input(struct replacing *at, size_t old, size_t new)
{
    struct input *running = at->old->inputs[old], *made = at->new->inputs[new];
    swap_instances(at, running->instance, made->instance);
    at->old->inputs[old] = made;
    at->new->inputs[new] = running;
}

static void move_output(struct replacing *at, size_t old, size_t new)
{
    struct output *running = at->old->outputs[old], *made = at->new->outputs[new];
    swap_instances(at, running->instance, made->instance);
    at->old->outputs[old] = made;
    at->new->outputs[new] = running;
}

static void move_line(struct replacing *at, size_t old, size_t new)
{
    struct line *running = at->old->lines[old], *made = at->new->lines[new];
    const struct stage *b = made->first;
    for (const struct stage *a = running->first; a; a = a->next, b = b->next)
        swap_instances(at, a->instance, b->instance);
    at->old->lines[old] = made;
    at->new->lines[new] = running;
    at->line_moved[new] = true;
}

static void move_node(struct replacing *at, size_t old, size_t new)
{
    const struct graph_node *node = &at->new->graph.nodes[new];
    if (at->new->inputs[new])
        move_input(at, old, new);
    if (at->new->outputs[new])
        move_output(at, old, new);
    for (unsigned worker = 0; node->role == VANE_PROCESSOR && worker < (node->workers ? node->workers : 1); worker++)
        if (!at->line_moved[at->new->first_line[new] + worker])
            move_line(at, at->old->first_line[old] + worker, at->new->first_line[new] + worker);
    if (node->part == NONE || at->part_moved[node->part])
        return;
    struct part **running = &at->old->parts[at->old->graph.nodes[old].part];
    struct part **made = &at->new->parts[node->part], *swap = *made;
    *made = *running;
    *running = swap;
    at->part_moved[node->part] = true;
}

/* ---- The inputs of components that differ ---- */

static bool may_go_on(const struct input *input)
{
    return input->started && !atomic_load(&input->ended);
}

static void hand_over(struct flow *flow, size_t node)
{
    struct replacing at = { .old = flow, .new = flow->next };
    input_trade(flow->inputs[node], flow->next->inputs[flow->heirs[node]]);
    move_input(&at, node, flow->heirs[node]);
    flow->heirs[node] = NONE;
}

void flow_hand_over_live(struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.count; i++) {
        if (!flow_heir(flow, i))
            continue;
        if (flow->inputs[i]->instance->plugin->live)
            hand_over(flow, i);
        else
            input_hold(flow->inputs[i]);
    }
}

void flow_hand_over_held(struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow_heir(flow, i))
            hand_over(flow, i);
}

/* ---- All of it ---- */

static size_t take_over(struct replacing *at)
{
    size_t going_on = 0;
    for (size_t i = 0; i < at->new->graph.count; i++) {
        if (at->twin[i] == NONE)
            continue;
        bool whole = !at->components[at->group[i]].differs;
        if (whole)
            move_node(at, at->twin[i], i);
        else if (at->new->inputs[i] && may_go_on(at->old->inputs[at->twin[i]]))
            at->old->heirs[at->twin[i]] = i;
        going_on += whole || at->old->heirs[at->twin[i]] == i;
    }
    return going_on;
}

size_t flow_replace(struct flow *new, struct flow *old)
{
    struct replacing at = {
        .old = old, .new = new, .twin = alloc_array(new->graph.count, sizeof *at.twin),
        .old_group = graph_components(&old->graph), .group = graph_components(&new->graph),
        .line_moved = alloc_array(new->line_count, sizeof *at.line_moved),
        .part_moved = alloc_array(new->graph.part_count, sizeof *at.part_moved),
    };
    at.old_components = count_components(&old->graph, at.old_group);
    at.components = count_components(&new->graph, at.group);
    old->next = new;
    for (size_t i = 0; i < old->graph.count; i++)
        old->heirs[i] = NONE;
    find_twins(&at);
    compare_components(&at);
    size_t going_on = take_over(&at);
    runtime_show(new->runtime, new);
    free(at.twin);
    free(at.old_group);
    free(at.group);
    free(at.old_components);
    free(at.components);
    free(at.line_moved);
    free(at.part_moved);
    return going_on;
}
