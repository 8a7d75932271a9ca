/* shape - what the rooms of a judge agree on: how many candidates, levels and kept horizons there are. Made
 * once from the settings; never changes.
 */
#pragma once
#include "plugins/forecast/judge/judge.h"

struct shape {
    const struct judge_settings *settings;
    size_t candidates, levels;
    size_t horizon_count;
    size_t horizons[JUDGE_HORIZONS]; /* in steps, ascending, log-spaced, the last is settings->count */
    size_t capacity[JUDGE_HORIZONS]; /* forecasts of that length that are under way at once, at most */
};

void shape_init(struct shape *shape, const struct judge_settings *settings);

/* Which kept horizons a step lies between, for a value that is read off theirs: *low and *high, and the
 * weight of *high, by the logarithm of the step. */
double shape_between(const struct shape *shape, size_t steps, size_t *low, size_t *high);
