/* Tests of plugins/forecast/models: each model against its formula; grid, optimizer, normal distribution. */
#include "forecast_kit.h"

#include "plugins/forecast/models/gaussian.h"
#include "plugins/forecast/models/grid.h"
#include "plugins/forecast/models/optimize.h"

static const double z90 = 1.2815515655446004;

/* Half the 80 % interval at a step, as a variance. */
static double variance_at(const struct kit *kit, size_t steps, size_t h)
{
    double half = (kit->quantiles[2 * steps + h - 1] - kit->mean[h - 1]) / z90;
    return half * half;
}

static struct kit *kit_of(const double *values, size_t count)
{
    struct kit *kit = kit_new();
    for (size_t i = 0; i < count; i++)
        kit_add(kit, values[i]);
    return kit;
}

static const double sample[] = { 10, 12, 11, 15, 14, 18, 17 };

static void test_naive__is_the_last_value(void **state)
{
    (void)state;
    struct kit *kit = kit_of(sample, 7);
    assert_true(kit_run(kit, "naive", 4));
    assert_true(kit->mean[0] == 17 && kit->mean[3] == 17);
    double square = (4 + 1 + 16 + 1 + 16 + 1) / 6.0;
    kit_check_near(variance_at(kit, 4, 1), square, 1e-9);
    kit_check_near(variance_at(kit, 4, 4), 4 * square, 1e-9);
    free(kit);
}

static void test_drift__goes_on_by_the_mean_change(void **state)
{
    (void)state;
    struct kit *kit = kit_of(sample, 7);
    assert_true(kit_run(kit, "drift", 3));
    double mean = 7 / 6.0, square = 0, changes[] = { 2, -1, 4, -1, 4, -1 };
    for (int i = 0; i < 6; i++)
        square += (changes[i] - mean) * (changes[i] - mean) / 5;
    kit_check_near(kit->mean[2], 17 + 3 * mean, 1e-9);
    kit_check_near(variance_at(kit, 3, 3), square * 3 * (1 + 3 / 6.0), 1e-9);
    free(kit);
}

static void test_ses__smooths_with_a_given_alpha(void **state)
{
    (void)state;
    struct kit *kit = kit_of(sample, 7);
    kit->settings.alpha = 0.4;
    assert_true(kit_run(kit, "ses", 5));
    double level = 10, square = 0;
    for (int i = 1; i < 7; i++) {
        double error = sample[i] - level;
        level += 0.4 * error;
        square += error * error / 6;
    }
    kit_check_near(kit->mean[0], level, 1e-9);
    kit_check_near(kit->mean[4], level, 1e-9);
    kit_check_near(variance_at(kit, 5, 5), square * (1 + 4 * 0.16), 1e-9);
    free(kit);
}

static void test_theta__has_half_the_slope(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    for (int i = 0; i < 50; i++)
        kit_add(kit, 3.0 * i);
    kit->settings.alpha = 0.5;
    assert_true(kit_run(kit, "theta", 10));
    double level = 0;
    for (int i = 1; i < 50; i++)
        level += 0.5 * (3.0 * i - level);
    kit_check_near(kit->mean[0], level + 1.5 * (2 - 2 * pow(0.5, 50)), 1e-9);
    kit_check_near(kit->mean[9] - kit->mean[0], 9 * 1.5, 1e-9);
    kit->settings.theta = 1;
    assert_true(kit_run(kit, "theta", 10));
    kit_check_near(kit->mean[9], level, 1e-9);
    free(kit);
}

static void test_holt__damps_its_trend(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    for (int i = 0; i < 60; i++)
        kit_add(kit, 2.0 * i);
    kit->settings.phi = 0.9;
    assert_true(kit_run(kit, "holt", 100));
    kit_check_near((kit->mean[2] - kit->mean[1]) / (kit->mean[1] - kit->mean[0]), 0.9, 1e-9);
    kit->settings.phi = 1;
    assert_true(kit_run(kit, "holt", 100));
    kit_check_near(kit->mean[99], 2.0 * 159, 0.01);
    free(kit);
}

static void test_holt_winters__repeats_its_season(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    const double season[] = { 5, -3, 0, -2 };
    for (int i = 0; i < 80; i++)
        kit_add(kit, 100 + 0.5 * i + season[i % 4]);
    kit->settings.season = 4;
    assert_true(kit_run(kit, "holt_winters", 40));
    for (int h = 1; h <= 40; h++)
        kit_check_near(kit->mean[h - 1], 100 + 0.5 * (79 + h) + season[(79 + h) % 4], 0.2);
    free(kit);
}

static void test_holt_winters__needs_two_seasons(void **state)
{
    (void)state;
    struct kit *kit = kit_of(sample, 7);
    kit->settings.season = 4;
    assert_false(kit_run(kit, "holt_winters", 4));
    assert_string_equal(kit->note, "seasonality_too_long");
    kit->settings.season = 0;
    assert_false(kit_run(kit, "holt_winters", 4));
    assert_string_equal(kit->note, "no_season");
    free(kit);
}

/* d_t = 0.6 d_(t-1) + noise: the weight is found, the forecast decays by it, and the variance is the
 * formula's. */
static void test_ar__finds_an_autoregression(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    uint64_t seed = 1;
    double change = 0, level = 0;
    for (int i = 0; i < KIT_ROOM; i++) {
        change = 0.6 * change + kit_normal(&seed);
        kit_add(kit, level += change);
    }
    kit->settings.order = 1;
    assert_true(kit_run(kit, "ar", 3));
    double first = kit->mean[0] - level, second = kit->mean[1] - kit->mean[0], weight = second / first;
    kit_check_near(weight, 0.6, 0.03);
    kit_check_near(variance_at(kit, 3, 1), 1, 0.1);
    double ratio = 1 + (1 + weight) * (1 + weight);
    kit_check_near(variance_at(kit, 3, 2) / variance_at(kit, 3, 1), ratio, 1e-9);
    free(kit);
}

/* Prophet's line misses the last values; the anchored one starts from them and returns to the line. */
static void test_anchor__starts_from_the_last_residual(void **state)
{
    (void)state;
    struct kit *kit = kit_new();
    uint64_t seed = 2;
    double residual = 0;
    for (int i = 0; i < 400; i++) {
        residual = 0.9 * residual + kit_normal(&seed);
        kit_add(kit, 100 + (i == 399 ? 8 : residual));
    }
    assert_true(kit_run(kit, "prophet", 60));
    double line = kit->mean[0], far = kit->mean[59], width = kit->quantiles[120] - kit->quantiles[0];
    kit->settings.anchor = MODEL_ANCHOR_AR1;
    assert_true(kit_run(kit, "prophet", 60));
    assert_true(kit->mean[0] > line + 4);
    kit_check_near(kit->mean[59], far, 0.5);
    assert_true(kit->quantiles[120] - kit->quantiles[0] < 0.8 * width);
    free(kit);
}

static void test_grid__carries_values_forward(void **state)
{
    (void)state;
    const int64_t times[] = { 0, 9, 10, 10, 31, 45 };
    const double values[] = { 1, 2, 3, 4, 5, 6 };
    struct observations history = { .count = 6, .times = times, .values = values };
    double grid[8];
    assert_int_equal(grid_count(&history, 10), 5);
    grid_fill(&history, 10, grid, 5); /* at 5, 15, 25, 35, 45 */
    assert_memory_equal(grid, ((double[]){ 1, 4, 4, 5, 6 }), sizeof(double[5]));
}

static void test_grid__completes_points_behind_them(void **state)
{
    (void)state;
    struct grid grid;
    double complete = 0;
    grid_start(&grid, 10, 100, 1); /* the point at 100 is pending */
    assert_int_equal(grid_take(&grid, 10, 0, 100, 2, &complete), 0);
    assert_int_equal(grid_take(&grid, 10, 0, 101, 3, &complete), 1);
    assert_true(complete == 2);
    assert_int_equal(grid_take(&grid, 10, 0, 110, 4, &complete), 0);
    assert_int_equal(grid_take(&grid, 10, 0, 131, 5, &complete), 3);
    assert_true(complete == 4);
    assert_int_equal(grid_take(&grid, 10, 0, 50, 9, &complete), 0);
    assert_int_equal(grid_take(&grid, 10, 7, 131 + 10 * 1000003, 6, &complete) % 7, 1000003 % 7);
}

static double bowl(void *context, const double *at)
{
    (void)context;
    return (at[0] - 0.3) * (at[0] - 0.3) + 5 * (at[1] - 0.7) * (at[1] - 0.7) + (at[2] + 2) * (at[2] + 2);
}

static void test_optimize__finds_the_bottom_and_stays_inside(void **state)
{
    (void)state;
    struct optimize problem = { .loss = bowl, .count = 3, .most = { 1, 1, 1 }, .evaluations = 400 };
    double best[OPTIMIZE_LIMIT] = { 0.9, 0.1, 0.5 };
    optimize_simplex(&problem, best);
    kit_check_near(best[0], 0.3, 1e-3);
    kit_check_near(best[1], 0.7, 1e-3);
    assert_true(best[2] == 0);
}

static void test_gaussian__quantiles_are_exact(void **state)
{
    (void)state;
    kit_check_near(gaussian_quantile(0.9), z90, 1e-14);
    kit_check_near(gaussian_quantile(0.1), -z90, 1e-14);
    kit_check_near(gaussian_quantile(0.5), 0, 1e-15);
    kit_check_near(gaussian_quantile(0.975), 1.959963984540054, 1e-14);
    kit_check_near(gaussian_quantile(1e-10), -6.361340902404056, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_naive__is_the_last_value),
        cmocka_unit_test(test_drift__goes_on_by_the_mean_change),
        cmocka_unit_test(test_ses__smooths_with_a_given_alpha),
        cmocka_unit_test(test_theta__has_half_the_slope),
        cmocka_unit_test(test_holt__damps_its_trend),
        cmocka_unit_test(test_holt_winters__repeats_its_season),
        cmocka_unit_test(test_holt_winters__needs_two_seasons),
        cmocka_unit_test(test_ar__finds_an_autoregression),
        cmocka_unit_test(test_anchor__starts_from_the_last_residual),
        cmocka_unit_test(test_grid__carries_values_forward),
        cmocka_unit_test(test_grid__completes_points_behind_them),
        cmocka_unit_test(test_optimize__finds_the_bottom_and_stays_inside),
        cmocka_unit_test(test_gaussian__quantiles_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
