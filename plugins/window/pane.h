/* pane - the panes of a share, oldest to newest by start. Own thread.
 */
#pragma once
#include "plugins/window/window.h"

/* A new pane in front of `newer` (NULL: it is the newest), empty. */
struct pane *pane_insert(struct window *window, struct share *share, struct pane *newer, int64_t start,
                         int64_t end);
void pane_remove(struct window *window, struct share *share, struct pane *pane);

/* Adds a value, making room for a field that is new. The pane may move: the answer is where it is. */
struct pane *pane_add(struct window *window, struct share *share, struct pane *pane, uint32_t slot,
                      const struct sample *sample);

/* All values of a pane into another, which may move. */
struct pane *pane_merge(struct window *window, struct share *share, struct pane *pane,
                        const struct pane *from);

bool pane_is_empty(const struct window *window, const struct pane *pane);

static inline char *pane_cell(const struct window *window, const struct pane *pane, uint32_t slot)
{
    return (char *)pane->cells + slot * window->plan.cell_size;
}

/* The oldest and the newest pane over all shares; NULL: there is none. */
struct pane *pane_oldest(const struct group *group);
