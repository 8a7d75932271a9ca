/* optimize - see optimize.h. One thread, on the stack. */
#include "plugins/forecast/models/optimize.h"

#include <math.h>
#include <string.h>

enum { SPREAD = 12 };

double optimize_line(const struct optimize *problem)
{
    double least = problem->least[0], width = (problem->most[0] - least) / (SPREAD - 1);
    double best = least, best_loss = INFINITY;
    for (int i = 0; i < SPREAD; i++) {
        double at = least + i * width, loss = problem->loss(problem->context, &at);
        if (loss < best_loss)
            best = at, best_loss = loss;
    }
    double low = fmax(best - width, least), high = fmin(best + width, problem->most[0]);
    const double golden = 0.6180339887498949;
    double left = high - golden * (high - low), right = low + golden * (high - low);
    double left_loss = problem->loss(problem->context, &left);
    double right_loss = problem->loss(problem->context, &right);
    for (size_t used = SPREAD + 2; used < problem->evaluations; used++) {
        if (left_loss <= right_loss) {
            high = right, right = left, right_loss = left_loss;
            left = high - golden * (high - low);
            left_loss = problem->loss(problem->context, &left);
        } else {
            low = left, left = right, left_loss = right_loss;
            right = low + golden * (high - low);
            right_loss = problem->loss(problem->context, &right);
        }
    }
    double inner = left_loss <= right_loss ? left : right, inner_loss = fmin(left_loss, right_loss);
    return inner_loss < best_loss ? inner : best;
}

void optimize_scan(const struct optimize *problem, double best[OPTIMIZE_LIMIT])
{
    size_t combinations = 1;
    for (size_t i = 0; i < problem->count; i++)
        combinations *= 3;
    double best_loss = INFINITY;
    for (size_t c = 0; c < combinations; c++) {
        double at[OPTIMIZE_LIMIT] = { 0 };
        size_t rest = c;
        for (size_t i = 0; i < problem->count; i++, rest /= 3) {
            double width = problem->most[i] - problem->least[i];
            at[i] = problem->least[i] + width * (double)(2 * (rest % 3) + 1) / 6;
        }
        double loss = problem->loss(problem->context, at);
        if (loss < best_loss) {
            best_loss = loss;
            memcpy(best, at, sizeof at);
        }
    }
}

struct point {
    double at[OPTIMIZE_LIMIT], loss;
};

struct simplex {
    const struct optimize *problem;
    struct point           points[OPTIMIZE_LIMIT + 1]; /* sorted by loss */
    double                 centre[OPTIMIZE_LIMIT];     /* of all but the worst */
    size_t                 used;
};

static void evaluate(struct simplex *simplex, struct point *point)
{
    const struct optimize *problem = simplex->problem;
    for (size_t i = 0; i < problem->count; i++)
        point->at[i] = fmin(fmax(point->at[i], problem->least[i]), problem->most[i]);
    point->loss = problem->loss(problem->context, point->at);
    simplex->used++;
}

/* Stable, so that equal losses keep their order. */
static void sort(struct simplex *simplex)
{
    for (size_t i = 1; i <= simplex->problem->count; i++) {
        struct point point = simplex->points[i];
        size_t at = i;
        for (; at > 0 && simplex->points[at - 1].loss > point.loss; at--)
            simplex->points[at] = simplex->points[at - 1];
        simplex->points[at] = point;
    }
}

static void find_centre(struct simplex *simplex)
{
    size_t count = simplex->problem->count;
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (size_t p = 0; p < count; p++)
            sum += simplex->points[p].at[i];
        simplex->centre[i] = sum / (double)count;
    }
}

/* The point at centre + factor (worst - centre). */
static struct point along(struct simplex *simplex, double factor)
{
    struct point point = { 0 };
    const struct point *worst = &simplex->points[simplex->problem->count];
    for (size_t i = 0; i < simplex->problem->count; i++)
        point.at[i] = simplex->centre[i] + factor * (worst->at[i] - simplex->centre[i]);
    evaluate(simplex, &point);
    return point;
}

static void shrink(struct simplex *simplex)
{
    for (size_t p = 1; p <= simplex->problem->count; p++) {
        for (size_t i = 0; i < simplex->problem->count; i++)
            simplex->points[p].at[i] = 0.5 * (simplex->points[p].at[i] + simplex->points[0].at[i]);
        evaluate(simplex, &simplex->points[p]);
    }
}

static void improve(struct simplex *simplex)
{
    struct point *worst = &simplex->points[simplex->problem->count];
    find_centre(simplex);
    struct point next = along(simplex, -1);
    if (next.loss < simplex->points[0].loss) {
        struct point further = along(simplex, -2);
        *worst = further.loss < next.loss ? further : next;
        return;
    }
    if (next.loss < simplex->points[simplex->problem->count - 1].loss) {
        *worst = next;
        return;
    }
    struct point inside = along(simplex, next.loss < worst->loss ? -0.5 : 0.5);
    if (inside.loss < fmin(next.loss, worst->loss))
        *worst = inside;
    else
        shrink(simplex);
}

void optimize_simplex(const struct optimize *problem, double best[OPTIMIZE_LIMIT])
{
    struct simplex simplex = { .problem = problem };
    for (size_t p = 0; p <= problem->count; p++) {
        memcpy(simplex.points[p].at, best, problem->count * sizeof best[0]);
        if (p > 0) {
            double width = problem->most[p - 1] - problem->least[p - 1];
            double *moved = &simplex.points[p].at[p - 1];
            *moved += (*moved - problem->least[p - 1] > 0.5 * width ? -0.15 : 0.15) * width;
        }
        evaluate(&simplex, &simplex.points[p]);
    }
    sort(&simplex);
    while (simplex.used < problem->evaluations) {
        double spread = simplex.points[problem->count].loss - simplex.points[0].loss;
        if (!(spread > 1e-10 * fabs(simplex.points[0].loss)))
            break;
        improve(&simplex);
        sort(&simplex);
    }
    memcpy(best, simplex.points[0].at, problem->count * sizeof best[0]);
}
