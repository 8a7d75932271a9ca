/* Lines: ticks by arrival, end in order, emitting anywhere, order of a series, losses, refusals. */
#include "tests/unit/flow_kit.h"

#include <pthread.h>

enum { METRICS = 600, SERIES = 5, LANES = 2 };

/* ---- The input: a recording, cut into batches at random ---- */

struct record {
    int64_t time, arrival;
    int     series, lane;
};

struct world {
    struct record    records[METRICS];
    uint64_t         seed;
    unsigned         longest;     /* of a batch */
    atomic_int       seen, emitted, limit;
    pthread_mutex_t  lock;
    struct vane_text text[SERIES * 4]; /* what came out, by series */
};

static unsigned draw(uint64_t *seed, unsigned limit)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33) % limit;
}

static struct world *record_input(uint64_t seed)
{
    struct world *world = alloc_zero(sizeof *world);
    pthread_mutex_init(&world->lock, NULL);
    int64_t arrival[LANES] = { 1000, 5000 };
    for (int i = 0; i < METRICS; i++) {
        struct record *record = &world->records[i];
        record->series = (int)draw(&seed, SERIES);
        record->lane = record->series % LANES; /* a series comes on one lane */
        arrival[record->lane] += draw(&seed, 10) ? draw(&seed, 30) : draw(&seed, 900);
        record->arrival = arrival[record->lane];
        record->time = record->arrival - draw(&seed, 20);
    }
    return world;
}

static void free_world(struct world *world)
{
    for (size_t i = 0; i < sizeof world->text / sizeof *world->text; i++)
        vane_text_release(&world->text[i]);
    pthread_mutex_destroy(&world->lock);
    free(world);
}

static void add_record(struct vane_batch *batch, const struct record *record)
{
    char name[2] = { (char)('a' + record->series), 0 };
    struct vane_tag tag = vane_tag("s", name);
    vane_batch_arrival(batch, record->arrival);
    vane_set_int(vane_add(batch, vane_series(batch, "m", &tag, 1), record->time), "v", record->time);
}

/* Lanes side by side, each in its order, in batches of any length; up to world->limit, then it waits. */
static enum vane_result replay(struct vane_self *self)
{
    struct world *world = kit_world(self);
    static const char *const names[LANES] = { "even", "odd" };
    int64_t at[LANES] = { 0 };
    for (int lane = 0; lane < LANES; lane++)
        vane_resume(self, vane_lane(self, names[lane]), &at[lane]);
    while (at[0] < METRICS || at[1] < METRICS) {
        unsigned lane = draw(&world->seed, LANES), count = 1 + draw(&world->seed, world->longest);
        struct vane_batch *batch = vane_batch_new(self);
        for (; at[lane] < METRICS && count > 0; at[lane]++) {
            if (world->records[at[lane]].lane != (int)lane)
                continue;
            add_record(batch, &world->records[at[lane]]);
            atomic_fetch_add(&world->emitted, 1);
            count--;
        }
        vane_batch_lane(batch, vane_lane(self, names[lane]), at[lane]);
        vane_emit(self, batch);
        if (atomic_load(&world->emitted) >= atomic_load(&world->limit))
            kit_wait_for_stop(self);
        if (!vane_wait(self, 0))
            break;
    }
    return VANE_OK;
}

static const struct vane_plugin input = { KIT_PLUGIN(VANE_INPUT, "in"), .remembers = true, .run = replay };

/* ---- The output notes what comes, series by series ---- */

static int kind_of(const char *name)
{
    return name[0] == 'm' ? 0 : name[0] == 'n' ? 1 : name[0] == 'o' ? 2 : 3;
}

static enum vane_result note(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    pthread_mutex_lock(&world->lock);
    for (size_t i = 0; i < write->count; i++) {
        const struct vane_metric *metric = write->metrics[i];
        const char *tag = vane_get_tag(metric->series, "s");
        struct vane_text *text = &world->text[kind_of(metric->series->name) * SERIES + (tag ? tag[0] - 'a' : 0)];
        vane_text_addf(text, "%s %lld %lld", metric->series->name, (long long)metric->time, (long long)metric->arrival);
        for (uint32_t f = 0; f < metric->field_count; f++)
            vane_text_addf(text, " %s=%lld", metric->fields[f].key, (long long)metric->fields[f].i);
        vane_text_addf(text, "\n");
    }
    pthread_mutex_unlock(&world->lock);
    atomic_fetch_add(&world->seen, (int)write->count);
    return VANE_OK;
}

static const struct vane_plugin output = { KIT_PLUGIN(VANE_OUTPUT, "out"), .write = note };

/* ---- A processor that counts the metrics of each series between ticks of its lane, and emits the counts ---- */

struct ticker {
    struct world *world; /* first, as in kit_state */
    int8_t        count[SERIES];
};

static int lane_number(const struct vane_lane *lane)
{
    return strcmp(lane->name, "odd") == 0;
}

static enum vane_result ticker_open(struct vane_self *self)
{
    vane_tick_every(self, 100);
    return VANE_OK;
}

static enum vane_result ticker_open_slow(struct vane_self *self)
{
    vane_tick_every(self, 270);
    return VANE_OK;
}

static void emit_counts(struct vane_self *self, const char *name, int lane, int64_t time)
{
    struct ticker *ticker = self->state;
    struct vane_batch *batch = vane_batch_new(self);
    for (int series = lane; series < SERIES; series += LANES) {
        char letter[2] = { (char)('a' + series), 0 };
        struct vane_tag tag = vane_tag("s", letter);
        if (ticker->count[series])
            vane_set_int(vane_add(batch, vane_series(batch, name, &tag, 1), time), "count", ticker->count[series]);
        ticker->count[series] = 0;
    }
    vane_emit(self, batch);
}

static enum vane_result ticker_process(struct vane_self *self, struct vane_batch *batch)
{
    struct ticker *ticker = self->state;
    for (size_t i = 0; i < batch->count; i++)
        ticker->count[vane_get_tag(batch->metrics[i]->series, "s")[0] - 'a']++;
    return VANE_OK;
}

static enum vane_result ticker_tick(struct vane_self *self, const struct vane_lane *lane, int64_t now)
{
    emit_counts(self, "n", lane_number(lane), now);
    return VANE_OK;
}

static enum vane_result second_tick(struct vane_self *self, const struct vane_lane *lane, int64_t now)
{
    emit_counts(self, "o", lane_number(lane), now);
    return VANE_OK;
}

static enum vane_result ticker_save(struct vane_self *self, struct vane_saver *saver, bool full)
{
    struct ticker *ticker = self->state;
    (void)full;
    vane_save(saver, &(struct vane_record){ .lane = "", .key = "counts", .data = ticker->count, .length = SERIES });
    return VANE_OK;
}

static enum vane_result ticker_load(struct vane_self *self, const struct vane_record *record)
{
    struct ticker *ticker = self->state;
    memcpy(ticker->count, record->data, SERIES);
    return VANE_OK;
}

static const struct vane_plugin ticker = {
    .abi = VANE_ABI, .role = VANE_PROCESSOR, .name = "ticker", .help = "Test.", .state_size = sizeof(struct ticker),
    .open = ticker_open, .process = ticker_process, .tick = ticker_tick, .save = ticker_save, .load = ticker_load,
};
static const struct vane_plugin slow_ticker = {
    .abi = VANE_ABI, .role = VANE_PROCESSOR, .name = "slow", .help = "Test.", .state_size = sizeof(struct ticker),
    .open = ticker_open_slow, .process = ticker_process, .tick = second_tick,
};

/* Emits for each metric above its neighbour one of another series, and drops every third. */
static enum vane_result maker_process(struct vane_self *self, struct vane_batch *batch)
{
    struct vane_batch *made = vane_batch_new(self);
    for (size_t i = 0; i < batch->count; i++) {
        const struct vane_metric *metric = batch->metrics[i];
        if (metric->time % 2 == 0) {
            struct vane_tag tag = vane_tag("s", vane_get_tag(metric->series, "s"));
            vane_batch_arrival(made, metric->arrival);
            vane_set_int(vane_add(made, vane_series(made, "x", &tag, 1), metric->time), "v", metric->time);
        }
        if (metric->time % 3 == 0)
            vane_drop(batch, i);
    }
    vane_emit(self, made);
    return VANE_OK;
}

static const struct vane_plugin maker = { KIT_PLUGIN(VANE_PROCESSOR, "maker"), .process = maker_process };

/* ---- Law 5: how batches are cut and lanes interleaved changes nothing ---- */

static struct world *run_recording(uint64_t cuts, unsigned longest, const struct vane_plugin *const *processors,
                                   unsigned workers, bool fan_out)
{
    struct world *world = record_input(42);
    struct kit kit;
    world->seed = cuts;
    world->longest = longest;
    world->limit = 2 * METRICS;
    kit_init(&kit);
    kit_add(&kit, &input, "in", world);
    kit_add(&kit, &output, "out", world);
    static const char *const names[] = { "p0", "p1", "p2" };
    for (size_t i = 0; processors[i]; i++)
        kit_add(&kit, processors[i], names[i], world)->graph.workers = workers;
    for (size_t i = 0; processors[i] && fan_out; i++) { /* each feeds the next one and the output */
        kit_from(&kit, &kit.nodes[1], names[i]);
        kit_from(&kit, &kit.nodes[2 + i], i ? names[i - 1] : "in");
        kit.nodes[2 + i].drop_original = i > 0; /* nothing arrives twice */
    }
    kit_start(&kit);
    kit_until(&kit, kit_all_ended, kit.flow);
    kit_end(&kit);
    return world;
}

static void assert_same(const struct world *a, const struct world *b)
{
    for (size_t i = 0; i < sizeof a->text / sizeof *a->text; i++)
        assert_string_equal(a->text[i].data ? a->text[i].data : "", b->text[i].data ? b->text[i].data : "");
}

static void check_all_cuts(const struct vane_plugin *const *processors, unsigned workers, bool fan_out)
{
    struct world *single = run_recording(1, 1, processors, workers, fan_out);
    assert_true(single->seen > METRICS / 2);
    for (uint64_t cuts = 2; cuts < 12; cuts++) {
        struct world *other = run_recording(cuts, cuts % 3 == 0 ? METRICS : 1 + (unsigned)cuts * 7, processors, workers,
                                            fan_out);
        assert_same(single, other);
        free_world(other);
    }
    free_world(single);
}

static void test_line__ticks_do_not_depend_on_how_batches_were_cut(void **state)
{
    (void)state;
    check_all_cuts((const struct vane_plugin *const[]){ &ticker, NULL }, 1, false);
}

static void test_line__ticks_of_workers_do_not_depend_on_how_batches_were_cut(void **state)
{
    (void)state;
    check_all_cuts((const struct vane_plugin *const[]){ &ticker, NULL }, 3, false);
}

static void test_line__ticks_behind_ticks_do_not_depend_on_how_batches_were_cut(void **state)
{
    (void)state;
    check_all_cuts((const struct vane_plugin *const[]){ &ticker, &slow_ticker, NULL }, 1, false);
}

static void test_line__ticks_behind_one_that_emits_do_not_depend_on_how_batches_were_cut(void **state)
{
    (void)state;
    check_all_cuts((const struct vane_plugin *const[]){ &maker, &ticker, NULL }, 1, false);
}

static void test_line__ticks_in_other_lines_do_not_depend_on_how_batches_were_cut(void **state)
{
    (void)state;
    check_all_cuts((const struct vane_plugin *const[]){ &maker, &slow_ticker, NULL }, 1, true);
}

static void run_piece(struct world *world, char directory[64], int limit)
{
    struct kit kit;
    kit_init(&kit);
    memcpy(kit.directory, directory, 64);
    kit_open_store(&kit);
    memcpy(directory, kit.directory, 64);
    kit_add(&kit, &input, "in", world);
    kit_add(&kit, &ticker, "p0", world);
    kit_add(&kit, &output, "out", world);
    atomic_store(&world->limit, limit);
    kit_start(&kit);
    if (limit < METRICS)
        kit_wait(&kit, &world->emitted, limit);
    else
        kit_until(&kit, kit_all_ended, kit.flow);
    assert_true(kit_stop_within(&kit, KIT_PATIENCE));
    kit.directory[0] = '\0';
    kit_release(&kit);
}

static void test_line__ticks_go_on_over_restarts(void **state)
{
    (void)state;
    struct world *whole = run_recording(1, 1, (const struct vane_plugin *const[]){ &ticker, NULL }, 1, false);
    struct world *pieces = record_input(42);
    char directory[64] = "";
    pieces->seed = 7;
    pieces->longest = 3;
    for (int limit = 30; limit < METRICS; limit += 61)
        run_piece(pieces, directory, limit);
    run_piece(pieces, directory, 2 * METRICS);
    assert_same(whole, pieces);
    free_world(whole);
    free_world(pieces);
    struct kit last = { 0 };
    memcpy(last.directory, directory, sizeof directory);
    kit_remove_directory(&last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line__ticks_do_not_depend_on_how_batches_were_cut),
        cmocka_unit_test(test_line__ticks_of_workers_do_not_depend_on_how_batches_were_cut),
        cmocka_unit_test(test_line__ticks_behind_ticks_do_not_depend_on_how_batches_were_cut),
        cmocka_unit_test(test_line__ticks_behind_one_that_emits_do_not_depend_on_how_batches_were_cut),
        cmocka_unit_test(test_line__ticks_in_other_lines_do_not_depend_on_how_batches_were_cut),
        cmocka_unit_test(test_line__ticks_go_on_over_restarts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
