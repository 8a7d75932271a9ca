/* fit - from rows to parameters: scales, changepoints, the columns, then the maximum of the posterior.
 * What was fitted before stands until the new fit is complete. Own thread.
 */
#include "plugins/forecast/prophet/changepoints.h"
#include "plugins/forecast/prophet/newton.h"
#include "plugins/shared/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONDITION_MOST 1e8

struct prophet *prophet_new(const struct prophet_settings *settings)
{
    struct prophet *model = memory_zero(sizeof *model);
    model->settings = settings;
    model->pages = memory_zero(sizeof *model->pages);
    return model;
}

static void release_fit(struct prophet *model)
{
    design_release(&model->design);
    free(model->changes);
    free(model->delta);
    free(model->beta);
}

void prophet_free(struct prophet *model)
{
    if (!model)
        return;
    release_fit(model);
    pages_release(model->pages);
    free(model->pages);
    for (size_t i = 0; i < model->owned_count; i++)
        free(model->owned[i]);
    free(model->owned);
    free(model);
}

bool prophet_fitted(const struct prophet *model)
{
    return model->fitted;
}

static void tell(const struct prophet_notes *notes, const char *name, const char *sentence)
{
    if (notes && notes->note)
        notes->note(notes->context, name, sentence);
}

static void note_design(const struct prophet *model, const struct prophet_notes *notes)
{
    double days = (double)model->scale.length / 86400e9;
    for (size_t i = 0; i < model->design.count; i++) {
        const struct term *term = &model->design.terms[i];
        if (term->kind != TERM_SEASONALITY || term->period <= days / 2)
            continue;
        char sentence[256];
        snprintf(sentence, sizeof sentence,
                 "the history of %.4g days is shorter than two periods of \"%s\": what it "
                 "says ahead is a guess", days, term->name);
        tell(notes, "seasonality_too_long", sentence);
        return;
    }
}

static void note_fit(const struct prophet *model, bool converged, const struct prophet_notes *notes)
{
    char sentence[256];
    if (model->condition > CONDITION_MOST) {
        snprintf(sentence, sizeof sentence,
                 "the terms cannot be told apart in this history (condition %.1e): the fit "
                 "holds, what it says ahead is unreliable", model->condition);
        tell(notes, "ill_conditioned", sentence);
    }
    if (model->sigma <= LASSO_SIGMA_LEAST)
        tell(notes, "perfect_fit", "the model goes through every point: sigma is at its least");
    if (!converged)
        tell(notes, "no_convergence", "the limit of steps was reached: the fit is the best one found");
}


static bool same_shape(const struct prophet *a, const struct prophet *b)
{
    return a->fitted && a->sigma > LASSO_SIGMA_LEAST && a->change_count == b->change_count
        && a->design.width == b->design.width;
}

static void solve_linear(struct problem *problem, struct prophet *model, const struct prophet *before,
                         double *theta,
                         bool *converged, struct triangle *r)
{
    double *mean = memory_zero(2 * problem->gaussian * sizeof(double)), *deviation = mean + problem->gaussian;
    problem_priors(problem, mean, deviation);
    if (before)
        memcpy(theta + problem->gaussian, before->delta, problem->changes * sizeof(double));
    problem_compress(problem, theta, r);
    struct lasso lasso = {
        .r = r,
        .kernels = problem->kernels,
        .gaussian = problem->gaussian,
        .sparse = problem->changes,
        .mean = mean,
        .deviation = deviation,
        .tau = model->settings->changepoint_prior_scale,
        .rows = (double)problem->rows->count,
        .g = theta,
        .d = theta + problem->gaussian,
        .sigma = before ? before->sigma : 1,
    };
    lasso_solve(&lasso);
    theta[problem->trend - 1] += problem->shift;
    free(mean);
    model->sigma = lasso.sigma;
    model->rounds = lasso.rounds;
    model->log_posterior = problem_posterior(problem, lasso.rss, lasso.penalty, lasso.sigma);
    *converged = lasso.converged;
}

static void solve_nonlinear(struct problem *problem, struct prophet *model, const struct prophet *before,
                            double *theta,
                            bool *converged, struct triangle *r)
{
    theta[0] = model->k;
    theta[problem->trend - 1] = model->m;
    if (before) {
        theta[0] = before->k;
        theta[problem->trend - 1] = before->m;
        memcpy(theta + problem->trend, before->beta, model->design.width * sizeof(double));
        memcpy(theta + problem->gaussian, before->delta, problem->changes * sizeof(double));
    }
    struct newton newton = { .theta = theta };
    newton_solve(problem, &newton, r);
    model->sigma = newton.sigma;
    model->rounds = newton.rounds;
    model->log_posterior = newton.posterior;
    *converged = newton.converged;
}

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static void take_theta(struct prophet *model, const struct problem *problem, const double *theta)
{
    model->k = problem->trend == 2 ? theta[0] : 0;
    model->m = theta[problem->trend - 1];
    memcpy(model->beta, theta + problem->trend, model->design.width * sizeof(double));
    memcpy(model->delta, theta + problem->gaussian, problem->changes * sizeof(double));
    if (model->no_changepoints && problem->changes) {
        model->k += model->delta[0];
        model->delta[0] = 0;
    }
}

static bool solve(struct prophet *model, const struct prophet *before, const struct rows *rows,
                  bool *converged,
                  struct prophet_error *err)
{
    struct problem problem;
    problem_init(&problem, model, rows);
    struct triangle r;
    triangle_init(&r, problem.count + 1);
    double *theta = memory_zero(problem.count * sizeof(double));
    (problem.linear ? solve_linear : solve_nonlinear)(&problem, model, before, theta, converged, &r);
    bool finite = all_finite(theta, problem.count) && isfinite(model->sigma);
    if (finite) {
        take_theta(model, &problem, theta);
        model->condition = triangle_condition(&r, problem.count);
    }
    free(theta);
    triangle_release(&r);
    problem_release(&problem);
    return finite || prophet_fail(err, "the fit is not finite: the values or regressors are too large");
}

/* Everything beside the parameters. */
static bool prepare(struct prophet *model, const struct rows *rows, const struct prophet_notes *notes,
                    struct prophet_error *err)
{
    bool fewer;
    model->span = rows_span(rows);
    if (!scale_init(&model->scale, model->settings, rows, err))
        return false;
    if (!design_init(&model->design, model, &model->span, err))
        return false;
    scale_regressors(&model->design, model->settings, rows);
    model->beta = memory_zero(model->design.width * sizeof(double));
    if (!changepoints_init(model, rows, &fewer, err))
        return false;
    if (fewer)
        tell(notes, "few_changepoints",
             "the history is too short for that many changepoints: there are fewer");
    model->spacing = 1 / (double)(rows->count - 1);
    rows_initial_trend(rows, model, &model->k, &model->m);
    note_design(model, notes);
    return true;
}

static bool fit_rows(struct prophet *next, const struct prophet *model, const struct rows *rows,
                     const struct prophet_notes *notes, struct prophet_error *err)
{
    if (!prepare(next, rows, notes, err))
        return false;
    if (rows_constant(rows) && next->settings->growth != PROPHET_LOGISTIC) {
        next->sigma = LASSO_SIGMA_LEAST;
        next->log_posterior = NAN;
        tell(notes, "constant", "all values are the same: the forecast is that value");
        return true;
    }
    bool converged = false;
    if (!solve(next, same_shape(model, next) ? model : NULL, rows, &converged, err))
        return false;
    note_fit(next, converged, notes);
    return true;
}

bool prophet_fit(struct prophet *model, const struct prophet_frame *history,
                 const struct prophet_notes *notes,
                 struct prophet_error *err)
{
    struct rows rows;
    if (!prophet_settings_check(model->settings, err))
        return false;
    if (!rows_init(&rows, model->settings, history, err)) {
        tell(notes, "too_few_points", err->text);
        return false;
    }
    struct prophet next = { .settings = model->settings, .trained = model->trained,
                            .trained_count = model->trained_count, .pages = model->pages };
    bool done = fit_rows(&next, model, &rows, notes, err);
    rows_release(&rows);
    if (!done) {
        release_fit(&next);
        return false;
    }
    next.fitted = true;
    next.own = model->own;
    next.owned = model->owned;
    next.owned_count = model->owned_count;
    release_fit(model);
    *model = next;
    if (model->settings == &next.own)
        model->settings = &model->own;
    return true;
}

struct prophet_parameters prophet_parameters(const struct prophet *model)
{
    return (struct prophet_parameters){
        .k = model->k, .m = model->m, .sigma = model->sigma,
        .delta_count = model->change_count, .beta_count = model->design.width,
        .delta = model->delta, .beta = model->beta, .changepoints = model->changes,
        .y_scale = model->scale.y_scale, .y_min = model->scale.y_min,
        .t_scale = (double)model->scale.length / 1e9, .start = model->scale.start,
        .log_posterior = model->log_posterior, .condition = model->condition, .rounds = model->rounds,
    };
}

double prophet_log_posterior(const struct prophet *model, const struct prophet_frame *history)
{
    struct prophet_error err;
    struct rows rows;
    if (!model->fitted || !rows_init(&rows, model->settings, history, &err))
        return NAN;
    struct problem problem;
    problem_init(&problem, model, &rows);
    double *theta = memory_zero(problem.count * sizeof(double));
    theta[0] = model->k;
    theta[problem.trend - 1] = model->m;
    memcpy(theta + problem.trend, model->beta, model->design.width * sizeof(double));
    memcpy(theta + problem.gaussian, model->delta, problem.changes * sizeof(double));
    double squares = problem_squares(&problem, theta);
    double posterior = problem_posterior(&problem, squares, problem_penalty(&problem, theta), model->sigma);
    free(theta);
    problem_release(&problem);
    rows_release(&rows);
    return posterior;
}
