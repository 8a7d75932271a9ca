/* frame - websocket frames (RFC 6455): building the server's, reading the client's.
 *
 * What is sent is built once and shared: a frame counts its holders (the outboxes it waits in)
 * and goes with the last one. Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_opcode {
    FRAME_CONTINUATION = 0,
    FRAME_TEXT = 1,
    FRAME_BINARY = 2,
    FRAME_CLOSE = 8,
    FRAME_PING = 9,
    FRAME_PONG = 10,
};

enum {
    FRAME_HEAD = 14,            /* bytes of the longest head */
    FRAME_LARGEST_CONTROL = 125,
};

#define FRAME_FRAGMENT_PING "fragment" /* payload of the ping between the parts of a split message */

struct frame {
    size_t holders;
    size_t length;
    char bytes[]; /* as they go over the wire */
};

/* Each returns a frame with one holder. */
struct frame *frame_new(enum frame_opcode opcode, const char *payload, size_t length);
struct frame *frame_new_fragmented(const char *text, size_t length); /* part, ping, part, part */
struct frame *frame_new_close(unsigned code, const char *reason);
struct frame *frame_new_raw(const char *bytes, size_t length);       /* any bytes, for bad frames */
struct frame *frame_ref(struct frame *frame);
void frame_unref(struct frame *frame); /* NULL is fine */

/* One frame of a client. */
struct frame_in {
    enum frame_opcode opcode;
    bool final;
    char *payload; /* unmasked in place */
    size_t length;
};

enum frame_status {
    FRAME_READY,
    FRAME_PARTIAL,   /* more bytes are needed */
    FRAME_MALFORMED, /* close 1002: reserved bits or opcode, unmasked, bad control frame */
    FRAME_TOO_LARGE, /* close 1009 */
};

/* Reads one frame at the start of `bytes`; `*used` is what it took when it is FRAME_READY. */
enum frame_status frame_read(char *bytes, size_t length, size_t largest, struct frame_in *in, size_t *used);
