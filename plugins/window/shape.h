/* shape - which fields the metrics of a series have, in the order in which they were first seen, and which of
 * them are aggregated. Series with the same fields share a shape, so that it costs a series one pointer.
 *
 * A shape never changes; one that has a field more is another one, found through it. All live until
 * shapes_release. Own thread.
 */
#pragma once
#include "plugins/window/plan.h"

struct field {
    char    *name;
    uint32_t length;
    bool     selected;  /* by the option `fields` */
    char   **outputs;   /* of each output of the plan: NAME_suffix; NULL where the field is not selected */
    char    *bucket;    /* NAME_bucket */
};

struct column {
    const struct field *field;
    int                 slot; /* of its cell; -1: not aggregated */
};

struct shape {
    const struct column *columns;
    uint32_t             count, slots;
    struct shape       **larger; /* with one column more */
    uint32_t             larger_count;
};

enum { SHAPE_MOST = 256, FIELDS_MOST = 4096 }; /* columns of a shape; names in all */

struct shapes {
    struct field      **fields;
    size_t              field_count;
    struct shape        empty;
    const struct plan  *plan;
    struct vane_strings selected; /* globs */
};

void shapes_init(struct shapes *shapes, const struct plan *plan, struct vane_strings selected);
void shapes_release(struct shapes *shapes);

/* The column of a field, at or near `hint`; -1: the shape has none. */
int shape_find(const struct shape *shape, const char *name, uint32_t length, uint32_t hint);

/* The shape that has this field, too; NULL: there would be too many columns or names. */
struct shape *shape_with(struct shapes *shapes, struct shape *shape, const char *name, uint32_t length);

/* The n-th column that has a cell is that of slot n. */
const struct field *shape_field(const struct shape *shape, uint32_t slot);
