/* What the window plugin answers to bad input, limits, lost lanes, gaps and quiet series; its counters
 * tell. */
#include "core/batch.h"
#include "tests/unit/window_kit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char *const count_only[] = { "count" };

static struct options tumbling(void)
{
    return (struct options){ .every = 10 * KIT_SECOND, .aggregates = { count_only, 1 } };
}

/* A metric of a series, so many seconds after the start, arriving so many seconds after it. */
static struct vane_metric *add(struct batch *batch, const char *series, double seconds, double arrival)
{
    struct vane_tag tag = vane_tag("series", series);
    vane_batch_arrival(&batch->view, KIT_START + (int64_t)(arrival * 1e9));
    return vane_add(&batch->view, vane_series(&batch->view, "m", &tag, 1),
                    KIT_START + (int64_t)(seconds * 1e9));
}

static void take(struct window_kit *kit, struct batch *batch)
{
    window_kit_process(kit, batch);
    batch_unref(batch);
}

static void take_one(struct window_kit *kit, const char *series, double seconds, double value)
{
    struct batch *batch = batch_new();
    vane_set_float(add(batch, series, seconds, seconds), "value", value);
    take(kit, batch);
}

static void assert_counted(const struct window_kit *kit, const char *name, uint64_t expected)
{
    if (window_kit_counter(kit, name) != expected)
        fail_msg("%s is %llu, not %llu", name, (unsigned long long)window_kit_counter(kit, name),
                 (unsigned long long)expected);
}

static void test_window__ignores_what_is_no_number(void **state)
{
    (void)state;
    struct window_kit kit;
    struct options options = tumbling();
    window_kit_open(&kit, &options);
    take_one(&kit, "a", 1, 1);
    take_one(&kit, "a", 2, NAN);
    take_one(&kit, "a", 3, INFINITY);
    assert_counted(&kit, "values_not_finite", 2);
    struct batch *batch = batch_new();
    vane_set_string(add(batch, "a", 4, 4), "value", "text", 4);
    vane_set_int(add(batch, "a", 5, 5), "value", 5);
    struct vane_metric *mixed = add(batch, "a", 6, 6);
    vane_set_string(mixed, "value", "text", 4);
    vane_set_bool(mixed, "other", true);
    take(&kit, batch);
    assert_counted(&kit, "values_text", 1);
    window_kit_close(&kit);
}

static void test_window__refuses_times_far_ahead(void **state)
{
    (void)state;
    struct window_kit kit;
    struct options options = tumbling();
    options.max_future = 60 * KIT_SECOND;
    window_kit_open(&kit, &options);
    struct batch *batch = batch_new();
    vane_set_int(add(batch, "a", 1, 1), "value", 1);
    vane_set_int(add(batch, "a", 3600, 2), "value", 1);
    vane_set_int(add(batch, "a", 3, 3), "value", 1);
    struct vane_metric *last = add(batch, "a", 4, 4);
    vane_set_int(last, "value", 1);
    last->time = INT64_MAX;
    take(&kit, batch);
    assert_counted(&kit, "metrics_ahead", 2);
    assert_counted(&kit, "windows", 0);
    window_kit_close(&kit);
}

static void test_window__drops_what_runs_backwards(void **state)
{
    (void)state;
    struct window_kit kit;
    struct options options = tumbling();
    window_kit_open(&kit, &options);
    for (int i = 10; i > 0; i--)
        take_one(&kit, "a", 10 * i, 1);
    assert_counted(&kit, "metrics_too_late", 9);
    window_kit_close(&kit);
}

static void test_window__keeps_no_more_series_than_it_may(void **state)
{
    (void)state;
    struct window_kit kit;
    struct options options = tumbling();
    options.max_series = 1000;
    window_kit_open(&kit, &options);
    for (int i = 0; i < 3000; i++) {
        char name[16];
        snprintf(name, sizeof name, "s%d", i);
        take_one(&kit, name, 1, 1);
    }
    assert_counted(&kit, "metrics_refused", 2000);
    assert_int_equal(window_kit_state(&kit)->members.count, 1000);
    take_one(&kit, "s999", 2, 1); /* those that are kept go on */
    assert_counted(&kit, "metrics_refused", 2000);
    window_kit_close(&kit);
}

static void test_window__stays_within_its_memory(void **state)
{
    (void)state;
    static const char *const values[] = { "mode" };
    struct window_kit kit;
    struct options options = { .every = 10 * KIT_SECOND, .aggregates = { values, 1 }, .max_memory = 1000000 };
    window_kit_open(&kit, &options);
    for (int i = 0; i < 300; i++) {
        struct batch *batch = batch_new();
        for (int k = 0; k < 1000; k++)
            vane_set_int(add(batch, "a", 1, 1), "value", k);
        take(&kit, batch);
    }
    assert_true(window_kit_state(&kit)->budget.used < 2100000);
    assert_true(window_kit_counter(&kit, "metrics_refused") > 0);
    window_kit_close(&kit);
}

static void test_window__closes_quiet_series_and_reuses_their_room(void **state)
{
    (void)state;
    struct window_kit kit;
    struct options options = tumbling();
    options.idle = 30 * KIT_SECOND;
    options.max_series = 2;
    window_kit_open(&kit, &options);
    take_one(&kit, "quiet", 1, 1);
    take_one(&kit, "busy", 20, 1);
    vane_plugin.tick(&kit.instance->self, NULL, KIT_START + 30 * KIT_SECOND);
    assert_counted(&kit, "windows", 0);
    vane_plugin.tick(&kit.instance->self, NULL, KIT_START + 35 * KIT_SECOND);
    assert_counted(&kit, "windows", 1);
    take_one(&kit, "new", 36, 1); /* in the place of the quiet one */
    assert_counted(&kit, "series_evicted", 1);
    take_one(&kit, "newer", 37, 1);
    assert_counted(&kit, "metrics_refused", 1);
    window_kit_close(&kit);
}

static void test_window__discards_what_a_gap_has_cut(void **state)
{
    (void)state;
    struct window_kit kit;
    struct options options = tumbling();
    window_kit_open(&kit, &options);
    take_one(&kit, "beyond", 1, 1);
    take_one(&kit, "within", 1, 1);
    take_one(&kit, "silent", 1, 1);
    vane_plugin.gap(&kit.instance->self, NULL);
    take_one(&kit, "beyond", 21, 1);
    assert_counted(&kit, "windows_discarded", 1);
    take_one(&kit, "within", 9, 1);
    take_one(&kit, "within", 21, 1);
    assert_counted(&kit, "windows", 1);
    vane_plugin.end(&kit.instance->self);
    assert_counted(&kit, "windows_discarded", 2); /* the silent one */
    assert_counted(&kit, "windows", 3);
    window_kit_close(&kit);
}

static void test_window__emits_no_half_of_a_lane_that_was_lost(void **state)
{
    (void)state;
    struct window_kit kit;
    struct options options = tumbling();
    window_kit_open(&kit, &options);
    take_one(&kit, "a", 1, 1);
    struct window *window = kit.instance->self.state;
    window->lanes->floor_pending = true; /* as lost() sets it for a lane with a name */
    take_one(&kit, "a", 5, 1);
    take_one(&kit, "a", 15, 1);
    assert_counted(&kit, "windows_discarded", 1);
    take_one(&kit, "a", 25, 1);
    assert_counted(&kit, "windows", 1);
    window_kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window__ignores_what_is_no_number),
        cmocka_unit_test(test_window__refuses_times_far_ahead),
        cmocka_unit_test(test_window__drops_what_runs_backwards),
        cmocka_unit_test(test_window__keeps_no_more_series_than_it_may),
        cmocka_unit_test(test_window__stays_within_its_memory),
        cmocka_unit_test(test_window__closes_quiet_series_and_reuses_their_room),
        cmocka_unit_test(test_window__discards_what_a_gap_has_cut),
        cmocka_unit_test(test_window__emits_no_half_of_a_lane_that_was_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
