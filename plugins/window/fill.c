/* fill - see fill.h. */
#include "plugins/window/fill.h"

#include <math.h>

size_t fill_size(const struct window *window, const struct shape *shape)
{
    return sizeof(struct previous) + result_value_count(window, shape) * sizeof(double);
}

void fill_forget(struct window *window, struct group *group)
{
    if (group->previous)
        budget_free(&window->budget, group->previous, fill_size(window, group->previous->shape));
    group->previous = NULL;
}

static double value_of(const struct window *window, const struct result *result, uint32_t slot, size_t output)
{
    const struct plan *plan = &window->plan;
    double value;
    if (slot >= result->slots || !plan_value(plan, &plan->outputs[output],
                                             result->cells + slot * plan->cell_size,
                                             result->end, &value))
        return NAN;
    return value;
}

/* The value of that output of the same field in the window before. */
static double before(const struct window *window, const struct previous *previous, uint32_t slot,
                     size_t output)
{
    return previous->values[slot * window->plan.output_count + output];
}

static bool is_named(const struct window *window, size_t output, const char *name)
{
    return strcmp(window->plan.outputs[output].suffix, name) == 0;
}

/* share: how far it lies from the last window to this one. */
static double filled(const struct window *window, const struct previous *previous,
                     const struct result *result,
                     uint32_t slot, size_t output, double share)
{
    if (is_named(window, output, "count"))
        return 0;
    double left = before(window, previous, slot, output);
    if (window->options.fill == FILL_NULL)
        return is_named(window, output, "sum") ? 0 : NAN;
    if (window->options.fill == FILL_VALUE)
        return window->options.fill_value;
    if (window->options.fill == FILL_PREVIOUS)
        return left;
    const struct field *field = shape_field(previous->shape, slot);
    int at = shape_find(result->shape, field->name, field->length, slot);
    if (at < 0)
        return NAN;
    double right = value_of(window, result, (uint32_t)result->shape->columns[at].slot, output);
    return left + share * (right - left);
}

static void emit_filled(struct window *window, const struct previous *previous, const struct result *result,
                        int64_t number, double share)
{
    struct result empty = { .group = result->group, .shape = previous->shape,
                            .start = calendar_window_start(&window->calendar, number),
                            .end = calendar_window_end(&window->calendar, number) };
    struct vane_metric *metric = result_metric(window, &empty);
    for (uint32_t slot = 0; slot < previous->shape->slots; slot++)
        for (size_t i = 0; i < window->plan.output_count; i++) {
            double value = filled(window, previous, result, slot, i, share);
            if (isfinite(value))
                result_set(window, metric, shape_field(previous->shape, slot), i, value);
        }
    window->tally.fills++;
}

void fill_before(struct window *window, const struct result *result, int64_t number)
{
    const struct previous *previous = result->group->previous;
    if (!previous || number <= previous->number + 1 || window->plan.output_count == 0)
        return;
    uint64_t missing = (uint64_t)(number - previous->number - 1);
    if (missing > window->options.fill_limit) {
        window->tally.unfilled += missing;
        return;
    }
    for (int64_t at = previous->number + 1; at < number; at++)
        emit_filled(window, previous, result, at,
                    (double)(at - previous->number) / (double)(number - previous->number));
}

void fill_remember(struct window *window, const struct result *result, int64_t number)
{
    struct group *group = (struct group *)result->group;
    if (group->previous && number < group->previous->number)
        return;
    if (!group->previous || group->previous->shape != result->shape) {
        fill_forget(window, group);
        group->previous = budget_zero(&window->budget, fill_size(window, result->shape));
        group->previous->shape = result->shape;
    }
    group->previous->number = number;
    for (uint32_t slot = 0; slot < result->shape->slots; slot++)
        for (size_t i = 0; i < window->plan.output_count; i++)
            group->previous->values[slot * window->plan.output_count + i] = value_of(window, result, slot, i);
}
