/* flow_stats - what the instances of a flow have counted, summed up or visited one by one. */
#include "core/flow_inside.h"

uint64_t flow_total(const struct flow *flow, enum vane_role role, enum stats_counter counter)
{
    uint64_t total = 0;
    for (size_t i = 0; i < flow->instance_count; i++)
        if (flow->instances[i]->plugin->role == role)
            total += stats_get(&flow->instances[i]->stats, counter);
    return total;
}

struct instance *const *flow_instances(const struct flow *flow, size_t *count)
{
    *count = flow->instance_count;
    return flow->instances;
}

static void queued_at(const struct instance *instance, size_t *bytes, size_t *metrics)
{
    const struct output *output = instance->output;
    *bytes = *metrics = 0;
    for (size_t i = 0; output && i < output->edge_count; i++) {
        size_t b, m;
        edge_load(output->edges[i].edge, &b, &m);
        *bytes += b;
        *metrics += m;
    }
}

static void visit_named(const struct instance *instance, struct vane_stat stat,
                        void (*visit)(void *, const struct vane_stat *), void *context)
{
    struct stats_named *first = atomic_load(&((struct instance *)instance)->stats.named);
    for (struct stats_named *named = first; named; named = named->next) {
        stat.counter = named->name;
        stat.gauge = named->gauge;
        stat.count = atomic_load(&named->count);
        stat.value = atomic_load(&named->value);
        visit(context, &stat);
    }
}

/* Has it a meaning in that role? */
static bool counts(enum vane_role role, enum stats_counter counter)
{
    switch (counter) {
    case STATS_IN: return role != VANE_INPUT;
    case STATS_BAD: return role == VANE_INPUT;
    case STATS_WRITES:
    case STATS_WRITE_NS: return role == VANE_OUTPUT;
    default: return true;
    }
}

static void visit_instance(size_t number, const struct instance *instance,
                           void (*visit)(void *, const struct vane_stat *), void *context)
{
    static const char *const roles[] = { "", "input", "processor", "output" };
    struct vane_stat stat = { .instance = number, .role = roles[instance->plugin->role],
                              .plugin = instance->plugin->name,
                              .name = instance->self.name };
    for (enum stats_counter i = 0; i < STATS_COUNT; i++) {
        if (!counts(instance->plugin->role, i))
            continue;
        stat.counter = stats_names[i];
        stat.count = stats_get(&instance->stats, i);
        visit(context, &stat);
    }
    visit_named(instance, stat, visit, context);
    if (instance->plugin->role != VANE_OUTPUT)
        return;
    size_t bytes, metrics;
    queued_at(instance, &bytes, &metrics);
    const struct { const char *counter; uint64_t count; } now[] = {
        { "queued_bytes", bytes }, { "queued_metrics", metrics },
        { "latency_p50_ns", (uint64_t)stats_latency_quantile(&instance->stats, 0.5) },
        { "latency_p99_ns", (uint64_t)stats_latency_quantile(&instance->stats, 0.99) },
    };
    for (size_t i = 0; i < sizeof now / sizeof *now; i++) {
        stat.counter = now[i].counter;
        stat.count = now[i].count;
        visit(context, &stat);
    }
}

void runtime_show(struct runtime *runtime, const struct flow *flow)
{
    pthread_mutex_lock(&runtime->lock);
    runtime->flow = flow;
    pthread_mutex_unlock(&runtime->lock);
}

void vane_stats(struct vane_self *self, void (*visit)(void *context, const struct vane_stat *stat), void *context)
{
    struct runtime *runtime = instance_of(self)->runtime;
    pthread_mutex_lock(&runtime->lock); /* a reload may change what is shown */
    for (size_t i = 0; i < runtime->flow->instance_count; i++)
        visit_instance(i, runtime->flow->instances[i], visit, context);
    pthread_mutex_unlock(&runtime->lock);
}
