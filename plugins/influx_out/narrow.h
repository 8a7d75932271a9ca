/* narrow - finds the points that a server refuses among those of a piece.
 *
 * A server may name bad lines, say how many it dropped, or say which field has the wrong type; where it says
 * nothing of use the piece is cut in halves. Such an answer is never taken as proof that the others were
 * written: what is not rejected is sent again until it is accepted, which changes nothing where it was
 * written already.
 * The part of the piece is measured. Own thread.
 */
#pragma once
#include "plugins/influx_out/answer.h"
#include "plugins/influx_out/parts.h"

/* Rejects the items whose lines the answer names, and shortens the piece to the others. */
void narrow_reject_named(struct parts *parts, struct piece *piece, const struct answer *answer);

/* Does the answer say that the server dropped all of it? */
bool narrow_all_dropped(const struct parts *parts, struct piece piece, const struct answer *answer);

/* Where to cut a piece of two items or more: behind those that are likely to be good, which may be
 * moved to the front, else in the middle. */
size_t narrow_cut(struct parts *parts, struct piece piece, const struct answer *answer);
