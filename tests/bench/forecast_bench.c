/* forecast_bench - what forecasts cost on one core: a point, and a forecast of a series of 3,600 points,
 * 300 steps ahead.
 *
 *     forecast_bench [SERIES]
 *
 * Reports, in CPU time: a point outside fits with one model and no calibration; a point under auto (all
 * cheap models go on, and the judge settles what is due); a fit and forecast of each model, cold and warm;
 * the judge's part; and how busy SERIES series (1,000) keep a core when each is forecast every minute.
 */
#include "plugins/forecast/judge/judge.h"
#include "plugins/forecast/models/models.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { POINTS = 3600, STEPS = 300, EVERY = 60, REPEATS = 20, FORECASTS = 200 };
#define SECOND INT64_C(1000000000)

static const double levels[] = { 0.1, 0.9 };

struct bench {
    int64_t               times[POINTS + FORECASTS * EVERY];
    double                values[POINTS + FORECASTS * EVERY];
    struct model_settings settings;
    size_t                count;
    const struct model   *models[MODELS_LIMIT];
    const char           *names[MODELS_LIMIT];
    void                 *states[MODELS_LIMIT];
    struct prediction     predictions[MODELS_LIMIT];
    struct horizon        horizon;
    struct model_notes    quiet;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void make_series(struct bench *bench)
{
    uint64_t seed = 1;
    double level = 60000;
    for (size_t i = 0; i < POINTS + FORECASTS * EVERY; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            sum += (double)(seed >> 11) / 9007199254740992.0;
        }
        bench->times[i] = (int64_t)i * SECOND;
        bench->values[i] = level += sum;
    }
}

static void make_models(struct bench *bench)
{
    bench->settings = (struct model_settings){
        .step = SECOND, .season = 60, .prophet = prophet_settings_default(),
    };
    bench->horizon = (struct horizon){ .step = SECOND, .count = STEPS, .levels = levels, .level_count = 2 };
    bench->count = models_candidates(&bench->settings, bench->models);
    for (size_t i = 0; i < bench->count; i++) {
        double *values = calloc(3 * STEPS, sizeof *values);
        bench->names[i] = bench->models[i]->name;
        bench->states[i] = bench->models[i]->new(&bench->settings);
        bench->predictions[i] = (struct prediction){ values, values + STEPS };
    }
}

/* Seconds for a fit on the points before `end` and a forecast. */
static double forecast(struct bench *bench, size_t i, size_t end)
{
    struct observations history = { .count = POINTS, .times = bench->times + end - POINTS,
                                    .values = bench->values + end - POINTS };
    bench->horizon.origin = bench->times[end - 1];
    double begun = now();
    if (!bench->models[i]->fit(bench->states[i], &history, &bench->quiet) ||
        !bench->models[i]->predict(bench->states[i], &bench->horizon, &bench->predictions[i], &bench->quiet))
        fprintf(stderr, "%s: no forecast\n", bench->names[i]);
    return now() - begun;
}

/* Answers the seconds of one forecast with all models, warm. */
static double measure_fits(struct bench *bench)
{
    double all = 0, cheap = 0;
    for (size_t i = 0; i < bench->count; i++) {
        double cold = forecast(bench, i, POINTS), warm = 0;
        for (size_t k = 1; k <= REPEATS; k++)
            warm += forecast(bench, i, POINTS + k * EVERY) / REPEATS;
        printf("%-12s fit and %d steps of %d points: %.2f ms, warm %.2f ms\n", bench->names[i], STEPS, POINTS,
               cold * 1e3, warm * 1e3);
        all += warm;
        cheap += strcmp(bench->names[i], "prophet") == 0 ? 0 : warm;
    }
    printf("all cheap models: %.2f ms; with prophet: %.2f ms\n", cheap * 1e3, all * 1e3);
    return all;
}

static void measure_one_model(struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++) {
        if (!bench->models[i]->update)
            continue;
        forecast(bench, i, POINTS);
        double begun = now();
        for (size_t k = POINTS; k < POINTS + FORECASTS * EVERY; k++)
            bench->models[i]->update(bench->states[i], bench->times[k], bench->values[k]);
        printf("%-12s a point: %.0f ns\n", bench->names[i], (now() - begun) / (FORECASTS * EVERY) * 1e9);
    }
}

static void measure_auto(struct bench *bench, double fits, double series)
{
    struct judge_settings settings = {
        .candidates = bench->names, .candidate_count = bench->count, .step = SECOND, .count = STEPS,
        .every = EVERY * SECOND, .levels = levels, .level_count = 2, .calibrate = true,
    };
    struct judge *judge = judge_new(&settings);
    const struct prediction *made[MODELS_LIMIT];
    struct judge_choice choice;
    double points = 0, forecasts = 0;
    for (size_t f = 0; f < FORECASTS; f++) {
        double begun = now();
        for (size_t k = POINTS + f * EVERY; k < POINTS + (f + 1) * EVERY; k++) {
            judge_observe(judge, bench->times[k], bench->values[k]);
            for (size_t i = 0; i < bench->count; i++)
                if (bench->models[i]->update)
                    bench->models[i]->update(bench->states[i], bench->times[k], bench->values[k]);
        }
        double middle = now();
        for (size_t i = 0; i < bench->count; i++)
            made[i] = &bench->predictions[i];
        judge_choose(judge, made, &choice);
        judge_issue(judge, bench->times[POINTS + (f + 1) * EVERY - 1], made, choice.candidate);
        judge_calibrate(judge, choice.candidate, &bench->predictions[choice.candidate]);
        points += middle - begun;
        forecasts += now() - middle;
    }
    double point = points / (FORECASTS * EVERY), judged = forecasts / FORECASTS;
    printf("auto: a point %.0f ns; the judge's part of a forecast %.3f ms; its memory %zu kB\n", point * 1e9,
           judged * 1e3, judge_memory(judge) / 1000);
    printf("%.0f series, a point a second, auto, each forecast every minute: %.0f %% of a core\n", series,
           100 * series * (point + (fits + judged) / EVERY));
    judge_free(judge);
}

int main(int argc, char **argv)
{
    struct bench *bench = calloc(1, sizeof *bench);
    make_series(bench);
    make_models(bench);
    measure_one_model(bench);
    double fits = measure_fits(bench);
    measure_auto(bench, fits, argc > 1 ? strtod(argv[1], NULL) : 1000);
    for (size_t i = 0; i < bench->count; i++) {
        bench->models[i]->free(bench->states[i]);
        free(bench->predictions[i].mean);
    }
    free(bench);
    return 0;
}
