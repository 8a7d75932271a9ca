/* lasso - the loop over sigma; scratch is made once for all of its rounds. Own thread.
 */
#include "plugins/forecast/prophet/lasso.h"

#include "plugins/forecast/prophet/active_set.h"
#include "plugins/shared/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MOST = 200 };
#define SIGMA_TOLERANCE 1e-10

struct scratch {
    struct triangle gaussian; /* R's first rows over the priors: its first rows give g back from d */
    struct block    prior;
    struct triangle sparse;   /* what they leave for d, and R's own rows for d */
    struct block    rest;
};

double lasso_sigma(double rss, double rows)
{
    double sigma = sqrt(2 * rss / (rows + sqrt(rows * rows + 16 * rss)));
    return sigma > LASSO_SIGMA_LEAST ? sigma : LASSO_SIGMA_LEAST;
}

static void scratch_init(struct scratch *s, const struct lasso *l)
{
    size_t columns = l->r->columns;
    triangle_init(&s->gaussian, columns);
    block_init(&s->prior, columns, l->gaussian);
    triangle_init(&s->sparse, l->sparse + 1);
    block_init(&s->rest, l->sparse + 1, l->gaussian);
}

static void scratch_release(struct scratch *s)
{
    triangle_release(&s->gaussian);
    block_release(&s->prior);
    triangle_release(&s->sparse);
    block_release(&s->rest);
}

/* Given sigma: rows [R_g R_d y] / sigma over [1/sd 0 mean/sd]. */
static void eliminate_gaussian(const struct lasso *l, struct scratch *s)
{
    size_t columns = l->r->columns, y = columns - 1;
    for (size_t row = 0; row < l->gaussian; row++)
        for (size_t at = 0; at < columns; at++)
            s->gaussian.r[row * columns + at] = l->r->r[row * columns + at] / l->sigma;
    memset(s->prior.data, 0, columns * s->prior.stride * sizeof(double));
    for (size_t i = 0; i < l->gaussian; i++) {
        s->prior.data[i * s->prior.stride + i] = 1 / l->deviation[i];
        s->prior.data[y * s->prior.stride + i] = l->mean[i] / l->deviation[i];
    }
    struct block block = s->prior;
    block.rising = true;
    triangle_append(&s->gaussian, l->kernels, &block, 0, l->gaussian);
}

static bool solve_sparse(const struct lasso *l, struct scratch *s)
{
    size_t columns = l->r->columns, width = l->sparse + 1;
    for (size_t row = 0; row < width; row++)
        for (size_t at = 0; at < width; at++)
            s->sparse.r[row * width + at] =
                l->r->r[(l->gaussian + row) * columns + l->gaussian + at] / l->sigma;
    memcpy(s->rest.data, s->prior.data + l->gaussian * s->prior.stride,
           width * s->rest.stride * sizeof(double));
    triangle_append(&s->sparse, l->kernels, &s->rest, 0, width);
    return active_set_solve(&s->sparse, l->kernels, l->tau, l->d);
}

static void back_substitute(const struct lasso *l, const struct scratch *s)
{
    size_t columns = l->r->columns;
    for (size_t row = l->gaussian; row-- > 0;) {
        const double *r = s->gaussian.r + row * columns;
        double sum = r[columns - 1];
        for (size_t i = 0; i < l->sparse; i++)
            sum -= r[l->gaussian + i] * l->d[i];
        for (size_t i = row + 1; i < l->gaussian; i++)
            sum -= r[i] * l->g[i];
        l->g[row] = sum / r[row];
    }
}

static double sum_of_squares(const struct lasso *l)
{
    size_t columns = l->r->columns;
    double total = 0;
    for (size_t row = 0; row < columns; row++) {
        const double *r = l->r->r + row * columns;
        double sum = -r[columns - 1];
        for (size_t i = row; i < l->gaussian; i++)
            sum += r[i] * l->g[i];
        for (size_t i = row > l->gaussian ? row - l->gaussian : 0; i < l->sparse; i++)
            sum += r[l->gaussian + i] * l->d[i];
        total += sum * sum;
    }
    return total;
}

static double penalty(const struct lasso *l)
{
    double sum = 0;
    for (size_t i = 0; i < l->gaussian; i++) {
        double z = (l->g[i] - l->mean[i]) / l->deviation[i];
        sum += z * z / 2;
    }
    for (size_t i = 0; i < l->sparse; i++)
        sum += fabs(l->d[i]) / l->tau;
    return sum;
}

void lasso_solve(struct lasso *l)
{
    struct scratch s;
    scratch_init(&s, l);
    l->converged = false;
    for (l->rounds = 0; l->rounds < ROUNDS_MOST && !l->converged; l->rounds++) {
        eliminate_gaussian(l, &s);
        bool settled = solve_sparse(l, &s);
        back_substitute(l, &s);
        l->rss = sum_of_squares(l);
        double sigma = lasso_sigma(l->rss, l->rows);
        l->converged = settled && fabs(sigma - l->sigma) <= SIGMA_TOLERANCE * sigma;
        l->sigma = sigma;
    }
    l->penalty = penalty(l);
    scratch_release(&s);
}
