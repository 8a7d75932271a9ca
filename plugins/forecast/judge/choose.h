/* choose - whether a candidate is better than "no change", and how sure that is.
 *
 * For each candidate and kept horizon: mean and spread of d = (|error| - |error of naive|) / mean |error of
 * naive|, the relative error to naive less one, forecast by forecast (Diebold and Mariano 1995), over about
 * the last 500. Forecasts that overlap say the same thing several times: so many count as one as were under
 * way at once. The mean over the horizons has at most the mean of their standard errors.
 *
 * A candidate is taken only when that mean plus 2.33 standard errors (99 %) is below 0, over all horizons
 * with 20 forecasts or more, and at none of them it is worse than naive by as much. Of several the one with
 * the least mean answers; who answered before keeps on unless another is better by a standard error of its
 * own.
 */
#pragma once
#include "plugins/forecast/judge/shape.h"

struct choose_horizon { /* of one candidate */
    uint64_t count;
    double   mean, square, overlap;
};

struct choose {
    double                naive[JUDGE_HORIZONS]; /* mean |error of naive| */
    uint64_t              counts[JUDGE_HORIZONS];
    uint64_t              before; /* who answered last */
    struct choose_horizon horizons[JUDGE_CANDIDATES][JUDGE_HORIZONS];
};

/* A forecast at a kept horizon has met its actual: first what naive did, then what each candidate did.
 * overlap: how many were under way. */
void choose_learn_naive(struct choose *choose, size_t horizon, double error);
void choose_learn(struct choose *choose, size_t candidate, size_t horizon, double error, double naive_error,
                  size_t overlap);

/* What is known at one horizon. Loading takes what choose_save wrote, and checks it. */
struct bytes;
void choose_save(const struct choose *choose, const struct shape *shape, size_t horizon, struct vane_text *out);
void choose_load(struct choose *choose, const struct shape *shape, size_t horizon, struct bytes *bytes);

void choose_answer(const struct choose *choose, const struct shape *shape,
                   const struct prediction *const *made, struct judge_choice *choice);
