/* choose - see choose.h. */
#include "plugins/forecast/judge/choose.h"

#include "core/plugin.h"
#include "plugins/forecast/judge/bytes.h"

#include <math.h>
#include <stdio.h>

enum { MEMORY = 500, ENOUGH = 20, RELATIVE_MOST = 10 };
static const double confidence = 2.33; /* 99 %, one-sided */

static void blend(double *average, double value, uint64_t count)
{
    *average += fmax(1 / (double)count, 1.0 / MEMORY) * (value - *average);
}

void choose_learn_naive(struct choose *choose, size_t horizon, double error)
{
    blend(&choose->naive[horizon], fmin(fabs(error), 1e150), ++choose->counts[horizon]);
}

void choose_learn(struct choose *choose, size_t candidate, size_t horizon, double error, double naive_error,
                  size_t overlap)
{
    struct choose_horizon *self = &choose->horizons[candidate][horizon];
    double unit = choose->naive[horizon], difference = fabs(error) - fabs(naive_error);
    double relative = unit > 0 ? difference / unit : difference > 0;
    relative = fmin(fmax(relative, -RELATIVE_MOST), RELATIVE_MOST);
    self->count++;
    blend(&self->mean, relative, self->count);
    blend(&self->square, relative * relative, self->count);
    blend(&self->overlap, (double)overlap, self->count);
}

void choose_save(const struct choose *choose, const struct shape *shape, size_t horizon, struct vane_text *out)
{
    vane_text_add(out, &choose->naive[horizon], sizeof choose->naive[horizon]);
    vane_text_add(out, &choose->counts[horizon], sizeof choose->counts[horizon]);
    for (size_t i = 0; i < shape->candidates; i++)
        vane_text_add(out, &choose->horizons[i][horizon], sizeof choose->horizons[i][horizon]);
}

void choose_load(struct choose *choose, const struct shape *shape, size_t horizon, struct bytes *bytes)
{
    choose->naive[horizon] = bytes_take_number(bytes, 0, 1e150);
    choose->counts[horizon] = bytes_take_count(bytes, BYTES_COUNT_MOST);
    for (size_t i = 0; i < shape->candidates; i++) {
        struct choose_horizon *self = &choose->horizons[i][horizon];
        self->count = bytes_take_count(bytes, BYTES_COUNT_MOST);
        self->mean = bytes_take_number(bytes, -RELATIVE_MOST, RELATIVE_MOST);
        self->square = bytes_take_number(bytes, 0, RELATIVE_MOST * RELATIVE_MOST);
        self->overlap = bytes_take_number(bytes, 0, (double)shape->capacity[horizon]);
    }
}

struct evidence {
    double   mean, error; /* of the relative error less one: its mean, its standard error */
    uint64_t count;       /* forecasts */
    bool     worse;       /* surely so at one of the horizons */
};

static double standard_error(const struct choose_horizon *self)
{
    double counted = fmin((double)self->count, 2 * MEMORY) / fmax(self->overlap, 1);
    double variance = fmax(self->square - self->mean * self->mean, 0);
    return counted > 1 ? sqrt(variance / (counted - 1)) : 10;
}

static struct evidence weigh(const struct choose *choose, const struct shape *shape, size_t candidate)
{
    struct evidence evidence = { 0 };
    double horizons = 0;
    for (size_t h = 0; h < shape->horizon_count; h++) {
        const struct choose_horizon *self = &choose->horizons[candidate][h];
        if (self->count < ENOUGH)
            continue;
        double error = standard_error(self);
        evidence.mean += self->mean;
        evidence.error += error;
        evidence.worse |= self->mean - confidence * error > 0;
        if (self->count > evidence.count)
            evidence.count = self->count;
        horizons++;
    }
    if (horizons > 0)
        evidence.mean /= horizons, evidence.error /= horizons;
    return evidence;
}

static bool proved(const struct evidence *evidence)
{
    return evidence->count > 0 && !evidence->worse && evidence->mean + confidence * evidence->error < 0;
}

static size_t first_made(const struct shape *shape, const struct prediction *const *made)
{
    size_t i = 0;
    while (i < shape->candidates && !made[i])
        i++;
    return i;
}

static void explain(const struct shape *shape, struct judge_choice *choice, const struct evidence *evidence)
{
    const char *const *names = shape->settings->candidates;
    snprintf(choice->why, sizeof choice->why,
             "%s: %.1f %% less error than %s (at least %.1f %% with 99 %% confidence) in %llu forecasts",
             names[choice->candidate], fmin(-100 * evidence->mean, 100), names[0],
             -100 * (evidence->mean + confidence * evidence->error), (unsigned long long)evidence->count);
}

static void explain_fallback(const struct choose *choose, const struct shape *shape,
                             struct judge_choice *choice)
{
    if (choice->candidate == shape->candidates)
        snprintf(choice->why, sizeof choice->why, "no candidate could predict");
    else if (choice->candidate > 0)
        snprintf(choice->why, sizeof choice->why, "%s: the first that could predict",
                 shape->settings->candidates[choice->candidate]);
    else if (shape->candidates == 1)
        snprintf(choice->why, sizeof choice->why, "%s: the only candidate", shape->settings->candidates[0]);
    else
        snprintf(choice->why, sizeof choice->why, "%s: no candidate has proved better in %llu forecasts",
                 shape->settings->candidates[0], (unsigned long long)choose->counts[0]);
}

void choose_answer(const struct choose *choose, const struct shape *shape,
                   const struct prediction *const *made, struct judge_choice *choice)
{
    struct evidence best = { 0 };
    *choice = (struct judge_choice){ .candidate = 0 };
    for (size_t i = 1; i < shape->candidates; i++) {
        struct evidence evidence = weigh(choose, shape, i);
        if (!made[i] || !proved(&evidence))
            continue;
        double favour = i == choose->before ? evidence.error : 0;
        double against = choice->candidate > 0 && choice->candidate == choose->before ? best.error : 0;
        if (choice->candidate == 0 || evidence.mean - favour < best.mean - against) {
            choice->candidate = i;
            best = evidence;
        }
    }
    if (choice->candidate > 0) {
        explain(shape, choice, &best);
        return;
    }
    choice->candidate = first_made(shape, made);
    explain_fallback(choose, shape, choice);
}
