/* plan - which aggregates are asked for, and so what a cell holds: made once from the options.
 *
 * A cell is the state of one field in one window: how many values, then the state of each family that an
 * asked aggregate reads. Own thread.
 */
#pragma once
#include "plugins/window/aggregates/aggregate.h"
#include "plugins/window/faults.h"

enum { PLAN_FAMILIES = 10 };

struct output {
    const struct aggregate *aggregate;
    double                  parameter; /* of a quantile */
    char                    suffix[32];
    size_t                  offset;    /* of its family in a cell */
};

struct part_of_cell {
    const struct family *family;
    size_t               offset;
};

struct plan {
    struct output       *outputs;
    size_t               output_count;
    struct part_of_cell  families[PLAN_FAMILIES];
    size_t               family_count;
    size_t               cell_size;
    size_t               buckets_at;   /* offset of the histogram's family; 0: none is asked for */
    bool                 grows;        /* cells hold memory beyond themselves */
    bool                 weighs;
    struct rules         rules;
};

struct plan_options {
    struct vane_strings aggregates;
    struct vane_floats  quantiles, buckets;
    bool                exact_quantiles, exact_distinct;
    double              quantile_error;
};

/* False: `faults` has all that is wrong. Release the plan in any case. */
bool plan_init(struct plan *plan, const struct plan_options *options, struct budget *budget,
               struct faults *faults);
void plan_release(struct plan *plan);

static inline uint64_t plan_count(const char *cell)
{
    uint64_t count;
    memcpy(&count, cell, sizeof count);
    return count;
}

void plan_add(const struct plan *plan, char *cell, const struct sample *sample);
void plan_merge(const struct plan *plan, char *cell, const char *from);
void plan_release_cell(const struct plan *plan, char *cell); /* empty afterwards */
void plan_save_cell(const struct plan *plan, const char *cell, struct vane_text *out);
bool plan_load_cell(const struct plan *plan, char *cell, struct bytes *in);

/* False: there is none, or none that is finite. */
bool plan_value(const struct plan *plan, const struct output *output, const char *cell, int64_t end,
                double *value);
