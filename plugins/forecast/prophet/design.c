/* design - see design.h. A block of rows is filled column by column; the sines come from the kernels. Own
 * thread.
 */
#include "plugins/forecast/prophet/design.h"

#include "plugins/forecast/prophet/holidays.h"
#include "plugins/shared/memory.h"

#include <stdlib.h>
#include <string.h>

static const int64_t ns_a_day = 86400000000000;

static struct term *add_term(struct design *design, const struct term *term)
{
    design->terms = memory_resize(design->terms, design->count + 1, sizeof *design->terms);
    struct term *added = &design->terms[design->count++];
    *added = *term;
    added->first = design->width;
    design->width += term->count;
    return added;
}

static const struct prophet_seasonality *find_custom(const struct prophet_settings *settings,
                                                     const char *name)
{
    for (size_t i = 0; i < settings->seasonality_count; i++)
        if (strcmp(settings->seasonalities[i].name, name) == 0)
            return &settings->seasonalities[i];
    return NULL;
}

/* Prophet.parse_seasonality_args */
static int order_of(const struct prophet_settings *settings, const char *name, int wish, bool automatic,
                    int usual)
{
    if (wish == PROPHET_AUTO)
        return automatic && !find_custom(settings, name) ? usual : 0;
    if (wish == PROPHET_ON)
        return usual;
    return wish == PROPHET_OFF ? 0 : wish;
}

struct built_in design_built_in(const struct prophet_settings *settings, const struct span *span)
{
    int64_t length = span->last - span->first;
    return (struct built_in){
        .yearly = order_of(settings, "yearly", settings->yearly, length >= 730 * ns_a_day, 10),
        .weekly = order_of(settings, "weekly", settings->weekly,
                           length >= 14 * ns_a_day && span->spacing < 7 * ns_a_day, 3),
        .daily = order_of(settings, "daily", settings->daily,
                          length >= 2 * ns_a_day && span->spacing < ns_a_day, 4),
    };
}

static void add_seasonality(struct design *design, const struct prophet_settings *settings,
                            const struct prophet_seasonality *it)
{
    add_term(design, &(struct term){
        .kind = TERM_SEASONALITY,
        .name = it->name,
        .count = 2 * (size_t)it->fourier_order,
        .prior_scale = it->prior_scale != 0 ? it->prior_scale : settings->seasonality_prior_scale,
        .multiplicative = prophet_mode_of(settings, it->mode) == PROPHET_MULTIPLICATIVE,
        .period = it->period,
        .column = prophet_column(settings, it->condition),
    });
}

/* Switched on by name, a built-in one takes the place of a custom one of its name. */
static void add_seasonalities(struct design *design, const struct prophet_settings *settings,
                              const struct span *span)
{
    struct built_in on = design_built_in(settings, span);
    struct prophet_seasonality built_in[] = {
        { .name = "yearly", .period = 365.25, .fourier_order = on.yearly },
        { .name = "weekly", .period = 7, .fourier_order = on.weekly },
        { .name = "daily", .period = 1, .fourier_order = on.daily },
    };
    enum { BUILT_IN = sizeof built_in / sizeof built_in[0] };
    for (size_t i = 0; i < settings->seasonality_count; i++) {
        const struct prophet_seasonality *it = &settings->seasonalities[i];
        for (size_t k = 0; k < BUILT_IN; k++)
            if (built_in[k].fourier_order && strcmp(built_in[k].name, settings->seasonalities[i].name) == 0)
                it = &built_in[k];
        add_seasonality(design, settings, it);
    }
    for (size_t k = 0; k < BUILT_IN; k++)
        if (built_in[k].fourier_order && !find_custom(settings, built_in[k].name))
            add_seasonality(design, settings, &built_in[k]);
}

void design_release(struct design *design)
{
    free(design->terms);
    free(design->days);
    *design = (struct design){ 0 };
}

bool design_init(struct design *design, const struct prophet *model, const struct span *span,
                 struct prophet_error *err)
{
    const struct prophet_settings *settings = model->settings;
    *design = (struct design){ 0 };
    add_seasonalities(design, settings, span);
    holidays_append(design, model, span);
    for (size_t i = 0; i < settings->regressor_count; i++) {
        const struct prophet_regressor *it = &settings->regressors[i];
        add_term(design, &(struct term){
            .kind = TERM_REGRESSOR,
            .name = it->name,
            .count = 1,
            .prior_scale = it->prior_scale != 0 ? it->prior_scale : settings->holidays_prior_scale,
            .multiplicative = prophet_mode_of(settings, it->mode) == PROPHET_MULTIPLICATIVE,
            .column = prophet_column(settings, it->name),
            .deviation = 1,
        });
    }
    if (design->width == 0)
        design->width = 1;
    if (design->width <= DESIGN_WIDTH_MOST)
        return true;
    prophet_fail(err, "the terms have %zu columns, more than %d", design->width, DESIGN_WIDTH_MOST);
    design_release(design);
    return false;
}

static void fill_seasonality(const struct term *term, const struct kernels *kernels,
                             const struct design_rows *rows,
                             const double *days, double *columns, size_t stride)
{
    size_t padded = (rows->count + KERNEL_ROWS - 1) / KERNEL_ROWS * KERNEL_ROWS;
    kernels->harmonics(days, term->period, term->count / 2, padded, columns, stride);
    const double *condition = term->column == NO_COLUMN ? NULL : rows->columns[term->column] + rows->first;
    for (size_t c = 0; c < term->count; c++) {
        double *column = columns + c * stride;
        for (size_t i = 0; condition && i < rows->count; i++)
            if (condition[i] == 0)
                column[i] = 0;
        for (size_t i = rows->count; i < stride; i++)
            column[i] = 0;
    }
}

static void fill_holiday(const struct design *design, const struct term *term, const struct design_rows *rows,
                         double *column, size_t stride)
{
    memset(column, 0, stride * sizeof *column);
    const int32_t *days = design->days + term->day_first;
    int32_t first = holidays_day(rows->times[rows->first]);
    int32_t last = holidays_day(rows->times[rows->first + rows->count - 1]);
    size_t low = 0, high = term->day_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (days[middle] < first)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == term->day_count || days[low] > last)
        return;
    for (size_t i = 0, at = low; i < rows->count; i++) {
        int32_t day = holidays_day(rows->times[rows->first + i]);
        while (at < term->day_count && days[at] < day)
            at++;
        column[i] = at < term->day_count && days[at] == day;
    }
}

static void fill_regressor(const struct term *term, const struct design_rows *rows, double *column,
                           size_t stride)
{
    const double *values = rows->columns[term->column] + rows->first;
    for (size_t i = 0; i < rows->count; i++)
        column[i] = (values[i] - term->mean) / term->deviation;
    for (size_t i = rows->count; i < stride; i++)
        column[i] = 0;
}

void design_fill(const struct design *design, const struct kernels *kernels, const struct design_rows *rows,
                 const struct block *block, size_t at)
{
    double *columns = block->data + at * block->stride;
    double days[DESIGN_ROWS];
    for (size_t i = 0; i < block->stride; i++) {
        int64_t time = i < rows->count ? rows->times[rows->first + i] : 0;
        days[i] = (double)(time / ns_a_day) + (double)(time % ns_a_day) / (double)ns_a_day;
    }
    if (design->count == 0)
        memset(columns, 0, block->stride * sizeof *columns);
    for (size_t i = 0; i < design->count; i++) {
        const struct term *term = &design->terms[i];
        double *first = columns + term->first * block->stride;
        if (term->kind == TERM_SEASONALITY)
            fill_seasonality(term, kernels, rows, days, first, block->stride);
        else if (term->kind == TERM_HOLIDAY)
            fill_holiday(design, term, rows, first, block->stride);
        else
            fill_regressor(term, rows, first, block->stride);
    }
}

void design_sum(const struct design *design, const struct block *block, size_t at, const double *beta,
                double *additive, double *factor)
{
    for (size_t i = 0; i < DESIGN_ROWS; i++) {
        additive[i] = 0;
        factor[i] = 1;
    }
    for (size_t i = 0; i < design->count; i++) {
        const struct term *term = &design->terms[i];
        double *sum = term->multiplicative ? factor : additive;
        for (size_t c = term->first; c < term->first + term->count; c++) {
            const double *column = block->data + (at + c) * block->stride;
            for (size_t row = 0; beta[c] != 0 && row < block->stride; row++)
                sum[row] += beta[c] * column[row];
        }
    }
}
