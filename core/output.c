/* output - see output.h. One thread runs all of it; edges are its only meeting places with others. */
#include "core/output.h"

#include "core/alloc.h"
#include "core/output_write.h"
#include "core/thread.h"

#include <stdlib.h>

static const int64_t GRACE = INT64_C(2000000000); /* of best effort, at the stop */

/* A batch that was taken from an edge; metrics before `at` are in writes. */
struct intake {
    struct intake *next;
    struct batch  *batch;
    size_t         at;
};

/* ---- Life ---- */

struct output *output_new(struct instance *instance, struct part *part)
{
    struct output *output = alloc_zero(sizeof *output);
    output->instance = instance;
    output->runtime = instance->runtime;
    output->part = part;
    output->intake_end = &output->intake;
    output->batch_size = 1000;
    output->max_in_flight = 1;
    instance->output = output;
    waker_init(&output->waker);
    return output;
}

static void drop_intake(struct output *output)
{
    struct intake *first = output->intake;
    output->intake = first->next;
    if (!output->intake)
        output->intake_end = &output->intake;
    batch_unref(first->batch);
    free(first);
}

/* What nobody will write any more. It is lost only where the user chose best effort: else it is not acknowledged. */
static void drop_all(struct output *output)
{
    size_t lost = output->intake_metrics;
    while (output->intake)
        drop_intake(output);
    output->intake_metrics = 0;
    lost += output_write_drop(output);
    for (size_t i = 0; i < output->edge_count; i++)
        lost += edge_drop_all(output->edges[i].edge);
    if (!output->part)
        stats_add(&output->instance->stats, STATS_DROPPED, lost);
}

void output_free(struct output *output)
{
    for (size_t i = 0; i < output->edge_count; i++)
        edge_free(output->edges[i].edge);
    free(output->edges);
    modify_free(output->modify);
    waker_release(&output->waker);
    free(output);
}

struct edge *output_add_edge(struct output *output, const struct edge_limits *limits, struct waker *source)
{
    output->edges = alloc_resize(output->edges, output->edge_count + 1, sizeof *output->edges);
    struct edge *edge = edge_new(limits, source, &output->waker);
    output->edges[output->edge_count++] = (struct output_edge){ .edge = edge };
    return edge;
}

/* ---- Intake ---- */

static void take_batch(struct output *output, struct batch *batch)
{
    struct instance *instance = output->instance;
    stats_add(&instance->stats, STATS_IN, batch->view.count);
    if (!instance->opened) { /* ignored since it could not be opened */
        stats_add(&instance->stats, STATS_DROPPED, batch->view.count);
        batch_unref(batch);
        return;
    }
    if (output->modify) {
        batch = batch_own(batch);
        stats_add(&instance->stats, STATS_FILTERED, modify_apply(output->modify, batch));
        batch_seal(batch, 0);
    }
    if (batch->view.count == 0) {
        batch_unref(batch);
        return;
    }
    struct intake *intake = alloc_zero(sizeof *intake);
    intake->batch = batch;
    *output->intake_end = intake;
    output->intake_end = &intake->next;
    output->intake_metrics += batch->view.count;
}

static bool all(const struct output *output, size_t flag)
{
    for (size_t i = 0; i < output->edge_count; i++)
        if (!*((const bool *)((const char *)&output->edges[i] + flag)))
            return false;
    return true;
}

static bool all_ended(const struct output *output)
{
    return all(output, offsetof(struct output_edge, ended));
}

static bool all_stopped(const struct output *output)
{
    return all(output, offsetof(struct output_edge, stopped));
}

static void handle(struct output *output, struct output_edge *from, struct edge_item item)
{
    switch (item.kind) {
    case EDGE_BATCH:
        take_batch(output, item.batch);
        break;
    case EDGE_MARK:
        from->marked = output->part != NULL;
        if (from->marked && all(output, offsetof(struct output_edge, marked)))
            output->mark = item.mark;
        break;
    case EDGE_LOST:
    case EDGE_GAP:
        break;
    case EDGE_END:
        from->ended = true;
        break;
    case EDGE_STOP:
        from->stopped = true;
        break;
    }
}

/* Fills the intake up to one write's worth; fair between edges. */
static void take(struct output *output)
{
    size_t idle = 0;
    while (idle < output->edge_count && output->intake_metrics < output->batch_size && !output->mark) {
        struct output_edge *from = &output->edges[output->turn];
        output->turn = (output->turn + 1) % output->edge_count;
        struct edge_item item;
        if (from->marked || !edge_take(from->edge, &item)) {
            idle++;
            continue;
        }
        idle = 0;
        handle(output, from, item);
    }
}

/* ---- Writing ---- */

static struct write *compose(struct output *output)
{
    size_t room = output->intake_metrics < output->batch_size ? output->intake_metrics : output->batch_size;
    struct write *write = write_new(room);
    for (struct intake *intake = output->intake; intake && write->view.count < room; intake = intake->next) {
        size_t count = intake->batch->view.count - intake->at, space = room - write->view.count;
        write_add(write, intake->batch, intake->at, intake->at + (count < space ? count : space));
    }
    return write;
}

static void consume(struct output *output, size_t count)
{
    output->intake_metrics -= count;
    while (count > 0) {
        struct intake *first = output->intake;
        size_t rest = first->batch->view.count - first->at, used = count < rest ? count : rest;
        first->at += used;
        count -= used;
        if (used == rest)
            drop_intake(output);
    }
}

static bool may_begin(const struct output *output)
{
    return output->write_count < output->max_in_flight && !output->blocked && !output_write_waits(output);
}

static bool flush_due(const struct output *output)
{
    if (output->intake_metrics == 0)
        return false;
    return output->intake_metrics >= output->batch_size || output->mark || all_ended(output) || all_stopped(output)
           || vane_monotonic() >= output->next_flush;
}

/* Begins one write, if there may be one more. */
static bool begin_write(struct output *output)
{
    if (!flush_due(output) || !may_begin(output))
        return false;
    struct write *write = compose(output);
    output->blocked = output_write_conflicts(output, write);
    if (output->blocked) {
        write_free(write);
        return false;
    }
    consume(output, write->view.count);
    if (output->flush_interval > 0)
        output->next_flush = vane_monotonic() + output->flush_interval
                             + (output->flush_jitter > 0 ? random() % output->flush_jitter : 0);
    output_write_begin(output, write);
    return true;
}

/* ---- Marks ---- */

/* All edges have brought the mark, and all that stood before it is settled: it has passed. */
static bool pass_mark(struct output *output)
{
    if (!output->mark || output->intake_metrics || output->writes)
        return false;
    if (output->instance->plugin->save && output->instance->opened && output->runtime->store)
        part_save(output->part, output->instance, NULL);
    uint64_t mark = output->mark;
    output->mark = 0;
    for (size_t i = 0; i < output->edge_count; i++)
        output->edges[i].marked = false;
    part_passed(output->part, mark);
    return true;
}

/* ---- Waiting ---- */

static bool ticks(const struct output *output)
{
    const struct instance *instance = output->instance;
    return instance->opened && instance->plugin->tick && instance->tick_every > 0;
}

static bool tick_if_due(struct output *output)
{
    struct instance *instance = output->instance;
    if (!ticks(output) || vane_monotonic() < output->next_tick)
        return false;
    output->next_tick = vane_monotonic() + instance->tick_every;
    if (instance->plugin->tick(&instance->self, NULL, vane_now()) != VANE_OK)
        log_line(&instance->log, VANE_ERROR, "tick: %s", instance->reason);
    return true;
}

static bool work(struct output *output)
{
    bool worked = false;
    take(output);
    while (output_write_retry(output) || begin_write(output) || pass_mark(output)) {
        worked = true;
        take(output);
        if (atomic_load(&output->abort))
            break;
    }
    return tick_if_due(output) || worked;
}

static bool nothing_comes(const struct output *output)
{
    for (size_t i = 0; i < output->edge_count; i++)
        if (!edge_stopped(output->edges[i].edge))
            return false;
    return true;
}

static bool given_up(const struct output *output)
{
    if (output->part || !nothing_comes(output))
        return false;
    return output->instance->tries > 0 || (output->give_up_at && vane_monotonic() >= output->give_up_at);
}

static bool done(const struct output *output)
{
    if (atomic_load(&output->abort) || given_up(output))
        return true;
    return all_stopped(output) && !output->intake && !output->writes && !output->mark;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When something is due without anybody waking us (monotonic). */
static int64_t next_due(const struct output *output)
{
    int64_t due = INT64_MAX;
    for (const struct write *write = output->writes; write; write = write->next)
        if (write->state == WRITE_NEW)
            due = earlier(due, write->not_before);
    if (output->intake_metrics && may_begin(output))
        due = earlier(due, output->next_flush);
    if (ticks(output))
        due = earlier(due, output->next_tick);
    if (output->give_up_at)
        due = earlier(due, output->give_up_at);
    return due;
}

static int64_t until_due(const struct output *output)
{
    int64_t due = next_due(output), left = due - vane_monotonic();
    return due == INT64_MAX ? -1 : left > 0 ? left : 0;
}

bool output_wait(struct output *output, int64_t ns)
{
    waker_clear(&output->waker);
    if (!output->part && !output->give_up_at && nothing_comes(output))
        output->give_up_at = vane_monotonic() + GRACE;
    bool worked = work(output);
    if (!worked && ns != 0 && !done(output)) {
        int64_t until = until_due(output);
        waker_wait(&output->waker, ns < 0 ? until : until < 0 ? ns : earlier(ns, until));
        work(output);
    }
    if (output->waits_by_fd)
        waker_alarm(&output->waker, until_due(output));
    return !done(output);
}

int output_wait_fd(struct output *output)
{
    if (!output->waits_by_fd)
        waker_wake(&output->waker); /* what woke us before may not have been looked at, and no alarm is set */
    output->waits_by_fd = true;
    return waker_fd(&output->waker);
}

/* ---- The thread ---- */

static void pause_output(struct output *output)
{
    int64_t left;
    while (!done(output) && (left = output->instance->not_before - vane_monotonic()) > 0)
        waker_wait(&output->waker, left);
}

static bool open_output(struct output *output)
{
    struct instance *instance = output->instance;
    output->waits_by_fd = false;
    while (!done(output)) {
        enum vane_result result = instance_open(instance);
        if (result != VANE_RETRY)
            return result == VANE_OK || !atomic_load(&output->runtime->fatal);
        pause_output(output);
    }
    return false;
}

static enum vane_result run(struct output *output)
{
    struct instance *instance = output->instance;
    output->next_tick = vane_monotonic() + instance->tick_every;
    if (instance->opened && instance->plugin->run)
        return instance->plugin->run(&instance->self);
    while (output_wait(output, -1))
        ;
    return VANE_OK;
}

static void *output_main(void *context)
{
    struct output *output = context;
    struct instance *instance = output->instance;
    instance_enter(instance);
    while (!done(output) && open_output(output)) {
        enum vane_result result = run(output);
        if (done(output))
            break;
        if (result == VANE_FAIL) {
            instance_failed(instance, "run", 1);
            break;
        }
        instance_lasted(instance);
        instance_back_off(instance, "run");
        instance_close(instance);
        output_write_reclaim(output);
        pause_output(output);
    }
    while (!done(output)) /* failed: until the agent has stopped */
        waker_wait(&output->waker, -1);
    instance_close(instance);
    drop_all(output);
    atomic_store(&output->finished, true);
    waker_wake(&output->runtime->waker);
    return NULL;
}

void output_start(struct output *output)
{
    output->started = true;
    thread_start(&output->thread, "vane-output", output_main, output);
}

void output_give_up(struct output *output)
{
    atomic_store(&output->abort, true);
    waker_wake(&output->waker);
}

void output_join(struct output *output)
{
    pthread_join(output->thread, NULL);
}
