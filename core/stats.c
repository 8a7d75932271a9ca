#include "core/stats.h"

#include "core/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const stats_names[STATS_COUNT] = {
    "metrics_in", "metrics_out", "metrics_filtered", "metrics_dropped", "metrics_rejected",
    "records_bad", "errors", "writes", "write_time_ns",
};

void stats_release(struct stats *stats)
{
    struct stats_named *named = atomic_load(&stats->named);
    while (named) {
        struct stats_named *next = named->next;
        free(named);
        named = next;
    }
    atomic_store(&stats->named, NULL);
}

void stats_add(struct stats *stats, enum stats_counter counter, uint64_t add)
{
    atomic_fetch_add_explicit(&stats->counters[counter], add, memory_order_relaxed);
}

uint64_t stats_get(const struct stats *stats, enum stats_counter counter)
{
    return atomic_load_explicit(&stats->counters[counter], memory_order_relaxed);
}

struct stats_named *stats_find(struct stats *stats, const char *name, bool gauge)
{
    struct stats_named *first = atomic_load_explicit(&stats->named, memory_order_relaxed);
    for (struct stats_named *named = first; named; named = named->next)
        if (named->name == name || strcmp(named->name, name) == 0)
            return named;
    struct stats_named *named = alloc_zero(sizeof *named);
    named->next = first;
    named->name = name;
    named->gauge = gauge;
    /* release: a reader that finds the entry finds it filled in. */
    atomic_store_explicit(&stats->named, named, memory_order_release);
    return named;
}

static int bucket_of(int64_t ns)
{
    double micros = (double)ns / 1e3;
    int bucket = micros <= 1 ? 0 : (int)(log2(micros) * 4);
    return bucket >= STATS_BUCKETS ? STATS_BUCKETS - 1 : bucket;
}

void stats_latency(struct stats *stats, int64_t ns, uint64_t metrics)
{
    if (ns > STATS_LONGEST)
        return; /* a replay: its arrival is that of the recording */
    atomic_fetch_add_explicit(&stats->latency[bucket_of(ns)], metrics, memory_order_relaxed);
}

int64_t stats_latency_quantile(const struct stats *stats, double share)
{
    uint64_t total = 0, seen = 0;
    for (int i = 0; i < STATS_BUCKETS; i++)
        total += atomic_load_explicit(&stats->latency[i], memory_order_relaxed);
    for (int i = 0; i < STATS_BUCKETS && total; i++) {
        seen += atomic_load_explicit(&stats->latency[i], memory_order_relaxed);
        if ((double)seen >= share * (double)total)
            return (int64_t)(exp2((i + 1) / 4.0) * 1e3); /* the bucket's upper end */
    }
    return 0;
}
