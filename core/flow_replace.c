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

struct replacing {
    struct flow *old, *new;
    size_t      *twin;               /* by new node: the old one that says the same; NONE */
    size_t      *old_group, *group;  /* by node: its component */
    bool        *goes_on;            /* by new component */
    bool        *line_moved, *part_moved;
};

/* ---- What is the same ---- */

/* The k-th node of a name is matched with the k-th of that name. */
static size_t find_twin(const struct replacing *at, size_t node)
{
    const struct graph_node *wanted = &at->new->graph.nodes[node];
    size_t before = 0;
    for (size_t i = 0; i < node; i++)
        before += strcmp(at->new->graph.nodes[i].name, wanted->name) == 0;
    for (size_t i = 0; i < at->old->graph.count; i++) {
        if (strcmp(at->old->graph.nodes[i].name, wanted->name) != 0 || before-- > 0)
            continue;
        return at->old->fingerprints[i] == at->new->fingerprints[node] ? i : NONE;
    }
    return NONE;
}

static size_t *find_groups(const struct graph *graph)
{
    size_t *group = alloc_array(graph->count, sizeof *group);
    for (size_t i = 0; i < graph->count; i++)
        group[i] = i;
    for (size_t a = 0; a < graph->arrow_count; a++) {
        size_t from = group[graph->arrows[a].from], to = group[graph->arrows[a].to];
        for (size_t i = 0; i < graph->count && from != to; i++)
            if (group[i] == to)
                group[i] = from;
    }
    return group;
}

static size_t count_members(const size_t *group, size_t count, size_t wanted)
{
    size_t members = 0;
    for (size_t i = 0; i < count; i++)
        members += group[i] == wanted;
    return members;
}

static size_t count_arrows(const struct graph *graph, const size_t *group, size_t wanted)
{
    size_t arrows = 0;
    for (size_t a = 0; a < graph->arrow_count; a++)
        arrows += group[graph->arrows[a].from] == wanted;
    return arrows;
}

static bool has_arrow(const struct graph *graph, size_t from, size_t to, const char *route)
{
    for (size_t a = 0; a < graph->arrow_count; a++) {
        const struct graph_arrow *arrow = &graph->arrows[a];
        bool same = route && arrow->route ? strcmp(route, arrow->route) == 0 : route == arrow->route;
        if (arrow->from == from && arrow->to == to && same)
            return true;
    }
    return false;
}

/* Has the old flow the same nodes with the same arrows, and no others with them? */
static bool same_component(const struct replacing *at, size_t wanted)
{
    const struct graph *old = &at->old->graph, *new = &at->new->graph;
    size_t other = NONE;
    for (size_t i = 0; i < new->count; i++) {
        if (at->group[i] != wanted)
            continue;
        if (at->twin[i] == NONE || (other != NONE && at->old_group[at->twin[i]] != other))
            return false;
        other = at->old_group[at->twin[i]];
    }
    for (size_t a = 0; a < new->arrow_count; a++) {
        const struct graph_arrow *arrow = &new->arrows[a];
        if (at->group[arrow->from] == wanted
            && !has_arrow(old, at->twin[arrow->from], at->twin[arrow->to], arrow->route))
            return false;
    }
    return count_members(at->group, new->count, wanted) == count_members(at->old_group, old->count, other)
        && count_arrows(new, at->group, wanted) == count_arrows(old, at->old_group, other);
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
    struct part **running = &at->old->parts[at->old->graph.nodes[old].part], **made = &at->new->parts[node->part], *swap = *made;
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
        bool whole = at->goes_on[at->group[i]];
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
    size_t count = new->graph.count;
    struct replacing at = {
        .old = old, .new = new, .twin = alloc_array(count, sizeof *at.twin), .old_group = find_groups(&old->graph),
        .group = find_groups(&new->graph), .goes_on = alloc_array(count, sizeof *at.goes_on),
        .line_moved = alloc_array(new->line_count, sizeof *at.line_moved),
        .part_moved = alloc_array(new->graph.part_count, sizeof *at.part_moved),
    };
    old->next = new;
    for (size_t i = 0; i < old->graph.count; i++)
        old->heirs[i] = NONE;
    for (size_t i = 0; i < count; i++)
        at.twin[i] = find_twin(&at, i);
    for (size_t i = 0; i < count; i++)
        at.goes_on[i] = same_component(&at, i);
    size_t going_on = take_over(&at);
    runtime_show(new->runtime, new);
    free(at.twin);
    free(at.old_group);
    free(at.group);
    free(at.goes_on);
    free(at.line_moved);
    free(at.part_moved);
    return going_on;
}
