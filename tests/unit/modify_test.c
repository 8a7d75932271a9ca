/* modify - each rule of Telegraf's filters, their order and their timing per role. */
#include "core/modify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define TEXTS(...) ((const char *const[]){ __VA_ARGS__ })
#define STRINGS(...) (struct vane_strings){ TEXTS(__VA_ARGS__), COUNT(TEXTS(__VA_ARGS__)) }
#define LIST(tag, ...) (struct options_list){ tag, STRINGS(__VA_ARGS__) }
#define LIST_ARRAY(...) ((const struct options_list[]){ __VA_ARGS__ })
#define LISTS(...) (struct options_lists){ LIST_ARRAY(__VA_ARGS__), COUNT(LIST_ARRAY(__VA_ARGS__)) }
#define PAIR_ARRAY(...) ((const struct vane_pair[]){ __VA_ARGS__ })
#define PAIRS(...) (struct vane_pairs){ PAIR_ARRAY(__VA_ARGS__), COUNT(PAIR_ARRAY(__VA_ARGS__)) }

/* ---- Metrics as text: "cpu,host=a usage=1 idle=2", fields are ints ---- */

static void add(struct batch *batch, const char *text)
{
    char copy[256], *at = copy;
    snprintf(copy, sizeof copy, "%s", text);
    char *series = strsep(&at, " "), *name = strsep(&series, ",");
    struct vane_tag tags[8];
    size_t count = 0;
    for (char *tag; (tag = strsep(&series, ","));) {
        char *key = strsep(&tag, "=");
        tags[count++] = vane_tag(key, tag);
    }
    struct vane_metric *metric = vane_add(&batch->view, vane_series(&batch->view, name, tags, count), 7);
    for (char *field; (field = strsep(&at, " "));) {
        char *key = strsep(&field, "=");
        vane_set_int(metric, key, strtol(field, NULL, 10));
    }
}

static struct batch *make(const char *const *texts, size_t count)
{
    struct batch *batch = batch_new();
    for (size_t i = 0; i < count; i++)
        add(batch, texts[i]);
    batch_seal(batch, 0);
    return batch;
}

#define MAKE(...) make(TEXTS(__VA_ARGS__), COUNT(TEXTS(__VA_ARGS__)))

/* All metrics as that text, with "; " between them. */
static const char *render(const struct batch *batch, struct vane_text *out)
{
    vane_text_add(out, "", 0);
    for (size_t i = 0; i < batch->view.count; i++) {
        const struct vane_metric *metric = batch->metrics[i];
        vane_text_addf(out, "%s%s", i ? "; " : "", metric->series->name);
        for (uint32_t j = 0; j < metric->series->tag_count; j++)
            vane_text_addf(out, ",%s=%s", metric->series->tags[j].key, metric->series->tags[j].value);
        for (uint32_t j = 0; j < metric->field_count; j++)
            vane_text_addf(out, " %s=%d", metric->fields[j].key, (int)metric->fields[j].i);
    }
    return out->data;
}

static void assert_batch(const struct batch *batch, const char *wanted)
{
    struct vane_text out = { 0 };
    assert_string_equal(render(batch, &out), wanted);
    vane_text_release(&out);
}

static void check(const struct node_options *options, enum vane_role role, struct batch *batch,
                  const char *wanted)
{
    struct modify *modify = modify_new(options, role, NULL, false, false);
    size_t before = batch->view.count;
    size_t left = modify_apply(modify, batch);
    assert_int_equal(left, before - batch->view.count);
    assert_batch(batch, wanted);
    batch_unref(batch);
    modify_free(modify);
}

/* ---- Select ---- */

static void test_modify__nothing_to_do_is_no_modify(void **state)
{
    const struct node_options none = { .name_prefix = "", .metricpass = "" };
    const struct vane_pairs no_tags = { 0 };
    assert_null(modify_new(&none, VANE_INPUT, &no_tags, true, true));
    assert_null(modify_new(&none, VANE_PROCESSOR, NULL, false, false));
    (void)state;
}

static void test_modify__namepass_and_not_namedrop(void **state)
{
    const struct node_options options = { .namepass = STRINGS("cpu*", "mem"), .namedrop = STRINGS("cpu_?") };
    check(&options, VANE_OUTPUT, MAKE("cpu a=1", "cpu_x a=1", "cpu_xy a=1", "mem a=1", "disk a=1"),
          "cpu a=1; cpu_xy a=1; mem a=1");
    (void)state;
}

static void test_modify__namepass_separator_stops_the_star(void **state)
{
    const struct node_options options = { .namepass = STRINGS("a.*"), .namepass_separator = ".",
                                          .namedrop = STRINGS("*_x"), .namedrop_separator = "." };
    check(&options, VANE_OUTPUT, MAKE("a.b f=1", "a.b.c f=1", "a.b_x f=1"), "a.b f=1; a.b_x f=1");
    (void)state;
}

static void test_modify__tagpass_matches_any_key_and_any_value(void **state)
{
    const struct node_options options = { .tagpass = LISTS(LIST("host", "a*", "b"), LIST("zone", "eu")) };
    check(&options, VANE_OUTPUT,
          MAKE("m,host=a1 f=1", "m,host=c f=1", "m,host=c,zone=eu f=1", "m,host=b f=1", "m f=1"),
          "m,host=a1 f=1; m,host=c,zone=eu f=1; m,host=b f=1");
    (void)state;
}

static void test_modify__tagdrop_wins_over_tagpass(void **state)
{
    const struct node_options options = { .tagpass = LISTS(LIST("host", "*")),
                                          .tagdrop = LISTS(LIST("zone", "us", "asia")) };
    check(&options, VANE_OUTPUT,
          MAKE("m,host=a f=1", "m,host=a,zone=us f=1", "m,host=a,zone=eu f=1", "m,zone=us f=1"),
          "m,host=a f=1; m,host=a,zone=eu f=1");
    (void)state;
}

static void test_modify__tagpass_without_patterns_lets_nothing_through(void **state)
{
    const struct node_options options = { .tagpass = LISTS({ .key = "host" }) };
    check(&options, VANE_OUTPUT, MAKE("m,host=a f=1", "m f=1"), "");
    (void)state;
}

static void test_modify__name_tags_and_condition_must_all_agree(void **state)
{
    const struct node_options options = { .namepass = STRINGS("cpu"), .tagpass = LISTS(LIST("host", "a")),
                                          .metricpass = "fields.f > 1" };
    check(&options, VANE_OUTPUT, MAKE("cpu,host=a f=2", "cpu,host=a f=1", "cpu,host=b f=2", "mem,host=a f=2"),
          "cpu,host=a f=2");
    (void)state;
}

static void test_modify__condition_on_the_series_alone(void **state)
{
    const struct node_options options = { .metricpass = "name == 'cpu' && tags.host == 'a'" };
    check(&options, VANE_OUTPUT, MAKE("cpu,host=a f=1", "cpu,host=b f=1", "cpu,host=a f=2"),
          "cpu,host=a f=1; cpu,host=a f=2");
    (void)state;
}

struct failures {
    size_t calls, metrics;
    char   why[64];
};

static void note_failure(void *context, const char *why, size_t metrics)
{
    struct failures *failures = context;
    failures->calls++;
    failures->metrics += metrics;
    snprintf(failures->why, sizeof failures->why, "%s", why);
}

static void test_modify__failing_condition_lets_pass_and_is_reported_once_a_batch(void **state)
{
    const struct node_options options = { .metricpass = "fields.f > 1" };
    struct modify *modify = modify_new(&options, VANE_OUTPUT, NULL, false, false);
    struct failures failures = { 0 };
    modify_on_failure(modify, note_failure, &failures);
    struct batch *batch = MAKE("a f=2", "b g=1", "c g=1", "d f=1");
    modify_apply(modify, batch);
    assert_batch(batch, "a f=2; b g=1; c g=1");
    assert_int_equal(failures.calls, 1);
    assert_int_equal(failures.metrics, 2);
    assert_string_equal(failures.why, "no such key: f");
    batch_unref(batch);
    modify_free(modify);
    (void)state;
}

/* ---- Include and exclude ---- */

static void test_modify__fields_are_included_then_excluded(void **state)
{
    const struct node_options options = { .fieldinclude = STRINGS("usage_*", "n"),
                                          .fieldexclude = STRINGS("*_idle") };
    check(&options, VANE_OUTPUT, MAKE("cpu usage_user=1 usage_idle=2 n=3 x=4", "cpu n=1"),
          "cpu usage_user=1 n=3; cpu n=1");
    (void)state;
}

static void test_modify__metric_without_fields_is_dropped(void **state)
{
    const struct node_options options = { .fieldexclude = STRINGS("x") };
    check(&options, VANE_OUTPUT, MAKE("a x=1", "b x=1 y=2", "c y=1"), "b y=2; c y=1");
    (void)state;
}

static void test_modify__tags_are_included_then_excluded(void **state)
{
    const struct node_options options = { .taginclude = STRINGS("h*"), .tagexclude = STRINGS("hx") };
    check(&options, VANE_OUTPUT, MAKE("m,host=a,hx=b,zone=c f=1"), "m,host=a f=1");
    (void)state;
}

static void test_modify__series_that_become_one_are_one(void **state)
{
    const struct node_options options = { .tagexclude = STRINGS("host") };
    struct modify *modify = modify_new(&options, VANE_OUTPUT, NULL, false, false);
    struct batch *batch = MAKE("m,host=a f=1", "m,host=b f=1");
    modify_apply(modify, batch);
    assert_ptr_equal(batch->metrics[0]->series, batch->metrics[1]->series);
    batch_unref(batch);
    modify_free(modify);
    (void)state;
}

/* ---- Names ---- */

static void test_modify__name_is_replaced_then_prefix_and_suffix_are_put_to_it(void **state)
{
    const struct node_options all = { .name_override = "m", .name_prefix = "p_", .name_suffix = "_s" };
    const struct node_options some = { .name_prefix = "p_", .name_suffix = "_s" };
    check(&all, VANE_OUTPUT, MAKE("cpu f=1", "mem f=2"), "p_m_s f=1; p_m_s f=2");
    check(&some, VANE_INPUT, MAKE("cpu f=1", "mem f=2"), "p_cpu_s f=1; p_mem_s f=2");
    (void)state;
}

/* ---- Tags of inputs ---- */

static void check_tags(const struct node_options *options, bool keep_local, bool keep_global,
                       const char *text, const char *wanted)
{
    const struct vane_pairs global = PAIRS({ "host", "global" }, { "dc", "global" });
    struct modify *modify = modify_new(options, VANE_INPUT, &global, keep_local, keep_global);
    struct batch *batch = MAKE(text);
    modify_apply(modify, batch);
    assert_batch(batch, wanted);
    batch_unref(batch);
    modify_free(modify);
}

static void test_modify__tags_of_the_metric_beat_local_ones_and_those_global_ones(void **state)
{
    const struct node_options options = { .tags = PAIRS({ "dc", "local" }, { "zone", "local" }) };
    check_tags(&options, false, false, "m,zone=own f=1", "m,dc=local,host=global,zone=own f=1");
    (void)state;
}

static void test_modify__excluded_tags_are_put_back_where_the_agent_says_so(void **state)
{
    const struct node_options options = { .tags = PAIRS({ "dc", "local" }), .tagexclude = STRINGS("*") };
    check_tags(&options, false, false, "m,own=x f=1", "m f=1");
    check_tags(&options, true, false, "m,own=x f=1", "m,dc=local f=1");
    check_tags(&options, false, true, "m,own=x f=1", "m,dc=global,host=global f=1");
    check_tags(&options, true, true, "m,own=x f=1", "m,dc=local,host=global f=1");
    (void)state;
}

static void test_modify__empty_local_tag_hides_the_global_one(void **state)
{
    const struct node_options options = { .tags = PAIRS({ "host", "" }) };
    check_tags(&options, false, false, "m f=1", "m,dc=global f=1");
    (void)state;
}

/* ---- Timing ---- */

static void test_modify__input_selects_by_what_came_in(void **state)
{
    const struct node_options options = {
        .namepass = STRINGS("cpu"), .tagdrop = LISTS(LIST("dc", "*")), .name_override = "other",
        .tags = PAIRS({ "dc", "local" }), .metricpass = "name == 'cpu' && !has(tags.dc)",
    };
    check(&options, VANE_INPUT, MAKE("cpu f=1", "other f=1", "cpu,dc=own f=1"), "other,dc=local f=1");
    (void)state;
}

static void test_modify__input_excludes_after_tags_were_added(void **state)
{
    const struct node_options options = { .tagexclude = STRINGS("host") };
    check_tags(&options, false, false, "m,own=x f=1", "m,dc=global,own=x f=1");
    (void)state;
}

static void test_modify__output_filters_by_the_incoming_name(void **state)
{
    const struct node_options options = { .namepass = STRINGS("cpu"), .name_prefix = "p_" };
    check(&options, VANE_OUTPUT, MAKE("cpu f=1", "p_cpu f=1"), "p_cpu f=1");
    (void)state;
}

static void test_modify__output_has_no_tags_to_add(void **state)
{
    const struct node_options options = { .tags = PAIRS({ "dc", "local" }), .name_suffix = "_s" };
    check(&options, VANE_OUTPUT, MAKE("m f=1"), "m_s f=1");
    (void)state;
}

static void test_modify__processor_selects_and_then_changes_what_it_is_given(void **state)
{
    const struct node_options options = { .namepass = STRINGS("cpu"), .fieldexclude = STRINGS("x") };
    struct modify *modify = modify_new(&options, VANE_PROCESSOR, NULL, false, false);
    struct batch *batch = MAKE("cpu x=1 f=1", "mem x=1", "cpu f=2");
    bool selected[3];
    assert_int_equal(modify_select(modify, batch, selected), 2);
    assert_true(selected[0] && !selected[1] && selected[2]);
    vane_drop(&batch->view, 1);
    batch_seal(batch, 0);
    assert_int_equal(modify_apply(modify, batch), 0);
    assert_batch(batch, "cpu f=1; cpu f=2");
    batch_unref(batch);
    modify_free(modify);
    (void)state;
}

static void test_modify__now_is_the_arrival_on_processors(void **state)
{
    enum { HOUR = 3600 };
    const struct node_options options = { .metricpass = "now() == timestamp(3600)" };
    struct modify *modify = modify_new(&options, VANE_PROCESSOR, NULL, false, false);
    struct batch *batch = batch_new();
    vane_batch_arrival(&batch->view, HOUR * INT64_C(1000000000));
    add(batch, "m f=1");
    bool selected;
    assert_int_equal(modify_select(modify, batch, &selected), 1);
    batch_unref(batch);
    modify_free(modify);
    (void)state;
}

static void test_modify__now_is_the_wall_clock_elsewhere(void **state)
{
    const struct node_options options = { .metricpass = "now() > timestamp('2024-01-01T00:00:00Z')" };
    check(&options, VANE_INPUT, MAKE("m f=1"), "m f=1");
    (void)state;
}

/* ---- Sharing ---- */

static void test_modify__what_others_hold_stays_as_it_is(void **state)
{
    const struct node_options options = { .name_prefix = "p_", .fieldexclude = STRINGS("x") };
    struct modify *modify = modify_new(&options, VANE_OUTPUT, NULL, false, false);
    struct batch *batch = MAKE("a x=1 f=1", "b f=1", "c x=1");
    struct batch *mine = batch_own(batch_ref(batch));
    assert_int_equal(modify_apply(modify, mine), 1);
    assert_batch(mine, "p_a f=1; p_b f=1");
    assert_batch(batch, "a x=1 f=1; b f=1; c x=1");
    batch_unref(mine);
    batch_unref(batch);
    modify_free(modify);
    (void)state;
}

static void test_modify__metric_that_nothing_applies_to_is_not_copied(void **state)
{
    const struct node_options options = { .namedrop = STRINGS("b"),
                                          .fieldexclude = STRINGS("x"),
                                          .tagexclude = STRINGS("t") };
    struct modify *modify = modify_new(&options, VANE_OUTPUT, NULL, false, false);
    struct batch *batch = MAKE("a,host=x f=1", "b f=1");
    struct batch *mine = batch_own(batch_ref(batch));
    modify_apply(modify, mine);
    assert_int_equal(mine->view.count, 1);
    assert_ptr_equal(mine->metrics[0], batch->metrics[0]);
    batch_unref(mine);
    batch_unref(batch);
    modify_free(modify);
    (void)state;
}

/* Memory of a batch is used again by the next one: what was decided must not be. */
static void test_modify__decisions_end_with_the_batch(void **state)
{
    const struct node_options options = { .namepass = STRINGS("odd") };
    struct modify *modify = modify_new(&options, VANE_OUTPUT, NULL, false, false);
    for (int i = 0; i < 1000; i++) {
        struct batch *batch = MAKE(i % 2 ? "odd f=1" : "even f=1");
        assert_int_equal(modify_apply(modify, batch), i % 2 ? 0 : 1);
        batch_unref(batch);
    }
    modify_free(modify);
    (void)state;
}

static void test_modify__many_series_in_one_batch(void **state)
{
    enum { SERIES = 500, ROUNDS = 3 };
    const struct node_options options = { .name_suffix = "_s", .metricpass = "!name.endsWith('7')" };
    struct modify *modify = modify_new(&options, VANE_OUTPUT, NULL, false, false);
    struct batch *batch = batch_new();
    for (int i = 0; i < SERIES * ROUNDS; i++) {
        char text[32];
        snprintf(text, sizeof text, "m%d f=%d", i % SERIES, i);
        add(batch, text);
    }
    batch_seal(batch, 0);
    assert_int_equal(modify_apply(modify, batch), ROUNDS * SERIES / 10);
    for (size_t i = 0; i < batch->view.count; i++) {
        char name[32];
        snprintf(name, sizeof name, "m%d_s", (int)batch->metrics[i]->fields[0].i % SERIES);
        assert_string_equal(batch->metrics[i]->series->name, name);
    }
    batch_unref(batch);
    modify_free(modify);
    (void)state;
}

/* ---- Checking ---- */

static void note_key(void *context, const char *key, const char *why)
{
    vane_text_addf(context, "%s: %s\n", key, why);
}

static void test_modify__check_reports_all_that_is_wrong(void **state)
{
    const struct node_options options = {
        .namepass = STRINGS("a["), .fieldexclude = STRINGS("{b*"), .metricpass = "name = 1",
        .tagpass = LISTS(LIST("host", "*"), LIST("zone", "[")), .tagexclude = STRINGS("fine*"),
    };
    struct vane_text out = { 0 };
    assert_false(modify_check(&options, note_key, &out));
    assert_string_equal(out.data, "namepass: pattern \"a[\": [ without ]\n"
                                  "tagpass.zone: pattern \"[\": [ without ]\n"
                                  "metricpass: column 6: '=' is no part of an expression: equality is ==\n"
                                  "fieldexclude: pattern \"{b*\": { without }\n");
    vane_text_release(&out);
    const struct node_options fine = { .namepass = STRINGS("a*") };
    assert_true(modify_check(&fine, note_key, NULL));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modify__nothing_to_do_is_no_modify),
        cmocka_unit_test(test_modify__namepass_and_not_namedrop),
        cmocka_unit_test(test_modify__namepass_separator_stops_the_star),
        cmocka_unit_test(test_modify__tagpass_matches_any_key_and_any_value),
        cmocka_unit_test(test_modify__tagdrop_wins_over_tagpass),
        cmocka_unit_test(test_modify__tagpass_without_patterns_lets_nothing_through),
        cmocka_unit_test(test_modify__name_tags_and_condition_must_all_agree),
        cmocka_unit_test(test_modify__condition_on_the_series_alone),
        cmocka_unit_test(test_modify__failing_condition_lets_pass_and_is_reported_once_a_batch),
        cmocka_unit_test(test_modify__fields_are_included_then_excluded),
        cmocka_unit_test(test_modify__metric_without_fields_is_dropped),
        cmocka_unit_test(test_modify__tags_are_included_then_excluded),
        cmocka_unit_test(test_modify__series_that_become_one_are_one),
        cmocka_unit_test(test_modify__name_is_replaced_then_prefix_and_suffix_are_put_to_it),
        cmocka_unit_test(test_modify__tags_of_the_metric_beat_local_ones_and_those_global_ones),
        cmocka_unit_test(test_modify__excluded_tags_are_put_back_where_the_agent_says_so),
        cmocka_unit_test(test_modify__empty_local_tag_hides_the_global_one),
        cmocka_unit_test(test_modify__input_selects_by_what_came_in),
        cmocka_unit_test(test_modify__input_excludes_after_tags_were_added),
        cmocka_unit_test(test_modify__output_filters_by_the_incoming_name),
        cmocka_unit_test(test_modify__output_has_no_tags_to_add),
        cmocka_unit_test(test_modify__processor_selects_and_then_changes_what_it_is_given),
        cmocka_unit_test(test_modify__now_is_the_arrival_on_processors),
        cmocka_unit_test(test_modify__now_is_the_wall_clock_elsewhere),
        cmocka_unit_test(test_modify__what_others_hold_stays_as_it_is),
        cmocka_unit_test(test_modify__metric_that_nothing_applies_to_is_not_copied),
        cmocka_unit_test(test_modify__decisions_end_with_the_batch),
        cmocka_unit_test(test_modify__many_series_in_one_batch),
        cmocka_unit_test(test_modify__check_reports_all_that_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
