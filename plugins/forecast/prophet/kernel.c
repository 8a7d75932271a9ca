/* kernel - written once with vector types of four doubles; the compiler makes of them what a CPU has. The
 * same inline bodies are compiled twice on x86-64: for any such CPU, and for AVX2 with FMA, chosen when a
 * fit starts. Any thread.
 */
#include "plugins/forecast/prophet/kernel.h"

#include <stdbool.h>
#include <stdint.h>

typedef double  quad __attribute__((vector_size(32), aligned(8), may_alias));
typedef int64_t quad_bits __attribute__((vector_size(32)));

#define BODY static inline __attribute__((always_inline))

BODY double square_body(const double *column, size_t rows)
{
    quad sum = { 0 };
    for (size_t i = 0; i < rows; i += KERNEL_ROWS) {
        quad x = *(const quad *)(column + i);
        sum += x * x;
    }
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

BODY void reflect_one(const struct reflection *r, size_t at)
{
    double *column = r->columns + at * r->stride;
    quad sum = { 0 };
    for (size_t i = 0; i < r->rows; i += KERNEL_ROWS)
        sum += *(const quad *)(r->tail + i) * *(quad *)(column + i);
    double scale = r->tau * (r->head * r->top[at] + ((sum[0] + sum[2]) + (sum[1] + sum[3])));
    r->top[at] -= scale * r->head;
    quad factor = { scale, scale, scale, scale };
    for (size_t i = 0; i < r->rows; i += KERNEL_ROWS)
        *(quad *)(column + i) -= factor * *(const quad *)(r->tail + i);
}

/* Four columns at a time, so that v is read once for them. */
BODY void reflect_four(const struct reflection *r, size_t at)
{
    double *a = r->columns + at * r->stride, *b = a + r->stride, *c = b + r->stride, *d = c + r->stride;
    quad sa = { 0 }, sb = { 0 }, sc = { 0 }, sd = { 0 };
    for (size_t i = 0; i < r->rows; i += KERNEL_ROWS) {
        quad v = *(const quad *)(r->tail + i);
        sa += v * *(quad *)(a + i);
        sb += v * *(quad *)(b + i);
        sc += v * *(quad *)(c + i);
        sd += v * *(quad *)(d + i);
    }
    quad dots = { (sa[0] + sa[2]) + (sa[1] + sa[3]), (sb[0] + sb[2]) + (sb[1] + sb[3]),
                  (sc[0] + sc[2]) + (sc[1] + sc[3]), (sd[0] + sd[2]) + (sd[1] + sd[3]) };
    quad head = { r->head, r->head, r->head, r->head };
    quad tau = { r->tau, r->tau, r->tau, r->tau };
    quad scale = tau * (head * *(quad *)(r->top + at) + dots);
    *(quad *)(r->top + at) -= scale * head;
    quad fa = { scale[0], scale[0], scale[0], scale[0] }, fb = { scale[1], scale[1], scale[1], scale[1] };
    quad fc = { scale[2], scale[2], scale[2], scale[2] }, fd = { scale[3], scale[3], scale[3], scale[3] };
    for (size_t i = 0; i < r->rows; i += KERNEL_ROWS) {
        quad v = *(const quad *)(r->tail + i);
        *(quad *)(a + i) -= fa * v;
        *(quad *)(b + i) -= fb * v;
        *(quad *)(c + i) -= fc * v;
        *(quad *)(d + i) -= fd * v;
    }
}

BODY void reflect_body(const struct reflection *r)
{
    size_t at = 0;
    for (; at + 4 <= r->count; at += 4)
        reflect_four(r, at);
    for (; at < r->count; at++)
        reflect_one(r, at);
}

/* Taylor series on [-pi/4, pi/4]: the first terms left out are below 1e-19. */
BODY void sine_cosine(const double *turns, double *sines, double *cosines)
{
    static const double odd[] = { -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800,
                                  1.0 / 6227020800,
                                  -1.0 / 1307674368000, 1.0 / 355687428096000 };
    static const double even[] = { -1.0 / 2, 1.0 / 24, -1.0 / 720, 1.0 / 40320, -1.0 / 3628800,
                                   1.0 / 479001600,
                                   -1.0 / 87178291200, 1.0 / 20922789888000 };
    /* 1.5 * 2^52: adding and taking it away rounds to whole numbers */
    const double rounder = 6755399441055744.0;
    quad x = *(const quad *)turns;
    x -= (x + rounder) - rounder;
    quad quarter = (x * 4.0 + rounder) - rounder; /* -2 .. 2 */
    quad angle = (x - quarter * 0.25) * 6.283185307179586476925287;
    quad z = angle * angle;
    quad s = { odd[7], odd[7], odd[7], odd[7] }, c = { even[7], even[7], even[7], even[7] };
    for (int i = 6; i >= 0; i--) {
        s = s * z + odd[i];
        c = c * z + even[i];
    }
    s = angle + angle * z * s;
    c = 1.0 + z * c;
    quad_bits bits = (quad_bits)quarter & INT64_MAX;
    quad size = (quad)bits;
    quad sin_quarter = quarter * (2.0 - size), cos_quarter = 1.0 - size; /* each -1, 0 or 1 */
    *(quad *)sines = s * cos_quarter + c * sin_quarter;
    *(quad *)cosines = c * cos_quarter - s * sin_quarter;
}

BODY void harmonics_body(const double *days, double period, size_t order, size_t rows, double *columns,
                         size_t stride)
{
    for (size_t i = 0; i < rows; i += KERNEL_ROWS) {
        double turns[KERNEL_ROWS];
        *(quad *)turns = *(const quad *)(days + i) / period;
        double *sines = columns + i, *cosines = columns + stride + i;
        sine_cosine(turns, sines, cosines);
        quad s1 = *(quad *)sines, c1 = *(quad *)cosines, s = s1, c = c1;
        for (size_t harmonic = 1; harmonic < order; harmonic++) {
            quad next = s * c1 + c * s1;
            c = c * c1 - s * s1;
            s = next;
            *(quad *)(sines + 2 * harmonic * stride) = s;
            *(quad *)(cosines + 2 * harmonic * stride) = c;
        }
    }
}

#define KERNELS(kind, attribute)                                                                             \
    attribute static double square_##kind(const double *column, size_t rows)                                 \
    {                                                                                                        \
        return square_body(column, rows);                                                                    \
    }                                                                                                        \
    attribute static void reflect_##kind(const struct reflection *reflection)                                \
    {                                                                                                        \
        reflect_body(reflection);                                                                            \
    }                                                                                                        \
    attribute static void harmonics_##kind(const double *days, double period, size_t order, size_t rows,     \
                                           double *columns, size_t stride)                                   \
    {                                                                                                        \
        harmonics_body(days, period, order, rows, columns, stride);                                          \
    }                                                                                                        \
    static const struct kernels kind##_kernels = { #kind, square_##kind, reflect_##kind, harmonics_##kind };

KERNELS(plain, )

const struct kernels *kernels_plain(void)
{
    return &plain_kernels;
}

#ifdef __x86_64__
KERNELS(avx2, __attribute__((target("avx2,fma"))))

const struct kernels *kernels_of_cpu(void)
{
    bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return has ? &avx2_kernels : &plain_kernels;
}
#else
const struct kernels *kernels_of_cpu(void)
{
    return &plain_kernels;
}
#endif
