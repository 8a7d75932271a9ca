/* outbox - see outbox.h. */
#include "tests/tools/exchange/outbox.h"

#include <stdlib.h>

#include "core/alloc.h"

static struct frame **slot(const struct outbox *outbox, size_t index)
{
    return &outbox->frames[(outbox->head + index) & (outbox->capacity - 1)];
}

void outbox_release(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->count; i++)
        frame_unref(*slot(outbox, i));
    free(outbox->frames);
    *outbox = (struct outbox){0};
}

static void grow(struct outbox *outbox)
{
    struct outbox wider = *outbox;
    wider.capacity = alloc_grow(outbox->capacity, outbox->count + 1);
    wider.frames = alloc_array(wider.capacity, sizeof *wider.frames);
    wider.head = 0;
    for (size_t i = 0; i < outbox->count; i++)
        wider.frames[i] = *slot(outbox, i);
    free(outbox->frames);
    *outbox = wider;
}

void outbox_push(struct outbox *outbox, struct frame *frame)
{
    if (outbox->count == outbox->capacity)
        grow(outbox);
    *slot(outbox, outbox->count++) = frame_ref(frame);
    outbox->bytes += frame->length;
}

size_t outbox_gather(const struct outbox *outbox, struct iovec *pieces, size_t limit)
{
    size_t count = 0;
    for (; count < outbox->count && count < limit; count++) {
        struct frame *frame = *slot(outbox, count);
        size_t from = count == 0 ? outbox->sent : 0;
        pieces[count] = (struct iovec){frame->bytes + from, frame->length - from};
    }
    return count;
}

void outbox_advance(struct outbox *outbox, size_t written)
{
    outbox->bytes -= written;
    outbox->sent += written;
    while (outbox->count && outbox->sent >= (*slot(outbox, 0))->length) {
        struct frame *frame = *slot(outbox, 0);
        outbox->sent -= frame->length;
        outbox->head = (outbox->head + 1) & (outbox->capacity - 1);
        outbox->count--;
        frame_unref(frame);
    }
}
