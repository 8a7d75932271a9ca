/* pane - see pane.h. */
#include "plugins/window/pane.h"

static size_t size_of(const struct window *window, uint32_t slots)
{
    return sizeof(struct pane) + slots * window->plan.cell_size;
}

/* Its neighbours and its share point to it. */
static void link_pane(struct share *share, struct pane *pane)
{
    if (pane->older)
        pane->older->newer = pane;
    else
        share->oldest = pane;
    if (pane->newer)
        pane->newer->older = pane;
    else
        share->newest = pane;
}

struct pane *pane_insert(struct window *window, struct share *share, struct pane *newer, int64_t start,
                         int64_t end)
{
    uint32_t slots = share->shape->slots;
    struct pane *pane = budget_zero(&window->budget, size_of(window, slots));
    pane->start = start;
    pane->end = end;
    pane->slots = slots;
    pane->newer = newer;
    pane->older = newer ? newer->older : share->newest;
    link_pane(share, pane);
    return pane;
}

void pane_remove(struct window *window, struct share *share, struct pane *pane)
{
    if (pane->older)
        pane->older->newer = pane->newer;
    else
        share->oldest = pane->newer;
    if (pane->newer)
        pane->newer->older = pane->older;
    else
        share->newest = pane->older;
    for (uint32_t slot = 0; window->plan.grows && slot < pane->slots; slot++)
        plan_release_cell(&window->plan, pane_cell(window, pane, slot));
    budget_free(&window->budget, pane, size_of(window, pane->slots));
}

static struct pane *widen(struct window *window, struct share *share, struct pane *pane, uint32_t slots)
{
    if (slots <= pane->slots)
        return pane;
    size_t old = size_of(window, pane->slots), size = size_of(window, slots);
    pane = budget_resize(&window->budget, pane, old, size);
    memset((char *)pane + old, 0, size - old);
    pane->slots = slots;
    link_pane(share, pane);
    return pane;
}

struct pane *pane_add(struct window *window, struct share *share, struct pane *pane, uint32_t slot,
                      const struct sample *sample)
{
    if (slot >= pane->slots)
        pane = widen(window, share, pane, share->shape->slots);
    plan_add(&window->plan, pane_cell(window, pane, slot), sample);
    return pane;
}

struct pane *pane_merge(struct window *window, struct share *share, struct pane *pane,
                        const struct pane *from)
{
    pane = widen(window, share, pane, from->slots);
    for (uint32_t slot = 0; slot < from->slots; slot++)
        plan_merge(&window->plan, pane_cell(window, pane, slot), pane_cell(window, from, slot));
    return pane;
}

bool pane_is_empty(const struct window *window, const struct pane *pane)
{
    for (uint32_t slot = 0; slot < pane->slots; slot++)
        if (plan_count(pane_cell(window, pane, slot)))
            return false;
    return true;
}

struct pane *pane_oldest(const struct group *group)
{
    struct pane *oldest = NULL;
    for (const struct share *share = group->shares; share; share = share->next)
        if (share->oldest && (!oldest || share->oldest->start < oldest->start))
            oldest = share->oldest;
    return oldest;
}
