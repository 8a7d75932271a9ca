/* qr - the triangle R of a QR decomposition that rows are added to, block after block (TSQR).
 *
 * R'R = Z'Z of all rows Z so far, but formed by Householder reflections, so that its error grows with the
 * condition of Z and not with its square: what a Gram matrix loses on a seasonality that a short history
 * cannot tell from a polynomial. Own thread.
 */
#pragma once
#include "plugins/forecast/prophet/kernel.h"

#include <stdbool.h>

struct triangle {
    size_t  columns;
    double *r; /* columns x columns, row by row; below the diagonal zeros */
};

void triangle_init(struct triangle *triangle, size_t columns);
void triangle_release(struct triangle *triangle);
void triangle_clear(struct triangle *triangle);

/* Rows to add, one column after the other: as many columns as the triangle has. */
struct block {
    double *data;
    size_t  stride; /* from a column to the next */
    size_t  rows;   /* a multiple of KERNEL_ROWS, the last ones may be zeros */
    size_t  rising; /* > 0: only the first rising (i + 1) rows of the column `first + i` are not zero */
};

/* A block with room for that many columns and rows (rounded up), all zeros. */
void block_init(struct block *block, size_t columns, size_t rows);
void block_release(struct block *block);

/* Eliminates the columns first .. last - 1 of the block; the columns before `first` are zero in it, and
 * are not looked at. Columns from `last` on are left as the rows that are orthogonal to the others. */
void triangle_append(struct triangle *triangle, const struct kernels *kernels, const struct block *block,
                     size_t first,
                     size_t last);

/* The largest over the least singular value of the first `columns` columns, each scaled to length 1
 * (columns of zeros are left out), estimated by power and inverse iteration. HUGE_VAL: singular. */
double triangle_condition(const struct triangle *triangle, size_t columns);
