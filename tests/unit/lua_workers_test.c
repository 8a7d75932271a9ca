/* The lua plugin in a flow, on several threads: state by series and by worker over restarts with other numbers of
 * workers, and what a mark counts of it. */
#include "plugins/lua/lua.c"

#include "core/flow_inside.h"
#include "tests/unit/flow_kit.h"

enum { SERIES = 8 };

struct world {
    atomic_int emitted, seen, wrong;
    int        newest[SERIES]; /* the output's */
};

/* Metric i is number i / SERIES + 1 of its series; a lane that can go on where it was. */
static enum vane_result emit_series(struct vane_self *self)
{
    struct world *world = kit_world(self);
    const struct vane_lane *lane = vane_lane(self, "lane");
    int64_t next = 0;
    vane_resume(self, lane, &next);
    while (vane_wait(self, 0)) {
        struct vane_batch *batch = vane_batch_new(self);
        int64_t end = next + 1 + next % 13;
        for (; next < end; next++) {
            char name[2] = { (char)('a' + next % SERIES), 0 };
            struct vane_tag tag = vane_tag("s", name);
            vane_set_int(vane_add(batch, vane_series(batch, "m", &tag, 1), next), "v", next / SERIES + 1);
        }
        vane_batch_lane(batch, lane, next);
        if (!vane_emit(self, batch))
            break;
        atomic_store(&world->emitted, (int)next);
    }
    return VANE_OK;
}

static enum vane_result check_counts(struct vane_self *self, struct vane_write *write)
{
    struct world *world = kit_world(self);
    for (size_t i = 0; i < write->count; i++) {
        const struct vane_metric *metric = write->metrics[i];
        int at = vane_get_tag(metric->series, "s")[0] - 'a';
        int64_t number = vane_get(metric, "v")->i;
        atomic_fetch_add(&world->wrong, number != world->newest[at] + 1);
        atomic_fetch_add(&world->wrong, vane_get(metric, "n")->i != number);
        world->newest[at] = (int)number;
    }
    atomic_fetch_add(&world->seen, (int)write->count);
    return VANE_OK;
}

static const struct vane_plugin input = {
    .abi = VANE_ABI, .role = VANE_INPUT, .name = "in", .help = "Test.", .state_size = sizeof(struct kit_state),
    .run = emit_series, .remembers = true,
};
static const struct vane_plugin output = {
    .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "out", .help = "Test.", .state_size = sizeof(struct kit_state),
    .write = check_counts,
};

static const struct lua counting = {
    .source = "function apply(m)\n"
              "  local series = m.series\n"
              "  state[series] = (state[series] or 0) + 1\n"
              "  m.fields.n = state[series]\n"
              "  m.tags.x = 'y'\n"
              "  state.f = print\n"
              "  return m\n"
              "end",
    .max_instructions = 100000, .max_memory = 4 << 20,
};

static void add_nodes(struct kit *kit, struct world *world, unsigned workers)
{
    static const struct vane_plugin place = { .role = VANE_PROCESSOR };
    kit_add(kit, &input, "in", world);
    struct flow_node *node = kit_add(kit, &place, "lua", world);
    node->settings.plugin = &vane_plugin;
    node->settings.state = &counting;
    node->graph.workers = workers;
    kit_add(kit, &output, "out", world);
}

/* Of all workers, while they run. */
static double sum_of(const struct flow *flow, const char *name)
{
    double sum = 0;
    for (size_t i = 0; i < flow->instance_count; i++)
        for (struct stats_named *at = flow->instances[i]->stats.named; at; at = at->next)
            if (strcmp(at->name, name) == 0)
                sum += at->gauge ? at->value : (double)at->count;
    return sum;
}

static void test_lua_workers__go_on_where_they_were_with_any_number(void **state)
{
    (void)state;
    static const unsigned workers[] = { 2, 3, 3, 1, 2 };
    char directory[64] = "";
    struct world world = { 0 };
    for (size_t run = 0; run < sizeof workers / sizeof *workers; run++) {
        struct kit kit;
        kit_init(&kit);
        memcpy(kit.directory, directory, sizeof directory);
        add_nodes(&kit, &world, workers[run]);
        kit_open_store(&kit);
        memcpy(directory, kit.directory, sizeof directory);
        int before = atomic_load(&world.emitted);
        kit_start(&kit);
        kit_wait(&kit, &world.seen, before + 500);
        assert_true(kit_stop_within(&kit, KIT_PATIENCE));
        kit.directory[0] = '\0';
        kit_release(&kit);
        assert_int_equal(world.wrong, 0);
        assert_int_equal(world.seen, world.emitted);
    }
    struct kit last = { 0 };
    memcpy(last.directory, directory, sizeof directory);
    kit_remove_directory(&last);
}

struct wait_for_mark {
    const struct flow *flow;
};

static bool has_saved(const void *context)
{
    const struct wait_for_mark *wait = context;
    return sum_of(wait->flow, "state_keys") >= SERIES && sum_of(wait->flow, "state_refused") >= 2;
}

static void test_lua_workers__a_mark_counts_keys_and_what_was_refused(void **state)
{
    (void)state;
    struct world world = { 0 };
    struct kit kit;
    kit_init(&kit);
    add_nodes(&kit, &world, 2);
    kit_open_store(&kit);
    kit_start(&kit);
    kit_wait(&kit, &world.seen, 100);
    kit_until(&kit, has_saved, &(struct wait_for_mark){ kit.flow });
    assert_true(sum_of(kit.flow, "state_keys") == SERIES);
    kit_end(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lua_workers__go_on_where_they_were_with_any_number),
        cmocka_unit_test(test_lua_workers__a_mark_counts_keys_and_what_was_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
