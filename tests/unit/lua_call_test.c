/* What the lua plugin answers to each kind of failure and loss, and what it counts of it. */
#include "tests/unit/lua_kit.h"

/* ---- Metrics ---- */

static void test_lua__counts_what_scripts_remove_and_add(void **state)
{
    (void)state;
    struct lua_kit kit;
    lua_kit_open(&kit, "function apply(m)\n"
                       "  if m.fields.v == 1 then return nil end\n"
                       "  if m.fields.v == 2 then return m, m:copy(), m:copy() end\n"
                       "  return m\n"
                       "end", CALL_DROP);
    struct batch *batch = lua_kit_batch(&kit, "a", 4);
    lua_kit_process(&kit, batch);
    assert_int_equal(batch->view.count, 5);
    lua_kit_counted(&kit, "metrics_removed", 1);
    lua_kit_counted(&kit, "metrics_added", 2);
    lua_kit_counted(&kit, "script_errors", 0);
    batch_unref(batch);
    lua_kit_close(&kit);
}

static void test_lua__a_memory_gauge_is_set(void **state)
{
    (void)state;
    struct lua_kit kit;
    lua_kit_open(&kit, "kept = string.rep('x', 200000) function apply(m) return m end", CALL_DROP);
    lua_kit_feed(&kit, "a", 1);
    double bytes = stats_find(&kit.instance->stats, "memory_bytes", true)->value;
    assert_true(bytes > 200000 && bytes < 2 << 20);
    lua_kit_close(&kit);
}

/* ---- Errors ---- */

/* Of metrics with v = 1, 2, 3 the second fails. */
static size_t left_by(struct lua_kit *kit, const char *failing, enum call_on_error on_error)
{
    char source[256];
    snprintf(source, sizeof source, "function apply(m) m.fields.w = 1 if m.fields.v == 2 then %s end return m end",
             failing);
    lua_kit_open(kit, source, on_error);
    struct batch *batch = lua_kit_batch(kit, "a", 3);
    lua_kit_process(kit, batch);
    size_t left = batch->view.count;
    if (left == 3)
        assert_null(vane_get(batch->view.metrics[1], "w"));
    batch_unref(batch);
    return left;
}

static void test_lua__counts_errors_by_what_becomes_of_the_metric(void **state)
{
    (void)state;
    static const struct {
        enum call_on_error on_error;
        size_t             left, dropped, rejected;
    } cases[] = { { CALL_DEAD_LETTER, 2, 0, 1 }, { CALL_PASS, 3, 0, 0 }, { CALL_DROP, 2, 1, 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lua_kit kit;
        assert_int_equal(left_by(&kit, "error('no')", cases[i].on_error), cases[i].left);
        lua_kit_counted(&kit, "script_errors", 1);
        lua_kit_counted(&kit, "dropped_by_errors", cases[i].dropped);
        assert_int_equal(stats_get(&kit.instance->stats, STATS_REJECTED), cases[i].rejected);
        lua_kit_counted(&kit, "instruction_limits", 0);
        lua_kit_counted(&kit, "memory_limits", 0);
        lua_kit_close(&kit);
    }
}

static void test_lua__counts_limits_as_errors_too(void **state)
{
    (void)state;
    static const struct {
        const char *failing;
        uint64_t    instructions, memory;
    } cases[] = {
        { "while true do end", 1, 0 }, { "pcall(function() while true do end end)", 1, 0 },
        { "local t = {} while true do t[#t + 1] = {} end", 0, 1 }, { "local s = 'x' while true do s = s .. s end", 0, 1 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lua_kit kit;
        left_by(&kit, cases[i].failing, CALL_DROP);
        lua_kit_counted(&kit, "script_errors", 1);
        lua_kit_counted(&kit, "instruction_limits", cases[i].instructions);
        lua_kit_counted(&kit, "memory_limits", cases[i].memory);
        lua_kit_close(&kit);
    }
}

static void test_lua__an_init_that_fails_fails_for_every_metric(void **state)
{
    (void)state;
    struct lua_kit kit;
    lua_kit_open(&kit, "function init() error('no') end function apply(m) return m end", CALL_DROP);
    lua_kit_feed(&kit, "a", 3);
    lua_kit_feed(&kit, "a", 2);
    lua_kit_counted(&kit, "script_errors", 2);
    lua_kit_counted(&kit, "dropped_by_errors", 5);
    lua_kit_close(&kit);
}

static void test_lua__tick_and_flush_that_fail_emit_nothing(void **state)
{
    (void)state;
    struct lua_kit kit;
    lua_kit_open(&kit, "function apply(m) return m end\n"
                       "function tick() local m = Metric('t') m.fields.v = 1 return m, error('no') end\n"
                       "function flush() local m = Metric('t') m.fields.v = 1 m.time = 1 return m, 7 end", CALL_DROP);
    struct vane_self *self = &kit.instance->self;
    assert_int_equal(vane_plugin.tick(self, lua_kit_lane(&kit, "0"), 10), VANE_OK);
    lua_kit_counted(&kit, "script_errors", 1);
    assert_int_equal(vane_plugin.end(self), VANE_OK);
    lua_kit_counted(&kit, "script_errors", 2);
    assert_int_equal(stats_get(&kit.instance->stats, STATS_OUT), 0);
    lua_kit_close(&kit);
}

/* ---- Cuts ---- */

/* Changes what is remembered from metric to metric: state, tags, names, chance, errors, new metrics. */
static const char changing[] =
    "function apply(m)\n"
    "  local v, series = m.fields.v, m.series\n"
    "  state[series] = (state[series] or 0) + v\n"
    "  m.fields.total, m.fields.chance = state[series], math.random(1000)\n"
    "  m.tags.odd = v % 2 == 1 and 'yes' or nil\n"
    "  m.tags.s = m.tags.s .. v % 3\n"
    "  if v % 5 == 0 then m.name = 'fifth' end\n"
    "  if v % 7 == 0 then error('no') end\n"
    "  if v % 11 == 0 then return nil end\n"
    "  if v % 4 == 0 then local c = m:copy() c.tags.copy = 'x' c.fields.v = nil return c, m end\n"
    "  return m\n"
    "end";

static void write_metrics(struct vane_text *out, const struct batch *batch)
{
    for (size_t i = 0; i < batch->view.count; i++) {
        const struct vane_metric *metric = batch->view.metrics[i];
        book_series_text(out, metric->series);
        vane_text_addf(out, " %016llx", (unsigned long long)metric->series->hash);
        for (uint32_t f = 0; f < metric->field_count; f++)
            vane_text_addf(out, " %s=%lld", metric->fields[f].key, (long long)metric->fields[f].i);
        vane_text_addf(out, " %lld\n", (long long)metric->time);
    }
}

/* 200 metrics of three series, in batches of 1 to `longest`. */
static void run_cut(struct vane_text *out, int longest)
{
    struct lua_kit kit;
    lua_kit_open(&kit, changing, CALL_PASS);
    for (int at = 1, length = 1; at <= 200; at += length, length = length % longest + 1) {
        struct batch *batch = batch_new();
        vane_batch_lane(&batch->view, lua_kit_lane(&kit, "0"), 1);
        for (int i = at; i < at + length && i <= 200; i++) {
            struct vane_tag tag = vane_tag("s", i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c");
            vane_set_int(vane_add(&batch->view, vane_series(&batch->view, "m", &tag, 1), i), "v", i);
        }
        lua_kit_process(&kit, batch);
        write_metrics(out, batch);
        batch_unref(batch);
    }
    lua_kit_close(&kit);
}

static void test_lua__answers_do_not_depend_on_how_batches_were_cut(void **state)
{
    (void)state;
    struct vane_text once = { 0 };
    run_cut(&once, 1);
    assert_non_null(strstr(once.data, "fifth{copy=x,s="));
    static const int lengths[] = { 2, 5, 20, 200 };
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct vane_text other = { 0 };
        run_cut(&other, lengths[i]);
        assert_string_equal(other.data, once.data);
        vane_text_release(&other);
    }
    vane_text_release(&once);
}

/* ---- Lanes ---- */

/* What the script says of itself: apply gives each metric the fields told, and total of its series. */
static const char about_lanes[] =
    "told = ''\n"
    "function lost(lane) told = told .. 'lost ' .. lane .. ' ' .. tostring(state['m{s=a}']) .. ';' end\n"
    "function gap(lane) told = told .. 'gap ' .. lane .. ';' end\n"
    "function apply(m)\n"
    "  state.all = (state.all or 0) + 1\n"
    "  state[m.series] = (state[m.series] or 0) + m.fields.v\n"
    "  m.fields.total, m.fields.all, m.fields.told = state[m.series], state.all, told\n"
    "  return m\n"
    "end";

static void assert_answer(struct lua_kit *kit, int total, int all, const char *told)
{
    struct batch *batch = lua_kit_batch(kit, "a", 1);
    lua_kit_process(kit, batch);
    const struct vane_metric *metric = batch->view.metrics[0];
    assert_int_equal(vane_get(metric, "total")->i, total);
    assert_int_equal(vane_get(metric, "all")->i, all);
    assert_string_equal(vane_get(metric, "told")->s, told);
    batch_unref(batch);
}

static void test_lua__a_lost_lane_takes_the_state_of_its_series_with_it(void **state)
{
    (void)state;
    struct lua_kit kit;
    lua_kit_open(&kit, about_lanes, CALL_DROP);
    lua_kit_feed(&kit, "a", 3);
    vane_plugin.lost(&kit.instance->self, lua_kit_lane(&kit, "0"));
    assert_answer(&kit, 1, 4, "lost in/0 6;");
    lua_kit_close(&kit);
}

static void test_lua__a_lost_lane_leaves_those_of_others(void **state)
{
    (void)state;
    struct lua_kit kit;
    lua_kit_open(&kit, about_lanes, CALL_DROP);
    lua_kit_feed(&kit, "a", 3);
    vane_plugin.lost(&kit.instance->self, lua_kit_lane(&kit, "1"));
    assert_answer(&kit, 7, 4, "lost in/1 6;");
    lua_kit_close(&kit);
}

static void test_lua__a_gap_is_told_and_takes_nothing(void **state)
{
    (void)state;
    struct lua_kit kit;
    lua_kit_open(&kit, about_lanes, CALL_DROP);
    lua_kit_feed(&kit, "a", 3);
    vane_plugin.gap(&kit.instance->self, lua_kit_lane(&kit, "0"));
    assert_answer(&kit, 7, 4, "gap in/0;");
    lua_kit_close(&kit);
}

static void test_lua__lost_and_gap_that_fail_are_counted(void **state)
{
    (void)state;
    struct lua_kit kit;
    lua_kit_open(&kit, "function lost() error('no') end function gap() error('no') end\n"
                       "function apply(m)\n"
                       "  state[m.series] = (state[m.series] or 0) + 1\n"
                       "  m.fields.n = state[m.series]\n"
                       "  return m\n"
                       "end", CALL_DROP);
    lua_kit_feed(&kit, "a", 3);
    vane_plugin.lost(&kit.instance->self, lua_kit_lane(&kit, "0"));
    vane_plugin.gap(&kit.instance->self, lua_kit_lane(&kit, "0"));
    lua_kit_counted(&kit, "script_errors", 2);
    struct batch *batch = lua_kit_batch(&kit, "a", 1);
    lua_kit_process(&kit, batch);
    assert_int_equal(vane_get(batch->view.metrics[0], "n")->i, 1);
    batch_unref(batch);
    lua_kit_close(&kit);
}

/* ---- Saved state ---- */

static enum vane_result load(struct lua_kit *kit, const char *key, const char *data, size_t length)
{
    return vane_plugin.load(&kit->instance->self, &(struct vane_record){
        .lane = "", .key = key, .data = data, .length = length });
}

static void test_lua__a_damaged_state_is_told_by_its_key(void **state)
{
    (void)state;
    struct lua_kit kit;
    lua_kit_open(&kit, "function apply(m) return m end", CALL_DROP);
    assert_int_equal(load(&kit, "sgood", "\1T", 2), VANE_OK);
    assert_int_equal(load(&kit, "sbad", "\1s\xff", 3), VANE_FAIL);
    assert_non_null(strstr(kit.instance->reason, "state[bad] cannot be loaded: what was saved is damaged"));
    assert_int_equal(load(&kit, "?", "\1T", 2), VANE_FAIL);
    assert_non_null(strstr(kit.instance->reason, "the key is damaged"));
    assert_int_equal(load(&kit, "w:sx", "\1T", 2), VANE_FAIL);
    lua_kit_close(&kit);
}

static void test_lua__a_state_that_is_too_large_is_told_by_its_key(void **state)
{
    (void)state;
    enum { LENGTH = 700000 };
    char *data = calloc(1, LENGTH + 6);
    memcpy(data, "\1s", 2);
    memcpy(data + 2, &(uint32_t){ LENGTH }, 4);
    struct lua_kit kit;
    lua_kit_open(&kit, "function apply(m) return m end", CALL_DROP);
    enum vane_result result = VANE_OK;
    for (char key[3] = "sa"; result == VANE_OK && key[1] <= 'e'; key[1]++)
        result = load(&kit, key, data, LENGTH + 6);
    assert_int_equal(result, VANE_FAIL);
    assert_non_null(strstr(kit.instance->reason, "max_memory"));
    assert_non_null(strstr(kit.instance->reason, "state[c]"));
    free(data);
    lua_kit_close(&kit);
}

static void test_lua__workers_take_their_own_keys_and_drop_those_of_nobody(void **state)
{
    (void)state;
    struct lua_kit kit;
    struct lua wanted = lua_kit_options("function apply(m) m.fields.a, m.fields.b = state.a, state.b return m end",
                                        CALL_DROP);
    lua_kit_open_with(&kit, &wanted, 1, 2);
    assert_int_equal(load(&kit, "sa", "\1T", 2), VANE_OK);    /* of worker 0 */
    assert_int_equal(load(&kit, "w1:sb", "\1T", 2), VANE_OK); /* its own */
    assert_int_equal(load(&kit, "w2:sa", "\1T", 2), VANE_OK); /* worker 0 tells that it is dropped */
    lua_kit_counted(&kit, "state_dropped", 0);
    assert_int_equal(load(&kit, "w3:sa", "\1T", 2), VANE_OK);
    lua_kit_counted(&kit, "state_dropped", 1);
    struct batch *batch = lua_kit_batch(&kit, "a", 1);
    lua_kit_process(&kit, batch);
    assert_null(vane_get(batch->view.metrics[0], "a"));
    assert_non_null(vane_get(batch->view.metrics[0], "b"));
    batch_unref(batch);
    lua_kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lua__counts_what_scripts_remove_and_add),
        cmocka_unit_test(test_lua__a_memory_gauge_is_set),
        cmocka_unit_test(test_lua__counts_errors_by_what_becomes_of_the_metric),
        cmocka_unit_test(test_lua__counts_limits_as_errors_too),
        cmocka_unit_test(test_lua__an_init_that_fails_fails_for_every_metric),
        cmocka_unit_test(test_lua__tick_and_flush_that_fail_emit_nothing),
        cmocka_unit_test(test_lua__answers_do_not_depend_on_how_batches_were_cut),
        cmocka_unit_test(test_lua__a_lost_lane_takes_the_state_of_its_series_with_it),
        cmocka_unit_test(test_lua__a_lost_lane_leaves_those_of_others),
        cmocka_unit_test(test_lua__a_gap_is_told_and_takes_nothing),
        cmocka_unit_test(test_lua__lost_and_gap_that_fail_are_counted),
        cmocka_unit_test(test_lua__a_damaged_state_is_told_by_its_key),
        cmocka_unit_test(test_lua__a_state_that_is_too_large_is_told_by_its_key),
        cmocka_unit_test(test_lua__workers_take_their_own_keys_and_drop_those_of_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
