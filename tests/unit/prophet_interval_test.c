/* Quantiles of the predictive distribution: against closed forms, and against draws. */
#include "plugins/forecast/prophet/interval.h"
#include "tests/unit/prophet_kit.h"

static void test_interval__without_jumps_it_is_normal(void **state)
{
    (void)state;
    struct deviation d = { .rate = 0.1, .jump = 0, .steps = 50, .sigma = 2 };
    kit_near(interval_quantile(&d, 0.9, 0), 2 * 1.2815515655446004, 1e-12);
    kit_near(interval_quantile(&d, 0.025, 0), -2 * 1.9599639845400545, 1e-12);
    kit_near(interval_normal(1e-9), -5.9978070150076868, 1e-12);
}

static void test_interval__one_certain_jump_is_a_laplace(void **state)
{
    (void)state;
    struct deviation d = { .rate = 1, .jump = 3, .steps = 1 };
    for (double level = 0.55; level < 0.9995; level += 0.05)
        kit_near(interval_quantile(&d, level, 0), -1.5 * log(2 * (1 - level)), 1e-6);
}

static void test_interval__one_possible_jump_has_an_atom_at_zero(void **state)
{
    (void)state;
    struct deviation d = { .rate = 0.3, .jump = 3, .steps = 1 };
    assert_true(interval_quantile(&d, 0.8, 0) == 0);
    kit_near(interval_quantile(&d, 0.9, 0), -1.5 * log(2 * 0.1 / 0.3), 1e-6);
    kit_near(interval_quantile(&d, 0.999, 0), -1.5 * log(2 * 0.001 / 0.3), 1e-6);
}

/* Two certain jumps with means a and b: tail (a^2 e^(-x/a) - b^2 e^(-x/b)) / (2 (a^2 - b^2)). */
static void test_interval__two_certain_jumps_have_the_tail_of_their_sum(void **state)
{
    (void)state;
    struct deviation d = { .rate = 1, .jump = 1, .steps = 2 };
    double a = 1.5, b = 0.5;
    for (double level = 0.55; level < 0.9995; level += 0.05) {
        double x = interval_quantile(&d, level, 0);
        kit_near((a * a * exp(-x / a) - b * b * exp(-x / b)) / (2 * (a * a - b * b)), 1 - level, 1e-6);
    }
}

/* From 32 steps on the product is an integral: no step between both. */
static void test_interval__grows_smoothly_from_product_to_integral(void **state)
{
    (void)state;
    double before = 0, change = 0;
    for (size_t steps = 28; steps < 38; steps++) {
        struct deviation d = { .rate = 0.02, .jump = 1, .steps = steps, .sigma = 0.5 };
        double x = interval_quantile(&d, 0.95, 0);
        if (steps > 30)
            assert_true(fabs((x - before) - change) < 0.02 * change);
        change = x - before;
        before = x;
    }
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static double uniform(uint64_t *state)
{
    return ((double)(next_random(state) >> 11) + 0.5) / 9007199254740992.0;
}

static double draw(const struct deviation *d, uint64_t *state)
{
    double x = d->sigma * sqrt(-2 * log(uniform(state))) * cos(6.283185307179586 * uniform(state));
    for (size_t i = 0; i < d->steps; i++) {
        if (uniform(state) >= d->rate)
            continue;
        double size = -log(uniform(state)) * d->jump * ((double)i + 0.5);
        x += next_random(state) & 4096 ? size : -size;
    }
    return x;
}

static void check_draws(const struct deviation *d)
{
    enum { DRAWS = 200000 };
    static const double levels[] = { 0.025, 0.1, 0.3, 0.6, 0.9, 0.975, 0.999 };
    enum { LEVELS = sizeof levels / sizeof levels[0] };
    double at[LEVELS];
    size_t below[LEVELS] = { 0 };
    uint64_t state = 88172645463325252;
    for (int i = 0; i < LEVELS; i++)
        at[i] = interval_quantile(d, levels[i], 0);
    for (int i = 0; i < DRAWS; i++) {
        double x = draw(d, &state);
        for (int k = 0; k < LEVELS; k++)
            below[k] += x <= at[k];
    }
    for (int k = 0; k < LEVELS; k++) {
        double error = sqrt(levels[k] * (1 - levels[k]) / DRAWS);
        assert_true(fabs((double)below[k] / DRAWS - levels[k]) < 4.5 * error);
    }
}

static void test_interval__holds_200000_draws(void **state)
{
    (void)state;
    check_draws(&(struct deviation){ .rate = 0.3, .jump = 1, .steps = 10, .sigma = 0.1 });
    check_draws(&(struct deviation){ .rate = 0.02, .jump = 1, .steps = 45, .sigma = 20 });
    check_draws(&(struct deviation){ .rate = 0.02, .jump = 1, .steps = 45, .sigma = 1e-3 });
    check_draws(&(struct deviation){ .rate = 1.5, .jump = 0.1, .steps = 33, .sigma = 1 });
}

static void test_interval__is_finite_and_ascending_at_every_scale(void **state)
{
    (void)state;
    static const double sizes[] = { 1e-12, 1e-6, 1, 1e6 };
    for (int i = 0; i < 64; i++) {
        struct deviation d = { .rate = i % 4 == 3 ? 1 : pow(10, -3 * (i % 4)), .jump = sizes[i / 4 % 4],
                               .steps = i % 2 ? 1000 : 3, .sigma = sizes[i / 16] };
        double before = 0;
        for (double level = 0.5; level < 1; level += 0.0499) {
            double x = interval_quantile(&d, level, 0);
            assert_true(isfinite(x) && x >= before * (1 - 1e-6));
            before = x;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interval__without_jumps_it_is_normal),
        cmocka_unit_test(test_interval__one_certain_jump_is_a_laplace),
        cmocka_unit_test(test_interval__one_possible_jump_has_an_atom_at_zero),
        cmocka_unit_test(test_interval__two_certain_jumps_have_the_tail_of_their_sum),
        cmocka_unit_test(test_interval__grows_smoothly_from_product_to_integral),
        cmocka_unit_test(test_interval__holds_200000_draws),
        cmocka_unit_test(test_interval__is_finite_and_ascending_at_every_scale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
