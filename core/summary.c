/* summary - see summary.h. */
#include "core/summary.h"

#include "core/log.h"

#include <inttypes.h>

enum { SECOND = 1000000000 };

static void add_time(struct vane_text *line, const char *words, int64_t ns)
{
    if (ns < SECOND)
        vane_text_addf(line, "%s %.3g ms", words, (double)ns / 1e6);
    else
        vane_text_addf(line, "%s %.3g s", words, (double)ns / 1e9);
}

uint64_t summary_held(const struct instance *instance)
{
    const struct stats *stats = &instance->stats;
    uint64_t gone = stats_get(stats, STATS_OUT) + stats_get(stats, STATS_REJECTED) + stats_get(stats, STATS_DROPPED)
                    + stats_get(stats, STATS_FILTERED);
    uint64_t taken = stats_get(stats, STATS_IN);
    return taken > gone ? taken - gone : 0;
}

static void summarize_output(const struct instance *instance)
{
    const struct stats *stats = &instance->stats;
    uint64_t delivered = stats_get(stats, STATS_OUT), held = summary_held(instance);
    int64_t median = stats_latency_quantile(stats, 0.5);
    struct vane_text line = { 0 };
    uint64_t writes = stats_get(stats, STATS_WRITES);
    vane_text_addf(&line, "%s: %" PRIu64 " delivered in %" PRIu64 " write%s", instance->log.name, delivered, writes,
                   writes == 1 ? "" : "s");
    if (held)
        vane_text_addf(&line, ", %" PRIu64 " taken and not delivered", held);
    if (median > 0) {
        add_time(&line, "; from arrival to delivery", median);
        add_time(&line, " (median),", stats_latency_quantile(stats, 0.99));
        vane_text_addf(&line, " (99 %%)");
    }
    log_line(NULL, VANE_INFO, "summary: %s", line.data);
    vane_text_release(&line);
}

void summary_log_outputs(const struct flow *flow)
{
    size_t count;
    struct instance *const *instances = flow_instances(flow, &count);
    for (size_t i = 0; i < count; i++)
        if (instances[i]->plugin->role == VANE_OUTPUT && stats_get(&instances[i]->stats, STATS_IN))
            summarize_output(instances[i]);
}

void summary_log(const struct flow *flow)
{
    uint64_t dropped = 0, errors = 0;
    for (enum vane_role role = VANE_INPUT; role <= VANE_OUTPUT; role++) {
        dropped += flow_total(flow, role, STATS_DROPPED);
        errors += flow_total(flow, role, STATS_ERRORS);
    }
    log_line(NULL, VANE_INFO, "summary: %" PRIu64 " metrics in, %" PRIu64 " out, %" PRIu64 " dropped, %" PRIu64
             " rejected, %" PRIu64 " bad records, %" PRIu64 " errors",
             flow_total(flow, VANE_INPUT, STATS_OUT), flow_total(flow, VANE_OUTPUT, STATS_OUT), dropped,
             flow_total(flow, VANE_OUTPUT, STATS_REJECTED) + flow_total(flow, VANE_PROCESSOR, STATS_REJECTED),
             flow_total(flow, VANE_INPUT, STATS_BAD), errors);
    summary_log_outputs(flow);
}
