/* Inputs: opened, reopened, refused, live, gathering by tick. */
#include "tests/unit/input_kit.h"

static enum vane_result take_and_note(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    if (!atomic_load(&world->go))
        return vane_retry(self, "not yet");
    atomic_store(&world->first, write->metrics[0]->time);
    atomic_store(&world->last, write->metrics[write->count - 1]->time);
    return take_all(self, write);
}

static const struct vane_plugin noting = { KIT_PLUGIN(VANE_OUTPUT, "noting"), .write = take_and_note };

static struct world *start(struct kit *kit, const struct vane_plugin *input)
{
    struct world *world = alloc_zero(sizeof *world);
    atomic_store(&world->go, 1);
    sem_init(&world->all_emitted, 0, 0);
    kit_init(kit);
    kit_add(kit, input, "in", world);
    kit_add(kit, &noting, "out", world);
    return world;
}

static void count_close(struct vane_self *self)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->closed, 1);
}

/* ---- Open ---- */

static enum vane_result open_third_time(struct vane_self *self)
{
    struct world *world = kit_world(self);
    struct kit_state *own = self->state;
    atomic_fetch_add(&world->dirty, own->memory != 0);
    own->memory = 1;
    return atomic_fetch_add(&world->opened, 1) < 2 ? vane_retry(self, "not yet") : VANE_OK;
}

static enum vane_result emit_one(struct vane_self *self)
{
    emit_at(self, 0, 1);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void test_input__open_is_tried_until_it_succeeds_with_the_state_cleared(void **state)
{
    (void)state;
    static const struct vane_plugin input = {
        KIT_PLUGIN(VANE_INPUT, "in"), .open = open_third_time, .run = emit_one, .close = count_close,
    };
    struct kit kit;
    struct world *world = start(&kit, &input);
    kit_start(&kit);
    kit_wait(&kit, &world->seen, 1);
    kit_end(&kit);
    assert_int_equal(world->opened, 3);
    assert_int_equal(world->closed, 3);
    assert_int_equal(world->dirty, 0);
    free(world);
}

static enum vane_result fail_open(struct vane_self *self)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->opened, 1);
    return vane_fail(self, "never");
}

static const struct vane_plugin failing = {
    KIT_PLUGIN(VANE_INPUT, "in"), .open = fail_open, .run = emit_one, .close = count_close,
};

static void test_input__a_failed_open_ends_the_agent_with_2(void **state)
{
    (void)state;
    struct kit kit;
    struct world *world = start(&kit, &failing);
    kit_start(&kit);
    kit_until(&kit, is_fatal, &kit);
    assert_int_equal(kit.runtime.fatal, 2);
    kit_end(&kit);
    assert_int_equal(world->closed, 1);
    free(world);
}

static void test_input__a_failed_open_is_tried_again_where_startup_error_behavior_says_so(void **state)
{
    (void)state;
    struct kit kit;
    struct world *world = start(&kit, &failing);
    kit.options[0].startup_error_behavior = COMMON_STARTUP_RETRY;
    kit_start(&kit);
    kit_wait(&kit, &world->opened, 3);
    assert_int_equal(kit.runtime.fatal, 0);
    kit_end(&kit);
    assert_int_equal(world->closed, world->opened);
    free(world);
}

static void test_input__a_failed_open_is_ignored_where_startup_error_behavior_says_so(void **state)
{
    (void)state;
    struct kit kit;
    struct world *world = start(&kit, &failing);
    kit.options[0].startup_error_behavior = COMMON_STARTUP_IGNORE;
    kit_start(&kit);
    kit_until(&kit, kit_all_ended, kit.flow);
    assert_int_equal(kit.runtime.fatal, 0);
    kit_end(&kit);
    assert_int_equal(world->opened, 1);
    free(world);
}

/* ---- Run ---- */

static enum vane_result run_once_then_break(struct vane_self *self)
{
    struct world *world = kit_world(self);
    struct kit_state *own = self->state;
    atomic_fetch_add(&world->dirty, own->memory != 0);
    own->memory = 1;
    int64_t next = 0;
    bool known = vane_resume(self, vane_lane(self, ""), &next);
    atomic_store(&world->resumed, known ? next : -1);
    emit_at(self, next, 10);
    if (atomic_fetch_add(&world->step, 1) < 4)
        return vane_retry(self, "connection lost");
    atomic_store(&world->go, 1);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void test_input__one_that_is_reopened_goes_on_where_it_was(void **state)
{
    (void)state;
    static const struct vane_plugin input = {
        KIT_PLUGIN(VANE_INPUT, "in"), .remembers = true, .run = run_once_then_break, .delivered = note_position,
    };
    struct kit kit;
    struct world *world = start(&kit, &input);
    atomic_store(&world->go, 0); /* nothing is delivered while it reopens */
    kit_open_store(&kit);
    kit_start(&kit);
    kit_wait(&kit, &world->seen, 50);
    kit_end(&kit);
    assert_int_equal(world->seen, 50);
    assert_int_equal(world->position, 50);
    assert_int_equal(world->early, 0);
    assert_int_equal(world->dirty, 0);
    free(world);
}

static enum vane_result break_at_once(struct vane_self *self)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->step, 1);
    return vane_retry(self, "connection refused");
}

static void test_input__the_pause_grows_while_run_fails_though_open_succeeds(void **state)
{
    (void)state;
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = break_at_once };
    struct kit kit;
    struct world *world = start(&kit, &input);
    kit.runtime.longest_pause = 10000 * KIT_MS;
    int64_t begun = vane_monotonic();
    kit_start(&kit);
    kit_wait(&kit, &world->step, 11);
    /* Ten pauses of at least a tenth of 1, 2, 4 … 512 ms; all of the first length would be 10 ms at most. */
    assert_true(vane_monotonic() - begun >= 100 * KIT_MS);
    kit_end(&kit);
    free(world);
}

static enum vane_result break_after_a_while(struct vane_self *self)
{
    struct world *world = kit_world(self);
    int64_t now = vane_monotonic(), until = now + 5 * KIT_MS;
    if ((int)instance_of(self)->tries > atomic_load(&world->fails))
        atomic_store(&world->fails, (int)instance_of(self)->tries);
    while (vane_monotonic() < until && vane_wait(self, until - vane_monotonic()))
        ;
    return atomic_fetch_add(&world->step, 1) < 30 ? vane_retry(self, "closed after a day") : VANE_OK;
}

static void test_input__a_run_that_lasted_begins_a_new_row_of_failures(void **state)
{
    (void)state;
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = break_after_a_while };
    struct kit kit;
    struct world *world = start(&kit, &input);
    kit.runtime.first_pause = KIT_MS / 10;
    kit.runtime.longest_pause = 5 * KIT_MS;
    kit_start(&kit);
    kit_until(&kit, kit_all_ended, kit.flow);
    kit_end(&kit);
    assert_int_equal(world->fails, 1); /* in a row, at the most */
    free(world);
}

static void close_slowly(struct vane_self *self)
{
    (void)self;
    usleep(5000); /* longer than the pause */
}

static void test_input__closing_may_take_longer_than_the_pause(void **state)
{
    (void)state;
    static const struct vane_plugin input = {
        KIT_PLUGIN(VANE_INPUT, "in"), .open = open_third_time, .run = emit_one, .close = close_slowly,
    };
    struct kit kit;
    struct world *world = start(&kit, &input);
    kit_start(&kit);
    kit_wait(&kit, &world->seen, 1);
    kit_end(&kit);
    free(world);
}

/* ---- Live ---- */

enum { LIVE_BATCHES = 500 };

static enum vane_result listen_only(struct vane_self *self)
{
    struct world *world = kit_world(self);
    for (int i = 0; i < LIVE_BATCHES; i++)
        vane_emit(self, kit_batch(self, i, 1));
    sem_post(&world->all_emitted);
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void count_gap(struct vane_self *self, const struct vane_lane *lane)
{
    struct world *world = kit_world(self);
    (void)lane;
    atomic_fetch_add(&world->gaps, 1);
}

static enum vane_result pass(struct vane_self *self, struct vane_batch *batch)
{
    (void)self, (void)batch;
    return VANE_OK;
}

static const struct vane_plugin live = { KIT_PLUGIN(VANE_INPUT, "in"), .live = true, .run = listen_only };

static bool live_balance(const void *context)
{
    const struct kit *kit = context;
    const struct world *world = kit->states[0].world;
    return (uint64_t)atomic_load(&world->seen) + flow_total(kit->flow, VANE_INPUT, STATS_DROPPED) == LIVE_BATCHES;
}

/* Takes nothing until the input has emitted all: one that waited for room would wait for ever. */
static enum vane_result take_when_all_are_emitted(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    while (sem_wait(&world->all_emitted) != 0)
        ;
    sem_post(&world->all_emitted);
    return take_and_note(self, write);
}

static void test_input__a_live_one_never_waits_and_counts_what_it_drops(void **state)
{
    (void)state;
    static const struct vane_plugin slow = {
        KIT_PLUGIN(VANE_OUTPUT, "out"), .write = take_when_all_are_emitted,
    };
    struct kit kit;
    struct world *world = start(&kit, &live);
    kit.nodes[1].settings.plugin = &slow;
    kit.nodes[1].edge.bytes = 20000;
    kit.nodes[1].batch_size = 10; /* so that what is taken for a write leaves the edge too small for the rest */
    kit_start(&kit);
    kit_until(&kit, live_balance, &kit);
    assert_true(flow_total(kit.flow, VANE_INPUT, STATS_DROPPED) > 0);
    kit_end(&kit);
    assert_int_equal(world->last, LIVE_BATCHES - 1); /* the newest stays */
    free(world);
}

static void test_input__a_live_one_tells_processors_of_the_gap_before_it(void **state)
{
    (void)state;
    static const struct vane_plugin step = {
        KIT_PLUGIN(VANE_PROCESSOR, "step"), .process = pass, .gap = count_gap,
    };
    struct kit kit;
    struct world *world = start(&kit, &live);
    kit_add(&kit, &step, "step", world)->edge.bytes = 1 << 24;
    kit_start(&kit);
    kit_wait(&kit, &world->seen, LIVE_BATCHES);
    kit_end(&kit);
    assert_int_equal(world->gaps, 1);
    free(world);
}

/* ---- Gathering ---- */

static enum vane_result gather(struct vane_self *self, const struct vane_lane *lane, int64_t now)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->early, lane != NULL || now > vane_now());
    if (atomic_fetch_add(&world->ticks, 1) % 2)
        return vane_retry(self, "no data");
    vane_emit(self, kit_batch(self, VANE_NO_TIME, 1));
    return VANE_OK;
}

static const struct vane_plugin gathering = { KIT_PLUGIN(VANE_INPUT, "in"), .tick = gather };

static void test_input__gathers_every_interval_also_after_a_failure(void **state)
{
    (void)state;
    struct kit kit;
    struct world *world = start(&kit, &gathering);
    kit.nodes[0].interval = 10 * KIT_MS;
    int64_t begun = vane_monotonic();
    kit_start(&kit);
    kit_wait(&kit, &world->ticks, 10);
    assert_true(vane_monotonic() - begun >= 85 * KIT_MS);
    kit_end(&kit);
    assert_int_equal(world->early, 0);
    free(world);
}

static void test_input__gathers_once_and_ends(void **state)
{
    (void)state;
    struct kit kit;
    struct world *world = start(&kit, &gathering);
    kit.runtime.mode = VANE_ONCE;
    kit_start(&kit);
    kit_until(&kit, kit_all_ended, kit.flow);
    kit_end(&kit);
    assert_int_equal(world->ticks, 1);
    assert_int_equal(world->seen, 1);
    free(world);
}

static void test_input__rounds_only_times_that_it_gave_itself(void **state)
{
    (void)state;
    struct kit kit;
    struct world *world = start(&kit, &gathering);
    kit.runtime.mode = VANE_ONCE;
    kit.nodes[0].precision = 1000 * KIT_MS;
    kit_start(&kit);
    kit_until(&kit, kit_all_ended, kit.flow);
    kit_end(&kit);
    assert_int_equal(world->first % (1000 * KIT_MS), 0);

    free(world);
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_one };
    world = start(&kit, &input);
    kit.nodes[0].precision = 1000 * KIT_MS;
    atomic_store(&world->first, 77);
    kit_start(&kit);
    kit_wait(&kit, &world->seen, 1);
    kit_end(&kit);
    assert_int_equal(world->first, 0); /* as it was given */
    free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input__open_is_tried_until_it_succeeds_with_the_state_cleared),
        cmocka_unit_test(test_input__a_failed_open_ends_the_agent_with_2),
        cmocka_unit_test(test_input__a_failed_open_is_tried_again_where_startup_error_behavior_says_so),
        cmocka_unit_test(test_input__a_failed_open_is_ignored_where_startup_error_behavior_says_so),
        cmocka_unit_test(test_input__one_that_is_reopened_goes_on_where_it_was),
        cmocka_unit_test(test_input__the_pause_grows_while_run_fails_though_open_succeeds),
        cmocka_unit_test(test_input__a_run_that_lasted_begins_a_new_row_of_failures),
        cmocka_unit_test(test_input__closing_may_take_longer_than_the_pause),
        cmocka_unit_test(test_input__a_live_one_never_waits_and_counts_what_it_drops),
        cmocka_unit_test(test_input__a_live_one_tells_processors_of_the_gap_before_it),
        cmocka_unit_test(test_input__gathers_every_interval_also_after_a_failure),
        cmocka_unit_test(test_input__gathers_once_and_ends),
        cmocka_unit_test(test_input__rounds_only_times_that_it_gave_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
