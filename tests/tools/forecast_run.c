/* forecast_run - the models of plugins/forecast on a CSV of `time,value` (ns, a number), without a header,
 * from standard input.
 *
 *     forecast_run MODEL [OPTIONS]      fits once; prints `time,yhat,quantile,…` of the steps behind the
 *     last row
 *     forecast_run --rolling [OPTIONS]  forecasts from many origins; prints a row for each model and horizon
 *
 *     --step NS         --count STEPS     the horizon
 *     --levels A,B,…    of quantiles      (0.1,0.9)
 *     --set NAME=VALUE  alpha, beta, gamma, phi, theta, season, order, fit_points, anchor
 * Only --rolling:
 *     --history STEPS   what each fit sees   --every STEPS   between two origins
 *     --models A,B,…    candidates (those of auto)   --own    without calibration
 *     --single N        each origin on its own: a new judge, which has only a backtest over N origins
 */
#include "core/plugin.h"
#include "plugins/forecast/judge/backtest.h"
#include "plugins/forecast/judge/judge.h"
#include "plugins/forecast/models/models.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct series {
    int64_t *times;
    double  *values;
    size_t   count;
};

struct run {
    const char           *model;
    bool                  rolling, own;
    int64_t               step;
    size_t                count, history, every, level_count, name_count, single;
    double                levels[JUDGE_LEVELS];
    const char           *names[MODELS_LIMIT];
    struct model_settings settings;
};

static struct series read_series(FILE *file)
{
    struct series series = { 0 };
    size_t room = 0;
    char line[256], *end;
    while (fgets(line, sizeof line, file)) {
        if (series.count == room) {
            room = room ? 2 * room : 1024;
            series.times = realloc(series.times, room * sizeof *series.times);
            series.values = realloc(series.values, room * sizeof *series.values);
        }
        series.times[series.count] = strtoll(line, &end, 10);
        if (*end == ',')
            series.values[series.count++] = strtod(end + 1, NULL);
    }
    return series;
}

/* ---- Arguments ---- */

static bool set_number(struct model_settings *settings, char *pair)
{
    char *value = strchr(pair, '=');
    if (!value)
        return false;
    *value++ = '\0';
    const struct { const char *name; double *number; size_t *whole; } names[] = {
        { "alpha", &settings->alpha, NULL },   { "beta", &settings->beta, NULL },
        { "gamma", &settings->gamma, NULL },   { "phi", &settings->phi, NULL },
        { "theta", &settings->theta, NULL },   { "season", NULL, &settings->season },
        { "order", NULL, &settings->order },   { "fit_points", NULL, &settings->fit_points },
    };
    if (strcmp(pair, "anchor") == 0) {
        settings->anchor = strcmp(value, "ar1") == 0 ? MODEL_ANCHOR_AR1 : MODEL_ANCHOR_NONE;
        return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(pair, names[i].name) != 0)
            continue;
        if (names[i].number)
            *names[i].number = strtod(value, NULL);
        else
            *names[i].whole = strtoul(value, NULL, 10);
        return true;
    }
    return false;
}

static bool set_option(struct run *run, const char *name, char *value)
{
    char *rest = NULL;
    if (strcmp(name, "--step") == 0)
        run->step = strtoll(value, NULL, 10);
    else if (strcmp(name, "--count") == 0)
        run->count = strtoul(value, NULL, 10);
    else if (strcmp(name, "--history") == 0)
        run->history = strtoul(value, NULL, 10);
    else if (strcmp(name, "--every") == 0)
        run->every = strtoul(value, NULL, 10);
    else if (strcmp(name, "--single") == 0)
        run->single = strtoul(value, NULL, 10);
    else if (strcmp(name, "--set") == 0)
        return set_number(&run->settings, value);
    else if (strcmp(name, "--levels") == 0)
        for (char *at = strtok_r(value, ",", &rest); at && run->level_count < JUDGE_LEVELS;
             at = strtok_r(NULL, ",", &rest))
            run->levels[run->level_count++] = strtod(at, NULL);
    else if (strcmp(name, "--models") == 0)
        for (char *at = strtok_r(value, ",", &rest); at && run->name_count < MODELS_LIMIT;
             at = strtok_r(NULL, ",", &rest))
            run->names[run->name_count++] = at;
    else
        return false;
    return true;
}

static bool read_arguments(struct run *run, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--rolling") == 0)
            run->rolling = true;
        else if (strcmp(argv[i], "--own") == 0)
            run->own = true;
        else if (argv[i][0] != '-')
            run->model = argv[i];
        else if (i + 1 == argc || !set_option(run, argv[i], argv[i + 1]))
            return false;
        else
            i++;
    }
    if (run->level_count == 0)
        run->levels[0] = 0.1, run->levels[1] = 0.9, run->level_count = 2;
    run->settings.step = run->step;
    return run->step > 0 && run->count > 0 && (run->rolling ? run->history && run->every : !!run->model);
}

/* ---- One forecast ---- */

static void print_note(void *context, const char *name, const char *sentence)
{
    (void)context;
    fprintf(stderr, "%s: %s\n", name, sentence);
}

static struct prediction prediction_new(const struct run *run)
{
    double *values = calloc(run->count * (1 + run->level_count), sizeof *values);
    return (struct prediction){ .mean = values, .quantiles = values + run->count };
}

static struct horizon horizon_from(const struct run *run, int64_t origin)
{
    return (struct horizon){ .origin = origin, .step = run->step, .count = run->count,
                             .levels = run->levels, .level_count = run->level_count };
}

static int forecast_once(const struct run *run, const struct series *series)
{
    const struct model *model = models_find(run->model, &run->settings);
    if (!model || series->count == 0)
        return 1;
    const struct model_notes notes = { .note = print_note };
    struct observations history = {
        .count = series->count, .times = series->times, .values = series->values,
    };
    struct horizon horizon = horizon_from(run, series->times[series->count - 1]);
    struct prediction out = prediction_new(run);
    void *state = model->new(&run->settings);
    bool predicted = model->fit(state, &history, &notes) && model->predict(state, &horizon, &out, &notes);
    for (size_t i = 0; predicted && i < run->count; i++) {
        printf("%lld,%.17g", (long long)(horizon.origin + (int64_t)(i + 1) * run->step), out.mean[i]);
        for (size_t level = 0; level < run->level_count; level++)
            printf(",%.17g", out.quantiles[level * run->count + i]);
        putchar('\n');
    }
    model->free(state);
    free(out.mean);
    return predicted ? 0 : 1;
}

/* ---- Many ---- */

struct candidates {
    size_t              count;
    const struct model *models[MODELS_LIMIT];
    const char         *names[MODELS_LIMIT];
    void               *states[MODELS_LIMIT];
    struct prediction   predictions[MODELS_LIMIT];
    size_t              chosen[MODELS_LIMIT + 1];
};

static bool candidates_init(struct candidates *all, const struct run *run)
{
    if (run->name_count == 0)
        all->count = models_candidates(&run->settings, all->models);
    for (size_t i = 0; i < run->name_count; i++)
        if (!(all->models[all->count++] = models_find(run->names[i], &run->settings)))
            return false;
    for (size_t i = 0; i < all->count; i++) {
        all->names[i] = all->models[i]->name;
        all->states[i] = all->models[i]->new(&run->settings);
        all->predictions[i] = prediction_new(run);
    }
    return true;
}

static void candidates_release(struct candidates *all)
{
    for (size_t i = 0; i < all->count; i++) {
        all->models[i]->free(all->states[i]);
        free(all->predictions[i].mean);
    }
}

/* As forecast does with `--once`: only a backtest says who answers, and how wide intervals are. Both naive and what was
 * answered go to the judge that scores. */
static void forecast_single(struct candidates *all, const struct run *run, const struct observations *history,
                            struct judge *judge)
{
    const struct horizon horizon = horizon_from(run, history->times[history->count - 1]);
    const struct judge_settings settings = {
        .candidates = all->names, .candidate_count = all->count, .step = run->step, .count = run->count,
        .levels = run->levels, .level_count = run->level_count, .calibrate = !run->own,
    };
    const struct backtest backtest = {
        .models = all->models, .model_count = all->count, .settings = &run->settings, .horizon = horizon,
        .origins = run->single, .least_points = 10, .predictions = all->predictions,
    };
    const struct model_notes quiet = { 0 };
    const struct prediction *made[MODELS_LIMIT] = { 0 };
    struct judge *own = judge_new(&settings);
    backtest_run(own, &backtest, history);
    for (size_t i = 0; i < all->count; i++)
        if (all->models[i]->fit(all->states[i], history, &quiet) &&
            all->models[i]->predict(all->states[i], &horizon, &all->predictions[i], &quiet))
            made[i] = &all->predictions[i];
    struct judge_choice choice;
    judge_choose(own, made, &choice);
    all->chosen[choice.candidate]++;
    struct prediction naive = prediction_new(run);
    memcpy(naive.mean, made[0]->mean, run->count * (1 + run->level_count) * sizeof *naive.mean);
    judge_calibrate(own, choice.candidate, &all->predictions[choice.candidate]);
    const struct prediction *answers[] = { &naive, made[choice.candidate] };
    judge_issue(judge, horizon.origin, answers, 1);
    free(naive.mean);
    judge_free(own);
}

static void forecast_all(struct candidates *all, const struct run *run, const struct observations *history,
                         struct judge *judge)
{
    struct horizon horizon = horizon_from(run, history->times[history->count - 1]);
    const struct model_notes quiet = { 0 };
    const struct prediction *made[MODELS_LIMIT] = { 0 };
    for (size_t i = 0; i < all->count; i++)
        if (all->models[i]->fit(all->states[i], history, &quiet) &&
            all->models[i]->predict(all->states[i], &horizon, &all->predictions[i], &quiet))
            made[i] = &all->predictions[i];
    struct judge_choice choice;
    judge_choose(judge, made, &choice);
    all->chosen[choice.candidate]++;
    judge_issue(judge, horizon.origin, made, choice.candidate);
}

static void print_score(void *context, const struct judge_score *score)
{
    (void)context;
    printf("%s,%zu,%llu,%.10g,%.6f,%.10g,%.4f,%.10g,%.10g,%.10g,%.10g\n", score->model, score->horizon,
           (unsigned long long)score->scored, score->mae, score->ratio, score->rmse, score->coverage,
           score->width, score->winkler, score->crps, score->bias);
}

static void print_choices(const struct candidates *all)
{
    for (size_t i = 0; i < all->count; i++)
        fprintf(stderr, "auto chose %s %zu times\n", all->names[i], all->chosen[i]);
}

static int forecast_rolling(const struct run *run, const struct series *series)
{
    struct candidates all = { 0 };
    if (!candidates_init(&all, run) || series->count == 0)
        return 1;
    static const char *const pair[] = { "naive", "single" };
    struct judge_settings settings = {
        .candidates = run->single ? pair : all.names, .candidate_count = run->single ? 2 : all.count, .step = run->step, .count = run->count,
        .every = (int64_t)run->every * run->step, .levels = run->levels, .level_count = run->level_count,
        .calibrate = !run->own && !run->single, .window = SIZE_MAX, .tolerance = INT64_MAX,
    };
    struct judge *judge = judge_new(&settings);
    int64_t length = (int64_t)run->history * run->step, due = series->times[0] + length;
    size_t first = 0;
    for (size_t i = 0; i < series->count; i++) {
        judge_observe(judge, series->times[i], series->values[i]);
        if (series->times[i] < due || (i + 1 < series->count && series->times[i + 1] == series->times[i]))
            continue;
        while (series->times[i] - series->times[first] > length)
            first++;
        struct observations history = { .count = i + 1 - first, .times = series->times + first,
                                        .values = series->values + first };
        (run->single ? forecast_single : forecast_all)(&all, run, &history, judge);
        while (due <= series->times[i])
            due += (int64_t)run->every * run->step;
    }
    puts("model,horizon,scored,mae,ratio,rmse,coverage,width,winkler,crps,bias");
    judge_scores(judge, print_score, NULL);
    print_choices(&all);
    judge_free(judge);
    candidates_release(&all);
    return 0;
}

int main(int argc, char **argv)
{
    struct run run = { .settings.prophet = prophet_settings_default() };
    if (!read_arguments(&run, argc, argv)) {
        fputs("usage: forecast_run MODEL|--rolling --step NS --count STEPS …\n", stderr);
        return 2;
    }
    struct series series = read_series(stdin);
    int result = run.rolling ? forecast_rolling(&run, &series) : forecast_once(&run, &series);
    free(series.times);
    free(series.values);
    return result;
}
