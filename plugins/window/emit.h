/* emit - results on their way: windows merged from panes, metrics made of them, sent in pieces.
 *
 * What is made while a batch is processed goes out in batches of at most EMIT_MOST metrics, so that a million
 * windows that close at once do not stand in memory at once. Own thread.
 */
#pragma once
#include "plugins/window/window.h"

enum { EMIT_MOST = 1000 };

/* A window being put together. */
struct merging {
    struct window      *window;
    struct group       *group;
    const struct share  *share;  /* of the only pane so far */
    const struct pane  *pane;  /* the only pane so far: it is read where it lies */
    bool                any, merged;
};

void emit_begin(struct merging *merging, struct window *window, struct group *group);
void emit_pane(struct merging *merging, const struct share *share, const struct pane *pane);

/* The result, where there is any value. number: of the window among those that `fill` goes through; sets what
 * the next one is filled from. */
void emit_end(struct merging *merging, int64_t start, int64_t end);
void emit_end_filling(struct merging *merging, int64_t number);

/* Did the window begin before a lane of the group was first read, after it was lost? Then it is a half: it is
 * counted as discarded, and not emitted. */
bool emit_is_half(const struct group *group, int64_t start);

void emit_late(struct window *window, const struct vane_metric *metric); /* to the route "late" */
void emit_flush(struct window *window);   /* what was made so far goes on */
void emit_release(struct window *window);
