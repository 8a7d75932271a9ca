/* flow_kit - flows of test plugins in one process: nodes in a few words, and waiting for what is to come.
 *
 *     struct kit kit;
 *     kit_init(&kit);
 *     kit_add(&kit, &input, "in", &world);      without kit_from: Telegraf's default flow
 *     kit_add(&kit, &output, "out", &world);
 *     kit_start(&kit);
 *     kit_wait(&kit, &world.delivered, 3);      works on checkpoints until the counter is there
 *     kit_end(&kit);
 *
 * A plugin of a test finds its world with kit_world(self). What threads of the flow count is atomic; cmocka's
 * asserts are for the test's own thread.
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/alloc.h"
#include "core/flow.h"
#include "core/store.h"

enum { KIT_NODES = 8, KIT_FROM = 4 };

/* So much that no live input drops anything while a checkpoint waits for a slow disk. */
enum { KIT_QUEUE = 256 << 20 };

static const int64_t KIT_MS = 1000000, KIT_PATIENCE = INT64_C(20000000000);

/* The state of every test plugin: the world, and memory that a new open() finds zeroed. */
struct kit_state {
    void   *world;
    int64_t memory;
};

struct kit {
    struct runtime      runtime;
    struct flow        *flow;
    struct flow_node    nodes[KIT_NODES];
    struct node_options options[KIT_NODES];
    struct kit_state    states[KIT_NODES];
    const char         *from[KIT_NODES][KIT_FROM];
    size_t              count;
    int64_t             interval; /* between checkpoints */
    struct vane_text    errors;   /* what flow_new found wrong */
    char                directory[64];
};

/* What every plugin of a test has: { KIT_PLUGIN(VANE_INPUT, "in"), .run = … } */
#define KIT_PLUGIN(ROLE, NAME) \
    .abi = VANE_ABI, .role = ROLE, .name = NAME, .help = "Test.", .state_size = sizeof(struct kit_state)

static inline void *kit_world(struct vane_self *self)
{
    return ((struct kit_state *)self->state)->world;
}

static inline void kit_init(struct kit *kit)
{
    *kit = (struct kit){ .interval = KIT_MS };
    runtime_init(&kit->runtime, VANE_RUN);
    kit->runtime.agent_id = "test";
    kit->runtime.first_pause = KIT_MS;
    kit->runtime.longest_pause = 10 * KIT_MS;
    vane_text_add(&kit->errors, "", 0);
    struct error err;
    assert_true(log_open(&(struct log_settings){ .path = "/dev/null", .level = VANE_DEBUG }, &err));
}

static inline struct flow_node *kit_add(struct kit *kit, const struct vane_plugin *plugin, const char *name,
                                        void *world)
{
    assert_true(kit->count < KIT_NODES);
    assert_true(plugin->state_size <= sizeof(struct kit_state));
    size_t i = kit->count++;
    struct flow_node *node = &kit->nodes[i];
    kit->states[i].world = world;
    kit->options[i].startup_error_behavior = COMMON_STARTUP_ERROR;
    node->graph = (struct graph_node){
        .role = plugin->role, .name = name, .file = "test", .line_at = (int)i, .workers = 1,
    };
    node->settings = (struct instance_settings){
        .plugin = plugin, .options = &kit->options[i], .state = &kit->states[i], .log_name = name,
        .log_level = VANE_DEBUG,
    };
    node->edge = (struct edge_limits){ .bytes = KIT_QUEUE };
    node->batch_size = 1000;
    node->max_in_flight = 1;
    return node;
}

static inline struct node_options *kit_options_of(struct kit *kit, const struct flow_node *node)
{
    return &kit->options[node - kit->nodes];
}

/* The node takes from that one (too). */
static inline void kit_from(struct kit *kit, struct flow_node *node, const char *name)
{
    const char **from = kit->from[node - kit->nodes];
    assert_true(node->graph.from.count < KIT_FROM);
    from[node->graph.from.count++] = name;
    node->graph.from.items = from;
    node->graph.has_from = true;
}

static inline void kit_say(void *context, bool warning, const char *file, int line, const char *key, const char *what)
{
    struct kit *kit = context;
    if (!warning)
        vane_text_addf(&kit->errors, "%s:%d: %s: %s\n", file, line, key, what);
}

static inline const char *kit_nearest(void *context, const char *name)
{
    (void)context, (void)name;
    return NULL;
}

/* Makes the flow; false with kit->errors when something is wrong. */
static inline bool kit_make(struct kit *kit)
{
    struct flow_settings settings = { .runtime = &kit->runtime, .checkpoint_interval = kit->interval };
    struct graph_report report = { .say = kit_say, .context = kit, .nearest = kit_nearest };
    kit->flow = flow_new(&settings, kit->nodes, kit->count, &report);
    return kit->flow != NULL;
}

static inline void kit_start(struct kit *kit)
{
    if (!kit_make(kit))
        fail_msg("%s", kit->errors.data);
    flow_start(kit->flow);
}

/* ---- State ---- */

/* A state directory, new where the kit has none yet. */
static inline void kit_open_store(struct kit *kit)
{
    struct vane_text notes = { 0 };
    struct error err;
    if (!kit->directory[0]) {
        snprintf(kit->directory, sizeof kit->directory, "/tmp/vane-kit-XXXXXX");
        assert_non_null(mkdtemp(kit->directory));
    }
    kit->runtime.store = store_open(kit->directory, &notes, &err);
    if (!kit->runtime.store)
        fail_msg("%s", err.text);
    vane_text_release(&notes);
}

static inline void kit_remove_directory(struct kit *kit)
{
    char command[128];
    snprintf(command, sizeof command, "chmod -R u+rwx '%s'; rm -rf '%s'", kit->directory, kit->directory);
    assert_int_equal(system(command), 0);
    kit->directory[0] = '\0';
}

/* ---- Waiting ---- */

/* Runs the flow's checkpoints until done() answers true. */
static inline void kit_until(struct kit *kit, bool (*done)(const void *), const void *context)
{
    for (int64_t end = vane_monotonic() + KIT_PATIENCE; !done(context);) {
        flow_work(kit->flow, vane_monotonic());
        waker_wait(&kit->runtime.waker, KIT_MS);
        if (vane_monotonic() > end)
            fail_msg("waited too long");
    }
}

struct kit_goal {
    atomic_int *counter;
    int         least;
};

static inline bool kit_reached(const void *context)
{
    const struct kit_goal *goal = context;
    return atomic_load(goal->counter) >= goal->least;
}

static inline void kit_wait(struct kit *kit, atomic_int *counter, int least)
{
    struct kit_goal goal = { counter, least };
    kit_until(kit, kit_reached, &goal);
}

/* Waits until all counters stand still for `ns`. */
static inline void kit_settle(struct kit *kit, int64_t ns)
{
    for (int64_t end = vane_monotonic() + ns; vane_monotonic() < end;) {
        flow_work(kit->flow, vane_monotonic());
        waker_wait(&kit->runtime.waker, KIT_MS);
    }
}

static inline bool kit_all_ended(const void *flow)
{
    return flow_ended(flow);
}

/* ---- The end ---- */

static inline bool kit_stop_within(struct kit *kit, int64_t limit)
{
    bool good = flow_stop(kit->flow, limit, -1, NULL, NULL);
    flow_free(kit->flow);
    kit->flow = NULL;
    store_close(kit->runtime.store);
    kit->runtime.store = NULL;
    return good;
}

static inline void kit_release(struct kit *kit)
{
    runtime_release(&kit->runtime);
    vane_text_release(&kit->errors);
    if (kit->directory[0])
        kit_remove_directory(kit);
    log_close();
}

/* Stops it as SIGTERM would; all must be delivered. */
static inline void kit_end(struct kit *kit)
{
    assert_true(kit_stop_within(kit, KIT_PATIENCE));
    kit_release(kit);
}

/* ---- Common plugins' parts ---- */

/* A batch of `count` metrics of the series "m" with times first, first + 1, …, as field "v" too. */
static inline struct vane_batch *kit_batch(struct vane_self *self, int64_t first, size_t count)
{
    struct vane_batch *batch = vane_batch_new(self);
    const struct vane_series *series = vane_series(batch, "m", NULL, 0);
    for (size_t i = 0; i < count; i++)
        vane_set_int(vane_add(batch, series, first + (int64_t)i), "v", first + (int64_t)i);
    return batch;
}

static inline void kit_wait_for_stop(struct vane_self *self)
{
    while (vane_wait(self, -1))
        ;
}
