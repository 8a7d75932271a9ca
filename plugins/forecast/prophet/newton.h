/* newton - Gauss-Newton for the models that are not linear: multiplicative terms, logistic growth.
 *
 * Each step linearizes all rows, solves that lasso with its sigma (lasso.h), and goes as far towards it as
 * the true posterior improves: it never falls. At the end the lasso's own answer stands, so deltas that do
 * not help are exactly 0. Own thread.
 */
#pragma once
#include "plugins/forecast/prophet/lasso.h"
#include "plugins/forecast/prophet/problem.h"

struct newton {
    double *theta;          /* in: where to start; out: the answer */
    double  sigma, posterior;
    size_t  rounds;
    bool    converged;
};

/* r: the last linearization. */
void newton_solve(struct problem *problem, struct newton *newton, struct triangle *r);
