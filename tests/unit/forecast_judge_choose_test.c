/* Tests of plugins/forecast/judge: calibrated intervals, the choice, saved state. */
#include "forecast_judge_kit.h"

/* A random walk, of whose steps the models know nothing. */
struct walk {
    uint64_t seed;
    double   level, deviation;
};

static double walk_on(struct walk *walk)
{
    return walk->level += walk->deviation * kit_normal(&walk->seed);
}

/* Both say the last value with these half widths; answers how the calibrated 80 % of `other` covered. */
static double coverage_after(double half, size_t steps, double change_at)
{
    struct court *court = court_new(steps, true);
    court->settings.window = 100000;
    court_open(court);
    struct walk walk = { .seed = 17, .deviation = 1 };
    for (int64_t i = 0; i < 3000; i++) {
        if (i == (int64_t)(3000 * change_at))
            walk.deviation *= 5;
        court_observe(court, i, walk_on(&walk));
        court_say(court, 0, walk.level, half);
        court_say(court, 1, walk.level, half);
        court_issue(court, i);
    }
    double coverage = court_score(court, "other", steps)->coverage;
    court_free(court);
    return coverage;
}

static void test_conformal__holds_whatever_the_model_says(void **state)
{
    (void)state;
    const double halves[] = { 0, 0.01, 1.28, 50 };
    for (size_t i = 0; i < 4; i++)
        for (size_t steps = 1; steps <= 8; steps += 7)
            kit_check_near(coverage_after(halves[i], steps, 2), 0.8, 0.02);
}

static void test_conformal__follows_a_change_of_the_noise(void **state)
{
    (void)state;
    kit_check_near(coverage_after(1.28, 1, 0.5), 0.8, 0.02);
    kit_check_near(coverage_after(1.28, 8, 0.5), 0.8, 0.04); /* where it learns of it eight steps late */
}

static void test_conformal__waits_for_ten_forecasts(void **state)
{
    (void)state;
    struct court *court = court_new(1, true);
    court_open(court);
    struct prediction out = { court->means[1], court->quantiles[1] };
    for (int64_t i = 0; i < 10; i++) {
        court_observe(court, i, (double)(i % 3));
        court_say(court, 0, 1, 1);
        court_say(court, 1, 1, 1);
        assert_false(judge_calibrate(court->judge, 1, &out));
        assert_true(court->quantiles[1][0] == 0 && court->quantiles[1][2] == 2);
        court_issue(court, i);
    }
    court_observe(court, 10, 1);
    assert_true(judge_calibrate(court->judge, 1, &out));
    court_free(court);
}

static void test_conformal__never_crosses(void **state)
{
    (void)state;
    struct court *court = court_new(20, true);
    court_open(court);
    uint64_t seed = 23;
    for (int64_t i = 0; i < 500; i++) {
        double value = pow(kit_uniform(&seed), -0.8); /* heavy tail, skewed */
        court_observe(court, i, i % 10 ? 0 : value);
        court_say(court, 0, 0, 0);
        court_say(court, 1, value, kit_uniform(&seed) < 0.5 ? 0 : 0.1);
        court_issue(court, i);
        struct prediction out = { court->means[1], court->quantiles[1] };
        judge_calibrate(court->judge, 1, &out);
        for (size_t h = 0; h < 20; h++)
            for (size_t level = 1; level < KIT_LEVELS; level++)
                assert_true(court->quantiles[1][(level - 1) * 20 + h] <= court->quantiles[1][level * 20 + h]);
    }
    court_free(court);
}

/* Values that mostly do not change: the interval shrinks, but never leaves yhat. */
static void test_conformal__keeps_yhat_inside(void **state)
{
    (void)state;
    struct court *court = court_new(1, true);
    court_open(court);
    uint64_t seed = 41;
    double level = 100;
    struct prediction out = { court->means[1], court->quantiles[1] };
    for (int64_t i = 0; i < 2000; i++) {
        level += kit_uniform(&seed) < 0.03 ? kit_normal(&seed) : 0;
        court_observe(court, i, level);
        court_say(court, 0, level, 0.3);
        court_say(court, 1, level, 0.3);
        court_issue(court, i);
        judge_calibrate(court->judge, 1, &out);
        assert_true(court->quantiles[1][0] <= level && level <= court->quantiles[1][2]);
    }
    assert_true(court->quantiles[1][2] - court->quantiles[1][0] < 0.1);
    court_free(court);
}

/* `other` errs by this share of naive's error; answers the last choice. */
static struct judge_choice choice_after(double share, int64_t forecasts, uint64_t seed)
{
    struct court *court = court_new(4, false);
    court_open(court);
    struct walk walk = { .seed = seed, .deviation = 1 };
    struct judge_choice choice = { 0 };
    double values[2000];
    assert_true(forecasts + 4 < 2000);
    for (int64_t i = 0; i < forecasts + 4; i++)
        values[i] = walk_on(&walk);
    for (int64_t i = 0; i < forecasts; i++) {
        court_observe(court, i, values[i]);
        court_say(court, 0, values[i], 1);
        court_say(court, 1, values[i], 1);
        for (int64_t h = 0; h < 4; h++)
            court->means[1][h] = values[i + h + 1] + share * (values[i] - values[i + h + 1]);
        choice = court_issue(court, i);
    }
    court_free(court);
    return choice;
}

static void test_choose__takes_who_has_proved_better(void **state)
{
    (void)state;
    struct judge_choice choice = choice_after(0.9, 500, 29);
    assert_int_equal(choice.candidate, 1);
    assert_non_null(strstr(choice.why, "% less error than naive"));
}

static void test_choose__keeps_naive_while_nothing_is_proved(void **state)
{
    (void)state;
    struct judge_choice choice = choice_after(0.5, 10, 31);
    assert_int_equal(choice.candidate, 0);
    assert_non_null(strstr(choice.why, "no candidate has proved better in 9 forecasts"));
    assert_int_equal(choice_after(1.0, 1000, 31).candidate, 0);
    assert_int_equal(choice_after(1.1, 1000, 31).candidate, 0);
}

/* `other` adds noise of its own to naive: it is lucky now and then, but never better. */
static void test_choose__is_hard_to_fool(void **state)
{
    (void)state;
    size_t fooled = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct court *court = court_new(4, false);
        court_open(court);
        struct walk walk = { .seed = seed, .deviation = 1 };
        for (int64_t i = 0; i < 500; i++) {
            court_observe(court, i, walk_on(&walk));
            court_say(court, 0, walk.level, 1);
            court_say(court, 1, walk.level + 0.1 * kit_normal(&walk.seed), 1);
            fooled += court_issue(court, i).candidate == 1;
        }
        court_free(court);
    }
    assert_true(fooled < 40 * 500 / 20);
}

static void test_choose__answers_with_who_could_predict(void **state)
{
    (void)state;
    struct court *court = court_new(4, false);
    court_open(court);
    struct prediction other = { court->means[1], court->quantiles[1] };
    struct judge_choice choice;
    judge_choose(court->judge, (const struct prediction *[]){ NULL, &other }, &choice);
    assert_int_equal(choice.candidate, 1);
    judge_choose(court->judge, (const struct prediction *[]){ NULL, NULL }, &choice);
    assert_int_equal(choice.candidate, 2);
    assert_string_equal(choice.why, "no candidate could predict");
    court_free(court);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conformal__holds_whatever_the_model_says),
        cmocka_unit_test(test_conformal__follows_a_change_of_the_noise),
        cmocka_unit_test(test_conformal__waits_for_ten_forecasts),
        cmocka_unit_test(test_conformal__never_crosses),
        cmocka_unit_test(test_conformal__keeps_yhat_inside),
        cmocka_unit_test(test_choose__takes_who_has_proved_better),
        cmocka_unit_test(test_choose__keeps_naive_while_nothing_is_proved),
        cmocka_unit_test(test_choose__is_hard_to_fool),
        cmocka_unit_test(test_choose__answers_with_who_could_predict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
