/* optimize - minimizes a function of a few bounded parameters: deterministic, with a fixed number of
 * evaluations.
 *
 * The function must be finite inside the bounds. No allocation.
 */
#pragma once
#include <stddef.h>

enum { OPTIMIZE_LIMIT = 4 }; /* parameters */

struct optimize {
    double (*loss)(void *context, const double *parameters);
    void   *context;
    size_t  count; /* of parameters, 1 … OPTIMIZE_LIMIT */
    double  least[OPTIMIZE_LIMIT], most[OPTIMIZE_LIMIT];
    size_t  evaluations; /* at most */
};

/* Of one parameter: the best of 12 spread over the bounds, then golden section between its neighbours. */
double optimize_line(const struct optimize *problem);

/* Of several: the best of 3 values for each, in all combinations; where a simplex may start. */
void optimize_scan(const struct optimize *problem, double best[OPTIMIZE_LIMIT]);

/* Of several, from where `best` stands: Nelder-Mead (1965) with points put back inside the bounds. best is
 * replaced by the best point found, which is never worse than the first. */
void optimize_simplex(const struct optimize *problem, double best[OPTIMIZE_LIMIT]);
