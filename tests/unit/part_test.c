/* Checkpoints: state and position agree, failures acknowledge nothing, parts are independent. */
#include "tests/unit/flow_kit.h"

enum { SERIES = 8 };

struct world {
    atomic_int emitted, seen, told, saves, full, fail_save, loaded, hold, limit, wrong, save_takes;
    _Atomic int64_t position, resumed;
};

/* ---- The input: metrics 0, 1, 2 … of eight series in turn, from where it stopped ---- */

static enum vane_result emit_on(struct vane_self *self)
{
    struct world *world = kit_world(self);
    const struct vane_lane *lane = vane_lane(self, "lane");
    int64_t at = 0;
    vane_resume(self, lane, &at);
    atomic_store(&world->resumed, at);
    for (; vane_wait(self, KIT_MS / 20);) {
        if (at >= atomic_load(&world->limit))
            continue;
        struct vane_batch *batch = vane_batch_new(self);
        char name[2] = { (char)('a' + at % SERIES), 0 };
        struct vane_tag tag = vane_tag("s", name);
        vane_set_int(vane_add(batch, vane_series(batch, "m", &tag, 1), at), "v", at);
        vane_batch_lane(batch, lane, at + 1);
        if (!vane_emit(self, batch))
            break;
        at++;
        atomic_fetch_add(&world->emitted, 1);
    }
    return VANE_OK;
}

static void note_position(struct vane_self *self, const struct vane_lane *lane, int64_t next)
{
    struct world *world = kit_world(self);
    atomic_fetch_add(&world->wrong, strcmp(lane->name, "lane") != 0 || next < atomic_load(&world->position));
    atomic_store(&world->position, next);
    atomic_fetch_add(&world->told, 1);
}

static const struct vane_plugin input = {
    KIT_PLUGIN(VANE_INPUT, "in"), .remembers = true, .run = emit_on, .delivered = note_position,
};

/* ---- The processor: counts the metrics of each series ---- */

struct counts {
    struct world *world; /* first, as in kit_state */
    struct { int64_t count; bool changed; uint64_t hash; } *series;
};

static enum vane_result count_open(struct vane_self *self)
{
    struct counts *counts = self->state;
    counts->series = calloc(SERIES, sizeof *counts->series);
    return VANE_OK;
}

static void count_close(struct vane_self *self)
{
    struct counts *counts = self->state;
    free(counts->series);
}

static enum vane_result count_process(struct vane_self *self, struct vane_batch *batch)
{
    struct counts *counts = self->state;
    for (size_t i = 0; i < batch->count; i++) {
        const struct vane_series *series = batch->metrics[i]->series;
        int at = vane_get_tag(series, "s")[0] - 'a';
        counts->series[at].count++;
        counts->series[at].changed = true;
        counts->series[at].hash = series->hash;
        vane_set_int(vane_edit(batch, i), "count", counts->series[at].count);
    }
    return VANE_OK;
}

static enum vane_result count_save(struct vane_self *self, struct vane_saver *saver, bool full)
{
    struct counts *counts = self->state;
    struct world *world = counts->world;
    atomic_fetch_add(&world->saves, 1);
    atomic_fetch_add(&world->full, full);
    bool fails = atomic_load(&world->fail_save);
    usleep((useconds_t)atomic_load(&world->save_takes));
    for (int i = 0; i < SERIES; i++) {
        char key[2] = { (char)('a' + i), 0 };
        if (counts->series[i].count && (full || counts->series[i].changed) && !fails)
            vane_save(saver, &(struct vane_record){ .lane = "", .key = key, .series = counts->series[i].hash,
                                                    .data = &counts->series[i].count, .length = sizeof(int64_t) });
        counts->series[i].changed = false; /* the next save is told when this one was in vain */
    }
    return fails ? vane_fail(self, "disk of thoughts full") : VANE_OK;
}

static enum vane_result count_load(struct vane_self *self, const struct vane_record *record)
{
    struct counts *counts = self->state;
    int at = record->key[0] - 'a';
    atomic_fetch_add(&counts->world->loaded, 1);
    if (record->length != sizeof(int64_t))
        return vane_fail(self, "a damaged record");
    memcpy(&counts->series[at].count, record->data, sizeof(int64_t));
    counts->series[at].hash = record->series;
    return VANE_OK;
}

static const struct vane_plugin counter = {
    .abi = VANE_ABI, .role = VANE_PROCESSOR, .name = "counter", .help = "Test.", .state_size = sizeof(struct counts),
    .open = count_open, .close = count_close, .process = count_process, .save = count_save, .load = count_load,
};

/* ---- The output checks that metric n of a series has the count n ---- */

static enum vane_result check_counts(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    if (atomic_load(&world->hold))
        return vane_retry(self, "held");
    for (size_t i = 0; i < write->count; i++)
        atomic_fetch_add(&world->wrong,
                         vane_get(write->metrics[i], "count")->i != write->metrics[i]->time / SERIES + 1);
    atomic_fetch_add(&world->seen, (int)write->count);
    return VANE_OK;
}

static const struct vane_plugin checker = { KIT_PLUGIN(VANE_OUTPUT, "out"), .write = check_counts };

static void add_nodes(struct kit *kit, struct world *world, unsigned workers)
{
    kit_add(kit, &input, "in", world);
    kit_add(kit, &counter, "counter", world)->graph.workers = workers;
    kit_add(kit, &checker, "out", world);
}

/* ---- Round trips ---- */

static void test_part__state_goes_on_where_it_was_after_a_restart_with_any_number_of_workers(void **state)
{
    (void)state;
    static const unsigned workers[] = { 1, 3, 2, 5, 1 };
    char directory[64] = "";
    struct world world = { .limit = 1000000 };
    for (size_t run = 0; run < sizeof workers / sizeof *workers; run++) {
        struct kit kit;
        kit_init(&kit);
        memcpy(kit.directory, directory, sizeof directory);
        add_nodes(&kit, &world, workers[run]);
        kit_open_store(&kit);
        memcpy(directory, kit.directory, sizeof directory);
        int before = atomic_load(&world.emitted);
        kit_start(&kit);
        kit_wait(&kit, &world.seen, before + 100);
        assert_int_equal(world.resumed, before);
        assert_true(kit_stop_within(&kit, KIT_PATIENCE));
        kit.directory[0] = '\0';
        kit_release(&kit);
        assert_int_equal(world.wrong, 0);
        assert_int_equal(world.seen, world.emitted);
        assert_int_equal(world.position, world.emitted);
    }
    assert_true(world.loaded > 0);
    struct kit last = { 0 };
    memcpy(last.directory, directory, sizeof directory);
    kit_remove_directory(&last);
}

struct sum {
    int64_t newest[SERIES];
};

static bool add_record(const struct vane_record *record, void *context)
{
    struct sum *sum = context;
    memcpy(&sum->newest[record->key[0] - 'a'], record->data, sizeof(int64_t));
    return true;
}

static void test_part__whenever_it_is_killed_the_state_is_that_of_the_position(void **state)
{
    (void)state;
    struct world world = { .limit = 1000000 };
    struct kit kit;
    kit_init(&kit);
    add_nodes(&kit, &world, 2);
    kit_open_store(&kit);
    kit_start(&kit);
    int64_t last = 0;
    for (int i = 0; i < 20; i++) {
        kit_wait(&kit, &world.told, atomic_load(&world.told) + 1);
        char command[256], copy[128];
        snprintf(copy, sizeof copy, "%s.copy", kit.directory);
        snprintf(command, sizeof command, "cp -r '%s' '%s'", kit.directory, copy);
        assert_int_equal(system(command), 0);
        struct vane_text notes = { 0 };
        struct error err;
        struct store *store = store_open(copy, &notes, &err);
        struct store_position position = { 0 };
        int64_t total = 0;
        struct sum sum = { 0 };
        assert_true(store_position(store, "in/lane", &position));
        store_visit(store, "counter", add_record, &sum);
        for (int s = 0; s < SERIES; s++)
            total += sum.newest[s];
        store_close(store);
        snprintf(command, sizeof command, "rm -r '%s'", copy);
        assert_int_equal(system(command), 0);
        vane_text_release(&notes);
        assert_int_equal(total, position.next);
        assert_true(position.next > last && position.next >= world.position);
        last = position.next;
    }
    assert_true(world.full < world.saves); /* most have only what changed */
    kit_end(&kit);
    assert_int_equal(world.wrong, 0);
}

/* ---- Failures ---- */

struct place {
    struct world *world;
    int64_t       position;
};

static bool is_told(const void *context)
{
    const struct place *place = context;
    return atomic_load(&place->world->position) == place->position;
}

static void test_part__a_failed_save_acknowledges_nothing_and_the_next_one_is_full(void **state)
{
    (void)state;
    struct world world = { .limit = 10 };
    struct kit kit;
    kit_init(&kit);
    add_nodes(&kit, &world, 1);
    kit_open_store(&kit);
    kit_start(&kit);
    kit_wait(&kit, &world.seen, 10);
    kit_until(&kit, is_told, &(struct place){ &world, 10 });

    atomic_store(&world.fail_save, 1);
    int saves = atomic_load(&world.saves);
    atomic_store(&world.limit, 20);
    kit_wait(&kit, &world.seen, 20);
    kit_wait(&kit, &world.saves, saves + 3);
    assert_int_equal(world.position, 10);

    int full = atomic_load(&world.full);
    atomic_store(&world.fail_save, 0);
    kit_wait(&kit, &world.full, full + 1);
    kit_until(&kit, is_told, &(struct place){ &world, 20 });
    kit_end(&kit);
    assert_int_equal(world.wrong, 0);
}

static void test_part__a_checkpoint_that_cannot_be_written_acknowledges_nothing(void **state)
{
    (void)state;
    struct world world = { .limit = 10 };
    struct kit kit;
    kit_init(&kit);
    add_nodes(&kit, &world, 1);
    kit_open_store(&kit);
    char path[128];
    snprintf(path, sizeof path, "%s/in", kit.directory);
    FILE *file = fopen(path, "w"); /* in the place of the part's directory */
    assert_non_null(file);
    fclose(file);
    kit_start(&kit);
    kit_wait(&kit, &world.seen, 10);
    kit_wait(&kit, &world.saves, 3);
    assert_int_equal(world.told, 0);
    assert_int_equal(world.full, world.saves);

    assert_int_equal(unlink(path), 0);
    kit_wait(&kit, &world.told, 1);
    assert_int_equal(world.position, 10);
    kit_end(&kit);
    assert_int_equal(world.wrong, 0);
}

static void test_part__a_damaged_record_ends_the_agent(void **state)
{
    (void)state;
    struct world world = { .limit = 10 };
    struct kit kit;
    kit_init(&kit);
    add_nodes(&kit, &world, 1);
    kit_open_store(&kit);
    struct store_records records = { 0 };
    store_records_add(&records, "counter", &(struct vane_record){ .lane = "", .key = "a", .data = "?", .length = 1 });
    struct error err;
    assert_true(store_write(kit.runtime.store, &(struct store_checkpoint){ .part = "in", .number = 1, .full = true,
                                                                          .records = &records }, &err));
    store_records_release(&records);
    store_close(kit.runtime.store);
    kit_open_store(&kit);
    kit_start(&kit);
    while (!atomic_load(&kit.runtime.fatal))
        waker_wait(&kit.runtime.waker, KIT_MS);
    assert_int_equal(kit.runtime.fatal, 2);
    kit_stop_within(&kit, 0);
    kit_release(&kit);
    assert_int_equal(world.told, 0);
}

static void test_part__without_a_store_nothing_is_saved(void **state)
{
    (void)state;
    struct world world = { .limit = 50 };
    struct kit kit;
    kit_init(&kit);
    add_nodes(&kit, &world, 1);
    kit_start(&kit);
    kit_wait(&kit, &world.seen, 50);
    kit_end(&kit);
    assert_int_equal(world.position, 50);
    assert_int_equal(world.saves, 0);
}

static void test_part__saving_takes_a_twentieth_of_the_time_at_most(void **state)
{
    (void)state;
    struct world world = { .limit = 1000000, .save_takes = 5000 };
    struct kit kit;
    kit_init(&kit);
    add_nodes(&kit, &world, 1);
    kit_open_store(&kit);
    kit_start(&kit);
    kit_wait(&kit, &world.saves, 1);
    int saves = atomic_load(&world.saves);
    kit_settle(&kit, 500 * KIT_MS);
    assert_true(atomic_load(&world.saves) - saves <= 6);
    atomic_store(&world.save_takes, 0);
    kit_end(&kit);
    assert_int_equal(world.wrong, 0);
}

/* ---- Several parts ---- */

static enum vane_result take_unless_held(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    if (atomic_load(&world->hold))
        return vane_retry(self, "held");
    atomic_fetch_add(&world->seen, (int)write->count);
    return VANE_OK;
}

static const struct vane_plugin taker = { KIT_PLUGIN(VANE_OUTPUT, "taker"), .write = take_unless_held };

static void test_part__parts_do_not_wait_for_each_other(void **state)
{
    (void)state;
    struct world held = { .limit = 1000000, .hold = 1 }, free_one = { .limit = 1000000 };
    struct kit kit;
    kit_init(&kit);
    kit_add(&kit, &input, "a", &held);
    kit_add(&kit, &input, "b", &free_one);
    kit_from(&kit, kit_add(&kit, &taker, "x", &held), "a");
    kit_from(&kit, kit_add(&kit, &taker, "y", &free_one), "b");
    kit_open_store(&kit);
    kit_start(&kit);
    kit_wait(&kit, &free_one.told, 5);
    assert_int_equal(held.told, 0);
    atomic_store(&held.hold, 0);
    kit_wait(&kit, &held.told, 1);
    kit_end(&kit);
    assert_int_equal(held.position, held.seen);
    assert_int_equal(free_one.position, free_one.seen);
}

static void test_part__one_that_is_held_up_holds_up_all_of_its_part(void **state)
{
    (void)state;
    struct world held = { .limit = 1000000, .hold = 1 }, other = { .limit = 1000000 };
    struct kit kit;
    kit_init(&kit);
    kit_add(&kit, &input, "a", &held);
    kit_from(&kit, kit_add(&kit, &taker, "x", &held), "a");
    kit_from(&kit, kit_add(&kit, &taker, "y", &other), "a");
    kit_start(&kit);
    kit_wait(&kit, &other.seen, 20);
    kit_settle(&kit, 20 * KIT_MS);
    assert_int_equal(held.told, 0);
    atomic_store(&held.hold, 0);
    kit_wait(&kit, &held.told, 1);
    kit_end(&kit);
    assert_int_equal(held.position, held.seen);
    assert_int_equal(held.seen, other.seen);
}

/* A Kafka input is assigned lanes at any time. */
static enum vane_result emit_on_new_lanes(struct vane_self *self)
{
    struct world *world = kit_world(self);
    for (int64_t i = 0; vane_wait(self, 0); i++) {
        char name[32];
        int64_t next = 0;
        snprintf(name, sizeof name, "lane%d", (int)(i % 300));
        const struct vane_lane *lane = vane_lane(self, name);
        atomic_fetch_add(&world->wrong, vane_resume(self, lane, &next) != (i >= 300) || next != i / 300);
        struct vane_batch *batch = kit_batch(self, i, 1);
        vane_batch_lane(batch, lane, i / 300 + 1);
        if (!vane_emit(self, batch))
            break;
        atomic_fetch_add(&world->emitted, 1);
    }
    return VANE_OK;
}

static void test_part__positions_may_be_asked_for_while_checkpoints_are_written(void **state)
{
    (void)state;
    static const struct vane_plugin lanes = {
        KIT_PLUGIN(VANE_INPUT, "in"), .remembers = true, .run = emit_on_new_lanes,
    };
    struct world world = { 0 };
    struct kit kit;
    kit_init(&kit);
    kit_add(&kit, &lanes, "in", &world);
    kit_add(&kit, &taker, "out", &world);
    kit_open_store(&kit);
    kit_start(&kit);
    kit_wait(&kit, &world.emitted, 3000);
    kit_end(&kit);
    assert_int_equal(world.wrong, 0);
    assert_int_equal(world.seen, world.emitted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_part__state_goes_on_where_it_was_after_a_restart_with_any_number_of_workers),
        cmocka_unit_test(test_part__whenever_it_is_killed_the_state_is_that_of_the_position),
        cmocka_unit_test(test_part__a_failed_save_acknowledges_nothing_and_the_next_one_is_full),
        cmocka_unit_test(test_part__a_checkpoint_that_cannot_be_written_acknowledges_nothing),
        cmocka_unit_test(test_part__a_damaged_record_ends_the_agent),
        cmocka_unit_test(test_part__without_a_store_nothing_is_saved),
        cmocka_unit_test(test_part__saving_takes_a_twentieth_of_the_time_at_most),
        cmocka_unit_test(test_part__parts_do_not_wait_for_each_other),
        cmocka_unit_test(test_part__one_that_is_held_up_holds_up_all_of_its_part),
        cmocka_unit_test(test_part__positions_may_be_asked_for_while_checkpoints_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
