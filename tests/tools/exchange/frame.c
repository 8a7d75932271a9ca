/* frame - see frame.h. Written here and not taken from a library, because a test must be able
 * to ask for frames that every library refuses to send. */
#include "tests/tools/exchange/frame.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"

static struct frame *new_frame(size_t capacity)
{
    struct frame *frame = alloc_resize(NULL, size_add(sizeof *frame, capacity), 1);
    frame->holders = 1;
    frame->length = 0;
    return frame;
}

static size_t write_head(char *out, bool final, enum frame_opcode opcode, size_t length)
{
    out[0] = (char)((final ? 0x80 : 0) | (int)opcode);
    int extra = length <= FRAME_LARGEST_CONTROL ? 0 : length <= 0xffff ? 2 : 8;
    out[1] = (char)(extra == 0 ? length : extra == 2 ? 126 : 127);
    for (int i = 0; i < extra; i++)
        out[2 + i] = (char)(length >> (8 * (extra - 1 - i)) & 0xff);
    return 2 + (size_t)extra;
}

static void append(struct frame *frame, bool final, enum frame_opcode opcode, const char *payload,
                   size_t length)
{
    frame->length += write_head(frame->bytes + frame->length, final, opcode, length);
    if (length)
        memcpy(frame->bytes + frame->length, payload, length);
    frame->length += length;
}

struct frame *frame_new(enum frame_opcode opcode, const char *payload, size_t length)
{
    struct frame *frame = new_frame(size_add(length, FRAME_HEAD));
    append(frame, true, opcode, payload, length);
    return frame;
}

struct frame *frame_new_fragmented(const char *text, size_t length)
{
    static const char ping[] = FRAME_FRAGMENT_PING;
    size_t part = length / 3;
    struct frame *frame = new_frame(size_add(length, 4 * FRAME_HEAD + sizeof ping));
    append(frame, false, FRAME_TEXT, text, part);
    append(frame, true, FRAME_PING, ping, sizeof ping - 1);
    append(frame, false, FRAME_CONTINUATION, text + part, part);
    append(frame, true, FRAME_CONTINUATION, text + 2 * part, length - 2 * part);
    return frame;
}

struct frame *frame_new_close(unsigned code, const char *reason)
{
    char payload[FRAME_LARGEST_CONTROL];
    size_t length = strlen(reason);
    if (length > sizeof payload - 2)
        length = sizeof payload - 2;
    payload[0] = (char)(code >> 8);
    payload[1] = (char)(code & 0xff);
    memcpy(payload + 2, reason, length);
    return frame_new(FRAME_CLOSE, payload, length + 2);
}

struct frame *frame_new_raw(const char *bytes, size_t length)
{
    struct frame *frame = new_frame(length);
    memcpy(frame->bytes, bytes, length);
    frame->length = length;
    return frame;
}

struct frame *frame_ref(struct frame *frame)
{
    frame->holders++;
    return frame;
}

void frame_unref(struct frame *frame)
{
    if (frame && --frame->holders == 0)
        free(frame);
}

static bool is_known(enum frame_opcode opcode)
{
    return opcode <= FRAME_BINARY || (opcode >= FRAME_CLOSE && opcode <= FRAME_PONG);
}

/* The payload's length as the head says it, and where the head goes on; false when cut short. */
static bool read_length(const unsigned char *bytes, size_t length, uint64_t *payload, size_t *head)
{
    unsigned code = bytes[1] & 0x7f;
    size_t extra = code < 126 ? 0 : code == 126 ? 2 : 8;
    if (length < 2 + extra)
        return false;
    *payload = extra ? 0 : code;
    for (size_t i = 0; i < extra; i++)
        *payload = *payload << 8 | bytes[2 + i];
    *head = 2 + extra;
    return true;
}

enum frame_status frame_read(char *bytes, size_t length, size_t largest, struct frame_in *in, size_t *used)
{
    enum { MASK = 4 };
    const unsigned char *head = (const unsigned char *)bytes;
    uint64_t payload;
    size_t at;
    if (length < 2)
        return FRAME_PARTIAL;
    enum frame_opcode opcode = (enum frame_opcode)(head[0] & 0x0f);
    bool final = head[0] & 0x80, control = opcode >= FRAME_CLOSE;
    bool reserved = head[0] & 0x70, masked = head[1] & 0x80;
    if (reserved || !is_known(opcode) || !masked || (control && (!final || (head[1] & 0x7f) > 125)))
        return FRAME_MALFORMED;
    if (!read_length(head, length, &payload, &at))
        return FRAME_PARTIAL;
    if (payload > largest)
        return FRAME_TOO_LARGE;
    if (length < at + MASK + payload)
        return FRAME_PARTIAL;
    *in = (struct frame_in){opcode, final, bytes + at + MASK, (size_t)payload};
    for (size_t i = 0; i < in->length; i++)
        in->payload[i] = (char)(in->payload[i] ^ bytes[at + i % MASK]);
    *used = at + MASK + in->length;
    return FRAME_READY;
}
