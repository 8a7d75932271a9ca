/* components - what a forecast of prophet is made of, step by step: its trend, each seasonality, holidays and
 * regressors, under Prophet's names. Additive ones are in the unit of the values (of their logarithms, with
 * transform = "log"), multiplicative ones are fractions of the trend.
 * With an anchor they are those of the prophet below it: what the last residual adds is in none of them.
 *
 * Own thread.
 */
#pragma once
#include "plugins/forecast/plan.h"

struct components {
    size_t          count;
    const char **names;  /* of the settings */
    double      *values; /* count rows, a value a step */
    int64_t     *times;
    size_t       room;   /* rows */
};

void components_release(struct components *components); /* zeroed is fine */

/* The fitted prophet of a candidate; NULL: it is another model, or not fitted. */
const struct prophet *components_prophet(const struct model *model, const void *state);

/* Those of the forecast that this model would make now; `state` is of `model`. False: it has none. */
bool components_make(struct components *components, const struct plan *plan, const struct model *model,
                     const void *state, const struct horizon *horizon);
