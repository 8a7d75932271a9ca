/* flow - see flow.h. Order of life: outputs start first and stop last, so that an emit always meets a
 * taker. */
#include "core/flow_inside.h"

/* ---- Running ---- */

const struct graph *flow_graph(const struct flow *flow)
{
    return &flow->graph;
}

bool flow_keeps_state(const struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.part_count; i++)
        if (flow->parts[i]->keeps)
            return true;
    return false;
}

void flow_start(struct flow *flow)
{
    runtime_show(flow->runtime, flow);
    for (size_t i = 0; i < flow->graph.part_count; i++)
        flow->parts[i]->started = true;
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->outputs[i] && !flow->outputs[i]->started)
            output_start(flow->outputs[i]);
    for (size_t i = 0; i < flow->line_count; i++)
        if (!flow->lines[i]->started)
            line_start(flow->lines[i]);
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->inputs[i] && !flow->inputs[i]->started)
            input_start(flow->inputs[i]);
    /* A first checkpoint before anything has come: what an output had at the start is known from then on. */
    for (size_t i = 0; i < flow->graph.part_count && flow->runtime->store; i++)
        if (flow->parts[i]->keeps)
            part_want(flow->parts[i]);
}

static void forget_loaded(struct flow *flow)
{
    bool all = flow->runtime->store && !flow->forgotten;
    for (size_t i = 0; i < flow->graph.part_count && all; i++)
        all = part_begun(flow->parts[i]);
    if (all)
        store_forget(flow->runtime->store);
    flow->forgotten |= all;
}

int64_t flow_work(struct flow *flow, int64_t now)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < flow->graph.part_count; i++) {
        int64_t due = flow->parts[i]->started ? part_work(flow->parts[i], now) : INT64_MAX;
        next = due < next ? due : next;
    }
    forget_loaded(flow);
    return next;
}

void flow_checkpoint(struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.part_count; i++)
        part_want(flow->parts[i]);
}

bool flow_ended(const struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->inputs[i] && flow->inputs[i]->started && !flow_heir(flow, i) && !atomic_load(&flow->inputs[i]->ended))
            return false;
    return true;
}

void flow_end_live(struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->inputs[i] && flow->inputs[i]->instance->plugin->live)
            input_enough(flow->inputs[i]);
}

/* ---- Stopping ---- */

struct stopping {
    struct flow *flow;
    int64_t      deadline, patience, last_progress;
    uint64_t     progress;
    bool       (*interrupted)(void *context);
    void        *context;
};

uint64_t flow_progress(const struct flow *flow)
{
    uint64_t progress = 0;
    for (size_t i = 0; i < flow->instance_count; i++)
        progress += stats_get(&flow->instances[i]->stats, STATS_IN) + stats_get(&flow->instances[i]->stats, STATS_OUT)
                    + stats_get(&flow->instances[i]->stats, STATS_REJECTED);
    return progress;
}

/* Works on checkpoints until `done`; false when the time is up. */
static bool wait_for(struct stopping *stopping, bool (*done)(const struct flow *))
{
    struct flow *flow = stopping->flow;
    while (!done(flow)) {
        int64_t now = vane_monotonic(), due = flow_work(flow, now);
        int64_t next_due = flow->next ? flow_work(flow->next, now) : INT64_MAX; /* what goes on has checkpoints, too */
        due = next_due < due ? next_due : due;
        uint64_t progress = flow_progress(flow);
        if (progress != stopping->progress)
            stopping->last_progress = now;
        stopping->progress = progress;
        bool stuck = stopping->patience >= 0 && now - stopping->last_progress > stopping->patience;
        if (stuck || now >= stopping->deadline || (stopping->interrupted && stopping->interrupted(stopping->context)))
            return false;
        if (done(flow))
            break;
        int64_t wait = due == INT64_MAX || due - now > 200000000 ? 200000000 : due - now; /* to see progress */
        waker_wait(&flow->runtime->waker, wait > 0 ? wait : 1);
    }
    return true;
}

static bool all_checkpointed(const struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.part_count; i++)
        if (part_completed(flow->parts[i]) < flow->parts[i]->last)
            return false;
    return true;
}

static bool all_finished(const struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.count; i++) {
        const struct input *input = flow->inputs[i];
        const struct output *output = flow->outputs[i];
        if ((input && input->started && !atomic_load(&input->finished))
            || (output && output->started && !atomic_load(&output->finished)))
            return false;
    }
    for (size_t i = 0; i < flow->line_count; i++)
        if (flow->lines[i]->started && !atomic_load(&flow->lines[i]->finished))
            return false;
    return true;
}

static void stop_inputs(struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->inputs[i] && flow->inputs[i]->started && !flow_heir(flow, i))
            input_stop(flow->inputs[i]);
}

static void close_inputs(struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->inputs[i])
            input_close(flow->inputs[i]);
}

static void give_up(struct flow *flow)
{
    for (size_t i = 0; i < flow->line_count; i++)
        line_give_up(flow->lines[i]);
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->outputs[i])
            output_give_up(flow->outputs[i]);
}

static void join(struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->inputs[i] && flow->inputs[i]->started)
            input_join(flow->inputs[i]);
    for (size_t i = 0; i < flow->line_count; i++)
        if (flow->lines[i]->started)
            line_join(flow->lines[i]);
    for (size_t i = 0; i < flow->graph.count; i++)
        if (flow->outputs[i] && flow->outputs[i]->started)
            output_join(flow->outputs[i]);
}

static void want_last_marks(struct flow *flow)
{
    for (size_t i = 0; i < flow->graph.part_count; i++)
        if (flow->parts[i]->started)
            flow->parts[i]->last = part_want(flow->parts[i]);
}

bool flow_stop(struct flow *flow, int64_t limit, int64_t patience, bool (*interrupted)(void *context), void *context)
{
    int64_t now = vane_monotonic();
    struct stopping stopping = {
        .flow = flow, .deadline = limit < 0 ? INT64_MAX : now + limit, .patience = patience, .last_progress = now,
        .interrupted = interrupted, .context = context,
    };
    stop_inputs(flow);
    bool good = wait_for(&stopping, flow_ended);
    flow_hand_over_live(flow);
    want_last_marks(flow);
    good = good && wait_for(&stopping, all_checkpointed);
    if (good)
        flow_hand_over_held(flow);
    close_inputs(flow);
    good = good && wait_for(&stopping, all_finished);
    if (!good)
        give_up(flow);
    join(flow);
    return good;
}
