/* session - what one client has asked for: its subscriptions and properties, and the answers.
 *
 * No socket is involved: text goes in, the answer comes out. Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/tools/exchange/handshake.h"
#include "tests/tools/exchange/hub.h"
#include "tests/tools/exchange/request.h"

/* The exchange's rules for a connection; durations in ns. */
struct limits {
    size_t streams;        /* of a connection */
    size_t messages;       /* a client may send in a second; 0: any number */
    size_t message_bytes;  /* longer messages are ignored without an answer */
    size_t buffer_bytes;   /* that may wait for a slow client */
    int64_t ping_interval; /* 0: no pings */
    int64_t pong_timeout;
    int64_t lifetime;      /* of a connection; 0: for ever */
    enum request_error_shape error_shape;
};

struct subscription {
    char *name;
    struct topic *topic; /* NULL: nothing will come */
};

struct session {
    struct subscriber subscriber;
    struct hub *hub;
    const struct limits *limits;
    struct subscription *subscriptions; /* in the order they were made */
    size_t count, capacity;
};

void session_init(struct session *session, struct hub *hub, const struct limits *limits);
void session_release(struct session *session); /* unsubscribes; the outbox goes too */

/* The streams of the request line; names that are not valid are passed over, as the exchange does.
 * False: more than a connection may have. */
bool session_open(struct session *session, const struct handshake *handshake);
void session_unsubscribe_all(struct session *session);

/* Carries out one control message and appends the answer. */
void session_handle(struct session *session, const char *text, size_t length, struct bytes *answer);
