/* Inputs: emit and its promise, waiting, the end. */
#include "tests/unit/input_kit.h"

#include <poll.h>

/* ---- Stop ---- */

static enum vane_result emit_until_refused(struct vane_self *self)
{
    struct world *world = kit_world(self);
    int64_t at = 0;
    while (emit_at(self, at, 1)) {
        atomic_fetch_add(&world->emitted, 1);
        at++;
    }
    atomic_store(&world->go, 1); /* only now does the output take */
    return VANE_OK;
}

static void test_input__what_is_refused_at_stop_was_never_emitted(void **state)
{
    (void)state;
    static const struct vane_plugin input = {
        KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_until_refused, .delivered = note_position,
    };
    struct world world = { 0 };
    struct kit kit;
    kit_init(&kit);
    kit_add(&kit, &input, "in", &world);
    kit_add(&kit, &gate, "out", &world)->edge.bytes = 1;
    kit_start(&kit);
    kit_wait(&kit, &world.emitted, 1);
    kit_settle(&kit, 20 * KIT_MS);
    kit_end(&kit);
    assert_int_equal(world.seen, world.emitted);
    assert_int_equal(world.position, world.emitted);
}

static enum vane_result emit_then_wait(struct vane_self *self)
{
    struct world *world = kit_world(self);
    emit_at(self, 0, 3);
    atomic_fetch_add(&world->emitted, 3);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static enum vane_result note_end(struct vane_self *self)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->ended, 1);
    return VANE_OK;
}

static enum vane_result pass(struct vane_self *self, struct vane_batch *batch)
{
    (void)self, (void)batch;
    return VANE_OK;
}

static const struct vane_plugin holder = {
    KIT_PLUGIN(VANE_PROCESSOR, "holder"), .process = pass, .end = note_end,
};

static void test_input__stop_is_not_end(void **state)
{
    (void)state;
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_then_wait };
    struct world world = { 0 };
    struct kit kit;
    kit_init(&kit);
    kit_add(&kit, &input, "in", &world);
    kit_add(&kit, &holder, "holder", &world);
    kit_add(&kit, &sink, "out", &world);
    kit_start(&kit);
    kit_wait(&kit, &world.seen, 3);
    kit_end(&kit);
    assert_int_equal(world.ended, 0);
}

static enum vane_result emit_and_finish(struct vane_self *self)
{
    emit_at(self, 0, 3);
    return VANE_OK;
}

static void test_input__one_that_has_read_all_ends_the_processors(void **state)
{
    (void)state;
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_and_finish };
    struct world world = { 0 };
    struct kit kit;
    kit_init(&kit);
    kit_add(&kit, &input, "in", &world);
    kit_add(&kit, &holder, "holder", &world);
    kit_add(&kit, &sink, "out", &world);
    kit_start(&kit);
    kit_until(&kit, kit_all_ended, kit.flow);
    kit_end(&kit);
    assert_int_equal(world.ended, 1);
    assert_int_equal(world.seen, 3);
}

static enum vane_result emit_and_fail(struct vane_self *self)
{
    emit_at(self, 0, 3);
    return vane_fail(self, "broken");
}

static void test_input__one_that_failed_has_not_ended(void **state)
{
    (void)state;
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_and_fail };
    struct world world = { 0 };
    struct kit kit;
    kit_init(&kit);
    kit_add(&kit, &input, "in", &world);
    kit_add(&kit, &holder, "holder", &world);
    kit_add(&kit, &sink, "out", &world);
    kit_start(&kit);
    kit_until(&kit, is_fatal, &kit);
    assert_int_equal(kit.runtime.fatal, 1);
    kit_end(&kit);
    assert_int_equal(world.ended, 0);
    assert_int_equal(world.seen, 3);
}

/* ---- vane_full ---- */

/* Emits while it may, then says so, and waits until there is room again. */
static enum vane_result fill_then_wait(struct vane_self *self)
{
    struct world *world = kit_world(self);
    int64_t at = 0;
    while (!vane_full(self))
        emit_at(self, at++, 1);
    atomic_store(&world->go, 1);
    while (atomic_load(&world->writes) < at) /* all that was queued has been taken: there is room */
        usleep(100);
    vane_wait(self, -1);
    atomic_store(&world->in_time, 1);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static enum vane_result block_first(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    while (!atomic_load(&world->go))
        usleep(100);
    return take_all(self, write);
}

static void test_input__room_made_before_the_wait_is_noticed(void **state)
{
    (void)state;
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = fill_then_wait };
    static const struct vane_plugin output = { KIT_PLUGIN(VANE_OUTPUT, "out"), .write = block_first };
    struct world world = { 0 };
    struct kit kit;
    kit_init(&kit);
    kit.interval = 1000000 * KIT_MS; /* no checkpoint wakes the input */
    kit_add(&kit, &input, "in", &world);
    struct flow_node *out = kit_add(&kit, &output, "out", &world);
    out->edge.bytes = 1;
    out->batch_size = 1;
    kit_start(&kit);
    kit_wait(&kit, &world.in_time, 1);
    kit_end(&kit);
}

/* Asks while it may, sleeps until it may not any more, and emits nevertheless. */
static enum vane_result hold_to_the_promise(struct vane_self *self)
{
    struct world *world = kit_world(self);
    emit_at(self, 0, 1);
    usleep(20000);
    bool promised = !vane_full(self);
    usleep(100000);
    bool emitted = emit_at(self, 1, 1);
    atomic_store(&world->in_time, promised && emitted && !atomic_load(&world->go) ? 1 : 2);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void test_input__not_full_promises_that_the_next_emit_does_not_wait(void **state)
{
    (void)state;
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = hold_to_the_promise };
    struct world world = { 0 };
    struct kit kit;
    kit_init(&kit);
    kit_add(&kit, &input, "in", &world)->max_unacknowledged = 100 * KIT_MS;
    kit_add(&kit, &gate, "out", &world);
    kit_start(&kit);
    for (int i = 0; i < 50 && !atomic_load(&world.in_time); i++)
        kit_settle(&kit, 10 * KIT_MS);
    atomic_store(&world.go, 1);
    kit_wait(&kit, &world.in_time, 1);
    assert_int_equal(world.in_time, 1);
    kit_end(&kit);
}

/* ---- max_unacknowledged ---- */

static enum vane_result emit_for_ever(struct vane_self *self)
{
    struct world *world = kit_world(self);
    for (int64_t at = 0; emit_at(self, at, 1); at++) {
        atomic_fetch_add(&world->emitted, 1);
        if (!vane_wait(self, KIT_MS))
            break;
    }
    return VANE_OK;
}

static void test_input__pauses_while_the_oldest_data_is_too_long_undelivered(void **state)
{
    (void)state;
    static const struct vane_plugin input = {
        KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_for_ever, .delivered = note_position,
    };
    struct world world = { 0 };
    struct kit kit;
    kit_init(&kit);
    kit_add(&kit, &input, "in", &world)->max_unacknowledged = 50 * KIT_MS;
    kit_add(&kit, &gate, "out", &world);
    kit_start(&kit);
    kit_wait(&kit, &world.emitted, 1);
    kit_settle(&kit, 150 * KIT_MS);
    int paused_at = atomic_load(&world.emitted);
    kit_settle(&kit, 100 * KIT_MS);
    assert_int_equal(world.emitted, paused_at);
    assert_int_equal(world.told, 0);
    atomic_store(&world.go, 1);
    kit_wait(&kit, &world.emitted, paused_at + 50);
    kit_end(&kit);
    assert_int_equal(world.seen, world.emitted);
    assert_int_equal(world.position, world.emitted);
    assert_int_equal(world.early, 0);
}

/* ---- Waiting by descriptor ---- */

static bool readable(int fd, int ms)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    return poll(&ready, 1, ms) > 0;
}

static enum vane_result wait_by_fd(struct vane_self *self)
{
    struct world *world = kit_world(self);
    int fd = vane_wait_fd(self);
    emit_at(self, 0, 1);
    while (atomic_load(&world->told) == 0 && readable(fd, 10000))
        vane_wait(self, 0);
    atomic_store(&world->step, 1);
    while (readable(fd, 10000) && vane_wait(self, 0))
        atomic_fetch_add(&world->step, 1);
    return VANE_OK;
}

static void test_input__a_descriptor_tells_of_positions_and_stop(void **state)
{
    (void)state;
    static const struct vane_plugin input = {
        KIT_PLUGIN(VANE_INPUT, "in"), .run = wait_by_fd, .delivered = note_position,
    };
    struct world world = { 0 };
    struct kit kit;
    start_pair(&kit, &input, &sink, &world);
    kit_wait(&kit, &world.step, 1);
    assert_int_equal(world.position, 1);
    kit_end(&kit);
    assert_true(world.step < 10); /* it is not readable for nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input__what_is_refused_at_stop_was_never_emitted),
        cmocka_unit_test(test_input__stop_is_not_end),
        cmocka_unit_test(test_input__one_that_has_read_all_ends_the_processors),
        cmocka_unit_test(test_input__one_that_failed_has_not_ended),
        cmocka_unit_test(test_input__room_made_before_the_wait_is_noticed),
        cmocka_unit_test(test_input__not_full_promises_that_the_next_emit_does_not_wait),
        cmocka_unit_test(test_input__pauses_while_the_oldest_data_is_too_long_undelivered),
        cmocka_unit_test(test_input__a_descriptor_tells_of_positions_and_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
