/* aggregate - what a window tells of the values in it: one row in table.c, and a small file for its family.
 *
 * A family is a piece of state (a cell) that values are added to one by one and that merges with another of
 * its kind; aggregates read it. Every family merges, so hopping windows are made of panes, and a group of
 * several lanes of one part a lane, always merged in the same order: results are the same bit for bit however
 * lanes were interleaved.
 *
 * A cell that is all zero is empty. How many values went into it is counted once for all families of a field
 * and handed in. Values are finite. Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/window/budget.h"
#include "plugins/window/bytes.h"

/* What the options say to families. */
struct rules {
    const double  *buckets; /* upper bounds, rising */
    size_t         bucket_count;
    double         sketch_error, sketch_factor; /* relative error; 1 / ln(gamma) */
    struct budget *budget;
};

struct sample {
    double  value, weight; /* weight: NaN where the metric has none */
    int64_t time;
};

struct family {
    size_t (*size)(const struct rules *rules); /* of a cell; a multiple of 8 */
    void (*add)(void *cell, uint64_t count, const struct sample *sample, const struct rules *rules);
    void (*merge)(void *cell, uint64_t count, const void *from, uint64_t more, const struct rules *rules);

    /* Where a cell holds memory beyond itself, else NULL. */
    void (*release)(void *cell, const struct rules *rules);
    void (*save)(const void *cell, struct vane_text *out);
    /* Answers false, too, where it is not of so many values. */
    bool (*load)(void *cell, uint64_t count, struct bytes *in, const struct rules *rules);
};

extern const struct family basic_family;    /* sum, extremes */
extern const struct family ends_family;     /* first and last by time */
extern const struct family moments_family;  /* variance */
extern const struct family slope_family;    /* least squares over time */
extern const struct family weighted_family; /* mean by another field's weight */
extern const struct family sketch_family;   /* quantiles within a relative error */
extern const struct family values_family;   /* all values: exact quantiles, mode, distinct */
extern const struct family registers_family; /* about how many distinct ones */
extern const struct family buckets_family;  /* histogram */
extern const struct family points_family;   /* all values with times: integral, mean over time */

/* How long from one time to another, however far they are apart: a difference of int64 may not be one. */
static inline double nanoseconds(int64_t from, int64_t to)
{
    return to >= from ? (double)((uint64_t)to - (uint64_t)from) : -(double)((uint64_t)from - (uint64_t)to);
}

/* A finished cell, with what a window knows of itself. */
struct reading {
    const void         *cell;
    uint64_t            count;
    int64_t             end;   /* of the window */
    double              parameter; /* of the quantile */
    const struct rules *rules;
};

/* False: these values have no such result. */
typedef bool aggregate_value(const struct reading *reading, double *value);

struct aggregate {
    const char          *name, *also; /* in the option `aggregates` */
    const char          *suffix;      /* field_suffix */
    const struct family *family;      /* NULL: the count alone will do */
    aggregate_value     *value;
    bool                 whole;       /* an integer field */
};

/* The row at or behind `from` of that name; NULL: none. A name may have several rows (ohlc). */
const struct aggregate *aggregate_find(const char *name, const struct aggregate *from);

/* All names, those that have several ways included; NULL ends them. */
enum { AGGREGATE_ROWS = 25, AGGREGATE_NAMES = AGGREGATE_ROWS + 5 };
void aggregate_names(const char *names[AGGREGATE_NAMES]);

/* Quantiles, the median and distinct counts have two ways each. */
extern const struct aggregate aggregate_quantile_exact, aggregate_quantile_sketch;
extern const struct aggregate aggregate_median_exact, aggregate_median_sketch;
extern const struct aggregate aggregate_distinct_exact, aggregate_distinct_registers;

/* Cumulative count of values up to the bound of bucket i; i = bucket_count: all. */
uint64_t buckets_upto(const void *cell, size_t i);

aggregate_value basic_sum, basic_mean, basic_min, basic_max, basic_range;
aggregate_value ends_first, ends_last, ends_diff, ends_rise, ends_rate, ends_rise_rate, ends_percent;
aggregate_value ends_interval;
aggregate_value moments_variance, moments_deviation;
aggregate_value slope_value;
aggregate_value weighted_mean;
aggregate_value sketch_quantile;
aggregate_value values_quantile, values_mode, values_distinct;
aggregate_value registers_distinct;
aggregate_value points_integral, points_mean;
