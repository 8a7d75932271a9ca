/* interval - the distribution is symmetric: only upper tails are inverted. Complex numbers are pairs here,
 * because C's own multiply with checks for infinities at every step. Own thread.
 */
#include "plugins/forecast/prophet/interval.h"

#include <math.h>
#include <stdbool.h>

enum { NODES_MOST = 400, PRODUCT_STEPS = 32, NEWTON_MOST = 40, PLACE_MOST = 48, BISECTIONS = 40 };

static const double pi = 3.14159265358979323846;
static const double node_spacing = 0.14;
/* radians from the real axis: more than pi/4, so that the noise falls off too */
static const double opening = 1.2;

struct number { double re, im; };

static struct number multiply(struct number a, struct number b)
{
    return (struct number){ a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re };
}

static struct number divide(struct number a, struct number b)
{
    double square = b.re * b.re + b.im * b.im;
    return (struct number){ (a.re * b.re + a.im * b.im) / square, (a.im * b.re - a.re * b.im) / square };
}

static struct number logarithm(struct number a)
{
    return (struct number){ log(a.re * a.re + a.im * a.im) / 2, atan2(a.im, a.re) };
}

double interval_normal(double level)
{
    if (level > 0.5)
        return -interval_normal(1 - level);
    if (level == 0.5)
        return 0;
    double x = -sqrt(-2 * log(level)) + 0.3; /* then Newton on the logarithm of the tail, which is concave */
    for (int i = 0; i < NEWTON_MOST; i++) {
        double tail = erfc(-x / sqrt(2)) / 2, density = exp(-x * x / 2) / sqrt(2 * pi);
        double change = tail * log(level / tail) / density;
        x += change;
        if (fabs(change) < 1e-14 * fabs(x))
            break;
    }
    return x;
}

/* int_0^1 log(1 - a^2 s^2) ds */
static struct number log_integral(struct number a)
{
    struct number inverse = divide((struct number){ 1, 0 }, a);
    struct number up = multiply((struct number){ 1 + inverse.re, inverse.im },
                                logarithm((struct number){ 1 + a.re, a.im }));
    struct number down = multiply((struct number){ 1 - inverse.re, -inverse.im },
                                  logarithm((struct number){ 1 - a.re, -a.im }));
    return (struct number){ up.re + down.re - 2, up.im + down.im };
}

/* log of the product over all steps; z = jump steps w. The midpoint rule's first correction is the slope
 * at 1. */
static struct number log_moments_far(const struct deviation *d, struct number z)
{
    double steps = (double)d->steps, none = 1 - d->rate;
    struct number square = multiply(z, z);
    struct number poles = log_integral(z), zeros = { 0 };
    struct number end = divide((struct number){ 2 * square.re, 2 * square.im },
                               (struct number){ 1 - square.re, -square.im });
    if (none > 0) {
        zeros = log_integral((struct number){ sqrt(none) * z.re, sqrt(none) * z.im });
        struct number slope = divide((struct number){ 2 * none * square.re, 2 * none * square.im },
                                     (struct number){ 1 - none * square.re, -none * square.im });
        end = (struct number){ end.re - slope.re, end.im - slope.im };
    }
    return (struct number){ steps * (zeros.re - poles.re) - end.re / (24 * steps),
                            steps * (zeros.im - poles.im) - end.im / (24 * steps) };
}

static struct number log_moments_near(const struct deviation *d, struct number z)
{
    struct number square = multiply(z, z), product = { 1, 0 };
    for (size_t i = 0; i < d->steps; i++) {
        double at = ((double)i + 0.5) / (double)d->steps, s = at * at;
        struct number up = { 1 - (1 - d->rate) * s * square.re, -(1 - d->rate) * s * square.im };
        product = multiply(product, divide(up, (struct number){ 1 - s * square.re, -s * square.im }));
    }
    return logarithm(product);
}

/* Slope of the logarithm of the integrand on the real axis: its zero is the saddle point. The integral
 * stands for the product here, wherever it lies: the path need not be exact. */
static double log_slope(const struct deviation *d, double w, double x)
{
    double slope = d->sigma * d->sigma * w - x - 1 / w, steps = (double)d->steps;
    double reach = d->jump * steps;
    for (int pole = 0; pole < 2 && d->steps; pole++) {
        double scale = reach * (pole ? 1 : sqrt(1 - d->rate)), a = scale * w;
        if (a == 0)
            continue;
        double integral = a < 1e-3 ? 2 * a / 3 : 2 / a * (atanh(a) / a - 1);
        slope += (pole ? 1 : -1) * steps * scale * integral;
    }
    return slope;
}

struct path {
    size_t        count;
    struct number w[NODES_MOST], log_terms[NODES_MOST], turn[NODES_MOST]; /* turn: dw/dv */
};

/* Where the path crosses the real axis, and how wide its vertex is. */
static void find_saddle(const struct deviation *d, double x, double *at, double *width)
{
    double pole = d->steps ? 1 / (d->jump * (double)d->steps) : HUGE_VAL;
    double high = fmin(0.9 * pole, x > 0 && d->sigma > 0 ? x / (d->sigma * d->sigma) + 2 / d->sigma
                       : HUGE_VAL);
    double low = high * 1e-9;
    for (int i = 0; i < BISECTIONS && high - low > 1e-3 * low; i++) {
        double middle = low < high / 4 ? sqrt(low * high) : (low + high) / 2;
        if (log_slope(d, middle, x) < 0)
            low = middle;
        else
            high = middle;
    }
    double w = (low + high) / 2, e = 1e-4 * w;
    double bend = (log_slope(d, w + e, x) - log_slope(d, w - e, x)) / (2 * e);
    *at = w;
    *width = fmin(bend > 0 ? 1 / sqrt(bend) : w, fmin(w, pole - w));
}

static void place_path(const struct deviation *d, double x, struct path *path)
{
    double at, width, reach = d->jump * (double)d->steps;
    find_saddle(d, x, &at, &width);
    double size = width / sin(opening), across = size * cos(opening), up = size * sin(opening), top = 0;
    path->count = 0;
    for (size_t i = 0; i < NODES_MOST; i++) {
        double v = (double)i * node_spacing, c = cosh(v), s = sinh(v);
        struct number w = { at + across * (c - 1), up * s }, terms = { 0 };
        struct number z = { reach * w.re, reach * w.im };
        if (d->steps)
            terms = d->steps < PRODUCT_STEPS ? log_moments_near(d, z) : log_moments_far(d, z);
        double half = d->sigma * d->sigma / 2;
        terms.re += half * (w.re * w.re - w.im * w.im) - log(w.re * w.re + w.im * w.im) / 2;
        terms.im += half * 2 * w.re * w.im - atan2(w.im, w.re);
        path->w[i] = w;
        path->log_terms[i] = terms;
        path->turn[i] = (struct number){ across * s, up * c };
        path->count = i + 1;
        double size_here = terms.re - x * w.re + log(up * c);
        if (i == 0)
            top = size_here;
        if (size_here < top - 36)
            break;
    }
}

/* P(X > x) and the density at x. */
static double tail_of(const struct path *path, double x, double *density)
{
    double tail = 0;
    *density = 0;
    for (size_t i = 0; i < path->count; i++) {
        struct number w = path->w[i];
        double size = exp(path->log_terms[i].re - x * w.re) * (i ? 1 : 0.5);
        double angle = path->log_terms[i].im - x * w.im;
        struct number term = multiply((struct number){ size * cos(angle), size * sin(angle) }, path->turn[i]);
        tail += term.im;
        *density += term.im * w.re + term.re * w.im;
    }
    *density *= node_spacing / pi;
    return tail * node_spacing / pi;
}

/* The x > 0 with P(X > x) = wanted, by Newton on the logarithm of the tail. */
static double invert(const struct deviation *d, double wanted, double x)
{
    struct path path;
    for (int place = 0; place < PLACE_MOST; place++) {
        double placed = x;
        place_path(d, x, &path);
        for (int i = 0; i < NEWTON_MOST; i++) {
            double density, tail = tail_of(&path, x, &density);
            double change = tail > 0 && density > 0 ? tail * log(tail / wanted) / density : -x / 2;
            change = fmax(-0.7 * x, fmin(change, 2 * x));
            x += change;
            if (fabs(change) < 1e-9 * x || fabs(log(x / placed)) > 2)
                break;
        }
        if (fabs(log(x / placed)) < 0.5)
            break;
    }
    return x;
}

double interval_quantile(const struct deviation *deviation, double level, double near)
{
    if (level < 0.5)
        return -interval_quantile(deviation, 1 - level, near);
    struct deviation d = *deviation;
    double n = (double)d.steps, wanted = 1 - level;
    d.rate = fmin(d.rate, 1);
    double variance = 2 * d.rate * d.jump * d.jump * n * (4 * n * n - 1) / 12;
    if (level == 0.5)
        return 0;
    if (variance <= 1e-14 * d.sigma * d.sigma)
        return d.sigma * interval_normal(level);
    if (d.sigma == 0 && wanted >= (1 - exp(n * log1p(-d.rate))) / 2 * (1 - 1e-9))
        return 0;
    if (!(near > 0)) /* jumps that are rarer than the tail barely move it */
        near = sqrt((wanted > d.rate * n ? 0 : variance) + d.sigma * d.sigma) * interval_normal(level);
    if (near == 0)
        near = sqrt(variance);
    return invert(&d, wanted, near);
}
