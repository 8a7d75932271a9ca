/* emit - see emit.h. A window of one pane is read where it lies; others are merged in a scratch row of
 * cells. */
#include "plugins/window/emit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"
#include "plugins/window/fill.h"
#include "plugins/window/pane.h"
#include "plugins/window/result.h"

/* ---- Putting a window together ---- */

/* The scratch row has cells for all fields of a shape; new ones are empty. */
static void widen(struct window *window, const struct shape *shape)
{
    struct scratch *scratch = &window->scratch;
    scratch->shape = shape;
    if (shape->slots > scratch->room) {
        size_t size = window->plan.cell_size;
        scratch->cells = memory_resize(scratch->cells, shape->slots, size);
        memset(scratch->cells + scratch->room * size, 0, (shape->slots - scratch->room) * size);
        scratch->room = shape->slots;
    }
    scratch->slots = shape->slots;
}

/* The scratch row's slot of a field of another shape. */
static uint32_t slot_of(struct window *window, const struct field *field)
{
    struct shape *shape = (struct shape *)window->scratch.shape;
    int at = shape_find(shape, field->name, field->length, 0);
    if (at < 0) {
        struct shape *larger = shape_with(&window->shapes, shape, field->name, field->length);
        if (!larger)
            return UINT32_MAX;
        widen(window, larger);
        at = (int)larger->count - 1;
    }
    return (uint32_t)window->scratch.shape->columns[at].slot;
}

static void merge(struct window *window, const struct share *share, const struct pane *pane)
{
    if (!window->scratch.shape)
        widen(window, share->shape);
    bool same = window->scratch.shape == share->shape;
    for (uint32_t slot = 0; slot < pane->slots; slot++) {
        uint32_t to = same ? slot : slot_of(window, shape_field(share->shape, slot));
        if (to == UINT32_MAX)
            continue;
        plan_merge(&window->plan, window->scratch.cells + to * window->plan.cell_size, pane_cell(window,
                                                                                                 pane, slot));
    }
}

static void empty(struct window *window)
{
    for (uint32_t slot = 0; slot < window->scratch.slots; slot++)
        plan_release_cell(&window->plan, window->scratch.cells + slot * window->plan.cell_size);
    window->scratch.slots = 0;
    window->scratch.shape = NULL;
}

void emit_begin(struct merging *merging, struct window *window, struct group *group)
{
    *merging = (struct merging){ .window = window, .group = group };
}

void emit_pane(struct merging *merging, const struct share *share, const struct pane *pane)
{
    if (merging->any && !merging->merged) {
        merge(merging->window, merging->share, merging->pane);
        merging->merged = true;
    }
    if (merging->any)
        merge(merging->window, share, pane);
    merging->share = share;
    merging->pane = pane;
    merging->any = true;
}

static struct result result_of(const struct merging *merging, int64_t start, int64_t end)
{
    const struct scratch *scratch = &merging->window->scratch;
    bool merged = merging->merged;
    return (struct result){
        .group = merging->group, .start = start, .end = end,
        .shape = merged ? scratch->shape : merging->share->shape,
        .cells = merged ? scratch->cells : merging->pane->cells,
        .slots = merged ? scratch->slots : merging->pane->slots,
    };
}

void emit_end(struct merging *merging, int64_t start, int64_t end)
{
    struct window *window = merging->window;
    bool half = merging->any && emit_is_half(merging->group, start);
    if (merging->any && !half) {
        struct result result = result_of(merging, start, end);
        result_emit(window, &result);
        window->tally.windows++;
    }
    window->tally.discarded += half;
    if (merging->merged)
        empty(window);
}

void emit_end_filling(struct merging *merging, int64_t number)
{
    struct window *window = merging->window;
    const struct calendar *calendar = &window->calendar;
    int64_t start = calendar_window_start(calendar, number);
    if (merging->any && window->options.fill != FILL_NONE && !emit_is_half(merging->group, start)) {
        struct result result = result_of(merging, start, calendar_window_end(calendar, number));
        fill_before(window, &result, number);
        fill_remember(window, &result, number);
    }
    emit_end(merging, start, calendar_window_end(calendar, number));
}

bool emit_is_half(const struct group *group, int64_t start)
{
    for (const struct share *share = group->shares; share; share = share->next)
        if (start < share->lane->floor)
            return true;
    return false;
}

/* ---- Sending ---- */

void emit_late(struct window *window, const struct vane_metric *metric)
{
    if (!window->side)
        window->side = vane_batch_new(window->self);
    vane_add_copy(window->side, metric);
}

void emit_flush(struct window *window)
{
    struct vane_batch *out = window->out, *side = window->side;
    window->out = window->side = NULL;
    if (out)
        vane_emit(window->self, out);
    if (side)
        vane_emit_to(window->self, side, "late");
}

void emit_release(struct window *window)
{
    if (window->out)
        vane_batch_free(window->out);
    if (window->side)
        vane_batch_free(window->side);
    for (uint32_t slot = 0; slot < window->scratch.room; slot++)
        plan_release_cell(&window->plan, window->scratch.cells + slot * window->plan.cell_size);
    free(window->scratch.cells);
}
