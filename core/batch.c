/* batch - see batch.h. Counts of batches and of arenas are the only things that several threads
 * touch; what a sealed batch points to is read-only. */
#include "core/batch.h"

#include "core/alloc.h"
#include "core/hash.h"
#include "core/metric.h"
#include "core/series.h"
#include "core/series_index.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC = 0x76626174, FIRST_ARENA = 2048, TAGS_ON_STACK = 32, REMNANT = 4 };

struct batch *batch_new(void)
{
    struct batch *batch = alloc_zero(sizeof *batch);
    batch->magic = MAGIC;
    atomic_init(&batch->holders, 1);
    return batch;
}

struct batch *batch_of(struct vane_batch *view)
{
    struct batch *batch = (struct batch *)view;
    assert(batch->magic == MAGIC);
    return batch;
}

const struct batch *batch_of_const(const struct vane_batch *view)
{
    const struct batch *batch = (const struct batch *)view;
    assert(batch->magic == MAGIC);
    return batch;
}

struct batch *batch_ref(struct batch *batch)
{
    atomic_fetch_add_explicit(&batch->holders, 1, memory_order_relaxed);
    return batch;
}

static void free_index(struct batch *batch)
{
    series_index_free(batch->index);
    batch->index = NULL;
}

void batch_unref(struct batch *batch)
{
    /* acq_rel: the last holder frees only after the others have finished reading. */
    if (!batch || atomic_fetch_sub_explicit(&batch->holders, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < batch->arena_count; i++)
        arena_unref(batch->arenas[i]);
    free_index(batch);
    free(batch->arenas);
    free(batch->metrics);
    batch->magic = 0;
    free(batch);
}

static void hold_arena(struct batch *batch, struct arena *arena)
{
    if (batch->arena_count == batch->arena_room) {
        batch->arena_room = batch->arena_room ? batch->arena_room * 2 : 2;
        batch->arenas = alloc_resize(batch->arenas, batch->arena_room, sizeof(struct arena *));
    }
    batch->arenas[batch->arena_count++] = arena;
}

struct arena *batch_arena(struct batch *batch)
{
    if (!batch->own) {
        batch->own = arena_new(FIRST_ARENA);
        hold_arena(batch, batch->own);
    }
    return batch->own;
}

static void push(struct batch *batch, const struct vane_metric *metric)
{
    if (batch->view.count == batch->capacity) {
        batch->capacity = alloc_grow(batch->capacity, batch->view.count + 1);
        batch->metrics = alloc_resize(batch->metrics, batch->capacity, sizeof(struct vane_metric *));
        batch->view.metrics = batch->metrics;
    }
    batch->metrics[batch->view.count++] = metric;
}

/* ---- Building ---- */

struct vane_metric *batch_add_fields(struct batch *batch, const struct vane_series *series, int64_t time,
                                     struct vane_field *fields, size_t count)
{
    struct vane_metric *metric = arena_take(batch_arena(batch), sizeof *metric);
    *metric = (struct vane_metric){
        .series = series, .time = time, .arrival = batch->arrival, .fields = fields,
        .field_count = (uint32_t)count, .field_room = (uint32_t)count, .arena = batch->own,
    };
    push(batch, metric);
    return metric;
}

struct vane_metric *vane_add(struct vane_batch *view, const struct vane_series *series, int64_t time)
{
    return batch_add_fields(batch_of(view), series, time, NULL, 0);
}

struct vane_metric *vane_add_copy(struct vane_batch *view, const struct vane_metric *metric)
{
    struct batch *batch = batch_of(view);
    struct vane_metric *copy = metric_copy(batch_arena(batch), metric);
    copy->series = batch_series(batch, metric->series->name, metric->series->name_length, metric->series->tags,
                                metric->series->tag_count);
    push(batch, copy);
    return copy;
}

const struct vane_series *batch_series(struct batch *batch, const char *name, size_t name_length,
                                       const struct vane_tag *tags, size_t count)
{
    struct vane_tag on_stack[TAGS_ON_STACK];
    size_t room = count + batch->extra_count;
    struct vane_tag *sorted = room > TAGS_ON_STACK ? alloc_array(room, sizeof *sorted) : on_stack;
    struct vane_series draft;
    series_prepare(&draft, sorted, name, name_length, tags, count, batch->extra, batch->extra_count);

    if (!batch->index)
        batch->index = series_index_new();
    const struct vane_series *series = series_index_find(batch->index, draft.hash, NULL, 0, &draft);
    if (!series) {
        series = series_copy(batch_arena(batch), &draft);
        series_index_add(batch->index, draft.hash, NULL, 0, series);
    }
    if (sorted != on_stack)
        free(sorted);
    return series;
}

const struct vane_series *vane_series(struct vane_batch *view, const char *name, const struct vane_tag *tags,
                                      size_t count)
{
    return batch_series(batch_of(view), name, strlen(name), tags, count);
}

const struct vane_series *batch_series_of_text(struct batch *batch, const char *text, size_t length)
{
    if (!batch->index)
        return NULL;
    return series_index_find(batch->index, hash_bytes(text, length, 2), text, length, NULL);
}

void batch_remember_series(struct batch *batch, const char *text, size_t length, const struct vane_series *series)
{
    series_index_add(batch->index, hash_bytes(text, length, 2), text, length, series);
}

void vane_batch_tags(struct vane_batch *view, const struct vane_tag *tags, size_t count)
{
    struct batch *batch = batch_of(view);
    struct vane_tag *kept = arena_take_array(batch_arena(batch), count, sizeof *kept);
    for (size_t i = 0; i < count; i++) {
        kept[i] = tags[i];
        kept[i].key = arena_text(batch->own, tags[i].key, tags[i].key_length);
        kept[i].value = arena_text(batch->own, tags[i].value, tags[i].value_length);
    }
    batch->extra = kept;
    batch->extra_count = count;
    free_index(batch); /* what a text stands for depends on the extra tags */
}

void vane_batch_lane(struct vane_batch *view, const struct vane_lane *lane, int64_t next)
{
    struct batch *batch = batch_of(view);
    batch->view.lane = lane;
    batch->next = next;
    batch->has_next = true;
}

void vane_batch_arrival(struct vane_batch *view, int64_t arrival)
{
    batch_of(view)->arrival = arrival;
}

void vane_batch_free(struct vane_batch *view)
{
    batch_unref(batch_of(view));
}

/* ---- Editing ---- */

struct vane_metric *vane_edit(struct vane_batch *view, size_t i)
{
    struct batch *batch = batch_of(view);
    const struct vane_metric *metric = batch->metrics[i];
    if (arena_shared(metric->arena))
        batch->metrics[i] = metric_shallow_copy(batch_arena(batch), metric);
    return (struct vane_metric *)batch->metrics[i];
}

void vane_drop(struct vane_batch *view, size_t i)
{
    batch_of(view)->metrics[i] = NULL;
}

void vane_set_name(struct vane_batch *view, struct vane_metric *metric, const char *name)
{
    metric->series = vane_series(view, name, metric->series->tags, metric->series->tag_count);
}

/* What the draft has of the metric's series lies in arenas that the batch holds: only the new tag is copied. */
static const struct vane_series *keep_series(struct batch *batch, const struct vane_series *draft, uint32_t fresh)
{
    if (!batch->index)
        batch->index = series_index_new();
    const struct vane_series *series = series_index_find(batch->index, draft->hash, NULL, 0, draft);
    if (series)
        return series;
    series = series_keep(batch_arena(batch), draft, fresh);
    series_index_add(batch->index, series->hash, NULL, 0, series);
    return series;
}

void vane_set_tag(struct vane_batch *view, struct vane_metric *metric, const char *key, const char *value)
{
    struct batch *batch = batch_of(view);
    struct vane_tag on_stack[TAGS_ON_STACK], tag = vane_tag(key, value ? value : "");
    size_t room = metric->series->tag_count + (size_t)1;
    struct vane_tag *tags = room > TAGS_ON_STACK ? alloc_array(room, sizeof *tags) : on_stack;
    struct vane_series draft;
    uint32_t at = series_change(&draft, tags, metric->series, &tag);
    if (batch->extra_count)
        metric->series = batch_series(batch, draft.name, draft.name_length, draft.tags, draft.tag_count);
    else
        metric->series = keep_series(batch, &draft, at);
    if (tags != on_stack)
        free(tags);
}

/* ---- Travelling ---- */

static void squeeze(struct batch *batch)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->view.count; i++)
        if (batch->metrics[i] && batch->metrics[i]->field_count)
            batch->metrics[kept++] = batch->metrics[i];
    batch->view.count = kept;
}

void batch_seal(struct batch *batch, int64_t now)
{
    squeeze(batch);
    for (size_t i = 0; i < batch->view.count; i++) {
        /* Only what was added here can be unstamped, and nobody else holds that yet. */
        struct vane_metric *metric = (struct vane_metric *)batch->metrics[i];
        if (metric->time == VANE_NO_TIME)
            metric->time = now;
    }
    free_index(batch);
    batch->extra = NULL;
    batch->extra_count = 0;
}

void batch_borrow(struct batch *batch, const struct batch *from, size_t first, size_t end)
{
    assert(batch->view.count == 0);
    batch->capacity = end - first;
    batch->metrics = alloc_resize(batch->metrics, batch->capacity, sizeof(struct vane_metric *));
    batch->view.metrics = batch->metrics;
    memcpy(batch->metrics, from->metrics + first, batch->capacity * sizeof *batch->metrics);
    batch->view.count = batch->capacity;
    for (size_t i = 0; i < from->arena_count; i++)
        hold_arena(batch, arena_ref(from->arenas[i]));
}

/* All metrics of a batch in an array of its own. */
static struct batch *view_of(const struct batch *batch)
{
    struct batch *view = batch_new();
    view->view.lane = batch->view.lane;
    view->next = batch->next;
    view->has_next = batch->has_next;
    batch_borrow(view, batch, 0, batch->view.count);
    return view;
}

struct batch *batch_own(struct batch *batch)
{
    /* acquire: a holder that has let go has finished reading before we write. */
    if (atomic_load_explicit(&batch->holders, memory_order_acquire) == 1) {
        if (batch->own && arena_shared(batch->own))
            batch->own = NULL; /* others count its bytes: it must not grow any more */
        return batch;
    }
    struct batch *own = view_of(batch);
    batch_unref(batch);
    return own;
}

struct batch *batch_filter(struct batch *batch, bool (*keep)(const struct vane_metric *, void *), void *context)
{
    struct batch *kept = view_of(batch);
    kept->view.count = 0;
    for (size_t i = 0; i < batch->view.count; i++)
        if (keep(batch->metrics[i], context))
            kept->metrics[kept->view.count++] = batch->metrics[i];
    if (kept->view.count == batch->view.count || kept->view.count == 0) {
        bool all = kept->view.count != 0;
        batch_unref(kept);
        return all ? batch_ref(batch) : NULL;
    }
    batch_compact(kept);
    return kept;
}

void batch_compact(struct batch *batch)
{
    size_t pinned = 0, used = 0;
    for (size_t i = 0; i < batch->arena_count; i++)
        pinned += arena_bytes(batch->arenas[i]);
    for (size_t i = 0; i < batch->view.count; i++)
        used += metric_bytes(batch->metrics[i]);
    if (pinned <= 2 * FIRST_ARENA || used * REMNANT > pinned)
        return;
    struct batch *fresh = batch_new();
    for (size_t i = 0; i < batch->view.count; i++)
        batch->metrics[i] = vane_add_copy(&fresh->view, batch->metrics[i]);
    for (size_t i = 0; i < batch->arena_count; i++)
        arena_unref(batch->arenas[i]);
    batch->arena_count = 0;
    batch->own = NULL;
    if (fresh->own)
        hold_arena(batch, arena_ref(fresh->own));
    batch_unref(fresh);
}

size_t batch_bytes(const struct batch *batch)
{
    size_t bytes = sizeof *batch + batch->capacity * sizeof(struct vane_metric *);
    for (size_t i = 0; i < batch->arena_count; i++)
        bytes += arena_bytes(batch->arenas[i]);
    return bytes;
}
