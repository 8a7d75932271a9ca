/* Tests of plugins/forecast/judge: the ledger and the scores. */
#include "forecast_judge_kit.h"

#include "plugins/forecast/judge/bytes.h"
#include "plugins/forecast/judge/score.h"

static void test_ledger__keeps_a_forecast_until_its_actual_comes(void **state)
{
    (void)state;
    struct court *court = court_new(4, false);
    court_open(court);
    court_observe(court, 0, 10);
    court_say(court, 0, 10, 1);
    court_say(court, 1, 12, 1);
    court_issue(court, 0);
    court_observe(court, 1, 11);
    assert_int_equal(court_score(court, "other", 1)->scored, 1);
    assert_null(court_score(court, "other", 2));
    kit_check_near(court_score(court, "other", 1)->mae, 1, 1e-12);
    kit_check_near(court_score(court, "other", 1)->bias, 1, 1e-12);
    court_free(court);
}

static void test_ledger__takes_the_newest_at_or_before_as_the_actual(void **state)
{
    (void)state;
    struct court *court = court_new(4, false);
    court_open(court);
    court_observe(court, 0, 10);
    court_say(court, 0, 10, 1);
    court_issue(court, 0);
    judge_observe(court->judge, KIT_SECOND * 3 / 2, 13); /* settles 1 s with 10 */
    kit_check_near(court_score(court, "naive", 1)->mae, 0, 1e-12);
    assert_null(court_score(court, "naive", 2));
    court_observe(court, 9, 99); /* settles 2, 3, 4 s with 13 */
    kit_check_near(court_score(court, "naive", 2)->mae, 3, 1e-12);
    kit_check_near(court_score(court, "naive", 4)->mae, 3, 1e-12);
    court_free(court);
}

static void test_ledger__gives_up_what_a_gap_swallowed(void **state)
{
    (void)state;
    struct court *court = court_new(8, false);
    court->settings.tolerance = 3 * KIT_SECOND;
    court_open(court);
    court_observe(court, 0, 10);
    court_say(court, 0, 10, 1);
    court_say(court, 1, 10, 1);
    court_issue(court, 0);
    court_observe(court, 100, 10);
    struct judge_counts counts = judge_counts(court->judge);
    assert_int_equal(counts.scored, 3);
    assert_int_equal(counts.expired, 5);
    court_free(court);
}

static void test_ledger__is_bounded_however_often_forecasts_come(void **state)
{
    (void)state;
    struct court *court = court_new(300, false);
    court->settings.every = 0;
    court_open(court);
    court_say(court, 0, 1, 1);
    court_say(court, 1, 1, 1);
    for (int64_t i = 0; i < 2000; i++) {
        judge_observe(court->judge, i * KIT_SECOND / 10, 1);
        struct prediction first = { court->means[0], court->quantiles[0] };
        const struct prediction *made[] = { &first, NULL };
        judge_issue(court->judge, i * KIT_SECOND / 10, made, 0);
    }
    struct judge_counts counts = judge_counts(court->judge);
    assert_int_equal(counts.issued, 2000);
    assert_true(counts.thinned > 0);
    court_observe(court, 600, 1);
    counts = judge_counts(court->judge);
    assert_int_equal(counts.scored + counts.expired + counts.thinned, 2000 * 16);
    court_free(court);
}

static void test_judge__keeps_horizons_spread_by_the_logarithm(void **state)
{
    (void)state;
    struct court *court = court_new(300, false);
    court_open(court);
    court_observe(court, 0, 1);
    court_say(court, 0, 1, 1);
    court_say(court, 1, 1, 1);
    court_issue(court, 0);
    for (int64_t i = 1; i <= 300; i++)
        court_observe(court, i, 1);
    assert_non_null(court_score(court, "naive", 300));
    assert_int_equal(court->row_count, 3 * 16);
    assert_int_equal(court->rows[0].horizon, 1);
    for (size_t i = 1; i < 16; i++)
        assert_true(court->rows[i].horizon > court->rows[i - 1].horizon);
    court_free(court);
}

static void test_judge__ignores_what_is_late_or_no_number(void **state)
{
    (void)state;
    struct court *court = court_new(2, false);
    court_open(court);
    court_observe(court, 0, 10);
    court_say(court, 0, 10, 1);
    court_say(court, 1, 10, 1);
    court_issue(court, 0);
    court_observe(court, 1, NAN);
    court_observe(court, 1, INFINITY);
    court_observe(court, -5, 3);
    assert_null(court_score(court, "naive", 1));
    court_observe(court, 1, 11);
    kit_check_near(court_score(court, "naive", 1)->mae, 1, 1e-12);
    court_free(court);
}

/* One forecast of 12 with 11 … 13 for levels 0.1, 0.5, 0.9, and an actual of 14. */
static void test_score__follows_its_formulas(void **state)
{
    (void)state;
    struct court *court = court_new(1, false);
    court_open(court);
    court_observe(court, 0, 10);
    court_say(court, 0, 10, 1);
    court_say(court, 1, 12, 1);
    court_issue(court, 0);
    court_observe(court, 1, 14);
    const struct judge_score *score = court_score(court, "other", 1);
    kit_check_near(score->mae, 2, 1e-12);
    kit_check_near(score->rmse, 2, 1e-12);
    kit_check_near(score->bias, -2, 1e-12);
    kit_check_near(score->mape, 2 / 14.0, 1e-12);
    kit_check_near(score->mase, 2 / 4.0, 1e-12);
    kit_check_near(score->ratio, 2 / 4.0, 1e-12);
    kit_check_near(score->pinball, (0.1 * 3 + 0.5 * 2 + 0.9 * 1) / 3, 1e-12);
    kit_check_near(score->crps, 0.1 * 0.3 + 0.4 * 1.3 + 0.4 * 1.9 + 0.1 * 0.9, 1e-12);
    kit_check_near(score->coverage, 0, 1e-12);
    kit_check_near(score->width, 2, 1e-12);
    kit_check_near(score->winkler, 2 + 1 / 0.1, 1e-9);
    court_free(court);
}

static void test_score__is_finite_on_huge_errors(void **state)
{
    (void)state;
    struct court *court = court_new(2, true);
    court_open(court);
    for (int64_t i = 0; i < 100; i++) {
        court_observe(court, i, i % 2 ? 1e308 : -1e308);
        court_say(court, 0, i % 3 ? 1e308 : -1e308, 1);
        court_say(court, 1, 0, 1e308);
        court_issue(court, i);
    }
    const struct judge_score *score = court_score(court, "other", 1);
    const double all[] = { score->mae, score->rmse, score->bias, score->mape, score->mase, score->ratio,
                           score->pinball, score->crps, score->coverage, score->width, score->winkler };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_true(isfinite(all[i]));
    struct prediction out = { court->means[1], court->quantiles[1] };
    judge_calibrate(court->judge, 1, &out);
    for (size_t i = 0; i < 2 * KIT_LEVELS; i++)
        assert_true(isfinite(court->quantiles[1][i]));
    court_free(court);
}

/* Errors whose squares are far beyond 1e150. */
static void test_score__squares_are_those_of_its_errors(void **state)
{
    (void)state;
    struct court *court = court_new(1, false);
    court_open(court);
    for (int64_t i = 0; i < 20; i++) {
        court_observe(court, i, i % 2 ? 1e120 : -1e120);
        court_say(court, 1, 0, 1);
        court_issue(court, i);
    }
    const struct judge_score *score = court_score(court, "other", 1);
    kit_check_near(score->mae, 1e120, 1e108);
    kit_check_near(score->rmse, 1e120, 1e108);
    court_free(court);
}

static void test_score__loads_the_largest_that_it_saves(void **state)
{
    (void)state;
    const struct judge_settings settings = { .levels = kit_levels, .level_count = KIT_LEVELS };
    const struct shape shape = { .settings = &settings, .levels = KIT_LEVELS };
    const double quantiles[KIT_LEVELS] = { -1e300, 0, 1e300 };
    struct score saved = { 0 }, loaded = { 0 };
    struct vane_text text = { 0 };
    for (int i = 0; i < 500; i++)
        score_add(&saved, &shape, &(struct score_case){ .mean = 1e300, .actual = -1e300, .quantiles = quantiles });
    score_save(&saved, &text);
    struct bytes bytes = { .at = text.data, .end = text.data + text.length };
    score_load(&loaded, &bytes);
    assert_true(bytes_are_used(&bytes));
    assert_memory_equal(&loaded, &saved, sizeof saved);
    vane_text_release(&text);
}

static void test_score__forgets(void **state)
{
    (void)state;
    struct court *court = court_new(1, false);
    court->settings.window = 10;
    court_open(court);
    for (int64_t i = 0; i < 200; i++) {
        court_observe(court, i, i < 100 ? (double)(i % 2) : 5);
        court_say(court, 0, i < 100 ? (double)(i % 2) : 5, 1);
        court_say(court, 1, 5, 1);
        court_issue(court, i);
    }
    assert_true(court_score(court, "other", 1)->mae < 1e-3);
    assert_int_equal(court_score(court, "other", 1)->scored, 199);
    court_free(court);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ledger__keeps_a_forecast_until_its_actual_comes),
        cmocka_unit_test(test_ledger__takes_the_newest_at_or_before_as_the_actual),
        cmocka_unit_test(test_ledger__gives_up_what_a_gap_swallowed),
        cmocka_unit_test(test_ledger__is_bounded_however_often_forecasts_come),
        cmocka_unit_test(test_judge__keeps_horizons_spread_by_the_logarithm),
        cmocka_unit_test(test_judge__ignores_what_is_late_or_no_number),
        cmocka_unit_test(test_score__follows_its_formulas),
        cmocka_unit_test(test_score__is_finite_on_huge_errors),
        cmocka_unit_test(test_score__squares_are_those_of_its_errors),
        cmocka_unit_test(test_score__loads_the_largest_that_it_saves),
        cmocka_unit_test(test_score__forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
