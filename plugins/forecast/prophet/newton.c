/* newton - see newton.h. Own thread. */
#include "plugins/forecast/prophet/newton.h"

#include "plugins/shared/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MOST = 1000, HALVINGS_MOST = 24 };
#define GAIN_LEAST 1e-11 /* of the posterior, relative: a step that gains less is the last */

struct scratch {
    double *goal, *tried, *mean, *deviation;
};

/* The posterior with the sigma that is best for these coefficients; -HUGE_VAL where it is not finite. */
static double evaluate(struct problem *problem, const double *theta, double *sigma)
{
    double squares = problem_squares(problem, theta);
    *sigma = lasso_sigma(squares, (double)problem->rows->count);
    double posterior = problem_posterior(problem, squares, problem_penalty(problem, theta), *sigma);
    return isfinite(posterior) ? posterior : -HUGE_VAL;
}

/* Where the linearized model has its maximum. */
static void find_goal(struct problem *problem, const struct newton *newton, const struct triangle *r,
                      struct scratch *s)
{
    memcpy(s->goal, newton->theta, problem->count * sizeof(double));
    struct lasso lasso = {
        .r = r,
        .kernels = problem->kernels,
        .gaussian = problem->gaussian,
        .sparse = problem->changes,
        .mean = s->mean,
        .deviation = s->deviation,
        .tau = problem->model->settings->changepoint_prior_scale,
        .rows = (double)problem->rows->count,
        .g = s->goal,
        .d = s->goal + problem->gaussian,
        .sigma = newton->sigma,
    };
    lasso_solve(&lasso);
}

/* All the way, or half of it, or half of that; answers what was gained. */
static double walk(struct problem *problem, struct newton *newton, struct scratch *s)
{
    double part = 1;
    for (int i = 0; i < HALVINGS_MOST; i++, part /= 2) {
        for (size_t k = 0; k < problem->count; k++)
            s->tried[k] = part == 1 ? s->goal[k] : newton->theta[k] + part * (s->goal[k] - newton->theta[k]);
        double sigma, posterior = evaluate(problem, s->tried, &sigma);
        if (posterior <= newton->posterior)
            continue;
        double gain = posterior - newton->posterior;
        memcpy(newton->theta, s->tried, problem->count * sizeof(double));
        newton->posterior = posterior;
        newton->sigma = sigma;
        return gain;
    }
    return 0;
}

void newton_solve(struct problem *problem, struct newton *newton, struct triangle *r)
{
    size_t count = problem->count;
    struct scratch s = { .goal = memory_zero(4 * count * sizeof(double)) };
    s.tried = s.goal + count;
    s.mean = s.tried + count;
    s.deviation = s.mean + count;
    problem_priors(problem, s.mean, s.deviation);
    newton->posterior = evaluate(problem, newton->theta, &newton->sigma);
    newton->converged = false;
    for (newton->rounds = 0; newton->rounds < STEPS_MOST && !newton->converged; newton->rounds++) {
        problem_compress(problem, newton->theta, r);
        find_goal(problem, newton, r, &s);
        double gain = walk(problem, newton, &s);
        newton->converged = gain <= GAIN_LEAST * fabs(newton->posterior);
    }
    free(s.goal);
}
