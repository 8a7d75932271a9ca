#include "core/part.h"

#include "core/alloc.h"
#include "core/input.h"
#include "core/log.h"
#include "core/tick.h"

#include <stdlib.h>

/* Saving and writing may take one part in twenty of the time: 5 %. */
enum { COST_FACTOR = 20 };

struct part *part_new(struct runtime *runtime, int64_t interval)
{
    struct part *part = alloc_zero(sizeof *part);
    pthread_mutex_init(&part->lock, NULL);
    part->runtime = runtime;
    part->interval = interval;
    part->next = vane_monotonic() + interval;
    return part;
}

void part_follow(struct part *part, const struct part *before)
{
    pthread_mutex_lock(&part->lock);
    if (part->mark < before->mark)
        part->mark = part->completed = part->followed = before->mark;
    if (part->number < before->number)
        part->number = before->number;
    pthread_mutex_unlock(&part->lock);
}

void part_free(struct part *part)
{
    pthread_mutex_destroy(&part->lock);
    store_records_release(&part->records);
    free(part->ticks);
    free(part->inputs);
    free(part);
}

/* ---- The flow's thread ---- */

static void begin(struct part *part, int64_t now)
{
    struct store *store = part->keeps ? part->runtime->store : NULL;
    pthread_mutex_lock(&part->lock);
    uint64_t mark = ++part->mark;
    uint64_t newest = store ? store_newest(store) : part->number;
    part->number = (newest > part->number ? newest : part->number) + 1;
    part->on_the_way = true;
    part->waiting = part->takers;
    part->moved = part->failed = false;
    /* The first of a part too, also behind a reload: what its processors refused to load is not to come back. */
    bool first = part->completed == part->followed;
    part->full = first || part->broken || !store || store_wants_full(store, part->name);
    part->save_ns = 0;
    store_records_release(&part->records);
    pthread_mutex_unlock(&part->lock);

    part->begun = now;
    for (size_t i = 0; i < part->input_count; i++)
        input_mark(part->inputs[i], mark);
}

static bool write_checkpoint(struct part *part, struct store *store)
{
    struct store_position *positions = NULL;
    size_t count = 0;
    for (size_t i = 0; i < part->input_count; i++)
        count = input_positions(part->inputs[i], &positions, count);
    struct store_checkpoint checkpoint = {
        .part = part->name, .number = part->number, .full = part->full,
        .positions = positions, .position_count = count, .records = &part->records,
    };
    struct error err;
    bool written = store_write(store, &checkpoint, &err);
    if (!written && !part->unwritten)
        log_line(NULL, VANE_ERROR, "checkpoint: %s; what is delivered is not acknowledged until one succeeds",
                 err.text);
    if (written && part->unwritten)
        log_line(NULL, VANE_INFO, "checkpoint: succeeded");
    part->unwritten = !written;
    free(positions);
    return written;
}

/* All have passed: nobody else touches the checkpoint until the next mark. */
static void finish(struct part *part, int64_t now)
{
    struct store *store = part->keeps ? part->runtime->store : NULL;
    bool good = !part->failed && (!store || write_checkpoint(part, store));
    int64_t took = vane_monotonic() - now + part->save_ns;
    for (size_t i = 0; good && i < part->input_count; i++) /* first: a part that is idle has told its inputs */
        input_confirm(part->inputs[i], part->mark, part->number);

    pthread_mutex_lock(&part->lock);
    part->on_the_way = false;
    part->broken = !good;
    if (good)
        part->completed = part->mark;
    else
        part->moved = true;
    pthread_mutex_unlock(&part->lock);

    int64_t pause = took * COST_FACTOR > part->interval ? took * COST_FACTOR : part->interval;
    part->next = good ? part->begun + pause : vane_monotonic() + pause;
}

int64_t part_work(struct part *part, int64_t now)
{
    for (;;) {
        pthread_mutex_lock(&part->lock);
        bool on_the_way = part->on_the_way, passed = part->waiting == 0;
        bool wanted = part->wanted > part->mark, missing = part->wanted > part->completed;
        bool moved = part->moved, broken = part->broken;
        pthread_mutex_unlock(&part->lock);

        if (on_the_way && !passed)
            return INT64_MAX;
        if (on_the_way)
            finish(part, now);
        else if (wanted || (missing && !broken) || (moved && now >= part->next))
            begin(part, now);
        else
            return moved || missing ? part->next : INT64_MAX;
    }
}

/* ---- Lines ---- */

void part_add_tick(struct part *part, int64_t every)
{
    pthread_mutex_lock(&part->lock);
    bool known = false;
    for (size_t i = 0; i < part->tick_count; i++)
        known |= part->ticks[i] == every;
    if (!known) {
        part->ticks = alloc_resize(part->ticks, part->tick_count + 1, sizeof *part->ticks);
        part->ticks[part->tick_count++] = every;
    }
    pthread_mutex_unlock(&part->lock);
}

void part_line_opened(struct part *part)
{
    atomic_fetch_sub(&part->unopened, 1); /* seq_cst: who sees zero sees all ticks */
}

bool part_lines_open(const struct part *part)
{
    return atomic_load(&part->unopened) == 0;
}

bool part_ticks(const struct part *part)
{
    return part->tick_count > 0;
}

int64_t part_next_tick(const struct part *part, int64_t arrival)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < part->tick_count; i++) {
        int64_t multiple = tick_next(arrival, part->ticks[i]);
        next = multiple < next ? multiple : next;
    }
    return next;
}

/* ---- Any thread ---- */

void part_moved(struct part *part)
{
    pthread_mutex_lock(&part->lock);
    bool first = !part->moved;
    part->moved = true;
    pthread_mutex_unlock(&part->lock);
    if (first)
        waker_wake(&part->runtime->waker);
}

uint64_t part_want(struct part *part)
{
    pthread_mutex_lock(&part->lock);
    uint64_t wanted = part->mark + 1;
    if (part->wanted < wanted)
        part->wanted = wanted;
    pthread_mutex_unlock(&part->lock);
    waker_wake(&part->runtime->waker);
    return wanted;
}

uint64_t part_completed(struct part *part)
{
    pthread_mutex_lock(&part->lock);
    uint64_t completed = part->completed;
    pthread_mutex_unlock(&part->lock);
    return completed;
}

bool part_begun(struct part *part)
{
    pthread_mutex_lock(&part->lock);
    bool begun = part->completed > part->followed;
    pthread_mutex_unlock(&part->lock);
    return begun;
}

bool part_idle(struct part *part)
{
    pthread_mutex_lock(&part->lock);
    bool idle = !part->moved && !part->on_the_way;
    pthread_mutex_unlock(&part->lock);
    return idle;
}

void part_passed(struct part *part, uint64_t mark)
{
    pthread_mutex_lock(&part->lock);
    bool last = mark == part->mark && part->waiting > 0 && --part->waiting == 0;
    pthread_mutex_unlock(&part->lock);
    if (last)
        waker_wake(&part->runtime->waker);
}

bool part_full(struct part *part)
{
    pthread_mutex_lock(&part->lock);
    bool full = part->full;
    pthread_mutex_unlock(&part->lock);
    return full;
}

struct vane_saver {
    const char          *owner;
    struct store_records records;
};

void vane_save(struct vane_saver *saver, const struct vane_record *record)
{
    store_records_add(&saver->records, saver->owner, record);
}

void part_save(struct part *part, struct instance *instance, const struct store_records *own)
{
    struct vane_saver saver = { .owner = instance->key };
    int64_t begun = vane_monotonic();
    instance_enter(instance);
    bool saved = instance->plugin->save(&instance->self, &saver, part_full(part)) == VANE_OK;
    if (!saved)
        log_line(&instance->log, VANE_ERROR, "save: %s", instance->reason);
    pthread_mutex_lock(&part->lock);
    if (own)
        store_records_append(&part->records, own);
    store_records_append(&part->records, &saver.records);
    part->failed |= !saved;
    part->save_ns += vane_monotonic() - begun;
    pthread_mutex_unlock(&part->lock);
    store_records_release(&saver.records);
}
