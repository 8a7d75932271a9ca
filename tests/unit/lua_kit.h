/* lua_kit - one instance of the lua plugin, called directly; what it emits goes to nobody.
 *
 *     struct lua_kit kit;
 *     lua_kit_open(&kit, "function apply(m) ... end", CALL_DROP);
 *     struct batch *batch = lua_kit_batch(&kit, "a", 3);      metrics of series a with v = 1, 2, 3
 *     lua_kit_process(&kit, batch);
 *     lua_kit_close(&kit);
 */
#pragma once
#include "plugins/lua/lua.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "core/batch.h"
#include "core/lane.h"
#include "core/line.h"

struct lua_kit {
    struct runtime   runtime;
    struct line     *line;
    struct instance *instance;
    struct lua       pristine;
    struct lane     *lanes;
};

/* As worker number `worker` of so many. */
static inline void lua_kit_open_with(struct lua_kit *kit, const struct lua *wanted, unsigned worker, unsigned workers)
{
    static const struct node_options node = { .startup_error_behavior = COMMON_STARTUP_ERROR };
    *kit = (struct lua_kit){ .pristine = *wanted };
    runtime_init(&kit->runtime, VANE_RUN);
    kit->instance = instance_new(&(struct instance_settings){
        .plugin = &vane_plugin, .name = "lua", .log_name = "lua", .key = "lua", .options = &node,
        .state = &kit->pristine, .runtime = &kit->runtime, .worker = worker, .workers = workers,
        .log_level = VANE_ERROR });
    kit->line = line_new(&kit->runtime, NULL);
    line_add_stage(kit->line, kit->instance, NULL, false);
    assert_int_equal(instance_open(kit->instance), VANE_OK);
}

static inline struct lua lua_kit_options(const char *source, enum call_on_error on_error)
{
    return (struct lua){ .source = source, .on_error = (int)on_error, .max_instructions = 1000000, .max_memory = 2 << 20 };
}

static inline void lua_kit_open(struct lua_kit *kit, const char *source, enum call_on_error on_error)
{
    struct lua wanted = lua_kit_options(source, on_error);
    lua_kit_open_with(kit, &wanted, 0, 1);
}

static inline void lua_kit_close(struct lua_kit *kit)
{
    instance_close(kit->instance);
    line_free(kit->line);
    instance_free(kit->instance);
    lane_free_all(&kit->lanes);
    runtime_release(&kit->runtime);
}

static inline const struct vane_lane *lua_kit_lane(struct lua_kit *kit, const char *name)
{
    return &lane_find(&kit->lanes, "in", name)->view;
}

/* Metrics of lane "0", of the series m{s=...}: v = 1 .. count at times 1 .. count. */
static inline struct batch *lua_kit_batch(struct lua_kit *kit, const char *series, int count)
{
    struct batch *batch = batch_new();
    struct vane_tag tag = vane_tag("s", series);
    vane_batch_lane(&batch->view, lua_kit_lane(kit, "0"), 1);
    for (int i = 1; i <= count; i++)
        vane_set_int(vane_add(&batch->view, vane_series(&batch->view, "m", &tag, 1), i), "v", i);
    return batch;
}

static inline void lua_kit_process(struct lua_kit *kit, struct batch *batch)
{
    assert_int_equal(vane_plugin.process(&kit->instance->self, &batch->view), VANE_OK);
    batch_seal(batch, 1);
}

/* The same with metrics that nobody looks at any more. */
static inline void lua_kit_feed(struct lua_kit *kit, const char *series, int count)
{
    struct batch *batch = lua_kit_batch(kit, series, count);
    lua_kit_process(kit, batch);
    batch_unref(batch);
}

static inline uint64_t lua_kit_counter(const struct lua_kit *kit, const char *name)
{
    return stats_find(&kit->instance->stats, name, false)->count;
}

static inline void lua_kit_counted(const struct lua_kit *kit, const char *name, uint64_t expected)
{
    if (lua_kit_counter(kit, name) != expected)
        fail_msg("%s is %llu, not %llu", name, (unsigned long long)lua_kit_counter(kit, name),
                 (unsigned long long)expected);
}
