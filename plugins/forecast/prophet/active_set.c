/* active_set - the least squares of the active columns are solved by a QR of those columns of R: they are
 * almost collinear (neighbouring hinges correlate to 0.999), which normal equations would square. Own
 * thread.
 */
#include "plugins/forecast/prophet/active_set.h"

#include "plugins/shared/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct search {
    const struct triangle *t;
    const struct kernels  *kernels;
    size_t  count;  /* coefficients */
    double  weight; /* 1 / tau */
    double *d, *next, *residual, *gradient;
    double *sign;   /* of the active ones, else 0 */
    size_t *active;
    size_t  active_count;
    bool   *banned; /* depends on others, or joined in vain: rounding, which must not turn in circles */
    struct block    block;
    struct triangle small;
};

enum { STEPS_LEAST = 100, STEPS_EACH = 20 };

static void search_init(struct search *s, const struct triangle *t, const struct kernels *kernels, double tau,
                        double *d)
{
    size_t count = t->columns - 1;
    *s = (struct search){ .t = t, .kernels = kernels, .count = count, .weight = 1 / tau, .d = d };
    s->next = memory_zero(4 * t->columns * sizeof(double));
    s->residual = s->next + t->columns;
    s->gradient = s->residual + t->columns;
    s->sign = s->gradient + t->columns;
    s->active = memory_zero(t->columns * sizeof *s->active);
    s->banned = memory_zero(t->columns * sizeof *s->banned);
    block_init(&s->block, t->columns, t->columns);
    triangle_init(&s->small, t->columns);
    for (size_t i = 0; i < count; i++)
        s->sign[i] = d[i] > 0 ? 1 : d[i] < 0 ? -1 : 0;
}

static void search_release(struct search *s)
{
    free(s->next);
    free(s->active);
    free(s->banned);
    block_release(&s->block);
    triangle_release(&s->small);
}

static void update_gradient(struct search *s)
{
    size_t columns = s->t->columns;
    memset(s->gradient, 0, s->count * sizeof(double));
    for (size_t row = 0; row < columns; row++) {
        const double *r = s->t->r + row * columns;
        double sum = -r[s->count];
        for (size_t i = row; i < s->count; i++)
            sum += r[i] * s->d[i];
        s->residual[row] = sum;
        for (size_t i = row; i < s->count; i++)
            s->gradient[i] += r[i] * sum;
    }
}

static void list_active(struct search *s)
{
    s->active_count = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->sign[i] != 0)
            s->active[s->active_count++] = i;
}

/* QR of the active columns of R, y behind them; solves U x = Q'y - U'^-1 sign / tau into next. A column
 * that depends on those before it leaves. */
static bool solve_active(struct search *s)
{
    size_t count = s->active_count, columns = s->t->columns;
    s->small.columns = count + 1;
    triangle_clear(&s->small);
    s->block.rows = s->block.stride;
    for (size_t i = 0; i <= count; i++) {
        size_t from = i < count ? s->active[i] : s->count;
        double *column = s->block.data + i * s->block.stride;
        memset(column, 0, s->block.stride * sizeof(double));
        for (size_t row = 0; row <= from; row++)
            column[row] = s->t->r[row * columns + from];
    }
    triangle_append(&s->small, s->kernels, &s->block, 0, count);
    const double *u = s->small.r;
    size_t width = count + 1;
    double *x = s->next;
    for (size_t i = 0; i < count; i++) {
        if (fabs(u[i * width + i]) < 1e-14 * fabs(u[0])) {
            s->sign[s->active[i]] = s->d[s->active[i]] = 0;
            s->banned[s->active[i]] = true;
            return false;
        }
        x[i] = s->weight * s->sign[s->active[i]];
        for (size_t k = 0; k < i; k++)
            x[i] -= u[k * width + i] * x[k];
        x[i] /= u[i * width + i];
    }
    for (size_t i = count; i-- > 0;) {
        x[i] = u[i * width + count] - x[i];
        for (size_t k = i + 1; k < count; k++)
            x[i] -= u[i * width + k] * x[k];
        x[i] /= u[i * width + i];
    }
    return true;
}

/* Goes towards next until the first coefficient reaches 0, which leaves. True: all the way. */
static bool step(struct search *s)
{
    double part = 1;
    size_t leaving = s->count;
    for (size_t i = 0; i < s->active_count; i++) {
        size_t at = s->active[i];
        if (s->next[i] * s->sign[at] > 0)
            continue;
        double reach = s->d[at] == s->next[i] ? 0 : s->d[at] / (s->d[at] - s->next[i]);
        if (reach < part || leaving == s->count) {
            part = reach;
            leaving = at;
        }
    }
    if (leaving < s->count && s->d[leaving] == 0)
        s->banned[leaving] = true;
    for (size_t i = 0; i < s->active_count; i++)
        s->d[s->active[i]] += part * (s->next[i] - s->d[s->active[i]]);
    if (leaving == s->count)
        return true;
    s->d[leaving] = s->sign[leaving] = 0;
    return false;
}

/* The coefficient at 0 whose gradient beats the prior's most joins; false: none does. */
static bool add_violator(struct search *s)
{
    size_t worst = s->count;
    double most = s->weight * (1 + 1e-9);
    for (size_t i = 0; i < s->count; i++) {
        if (s->sign[i] == 0 && !s->banned[i] && fabs(s->gradient[i]) > most) {
            most = fabs(s->gradient[i]);
            worst = i;
        }
    }
    if (worst == s->count)
        return false;
    s->sign[worst] = s->gradient[worst] > 0 ? -1 : 1;
    s->active[s->active_count++] = worst;
    return true;
}

bool active_set_solve(const struct triangle *t, const struct kernels *kernels, double tau, double *d)
{
    struct search s;
    search_init(&s, t, kernels, tau, d);
    size_t limit = STEPS_LEAST + STEPS_EACH * s.count;
    bool settled = false;
    for (size_t i = 0; i < limit && !settled; i++) {
        list_active(&s);
        if (s.active_count && (!solve_active(&s) || !step(&s)))
            continue;
        update_gradient(&s);
        settled = !add_violator(&s);
    }
    search_release(&s);
    return settled;
}
