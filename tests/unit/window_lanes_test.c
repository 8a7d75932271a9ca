/* Groups that several lanes feed: quiet members, lanes that are lost or cut, and the limits. */
#include "core/batch.h"
#include "core/lane.h"
#include "tests/unit/window_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char *const asked[] = { "count", "mode" };
static const char *const zone[] = { "zone" };

struct lanes_kit {
    struct window_kit       kit;
    struct lane            *lanes;
    const struct vane_lane *left, *right;
};

/* All series of a zone are one group. */
static struct options grouped(void)
{
    return (struct options){ .every = 10 * KIT_SECOND, .group_by = { zone, 1 }, .aggregates = { asked, 1 } };
}

static void open_kit(struct lanes_kit *lanes, const struct options *options)
{
    *lanes = (struct lanes_kit){ 0 };
    window_kit_open(&lanes->kit, options);
    lanes->left = &lane_find(&lanes->lanes, "kafka", "topic/0")->view;
    lanes->right = &lane_find(&lanes->lanes, "kafka", "topic/1")->view;
}

static void close_kit(struct lanes_kit *lanes)
{
    window_kit_close(&lanes->kit);
    lane_free_all(&lanes->lanes);
}

static void take(struct lanes_kit *lanes, const struct vane_lane *lane, const char *host, int64_t seconds)
{
    struct batch *batch = batch_new();
    struct vane_tag tags[] = { vane_tag("host", host), vane_tag("zone", "z") };
    int64_t time = KIT_START + seconds * KIT_SECOND;
    vane_batch_arrival(&batch->view, time);
    vane_batch_lane(&batch->view, lane, 0);
    vane_set_float(vane_add(&batch->view, vane_series(&batch->view, "m", tags, 2), time), "value", (double)seconds);
    batch_seal(batch, time);
    window_kit_process(&lanes->kit, batch);
    batch_unref(batch);
}

static void tick(struct lanes_kit *lanes, const struct vane_lane *lane, int64_t seconds)
{
    vane_plugin.tick(&lanes->kit.instance->self, lane, KIT_START + seconds * KIT_SECOND);
}

static void assert_counted(const struct lanes_kit *lanes, const char *name, uint64_t expected)
{
    uint64_t found = window_kit_counter(&lanes->kit, name);
    if (found != expected)
        fail_msg("%s is %llu, not %llu", name, (unsigned long long)found, (unsigned long long)expected);
}

/* ---- Quiet members ---- */

static void test_window_lanes__a_group_waits_for_the_lane_that_is_behind(void **state)
{
    (void)state;
    struct lanes_kit lanes;
    struct options options = grouped();
    open_kit(&lanes, &options);
    take(&lanes, lanes.left, "a", 1);
    take(&lanes, lanes.right, "b", 1);
    take(&lanes, lanes.left, "a", 100);
    assert_counted(&lanes, "windows", 0);
    take(&lanes, lanes.right, "b", 10);
    assert_counted(&lanes, "windows", 1);
    close_kit(&lanes);
}

static void test_window_lanes__a_quiet_member_holds_its_group_back_no_longer_than_idle(void **state)
{
    (void)state;
    struct lanes_kit lanes;
    struct options options = grouped();
    options.idle = 30 * KIT_SECOND;
    open_kit(&lanes, &options);
    take(&lanes, lanes.left, "a", 1);
    take(&lanes, lanes.right, "b", 1);
    take(&lanes, lanes.left, "a", 25);
    tick(&lanes, lanes.left, 40);
    assert_counted(&lanes, "windows", 0); /* b is quiet by its own lane's arrival only */
    tick(&lanes, lanes.right, 30);
    assert_counted(&lanes, "windows", 0);
    tick(&lanes, lanes.right, 35);
    assert_counted(&lanes, "windows", 1);
    take(&lanes, lanes.right, "b", 5); /* it counts again, and its window is closed */
    assert_counted(&lanes, "metrics_too_late", 1);
    take(&lanes, lanes.left, "a", 60);
    assert_counted(&lanes, "windows", 1);
    take(&lanes, lanes.right, "b", 61);
    assert_counted(&lanes, "windows", 2);
    close_kit(&lanes);
}

static void test_window_lanes__a_group_of_which_all_are_quiet_is_closed_whole(void **state)
{
    (void)state;
    struct lanes_kit lanes;
    struct options options = grouped();
    options.idle = 30 * KIT_SECOND;
    open_kit(&lanes, &options);
    take(&lanes, lanes.left, "a", 1);
    take(&lanes, lanes.right, "b", 12);
    tick(&lanes, lanes.left, 60);
    assert_counted(&lanes, "windows", 1); /* that of b's time waits for b */
    tick(&lanes, lanes.right, 60);
    assert_counted(&lanes, "windows", 2);
    close_kit(&lanes);
}

/* ---- Lost, and cut ---- */

static void test_window_lanes__a_lost_lane_takes_along_what_it_brought(void **state)
{
    (void)state;
    struct lanes_kit lanes;
    struct options options = grouped();
    open_kit(&lanes, &options);
    take(&lanes, lanes.left, "a", 21);
    take(&lanes, lanes.right, "b", 1);
    vane_plugin.lost(&lanes.kit.instance->self, lanes.right); /* which had held the group back */
    assert_int_equal(window_kit_state(&lanes.kit)->members.count, 1);
    take(&lanes, lanes.left, "a", 45);
    assert_counted(&lanes, "windows", 1);
    assert_counted(&lanes, "windows_discarded", 0);
    take(&lanes, lanes.right, "b", 47); /* the lane begins anew in the middle of a window */
    take(&lanes, lanes.left, "a", 71);
    take(&lanes, lanes.right, "b", 71);
    assert_counted(&lanes, "windows", 1);
    assert_counted(&lanes, "windows_discarded", 1);
    close_kit(&lanes);
}

static void test_window_lanes__a_gap_in_one_lane_discards_what_it_cut(void **state)
{
    (void)state;
    struct lanes_kit lanes;
    struct options options = grouped();
    options.group_by = (struct vane_strings){ 0 };
    open_kit(&lanes, &options);
    take(&lanes, lanes.left, "a", 1);
    take(&lanes, lanes.right, "b", 1);
    vane_plugin.gap(&lanes.kit.instance->self, lanes.right);
    take(&lanes, lanes.left, "a", 21);
    take(&lanes, lanes.right, "b", 21);
    assert_counted(&lanes, "windows", 1);
    assert_counted(&lanes, "windows_discarded", 1);
    close_kit(&lanes);
}

/* ---- Limits ---- */

static void test_window_lanes__a_group_at_rest_makes_room_in_all_its_lanes(void **state)
{
    (void)state;
    struct lanes_kit lanes;
    struct options options = grouped();
    options.group_by = (struct vane_strings){ 0 };
    options.idle = 30 * KIT_SECOND;
    options.max_series = 2;
    open_kit(&lanes, &options);
    take(&lanes, lanes.left, "a", 1);
    take(&lanes, lanes.right, "a", 1);
    take(&lanes, lanes.left, "b", 2);
    assert_counted(&lanes, "metrics_refused", 1);
    tick(&lanes, lanes.left, 60);
    take(&lanes, lanes.left, "b", 61);
    assert_counted(&lanes, "metrics_refused", 2); /* in the other lane it still counts */
    tick(&lanes, lanes.right, 60);
    take(&lanes, lanes.left, "b", 62);
    assert_counted(&lanes, "metrics_refused", 2);
    assert_counted(&lanes, "series_evicted", 1);
    assert_int_equal(window_kit_state(&lanes.kit)->members.count, 1);
    close_kit(&lanes);
}

static void test_window_lanes__memory_is_the_limit_of_all_lanes(void **state)
{
    (void)state;
    struct lanes_kit lanes;
    struct options options = grouped();
    options.aggregates = (struct vane_strings){ asked, 2 };
    options.max_memory = 100000;
    open_kit(&lanes, &options);
    for (int i = 0; i < 20000; i++)
        take(&lanes, i % 2 ? lanes.left : lanes.right, i % 2 ? "a" : "b", 1);
    assert_true(window_kit_counter(&lanes.kit, "metrics_refused") > 0);
    assert_true(window_kit_state(&lanes.kit)->budget.used < 2 * options.max_memory);
    take(&lanes, lanes.left, "c", 2); /* a new series finds no room either */
    assert_int_equal(window_kit_state(&lanes.kit)->members.count, 2);
    close_kit(&lanes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_lanes__a_group_waits_for_the_lane_that_is_behind),
        cmocka_unit_test(test_window_lanes__a_quiet_member_holds_its_group_back_no_longer_than_idle),
        cmocka_unit_test(test_window_lanes__a_group_of_which_all_are_quiet_is_closed_whole),
        cmocka_unit_test(test_window_lanes__a_lost_lane_takes_along_what_it_brought),
        cmocka_unit_test(test_window_lanes__a_gap_in_one_lane_discards_what_it_cut),
        cmocka_unit_test(test_window_lanes__a_group_at_rest_makes_room_in_all_its_lanes),
        cmocka_unit_test(test_window_lanes__memory_is_the_limit_of_all_lanes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
