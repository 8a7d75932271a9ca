/* kernel - the two loops where a fit spends its time, for the CPU at hand.
 *
 * Columns lie one after the other, `stride` doubles apart; `rows` is a multiple of KERNEL_ROWS, so callers
 * pad with zeros. The plain code and the one for AVX2 and FMA differ in rounding, so bits are the same on
 * one machine. Any thread.
 */
#pragma once
#include <stddef.h>

enum { KERNEL_ROWS = 4 };

/* One Householder reflection I - tau v v', v = [head; tail], applied to `count` columns, each of them the
 * element top[i] above rows of `columns`. */
struct reflection {
    const double *tail;
    double        head, tau;
    double       *top;
    double       *columns;
    size_t        count, stride, rows;
};

struct kernels {
    const char *name; /* "avx2" or "plain" */
    double (*square)(const double *column, size_t rows); /* sum of squares */
    void (*reflect)(const struct reflection *reflection);
    /* sin and cos of 2 pi i days / period, i = 1 .. order: 2 order columns, sin first. */
    void (*harmonics)(const double *days, double period, size_t order, size_t rows, double *columns,
                      size_t stride);
};

const struct kernels *kernels_of_cpu(void);
const struct kernels *kernels_plain(void);
