/* handshake - the HTTP request that opens a websocket, and the answer to it.
 *
 *     GET /ws[/<stream>...][?timeUnit=..]   raw payloads
 *     GET /stream?streams=a/b/c[&timeUnit=..] or /stream   wrapped payloads
 *
 * Any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "tests/tools/exchange/bytes.h"
#include "tests/tools/exchange/payload.h"

enum {
    HANDSHAKE_LARGEST = 65536, /* bytes of a request; beyond: status 431 */
};

struct handshake {
    int status;     /* 101, or the HTTP status that refuses it */
    bool combined;
    enum time_unit unit;
    char *streams;  /* names with / between them, percent-decoded; "" for none */
    char *key;      /* Sec-WebSocket-Key */
};

/* Reads a request at the start of `data`. The answer is its length, 0 while it is not complete. */
size_t handshake_read(const char *data, size_t length, struct handshake *handshake);
void handshake_release(struct handshake *handshake);

void handshake_accept(struct bytes *out, const char *key);
void handshake_refuse(struct bytes *out, int status, int retry_after); /* seconds; 0: header left out */
