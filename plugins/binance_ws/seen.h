/* seen - which events have come already: what two connections deliver twice is taken once.
 *
 * An event of a stream is identified by up to three numbers that never go down within the stream (ids,
 * event times), compared in that order. While one connection takes over from another there is a
 * seam: both bring the stream's events in the same order, the new one beginning somewhere before the end
 * of the old one. Everything of the old connection is taken; then of the new one what is not newer than
 * the last one taken is a duplicate, up to the first that is. From there on the stream has one source again
 * and nothing is asked, so that ids that begin anew (a test network is wiped) do no harm.
 *
 * A stream of the whole market has such a state for each symbol in it. Zero is a valid, empty value.
 * Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct identity {
    int64_t number[3];
};

struct seen_symbol {
    char           *name; /* NULL: a free place */
    struct identity last;
    unsigned        seam; /* the last one that is over for it; 0: none */
    bool            any;  /* an event has come */
};

struct seen {
    struct seen_symbol  one;   /* of a stream of one symbol */
    struct seen_symbol *table; /* of the whole market: open addressing, `room` is a power of two */
    size_t              count, room;
};

void seen_release(struct seen *seen);

/* The state of a symbol in a stream of the whole market; NULL: for the stream's only one. A stream
 * holds at most SEEN_MOST symbols; beyond that they share one state that knows nothing. */
enum { SEEN_MOST = 65536 };
struct seen_symbol *seen_symbol(struct seen *seen, const char *symbol);

/* Is this event new? Then it is the last one. seam: the number of the seam that the stream is in, counted
 * from 1; 0: in none. */
bool seen_take(struct seen_symbol *symbol, const struct identity *identity, unsigned seam);
