/* lua_bench - what a script costs for each metric: input -> lua -> output, in batches of 1,000, on one core.
 *
 *     lua_bench [SECONDS [NAME]]
 *
 * Reports metrics a second for each of the scripts below (or the one of that name), and CPU time a metric (all
 * threads of the process, the host's work included).
 */
#include "plugins/lua/lua.c"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/flow.h"

enum { SERIES = 100, BATCH = 1000 };

static const struct bench_script {
    const char *name, *source;
} scripts[] = {
    { "nothing", "function apply(metric) return metric end" },
    { "apply", "function apply(metric)\n"
               "  local fields = metric.fields\n"
               "  fields.value = fields.value * 2\n"
               "  metric.tags.source = 'lua'\n"
               "  return metric\n"
               "end" },
    { "apply_batch", "function apply_batch(batch)\n"
                     "  for i = 1, #batch do\n"
                     "    local metric = batch[i]\n"
                     "    local fields = metric.fields\n"
                     "    fields.value = fields.value * 2\n"
                     "    metric.tags.source = 'lua'\n"
                     "  end\n"
                     "  return batch\n"
                     "end" },
    { "state", "function apply(metric)\n"
               "  local series = metric.series\n"
               "  state[series] = (state[series] or 0) + metric.fields.value\n"
               "  metric.fields.total = state[series]\n"
               "  return metric\n"
               "end" },
    { "copy", "function apply(metric)\n"
              "  local copy = metric:copy()\n"
              "  copy.name = 'copy'\n"
              "  return metric, copy\n"
              "end" },
};

struct world {
    int64_t       until; /* monotonic */
    atomic_ullong written;
};

struct end_state {
    struct world *world;
};

static enum vane_result emit_batches(struct vane_self *self)
{
    struct world *world = ((struct end_state *)self->state)->world;
    char names[SERIES][8];
    for (int i = 0; i < SERIES; i++)
        snprintf(names[i], sizeof names[i], "host%d", i);
    for (int64_t time = 0; vane_monotonic() < world->until; time++) {
        struct vane_batch *batch = vane_batch_new(self);
        const struct vane_series *series[SERIES];
        for (size_t i = 0; i < SERIES; i++) {
            struct vane_tag tag = vane_tag("host", names[i]);
            series[i] = vane_series(batch, "cpu", &tag, 1);
        }
        for (size_t i = 0; i < BATCH; i++)
            vane_set_float(vane_add(batch, series[i % SERIES], time), "value", (double)i);
        if (!vane_emit(self, batch))
            break;
    }
    return VANE_OK;
}

static enum vane_result count_metrics(struct vane_self *self, struct vane_write *write)
{
    atomic_fetch_add(&((struct end_state *)self->state)->world->written, write->count);
    return VANE_OK;
}

static const struct vane_plugin input = {
    .abi = VANE_ABI, .role = VANE_INPUT, .name = "in", .help = "Bench.", .state_size = sizeof(struct end_state),
    .run = emit_batches,
};
static const struct vane_plugin output = {
    .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "out", .help = "Bench.", .state_size = sizeof(struct end_state),
    .write = count_metrics,
};

enum { IN, LUA, OUT, NODES };

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

static struct flow *make_flow(struct runtime *runtime, struct flow_node *nodes, struct node_options *common,
                              void *const states[NODES])
{
    const struct vane_plugin *plugins[NODES] = { &input, &vane_plugin, &output };
    for (int i = 0; i < NODES; i++)
        nodes[i] = (struct flow_node){
            .graph = { .role = plugins[i]->role, .name = plugins[i]->name, .file = "bench", .workers = 1 },
            .settings = { .plugin = plugins[i], .options = &common[i], .state = states[i],
                          .log_name = plugins[i]->name, .log_level = VANE_ERROR },
            .edge = { .bytes = 4000000 }, .batch_size = 1000, .max_in_flight = 1,
        };
    struct flow_settings settings = { .runtime = runtime, .checkpoint_interval = INT64_C(5000000000) };
    return flow_new(&settings, nodes, NODES, &(struct graph_report){ .say = say, .nearest = no_name });
}

static double cpu_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void run_flow(struct flow *flow, struct runtime *runtime)
{
    flow_start(flow);
    while (!flow_ended(flow)) {
        int64_t now = vane_monotonic(), due = flow_work(flow, now);
        waker_wait(&runtime->waker, due == INT64_MAX ? -1 : due > now ? due - now : 0);
    }
    flow_stop(flow, -1, -1, NULL, NULL);
    flow_free(flow);
}

static bool measure(const struct bench_script *script, double seconds)
{
    struct world world = { 0 };
    struct runtime runtime;
    struct flow_node nodes[NODES];
    struct node_options common[NODES] = { 0 };
    struct end_state ends = { &world };
    struct lua *lua = calloc(1, sizeof *lua);
    if (!lua)
        return false;
    *lua = (struct lua){ .source = script->source, .max_instructions = 10000000, .max_memory = 64 << 20 };
    runtime_init(&runtime, VANE_RUN);
    runtime.agent_id = "bench";
    double cpu = cpu_seconds();
    int64_t begun = vane_monotonic();
    world.until = begun + (int64_t)(seconds * 1e9);
    struct flow *flow = make_flow(&runtime, nodes, common, (void *const[]){ &ends, lua, &ends });
    if (!flow)
        return false;
    run_flow(flow, &runtime);
    double took = (double)(vane_monotonic() - begun) / 1e9, used = cpu_seconds() - cpu;
    double written = (double)atomic_load(&world.written);
    runtime_release(&runtime);
    free(lua);
    printf("lua %-12s %6.2f million metrics/s, %.0f ns of CPU a metric\n", script->name, written / took / 1e6,
           used * 1e9 / written);
    return true;
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    sched_setaffinity(0, sizeof one, &one);
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        if (argc < 3 || strcmp(argv[2], scripts[i].name) == 0)
            if (!measure(&scripts[i], seconds))
                return 1;
    return 0;
}
