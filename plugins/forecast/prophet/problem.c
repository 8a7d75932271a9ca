/* problem - see problem.h. Own thread. */
#include "plugins/forecast/prophet/problem.h"

#include "plugins/shared/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double trend_deviation = 5; /* of the priors of k and m */

static bool has_multiplicative(const struct design *design)
{
    for (size_t i = 0; i < design->count; i++)
        if (design->terms[i].multiplicative)
            return true;
    return false;
}

static double scaled_value(const struct problem *p, size_t row)
{
    return (p->rows->values[row] - bounds_floor(&p->bounds, row)) / p->model->scale.y_scale;
}

void problem_init(struct problem *problem, const struct prophet *model, const struct rows *rows)
{
    enum prophet_growth growth = model->settings->growth;
    *problem = (struct problem){
        .model = model,
        .rows = rows,
        .kernels = kernels_of_cpu(),
        .bounds = bounds_of(model, rows->columns),
        .linear = growth != PROPHET_LOGISTIC && !has_multiplicative(&model->design),
        .trend = growth == PROPHET_FLAT ? 1 : 2,
        .changes = growth == PROPHET_FLAT ? 0 : model->change_count,
        .line = { .growth = growth, .changes = model->changes },
    };
    problem->gaussian = problem->trend + model->design.width;
    problem->count = problem->gaussian + problem->changes;
    problem->line.count = problem->changes;
    problem->line.lines = memory_zero((problem->changes + 1) * sizeof(struct line));
    problem->shift = problem->linear ? scaled_value(problem, 0) : 0;
    block_init(&problem->chunk, problem->gaussian + 1, DESIGN_ROWS);
    block_init(&problem->stack, problem->gaussian + 1, PROBLEM_STACK * (problem->gaussian + 1));
    problem->stack.rising = PROBLEM_STACK;
    problem->maker = (struct page_maker){ .design = &model->design, .kernels = problem->kernels, .rows = rows,
                                          .trend = problem->trend, .block = &problem->chunk };
    triangle_init(&problem->maker.triangle, problem->gaussian + 1);
    triangle_init(&problem->segment, problem->gaussian + 1);
    triangle_init(&problem->merged, problem->count + 1);
    block_init(&problem->rising, problem->count + 1, problem->gaussian + 1);
    block_init(&problem->ordered, problem->count + 1, problem->count + 1);
}

void problem_release(struct problem *problem)
{
    free(problem->line.lines);
    block_release(&problem->chunk);
    block_release(&problem->stack);
    triangle_release(&problem->maker.triangle);
    triangle_release(&problem->segment);
    triangle_release(&problem->merged);
    block_release(&problem->rising);
    block_release(&problem->ordered);
}

static void set_line(struct problem *p, const double *theta)
{
    double k = p->trend == 2 ? theta[0] : 0, m = theta[p->trend - 1];
    trend_init(&p->line, k, m, theta + p->gaussian);
}

/* Values of the chunk's rows at theta: X is in the chunk already. */
struct values {
    double trend[DESIGN_ROWS], derivative[DESIGN_ROWS]; /* of the trend by its exponent */
    double additive[DESIGN_ROWS], factor[DESIGN_ROWS];
};

static void evaluate(const struct problem *p, const struct design_rows *rows, size_t segment,
                     const double *theta,
                     struct values *v)
{
    design_sum(&p->model->design, &p->chunk, p->trend, theta + p->trend, v->additive, v->factor);
    for (size_t i = 0; i < rows->count; i++) {
        size_t row = rows->first + i;
        double t = scale_time(&p->model->scale, rows->times[row]), cap = 1;
        if (p->line.growth == PROPHET_LOGISTIC)
            cap = (bounds_cap(&p->bounds, row) - bounds_floor(&p->bounds, row)) / p->model->scale.y_scale;
        v->trend[i] = trend_at(&p->line, segment, t, cap);
        v->derivative[i] = p->line.growth == PROPHET_LOGISTIC ? v->trend[i] * (1 - v->trend[i] / cap) : 1;
    }
}

/* Linearized: X's multiplicative columns times the trend, the trend's derivatives, and the residual. */
static void linearize(const struct problem *p, const struct design_rows *rows, size_t segment,
                      const double *theta)
{
    struct values v;
    evaluate(p, rows, segment, theta, &v);
    const struct design *design = &p->model->design;
    double *by_offset = p->chunk.data, *y = p->chunk.data + p->gaussian * p->chunk.stride;
    for (size_t i = 0; i < rows->count; i++) {
        by_offset[i] = v.derivative[i] * v.factor[i];
        y[i] = scaled_value(p, rows->first + i) - (v.trend[i] * v.factor[i] + v.additive[i]);
    }
    for (size_t i = 0; i < design->count; i++) {
        const struct term *term = &design->terms[i];
        for (size_t c = term->first; term->multiplicative && c < term->first + term->count; c++) {
            double *column = p->chunk.data + (p->trend + c) * p->chunk.stride;
            for (size_t row = 0; row < rows->count; row++)
                column[row] *= v.trend[row];
        }
    }
}

static void fill_chunk(const struct problem *p, const struct design_rows *rows, size_t segment,
                       const double *theta)
{
    const struct block *chunk = &p->chunk;
    double *by_offset = chunk->data, *y = chunk->data + p->gaussian * chunk->stride;
    memset(chunk->data, 0, p->trend * chunk->stride * sizeof(double));
    memset(y, 0, chunk->stride * sizeof(double));
    design_fill(&p->model->design, p->kernels, rows, chunk, p->trend);
    if (p->linear) {
        for (size_t i = 0; i < rows->count; i++) {
            by_offset[i] = 1;
            y[i] = scaled_value(p, rows->first + i) - p->shift;
        }
    } else {
        linearize(p, rows, segment, theta);
    }
    if (p->trend == 1)
        return;
    double start = segment ? p->model->changes[segment - 1] : 0;
    for (size_t i = 0; i < rows->count; i++)
        by_offset[chunk->stride + i] = by_offset[i] * (scale_time(&p->model->scale,
                                                                  rows->times[rows->first + i]) - start);
}

/* The segment's two rows that know of the trend, with all columns: a coefficient's column is a line a + b
 * tau. */
static void merge_trend(struct problem *p, size_t segment, const double *theta)
{
    struct block *block = &p->rising;
    size_t width = p->segment.columns, others = p->count + 1 - p->trend - p->changes;
    double start = segment ? p->model->changes[segment - 1] : 0;
    memset(block->data, 0, (p->count + 1) * block->stride * sizeof(double));
    for (size_t row = 0; row < p->trend; row++) {
        const double *r = p->segment.r + row * width;
        double *out = block->data + row;
        if (p->trend == 1) {
            out[0] = r[0];
        } else {
            bool logistic = p->line.growth == PROPHET_LOGISTIC;
            out[0] = (logistic ? start - theta[1] : start) * r[0] + r[1];
            out[block->stride] = logistic ? -theta[0] * r[0] : r[0];
        }
        for (size_t j = 0; j < segment; j++)
            out[(p->trend + j) * block->stride] = (start - p->model->changes[j]) * r[0] + r[1];
        for (size_t i = 0; i < others; i++)
            out[(p->trend + p->changes + i) * block->stride] = r[p->trend + i];
    }
    struct block top = *block;
    top.rows = KERNEL_ROWS;
    triangle_append(&p->merged, p->kernels, &top, 0, p->count + 1);
}

static bool row_is_zero(const struct triangle *t, size_t row)
{
    for (size_t i = row; i < t->columns; i++)
        if (t->r[row * t->columns + i] != 0)
            return false;
    return true;
}

/* Its other rows: only X and y. A short segment may leave the last ones empty. */
static void merge_rest(struct problem *p)
{
    struct block *block = &p->rising;
    size_t width = p->segment.columns, first = p->trend + p->changes, row_count = width;
    memset(block->data + first * block->stride, 0, (p->count + 1 - first) * block->stride * sizeof(double));
    while (row_count > p->trend && row_is_zero(&p->segment, row_count - 1))
        row_count--;
    if (row_count == p->trend)
        return;
    for (size_t row = p->trend; row < row_count; row++)
        for (size_t i = row; i < width; i++)
            block->data[(first + i - p->trend) * block->stride + row - p->trend] =
                p->segment.r[row * width + i];
    struct block rest = *block;
    rest.rising = 1;
    size_t rows = (row_count - p->trend + KERNEL_ROWS - 1) / KERNEL_ROWS * KERNEL_ROWS;
    if (rows < rest.rows)
        rest.rows = rows;
    triangle_append(&p->merged, p->kernels, &rest, first, p->count + 1);
}

static void append_stack(struct problem *p)
{
    if (p->stacked)
        triangle_append(&p->segment, p->kernels, &p->stack, 0, p->segment.columns);
    memset(p->stack.data, 0, p->segment.columns * p->stack.stride * sizeof(double));
    p->stacked = 0;
}

/* From the page's columns 1, u, X, y to those of the segment: the time since its start and the scaled value
 * are lines in u and in the page's y. */
static void stack_page(struct problem *p, size_t segment, const struct page *page)
{
    const struct scale *scale = &p->model->scale;
    const struct pages *pages = p->model->pages;
    size_t columns = p->segment.columns, stride = p->stack.stride;
    double begin = segment ? p->model->changes[segment - 1] : 0;
    double start = scale_time(scale, pages_start(pages, page)) - begin;
    double slope = pages_length(pages) / (double)scale->length;
    double offset = (page->first - bounds_floor(&p->bounds, 0)) / scale->y_scale - p->shift;
    const double *r = page->r;
    for (size_t row = 0; row < columns; r += columns - row++) {
        double *out = p->stack.data + PROBLEM_STACK * row + p->stacked;
        for (size_t i = row; i < columns; i++)
            out[i * stride] = r[i - row];
        out[(columns - 1) * stride] *= page->size / scale->y_scale;
        if (p->trend == 2 && row < 2)
            out[stride] *= slope;
        if (row == 0) {
            out[(columns - 1) * stride] += offset * r[0];
            if (p->trend == 2)
                out[stride] += start * r[0];
        }
    }
    if (++p->stacked == PROBLEM_STACK)
        append_stack(p);
}

static void append_rows(struct problem *p, size_t segment, size_t first, size_t last, const double *theta)
{
    for (size_t at = first; at < last; at += DESIGN_ROWS) {
        size_t count = last - at < DESIGN_ROWS ? last - at : DESIGN_ROWS;
        struct design_rows rows = { p->rows->times, p->rows->columns, at, count };
        fill_chunk(p, &rows, segment, theta);
        struct block block = p->chunk;
        block.rows = (count + KERNEL_ROWS - 1) / KERNEL_ROWS * KERNEL_ROWS;
        triangle_append(&p->segment, p->kernels, &block, 0, p->segment.columns);
    }
}

/* Whole pages as their triangles, what the segment's ends cut of others row by row. */
static void compress_segment(struct problem *p, size_t segment, size_t first, size_t last,
                             const double *theta)
{
    struct pages *pages = p->model->pages;
    bool paged = p->linear && pages->bits;
    triangle_clear(&p->segment);
    for (size_t at = first, end; at < last; at = end) {
        bool whole = paged && pages_begins(pages, p->rows, at);
        end = paged ? pages_end(pages, p->rows, at) : last;
        const struct page *page = whole && end <= last ? pages_get(pages, &p->maker, at, end) : NULL;
        if (end > last)
            end = last;
        if (page)
            stack_page(p, segment, page);
        else
            append_rows(p, segment, at, end, theta);
    }
    append_stack(p);
    merge_trend(p, segment, theta);
    merge_rest(p);
}

/* The first row behind `from` that lies in a later segment. */
static size_t segment_end(const struct problem *p, size_t segment, size_t from)
{
    if (segment == p->changes)
        return p->rows->count;
    while (from < p->rows->count && scale_time(&p->model->scale,
                                               p->rows->times[from]) < p->model->changes[segment])
        from++;
    return from;
}

/* From trend, deltas, X, y to the order of theta: trend, X, deltas, y. */
static void reorder(struct problem *p, struct triangle *out)
{
    size_t columns = p->count + 1, width = p->model->design.width;
    struct block *block = &p->ordered;
    memset(block->data, 0, columns * block->stride * sizeof(double));
    for (size_t from = 0; from < columns; from++) {
        size_t to = from;
        if (from >= p->trend && from < p->trend + p->changes)
            to = from + width;
        else if (from >= p->trend + p->changes && from < p->count)
            to = from - p->changes;
        for (size_t row = 0; row <= from; row++)
            block->data[to * block->stride + row] = p->merged.r[row * columns + from];
    }
    triangle_clear(out);
    triangle_append(out, p->kernels, block, 0, columns);
}

void problem_compress(struct problem *problem, const double *theta, struct triangle *out)
{
    if (problem->linear)
        pages_open(problem->model->pages, &problem->maker);
    else
        set_line(problem, theta);
    triangle_clear(&problem->merged);
    size_t first = 0;
    for (size_t segment = 0; segment <= problem->changes; segment++) {
        size_t last = segment_end(problem, segment, first);
        if (last > first)
            compress_segment(problem, segment, first, last, theta);
        first = last;
    }
    reorder(problem, out);
    for (size_t row = 0; !problem->linear && row < problem->count; row++) {
        double *r = out->r + row * out->columns;
        for (size_t i = row; i < problem->count; i++)
            r[problem->count] += r[i] * theta[i];
    }
}

double problem_squares(struct problem *problem, const double *theta)
{
    const struct rows *all = problem->rows;
    set_line(problem, theta);
    double sum = 0;
    size_t first = 0;
    for (size_t segment = 0; segment <= problem->changes; segment++) {
        size_t last = segment_end(problem, segment, first);
        for (size_t at = first; at < last; at += DESIGN_ROWS) {
            size_t count = last - at < DESIGN_ROWS ? last - at : DESIGN_ROWS;
            struct design_rows rows = { all->times, all->columns, at, count };
            struct values v;
            design_fill(&problem->model->design, problem->kernels, &rows, &problem->chunk, problem->trend);
            evaluate(problem, &rows, segment, theta, &v);
            for (size_t i = 0; i < count; i++) {
                double residual = scaled_value(problem, at + i) - (v.trend[i] * v.factor[i] + v.additive[i]);
                sum += residual * residual;
            }
        }
        first = last;
    }
    return sum;
}

void problem_priors(const struct problem *problem, double *mean, double *deviation)
{
    const struct design *design = &problem->model->design;
    for (size_t i = 0; i < problem->gaussian; i++) {
        mean[i] = 0;
        deviation[i] = i < problem->trend ? trend_deviation : 1;
    }
    for (size_t i = 0; i < design->count; i++)
        for (size_t c = 0; c < design->terms[i].count; c++)
            deviation[problem->trend + design->terms[i].first + c] = design->terms[i].prior_scale;
    mean[problem->trend - 1] = -problem->shift;
}

double problem_penalty(const struct problem *problem, const double *theta)
{
    double sum = 0;
    for (size_t i = 0; i < problem->trend; i++)
        sum += theta[i] * theta[i] / (2 * trend_deviation * trend_deviation);
    const struct design *design = &problem->model->design;
    for (size_t i = 0; i < design->count; i++) {
        const struct term *term = &design->terms[i];
        for (size_t c = term->first; c < term->first + term->count; c++) {
            double z = theta[problem->trend + c] / term->prior_scale;
            sum += z * z / 2;
        }
    }
    for (size_t i = problem->gaussian; i < problem->count; i++)
        sum += fabs(theta[i]) / problem->model->settings->changepoint_prior_scale;
    return sum;
}

double problem_posterior(const struct problem *problem, double squares, double penalty, double sigma)
{
    double rows = (double)problem->rows->count;
    return -rows * log(sigma) - squares / (2 * sigma * sigma) - penalty - 2 * sigma * sigma;
}
