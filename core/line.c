/* line - see line.h. One thread runs all of it; edges are its only meeting places with others. */
#include "core/line.h"

#include "core/alloc.h"
#include "core/thread.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t MOST_PAUSE = 100000000;

/* ---- Life ---- */

struct line *line_new(struct runtime *runtime, struct part *part)
{
    struct line *line = alloc_zero(sizeof *line);
    line->runtime = runtime;
    line->part = part;
    outlet_init(&line->outlet);
    waker_init(&line->waker);
    return line;
}

void line_free(struct line *line)
{
    for (size_t i = 0; i < line->edge_count; i++)
        edge_free(line->edges[i].edge);
    free(line->edges);
    while (line->first) {
        struct stage *stage = line->first;
        line->first = stage->next;
        modify_free(stage->modify);
        ticks_release(&stage->ticks);
        free(stage);
    }
    ticks_release(&line->cuts);
    outlet_release(&line->outlet);
    waker_release(&line->waker);
    free(line);
}

void line_add_stage(struct line *line, struct instance *instance, struct modify *modify, bool drop_original)
{
    struct stage *stage = alloc_zero(sizeof *stage);
    *stage = (struct stage){ .instance = instance, .line = line, .modify = modify, .drop_original = drop_original };
    instance->stage = stage;
    struct stage **last = &line->first;
    while (*last)
        last = &(*last)->next;
    *last = stage;
}

struct edge *line_add_edge(struct line *line, const struct edge_limits *limits, struct waker *source)
{
    line->edges = alloc_resize(line->edges, line->edge_count + 1, sizeof *line->edges);
    struct edge *edge = edge_new(limits, source, &line->waker);
    line->edges[line->edge_count++] = (struct line_edge){ .edge = edge };
    return edge;
}

/* ---- Batches through the stages ---- */

static bool put(struct stage *last, const char *route, struct batch *batch)
{
    struct line *line = last->line;
    for (;;) {
        pthread_mutex_lock(&line->outlet.lock);
        bool room = outlet_room(&line->outlet, route, true);
        if (room) {
            size_t dropped = outlet_put(&line->outlet, route, batch);
            if (dropped)
                stats_add(&last->instance->stats, STATS_DROPPED, dropped);
        }
        pthread_mutex_unlock(&line->outlet.lock);
        if (room)
            return true;
        if (atomic_load(&line->abort)) {
            batch_unref(batch);
            return false;
        }
        waker_wait(&line->waker, -1);
    }
}

static bool pass_on(struct stage *stage, struct batch *batch);

static void dead_letter(struct instance *instance, const char *reason, const struct vane_metric *metric)
{
    struct error err;
    stats_add(&instance->stats, STATS_REJECTED, 1);
    if (!dead_letter_metric(&instance->dead_letter, instance->log.name, reason, metric, &err))
        log_line(&instance->log, VANE_ERROR, "dead letter: %s", err.text);
}

void vane_refuse(struct vane_self *self, struct vane_batch *batch, size_t i, const char *format, ...)
{
    struct instance *instance = instance_of(self);
    char reason[2 * sizeof instance->reason];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    size_t length = strcspn(reason, "\n");
    log_line(&instance->log, VANE_WARN, "a metric of '%s' is refused: %.*s%s%s", batch->metrics[i]->series->name,
             (int)length, reason, reason[length] ? reason + length + 1 : "",
             dead_letter_hint(&instance->dead_letter));
    reason[length] = '\0';
    dead_letter(instance, reason, batch->metrics[i]);
    vane_drop(batch, i);
}

/* One callback of the plugin over metrics that are all for it. Takes the batch. */
static bool process(struct stage *stage, struct batch *batch)
{
    struct instance *instance = stage->instance;
    batch = batch_own(batch);
    stats_add(&instance->stats, STATS_IN, batch->view.count);
    stage->lane = batch->view.lane;
    stage->arrival = batch->view.count ? batch->metrics[batch->view.count - 1]->arrival : 0;
    batch->arrival = stage->arrival;
    enum vane_result result = VANE_OK;
    instance_enter(instance);
    if (instance->opened && instance->plugin->process) /* one that is ignored lets everything pass */
        result = instance->plugin->process(&instance->self, &batch->view);
    batch_seal(batch, stage->arrival);
    if (result != VANE_OK) {
        stats_add(&instance->stats, STATS_ERRORS, 1);
        log_line(&instance->log, VANE_ERROR, "process: %s%s", instance->reason,
                 dead_letter_hint(&instance->dead_letter));
        for (size_t i = 0; i < batch->view.count; i++)
            dead_letter(instance, instance->reason, batch->metrics[i]);
    }
    if (result != VANE_OK || stage->drop_original || batch->view.count == 0) {
        batch_unref(batch);
        return true;
    }
    stats_add(&instance->stats, STATS_OUT, batch->view.count);
    return pass_on(stage, batch);
}

/* ---- Ticks: before the first metric that arrived at or after the due time of its lane ---- */

static bool ticks(const struct stage *stage)
{
    const struct instance *instance = stage->instance;
    return instance->opened && instance->plugin->tick && instance->tick_every > 0;
}

static void tick_if_due(struct stage *stage, const struct batch *batch)
{
    struct instance *instance = stage->instance;
    int64_t arrival = batch->metrics[batch->view.count - 1]->arrival;
    int64_t *due = ticks_due(&stage->ticks, batch->view.lane);
    if (arrival < *due)
        return;
    bool first = *due == INT64_MIN;
    *due = tick_next(arrival, instance->tick_every);
    if (first)
        return;
    stage->lane = batch->view.lane;
    stage->arrival = tick_floor(arrival, instance->tick_every);
    instance_enter(instance);
    if (instance->plugin->tick(&instance->self, stage->lane, stage->arrival) != VANE_OK)
        instance_failed(instance, "tick", 1);
}

/* Metrics from .. to - 1 of a batch, over the same arenas. */
static struct batch *slice(const struct batch *batch, size_t from, size_t to)
{
    struct batch *part = batch_new();
    part->view.lane = batch->view.lane;
    batch_borrow(part, batch, from, to);
    return part;
}

/* ---- Selection ---- */

/* Metrics that are all for the plugin. Takes the batch. */
static bool take_selected(struct stage *stage, struct batch *batch)
{
    if (stage->modify) {
        batch = batch_own(batch);
        stats_add(&stage->instance->stats, STATS_FILTERED, modify_apply(stage->modify, batch));
        batch_seal(batch, 0);
    }
    if (ticks(stage) && batch->view.count)
        tick_if_due(stage, batch);
    return process(stage, batch);
}

struct picking {
    const bool *flags;
    size_t      at;
    bool        wanted;
};

static bool pick(const struct vane_metric *metric, void *context)
{
    struct picking *picking = context;
    (void)metric;
    return picking->flags[picking->at++] == picking->wanted;
}

/* Names and tags decide: a series is selected or not, and the order between series does not matter. */
static bool take_by_series(struct stage *stage, struct batch *batch, const bool *flags)
{
    struct picking by = { .flags = flags, .wanted = false }, mine = { .flags = flags, .wanted = true };
    struct batch *rest = batch_filter(batch, pick, &by), *selected = batch_filter(batch, pick, &mine);
    bool going = !rest || pass_on(stage, rest);
    return (!selected || take_selected(stage, selected)) && going;
}

/* A condition may split a series: run by run, so that none of its metrics overtakes another. */
static bool take_by_runs(struct stage *stage, struct batch *batch, const bool *flags)
{
    bool going = true;
    for (size_t from = 0, to; from < batch->view.count; from = to) {
        for (to = from + 1; to < batch->view.count && flags[to] == flags[from]; to++)
            ;
        struct batch *run = slice(batch, from, to);
        going = (flags[from] ? take_selected(stage, run) : pass_on(stage, run)) && going;
    }
    return going;
}

static bool take_divided(struct stage *stage, struct batch *batch, const bool *flags)
{
    bool going = stage->instance->options->metricpass ? take_by_runs(stage, batch, flags)
                                                      : take_by_series(stage, batch, flags);
    batch_unref(batch);
    return going;
}

/* Takes the batch. Metrics that are not selected pass by. */
static bool stage_take(struct stage *stage, struct batch *batch)
{
    if (!stage->modify)
        return take_selected(stage, batch);
    bool *flags = alloc_array(batch->view.count, sizeof *flags);
    bool all = modify_select(stage->modify, batch, flags) == batch->view.count;
    bool going = all ? take_selected(stage, batch) : take_divided(stage, batch, flags);
    free(flags);
    return going;
}

/* A batch from an edge, cut where any processor of the part may tick. */
static void line_take(struct line *line, struct batch *batch)
{
    if (!part_ticks(line->part)) {
        stage_take(line->first, batch);
        return;
    }
    int64_t *due = ticks_due(&line->cuts, batch->view.lane);
    size_t from = 0;
    for (size_t i = 0; i < batch->view.count; i++) {
        if (batch->metrics[i]->arrival < *due)
            continue;
        *due = part_next_tick(line->part, batch->metrics[i]->arrival);
        if (i > from)
            stage_take(line->first, slice(batch, from, i));
        from = i;
    }
    if (from == 0) {
        stage_take(line->first, batch);
        return;
    }
    stage_take(line->first, slice(batch, from, batch->view.count));
    batch_unref(batch);
}

static bool pass_on(struct stage *stage, struct batch *batch)
{
    return stage->next ? stage_take(stage->next, batch) : put(stage, NULL, batch);
}

/* False: there is nothing in it, and it is gone. */
static bool seal_emitted(struct stage *stage, struct batch *batch)
{
    batch_seal(batch, stage->arrival);
    if (!batch->view.lane)
        batch->view.lane = stage->lane;
    if (batch->view.count == 0) {
        batch_unref(batch);
        return false;
    }
    stats_add(&stage->instance->stats, STATS_OUT, batch->view.count);
    return true;
}

bool stage_emit(struct stage *stage, struct batch *batch)
{
    if (!seal_emitted(stage, batch))
        return true;
    bool going = pass_on(stage, batch);
    instance_enter(stage->instance); /* those behind it have run */
    return going;
}

/* A route that somebody takes ends the line: nodes behind this one in it mean that nobody does. */
bool vane_emit_to(struct vane_self *self, struct vane_batch *view, const char *route)
{
    struct stage *stage = instance_of(self)->stage;
    struct batch *batch = (struct batch *)view;
    if (!stage->next)
        return !seal_emitted(stage, batch) || put(stage, route, batch);
    batch_unref(batch);
    return true;
}

/* ---- What comes in order with the batches ---- */

static void pass_item(struct line *line, struct edge_item item)
{
    pthread_mutex_lock(&line->outlet.lock);
    outlet_put_item(&line->outlet, item);
    pthread_mutex_unlock(&line->outlet.lock);
}

static void lose(struct line *line, const struct vane_lane *lane)
{
    ticks_forget(&line->cuts, lane);
    for (struct stage *stage = line->first; stage; stage = stage->next) {
        ticks_forget(&stage->ticks, lane);
        instance_enter(stage->instance);
        if (stage->instance->plugin->lost && stage->instance->opened)
            stage->instance->plugin->lost(&stage->instance->self, lane);
    }
    pass_item(line, (struct edge_item){ .kind = EDGE_LOST, .lane = lane });
}

static void tell_gap(struct line *line, const struct vane_lane *lane)
{
    for (struct stage *stage = line->first; stage; stage = stage->next) {
        instance_enter(stage->instance);
        if (stage->instance->plugin->gap && stage->instance->opened)
            stage->instance->plugin->gap(&stage->instance->self, lane);
    }
    pass_item(line, (struct edge_item){ .kind = EDGE_GAP, .lane = lane });
}

static void end(struct line *line)
{
    line->ended = true;
    for (struct stage *stage = line->first; stage; stage = stage->next) {
        struct instance *instance = stage->instance;
        instance_enter(instance);
        if (instance->plugin->end && instance->opened && instance->plugin->end(&instance->self) != VANE_OK)
            instance_failed(instance, "end", 1);
    }
    pass_item(line, (struct edge_item){ .kind = EDGE_END });
}

static bool all_marked(const struct line *line)
{
    for (size_t i = 0; i < line->edge_count; i++)
        if (!line->edges[i].marked)
            return false;
    return true;
}

static bool all_ended(const struct line *line)
{
    for (size_t i = 0; i < line->edge_count; i++)
        if (!line->edges[i].ended)
            return false;
    return true;
}

static bool all_stopped(const struct line *line)
{
    for (size_t i = 0; i < line->edge_count; i++)
        if (!line->edges[i].stopped)
            return false;
    return true;
}

static void pass_mark(struct line *line)
{
    line_save(line);
    pass_item(line, (struct edge_item){ .kind = EDGE_MARK, .mark = line->mark });
    for (size_t i = 0; i < line->edge_count; i++)
        line->edges[i].marked = false;
    part_passed(line->part, line->mark);
}

static void handle(struct line *line, struct line_edge *from, struct edge_item item)
{
    switch (item.kind) {
    case EDGE_BATCH:
        line_take(line, item.batch);
        break;
    case EDGE_MARK:
        from->marked = true;
        line->mark = item.mark;
        if (all_marked(line))
            pass_mark(line);
        break;
    case EDGE_LOST:
        lose(line, item.lane);
        break;
    case EDGE_GAP:
        tell_gap(line, item.lane);
        break;
    case EDGE_END:
        from->ended = true;
        if (all_ended(line))
            end(line);
        break;
    case EDGE_STOP:
        from->stopped = true;
        break;
    }
}

/* One item of an edge that may be taken from; false: there is none. */
static bool work(struct line *line)
{
    for (size_t i = 0; i < line->edge_count; i++) {
        struct line_edge *from = &line->edges[line->turn];
        line->turn = (line->turn + 1) % line->edge_count;
        struct edge_item item;
        if (from->marked || !edge_take(from->edge, &item))
            continue;
        handle(line, from, item);
        return true;
    }
    return false;
}

/* ---- The thread ---- */

static bool open_stage(struct line *line, struct stage *stage)
{
    struct instance *instance = stage->instance;
    while (!atomic_load(&line->abort)) {
        enum vane_result result = instance_open(instance);
        if (result == VANE_OK && ticks(stage))
            part_add_tick(line->part, instance->tick_every);
        if (result == VANE_OK && ticks(stage) && line->runtime->store)
            stage_load_ticks(stage);
        if (result != VANE_RETRY)
            return result == VANE_OK || !atomic_load(&line->runtime->fatal);
        instance_pause(instance, &line->waker, &line->abort);
    }
    return false;
}

static void *line_main(void *context)
{
    struct line *line = context;
    bool opened = true;
    for (struct stage *stage = line->first; stage; stage = stage->next)
        opened = open_stage(line, stage) && opened;
    part_line_opened(line->part);
    /* Only when all are open all ticks are known. Nobody wakes us: mostly it takes no time at all. */
    for (int64_t pause = 1000000; !part_lines_open(line->part) && !atomic_load(&line->abort); pause += pause / 8)
        waker_wait(&line->waker, pause < MOST_PAUSE ? pause : MOST_PAUSE);

    while (!all_stopped(line) && !atomic_load(&line->abort)) {
        if (!opened || !work(line))
            waker_wait(&line->waker, -1);
    }
    for (struct stage *stage = line->first; stage; stage = stage->next)
        instance_close(stage->instance);
    pass_item(line, (struct edge_item){ .kind = EDGE_STOP });
    atomic_store(&line->finished, true);
    waker_wake(&line->runtime->waker);
    return NULL;
}

void line_start(struct line *line)
{
    line->started = true;
    thread_start(&line->thread, "vane-line", line_main, line);
}

void line_give_up(struct line *line)
{
    atomic_store(&line->abort, true);
    waker_wake(&line->waker);
}

void line_join(struct line *line)
{
    pthread_join(line->thread, NULL);
}
