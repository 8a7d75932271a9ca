/* intake - see intake.h. The way of every metric: no allocation, no division, no hash of a text once its
 * series and its pane are known. */
#include "plugins/window/intake.h"

#include <math.h>

#include "plugins/window/emit.h"
#include "plugins/window/groups.h"
#include "plugins/window/kind.h"
#include "plugins/window/lanes.h"
#include "plugins/window/pane.h"

struct value {
    uint32_t slot;
    double   value;
};

/* The values of a metric that are aggregated. */
struct values {
    struct value items[SHAPE_MOST];
    size_t       count;
};

/* The column of the field, whose shape may have to grow for it; -1: there is no room. */
static int column_of(struct window *window, struct share *share, const struct vane_field *field, uint32_t i)
{
    int at = shape_find(share->shape, field->key, field->key_length, i);
    if (at >= 0)
        return at;
    struct shape *larger = shape_with(&window->shapes, share->shape, field->key, field->key_length);
    if (!larger) {
        window->tally.fields++;
        return -1;
    }
    share->shape = larger;
    return (int)larger->count - 1;
}

static void read_values(struct window *window, struct share *share, const struct vane_metric *metric,
                        struct values *values)
{
    values->count = 0;
    for (uint32_t i = 0; i < metric->field_count; i++) {
        const struct vane_field *field = &metric->fields[i];
        int at = column_of(window, share, field, i);
        int slot = at < 0 ? -1 : share->shape->columns[at].slot;
        double value;
        if (slot < 0 || values->count == SHAPE_MOST)
            continue;
        if (field->type == VANE_FLOAT)
            value = field->f;
        else if (!vane_number(field, &value)) {
            window->tally.texts++;
            continue;
        }
        if (isfinite(value))
            values->items[values->count++] = (struct value){ (uint32_t)slot, value };
        else
            window->tally.not_finite++;
    }
}

static double weight_of(const struct window *window, const struct vane_metric *metric)
{
    double weight;
    const struct vane_field *field = window->plan.weighs ? vane_get(metric, window->options.weight) : NULL;
    return field && vane_number(field, &weight) ? weight : NAN;
}

static void add_values(struct window *window, struct share *share, struct pane *pane,
                       const struct vane_metric *metric,
                       const struct values *values, bool late)
{
    struct sample sample = { .time = metric->time, .weight = weight_of(window, metric) };
    for (size_t i = 0; i < values->count; i++) {
        sample.value = values->items[i].value;
        pane = pane_add(window, share, pane, values->items[i].slot, &sample);
    }
    if (window->kind->placed)
        window->kind->placed(window, share, pane, metric->time, late);
}

/* The first metric behind a gap tells which windows are halves. */
static void close_gap(struct window *window, struct share *share, int64_t time)
{
    window->kind->discard(window, share->group, time);
    share->gap = false;
}

static void name_series(struct vane_text *text, const struct vane_series *series)
{
    vane_text_clear(text);
    vane_text_addf(text, "%s", series->name);
    for (uint32_t i = 0; i < series->tag_count; i++)
        vane_text_addf(text, ",%s=%s", series->tags[i].key, series->tags[i].value);
}

static void miss(struct window *window, const struct vane_series *series)
{
    window->missed++;
    if (window->missed_name.length == 0)
        name_series(&window->missed_name, series);
}

static void take_values(struct window *window, struct share *share, const struct vane_metric *metric,
                        const struct values *values)
{
    struct pane *pane = NULL;
    if (share->gap)
        close_gap(window, share, metric->time);
    enum placing placing = window->kind->place(window, share, metric->time, &pane);
    switch (placing) {
    case PLACED:
    case PLACED_LATE:
        add_values(window, share, pane, metric, values, placing == PLACED_LATE);
        break;
    case PLACE_LATE:
        window->tally.late++;
        if (window->options.late == LATE_SIDE)
            emit_late(window, metric);
        else
            miss(window, metric->series);
        break;
    case PLACE_BEYOND:
        window->tally.beyond++;
        miss(window, metric->series);
        break;
    }
}

/* Has the first metric of a lane come since it was lost? */
static void set_floor(struct lane_state *lane, int64_t time)
{
    if (!lane->floor_pending)
        return;
    lane->floor = time;
    lane->floor_pending = false;
    lane->dirty = true;
}

static bool has_values(const struct vane_metric *metric)
{
    for (uint32_t i = 0; i < metric->field_count; i++)
        if (metric->fields[i].type != VANE_STRING)
            return true;
    return false;
}

static bool in_range(const struct window *window, const struct vane_metric *metric)
{
    int64_t ahead = window->options.max_future, most;
    if (metric->time > CALENDAR_TIME_MOST || metric->time < -CALENDAR_TIME_MOST)
        return false;
    return ahead == 0 || __builtin_add_overflow(metric->arrival, ahead, &most) || metric->time <= most;
}

static bool is_full(const struct window *window)
{
    uint64_t most = window->options.max_memory;
    return window->plan.grows && most && window->budget.used >= most;
}

static void refuse(struct window *window, const struct vane_metric *metric)
{
    if (window->tally.refused++ == 0) {
        struct vane_text *text = &window->text;
        name_series(text, metric->series);
        vane_log(window->self, VANE_WARN,
                 "%zu series and %zu bytes are kept, which is the limit: %s is not aggregated",
                 window->members.count, window->budget.used, text->data);
    }
}

static void take(struct window *window, struct lane_state *lane, const struct vane_metric *metric)
{
    struct values values;
    struct member *member = has_values(metric) ? groups_member(window, metric->series, lane) : NULL;
    if (!member || is_full(window)) {
        if (has_values(metric))
            refuse(window, metric);
        else
            window->valueless++;
        return;
    }
    struct share *share = member->share;
    read_values(window, share, metric, &values);
    if (values.count == 0) {
        window->valueless++;
        return;
    }
    window->valued = true;
    set_floor(lane, metric->time);
    groups_touch(window, share);
    take_values(window, share, metric, &values);
    groups_heard(window, member, metric->time, metric->arrival);
}

void intake_batch(struct window *window, struct vane_batch *batch)
{
    struct lane_state *lane = lanes_get(window, batch->lane);
    size_t count = batch->count;
    window->round++;
    if (window->options.idle_wall)
        lanes_check_wall(window, lane, vane_monotonic());
    for (size_t i = 0; i < count; i++) {
        const struct vane_metric *metric = batch->metrics[i];
        if (in_range(window, metric)) {
            take(window, lane, metric);
            continue;
        }
        window->tally.future++;
        vane_refuse(window->self, batch, i, "its time is further ahead than max_future");
    }
}
