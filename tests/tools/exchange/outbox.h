/* outbox - what waits to be written to one connection: a queue of shared frames, in order.
 *
 * Zero is a valid, empty outbox. Own thread.
 */
#pragma once
#include <stddef.h>
#include <sys/uio.h>

#include "tests/tools/exchange/frame.h"

struct outbox {
    struct frame **frames; /* a ring */
    size_t capacity;       /* a power of two, or 0 */
    size_t head, count;
    size_t sent;  /* bytes of the first frame that are gone already */
    size_t bytes; /* that wait */
};

void outbox_release(struct outbox *outbox);
void outbox_push(struct outbox *outbox, struct frame *frame); /* becomes one more holder */

/* The bytes that wait, as at most `limit` pieces; then how many of them were written. */
size_t outbox_gather(const struct outbox *outbox, struct iovec *pieces, size_t limit);
void outbox_advance(struct outbox *outbox, size_t written);
