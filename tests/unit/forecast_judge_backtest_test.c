/* Backtests of models that write down what they were shown. */
#include "tests/unit/forecast_judge_kit.h"

#include "plugins/forecast/judge/backtest.h"

enum { SHOWN_ROOM = 100 };

/* What one model saw at each of its fits; kept outside of its state, as that is freed. */
struct shown {
    size_t  count;
    size_t  points[SHOWN_ROOM];
    int64_t newest[SHOWN_ROOM];
    double  column[SHOWN_ROOM], last_column[SHOWN_ROOM]; /* of the horizon's first and last step */
};

static struct shown *shown_of(const struct model_settings *settings)
{
    return (struct shown *)(void *)(uintptr_t)settings->season;
}

struct witness {
    struct shown *shown;
    double        last;
};

static void *witness_new(const struct model_settings *settings)
{
    struct witness *witness = calloc(1, sizeof *witness);
    witness->shown = shown_of(settings);
    return witness;
}

static bool witness_fit(void *state, const struct observations *history, const struct model_notes *notes)
{
    struct witness *witness = state;
    struct shown *shown = witness->shown;
    notes->note(notes->context, "told", "and nobody listens");
    assert_true(shown->count < SHOWN_ROOM);
    shown->points[shown->count] = history->count;
    shown->newest[shown->count] = history->times[history->count - 1];
    witness->last = history->values[history->count - 1];
    return true;
}

static bool fill(const struct horizon *horizon, struct prediction *out, double mean)
{
    for (size_t i = 0; i < horizon->count; i++) {
        out->mean[i] = mean;
        for (size_t level = 0; level < horizon->level_count; level++)
            out->quantiles[level * horizon->count + i] = mean + horizon->levels[level] - 0.5;
    }
    return true;
}

static bool witness_predict(void *state, const struct horizon *horizon, struct prediction *out,
                            const struct model_notes *notes)
{
    struct witness *witness = state;
    struct shown *shown = witness->shown;
    (void)notes;
    assert_int_equal(horizon->origin, shown->newest[shown->count]);
    if (horizon->columns) {
        shown->column[shown->count] = horizon->columns[0][0];
        shown->last_column[shown->count] = horizon->columns[0][horizon->count - 1];
    }
    shown->count++;
    return fill(horizon, out, witness->last);
}

static const struct model witness = {
    .name = "naive", .new = witness_new, .free = free, .fit = witness_fit, .predict = witness_predict,
};

/* Knows the series of these tests, which alternates: at an odd distance it is the other value. */
static bool knower_fit(void *state, const struct observations *history, const struct model_notes *notes)
{
    (void)notes;
    ((struct witness *)state)->last = history->values[history->count - 1];
    return true;
}

static bool knower_predict(void *state, const struct horizon *horizon, struct prediction *out,
                           const struct model_notes *notes)
{
    double last = ((struct witness *)state)->last;
    (void)notes;
    fill(horizon, out, last);
    for (size_t i = 0; i < horizon->count; i += 2)
        out->mean[i] = 10 - last;
    return true;
}

static const struct model knower = {
    .name = "other", .new = witness_new, .free = free, .fit = knower_fit, .predict = knower_predict,
};

struct trial {
    struct court         *court;
    struct kit           *kit;
    struct shown          shown;
    struct model_settings settings;
    const struct model   *models[2];
    struct prediction     predictions[2];
    struct backtest       backtest;
    double                columns[KIT_ROOM];
    const double         *column;
};

/* `points` seconds that alternate between 0 and 10, `steps` ahead. */
static struct trial *trial_new(size_t points, size_t steps)
{
    struct trial *trial = calloc(1, sizeof *trial);
    trial->court = court_new(steps, true);
    trial->court->settings.every = 0;
    trial->kit = kit_new();
    for (size_t i = 0; i < points; i++) {
        kit_add(trial->kit, i % 2 ? 10 : 0);
        trial->columns[i] = (double)i;
    }
    trial->column = trial->columns;
    trial->settings.season = (size_t)(uintptr_t)&trial->shown;
    trial->models[0] = &witness;
    trial->models[1] = &knower;
    for (size_t i = 0; i < 2; i++)
        trial->predictions[i] = (struct prediction){ trial->court->means[i], trial->court->quantiles[i] };
    trial->backtest = (struct backtest){
        .models = trial->models, .model_count = 2, .settings = &trial->settings, .origins = 20, .least_points = 10,
        .horizon = { .step = KIT_SECOND, .count = steps, .levels = kit_levels, .level_count = KIT_LEVELS },
        .predictions = trial->predictions,
    };
    return trial;
}

static size_t trial_run(struct trial *trial)
{
    struct observations history = {
        .count = trial->kit->count, .times = trial->kit->times, .values = trial->kit->values,
        .columns = &trial->column, .column_count = 1,
    };
    court_open(trial->court);
    return backtest_run(trial->court->judge, &trial->backtest, &history);
}

static void trial_free(struct trial *trial)
{
    court_free(trial->court);
    free(trial->kit);
    free(trial);
}

static void test_backtest__origins_lie_in_the_last_half_and_see_nothing_behind(void **state)
{
    (void)state;
    struct trial *trial = trial_new(401, 5);
    assert_int_equal(trial_run(trial), 20);
    const struct shown *shown = &trial->shown;
    assert_int_equal(shown->count, 20);
    for (size_t i = 0; i < shown->count; i++) {
        assert_int_equal(shown->newest[i], trial->kit->times[shown->points[i] - 1]);
        assert_true(i == 0 || shown->points[i] > shown->points[i - 1]);
        assert_true(shown->column[i] == (double)(shown->points[i] - 1));
        assert_true(shown->last_column[i] == shown->column[i]);
    }
    assert_int_equal(shown->points[0], 201);
    assert_in_range(shown->points[19], 391, 396); /* five steps before the end: all are met */
    assert_int_equal(court_score(trial->court, "naive", 5)->scored, 20);
    trial_free(trial);
}

static void test_backtest__long_horizons_are_met_from_the_first_origins_only(void **state)
{
    (void)state;
    struct trial *trial = trial_new(401, 180);
    assert_int_equal(trial_run(trial), 20);
    assert_int_equal(court_score(trial->court, "naive", 1)->scored, 20);
    const struct judge_score *longest = court_score(trial->court, "naive", 180);
    assert_in_range(longest->scored, 1, 19);
    trial_free(trial);
}

static void test_backtest__the_better_model_answers_then_and_the_reason_says_so(void **state)
{
    (void)state;
    struct trial *trial = trial_new(401, 3);
    assert_int_equal(trial_run(trial), 20);
    struct judge_choice choice = court_issue(trial->court, 1400);
    assert_int_equal(choice.candidate, 1);
    assert_non_null(strstr(choice.why, "in 20 forecasts; backtest over 20 origins"));
    choice = court_issue(trial->court, 1402);
    assert_non_null(strstr(choice.why, "; begun by a backtest over 20 origins"));
    trial_free(trial);
}

static void test_backtest__intervals_are_calibrated_then(void **state)
{
    (void)state;
    struct trial *trial = trial_new(401, 3);
    trial_run(trial);
    court_say(trial->court, 0, 0, 0.4);
    struct prediction prediction = { trial->court->means[0], trial->court->quantiles[0] };
    assert_true(judge_calibrate(trial->court->judge, 0, &prediction));
    assert_true(prediction.quantiles[2 * 3] > 1); /* the other value is 10 away */
    trial_free(trial);
}

static void test_backtest__without_room_nothing_is_played_and_all_is_observed(void **state)
{
    (void)state;
    static const size_t points[] = { 1, 2, 15, 19 };
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        struct trial *trial = trial_new(points[i], 5);
        assert_int_equal(trial_run(trial), 0);
        assert_int_equal(trial->shown.count, 0);
        struct judge_choice choice = court_issue(trial->court, 1000 + (int64_t)points[i]);
        assert_null(strstr(choice.why, "backtest"));
        trial_free(trial);
    }
}

static void test_backtest__points_at_one_time_belong_to_one_origin(void **state)
{
    (void)state;
    struct trial *trial = trial_new(400, 2);
    for (size_t i = 0; i < 400; i++)
        trial->kit->times[i] = (1000 + (int64_t)(i / 4)) * KIT_SECOND;
    assert_int_equal(trial_run(trial), 20);
    for (size_t i = 0; i < trial->shown.count; i++)
        assert_int_equal(trial->shown.points[i] % 4, 0);
    trial_free(trial);
}

static void test_backtest__a_model_without_a_part_is_left_out(void **state)
{
    (void)state;
    struct trial *trial = trial_new(401, 3);
    trial->models[1] = NULL;
    assert_int_equal(trial_run(trial), 20);
    assert_null(court_score(trial->court, "other", 1));
    assert_non_null(court_score(trial->court, "naive", 1));
    trial_free(trial);
}

static void test_backtest__forecasts_that_are_not_met_yet_wait(void **state)
{
    (void)state;
    struct trial *trial = trial_new(401, 180);
    trial_run(trial);
    uint64_t before = court_score(trial->court, "naive", 180)->scored;
    court_observe(trial->court, 1500, 0);
    assert_true(court_score(trial->court, "naive", 180)->scored > before);
    trial_free(trial);
}

/* The column counts the points, and behind the history goes on from a thousand. */
static void test_backtest__regressors_known_ahead_are_those_of_the_history(void **state)
{
    (void)state;
    struct trial *trial = trial_new(401, 180);
    double ahead[180];
    const double *column = ahead;
    for (size_t i = 0; i < 180; i++)
        ahead[i] = 1000 + (double)i;
    trial->backtest.known_ahead = true;
    trial->backtest.horizon.columns = &column;
    assert_int_equal(trial_run(trial), 20);
    const struct shown *shown = &trial->shown;
    for (size_t i = 0; i < shown->count; i++) {
        size_t last = shown->points[i] - 1 + 180;
        assert_true(shown->column[i] == (double)shown->points[i]);
        assert_true(shown->last_column[i] == (double)(last < 401 ? last : last - 401 + 1000));
    }
    assert_true(shown->last_column[0] < 401 && shown->last_column[19] >= 1000);
    trial_free(trial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backtest__origins_lie_in_the_last_half_and_see_nothing_behind),
        cmocka_unit_test(test_backtest__long_horizons_are_met_from_the_first_origins_only),
        cmocka_unit_test(test_backtest__the_better_model_answers_then_and_the_reason_says_so),
        cmocka_unit_test(test_backtest__intervals_are_calibrated_then),
        cmocka_unit_test(test_backtest__without_room_nothing_is_played_and_all_is_observed),
        cmocka_unit_test(test_backtest__points_at_one_time_belong_to_one_origin),
        cmocka_unit_test(test_backtest__a_model_without_a_part_is_left_out),
        cmocka_unit_test(test_backtest__forecasts_that_are_not_met_yet_wait),
        cmocka_unit_test(test_backtest__regressors_known_ahead_are_those_of_the_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
