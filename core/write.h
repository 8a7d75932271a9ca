/* write - what one call of an output's write() is to deliver, and what of it is settled.
 *
 * Own thread of the output.
 */
#pragma once
#include "core/batch.h"

struct output;

enum write_state {
    WRITE_NEW,     /* not tried yet, or to be tried again */
    WRITE_CALLED,  /* inside write() */
    WRITE_PENDING, /* the plugin settles the rest */
};

struct write {
    struct vane_write          view; /* first: a plugin's vane_write is this */
    unsigned                   magic;
    struct write              *next;
    const struct vane_metric **metrics; /* = view.metrics */
    bool                      *settled;
    size_t                     left;    /* not settled */
    struct batch             **batches; /* hold the metrics */
    size_t                     batch_count;
    enum write_state           state;
    int64_t                    not_before; /* monotonic, of NEW */
    bool                       again;      /* vane_again was called inside write() */
};

struct write *write_new(size_t room);
void write_free(struct write *write);
struct write *write_of(struct vane_write *view);

/* Adds metrics first .. end - 1 of a batch and holds it. */
void write_add(struct write *write, struct batch *batch, size_t first, size_t end);

/* Marks a run of metrics as settled; answers how many were not before. */
size_t write_settle(struct write *write, size_t first, size_t count);

/* Leaves only what is not settled, for the next try. */
void write_shrink(struct write *write);

/* Has it a metric of a series that is in the other one? */
bool write_shares_series(const struct write *write, const struct write *other);
