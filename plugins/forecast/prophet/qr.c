/* qr - Householder reflections of [R; block], column by column; R's triangle keeps each reflection's head.
 * Own thread.
 */
#include "plugins/forecast/prophet/qr.h"

#include "plugins/shared/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CONDITION_ROUNDS = 24 };

/* What is smaller than rounding is taken as 0: reflecting dust would shrink it until its squares
 * underflow. */
#define DUST 1e-36
#define LEAST_SQUARE 1e-280

static size_t round_up(size_t rows)
{
    return (rows + KERNEL_ROWS - 1) / KERNEL_ROWS * KERNEL_ROWS;
}

void triangle_init(struct triangle *triangle, size_t columns)
{
    *triangle = (struct triangle){ .columns = columns, .r = memory_zero(columns * columns * sizeof(double)) };
}

void triangle_release(struct triangle *triangle)
{
    free(triangle->r);
    *triangle = (struct triangle){ 0 };
}

void triangle_clear(struct triangle *triangle)
{
    memset(triangle->r, 0, triangle->columns * triangle->columns * sizeof(double));
}

void block_init(struct block *block, size_t columns, size_t rows)
{
    rows = round_up(rows);
    *block = (struct block){ .stride = rows, .rows = rows,
                             .data = memory_zero(columns * rows * sizeof(double)) };
}

void block_release(struct block *block)
{
    free(block->data);
    *block = (struct block){ 0 };
}

void triangle_append(struct triangle *triangle, const struct kernels *kernels, const struct block *block,
                     size_t first,
                     size_t last)
{
    for (size_t at = first; at < last; at++) {
        double *row = triangle->r + at * triangle->columns + at;
        const double *column = block->data + at * block->stride;
        size_t rows = block->rows;
        if (block->rising && round_up(block->rising * (at - first + 1)) < rows)
            rows = round_up(block->rising * (at - first + 1));
        double below = kernels->square(column, rows);
        if (below <= DUST * row[0] * row[0] || below < LEAST_SQUARE)
            continue;
        double length = -copysign(sqrt(row[0] * row[0] + below), row[0]);
        double head = row[0] - length; /* never cancels: the signs differ */
        row[0] = length;
        kernels->reflect(&(struct reflection){
            .tail = column,
            .head = head,
            .tau = 2 / (head * head + below),
            .top = row + 1,
            .columns = block->data + (at + 1) * block->stride,
            .count = triangle->columns - at - 1,
            .stride = block->stride,
            .rows = rows,
        });
    }
}

/* Copies the columns that are not zero, scaled, and makes them a triangle again. Answers how many there
 * are. */
static size_t scaled_copy(const struct triangle *from, size_t columns, struct triangle *to)
{
    struct block block;
    block_init(&block, columns, columns);
    size_t count = 0;
    for (size_t at = 0; at < columns; at++) {
        double square = 0;
        for (size_t row = 0; row <= at; row++)
            square += from->r[row * from->columns + at] * from->r[row * from->columns + at];
        if (square == 0)
            continue;
        for (size_t row = 0; row <= at; row++)
            block.data[count * block.stride + row] = from->r[row * from->columns + at] / sqrt(square);
        count++;
    }
    triangle_init(to, count);
    triangle_append(to, kernels_plain(), &block, 0, count);
    block_release(&block);
    return count;
}

static void multiply(const struct triangle *t, const double *x, double *out)
{
    for (size_t row = 0; row < t->columns; row++) {
        double sum = 0;
        for (size_t at = row; at < t->columns; at++)
            sum += t->r[row * t->columns + at] * x[at];
        out[row] = sum;
    }
}

static void multiply_transposed(const struct triangle *t, const double *x, double *out)
{
    memset(out, 0, t->columns * sizeof *out);
    for (size_t row = 0; row < t->columns; row++)
        for (size_t at = row; at < t->columns; at++)
            out[at] += t->r[row * t->columns + at] * x[row];
}

static void solve(const struct triangle *t, double *x)
{
    for (size_t row = t->columns; row-- > 0;) {
        for (size_t at = row + 1; at < t->columns; at++)
            x[row] -= t->r[row * t->columns + at] * x[at];
        x[row] /= t->r[row * t->columns + row];
    }
}

static void solve_transposed(const struct triangle *t, double *x)
{
    for (size_t row = 0; row < t->columns; row++) {
        x[row] /= t->r[row * t->columns + row];
        for (size_t at = row + 1; at < t->columns; at++)
            x[at] -= t->r[row * t->columns + at] * x[row];
    }
}

static double normalize(double *x, size_t count)
{
    double square = 0;
    for (size_t i = 0; i < count; i++)
        square += x[i] * x[i];
    double length = sqrt(square);
    for (size_t i = 0; i < count; i++)
        x[i] /= length;
    return length;
}

double triangle_condition(const struct triangle *triangle, size_t columns)
{
    struct triangle t;
    size_t count = scaled_copy(triangle, columns, &t);
    double *x = memory_zero(3 * (count + 1) * sizeof *x), *y = x + count + 1, *z = y + count + 1;
    double largest = 1, inverse = 1;
    bool singular = false;
    for (size_t i = 0; i < count; i++) {
        x[i] = z[i] = i % 2 ? 1 : 1.5;
        singular = singular || t.r[i * count + i] == 0;
    }
    for (int round = 0; count && !singular && round < CONDITION_ROUNDS; round++) {
        normalize(x, count);
        multiply(&t, x, y);
        multiply_transposed(&t, y, x);
        largest = sqrt(normalize(x, count));
        solve_transposed(&t, z);
        solve(&t, z);
        inverse = sqrt(normalize(z, count));
    }
    triangle_release(&t);
    free(x);
    return singular || !isfinite(inverse) ? HUGE_VAL : largest * inverse;
}
