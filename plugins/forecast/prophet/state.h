/* state - what a fitted model is, for the rooms of this folder.
 *
 * A design is the list of the columns X of the additive and multiplicative terms, in Prophet's order; beta
 * has one coefficient a column. Everything in `struct prophet` is in Prophet's scaled units.
 */
#pragma once
#include "prophet.h"

enum term_kind { TERM_SEASONALITY, TERM_HOLIDAY, TERM_REGRESSOR };

/* Neighbouring columns that share a name: all of a seasonality, one offset of a holiday, one regressor. */
struct term {
    enum term_kind kind;
    const char    *name;        /* of the component; lives in the settings */
    size_t         first, count;
    double         prior_scale;
    bool           multiplicative;
    double         period;      /* seasonality: days */
    /* of the frame: the condition of a seasonality (NO_COLUMN: none), or the regressor */
    size_t         column;
    int32_t        offset;      /* holiday: days from the date */
    size_t         day_first, day_count; /* holiday: its days in design.days, ascending */
    double         mean, deviation;      /* regressor: x -> (x - mean) / deviation */
};

#define NO_COLUMN ((size_t)-1)

struct design {
    struct term *terms;
    size_t       count;
    size_t       width; /* columns; without any term 1, which is all zeros (Prophet's "zeros") */
    int32_t     *days;
    size_t       day_count;
};

/* What of the history decides which terms there are. */
struct span {
    int64_t first, last;
    int64_t spacing; /* the least one that is not 0; 0: there is none */
};

struct scale {
    double  y_scale, y_min;
    bool    floor_given; /* rows have floors of their own (logistic growth) */
    int64_t start, length; /* ns */
};

struct pages;

struct prophet {
    const struct prophet_settings *settings;
    struct prophet_settings        own;   /* of a model read from JSON: settings points here */
    void                         **owned; /* memory of `own` */
    size_t                         owned_count;
    const char *const             *trained; /* holidays seen in training, of a model from JSON; else NULL */
    size_t                         trained_count;

    bool          fitted;
    struct design design;
    struct span   span;
    struct scale  scale;
    double        spacing; /* mean of the history's, scaled */

    double  k, m, sigma;
    size_t  change_count;   /* >= 1: without changepoints one at 0 whose delta is 0 */
    bool    no_changepoints;
    double *changes, *delta; /* change_count */
    double *beta;            /* design.width */
    double  log_posterior, condition;
    size_t  rounds;
    struct pages *pages; /* what the next fit need not do again; they pass from fit to fit */
};

/* Says why, and false. */
bool prophet_fail(struct prophet_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

enum prophet_mode prophet_mode_of(const struct prophet_settings *settings, enum prophet_mode mode);
enum prophet_mode prophet_holidays_mode(const struct prophet_settings *settings);
/* NO_COLUMN: there is none */
size_t prophet_column(const struct prophet_settings *settings, const char *name);
