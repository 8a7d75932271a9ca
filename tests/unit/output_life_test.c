/* Outputs: opened, reopened, waiting by a descriptor, ticks, best effort, the end. */
#include "tests/unit/flow_kit.h"

#include <poll.h>

struct world {
    atomic_int opened, closed, delivered, writes, ticks, step, go, dirty, told, emitted;
    _Atomic int64_t position, at;
    struct vane_write *held;
};

/* ---- The input emits a metric each millisecond until it is stopped ---- */

static enum vane_result emit_for_ever(struct vane_self *self)
{
    struct world *world = kit_world(self);
    for (int64_t at = 0;; at++) {
        struct vane_batch *batch = kit_batch(self, at, 1);
        vane_batch_lane(batch, vane_lane(self, ""), at + 1);
        if (!vane_emit(self, batch))
            return VANE_OK;
        atomic_fetch_add(&world->emitted, 1);
        vane_wait(self, KIT_MS / 10);
    }
}

static enum vane_result emit_one(struct vane_self *self)
{
    vane_emit(self, kit_batch(self, 0, 1));
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void note_position(struct vane_self *self, const struct vane_lane *lane, int64_t next)
{
    struct world *world = kit_world(self);
    (void)lane;
    atomic_store(&world->position, next);
    atomic_fetch_add(&world->told, 1);
}

static const struct vane_plugin busy = {
    KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_for_ever, .delivered = note_position,
};
static const struct vane_plugin single = {
    KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_one, .delivered = note_position,
};

static void start(struct kit *kit, struct world *world, const struct vane_plugin *input,
                  const struct vane_plugin *output)
{
    kit_init(kit);
    kit_add(kit, input, "in", world);
    kit_add(kit, output, "out", world);
}

static enum vane_result deliver(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->writes, 1);
    atomic_fetch_add(&world->delivered, (int)write->count);
    return VANE_OK;
}

static enum vane_result refuse(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    (void)write;
    atomic_fetch_add(&world->writes, 1);
    return vane_retry(self, "refused");
}

static void count_close(struct vane_self *self)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->closed, 1);
}

/* ---- Open ---- */

static enum vane_result open_never(struct vane_self *self)
{
    struct world *world = kit_world(self);
    struct kit_state *own = self->state;
    atomic_fetch_add(&world->dirty, own->memory != 0);
    own->memory = 1;
    atomic_fetch_add(&world->opened, 1);
    return vane_retry(self, "not there");
}

static const struct vane_plugin unreachable = {
    KIT_PLUGIN(VANE_OUTPUT, "out"), .open = open_never, .write = deliver, .close = count_close,
};

static void test_output__a_busy_source_does_not_cut_the_pause_short(void **state)
{
    (void)state;
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &busy, &unreachable);
    kit.runtime.first_pause = kit.runtime.longest_pause = 100 * KIT_MS; /* pauses of 10 ms at least */
    kit_start(&kit);
    kit_settle(&kit, 100 * KIT_MS);
    assert_true(world.emitted > 20);
    assert_true(world.opened <= 11);
    assert_false(kit_stop_within(&kit, KIT_MS));
    kit_release(&kit);
    assert_int_equal(world.closed, world.opened);
    assert_int_equal(world.dirty, 0);
    assert_int_equal(world.told, 0);
}

static enum vane_result open_later(struct vane_self *self)
{
    struct world *world = kit_world(self);
    if (atomic_fetch_add(&world->opened, 1) == 0) {
        vane_retry_after(self, 50 * KIT_MS);
        return vane_retry(self, "busy");
    }
    return VANE_OK;
}

static void close_slowly(struct vane_self *self)
{
    (void)self;
    usleep(5000);
}

static void test_output__opens_again_not_before_it_asked(void **state)
{
    (void)state;
    static const struct vane_plugin output = {
        KIT_PLUGIN(VANE_OUTPUT, "out"), .open = open_later, .write = deliver, .close = close_slowly,
    };
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &busy, &output);
    int64_t begun = vane_monotonic();
    kit_start(&kit);
    kit_wait(&kit, &world.opened, 2);
    assert_true(vane_monotonic() - begun >= 50 * KIT_MS);
    kit_end(&kit);
    assert_int_equal(world.position, world.emitted);
}

static enum vane_result open_third_time(struct vane_self *self)
{
    struct world *world = kit_world(self);
    return atomic_fetch_add(&world->opened, 1) < 2 ? vane_retry(self, "not there") : VANE_OK;
}

static enum vane_result pass(struct vane_self *self, struct vane_batch *batch)
{
    (void)self, (void)batch;
    return VANE_OK;
}

static void test_output__closing_may_take_longer_than_the_pause(void **state)
{
    (void)state;
    static const struct vane_plugin output = {
        KIT_PLUGIN(VANE_OUTPUT, "out"), .open = open_third_time, .write = deliver, .close = close_slowly,
    };
    static const struct vane_plugin step = {
        KIT_PLUGIN(VANE_PROCESSOR, "step"), .open = open_third_time, .process = pass, .close = close_slowly,
    };
    struct world world = { 0 }, other = { 0 };
    struct kit kit;
    start(&kit, &world, &single, &output);
    kit_add(&kit, &step, "step", &other);
    kit_start(&kit);
    kit_wait(&kit, &world.delivered, 1);
    kit_end(&kit);
}

static enum vane_result open_fail(struct vane_self *self)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->opened, 1);
    vane_tick_every(self, KIT_MS);
    return vane_fail(self, "never");
}

static enum vane_result count_tick(struct vane_self *self, const struct vane_lane *lane, int64_t now)
{
    struct world *world = kit_world(self);
    (void)lane, (void)now;
    atomic_fetch_add(&world->ticks, 1);
    return VANE_OK;
}

static void test_output__one_that_is_ignored_drops_and_counts_and_is_left_alone(void **state)
{
    (void)state;
    static const struct vane_plugin output = {
        KIT_PLUGIN(VANE_OUTPUT, "out"), .open = open_fail, .write = deliver, .tick = count_tick,
    };
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &busy, &output);
    kit.options[1].startup_error_behavior = COMMON_STARTUP_IGNORE;
    kit_start(&kit);
    kit_wait(&kit, &world.told, 3);
    assert_true(flow_stop(kit.flow, KIT_PATIENCE, -1, NULL, NULL));
    assert_int_equal(flow_total(kit.flow, VANE_OUTPUT, STATS_DROPPED), world.emitted);
    flow_free(kit.flow);
    kit_release(&kit);
    assert_int_equal(world.opened, 1);
    assert_int_equal(world.delivered + world.ticks, 0);
}

/* ---- Reopening with writes under way ---- */

static enum vane_result hold(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->writes, 1);
    if (atomic_load(&world->step) >= 3)
        return deliver(self, write);
    vane_delivered(self, write, 0, write->count / 2);
    atomic_fetch_add(&world->delivered, (int)write->count / 2);
    world->held = write;
    return VANE_PENDING;
}

static enum vane_result break_with_writes(struct vane_self *self)
{
    struct world *world = kit_world(self);
    world->held = NULL;
    while (vane_wait(self, -1))
        if (world->held && atomic_fetch_add(&world->step, 1) < 3)
            return vane_retry(self, "connection lost");
    return VANE_OK;
}

static enum vane_result emit_ten(struct vane_self *self)
{
    struct vane_batch *batch = kit_batch(self, 0, 10);
    vane_batch_lane(batch, vane_lane(self, ""), 10);
    vane_emit(self, batch);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void test_output__what_was_pending_when_it_closed_is_given_again(void **state)
{
    (void)state;
    static const struct vane_plugin input = {
        KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_ten, .delivered = note_position,
    };
    static const struct vane_plugin output = {
        KIT_PLUGIN(VANE_OUTPUT, "out"), .write = hold, .run = break_with_writes,
    };
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &input, &output);
    kit_start(&kit);
    kit_wait(&kit, &world.delivered, 10);
    kit_end(&kit);
    assert_int_equal(world.delivered, 10);
    assert_int_equal(world.position, 10);
}

/* What was saved before this run is older than what was delivered in it: a second open does not get it. */
static enum vane_result save_step(struct vane_self *self, struct vane_saver *saver, bool full)
{
    struct world *world = kit_world(self);
    (void)full;
    vane_save(saver, &(struct vane_record){ .lane = "", .key = "k", .data = "1", .length = 1 });
    atomic_fetch_add(&world->step, 1);
    return VANE_OK;
}

static enum vane_result count_load(struct vane_self *self, const struct vane_record *record)
{
    struct world *world = kit_world(self);
    (void)record;
    atomic_fetch_add(atomic_load(&world->opened) > 1 ? &world->dirty : &world->ticks, 1);
    return VANE_OK;
}

static enum vane_result count_open(struct vane_self *self)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->opened, 1);
    return VANE_OK;
}

static enum vane_result break_once(struct vane_self *self)
{
    struct world *world = kit_world(self);
    while (vane_wait(self, KIT_MS))
        if (atomic_load(&world->delivered) && atomic_fetch_add(&world->go, 1) == 0)
            return vane_retry(self, "broken");
    return VANE_OK;
}

static void test_output__loads_once_a_run(void **state)
{
    (void)state;
    static const struct vane_plugin output = {
        KIT_PLUGIN(VANE_OUTPUT, "out"),
        .open = count_open, .run = break_once, .write = deliver, .save = save_step, .load = count_load,
    };
    char directory[64] = "";
    for (int run = 0; run < 2; run++) {
        struct world world = { 0 };
        struct kit kit;
        start(&kit, &world, &single, &output);
        memcpy(kit.directory, directory, sizeof directory);
        kit_open_store(&kit);
        memcpy(directory, kit.directory, sizeof directory);
        kit_start(&kit);
        kit_wait(&kit, &world.opened, 2);
        kit_wait(&kit, &world.step, 1);
        assert_true(kit_stop_within(&kit, KIT_PATIENCE));
        assert_int_equal(world.ticks > 0, run > 0);
        assert_int_equal(world.dirty, 0);
        if (run == 0)
            kit.directory[0] = '\0';
        kit_release(&kit);
    }
}

/* ---- Waiting by descriptor ---- */

static bool readable(int fd, int ms)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    return poll(&ready, 1, ms) > 0;
}

static enum vane_result run_by_fd(struct vane_self *self)
{
    struct world *world = kit_world(self);
    int fd = vane_wait_fd(self);
    while (readable(fd, 10000)) {
        atomic_fetch_add(&world->step, 1);
        if (!vane_wait(self, 0))
            return VANE_OK;
    }
    return vane_fail(self, "nothing woke it");
}

static enum vane_result tick_every_ms(struct vane_self *self)
{
    vane_tick_every(self, KIT_MS);
    return VANE_OK;
}

static void test_output__a_descriptor_tells_of_ticks(void **state)
{
    (void)state;
    static const struct vane_plugin output = {
        KIT_PLUGIN(VANE_OUTPUT, "out"),
        .open = tick_every_ms, .run = run_by_fd, .write = deliver, .tick = count_tick,
    };
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &single, &output);
    kit_start(&kit);
    kit_wait(&kit, &world.ticks, 5);
    kit_end(&kit);
    assert_true(world.step < 20 * (world.ticks + 5)); /* it is not readable for nothing */
}

static void test_output__a_descriptor_tells_of_the_flush(void **state)
{
    (void)state;
    static const struct vane_plugin output = {
        KIT_PLUGIN(VANE_OUTPUT, "out"), .run = run_by_fd, .write = deliver,
    };
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &busy, &output);
    kit.interval = 100000 * KIT_MS;
    kit.nodes[1].flush_interval = 10 * KIT_MS;
    kit_start(&kit);
    kit_wait(&kit, &world.writes, 4);
    kit_end(&kit);
    assert_int_equal(world.delivered, world.emitted);
}

static enum vane_result refuse_first(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    return atomic_load(&world->writes) < 3 ? refuse(self, write) : deliver(self, write);
}

static void test_output__a_descriptor_tells_of_the_next_try(void **state)
{
    (void)state;
    static const struct vane_plugin output = {
        KIT_PLUGIN(VANE_OUTPUT, "out"), .run = run_by_fd, .write = refuse_first,
    };
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &single, &output);
    kit_start(&kit);
    kit_wait(&kit, &world.delivered, 1);
    kit_end(&kit);
    assert_true(world.step < 50);
}

/* ---- Best effort ---- */

static void test_output__a_best_effort_one_that_is_dead_holds_neither_marks_nor_the_stop(void **state)
{
    (void)state;
    static const struct vane_plugin refusing = { KIT_PLUGIN(VANE_OUTPUT, "out"), .write = refuse };
    static const struct vane_plugin holding = { KIT_PLUGIN(VANE_OUTPUT, "out"), .write = hold };
    static const struct vane_plugin good = { KIT_PLUGIN(VANE_OUTPUT, "good"), .write = deliver };
    static const struct vane_plugin *const dead[] = { &refusing, &holding, &unreachable };
    for (size_t i = 0; i < sizeof dead / sizeof *dead; i++) {
        struct world world = { 0 }, theirs = { 0 };
        struct kit kit;
        start(&kit, &world, &busy, &good);
        struct flow_node *node = kit_add(&kit, dead[i], "dead", &theirs);
        node->graph.best_effort = true;
        node->edge.when_full = EDGE_DROP_OLDEST;
        node->edge.bytes = 10000;
        kit_start(&kit);
        kit_wait(&kit, &world.told, 5);
        int64_t begun = vane_monotonic();
        assert_true(kit_stop_within(&kit, KIT_PATIENCE));
        assert_true(vane_monotonic() - begun < 5000 * KIT_MS);
        kit_release(&kit);
        assert_int_equal(world.delivered, world.emitted);
    }
}

static void test_output__a_best_effort_one_that_works_gets_what_is_queued_before_the_stop(void **state)
{
    (void)state;
    static const struct vane_plugin output = { KIT_PLUGIN(VANE_OUTPUT, "out"), .write = deliver };
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &busy, &output);
    kit.nodes[1].graph.best_effort = true;
    kit.nodes[1].edge.when_full = EDGE_DROP_OLDEST;
    kit.nodes[1].flush_interval = 100000 * KIT_MS;
    kit_start(&kit);
    kit_wait(&kit, &world.emitted, 20);
    kit_end(&kit);
    assert_int_equal(world.delivered, world.emitted);
}

/* ---- The end ---- */

static void test_output__one_that_never_answers_is_given_up_and_nothing_is_acknowledged(void **state)
{
    (void)state;
    static const struct vane_plugin output = { KIT_PLUGIN(VANE_OUTPUT, "out"), .write = hold };
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &busy, &output);
    kit_start(&kit);
    kit_wait(&kit, &world.writes, 1);
    kit_wait(&kit, &world.emitted, 5);
    assert_false(kit_stop_within(&kit, 30 * KIT_MS));
    kit_release(&kit);
    assert_int_equal(world.told, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output__a_busy_source_does_not_cut_the_pause_short),
        cmocka_unit_test(test_output__opens_again_not_before_it_asked),
        cmocka_unit_test(test_output__closing_may_take_longer_than_the_pause),
        cmocka_unit_test(test_output__one_that_is_ignored_drops_and_counts_and_is_left_alone),
        cmocka_unit_test(test_output__what_was_pending_when_it_closed_is_given_again),
        cmocka_unit_test(test_output__loads_once_a_run),
        cmocka_unit_test(test_output__a_descriptor_tells_of_ticks),
        cmocka_unit_test(test_output__a_descriptor_tells_of_the_flush),
        cmocka_unit_test(test_output__a_descriptor_tells_of_the_next_try),
        cmocka_unit_test(test_output__a_best_effort_one_that_is_dead_holds_neither_marks_nor_the_stop),
        cmocka_unit_test(test_output__a_best_effort_one_that_works_gets_what_is_queued_before_the_stop),
        cmocka_unit_test(test_output__one_that_never_answers_is_given_up_and_nothing_is_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
