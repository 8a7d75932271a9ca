/* Hundreds of random graphs with tiny edges and many marks: none gets stuck, every metric arrives as
 * often as there are paths, and no input is told of a position before all of it is delivered. */
#include "core/alloc.h"
#include "core/flow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_NODES = 12, LANES = 3, PER_LANE = 200, MOST_INPUTS = 3, GRAPHS = 300 };

/* ---- The world of one graph ---- */

struct world {
    size_t      inputs;
    atomic_uint seen[MOST_NODES][MOST_INPUTS][LANES][PER_LANE]; /* by output */
    unsigned    paths[MOST_NODES][MOST_INPUTS];                  /* to each node */
    bool        required[MOST_NODES];
    size_t      nodes;
    atomic_uint too_early, wrong;
};

static struct world *world;

struct node_state {
    int64_t  node, style;
    uint64_t seed;
};

static unsigned draw(struct node_state *node, unsigned limit)
{
    node->seed = node->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(node->seed >> 33) % limit;
}

/* ---- Plugins ---- */

static enum vane_result source_run(struct vane_self *self)
{
    struct node_state *node = self->state;
    static const char *const names[LANES] = { "a", "b", "c" };
    int64_t next[LANES] = { 0 };
    for (size_t left = LANES * PER_LANE; left > 0;) {
        unsigned lane = draw(node, LANES);
        struct vane_batch *batch = vane_batch_new(self);
        unsigned count = 1 + draw(node, 20);
        for (; count > 0 && next[lane] < PER_LANE; count--, left--) {
            char series[16];
            snprintf(series, sizeof series, "s%u", draw(node, 5));
            struct vane_tag tag = vane_tag("series", series);
            struct vane_metric *metric = vane_add(batch, vane_series(batch, "m", &tag, 1), next[lane]);
            vane_set_int(metric, "input", node->node);
            vane_set_int(metric, "lane", lane);
            vane_set_int(metric, "seq", next[lane]++);
        }
        vane_batch_lane(batch, vane_lane(self, names[lane]), next[lane]);
        if (!vane_emit(self, batch))
            return VANE_OK;
        if (draw(node, 4) == 0)
            vane_wait(self, 0);
    }
    return VANE_OK;
}

static void source_delivered(struct vane_self *self, const struct vane_lane *lane, int64_t next)
{
    const struct node_state *node = self->state;
    for (size_t output = 0; output < world->nodes; output++)
        for (int64_t seq = 0; seq < next && world->required[output]; seq++)
            if (atomic_load(&world->seen[output][node->node][lane->name[0] - 'a'][seq])
                != world->paths[output][node->node])
                atomic_fetch_add(&world->too_early, 1);
}

/* 0: passes on; 1: edits; 2: emits copies in place of what came; 3: emits half by itself. */
static enum vane_result step_process(struct vane_self *self, struct vane_batch *batch)
{
    struct node_state *node = self->state;
    if (node->style == 1)
        for (size_t i = 0; i < batch->count; i++)
            vane_set_int(vane_edit(batch, i), self->name, 1);
    if (node->style < 2)
        return VANE_OK;
    struct vane_batch *made = vane_batch_new(self);
    for (size_t i = 0; i < batch->count; i++) {
        if (node->style == 3 && i % 2)
            continue;
        vane_add_copy(made, batch->metrics[i]);
        vane_drop(batch, i);
    }
    vane_emit(self, made);
    return VANE_OK;
}

static void see(struct vane_self *self, const struct vane_metric *metric)
{
    const struct node_state *node = self->state;
    unsigned now = 1 + atomic_fetch_add(&world->seen[node->node][vane_get(metric, "input")->i]
                                            [vane_get(metric, "lane")->i][vane_get(metric, "seq")->i], 1);
    if (now > world->paths[node->node][vane_get(metric, "input")->i])
        atomic_fetch_add(&world->wrong, 1);
}

/* 0: at once; 1: half, then RETRY; 2: RETRY now and then; 3: slow. */
static enum vane_result sink_write(struct vane_self *self, struct vane_write *write)
{
    struct node_state *node = self->state;
    size_t done = write->count;
    if (node->style == 2 && draw(node, 3) == 0)
        return vane_retry(self, "not now");
    if (node->style == 1 && draw(node, 2) == 0)
        done = write->count / 2;
    if (node->style == 3)
        usleep(draw(node, 300));
    for (size_t i = 0; i < done; i++)
        see(self, write->metrics[i]);
    vane_delivered(self, write, 0, done);
    return done < write->count ? vane_retry(self, "half of it") : VANE_OK;
}

/* Settles later, from run(), the newest first. */
struct later_state {
    struct node_state  node; /* first */
    struct vane_write *held[4];
    size_t             count;
};

static enum vane_result later_write(struct vane_self *self, struct vane_write *write)
{
    struct later_state *later = self->state;
    later->held[later->count++] = write;
    return VANE_PENDING;
}

static enum vane_result later_run(struct vane_self *self)
{
    struct later_state *later = self->state;
    while (vane_wait(self, later->count ? 0 : -1)) {
        if (later->count == 0)
            continue;
        struct vane_write *write = later->held[--later->count];
        if (draw(&later->node, 5) == 0) {
            vane_again(self, write, "again");
            continue;
        }
        for (size_t i = 0; i < write->count; i++)
            see(self, write->metrics[i]);
        vane_delivered(self, write, 0, write->count);
    }
    return VANE_OK;
}

static const struct vane_plugin source = {
    .abi = VANE_ABI, .role = VANE_INPUT, .name = "source", .help = "Test.", .state_size = sizeof(struct node_state),
    .run = source_run, .delivered = source_delivered,
};
static const struct vane_plugin step = {
    .abi = VANE_ABI, .role = VANE_PROCESSOR, .name = "step", .help = "Test.", .state_size = sizeof(struct node_state),
    .process = step_process,
};
static const struct vane_plugin sink = {
    .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "sink", .help = "Test.", .state_size = sizeof(struct node_state),
    .write = sink_write,
};
static const struct vane_plugin later_sink = {
    .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "later", .help = "Test.", .state_size = sizeof(struct later_state),
    .write = later_write, .run = later_run,
};

/* ---- Random graphs ---- */

struct plan {
    struct flow_node    nodes[MOST_NODES];
    struct node_options options[MOST_NODES];
    struct later_state  states[MOST_NODES];
    char                names[MOST_NODES][8];
    const char         *from[MOST_NODES][MOST_NODES];
    size_t              count;
};

static unsigned roll(unsigned limit)
{
    return (unsigned)random() % limit;
}

static void add_node(struct plan *plan, enum vane_role role)
{
    size_t i = plan->count++;
    struct flow_node *node = &plan->nodes[i];
    snprintf(plan->names[i], sizeof plan->names[i], "n%zu", i);
    plan->states[i].node = (struct node_state){ .node = (int64_t)i, .style = roll(4), .seed = (uint64_t)random() };
    const struct vane_plugin *output = roll(2) ? &sink : &later_sink;
    node->graph = (struct graph_node){
        .role = role, .name = plan->names[i], .aliased = true, .file = "test", .line_at = (int)i,
        .has_from = role != VANE_INPUT, .workers = role == VANE_PROCESSOR && roll(4) == 0 ? 1 + roll(3) : 1,
        .best_effort = role == VANE_OUTPUT && roll(6) == 0,
    };
    node->settings = (struct instance_settings){
        .plugin = role == VANE_INPUT ? &source : role == VANE_PROCESSOR ? &step : output,
        .options = &plan->options[i], .state = &plan->states[i], .log_name = plan->names[i], .log_level = VANE_ERROR,
    };
    node->edge.bytes = 1 + roll(8000);
    node->edge.when_full = node->graph.best_effort ? EDGE_DROP_OLDEST : EDGE_BLOCK;
    node->batch_size = 1 + roll(50);
    node->max_in_flight = 1 + roll(3);
}

/* Each processor and output takes from up to three nodes before it. */
static void connect_nodes(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct graph_node *node = &plan->nodes[i].graph;
        node->from.items = plan->from[i];
        for (unsigned n = 1 + roll(3); node->role != VANE_INPUT && n > 0; n--) {
            size_t other = roll((unsigned)i);
            while (plan->nodes[other].graph.role == VANE_OUTPUT)
                other = roll((unsigned)i);
            plan->from[i][node->from.count++] = plan->names[other];
        }
    }
}

static bool takes(const struct plan *plan, size_t to, size_t from)
{
    for (size_t i = 0; i < plan->nodes[to].graph.from.count; i++)
        if (plan->from[to][i] == plan->names[from])
            return true;
    return false;
}

/* What nobody takes goes to the last output. */
static void close_ends(struct plan *plan)
{
    struct graph_node *last = &plan->nodes[plan->count - 1].graph;
    for (size_t i = 0; i + 1 < plan->count; i++) {
        bool taken = plan->nodes[i].graph.role == VANE_OUTPUT;
        for (size_t j = i + 1; j < plan->count; j++)
            taken |= takes(plan, j, i);
        if (!taken)
            plan->from[plan->count - 1][last->from.count++] = plan->names[i];
    }
}

static void count_paths(const struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct graph_node *node = &plan->nodes[i].graph;
        if (node->role == VANE_INPUT)
            world->paths[i][i] = 1;
        for (size_t j = 0; j < i; j++)
            for (size_t input = 0; input < world->inputs && takes(plan, i, j); input++)
                world->paths[i][input] += world->paths[j][input];
        world->required[i] = node->role == VANE_OUTPUT && !node->best_effort;
    }
}

static struct plan *random_plan(void)
{
    struct plan *plan = alloc_zero(sizeof *plan);
    world->inputs = 1 + roll(MOST_INPUTS);
    for (size_t i = 0; i < world->inputs; i++)
        add_node(plan, VANE_INPUT);
    for (unsigned n = roll(6); n > 0; n--)
        add_node(plan, VANE_PROCESSOR);
    for (unsigned n = 1 + roll(3); n > 0; n--)
        add_node(plan, VANE_OUTPUT);
    connect_nodes(plan);
    close_ends(plan);
    count_paths(plan);
    world->nodes = plan->count;
    return plan;
}

/* ---- Running ---- */

static void say(void *context, bool warning, const char *file, int line, const char *key, const char *what)
{
    (void)context, (void)file;
    if (!warning)
        fail_msg("node %d: %s: %s", line, key, what);
}

static const char *no_name(void *context, const char *name)
{
    (void)context, (void)name;
    return NULL;
}

static void run_until_ended(struct flow *flow, struct runtime *runtime)
{
    int64_t begun = vane_monotonic();
    while (!flow_ended(flow)) {
        flow_checkpoint(flow);
        flow_work(flow, vane_monotonic());
        waker_wait(&runtime->waker, 1000000);
        if (vane_monotonic() - begun > INT64_C(60000000000))
            fail_msg("the flow is stuck");
    }
}

static void run_graph(unsigned seed)
{
    srandom(seed);
    world = alloc_zero(sizeof *world);
    struct plan *plan = random_plan();
    struct runtime runtime;
    runtime_init(&runtime, VANE_RUN);
    runtime.agent_id = "test";
    runtime.first_pause = 1000;
    runtime.longest_pause = 100000;
    struct flow_settings settings = { .runtime = &runtime, .checkpoint_interval = 1000000 };
    struct graph_report report = { .say = say, .nearest = no_name };
    struct flow *flow = flow_new(&settings, plan->nodes, plan->count, &report);
    assert_non_null(flow);
    flow_start(flow);
    run_until_ended(flow, &runtime);
    if (!flow_stop(flow, INT64_C(60000000000), -1, NULL, NULL))
        fail_msg("graph %u: the flow does not drain", seed);
    flow_free(flow);
    runtime_release(&runtime);

    assert_int_equal(world->wrong, 0);
    assert_int_equal(world->too_early, 0);
    for (size_t output = 0; output < plan->count; output++)
        for (size_t i = 0; i < world->inputs && world->required[output]; i++)
            for (size_t lane = 0; lane < LANES; lane++)
                for (size_t seq = 0; seq < PER_LANE; seq++)
                    assert_int_equal(world->seen[output][i][lane][seq], world->paths[output][i]);
    free(plan);
    free(world);
}

static void test_flow__random_graphs_deliver_all_and_never_stick(void **state)
{
    (void)state;
    const char *only = getenv("VANE_GRAPH");
    if (only)
        run_graph((unsigned)strtoul(only, NULL, 10));
    for (unsigned seed = 1; seed <= GRAPHS && !only; seed++)
        run_graph(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_flow__random_graphs_deliver_all_and_never_stick) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
