/* Lines: what processors emit where, refusals, losses, workers, names in a crash report. */
#include "tests/unit/flow_kit.h"

#include <fcntl.h>
#include <pthread.h>

enum { WORKER_SERIES = 16, WORKER_METRICS = 4000 };

struct world {
    atomic_int       seen, emitted, wrong, step, go;
    _Atomic int64_t  position;
    pthread_mutex_t  lock;
    struct vane_text calls; /* what happened, in order; only with one line */
    int64_t          newest[WORKER_SERIES];
    int              worker_of[WORKER_SERIES];
};

static void note(struct world *world, const char *what, int64_t value)
{
    pthread_mutex_lock(&world->lock);
    vane_text_addf(&world->calls, "%s%lld ", what, (long long)value);
    pthread_mutex_unlock(&world->lock);
}

static void init_world(struct world *world)
{
    *world = (struct world){ 0 };
    pthread_mutex_init(&world->lock, NULL);
    vane_text_add(&world->calls, "", 0);
}

static void release_world(struct world *world)
{
    pthread_mutex_destroy(&world->lock);
    vane_text_release(&world->calls);
}

/* ---- Inputs and outputs ---- */

static enum vane_result emit_three(struct vane_self *self)
{
    struct vane_batch *batch = kit_batch(self, 1, 3);
    vane_batch_lane(batch, vane_lane(self, ""), 3);
    vane_emit(self, batch);
    return VANE_OK;
}

static void note_position(struct vane_self *self, const struct vane_lane *lane, int64_t next)
{
    struct world *world = kit_world(self);
    (void)lane;
    atomic_store(&world->position, next);
}

static const struct vane_plugin three = {
    KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_three, .delivered = note_position,
};

static enum vane_result note_all(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    for (size_t i = 0; i < write->count; i++)
        note(world, write->metrics[i]->series->name, write->metrics[i]->time);
    atomic_fetch_add(&world->seen, (int)write->count);
    return VANE_OK;
}

static const struct vane_plugin output = { KIT_PLUGIN(VANE_OUTPUT, "out"), .write = note_all };

/* A kit with its input. */
static void begin(struct kit *kit, const struct vane_plugin *input, struct world *world)
{
    init_world(world);
    kit_init(kit);
    kit_add(kit, input, "in", world);
}

static void run_to_the_end(struct kit *kit)
{
    kit_start(kit);
    kit_until(kit, kit_all_ended, kit->flow);
    kit_end(kit);
}

/* ---- Emitting ---- */

static void emit_named(struct vane_self *self, const char *name, int64_t time)
{
    struct vane_batch *batch = vane_batch_new(self);
    vane_set_int(vane_add(batch, vane_series(batch, name, NULL, 0), time), "v", time);
    vane_emit(self, batch);
}

static enum vane_result holder_process(struct vane_self *self, struct vane_batch *batch)
{
    struct kit_state *own = self->state;
    for (size_t i = 0; i < batch->count; i++) {
        own->memory += batch->metrics[i]->time;
        vane_drop(batch, i);
    }
    return VANE_OK;
}

static enum vane_result holder_end(struct vane_self *self)
{
    struct kit_state *own = self->state;
    emit_named(self, self->name, own->memory);
    return VANE_OK;
}

static const struct vane_plugin holder = {
    KIT_PLUGIN(VANE_PROCESSOR, "holder"), .process = holder_process, .end = holder_end,
};

static void test_line__end_comes_in_the_order_of_the_line(void **state)
{
    (void)state;
    struct world world;
    struct kit kit;
    begin(&kit, &three, &world);
    kit_add(&kit, &holder, "first", &world);
    kit_add(&kit, &holder, "second", &world); /* holds what the first emits at its end */
    kit_add(&kit, &output, "out", &world);
    run_to_the_end(&kit);
    assert_string_equal(world.calls.data, "second6 ");
    assert_int_equal(world.position, 3);
    release_world(&world);
}

static enum vane_result emit_before(struct vane_self *self, struct vane_batch *batch)
{
    emit_named(self, "made", batch->metrics[0]->time);
    vane_set_int(vane_add(batch, vane_series(batch, "added", NULL, 0), 9), "v", 1);
    return VANE_OK;
}

static const struct vane_plugin maker = { KIT_PLUGIN(VANE_PROCESSOR, "maker"), .process = emit_before };

static void test_line__what_is_emitted_goes_before_what_is_passed_on(void **state)
{
    (void)state;
    struct world world;
    struct kit kit;
    begin(&kit, &three, &world);
    kit_add(&kit, &maker, "maker", &world);
    kit_add(&kit, &output, "out", &world);
    run_to_the_end(&kit);
    assert_string_equal(world.calls.data, "made1 m1 m2 m3 added9 ");
    release_world(&world);
}

static void test_line__drop_original_keeps_only_what_is_emitted(void **state)
{
    (void)state;
    struct world world;
    struct kit kit;
    begin(&kit, &three, &world);
    kit_add(&kit, &maker, "maker", &world)->drop_original = true;
    kit_add(&kit, &output, "out", &world);
    run_to_the_end(&kit);
    assert_string_equal(world.calls.data, "made1 ");
    assert_int_equal(world.position, 3);
    release_world(&world);
}

/* ---- Refusing ---- */

static enum vane_result refuse(struct vane_self *self, struct vane_batch *batch)
{
    vane_drop(batch, 1);
    return vane_fail(self, "cannot read \"%s\"", "this");
}

static const struct vane_plugin refuser = { KIT_PLUGIN(VANE_PROCESSOR, "refuser"), .process = refuse };

static uint64_t run_and_count_rejected(struct kit *kit)
{
    kit_start(kit);
    kit_until(kit, kit_all_ended, kit->flow);
    assert_true(flow_stop(kit->flow, KIT_PATIENCE, -1, NULL, NULL));
    uint64_t rejected = flow_total(kit->flow, VANE_PROCESSOR, STATS_REJECTED);
    flow_free(kit->flow);
    kit_release(kit);
    return rejected;
}

/* And removes it. */
static void read_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY);
    ssize_t got = read(fd, text, size - 1);
    close(fd);
    unlink(path);
    text[got > 0 ? got : 0] = '\0';
}

static void test_line__what_process_fails_on_goes_to_the_dead_letter_file(void **state)
{
    (void)state;
    char path[] = "/tmp/vane-dead-XXXXXX", text[2048];
    close(mkstemp(path));
    struct world world;
    struct kit kit;
    begin(&kit, &three, &world);
    struct flow_node *node = kit_add(&kit, &refuser, "refuser", &world);
    kit_options_of(&kit, node)->dead_letter = path;
    kit_add(&kit, &output, "out", &world);
    assert_int_equal(run_and_count_rejected(&kit), 2);
    assert_int_equal(world.position, 3);
    assert_int_equal(world.seen, 0);
    read_file(path, text, sizeof text);
    assert_non_null(strstr(text, "\"instance\":\"refuser\",\"reason\":\"cannot read \\\"this\\\"\",\"place\":\"\","
                                 "\"record\":\"m v=1i 1\"}\n"));
    assert_non_null(strstr(text, "\"record\":\"m v=3i 3\"}\n"));
    assert_null(strstr(text, "v=2i"));
    release_world(&world);
}

static enum vane_result refuse_second(struct vane_self *self, struct vane_batch *batch)
{
    vane_refuse(self, batch, 1, "%d is even", 2);
    return VANE_OK;
}

static void test_line__a_metric_refused_leaves_its_neighbours_alone(void **state)
{
    (void)state;
    static const struct vane_plugin picky = { KIT_PLUGIN(VANE_PROCESSOR, "picky"), .process = refuse_second };
    char path[] = "/tmp/vane-dead-XXXXXX", text[2048];
    close(mkstemp(path));
    struct world world;
    struct kit kit;
    begin(&kit, &three, &world);
    kit_options_of(&kit, kit_add(&kit, &picky, "picky", &world))->dead_letter = path;
    kit_add(&kit, &output, "out", &world);
    assert_int_equal(run_and_count_rejected(&kit), 1);
    assert_string_equal(world.calls.data, "m1 m3 ");
    assert_int_equal(world.position, 3);
    read_file(path, text, sizeof text);
    assert_non_null(strstr(text, "\"instance\":\"picky\",\"reason\":\"2 is even\","
                                 "\"place\":\"\",\"record\":\"m v=2i 2\"}\n"));
    assert_null(strstr(text, "v=1i"));
    release_world(&world);
}

/* ---- Routes ---- */

static enum vane_result route_second(struct vane_self *self, struct vane_batch *batch)
{
    struct vane_batch *side = vane_batch_new(self);
    vane_add_copy(side, batch->metrics[1]);
    vane_drop(batch, 1);
    vane_emit_to(self, side, "late");
    vane_emit_to(self, vane_batch_new(self), "late"); /* an empty one is no matter */
    return VANE_OK;
}

static const char *const routes[] = { "late", NULL };

static const struct vane_plugin router = {
    KIT_PLUGIN(VANE_PROCESSOR, "router"), .process = route_second, .routes = routes,
};

static void test_line__a_route_leads_to_those_who_take_it(void **state)
{
    (void)state;
    struct world world, side;
    struct kit kit;
    init_world(&side);
    begin(&kit, &three, &world);
    kit_add(&kit, &router, "router", &world)->graph.routes = routes;
    kit_add(&kit, &output, "out", &world);
    kit_from(&kit, kit_add(&kit, &output, "side", &side), "router.late");
    run_to_the_end(&kit);
    assert_string_equal(world.calls.data, "m1 m3 ");
    assert_string_equal(side.calls.data, "m2 ");
    assert_int_equal(world.position, 3);
    release_world(&world);
    release_world(&side);
}

static void test_line__what_nobody_takes_of_a_route_is_gone(void **state)
{
    (void)state;
    struct world world, side;
    struct kit kit;
    init_world(&side);
    begin(&kit, &three, &world);
    /* not the last of the line: nobody takes its route */
    kit_add(&kit, &router, "first", &world)->graph.routes = routes;
    kit_from(&kit, kit_add(&kit, &output, "side", &side), "last.late");
    kit_add(&kit, &router, "last", &world)->graph.routes = routes;
    kit_add(&kit, &output, "out", &world);
    run_to_the_end(&kit);
    assert_string_equal(world.calls.data, "m1 ");
    assert_string_equal(side.calls.data, "m3 ");
    release_world(&world);
    release_world(&side);
}

/* ---- Losses ---- */

static enum vane_result emit_and_lose(struct vane_self *self)
{
    for (int64_t at = 1; at <= 3; at++) {
        vane_emit(self, kit_batch(self, at, 1));
        if (at == 2)
            vane_lost(self, vane_lane(self, "gone"));
    }
    return VANE_OK;
}

static enum vane_result note_batch(struct vane_self *self, struct vane_batch *batch)
{
    note(kit_world(self), "m", batch->metrics[0]->time);
    return VANE_OK;
}

static void note_lost(struct vane_self *self, const struct vane_lane *lane)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->wrong, strcmp(lane->name, "gone") != 0 || strcmp(vane_lane_text(lane), "in/gone") != 0);
    note(world, "lost", 0);
}

static void test_line__a_loss_comes_in_order_with_the_batches(void **state)
{
    (void)state;
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_and_lose };
    static const struct vane_plugin step = {
        KIT_PLUGIN(VANE_PROCESSOR, "step"), .process = note_batch, .lost = note_lost,
    };
    static const struct vane_plugin sink = { KIT_PLUGIN(VANE_OUTPUT, "sink"), .write = note_all };
    struct world world, other;
    struct kit kit;
    init_world(&other);
    begin(&kit, &input, &world);
    kit_add(&kit, &step, "step", &world);
    kit_add(&kit, &sink, "out", &other);
    run_to_the_end(&kit);
    assert_string_equal(world.calls.data, "m1 m2 lost0 m3 ");
    assert_int_equal(world.wrong, 0);
    release_world(&world);
    release_world(&other);
}

/* ---- Workers ---- */

static enum vane_result emit_series(struct vane_self *self)
{
    for (int64_t at = 0; at < WORKER_METRICS;) {
        struct vane_batch *batch = vane_batch_new(self);
        for (int i = 0; i < 50; i++, at++) {
            char name[2] = { (char)('a' + at * 7 % WORKER_SERIES), 0 };
            struct vane_tag tag = vane_tag("s", name);
            vane_set_int(vane_add(batch, vane_series(batch, "m", &tag, 1), at), "v", at);
        }
        vane_emit(self, batch);
    }
    return VANE_OK;
}

static enum vane_result count_worker(struct vane_self *self)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->wrong, vane_workers(self) != 4 || vane_worker(self) > 3);
    atomic_fetch_add(&world->step, 1);
    return VANE_OK;
}

static enum vane_result mark_worker(struct vane_self *self, struct vane_batch *batch)
{
    struct world *world = kit_world(self);
    for (size_t i = 0; i < batch->count; i++) {
        atomic_fetch_add(&world->wrong, batch->metrics[i]->series->hash % vane_workers(self) != vane_worker(self));
        vane_set_int(vane_edit(batch, i), "worker", vane_worker(self));
    }
    return VANE_OK;
}

static enum vane_result check_order(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    for (size_t i = 0; i < write->count; i++) {
        const struct vane_metric *metric = write->metrics[i];
        int series = vane_get_tag(metric->series, "s")[0] - 'a', worker = (int)vane_get(metric, "worker")->i;
        atomic_fetch_add(&world->wrong, metric->time < world->newest[series]);
        atomic_fetch_add(&world->wrong, world->worker_of[series] && world->worker_of[series] != worker + 1);
        world->newest[series] = metric->time;
        world->worker_of[series] = worker + 1;
    }
    atomic_fetch_add(&world->seen, (int)write->count);
    return VANE_OK;
}

static void test_line__workers_share_series_and_keep_their_order(void **state)
{
    (void)state;
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_series };
    static const struct vane_plugin step = {
        KIT_PLUGIN(VANE_PROCESSOR, "step"), .open = count_worker, .process = mark_worker,
    };
    static const struct vane_plugin sink = { KIT_PLUGIN(VANE_OUTPUT, "sink"), .write = check_order };
    struct world world;
    struct kit kit;
    begin(&kit, &input, &world);
    struct flow_node *node = kit_add(&kit, &step, "step", &world);
    node->graph.workers = 4;
    node->edge.bytes = 2000;
    kit_add(&kit, &sink, "out", &world);
    run_to_the_end(&kit);
    assert_int_equal(world.seen, WORKER_METRICS);
    assert_int_equal(world.wrong, 0);
    assert_int_equal(world.step, 4);
    bool several = false;
    for (int i = 1; i < WORKER_SERIES; i++)
        several |= world.worker_of[i] != world.worker_of[0];
    assert_true(several);
    release_world(&world);
}

/* ---- Who runs, for a crash report ---- */

static void check_name(struct vane_self *self)
{
    struct world *world = kit_world(self);
    const char *name = instance_running();
    atomic_fetch_add(&world->wrong, !name || strcmp(name, self->name) != 0);
    atomic_fetch_add(&world->step, 1);
}

static enum vane_result named_open(struct vane_self *self)
{
    check_name(self);
    vane_tick_every(self, 1);
    return VANE_OK;
}

static enum vane_result named_process(struct vane_self *self, struct vane_batch *batch)
{
    check_name(self);
    emit_named(self, "made", batch->metrics[0]->time);
    check_name(self);
    return VANE_OK;
}

static enum vane_result named_tick(struct vane_self *self, const struct vane_lane *lane, int64_t now)
{
    (void)lane, (void)now;
    check_name(self);
    return VANE_OK;
}

static enum vane_result named_end(struct vane_self *self)
{
    check_name(self);
    return VANE_OK;
}

static void named_lost(struct vane_self *self, const struct vane_lane *lane)
{
    (void)lane;
    check_name(self);
}

static void test_line__the_processor_that_runs_is_known_by_name(void **state)
{
    (void)state;
    static const struct vane_plugin named = {
        KIT_PLUGIN(VANE_PROCESSOR, "named"),
        .open = named_open, .process = named_process, .tick = named_tick, .end = named_end, .lost = named_lost,
    };
    static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_and_lose };
    struct world world;
    struct kit kit;
    begin(&kit, &input, &world);
    kit_add(&kit, &named, "first", &world);
    kit_add(&kit, &named, "second", &world);
    kit_add(&kit, &output, "out", &world);
    run_to_the_end(&kit);
    assert_true(world.step > 20);
    assert_int_equal(world.wrong, 0);
    release_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line__end_comes_in_the_order_of_the_line),
        cmocka_unit_test(test_line__what_is_emitted_goes_before_what_is_passed_on),
        cmocka_unit_test(test_line__drop_original_keeps_only_what_is_emitted),
        cmocka_unit_test(test_line__what_process_fails_on_goes_to_the_dead_letter_file),
        cmocka_unit_test(test_line__a_metric_refused_leaves_its_neighbours_alone),
        cmocka_unit_test(test_line__a_route_leads_to_those_who_take_it),
        cmocka_unit_test(test_line__what_nobody_takes_of_a_route_is_gone),
        cmocka_unit_test(test_line__a_loss_comes_in_order_with_the_batches),
        cmocka_unit_test(test_line__workers_share_series_and_keep_their_order),
        cmocka_unit_test(test_line__the_processor_that_runs_is_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
