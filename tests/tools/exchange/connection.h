/* connection - one client from accept to close.
 *
 *     UPGRADING ─▶ OPEN ─▶ CLOSING ─▶ DEAD     (STALLED: never answered, waits to be closed)
 *
 * The server calls connection_read when bytes have come, and connection_tend once a turn: deadlines,
 * then writing what waits. A dead connection is freed by the server. Times are monotonic ns.
 * Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "tests/tools/exchange/session.h"
#include "tests/tools/exchange/wire.h"

struct counters {
    unsigned long long accepted;
    unsigned long long control_messages; /* JSON requests */
    unsigned long long pings, pongs;     /* received */
    unsigned long long ignored;          /* messages beyond message_bytes */
    unsigned long long rate_limited;     /* connections closed for it */
    unsigned long long pong_timeouts;
    unsigned long long overflowed;       /* slow clients closed */
    unsigned long long refused;          /* upgrades */
};

/* What all connections share. */
struct gate {
    struct hub hub;
    struct limits limits;
    struct counters counters;
    bool stall_upgrade; /* requests are read and never answered */
    int refuse;         /* an HTTP status that every upgrade gets, or 0 */
    int retry_after;    /* seconds, for the refusal's header, or 0 */
};

enum connection_state {
    CONNECTION_UPGRADING,
    CONNECTION_STALLED,
    CONNECTION_OPEN,
    CONNECTION_CLOSING, /* nothing more is queued; waits until all is out and the peer has ended */
    CONNECTION_DEAD,
};

struct connection {
    struct gate *gate;
    struct wire wire;
    enum connection_state state;
    struct session session;
    struct bytes incoming; /* not yet a whole request or frame */
    struct bytes message;  /* parts of a fragmented message */
    bool finished;         /* our side of the socket is shut */
    unsigned events;       /* the epoll set this socket is registered for; the server's */

    int64_t expires;       /* end of the lifetime */
    int64_t next_ping;
    int64_t unanswered;    /* when the oldest ping without a pong was sent; 0: none */
    int64_t unanswered_id; /* its payload */
    int64_t last_ping_id;
    int64_t close_at;      /* ordered by a shutdown; 0: none */
    int64_t dead_at;       /* end of patience while closing */
    int64_t window;        /* start of the second in which messages are counted */
    size_t messages;       /* in it */

    struct connection *next;
};

struct connection *connection_new(struct gate *gate, int fd, struct ssl_ctx_st *tls, int64_t now);
void connection_free(struct connection *connection);

void connection_read(struct connection *connection, int64_t now);

/* Returns when it wants to be called again, MOMENT_NEVER if only for events. */
int64_t connection_tend(struct connection *connection, int64_t now);
bool connection_blocked(const struct connection *connection); /* waits for the socket to take bytes */

/* Open connections only; others are left alone. */
void connection_send(struct connection *connection, struct frame *frame);
void connection_send_text(struct connection *connection, const char *text, size_t length);
void connection_close(struct connection *connection, unsigned code, const char *reason, int64_t now);

void connection_reset(struct connection *connection); /* any state: TCP reset, dead */
