/* lasso - the maximum of the posterior for a compressed linear model: R in, coefficients and sigma out.
 *
 *     minimize  n ln sigma + RSS / (2 sigma^2) + sum (g_i - mean_i)^2 / (2 sd_i^2)
 *              + sum |d_j| / tau + 2 sigma^2
 *
 * R's columns: `gaussian` ones with normal priors, `sparse` ones with the Laplace prior, y last; RSS = |R
 * [g; d; -1]|^2. Given sigma, the Gaussian coefficients are eliminated exactly (one QR), what is left is a
 * lasso of the few sparse ones, solved by an active set; given the coefficients, sigma^2 = 2 RSS / (n +
 * sqrt(n^2 + 16 RSS)). Each half only improves the posterior. Deltas that do not help are exactly 0. Own
 * thread.
 */
#pragma once
#include "plugins/forecast/prophet/qr.h"

#include <stdbool.h>

struct lasso {
    const struct triangle *r;
    const struct kernels  *kernels;
    size_t        gaussian, sparse;
    /* of the priors of the Gaussian coefficients; the mean in the shifted model */
    const double *mean, *deviation;
    double        tau, rows;        /* rows: n */
    /* In: where to start (a warm fit); out: the answer. */
    double       *g, *d;
    double        sigma;
    /* Out. */
    double        rss, penalty;     /* penalty: all terms of the posterior beside those of the data */
    size_t        rounds;
    bool          converged;
};

/* sigma does not get below this (Prophet's own for a constant history). */
#define LASSO_SIGMA_LEAST 1e-9

void lasso_solve(struct lasso *lasso);

/* The sigma that is best for a sum of squares. */
double lasso_sigma(double rss, double rows);
