/* Batches: building, sealing, editing without others seeing it, shorter ones, what they pin. */
#include "core/batch.h"

#include "core/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* `count` metrics of the series m,i=0 … m,i=9 with v = 0, 1, … and a text. */
static struct batch *numbered(int count)
{
    struct batch *batch = batch_new();
    for (int i = 0; i < count; i++) {
        char name[2] = { (char)('0' + i % 10), 0 };
        struct vane_tag tag = vane_tag("i", name);
        struct vane_metric *metric = vane_add(&batch->view, vane_series(&batch->view, "m", &tag, 1), i);
        vane_set_int(metric, "v", i);
        vane_set_string(metric, "s", "some text of some length", 24);
    }
    batch_seal(batch, 0);
    return batch;
}

static bool is_low(const struct vane_metric *metric, void *limit)
{
    return metric->time < *(int *)limit;
}

static struct batch *lower(struct batch *batch, int limit)
{
    return batch_filter(batch, is_low, &limit);
}

/* ---- Building ---- */

static void test_batch__seal_leaves_out_what_is_empty_and_stamps_what_has_no_time(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    const struct vane_series *series = vane_series(&batch->view, "m", NULL, 0);
    vane_add(&batch->view, series, 1);
    vane_set_int(vane_add(&batch->view, series, VANE_NO_TIME), "v", 1);
    vane_set_int(vane_add(&batch->view, series, 3), "v", 1);
    vane_set_int(vane_add(&batch->view, series, 4), "v", 1);
    vane_drop(&batch->view, 3);
    batch_seal(batch, 77);
    assert_int_equal(batch->view.count, 2);
    assert_int_equal(batch->view.metrics[0]->time, 77);
    assert_int_equal(batch->view.metrics[1]->time, 3);
    batch_unref(batch);
}

static void test_batch__tags_for_all_yield_to_the_series_own(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    char topic[] = "prices";
    const struct vane_tag extra[] = { vane_tag("topic", topic), vane_tag("empty", "") };
    const struct vane_series *before = vane_series(&batch->view, "m", NULL, 0);
    vane_batch_tags(&batch->view, extra, 2);
    memset(topic, 'x', sizeof topic - 1); /* copied */
    const struct vane_tag own = vane_tag("topic", "mine");
    const struct vane_series *with = vane_series(&batch->view, "m", NULL, 0);
    assert_int_equal(with->tag_count, 1);
    assert_string_equal(vane_get_tag(with, "topic"), "prices");
    assert_string_equal(vane_get_tag(vane_series(&batch->view, "m", &own, 1), "topic"), "mine");
    vane_batch_tags(&batch->view, NULL, 0);
    assert_true(vane_same_series(vane_series(&batch->view, "m", NULL, 0), before));
    batch_unref(batch);
}

static void test_batch__a_copied_metric_lives_without_the_old_batch(void **state)
{
    (void)state;
    struct batch *old = numbered(20), *batch = batch_new();
    for (int i = 0; i < 20; i++)
        vane_add_copy(&batch->view, old->view.metrics[i]);
    batch_unref(old);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(vane_get(batch->view.metrics[i], "v")->i, i);
        assert_string_equal(vane_get(batch->view.metrics[i], "s")->s, "some text of some length");
        assert_int_equal(vane_get_tag(batch->view.metrics[i]->series, "i")[0], '0' + i % 10);
    }
    assert_ptr_equal(batch->view.metrics[0]->series, batch->view.metrics[10]->series);
    batch_unref(batch);
}

/* ---- Editing ---- */

static void test_batch__edits_in_place_where_nobody_else_holds_it(void **state)
{
    (void)state;
    struct batch *batch = batch_own(numbered(3));
    const struct vane_metric *before = batch->view.metrics[1];
    assert_ptr_equal(vane_edit(&batch->view, 1), before);
    batch_unref(batch);
}

static void change(struct batch *batch, size_t i)
{
    struct vane_metric *metric = vane_edit(&batch->view, i);
    vane_set_int(metric, "v", -1);
    vane_set_string(metric, "s", "changed", 7);
    vane_set_float(metric, "new", 1);
    vane_set_name(&batch->view, metric, "other");
    vane_set_tag(&batch->view, metric, "i", NULL);
    vane_set_tag(&batch->view, metric, "j", "1");
    metric->time = -1;
}

static void assert_plain(const struct batch *batch, size_t i)
{
    const struct vane_metric *metric = batch->view.metrics[i];
    assert_int_equal(metric->time, i);
    assert_int_equal(metric->field_count, 2);
    assert_int_equal(vane_get(metric, "v")->i, i);
    assert_string_equal(vane_get(metric, "s")->s, "some text of some length");
    assert_string_equal(metric->series->name, "m");
    assert_int_equal(vane_get_tag(metric->series, "i")[0], '0' + i % 10);
    assert_int_equal(metric->series->tag_count, 1);
}

static void assert_changed(const struct batch *batch, size_t i)
{
    const struct vane_metric *metric = batch->view.metrics[i];
    assert_int_equal(metric->time, -1);
    assert_int_equal(metric->field_count, 3);
    assert_int_equal(vane_get(metric, "v")->i, -1);
    assert_string_equal(vane_get(metric, "s")->s, "changed");
    assert_string_equal(metric->series->name, "other");
    assert_null(vane_get_tag(metric->series, "i"));
    assert_string_equal(vane_get_tag(metric->series, "j"), "1");
}

static void test_batch__another_holder_does_not_see_an_edit(void **state)
{
    (void)state;
    struct batch *batch = numbered(5), *mine = batch_own(batch_ref(batch));
    change(mine, 2);
    vane_drop(&mine->view, 3);
    batch_seal(mine, 0);
    assert_int_equal(batch->view.count, 5);
    assert_int_equal(mine->view.count, 4);
    for (size_t i = 0; i < 5; i++)
        assert_plain(batch, i);
    batch_unref(batch); /* what is left of it lives in the other */
    assert_plain(mine, 1);
    assert_changed(mine, 2);
    batch_unref(mine);
}

static void test_batch__holders_of_the_same_arenas_do_not_see_an_edit(void **state)
{
    (void)state;
    struct batch *batch = numbered(100), *shorter = lower(batch, 90), *own = batch_own(batch);
    assert_ptr_equal(own, batch); /* its only holder, but not that of its arena */
    change(own, 2);
    assert_plain(shorter, 2);
    assert_changed(own, 2);
    shorter = batch_own(shorter);
    change(shorter, 3);
    assert_plain(own, 3);
    assert_changed(shorter, 3);
    batch_unref(own);
    batch_unref(shorter);
}

static void test_batch__what_is_added_to_a_shared_one_does_not_grow_what_others_count(void **state)
{
    (void)state;
    struct batch *batch = numbered(100), *shorter = lower(batch, 90);
    size_t before = batch_bytes(shorter);
    batch = batch_own(batch);
    for (int i = 0; i < 1000; i++)
        vane_add_copy(&batch->view, batch->view.metrics[0]);
    assert_int_equal(batch_bytes(shorter), before);
    batch_unref(batch);
    batch_unref(shorter);
}

/* ---- Shorter ones ---- */

static void test_batch__a_filter_that_keeps_all_or_none_makes_nothing(void **state)
{
    (void)state;
    struct batch *batch = numbered(10);
    struct batch *all = lower(batch, 10);
    assert_ptr_equal(all, batch);
    batch_unref(all);
    assert_null(lower(batch, 0));
    batch_unref(batch);
}

static void test_batch__a_small_remnant_does_not_pin_a_big_arena(void **state)
{
    (void)state;
    struct batch *batch = numbered(1000), *few = lower(batch, 5), *most = lower(batch, 900);
    size_t whole = batch_bytes(batch);
    batch_unref(batch);
    assert_true(batch_bytes(few) < whole / 4);
    for (size_t i = 0; i < 5; i++)
        assert_plain(few, i);
    for (size_t i = 0; i < 900; i++)
        assert_plain(most, i);
    batch_unref(few);
    batch_unref(most);
}

static void test_batch__compacting_keeps_lane_position_and_arrival(void **state)
{
    (void)state;
    struct vane_lane lane = { .name = "l", .input = "i" };
    struct batch *batch = batch_new();
    vane_batch_lane(&batch->view, &lane, 9);
    vane_batch_arrival(&batch->view, 55);
    for (int i = 0; i < 1000; i++)
        vane_set_int(vane_add(&batch->view, vane_series(&batch->view, "m", NULL, 0), i), "v", i);
    batch_seal(batch, 0);
    struct batch *few = lower(batch, 3);
    assert_ptr_equal(few->view.lane, &lane);
    assert_true(few->has_next && few->next == 9);
    assert_int_equal(few->view.metrics[2]->arrival, 55);
    batch_unref(batch);
    batch_unref(few);
}

static void test_batch__borrowed_metrics_outlive_the_lender(void **state)
{
    (void)state;
    struct batch *batch = numbered(10), *part = batch_new();
    batch_borrow(part, batch, 4, 7);
    batch_unref(batch);
    assert_int_equal(part->view.count, 3);
    assert_int_equal(vane_get(part->view.metrics[0], "v")->i, 4);
    batch_unref(part);
}

static void test_batch__counts_what_it_holds(void **state)
{
    (void)state;
    struct batch *small = numbered(1), *large = numbered(10000);
    assert_true(batch_bytes(small) < 8192);
    assert_true(batch_bytes(large) > 10000 * (sizeof(struct vane_metric) + 2 * sizeof(struct vane_field)));
    batch_unref(small);
    batch_unref(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch__seal_leaves_out_what_is_empty_and_stamps_what_has_no_time),
        cmocka_unit_test(test_batch__tags_for_all_yield_to_the_series_own),
        cmocka_unit_test(test_batch__a_copied_metric_lives_without_the_old_batch),
        cmocka_unit_test(test_batch__edits_in_place_where_nobody_else_holds_it),
        cmocka_unit_test(test_batch__another_holder_does_not_see_an_edit),
        cmocka_unit_test(test_batch__holders_of_the_same_arenas_do_not_see_an_edit),
        cmocka_unit_test(test_batch__what_is_added_to_a_shared_one_does_not_grow_what_others_count),
        cmocka_unit_test(test_batch__a_filter_that_keeps_all_or_none_makes_nothing),
        cmocka_unit_test(test_batch__a_small_remnant_does_not_pin_a_big_arena),
        cmocka_unit_test(test_batch__compacting_keeps_lane_position_and_arrival),
        cmocka_unit_test(test_batch__borrowed_metrics_outlive_the_lender),
        cmocka_unit_test(test_batch__counts_what_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
