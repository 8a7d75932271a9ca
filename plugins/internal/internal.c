/* internal - the agent's own counters as metrics, one per instance, under Telegraf's names:
 * internal_gather (inputs), internal_process, internal_write (outputs), and internal_agent, the sums. */
#include "core/plugin.h"

struct internal {
    bool per_plugin; /* the option of that name */
};

/* One metric is filled while the counters of one instance go by. */
struct filling {
    struct vane_self   *self;
    struct vane_batch  *batch;
    struct vane_metric *metric;
    size_t              instance; /* that it is of */
    uint64_t            gathered, written, dropped, rejected, errors;
};

/* Telegraf's name of a counter, where it has another one for that role. */
static const char *field_name(const struct vane_stat *stat)
{
    static const struct { const char *role, *counter, *name; } names[] = {
        { "input", "metrics_out", "metrics_gathered" },   { "output", "metrics_out", "metrics_written" },
        { "output", "metrics_in", "metrics_added" },      { "output", "queued_metrics", "buffer_size" },
        { "output", "queued_bytes", "buffer_bytes" },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].role, stat->role) == 0 && strcmp(names[i].counter, stat->counter) == 0)
            return names[i].name;
    return stat->counter;
}

static void begin_metric(struct filling *filling, const struct vane_stat *stat)
{
    const char *measurement = strcmp(stat->role, "input") == 0    ? "internal_gather"
                              : strcmp(stat->role, "output") == 0 ? "internal_write"
                                                                  : "internal_process";
    struct vane_tag tags[2] = { vane_tag(stat->role, stat->plugin), vane_tag("alias", stat->name) };
    size_t count = strcmp(stat->plugin, stat->name) == 0 ? 1 : 2;
    const struct vane_series *series = vane_series(filling->batch, measurement, tags, count);
    filling->metric = vane_add(filling->batch, series, VANE_NO_TIME);
    filling->instance = stat->instance;
}

static void add_to_sums(struct filling *filling, const struct vane_stat *stat)
{
    bool in = strcmp(stat->role, "input") == 0, out = strcmp(stat->role, "output") == 0;
    if (strcmp(stat->counter, "metrics_out") == 0 && (in || out))
        *(in ? &filling->gathered : &filling->written) += stat->count;
    else if (strcmp(stat->counter, "metrics_dropped") == 0)
        filling->dropped += stat->count;
    else if (strcmp(stat->counter, "metrics_rejected") == 0)
        filling->rejected += stat->count;
    else if (strcmp(stat->counter, "errors") == 0)
        filling->errors += stat->count;
}

static void visit(void *context, const struct vane_stat *stat)
{
    struct filling *filling = context;
    const struct internal *internal = filling->self->state;
    add_to_sums(filling, stat);
    if (!internal->per_plugin)
        return;
    if (!filling->metric || stat->instance != filling->instance)
        begin_metric(filling, stat);
    if (stat->gauge)
        vane_set_float(filling->metric, field_name(stat), stat->value);
    else
        vane_set_int(filling->metric, field_name(stat), (int64_t)stat->count);
}

static enum vane_result internal_tick(struct vane_self *self, const struct vane_lane *lane, int64_t now)
{
    (void)lane, (void)now;
    struct filling filling = { .self = self, .batch = vane_batch_new(self) };
    vane_stats(self, visit, &filling);
    const struct vane_series *series = vane_series(filling.batch, "internal_agent", NULL, 0);
    struct vane_metric *agent = vane_add(filling.batch, series, VANE_NO_TIME);
    vane_set_int(agent, "metrics_gathered", (int64_t)filling.gathered);
    vane_set_int(agent, "metrics_written", (int64_t)filling.written);
    vane_set_int(agent, "metrics_dropped", (int64_t)filling.dropped);
    vane_set_int(agent, "metrics_rejected", (int64_t)filling.rejected);
    vane_set_int(agent, "errors", (int64_t)filling.errors);
    vane_emit(self, filling.batch);
    return VANE_OK;
}

static const struct vane_option options[] = {
    VANE_OPT_BOOL(struct internal, per_plugin, .preset = "true",
                  .help = "Also a metric for every plugin, not only the sums of the agent."),
    { 0 }
};

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_INPUT, .name = "internal", .help = "The agent's own counters.",
    .state_size = sizeof(struct internal), .options = options, .tick = internal_tick,
};
