/* Every family of aggregates against closed forms; merging and saving change nothing. */
#include "plugins/window/plan.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const int64_t SECOND = 1000000000, START = INT64_C(1700000000000000000);

/* One cell of a plan with all families. */
struct rig {
    struct budget budget;
    struct plan   plan;
    char         *cell;
};

static const char *const names[] = {
    "count", "sum", "mean", "min", "max", "range", "first", "last", "diff", "non_negative_diff", "rate",
    "non_negative_rate", "percent_change", "interval", "variance", "stddev", "derivative", "integral",
    "time_weighted_mean", "volume_weighted_mean", "mode", "ohlc", "median", "quantile", "distinct",
    "histogram",
};
static const double bounds[] = { 10, 20 }, asked[] = { 0, 0.25, 0.99, 0.999, 1 };

static void rig_init(struct rig *rig, bool exact)
{
    struct faults faults = { 0 };
    struct plan_options options = { .aggregates = { names, sizeof names / sizeof names[0] },
                                    .quantiles = { asked, 5 }, .buckets = { bounds,
                                                                            2 }, .exact_quantiles = exact,
                                    .exact_distinct = exact, .quantile_error = 0.01 };
    *rig = (struct rig){ 0 };
    assert_true(plan_init(&rig->plan, &options, &rig->budget, &faults));
    rig->cell = calloc(1, rig->plan.cell_size);
}

static void rig_release(struct rig *rig)
{
    plan_release_cell(&rig->plan, rig->cell);
    assert_int_equal(rig->budget.used, 0);
    free(rig->cell);
    plan_release(&rig->plan);
}

static void add(struct rig *rig, double seconds, double value, double weight)
{
    struct sample sample = { .time = START + (int64_t)(seconds * 1e9), .value = value, .weight = weight };
    plan_add(&rig->plan, rig->cell, &sample);
}

/* NaN: there is no such result. */
static double told(const struct rig *rig, const char *suffix)
{
    for (size_t i = 0; i < rig->plan.output_count; i++) {
        double value;
        if (strcmp(rig->plan.outputs[i].suffix, suffix) == 0)
            return plan_value(&rig->plan, &rig->plan.outputs[i], rig->cell, START + 10 * SECOND,
                              &value) ? value : NAN;
    }
    fail_msg("no output is named %s", suffix);
    return NAN;
}

/* 1, 4, 9 .. 64 a second apart, out of order. */
static void add_squares(struct rig *rig)
{
    static const int order[] = { 3, 1, 2, 8, 5, 4, 7, 6 };
    for (size_t i = 0; i < 8; i++)
        add(rig, order[i], order[i] * order[i], order[i]);
}

static void assert_near(double found, double expected)
{
    if (!(fabs(found - expected) <= 1e-12 * fabs(expected)))
        fail_msg("%.17g is not %.17g", found, expected);
}

static void check_squares(const struct rig *rig)
{
    static const struct { const char *suffix; double value; } expected[] = {
        { "count", 8 }, { "sum", 204 }, { "mean", 25.5 }, { "min", 1 }, { "max", 64 }, { "range",
                                                                                         63 }, { "first", 1 },
        { "last", 64 }, { "diff", 63 }, { "non_negative_diff", 63 }, { "rate", 9 }, { "non_negative_rate",
                                                                                      9 },
        { "percent_change", 6300 }, { "interval", 7e9 }, { "s2", 3570.0 / 7 }, { "derivative",
                                                                                 9 }, { "integral", 171.5 },
        { "time_weighted_mean", (140 + 2 * 64) / 9.0 }, { "weighted_mean",
                                                          1296.0 / 36 }, { "mode", 1 }, { "open", 1 },
        { "high", 64 }, { "low", 1 }, { "close", 64 }, { "median", 20.5 }, { "000", 1 }, { "025", 7.75 },
        { "100", 64 }, { "distinct", 8 },
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_near(told(rig, expected[i].suffix), expected[i].value);
    assert_near(told(rig, "stdev"), sqrt(3570.0 / 7));
    assert_near(told(rig, "0999"), 49 + 15 * (0.999 * 7 - 6));
    assert_int_equal(buckets_upto(rig->cell + rig->plan.buckets_at, 0), 3);
    assert_int_equal(buckets_upto(rig->cell + rig->plan.buckets_at, 1), 4);
    assert_int_equal(buckets_upto(rig->cell + rig->plan.buckets_at, 2), 8);
}

static void test_aggregates__of_squares_are_known(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    add_squares(&rig);
    check_squares(&rig);
    rig_release(&rig);
}

static void test_aggregates__of_two_halves_merge(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    char *late = calloc(1, rig.plan.cell_size), *early = rig.cell;
    rig.cell = late;
    for (int i = 8; i > 3; i--)
        add(&rig, i, i * i, i);
    rig.cell = early;
    for (int i = 3; i > 0; i--)
        add(&rig, i, i * i, i);
    plan_merge(&rig.plan, rig.cell, late);
    check_squares(&rig);
    plan_release_cell(&rig.plan, late);
    free(late);
    rig_release(&rig);
}

static void check_saved(bool exact)
{
    struct rig rig;
    struct vane_text text = { 0 };
    rig_init(&rig, exact);
    add_squares(&rig);
    plan_save_cell(&rig.plan, rig.cell, &text);
    plan_release_cell(&rig.plan, rig.cell);
    struct bytes in = { text.data, text.data + text.length, false };
    assert_true(plan_load_cell(&rig.plan, rig.cell, &in));
    assert_ptr_equal(in.at, in.end);
    if (exact)
        check_squares(&rig);
    else
        assert_near(told(&rig, "distinct"), 8);
    for (size_t cut = 0; cut < text.length; cut++) {
        plan_release_cell(&rig.plan, rig.cell);
        struct bytes part = { text.data, text.data + cut, false };
        assert_false(plan_load_cell(&rig.plan, rig.cell, &part));
    }
    vane_text_release(&text);
    rig_release(&rig);
}

static void test_aggregates__are_saved_and_loaded_whole(void **state)
{
    (void)state;
    check_saved(true);
    check_saved(false);
}

static void test_aggregates__of_one_value_have_no_spread(void **state)
{
    (void)state;
    static const char *const none[] = { "s2", "stdev", "diff", "rate", "derivative", "integral", "interval",
                                        "percent_change", "weighted_mean" };
    struct rig rig;
    rig_init(&rig, true);
    add(&rig, 4, -2.5, NAN);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_true(isnan(told(&rig, none[i])));
    assert_near(told(&rig, "time_weighted_mean"), -2.5);
    assert_near(told(&rig, "median"), -2.5);
    rig_release(&rig);
}

static void test_aggregates__that_fall_have_no_rise(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    add(&rig, 1, 5, 1);
    add(&rig, 3, 1, 1);
    assert_near(told(&rig, "rate"), -2);
    assert_true(isnan(told(&rig, "non_negative_rate")));
    assert_true(isnan(told(&rig, "non_negative_diff")));
    rig_release(&rig);
}

/* A thousand values around 1e9 whose variance is known: the textbook formula loses all digits here. */
static void test_moments__hold_far_from_zero(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    for (int i = 0; i < 1000; i++)
        add(&rig, i, 1e9 + i % 2, 1);
    if (fabs(told(&rig, "s2") - 250.0 / 999) > 1e-9)
        fail_msg("%.17g", told(&rig, "s2"));
    rig_release(&rig);
}

static void test_sum__keeps_what_rounding_takes(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, true);
    add(&rig, 0, 1e16, 1);
    for (int i = 0; i < 1000; i++)
        add(&rig, i, 1, 1);
    add(&rig, 0, -1e16, 1);
    assert_near(told(&rig, "sum"), 1000);
    rig_release(&rig);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Values over many powers of ten, of both signs, and zeros. */
static void test_sketch__is_within_its_error(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    struct rig rig;
    double *values = calloc(COUNT, sizeof *values);
    rig_init(&rig, false);
    srand48(1);
    for (size_t i = 0; i < COUNT; i++) {
        values[i] = i % 50 == 0 ? 0 : exp(40 * drand48() - 20) * (drand48() < 0.3 ? -1 : 1);
        add(&rig, 1, values[i], 1);
    }
    qsort(values, COUNT, sizeof *values, compare);
    static const char *const suffixes[] = { "000", "025", "099", "0999", "100" };
    for (size_t i = 0; i < 5; i++) {
        double exact = values[(size_t)(asked[i] * (COUNT - 1))];
        if (fabs(told(&rig, suffixes[i]) - exact) > 0.01 * fabs(exact) * (1 + 1e-9))
            fail_msg("%s: %g for %g", suffixes[i], told(&rig, suffixes[i]), exact);
    }
    free(values);
    rig_release(&rig);
}

static void test_sketch__holds_the_ends_of_doubles(void **state)
{
    (void)state;
    struct rig rig;
    rig_init(&rig, false);
    add(&rig, 1, -1.7e308, 1);
    add(&rig, 1, 1e-307, 1);
    add(&rig, 1, 1.7e308, 1);
    assert_true(fabs(told(&rig, "median") / 1e-307 - 1) <= 0.0101);
    assert_true(fabs(told(&rig, "000") / -1.7e308 - 1) <= 0.0101);
    rig_release(&rig);
}

/* 1.04 / sqrt(4096) is the standard error; four of them are missed once in 16,000 times. */
static void test_registers__count_within_their_error(void **state)
{
    (void)state;
    for (int count = 10; count <= 1000000; count *= 10) {
        struct rig rig;
        rig_init(&rig, false);
        const struct rules *rules = &rig.plan.rules;
        for (int i = 0; i < 2 * count; i++) {
            struct sample sample = { .value = i % count * 0.37 };
            registers_family.add(rig.cell, 0, &sample, rules);
        }
        double found;
        registers_distinct(&(struct reading){ .cell = rig.cell, .rules = rules }, &found);
        if (fabs(found - count) > 4 * 1.04 / 64 * count + 1)
            fail_msg("%g for %d", found, count);
        registers_family.release(rig.cell, rules);
        rig_release(&rig);
    }
}

static void test_plan__names_what_is_wrong(void **state)
{
    (void)state;
    static const char *const unknown[] = { "meen" }, *const several[] = { "xyz", "mean", "s2x", "quantile" };
    static const char *const histogram[] = { "histogram" };
    static const char *const quantile[] = { "quantile" };
    static const double falling[] = { 2, 1 }, outside[] = { 1.5, 0.5, 2 };
    const struct { struct plan_options options; const char *reason; } cases[] = {
        { { .aggregates = { unknown, 1 } },
          "aggregates: there is no \"meen\" (did you mean 'mean'?); there are count, sum, mean, min, max, range, first, "
          "last, diff, non_negative_diff, rate, non_negative_rate, percent_change, interval, s2, stdev, derivative, "
          "integral, time_weighted_mean, weighted_mean, mode, ohlc, median, quantile, distinct, histogram" },
        { { .aggregates = { several, 4 }, .quantiles = { outside, 3 } },
          "a quantile lies between 0 and 1, not at 1.5; a quantile lies between 0 and 1, not at 2; "
          "aggregates: there is no \"xyz\", no \"s2x\" (did you mean 's2'?); there are count, sum, mean, min, max, "
          "range, first, last, diff, non_negative_diff, rate, non_negative_rate, percent_change, interval, s2, stdev, "
          "derivative, integral, time_weighted_mean, weighted_mean, mode, ohlc, median, quantile, distinct, "
          "histogram" },
        { { .aggregates = { histogram, 1 } }, "aggregates has \"histogram\": it needs buckets" },
        { { .aggregates = { histogram, 1 }, .buckets = { falling, 2 } }, "buckets are finite and rise" },
        { { .aggregates = { quantile, 1 }, .quantiles = { outside, 1 } },
          "a quantile lies between 0 and 1, not at 1.5" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct budget budget = { 0 };
        struct plan plan;
        struct faults faults = { 0 };
        assert_false(plan_init(&plan, &cases[i].options, &budget, &faults));
        assert_string_equal(faults.text, cases[i].reason);
        plan_release(&plan);
    }
}

/* As a word of its own. */
static bool names_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(text, word); at; at = strstr(at + length, word))
        if (at > text && strchr(" (", at[-1]) && strchr(" ,)", at[length])) /* the NUL of the end, too */
            return true;
    return false;
}

static void test_aggregates__are_all_in_the_help_of_the_option(void **state)
{
    (void)state;
    const char *all[AGGREGATE_NAMES];
    aggregate_names(all);
    const struct vane_option *option = vane_plugin.options;
    while (strcmp(option->name, "aggregates") != 0)
        option++;
    char *known = strdup(option->help);
    *strchr(known, ';') = '\0'; /* the presets */
    for (size_t i = 0; all[i]; i++) {
        const struct aggregate *row = aggregate_find(all[i], NULL);
        if (!names_word(known, all[i]) || (row && row->also && !names_word(known, row->also)))
            fail_msg("the help does not name %s", all[i]);
    }
    free(known);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aggregates__of_squares_are_known),
        cmocka_unit_test(test_aggregates__of_two_halves_merge),
        cmocka_unit_test(test_aggregates__are_saved_and_loaded_whole),
        cmocka_unit_test(test_aggregates__of_one_value_have_no_spread),
        cmocka_unit_test(test_aggregates__that_fall_have_no_rise),
        cmocka_unit_test(test_moments__hold_far_from_zero),
        cmocka_unit_test(test_sum__keeps_what_rounding_takes),
        cmocka_unit_test(test_sketch__is_within_its_error),
        cmocka_unit_test(test_sketch__holds_the_ends_of_doubles),
        cmocka_unit_test(test_registers__count_within_their_error),
        cmocka_unit_test(test_plan__names_what_is_wrong),
        cmocka_unit_test(test_aggregates__are_all_in_the_help_of_the_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
