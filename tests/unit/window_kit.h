/* window_kit - one instance of the window plugin, called directly; what it emits goes to nobody, or to a
 * collector that is the stage behind it.
 */
#pragma once
#include "core/line.h"
#include "plugins/window/window.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t KIT_SECOND = 1000000000, KIT_START = INT64_C(1700000000000000000);

struct window_kit {
    struct runtime   runtime;
    struct line     *line;
    struct instance *instance;
};

static inline void window_kit_open(struct window_kit *kit, const struct options *options)
{
    static const struct node_options node = { 0 };
    struct window *pristine = calloc(1, sizeof *pristine);
    pristine->options = *options;
    if (pristine->options.quantile_error == 0)
        pristine->options.quantile_error = 0.01;
    *kit = (struct window_kit){ .runtime = { .mode = VANE_RUN, .agent_id = "kit" } };
    waker_init(&kit->runtime.waker);
    kit->instance = instance_new(&(struct instance_settings){
        .plugin = &vane_plugin, .name = "window", .log_name = "window", .key = "window", .options = &node,
        .state = pristine, .runtime = &kit->runtime, .workers = 1, .log_level = VANE_ERROR });
    kit->line = line_new(&kit->runtime, NULL);
    line_add_stage(kit->line, kit->instance, NULL, true);
    if (instance_open(kit->instance) != VANE_OK)
        abort();
    free(pristine);
}

static inline void window_kit_close(struct window_kit *kit)
{
    instance_close(kit->instance);
    line_free(kit->line);
    instance_free(kit->instance);
    waker_release(&kit->runtime.waker);
}

static inline const struct window *window_kit_state(const struct window_kit *kit)
{
    return kit->instance->self.state;
}

static inline uint64_t window_kit_counter(const struct window_kit *kit, const char *name)
{
    return stats_find(&kit->instance->stats, name, false)->count;
}

static inline void window_kit_process(struct window_kit *kit, struct batch *batch)
{
    vane_plugin.process(&kit->instance->self, &batch->view);
}
