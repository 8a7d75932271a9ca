/* input_kit - what tests of inputs share: a world of counters, emitting with a position, noting what is
 * told, and outputs that take all, or nothing before they are told.
 */
#pragma once
#include "tests/unit/flow_kit.h"

#include <semaphore.h>

struct world {
    atomic_int opened, closed, emitted, refused, writes, seen, told, early, ended, step, go, in_time, closing;
    atomic_int dirty, gaps, ticks, fails;
    _Atomic int64_t position, resumed, first, last;
    sem_t all_emitted;
    int64_t pause;
    enum vane_result answer;
};

static inline enum vane_result take_all(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->writes, 1);
    atomic_fetch_add(&world->seen, (int)write->count);
    return VANE_OK;
}

/* Nothing is taken before world->go. */
static inline enum vane_result take_when_told(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    if (!atomic_load(&world->go))
        return vane_retry(self, "not yet");
    return take_all(self, write);
}

static inline void note_position(struct vane_self *self, const struct vane_lane *lane, int64_t next)
{
    struct world *world = kit_world(self);
    (void)lane;
    if (next < atomic_load(&world->position))
        atomic_fetch_add(&world->early, 1); /* it went down */
    atomic_store(&world->position, next);
    atomic_fetch_add(&world->told, 1);
}

static inline bool emit_at(struct vane_self *self, int64_t first, size_t count)
{
    struct vane_batch *batch = kit_batch(self, first, count);
    vane_batch_lane(batch, vane_lane(self, ""), first + (int64_t)count);
    return vane_emit(self, batch);
}

static const struct vane_plugin sink = { KIT_PLUGIN(VANE_OUTPUT, "sink"), .write = take_all };
static const struct vane_plugin gate = { KIT_PLUGIN(VANE_OUTPUT, "gate"), .write = take_when_told };

/* input -> output, in one world, started. */
static inline void start_pair(struct kit *kit, const struct vane_plugin *input, const struct vane_plugin *output,
                              struct world *world)
{
    kit_init(kit);
    kit_add(kit, input, "in", world);
    kit_add(kit, output, "out", world);
    kit_start(kit);
}

static inline bool is_fatal(const void *context)
{
    const struct kit *kit = context;
    return atomic_load(&((struct kit *)kit)->runtime.fatal) != 0;
}
