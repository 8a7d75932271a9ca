/* result - see result.h. Field names were joined when the field was first seen. */
#include "plugins/window/result.h"

#include <math.h>
#include <stdio.h>

#include "plugins/window/emit.h"

/* What an integer field cannot hold any more: 2^63. */
static const double INT64_LIMIT = 9223372036854775808.0;

static const char *name_of(const struct window *window, const struct group *group)
{
    const char *name = window->options.measurement;
    return name && *name ? name : group->series->name;
}

static struct vane_batch *batch_of(struct window *window)
{
    if (window->out && window->out->count >= EMIT_MOST)
        emit_flush(window);
    if (!window->out)
        window->out = vane_batch_new(window->self);
    return window->out;
}

static int64_t time_of(const struct window *window, const struct result *result)
{
    return window->options.timestamp == STAMP_START ? result->start : result->end;
}

struct vane_metric *result_metric(struct window *window, const struct result *result)
{
    struct vane_batch *out = batch_of(window);
    const struct vane_series *of = result->group->series;
    const struct vane_series *series = vane_series(out, name_of(window, result->group), of->tags,
                                                   of->tag_count);
    struct vane_metric *metric = vane_add(out, series, time_of(window, result));
    vane_reserve(metric, result_value_count(window, result->shape));
    return metric;
}

void result_set(const struct window *window, struct vane_metric *metric, const struct field *field,
                size_t output,
                double value)
{
    bool whole = window->plan.outputs[output].aggregate->whole;
    if (whole && fabs(value) >= INT64_LIMIT)
        return;
    if (whole)
        vane_set_int(metric, field->outputs[output], (int64_t)value);
    else
        vane_set_float(metric, field->outputs[output], value);
}

static void add_values(struct window *window, struct vane_metric *metric, const struct result *result,
                       uint32_t slot)
{
    const struct plan *plan = &window->plan;
    const struct field *field = shape_field(result->shape, slot);
    const char *cell = result->cells + slot * plan->cell_size;
    for (size_t i = 0; i < plan->output_count; i++) {
        double value;
        if (plan_value(plan, &plan->outputs[i], cell, result->end, &value))
            result_set(window, metric, field, i, value);
    }
}

/* As Telegraf's histogram: a metric for each bucket, cumulative, its bound in the tag `le`. */
static void emit_buckets(struct window *window, const struct result *result)
{
    enum { TAGS_MOST = 64 };
    const struct plan *plan = &window->plan;
    const struct vane_series *of = result->group->series;
    struct vane_tag tags[TAGS_MOST];
    uint32_t count = of->tag_count < TAGS_MOST - 1 ? of->tag_count : TAGS_MOST - 1;
    for (uint32_t i = 0; i < count; i++)
        tags[i] = of->tags[i];
    for (size_t bucket = 0; bucket <= plan->rules.bucket_count; bucket++) {
        char bound[32] = "+Inf";
        if (bucket < plan->rules.bucket_count)
            snprintf(bound, sizeof bound, "%.15g", plan->rules.buckets[bucket]);
        tags[count] = vane_tag("le", bound);
        struct vane_batch *out = batch_of(window);
        const struct vane_series *series = vane_series(out, name_of(window, result->group), tags, count + 1);
        struct vane_metric *metric = vane_add(out, series, time_of(window, result));
        for (uint32_t slot = 0; slot < result->slots; slot++) {
            const char *cell = result->cells + slot * plan->cell_size;
            if (plan_count(cell))
                vane_set_int(metric, shape_field(result->shape, slot)->bucket,
                             (int64_t)buckets_upto(cell + plan->buckets_at, bucket));
        }
    }
}

void result_emit(struct window *window, const struct result *result)
{
    if (window->plan.output_count) {
        struct vane_metric *metric = result_metric(window, result);
        for (uint32_t slot = 0; slot < result->slots; slot++)
            add_values(window, metric, result, slot);
    }
    if (window->plan.buckets_at)
        emit_buckets(window, result);
}
