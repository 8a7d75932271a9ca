/* host_bench - what the host costs for each metric: input -> two processors that each read a field -> output,
 * in batches of 1,000, on one core.
 *
 *     host_bench [SECONDS [BATCH]]
 *
 * Reports metrics a second, and CPU time a metric (all threads of the process).
 */
#include "core/flow.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SERIES = 100 };

struct world {
    int64_t          until; /* monotonic */
    size_t           batch;
    atomic_ullong    written;
};

struct state {
    struct world *world;
    double        sum;
};

static enum vane_result emit_batches(struct vane_self *self)
{
    struct world *world = ((struct state *)self->state)->world;
    char names[SERIES][8];
    for (int i = 0; i < SERIES; i++)
        snprintf(names[i], sizeof names[i], "host%d", i);
    for (int64_t time = 0; vane_monotonic() < world->until; time++) {
        struct vane_batch *batch = vane_batch_new(self);
        const struct vane_series *series[SERIES];
        for (size_t i = 0; i < SERIES && i < world->batch; i++) {
            struct vane_tag tag = vane_tag("host", names[i]);
            series[i] = vane_series(batch, "cpu", &tag, 1);
        }
        for (size_t i = 0; i < world->batch; i++)
            vane_set_float(vane_add(batch, series[i % SERIES], time), "value", (double)i);
        if (!vane_emit(self, batch))
            break;
    }
    return VANE_OK;
}

static enum vane_result read_field(struct vane_self *self, struct vane_batch *batch)
{
    struct state *state = self->state;
    for (size_t i = 0; i < batch->count; i++) {
        double value;
        const struct vane_field *field = vane_get(batch->metrics[i], "value");
        if (field && vane_number(field, &value))
            state->sum += value;
    }
    return VANE_OK;
}

static enum vane_result count_metrics(struct vane_self *self, struct vane_write *write)
{
    struct state *state = self->state;
    atomic_fetch_add(&state->world->written, write->count);
    return VANE_OK;
}

#define PLUGIN(role_, name_, ...)                                                                            \
    { .abi = VANE_ABI, .role = role_, .name = name_, .help = "Bench.", .state_size = sizeof(struct state), __VA_ARGS__ }

static const struct vane_plugin plugins[] = {
    PLUGIN(VANE_INPUT, "in", .run = emit_batches),
    PLUGIN(VANE_PROCESSOR, "first", .process = read_field),
    PLUGIN(VANE_PROCESSOR, "second", .process = read_field),
    PLUGIN(VANE_OUTPUT, "out", .write = count_metrics),
};

enum { NODES = sizeof plugins / sizeof plugins[0] };

static void say(void *context, bool warning, const char *file, int line, const char *key, const char *what)
{
    (void)context, (void)warning, (void)file, (void)line;
    fprintf(stderr, "%s: %s\n", key, what);
}

static const char *no_name(void *context, const char *name)
{
    (void)context, (void)name;
    return NULL;
}

static struct flow *make_flow(struct runtime *runtime, struct world *world, struct flow_node *nodes,
                              struct node_options *options, struct state *states)
{
    for (int i = 0; i < NODES; i++) {
        states[i].world = world;
        nodes[i] = (struct flow_node){
            .graph = { .role = plugins[i].role, .name = plugins[i].name, .file = "bench", .workers = 1 },
            .settings = { .plugin = &plugins[i], .options = &options[i], .state = &states[i],
                          .log_name = plugins[i].name, .log_level = VANE_ERROR },
            .edge = { .bytes = 4000000 }, .batch_size = 1000, .max_in_flight = 1,
        };
    }
    struct flow_settings settings = { .runtime = runtime, .checkpoint_interval = INT64_C(5000000000) };
    return flow_new(&settings, nodes, NODES, &(struct graph_report){ .say = say, .nearest = no_name });
}

static double cpu_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 3;
    struct world world = { .batch = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000 };
    struct runtime runtime;
    struct flow_node nodes[NODES];
    struct node_options options[NODES] = { 0 };
    struct state states[NODES] = { 0 };
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof one, &one);
    runtime_init(&runtime, VANE_RUN);
    runtime.agent_id = "bench";
    struct flow *flow = make_flow(&runtime, &world, nodes, options, states);
    if (!flow)
        return 1;

    double cpu = cpu_seconds();
    int64_t begun = vane_monotonic();
    world.until = begun + (int64_t)(seconds * 1e9);
    flow_start(flow);
    while (!flow_ended(flow)) {
        int64_t now = vane_monotonic(), due = flow_work(flow, now);
        waker_wait(&runtime.waker, due == INT64_MAX ? -1 : due > now ? due - now : 0);
    }
    flow_stop(flow, -1, -1, NULL, NULL);
    double took = (double)(vane_monotonic() - begun) / 1e9, used = cpu_seconds() - cpu;
    double written = (double)atomic_load(&world.written);
    flow_free(flow);
    runtime_release(&runtime);
    printf("%.1f million metrics/s, %.0f ns of CPU a metric (batches of %zu, %.0f metrics)\n", written / took / 1e6,
           used * 1e9 / written, world.batch, written);
    return 0;
}
