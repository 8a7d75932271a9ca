/* score - what the errors of one model at one horizon were, on average: the plain mean of the first
 * `window` of them, then an exponential one that forgets at the rate 1 / window. Flat memory.
 */
#pragma once
#include "plugins/forecast/judge/shape.h"

struct score {
    uint64_t count, nonzero; /* nonzero: of them the actual was not 0 */
    double   absolute, square, bias, relative;
    double   unchanged; /* mean absolute error of "no change" on the same forecasts */
    double   pinball, crps, covered, width, winkler;
};

/* What came of one forecast of one model. */
struct score_case {
    double        mean, base, actual;
    const double *quantiles; /* one for each level */
};

void score_add(struct score *score, const struct shape *shape, const struct score_case *one);

/* Loading takes what score_save wrote, and checks it. */
struct bytes;
void score_save(const struct score *score, struct vane_text *out);
void score_load(struct score *score, struct bytes *bytes);

/* Fills all but model and horizon. change: the mean absolute change from one observation to the next. */
void score_report(const struct score *score, const struct shape *shape, double change,
                  struct judge_score *out);
