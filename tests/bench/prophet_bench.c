/* prophet_bench - fit and forecast of 16,791 seconds with all three seasonalities forced (61 parameters).
 *
 *     prophet_bench [SECONDS]
 *
 * Prints one JSON object: the median milliseconds (of CPU time: one thread does it all, and others may be
 * busy) of a cold fit, of a warm one of a history that has moved on by 300 seconds, and of a cold fit with a
 * forecast of 299 steps and two quantiles; bytes of the model with all it keeps for the next fit; the kernels
 * that were chosen.
 */
#include "core/plugin.h"
#include "plugins/forecast/prophet/kernel.h"
#include "plugins/forecast/prophet/prophet.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROWS = 16791, STEPS = 299, MOVE = 300, MOVES = 300, REPEATS_MOST = 1000 };

struct world {
    struct prophet_settings settings;
    int64_t                 times[ROWS + MOVE * MOVES];
    double                  values[ROWS + MOVE * MOVES];
    double                  seconds; /* for each of the three figures */
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void make_world(struct world *world)
{
    world->settings = prophet_settings_default();
    world->settings.yearly = world->settings.weekly = world->settings.daily = PROPHET_ON;
    double price = 61000;
    unsigned random = 1;
    for (int i = 0; i < ROWS + MOVE * MOVES; i++) {
        random = random * 1664525u + 1013904223u;
        price += (double)(random >> 16) / 32768 - 1;
        world->times[i] = (1723161600 + (int64_t)i) * 1000000000;
        world->values[i] = price;
    }
}

static void fit(struct world *world, struct prophet *model, size_t first)
{
    struct prophet_error err;
    struct prophet_frame history = { .count = ROWS, .times = world->times + first, .values = world->values + first };
    if (prophet_fit(model, &history, NULL, &err))
        return;
    fprintf(stderr, "prophet_bench: %s\n", err.text);
    exit(1);
}

static void predict(struct world *world, struct prophet *model)
{
    static const double levels[] = { 0.1, 0.9 };
    struct prophet_error err;
    int64_t times[STEPS];
    double yhat[STEPS], quantiles[2 * STEPS];
    for (int i = 0; i < STEPS; i++)
        times[i] = world->times[ROWS - 1] + (i + 1) * (int64_t)1000000000;
    struct prophet_frame future = { .count = STEPS, .times = times };
    struct prophet_forecast out = { .yhat = yhat, .levels = levels, .level_count = 2,
                                    .quantiles = quantiles };
    if (prophet_predict(model, &future, &out, &err))
        return;
    fprintf(stderr, "prophet_bench: %s\n", err.text);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double measure(struct world *world, bool warm, bool ahead)
{
    static double taken[REPEATS_MOST];
    size_t count = 0;
    struct prophet *model = prophet_new(&world->settings);
    fit(world, model, 0);
    for (double end = now() + 1e3 * world->seconds; count < REPEATS_MOST
         && (now() < end || count < 3); count++) {
        if (!warm) {
            prophet_free(model);
            model = prophet_new(&world->settings);
        }
        size_t first = warm ? (count + 1) % MOVES * MOVE : 0;
        double from = now();
        fit(world, model, first);
        if (ahead)
            predict(world, model);
        taken[count] = now() - from;
    }
    prophet_free(model);
    qsort(taken, count, sizeof *taken, compare);
    return taken[count / 2];
}

int main(int argc, char **argv)
{
    struct world *world = calloc(1, sizeof *world);
    make_world(world);
    world->seconds = argc > 1 ? strtod(argv[1], NULL) : 1;
    size_t before = mallinfo2().uordblks;
    struct prophet *model = prophet_new(&world->settings);
    fit(world, model, 0);
    size_t bytes = mallinfo2().uordblks - before;
    prophet_free(model);
    printf("{\"rows\": %d, \"parameters\": 61, \"kernels\": \"%s\", \"fit_cold_ms\": %.2f, "
           "\"fit_warm_ms\": %.2f, "
           "\"fit_and_299_steps_ms\": %.2f, \"model_bytes\": %zu}\n",
           ROWS, kernels_of_cpu()->name, measure(world, false, false), measure(world, true, false),
           measure(world, false, true), bytes);
    free(world);
    return 0;
}
