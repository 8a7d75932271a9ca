/* Inputs: how far they are told that all is delivered, losses, drains. */
#include "tests/unit/input_kit.h"

/* ---- Positions ---- */

static enum vane_result emit_then_wait(struct vane_self *self)
{
    struct world *world = kit_world(self);
    emit_at(self, 0, 3);
    atomic_fetch_add(&world->emitted, 3);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static enum vane_result drop_all(struct vane_self *self, struct vane_batch *batch)
{
    (void)self;
    for (size_t i = 0; i < batch->count; i++)
        vane_drop(batch, i);
    return VANE_OK;
}

static void test_input__positions_move_for_what_was_filtered_to_nothing(void **state)
{
    (void)state;
    static const struct vane_plugin input = {
        KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_then_wait, .delivered = note_position,
    };
    static const struct vane_plugin filter = { KIT_PLUGIN(VANE_PROCESSOR, "filter"), .process = drop_all };
    struct world world = { 0 };
    struct kit kit;
    kit_init(&kit);
    kit_add(&kit, &input, "in", &world);
    kit_add(&kit, &filter, "filter", &world);
    kit_add(&kit, &sink, "out", &world);
    kit_start(&kit);
    kit_wait(&kit, &world.told, 1);
    assert_int_equal(world.position, 3);
    kit_end(&kit);
    assert_int_equal(world.seen, 0);
}

static enum vane_result emit_nothing(struct vane_self *self)
{
    emit_at(self, 7, 0);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void test_input__positions_move_for_an_empty_batch(void **state)
{
    (void)state;
    static const struct vane_plugin input = {
        KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_nothing, .delivered = note_position,
    };
    struct world world = { 0 };
    struct kit kit;
    start_pair(&kit, &input, &sink, &world);
    kit_wait(&kit, &world.told, 1);
    assert_int_equal(world.position, 7);
    kit_end(&kit);
}

static enum vane_result emit_thousand(struct vane_self *self)
{
    struct world *world = kit_world(self);
    for (int64_t at = 0; at < 1000; at++)
        emit_at(self, at, 1);
    atomic_store(&world->go, 1);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void test_input__one_call_tells_of_all_batches_before_it(void **state)
{
    (void)state;
    static const struct vane_plugin input = {
        KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_thousand, .delivered = note_position,
    };
    struct world world = { 0 };
    struct kit kit;
    kit_init(&kit);
    kit.interval = 20 * KIT_MS;
    kit_add(&kit, &input, "in", &world);
    kit_add(&kit, &gate, "out", &world)->edge.bytes = 1 << 24; /* room for all */
    kit_start(&kit);
    kit_wait(&kit, &world.seen, 1000);
    kit_end(&kit);
    assert_int_equal(world.position, 1000);
    assert_true(world.told <= 5);
    assert_int_equal(world.early, 0);
}

static enum vane_result lose_after(struct vane_self *self)
{
    struct world *world = kit_world(self);
    emit_at(self, 100, 1);
    vane_lost(self, vane_lane(self, ""));
    atomic_store(&world->go, 1);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void test_input__positions_before_a_loss_are_not_told(void **state)
{
    (void)state;
    static const struct vane_plugin input = {
        KIT_PLUGIN(VANE_INPUT, "in"), .run = lose_after, .delivered = note_position,
    };
    struct world world = { 0 };
    struct kit kit;
    start_pair(&kit, &input, &gate, &world);
    kit_wait(&kit, &world.seen, 1);
    kit_end(&kit);
    assert_int_equal(world.told, 0);
}

/* ---- Drain ---- */

static enum vane_result drain_often(struct vane_self *self)
{
    struct world *world = kit_world(self);
    for (int64_t at = 0; at < 300; at++) {
        emit_at(self, at, 1);
        if (!vane_drain(self, KIT_PATIENCE) || atomic_load(&world->position) != at + 1
            || atomic_load(&world->seen) != at + 1)
            atomic_fetch_add(&world->early, 1);
    }
    atomic_store(&world->step, 1);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void test_input__a_drain_ends_when_all_is_delivered_and_told(void **state)
{
    (void)state;
    static const struct vane_plugin input = {
        KIT_PLUGIN(VANE_INPUT, "in"), .run = drain_often, .delivered = note_position,
    };
    struct world world = { 0 };
    struct kit kit;
    start_pair(&kit, &input, &sink, &world);
    kit_wait(&kit, &world.step, 1);
    kit_end(&kit);
    assert_int_equal(world.early, 0);
}

static enum vane_result drain_shortly(struct vane_self *self)
{
    struct world *world = kit_world(self);
    emit_at(self, 0, 1);
    atomic_store(&world->step, vane_drain(self, 20 * KIT_MS) ? 2 : 1);
    atomic_store(&world->go, 1);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void test_input__a_drain_gives_up_at_its_limit(void **state)
{
    (void)state;
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = drain_shortly };
    struct world world = { 0 };
    struct kit kit;
    start_pair(&kit, &input, &gate, &world);
    kit_wait(&kit, &world.step, 1);
    assert_int_equal(world.step, 1);
    kit_end(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input__positions_move_for_what_was_filtered_to_nothing),
        cmocka_unit_test(test_input__positions_move_for_an_empty_batch),
        cmocka_unit_test(test_input__one_call_tells_of_all_batches_before_it),
        cmocka_unit_test(test_input__positions_before_a_loss_are_not_told),
        cmocka_unit_test(test_input__a_drain_ends_when_all_is_delivered_and_told),
        cmocka_unit_test(test_input__a_drain_gives_up_at_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
