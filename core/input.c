/* input - see input.h. The input's thread runs everything here but what the header gives to the
 * checkpoint thread; the two meet at the outlet's lock and at the atomics of struct input. */
#include "core/input.h"

#include "core/alloc.h"
#include "core/thread.h"

#include <stdlib.h>

struct input *input_new(struct instance *instance, struct part *part)
{
    struct input *input = alloc_zero(sizeof *input);
    input->instance = instance;
    input->part = part;
    instance->input = input;
    outlet_init(&input->outlet);
    waker_init(&input->waker);
    return input;
}

void input_free(struct input *input)
{
    modify_free(input->modify);
    outlet_release(&input->outlet);
    waker_release(&input->waker);
    lane_free_all(&input->lanes);
    free(input);
}

/* ---- Emitting ---- */

/* Arrival never goes back in a lane: ticks depend on it. */
static int64_t arrival_of(struct lane *lane, const struct vane_metric *metric, int64_t now)
{
    int64_t arrival = metric->arrival == 0 ? now : metric->arrival == VANE_NO_TIME ? metric->time : metric->arrival;
    if (arrival > lane->newest)
        lane->newest = arrival;
    return lane->newest;
}

static int64_t round_to(int64_t time, int64_t precision)
{
    return precision > 1 ? (time + precision / 2) / precision * precision : time;
}

/* Option time_source: the metric's own time, or that of the gather. */
static int64_t time_of(const struct input *input, const struct vane_metric *metric, int64_t now)
{
    switch (input->instance->options->time_source) {
    case COMMON_TIME_COLLECTION_START: return round_to(input->collected ? input->collected : now, input->precision);
    case COMMON_TIME_COLLECTION_END: return round_to(now, input->precision);
    default: return metric->time;
    }
}

/* Stamps and modifies a batch that nobody else holds yet. */
static void finish_batch(struct input *input, struct batch *batch)
{
    int64_t now = vane_now();
    batch_seal(batch, round_to(now, input->precision));
    struct lane *lane = (struct lane *)batch->view.lane;
    for (size_t i = 0; i < batch->view.count; i++) {
        struct vane_metric *metric = (struct vane_metric *)batch->metrics[i];
        metric->arrival = arrival_of(lane, metric, now);
        metric->time = time_of(input, metric, now);
    }
    if (input->modify)
        stats_add(&input->instance->stats, STATS_FILTERED, modify_apply(input->modify, batch));
    batch_seal(batch, now);
}

/* With the outlet's lock: is the oldest data that is not delivered older than the user allows? */
static bool too_old(const struct input *input)
{
    int64_t oldest = input->oldest_marked ? input->oldest_marked : input->oldest_open;
    return input->max_unacknowledged > 0 && oldest && vane_monotonic() - oldest > input->max_unacknowledged;
}

/* Room that is there stays: only this input takes it away. */
static bool may_put(struct input *input)
{
    bool live = input->instance->plugin->live;
    return !input->held && (live || input->promised || (outlet_room(&input->outlet, NULL, true) && !too_old(input)));
}

static void note_dropped(struct instance *instance, size_t metrics)
{
    stats_add(&instance->stats, STATS_DROPPED, metrics);
    if (metrics)
        log_line(&instance->log, VANE_WARN, "a queue behind it is full: %zu metric%s dropped, the oldest or the newest "
                 "as configured", metrics, metrics == 1 ? "" : "s");
}

/* With the outlet's lock. Answers how many metrics were dropped. */
static size_t put(struct input *input, struct batch *batch)
{
    struct lane *lane = (struct lane *)batch->view.lane;
    if (batch->has_next) {
        lane->emitted = batch->next;
        lane->emitted_newest = lane->newest;
        lane->has_emitted = true;
    }
    if (!input->oldest_open)
        input->oldest_open = vane_monotonic();
    stats_add(&input->instance->stats, STATS_OUT, batch->view.count);
    part_moved(input->part);
    if (batch->view.count > 0)
        return outlet_put(&input->outlet, NULL, batch);
    batch_unref(batch);
    return 0;
}

bool input_emit(struct input *input, struct batch *batch)
{
    if (!batch->view.lane)
        batch->view.lane = vane_lane(&input->instance->self, "");
    finish_batch(input, batch);
    bool waited = false, done = false;
    size_t dropped = 0;
    while (!done && !atomic_load(&input->stop)) {
        pthread_mutex_lock(&input->outlet.lock);
        done = may_put(input);
        if (done)
            dropped = put(input, batch);
        pthread_mutex_unlock(&input->outlet.lock);
        if (!done)
            waker_wait(&input->waker, -1);
        waited |= !done;
    }
    input->promised = false;
    if (waited) /* what else woke us is for the next vane_wait */
        waker_wake(&input->waker);
    if (!done) {
        batch_unref(batch);
        return false;
    }
    note_dropped(input->instance, dropped);
    instance_lasted(input->instance);
    return true;
}

bool vane_full(struct vane_self *self)
{
    struct input *input = instance_of(self)->input;
    if (!input)
        return false;
    pthread_mutex_lock(&input->outlet.lock);
    input->promised = may_put(input);
    pthread_mutex_unlock(&input->outlet.lock);
    return !input->promised;
}

/* ---- Waiting ---- */

static int64_t random_below(int64_t limit)
{
    return limit > 0 ? (int64_t)((double)random() / 2147483648.0 * (double)limit) : 0;
}

/* The next gather, aligned to the interval by the wall clock where that is asked for. */
static void schedule_tick(struct input *input)
{
    int64_t wait = input->ticked || input->round_interval ? input->interval : 0;
    if (input->round_interval && input->interval > 0)
        wait = input->interval - (vane_now() - input->offset) % input->interval;
    input->next_tick = vane_monotonic() + wait + random_below(input->jitter);
}

static bool tick_if_due(struct input *input, enum vane_result *result)
{
    struct instance *instance = input->instance;
    if (!instance->plugin->tick || vane_monotonic() < input->next_tick)
        return false;
    input->collected = vane_now();
    *result = instance->plugin->tick(&instance->self, NULL, input->collected);
    input->ticked = true;
    schedule_tick(input);
    return true;
}

/* Calls what is due; answers whether anything was. */
static bool call_due(struct input *input)
{
    enum vane_result result = VANE_OK;
    bool called = input_tell_delivered(input);
    if (tick_if_due(input, &result)) {
        called = true;
        if (result == VANE_OK)
            instance_recovered(input->instance, "gather");
        else
            instance_back_off(input->instance, "gather");
    }
    return called;
}

static bool wanted(struct input *input)
{
    return !atomic_load(&input->stop) && !atomic_load(&input->enough);
}

bool input_wait(struct input *input, int64_t ns)
{
    bool woken = waker_clear(&input->waker); /* perhaps for room after vane_full: the plugin looks again */
    bool called = call_due(input);
    if (woken || called || ns == 0 || !wanted(input))
        return wanted(input);
    if (input->instance->plugin->tick) {
        int64_t left = input->next_tick - vane_monotonic(), until = left > 0 ? left : 0;
        ns = ns < 0 || until < ns ? until : ns;
    }
    waker_wait(&input->waker, ns);
    call_due(input);
    return wanted(input);
}

/* Inputs with a run have no tick: whatever is due for them comes with a wake. */
int input_wait_fd(struct input *input)
{
    if (!input->waits_by_fd)
        waker_wake(&input->waker); /* what woke us before may not have been looked at */
    input->waits_by_fd = true;
    return waker_fd(&input->waker);
}

/* ---- The thread ---- */

static enum vane_result gather(struct input *input)
{
    struct instance *instance = input->instance;
    if (instance->runtime->mode != VANE_RUN) {
        input->collected = vane_now();
        return instance->plugin->tick(&instance->self, NULL, input->collected);
    }
    schedule_tick(input);
    while (vane_wait(&instance->self, -1))
        ;
    return VANE_OK;
}

/* Until the input has ended (OK), failed for good, or is stopped (RETRY). */
static enum vane_result run(struct input *input)
{
    struct instance *instance = input->instance;
    while (!atomic_load(&input->stop)) {
        input->waits_by_fd = input->promised = false;
        enum vane_result result = instance_open(instance);
        if (result == VANE_OK) {
            result = instance->plugin->run ? instance->plugin->run(&instance->self) : gather(input);
            if (result == VANE_OK)
                return VANE_OK;
            if (result == VANE_FAIL) {
                instance_failed(instance, "run", 1);
                return VANE_FAIL;
            }
            instance_lasted(instance);
            instance_back_off(instance, "run");
            instance_close(instance);
        }
        if (result == VANE_FAIL) /* ignored: the flow goes on as if it had ended */
            return atomic_load(&instance->runtime->fatal) ? VANE_FAIL : VANE_OK;
        instance_pause(instance, &input->waker, &input->stop);
    }
    return VANE_RETRY;
}

static void put_item(struct input *input, struct edge_item item)
{
    pthread_mutex_lock(&input->outlet.lock);
    outlet_put_item(&input->outlet, item);
    pthread_mutex_unlock(&input->outlet.lock);
}

static void *input_main(void *context)
{
    struct input *input = context;
    struct instance *instance = input->instance;
    instance_enter(instance);
    if (instance->plugin->live) /* what was saved stands before a gap */
        put_item(input, (struct edge_item){ .kind = EDGE_GAP, .lane = vane_lane(&instance->self, "") });
    bool ended = run(input) == VANE_OK;

    pthread_mutex_lock(&input->outlet.lock);
    input->end_put = ended && !atomic_load(&input->stop);
    if (input->end_put)
        outlet_put_item(&input->outlet, (struct edge_item){ .kind = EDGE_END });
    pthread_mutex_unlock(&input->outlet.lock);
    atomic_store(&input->ended, true);
    waker_wake(&instance->runtime->waker);

    while (!atomic_load(&input->close)) {
        waker_wait(&input->waker, -1);
        input_tell_delivered(input);
    }
    input_tell_delivered(input);
    instance_close(instance);
    put_item(input, (struct edge_item){ .kind = EDGE_STOP });
    atomic_store(&input->finished, true);
    waker_wake(&instance->runtime->waker);
    return NULL;
}

void input_start(struct input *input)
{
    input->started = true;
    thread_start(&input->thread, "vane-input", input_main, input);
}

void input_stop(struct input *input)
{
    atomic_store(&input->stop, true);
    waker_wake(&input->waker);
}

void input_enough(struct input *input)
{
    atomic_store(&input->enough, true);
    waker_wake(&input->waker);
}

void input_close(struct input *input)
{
    atomic_store(&input->close, true);
    input_stop(input);
    if (!input->started)
        put_item(input, (struct edge_item){ .kind = EDGE_STOP });
}

void input_hold(struct input *input)
{
    pthread_mutex_lock(&input->outlet.lock);
    input->held = true;
    pthread_mutex_unlock(&input->outlet.lock);
}

static void change_part(struct input *input, struct part *part, struct input *before)
{
    input->part = part;
    for (size_t i = 0; i < part->input_count; i++)
        if (part->inputs[i] == before)
            part->inputs[i] = input;
}

void input_trade(struct input *input, struct input *other)
{
    struct part *old = input->part, *new = other->part;
    pthread_mutex_lock(&input->outlet.lock);
    outlet_swap(&input->outlet, &input->waker, &other->outlet, &other->waker);
    change_part(input, new, other);
    change_part(other, old, input);
    part_follow(new, old);
    input->held = false;
    input->oldest_open = input->oldest_marked = 0;
    if (input->end_put)
        outlet_put_item(&input->outlet, (struct edge_item){ .kind = EDGE_END });
    pthread_mutex_unlock(&input->outlet.lock);
    waker_wake(&input->waker);
}

void input_join(struct input *input)
{
    pthread_join(input->thread, NULL);
}
