/* result - the metric of a window. Own thread.
 */
#pragma once
#include "plugins/window/window.h"

struct result {
    const struct group *group;
    const struct shape *shape;
    const char         *cells;
    uint32_t            slots;
    int64_t             start, end;
};

void result_emit(struct window *window, const struct result *result);

/* A metric with the name, tags and time that results of the group have; without fields yet. */
struct vane_metric *result_metric(struct window *window, const struct result *result);

static inline size_t result_value_count(const struct window *window, const struct shape *shape)
{
    return shape->slots * window->plan.output_count;
}

/* Sets an output as float or integer. */
void result_set(const struct window *window, struct vane_metric *metric, const struct field *field,
                size_t output,
                double value);
