/* table - all aggregates, one row each. Names and rules are those of Telegraf's basicstats where it has
 * them. */
#include "plugins/window/aggregates/aggregate.h"

static bool count_value(const struct reading *reading, double *value)
{
    *value = (double)reading->count;
    return true;
}

static const struct aggregate rows[AGGREGATE_ROWS] = {
    { "count", NULL, "count", NULL, count_value, false },
    { "sum", NULL, "sum", &basic_family, basic_sum, false },
    { "mean", NULL, "mean", &basic_family, basic_mean, false },
    { "min", NULL, "min", &basic_family, basic_min, false },
    { "max", NULL, "max", &basic_family, basic_max, false },
    { "range", NULL, "range", &basic_family, basic_range, false },
    { "first", NULL, "first", &ends_family, ends_first, false },
    { "last", NULL, "last", &ends_family, ends_last, false },
    { "diff", NULL, "diff", &ends_family, ends_diff, false },
    { "non_negative_diff", NULL, "non_negative_diff", &ends_family, ends_rise, false },
    { "rate", NULL, "rate", &ends_family, ends_rate, false },
    { "non_negative_rate", NULL, "non_negative_rate", &ends_family, ends_rise_rate, false },
    { "percent_change", NULL, "percent_change", &ends_family, ends_percent, false },
    { "interval", NULL, "interval", &ends_family, ends_interval, true },
    { "s2", "variance", "s2", &moments_family, moments_variance, false },
    { "stdev", "stddev", "stdev", &moments_family, moments_deviation, false },
    { "derivative", NULL, "derivative", &slope_family, slope_value, false },
    { "integral", NULL, "integral", &points_family, points_integral, false },
    { "time_weighted_mean", NULL, "time_weighted_mean", &points_family, points_mean, false },
    { "weighted_mean", "volume_weighted_mean", "weighted_mean", &weighted_family, weighted_mean, false },
    { "mode", NULL, "mode", &values_family, values_mode, false },
    { "ohlc", NULL, "open", &ends_family, ends_first, false },
    { "ohlc", NULL, "high", &basic_family, basic_max, false },
    { "ohlc", NULL, "low", &basic_family, basic_min, false },
    { "ohlc", NULL, "close", &ends_family, ends_last, false },
};

const struct aggregate aggregate_quantile_exact = { "quantile", NULL, "", &values_family, values_quantile,
                                                    false };
const struct aggregate aggregate_quantile_sketch = { "quantile", NULL, "", &sketch_family, sketch_quantile,
                                                     false };
const struct aggregate aggregate_median_exact = { "median", NULL, "median", &values_family, values_quantile,
                                                  false };
const struct aggregate aggregate_median_sketch = { "median", NULL, "median", &sketch_family,
                                                   sketch_quantile, false };
const struct aggregate aggregate_distinct_exact =
    { "distinct", NULL, "distinct", &values_family, values_distinct, true };
const struct aggregate aggregate_distinct_registers =
    { "distinct", NULL, "distinct", &registers_family, registers_distinct, true };

void aggregate_names(const char *names[AGGREGATE_NAMES])
{
    static const char *const by_options[] = { "median", "quantile", "distinct", "histogram" };
    size_t count = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0)
            names[count++] = rows[i].name;
    for (size_t i = 0; i < sizeof by_options / sizeof by_options[0]; i++)
        names[count++] = by_options[i];
    names[count] = NULL;
}

const struct aggregate *aggregate_find(const char *name, const struct aggregate *from)
{
    for (const struct aggregate *row = from ? from : rows; row < rows + sizeof rows / sizeof rows[0]; row++)
        if (strcmp(row->name, name) == 0 || (row->also && strcmp(row->also, name) == 0))
            return row;
    return NULL;
}
