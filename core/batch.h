/* batch - an array of pointers to const metrics over counted arenas: the unit that travels.
 *
 *     vane_batch_new ─ vane_add … ─ batch_seal ─▶ edges ─▶ batch_own ─ process ─▶ edges ─▶ output
 *                     (own thread)      shared, never changes        (own thread)
 *
 * While it is built or owned, one thread has it. Sealed, it is shared by reference: fan-out costs
 * one count, a filter a shorter array over the same arenas, and a metric is written to in place
 * only where nobody else holds its arena. The functions of plugin.h that work on batches and
 * metrics are implemented here and in metric.c.
 */
#pragma once
#include <stdatomic.h>

#include "core/arena.h"
#include "core/plugin.h"

struct series_index;

struct batch {
    struct vane_batch          view; /* first: a plugin's vane_batch is this */
    unsigned                   magic;
    atomic_uint                holders;
    const struct vane_metric **metrics; /* = view.metrics, to write to */
    size_t                     capacity;
    struct arena             **arenas; /* what the metrics live in; counted */
    size_t                     arena_count, arena_room;
    struct arena              *own;    /* of them: what is added goes here; NULL: not yet */
    struct series_index       *index;  /* series made in `own`, while it is built */
    const struct vane_tag     *extra;  /* tags of series made from now on */
    size_t                     extra_count;
    int64_t                    arrival; /* of metrics added from now on; 0: stamped at the emit */
    int64_t                    next;    /* position, where has_next */
    bool                       has_next;
};

struct batch *batch_new(void);
struct batch *batch_of(struct vane_batch *view);
const struct batch *batch_of_const(const struct vane_batch *view);
struct batch *batch_ref(struct batch *batch);   /* [any] */
void batch_unref(struct batch *batch);          /* [any]; NULL is fine */

/* The end of building: dropped places and metrics without fields go, times that the host gives
 * become `now`, the index is freed. */
void batch_seal(struct batch *batch, int64_t now);

/* A batch to change: this one if the caller is its only holder, else a new array over the same
 * arenas. Takes the caller's reference, answers with one. */
struct batch *batch_own(struct batch *batch);

/* A shorter batch over the same arenas, with the metrics for which keep() answers true; a new
 * reference to the same batch where it keeps all, NULL where it keeps none. */
struct batch *batch_filter(struct batch *batch, bool (*keep)(const struct vane_metric *, void *), void *context);

/* Adds metrics from .. to - 1 of a batch to an empty one, over the same arenas. */
void batch_borrow(struct batch *batch, const struct batch *from, size_t first, size_t end);

/* Copies the metrics into one arena of their own where they are a small remnant of what they pin. */
void batch_compact(struct batch *batch);

size_t batch_bytes(const struct batch *batch); /* memory that it pins: arenas and array */

/* ---- For decoders: what the public functions do, without searching or copying ---- */

struct arena *batch_arena(struct batch *batch); /* what is added goes here; lives as long as the batch */

/* A metric over fields that lie in the batch's arena, keys distinct, texts NUL-terminated. */
struct vane_metric *batch_add_fields(struct batch *batch, const struct vane_series *series, int64_t time,
                                     struct vane_field *fields, size_t count);

/* Series by the text they were decoded from, so that a series is parsed once a batch. The text
 * must lie in the batch's arena. */
const struct vane_series *batch_series_of_text(struct batch *batch, const char *text, size_t length);
void batch_remember_series(struct batch *batch, const char *text, size_t length, const struct vane_series *series);
const struct vane_series *batch_series(struct batch *batch, const char *name, size_t name_length,
                                       const struct vane_tag *tags, size_t count);
