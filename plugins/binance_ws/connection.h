/* connection - one websocket, from the attempt to open it to its end, whatever that is.
 *
 *     OPENING ─▶ OPEN ─▶ CLOSED          `why` says how it ended; it never opens again
 *
 * It asks for its streams, pings, and puts messages together; what they say is the owner's. An end is a
 * refused or broken socket, an HTTP status, a certificate, a close frame, silence, a ping or a request
 * without an answer: all look alike to the owner, who finds the state CLOSED after a turn, and only then
 * frees it. Times are monotonic ns. Own thread; the handlers are called from inside websocket_turn.
 */
#pragma once
#include "plugins/binance_ws/endpoint.h"
#include "plugins/binance_ws/requests.h"
#include "plugins/shared/websocket.h"

struct connection;

enum connection_skip { CONNECTION_TOO_LARGE, CONNECTION_NOT_TEXT };

struct connection_settings {
    struct websocket *websocket;
    struct endpoint   exchange, proxy; /* proxy.host "": none */
    int64_t           connect_timeout; /* of opening, and of an answer to a request */
    int64_t           silence_timeout; /* without an event; 0: none */
    int64_t           ping_interval;   /* 0: no pings */
    size_t            max_frame_size;
    uint64_t         *bytes;           /* counts what is received */
    void (*message)(void *owner, struct connection *connection, const char *text, size_t length);
    /* A message was passed over; the excerpt is its beginning. */
    void (*skipped)(void *owner, enum connection_skip why, const char *excerpt, size_t length);
};

enum connection_state { CONNECTION_OPENING, CONNECTION_OPEN, CONNECTION_CLOSED };

struct connection {
    const struct connection_settings *settings;
    void                             *owner;
    enum connection_state             state;
    char                              why[192]; /* CLOSED */
    char                              address[64];
    int                               status;   /* HTTP, of an upgrade that was refused; 0: it was not */
    int64_t                           began, opened;
    int64_t                           heard;    /* when the last event came; the owner's to set */
    struct requests                   requests;

    struct lws      *wsi;               /* NULL: it is gone */
    int64_t          asked;             /* when the last request was sent */
    int64_t          pinged;            /* when the last ping was */
    uint64_t         ping, pong;        /* numbers of the last ones */
    bool             ping_wanted;
    bool             received;          /* something since the last ping: its pong may be behind a backlog */
    bool             skipping;          /* the message that comes is too large */
    struct vane_text parts;             /* of a message that comes in several pieces */
};

/* What libwebsockets is to know of connections. */
extern const struct lws_protocols connection_protocol;

/* Begins to open one to this numeric address, which is the proxy's where there is one. */
struct connection *connection_new(const struct connection_settings *settings, void *owner,
                                  const char *address, const struct plan_stream *streams, size_t count);

/* Closes it first where it is open; nothing more comes from it. NULL is fine. */
void connection_free(struct connection *connection);

/* Looks at its deadlines, and answers when to do so again; INT64_MAX: no need to. */
int64_t connection_tend(struct connection *connection, int64_t now);

/* A barrier: everything that the exchange sent before it saw this ping has come when connection_passed says
 * so. */
uint64_t connection_barrier(struct connection *connection);
bool connection_passed(const struct connection *connection, uint64_t barrier);

/* Are all its streams asked for and answered? */
bool connection_ready(const struct connection *connection);
