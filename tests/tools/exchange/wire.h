/* wire - bytes in and out of one non-blocking socket, plain or TLS.
 *
 * Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "core/error.h"

struct ssl_st;
struct ssl_ctx_st;

struct wire {
    int fd;
    struct ssl_st *tls; /* NULL: plain */
    bool wants_write;   /* a TLS read waits for the socket to take bytes */
};

/* For a server with this certificate (chain) and key, PEM files; NULL on failure. */
struct ssl_ctx_st *wire_tls_new(const char *certificate, const char *key, struct error *err);
void wire_tls_free(struct ssl_ctx_st *context); /* NULL is fine */

void wire_init(struct wire *wire, int fd, struct ssl_ctx_st *context); /* context NULL: plain */

/* Both: bytes moved, 0 when the socket would block, -1 when the connection is over. */
long wire_read(struct wire *wire, char *buffer, size_t length);
long wire_write(struct wire *wire, const struct iovec *pieces, size_t count);

void wire_finish(struct wire *wire); /* no more will be written: the peer reads an orderly end */
void wire_reset(struct wire *wire);  /* closes with a TCP reset */
void wire_close(struct wire *wire);
