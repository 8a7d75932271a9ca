/* stats - what an instance counts, and how long metrics were on their way.
 *
 * Counters only grow, gauges are set; all may be read at any time from any thread (relaxed: each
 * value is exact, a set of them read together need not be of one moment).
 */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum stats_counter {
    STATS_IN,         /* metrics taken: processors and outputs */
    STATS_OUT,        /* metrics emitted; outputs: delivered */
    STATS_FILTERED,   /* left out by metric filters */
    STATS_DROPPED,    /* lost by the user's choice: a full queue that drops, an ignored output */
    STATS_REJECTED,   /* refused for good, dead-lettered where configured */
    STATS_BAD,        /* records that did not decode */
    STATS_ERRORS,     /* answers RETRY and FAIL */
    STATS_WRITES,     /* calls of write */
    STATS_WRITE_NS,   /* time spent in them until they answered */
    STATS_COUNT
};

extern const char *const stats_names[STATS_COUNT];

/* Time between arrival and delivery in buckets of 1/4 octave, from 1 us to 1.2 hours. */
enum { STATS_BUCKETS = 128 };
static const int64_t STATS_LONGEST = INT64_C(3600) * 1000000000; /* what took longer is no latency, and not counted */

struct stats_named {
    struct stats_named *next;
    const char         *name;
    bool                gauge;
    _Atomic uint64_t    count;
    _Atomic double      value;
};

struct stats {
    _Atomic uint64_t             counters[STATS_COUNT];
    _Atomic uint64_t             latency[STATS_BUCKETS];
    _Atomic(struct stats_named *) named; /* grows at the front; own thread adds, any reads */
};

void stats_release(struct stats *stats);

void stats_add(struct stats *stats, enum stats_counter counter, uint64_t add);
uint64_t stats_get(const struct stats *stats, enum stats_counter counter);
struct stats_named *stats_find(struct stats *stats, const char *name, bool gauge); /* adds it; own thread */

void stats_latency(struct stats *stats, int64_t ns, uint64_t metrics);
/* The latency that `share` (0..1) of the metrics did not exceed, ns; 0 when there were none. */
int64_t stats_latency_quantile(const struct stats *stats, double share);
