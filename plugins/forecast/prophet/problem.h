/* problem - one fit at hand: its rows, and their compression to a triangle.
 *
 * Coefficients lie in one array theta: k, m (flat growth: m alone), beta, delta. Inside a segment between
 * two changepoints all hinges (t - s_j)+ are combinations of 1 and t, so the rows of a segment are reduced
 * with two columns for the trend, and only the small triangle of each segment meets all columns: with 25
 * changepoints a third of the work of a QR of all rows with all columns, and the same result to rounding.
 * Runs of rows inside a segment come as triangles kept from the fit before, where there are (pages.h).
 *
 * A model that is not linear in theta (multiplicative terms, logistic growth) is linearized at a theta: it
 * has the same shape, with columns of the derivatives. Own thread.
 */
#pragma once
#include "plugins/forecast/prophet/design.h"
#include "plugins/forecast/prophet/history.h"
#include "plugins/forecast/prophet/pages.h"
#include "plugins/forecast/prophet/trend.h"

enum { PROBLEM_STACK = KERNEL_ROWS }; /* triangles added at once */

struct problem {
    const struct prophet *model; /* settings, scale, design, changes */
    const struct rows    *rows;
    const struct kernels *kernels;
    struct bounds bounds;
    bool          linear;
    double        shift;     /* taken from y: the first row's, in a linear model; else 0 */
    size_t        trend;     /* trend's coefficients with normal priors: k and m, or m */
    size_t        changes;   /* deltas; 0 when growth is flat */
    size_t        gaussian;  /* trend + design.width */
    size_t        count;     /* of theta: gaussian + changes */
    struct trend  line;      /* at the theta in hand */
    struct block  chunk;     /* rows of one segment: the trend's derivatives, X, y */
    struct page_maker maker;
    struct block  stack;     /* of pages: row i of the k-th is row PROBLEM_STACK i + k */
    size_t        stacked;
    struct triangle segment, merged;
    struct block  rising;    /* a segment's triangle with all columns */
    struct block  ordered;
};

void problem_init(struct problem *problem, const struct prophet *model, const struct rows *rows);
void problem_release(struct problem *problem);

/* R of the rows linearized at theta (a linear problem: anywhere), columns theta's and y: |R [theta; -1]|^2
 * is the sum of squares. */
void problem_compress(struct problem *problem, const double *theta, struct triangle *out);

/* Sum of squares of the scaled residuals; row by row. */
double problem_squares(struct problem *problem, const double *theta);

/* Priors: mean and deviation of the Gaussian coefficients; the log of the priors' density at theta. */
void   problem_priors(const struct problem *problem, double *mean, double *deviation);
double problem_penalty(const struct problem *problem, const double *theta);
double problem_posterior(const struct problem *problem, double squares, double penalty, double sigma);
