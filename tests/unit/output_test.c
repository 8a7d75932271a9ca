/* Outputs: what a write is given, how it is settled, what is given again. */
#include "tests/unit/flow_kit.h"

#include <fcntl.h>
#include <time.h>

enum { MOST = 4000 };

enum fate { OPEN, DELIVERED, REJECTED };

struct world {
    atomic_int emitted, delivered, rejected, writes, wrong, step, waits, told;
    _Atomic int64_t position, largest;
    enum fate fate[MOST]; /* of each metric, by its time; the output's thread */
    bool      in_write[4]; /* by series */
    uint64_t  seed;
    int       metrics, batch;
    int64_t   times[8];
};

static unsigned draw(struct world *world, unsigned limit)
{
    world->seed = world->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(world->seed >> 33) % limit;
}

/* ---- The input: world->metrics metrics of four series, world->batch a batch ---- */

static enum vane_result emit_all(struct vane_self *self)
{
    struct world *world = kit_world(self);
    for (int at = 0; at < world->metrics;) {
        struct vane_batch *batch = vane_batch_new(self);
        for (int end = at + world->batch; at < end && at < world->metrics; at++) {
            struct vane_tag tag = vane_tag("series", at % 4 == 0 ? "0" : at % 4 == 1 ? "1" : at % 4 == 2 ? "2" : "3");
            vane_set_int(vane_add(batch, vane_series(batch, "m", &tag, 1), at), "v", at);
        }
        vane_batch_lane(batch, vane_lane(self, ""), at);
        vane_emit(self, batch);
        atomic_store(&world->emitted, at);
    }
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void note_position(struct vane_self *self, const struct vane_lane *lane, int64_t next)
{
    struct world *world = kit_world(self);
    (void)lane;
    atomic_store(&world->position, next);
}

static const struct vane_plugin input = {
    KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_all, .delivered = note_position,
};

static void start(struct kit *kit, struct world *world, const struct vane_plugin *output, int metrics, int batch)
{
    world->metrics = metrics;
    world->batch = batch;
    kit_init(kit);
    kit_add(kit, &input, "in", world);
    kit_add(kit, output, "out", world);
}

/* ---- Settling ---- */

/* Every metric that is offered must be open. */
static void take(struct world *world, const struct vane_write *write)
{
    atomic_fetch_add(&world->writes, 1);
    if ((int64_t)write->count > world->largest)
        atomic_store(&world->largest, (int64_t)write->count);
    for (size_t i = 0; i < write->count; i++)
        atomic_fetch_add(&world->wrong, world->fate[write->metrics[i]->time] != OPEN);
}

static void settle(struct vane_self *self, struct vane_write *write, size_t first, size_t count, enum fate fate)
{
    struct world *world = kit_world(self);
    int fresh = 0;
    for (size_t i = first; i < first + count; i++) {
        fresh += world->fate[write->metrics[i]->time] == OPEN;
        if (world->fate[write->metrics[i]->time] == OPEN)
            world->fate[write->metrics[i]->time] = fate;
    }
    if (fate == DELIVERED)
        vane_delivered(self, write, first, count);
    else
        vane_reject(self, write, first, count, "bad metric");
    atomic_fetch_add(fate == DELIVERED ? &world->delivered : &world->rejected, fresh);
}

static enum vane_result deliver_all(struct vane_self *self, struct vane_write *write)
{
    take(kit_world(self), write);
    settle(self, write, 0, write->count, DELIVERED);
    return VANE_OK;
}

static const struct vane_plugin plain = { KIT_PLUGIN(VANE_OUTPUT, "out"), .write = deliver_all };

static void test_output__a_write_is_a_run_of_batches_up_to_the_batch_size(void **state)
{
    (void)state;
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &plain, 1000, 3);
    kit.nodes[1].batch_size = 100;
    kit.nodes[1].flush_interval = 10000 * KIT_MS;
    kit.interval = 10000 * KIT_MS;
    kit_start(&kit);
    kit_wait(&kit, &world.delivered, 900); /* what is less than a hundred waits for the flush, or the stop */
    kit_end(&kit);
    assert_int_equal(world.wrong, 0);
    assert_int_equal(world.largest, 100);
}

static void test_output__a_large_batch_is_cut(void **state)
{
    (void)state;
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &plain, 1000, 1000);
    kit.nodes[1].batch_size = 64;
    kit.nodes[1].edge.bytes = 1;
    kit_start(&kit);
    kit_wait(&kit, &world.delivered, 1000);
    kit_end(&kit);
    assert_int_equal(world.wrong, 0);
    assert_int_equal(world.largest, 64);
    assert_int_equal(world.position, 1000);
}

/* Settles the even half, answers RETRY, and takes the rest. */
static enum vane_result half_then_retry(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    take(world, write);
    if (atomic_load(&world->writes) > 1)
        return deliver_all(self, write);
    for (size_t i = 0; i < write->count; i += 2)
        settle(self, write, i, 1, DELIVERED);
    return vane_retry(self, "half of it");
}

static void test_output__retry_gives_again_only_what_is_not_settled(void **state)
{
    (void)state;
    static const struct vane_plugin output = { KIT_PLUGIN(VANE_OUTPUT, "out"), .write = half_then_retry };
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &output, 10, 10);
    kit_start(&kit);
    kit_wait(&kit, &world.delivered, 10);
    kit_end(&kit);
    assert_int_equal(world.wrong, 0);
    assert_int_equal(world.position, 10);
}

/* ---- Rejecting ---- */

static enum vane_result fail_write(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    take(world, write);
    settle(self, write, 1, 1, DELIVERED);
    vane_reject(self, write, 2, 1, "field %s", "of a wrong type");
    atomic_fetch_add(&world->rejected, (int)write->count - 1);
    return vane_fail(self, "status 400");
}

static char *read_file(const char *path)
{
    static char text[4096];
    int fd = open(path, O_RDONLY);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void test_output__what_is_rejected_goes_to_the_dead_letter_file_and_the_position_moves(void **state)
{
    (void)state;
    static const struct vane_plugin output = { KIT_PLUGIN(VANE_OUTPUT, "out"), .write = fail_write };
    char path[] = "/tmp/vane-dead-XXXXXX";
    close(mkstemp(path));
    struct world world = { 0 };
    struct kit kit;
    start(&kit, &world, &output, 4, 4);
    kit.options[1].dead_letter = path;
    kit_start(&kit);
    kit_wait(&kit, &world.rejected, 3);
    kit_until(&kit, kit_reached, &(struct kit_goal){ &world.rejected, 3 });
    assert_true(flow_stop(kit.flow, KIT_PATIENCE, -1, NULL, NULL));
    assert_int_equal(flow_total(kit.flow, VANE_OUTPUT, STATS_REJECTED), 3);
    assert_int_equal(flow_total(kit.flow, VANE_OUTPUT, STATS_OUT), 1);
    flow_free(kit.flow);
    kit_release(&kit);
    assert_int_equal(world.position, 4);

    static const char *const parts[] = {
        "\"instance\":\"out\",\"reason\":\"field of a wrong type\",\"place\":\"\",\"record\":\"m,series=2 v=2i 2\"}\n",
        "\"reason\":\"status 400\",\"place\":\"\",\"record\":\"m,series=0 v=0i 0\"}\n",
        "\"reason\":\"status 400\",\"place\":\"\",\"record\":\"m,series=3 v=3i 3\"}\n",
    };
    const char *at = read_file(path);
    for (size_t i = 0; i < 3; i++) {
        assert_memory_equal(at, "{\"time\":", 8);
        const char *found = strstr(at, parts[i]);
        assert_non_null(found);
        at = found + strlen(parts[i]);
    }
    assert_string_equal(at, "");
    unlink(path);
}

/* ---- All answers in all orders ---- */

enum { HELD = 3 };

struct held {
    struct world       world; /* first: kit_world finds it */
    struct vane_write *writes[HELD];
    size_t             count;
};

static void settle_some(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    for (unsigned n = draw(world, 3); n > 0; n--) {
        size_t first = draw(world, (unsigned)write->count), count = 1 + draw(world, (unsigned)(write->count - first));
        settle(self, write, first, count, draw(world, 4) ? DELIVERED : REJECTED);
    }
}

static bool all_settled(const struct world *world, const struct vane_write *write)
{
    for (size_t i = 0; i < write->count; i++)
        if (world->fate[write->metrics[i]->time] == OPEN)
            return false;
    return true;
}

static enum vane_result answer_at_random(struct vane_self *self, struct vane_write *write)
{
    struct held *held = kit_world(self);
    struct world *world = &held->world;
    take(world, write);
    settle_some(self, write);
    unsigned choice = draw(world, 5);
    if (choice == 0 || (choice == 4 && all_settled(world, write)))
        return vane_retry(self, "again");
    if (choice == 1) {
        settle(self, write, 0, write->count, REJECTED);
        return vane_fail(self, "no");
    }
    if (choice == 2) {
        settle(self, write, 0, write->count, DELIVERED);
        return VANE_OK;
    }
    if (choice == 3) {
        vane_again(self, write, "again, from inside");
        return VANE_PENDING;
    }
    held->writes[held->count++] = write;
    return VANE_PENDING;
}

static enum vane_result settle_at_random(struct vane_self *self)
{
    struct held *held = kit_world(self);
    struct world *world = &held->world;
    while (vane_wait(self, held->count ? 0 : -1)) {
        if (held->count == 0)
            continue;
        size_t i = draw(world, (unsigned)held->count);
        struct vane_write *write = held->writes[i];
        if (draw(world, 6) == 0) {
            held->writes[i] = held->writes[--held->count];
            vane_again(self, write, "again");
            continue;
        }
        size_t first = draw(world, (unsigned)write->count), count = 1 + draw(world, (unsigned)(write->count - first));
        bool last = true;
        for (size_t at = 0; at < write->count; at++)
            last &= (at >= first && at < first + count) || world->fate[write->metrics[at]->time] != OPEN;
        if (last)
            held->writes[i] = held->writes[--held->count];
        settle(self, write, first, count, draw(world, 4) ? DELIVERED : REJECTED);
    }
    return VANE_OK;
}

static void test_output__every_metric_is_settled_once_in_all_orders(void **state)
{
    (void)state;
    static const struct vane_plugin output = {
        KIT_PLUGIN(VANE_OUTPUT, "out"), .write = answer_at_random, .run = settle_at_random,
    };
    for (int seed = 0; seed < 20; seed++) {
        struct held *held = alloc_zero(sizeof *held);
        struct kit kit;
        held->world.seed = (uint64_t)seed;
        start(&kit, &held->world, &output, 2000, 1 + seed);
        kit.runtime.first_pause = kit.runtime.longest_pause = KIT_MS / 20;
        kit.nodes[1].batch_size = 1 + (size_t)seed * 3;
        kit.nodes[1].max_in_flight = 1 + (size_t)seed % HELD;
        kit_start(&kit);
        kit_wait(&kit, &held->world.emitted, 2000);
        kit_end(&kit);
        assert_int_equal(held->world.wrong, 0);
        assert_int_equal(held->world.delivered + held->world.rejected, 2000);
        assert_int_equal(held->world.position, 2000);
        free(held);
    }
}

/* ---- Several writes at once ---- */

static enum vane_result hold_one(struct vane_self *self, struct vane_write *write)
{
    struct held *held = kit_world(self);
    take(&held->world, write);
    for (size_t i = 0; i < write->count; i++) {
        for (size_t other = 0; other < held->count; other++)
            atomic_fetch_add(&held->world.wrong, vane_same_series(held->writes[other]->metrics[0]->series,
                                                                 write->metrics[i]->series));
    }
    held->writes[held->count++] = write;
    return VANE_PENDING;
}

static enum vane_result wait_and_count(struct vane_self *self)
{
    struct held *held = kit_world(self);
    while (vane_wait(self, 5 * KIT_MS)) {
        atomic_fetch_add(&held->world.waits, 1);
        if (atomic_load(&held->world.step) && held->count) {
            struct vane_write *write = held->writes[0];
            memmove(held->writes, held->writes + 1, --held->count * sizeof write);
            settle(self, write, 0, write->count, DELIVERED);
        }
    }
    return VANE_OK;
}

static void test_output__a_series_is_never_in_two_writes_and_waiting_for_it_costs_nothing(void **state)
{
    (void)state;
    static const struct vane_plugin output = {
        KIT_PLUGIN(VANE_OUTPUT, "out"), .write = hold_one, .run = wait_and_count,
    };
    struct held held = { 0 };
    struct kit kit;
    start(&kit, &held.world, &output, 400, 1);
    kit.interval = 100000 * KIT_MS; /* behind a mark nothing new is begun */
    kit.nodes[1].batch_size = 1;
    kit.nodes[1].max_in_flight = HELD;
    kit_start(&kit);
    kit_wait(&kit, &held.world.writes, 3);
    kit_settle(&kit, 20 * KIT_MS);
    int waits = atomic_load(&held.world.waits);
    kit_settle(&kit, 50 * KIT_MS);
    assert_true(atomic_load(&held.world.waits) - waits < 100);
    atomic_store(&held.world.step, 1);
    kit_wait(&kit, &held.world.delivered, 400);
    kit_end(&kit);
    assert_int_equal(held.world.wrong, 0);
}

static enum vane_result emit_one_series(struct vane_self *self)
{
    for (int at = 0; at < 10; at++)
        vane_emit(self, kit_batch(self, at, 1));
    kit_wait_for_stop(self);
    return VANE_OK;
}

static void test_output__a_conflict_does_not_make_it_spin(void **state)
{
    (void)state;
    static const struct vane_plugin one_series = { KIT_PLUGIN(VANE_INPUT, "in"), .run = emit_one_series };
    static const struct vane_plugin output = {
        KIT_PLUGIN(VANE_OUTPUT, "out"), .write = hold_one, .run = wait_and_count,
    };
    struct held held = { 0 };
    struct kit kit;
    kit_init(&kit);
    kit.interval = 100000 * KIT_MS;
    kit_add(&kit, &one_series, "in", &held);
    struct flow_node *out = kit_add(&kit, &output, "out", &held);
    out->batch_size = 1;
    out->max_in_flight = 2;
    kit_start(&kit);
    kit_wait(&kit, &held.world.writes, 1);
    kit_settle(&kit, 20 * KIT_MS);
    int waits = atomic_load(&held.world.waits);
    kit_settle(&kit, 50 * KIT_MS);
    assert_true(atomic_load(&held.world.waits) - waits < 100);
    assert_int_equal(held.world.writes, 1);
    atomic_store(&held.world.step, 1);
    kit_end(&kit);
    assert_int_equal(held.world.delivered, 10);
    assert_int_equal(held.world.wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output__a_write_is_a_run_of_batches_up_to_the_batch_size),
        cmocka_unit_test(test_output__a_large_batch_is_cut),
        cmocka_unit_test(test_output__retry_gives_again_only_what_is_not_settled),
        cmocka_unit_test(test_output__what_is_rejected_goes_to_the_dead_letter_file_and_the_position_moves),
        cmocka_unit_test(test_output__every_metric_is_settled_once_in_all_orders),
        cmocka_unit_test(test_output__a_series_is_never_in_two_writes_and_waiting_for_it_costs_nothing),
        cmocka_unit_test(test_output__a_conflict_does_not_make_it_spin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
