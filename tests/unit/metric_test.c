/* Metrics and series: fields set, replaced, removed; tags sorted; equality and hash. */
#include "core/metric.h"

#include "core/batch.h"
#include "core/series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct vane_metric *new_metric(struct batch **batch)
{
    *batch = batch_new();
    return vane_add(&(*batch)->view, vane_series(&(*batch)->view, "m", NULL, 0), 1);
}

/* ---- Fields ---- */

static void test_metric__a_field_is_set_found_and_replaced_with_another_type(void **state)
{
    (void)state;
    struct batch *batch;
    struct vane_metric *metric = new_metric(&batch);
    vane_set_float(metric, "a", 1.5);
    vane_set_int(metric, "b", -2);
    vane_set_uint(metric, "c", 3);
    vane_set_bool(metric, "d", true);
    vane_set_string(metric, "e", "text\0more", 9);
    assert_int_equal(metric->field_count, 5);
    vane_set_string(metric, "a", "now a text", 10);
    assert_int_equal(metric->field_count, 5);
    assert_string_equal(vane_get(metric, "a")->s, "now a text");
    assert_int_equal(vane_get(metric, "e")->length, 9);
    assert_memory_equal(vane_get(metric, "e")->s, "text\0more", 10);
    assert_null(vane_get(metric, ""));
    assert_null(vane_get(metric, "aa"));
    batch_unref(batch);
}

static void test_metric__numbers_of_all_types_but_text(void **state)
{
    (void)state;
    struct batch *batch;
    struct vane_metric *metric = new_metric(&batch);
    double value;
    vane_set_float(metric, "f", 1.5);
    assert_true(vane_number(vane_get(metric, "f"), &value) && value == 1.5);
    vane_set_int(metric, "f", INT64_MIN);
    assert_true(vane_number(vane_get(metric, "f"), &value) && value == -9223372036854775808.0);
    vane_set_uint(metric, "f", UINT64_MAX);
    assert_true(vane_number(vane_get(metric, "f"), &value) && value == 18446744073709551616.0);
    vane_set_bool(metric, "f", true);
    assert_true(vane_number(vane_get(metric, "f"), &value) && value == 1);
    vane_set_string(metric, "f", "1", 1);
    assert_false(vane_number(vane_get(metric, "f"), &value));
    batch_unref(batch);
}

static void test_metric__many_fields_keep_their_order_and_values(void **state)
{
    (void)state;
    struct batch *batch;
    struct vane_metric *metric = new_metric(&batch);
    for (int i = 0; i < 500; i++) {
        char key[16], text[64];
        snprintf(key, sizeof key, "key%d", i);
        int length = snprintf(text, sizeof text, "value of %d", i);
        vane_set_string(metric, key, text, (size_t)length);
    }
    assert_int_equal(metric->field_count, 500);
    for (int i = 0; i < 500; i++) {
        char key[16], text[64];
        snprintf(key, sizeof key, "key%d", i);
        snprintf(text, sizeof text, "value of %d", i);
        assert_string_equal(metric->fields[i].key, key);
        assert_string_equal(metric->fields[i].s, text);
    }
    batch_unref(batch);
}

static void test_metric__unset_closes_the_gap(void **state)
{
    (void)state;
    struct batch *batch;
    struct vane_metric *metric = new_metric(&batch);
    vane_set_int(metric, "a", 1);
    vane_set_int(metric, "b", 2);
    vane_set_int(metric, "c", 3);
    assert_true(vane_unset(metric, "a"));
    assert_false(vane_unset(metric, "a"));
    assert_true(vane_unset(metric, "c"));
    assert_int_equal(metric->field_count, 1);
    assert_string_equal(metric->fields[0].key, "b");
    batch_unref(batch);
}

static void test_metric__a_copied_field_owns_its_texts(void **state)
{
    (void)state;
    struct batch *batch;
    struct vane_metric *metric = new_metric(&batch);
    char key[] = "key", text[] = "text";
    vane_set_field(metric, &(struct vane_field){ .key = key, .key_length = 3, .type = VANE_STRING, .s = text,
                                                 .length = 4 });
    memset(key, 'x', 3);
    memset(text, 'x', 4);
    assert_string_equal(vane_get(metric, "key")->s, "text");
    vane_set_field(metric, vane_get(metric, "key")); /* of itself */
    assert_string_equal(vane_get(metric, "key")->s, "text");
    assert_int_equal(metric->field_count, 1);
    batch_unref(batch);
}

/* ---- Series ---- */

static const struct vane_series *series_of(struct batch *batch, const char *name, const char *const *pairs,
                                           size_t count)
{
    struct vane_tag tags[8];
    for (size_t i = 0; i < count; i++)
        tags[i] = vane_tag(pairs[2 * i], pairs[2 * i + 1]);
    return vane_series(&batch->view, name, tags, count);
}

static void test_series__tags_are_sorted_and_the_last_of_a_key_counts(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    const char *const pairs[] = { "b", "1", "a", "2", "b", "3", "", "4", "c", "", "ab", "5" };
    const struct vane_series *series = series_of(batch, "m", pairs, 6);
    assert_int_equal(series->tag_count, 3);
    assert_string_equal(series->tags[0].key, "a");
    assert_string_equal(series->tags[1].key, "ab");
    assert_string_equal(series->tags[2].value, "3");
    assert_string_equal(vane_get_tag(series, "ab"), "5");
    assert_null(vane_get_tag(series, "c"));
    batch_unref(batch);
}

static void test_series__is_made_once_a_batch_whatever_the_order_of_tags(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    const char *const one[] = { "a", "1", "b", "2" }, *const other[] = { "b", "2", "a", "1" };
    assert_ptr_equal(series_of(batch, "m", one, 2), series_of(batch, "m", other, 2));
    batch_unref(batch);
}

/* The series that has just these tags is the one that setting a tag leads to. */
static void assert_leads_to(const char *key, const char *value, const char *const *pairs, size_t count)
{
    static const char *const before[] = { "b", "1", "bc", "2", "d", "3" };
    struct batch *batch = batch_new();
    struct vane_metric *metric = vane_add(&batch->view, series_of(batch, "m", before, 3), 1);
    vane_set_tag(&batch->view, metric, key, value);
    assert_ptr_equal(metric->series, series_of(batch, "m", pairs, count));
    batch_unref(batch);
}

static void test_series__a_tag_that_is_set_stands_where_it_belongs(void **state)
{
    (void)state;
    const char *const first[] = { "a", "x", "b", "1", "bc", "2", "d", "3" };
    const char *const second[] = { "b", "1", "bb", "x", "bc", "2", "d", "3" };
    const char *const last[] = { "b", "1", "bc", "2", "d", "3", "e", "x" };
    assert_leads_to("a", "x", first, 4);
    assert_leads_to("bb", "x", second, 4);
    assert_leads_to("e", "x", last, 4);
}

static void test_series__a_tag_that_is_there_is_replaced_or_removed(void **state)
{
    (void)state;
    const char *const same[] = { "b", "1", "bc", "2", "d", "3" };
    const char *const other[] = { "b", "1", "bc", "x", "d", "3" };
    const char *const without[] = { "b", "1", "d", "3" };
    assert_leads_to("bc", "x", other, 3);
    assert_leads_to("bc", "2", same, 3);
    assert_leads_to("bc", NULL, without, 2);
    assert_leads_to("bc", "", without, 2);
    assert_leads_to("c", NULL, same, 3);
    assert_leads_to("", "x", same, 3);
}

static void test_series__a_tag_beside_those_that_the_batch_adds(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    struct vane_tag more = vane_tag("topic", "t");
    vane_batch_tags(&batch->view, &more, 1);
    struct vane_metric *metric = vane_add(&batch->view, vane_series(&batch->view, "m", NULL, 0), 1);
    vane_set_tag(&batch->view, metric, "z", "1");
    const char *const both[] = { "topic", "t", "z", "1" };
    assert_ptr_equal(metric->series, series_of(batch, "m", both, 2));
    batch_unref(batch);
}

static void test_series__those_that_read_alike_are_not_equal(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    const char *const pairs[][4] = { { "a", "bc", "d", "e" }, { "ab", "c", "d", "e" }, { "a", "bcd", "e", "x" } };
    const struct vane_series *made[5];
    for (size_t i = 0; i < 3; i++)
        made[i] = series_of(batch, "m", pairs[i], 2);
    made[3] = series_of(batch, "ma", pairs[0], 2);
    made[4] = series_of(batch, "m", NULL, 0);
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            assert_int_equal(vane_same_series(made[i], made[j]), i == j);
    batch_unref(batch);
}

static void test_series__equal_ones_of_two_batches_have_one_hash(void **state)
{
    (void)state;
    struct batch *a = batch_new(), *b = batch_new();
    const char *const one[] = { "x", "1", "y", "2" }, *const other[] = { "y", "2", "x", "1" };
    const struct vane_series *left = series_of(a, "m", one, 2), *right = series_of(b, "m", other, 2);
    assert_ptr_not_equal(left, right);
    assert_true(vane_same_series(left, right));
    assert_true(left->hash == right->hash);
    batch_unref(a);
    batch_unref(b);
}

static void test_series__hashes_of_many_spread(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    unsigned shard[8] = { 0 };
    for (int i = 0; i < 8000; i++) {
        char value[16];
        snprintf(value, sizeof value, "host%d", i);
        struct vane_tag tag = vane_tag("host", value);
        shard[vane_series(&batch->view, "cpu", &tag, 1)->hash % 8]++;
    }
    for (int i = 0; i < 8; i++)
        assert_in_range(shard[i], 800, 1200);
    batch_unref(batch);
}

static void test_series__more_tags_than_the_stack_holds(void **state)
{
    (void)state;
    struct batch *batch = batch_new();
    struct vane_tag tags[100];
    char keys[100][8];
    for (int i = 0; i < 100; i++) {
        snprintf(keys[i], sizeof keys[i], "k%02d", 99 - i);
        tags[i] = vane_tag(keys[i], "v");
    }
    const struct vane_series *series = vane_series(&batch->view, "m", tags, 100);
    assert_int_equal(series->tag_count, 100);
    assert_string_equal(series->tags[0].key, "k00");
    assert_string_equal(series->tags[99].key, "k99");
    batch_unref(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metric__a_field_is_set_found_and_replaced_with_another_type),
        cmocka_unit_test(test_metric__numbers_of_all_types_but_text),
        cmocka_unit_test(test_metric__many_fields_keep_their_order_and_values),
        cmocka_unit_test(test_metric__unset_closes_the_gap),
        cmocka_unit_test(test_metric__a_copied_field_owns_its_texts),
        cmocka_unit_test(test_series__tags_are_sorted_and_the_last_of_a_key_counts),
        cmocka_unit_test(test_series__is_made_once_a_batch_whatever_the_order_of_tags),
        cmocka_unit_test(test_series__a_tag_that_is_set_stands_where_it_belongs),
        cmocka_unit_test(test_series__a_tag_that_is_there_is_replaced_or_removed),
        cmocka_unit_test(test_series__a_tag_beside_those_that_the_batch_adds),
        cmocka_unit_test(test_series__those_that_read_alike_are_not_equal),
        cmocka_unit_test(test_series__equal_ones_of_two_batches_have_one_hash),
        cmocka_unit_test(test_series__hashes_of_many_spread),
        cmocka_unit_test(test_series__more_tags_than_the_stack_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
