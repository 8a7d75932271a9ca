/* trend - the piecewise trend: inside a segment between changepoints its exponent (logistic) or value is a
 * line.
 *
 * A logistic trend's exponent k (t - m) with the offsets that keep it continuous is the same piecewise
 * line k t - k m + sum d_j (t - s_j)+, so one table serves both, and no division by a rate can fail. Own
 * thread.
 */
#pragma once
#include "prophet.h"

struct line { double slope, offset; };

struct trend {
    enum prophet_growth growth;
    const double       *changes; /* ascending */
    size_t              count;
    struct line        *lines;   /* count + 1, line i holds from changes[i - 1] on */
};

/* lines: the caller's, count + 1. k and delta are not looked at when growth is flat. */
void trend_init(struct trend *trend, double k, double m, const double *delta);

/* In which segment is t? Starts looking at `from`, so that ascending times cost nothing. */
size_t trend_segment(const struct trend *trend, double t, size_t from);

/* cap: scaled; only of logistic growth. */
double trend_at(const struct trend *trend, size_t segment, double t, double cap);

/* cap / (1 + exp(-x)), without overflow. */
double trend_logistic(double cap, double x);
