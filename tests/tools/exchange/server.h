/* server - the one thread's loop: sockets, the source's pace, deadlines, control lines.
 *
 *     epoll ─▶ accept, read, control lines ─▶ due ticks ─▶ every connection: deadlines, write
 *
 * Ticks are sent in turns at least a millisecond apart, so that 10,000 a second cost a thousand
 * wake-ups. At speed 0 the source waits while any subscriber has more than a megabyte waiting.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/tools/exchange/connection.h"
#include "tests/tools/exchange/feed.h"
#include "tests/tools/exchange/pace.h"

struct server;

/* Carries out one control line and appends the one-line answer, without its newline. */
typedef void server_command(struct server *server, char *line, struct bytes *answer);

struct server {
    /* Set by the caller before server_run. */
    struct gate gate;
    struct feed feed;
    struct pace pace;
    struct ssl_ctx_st *tls; /* NULL: plain */
    server_command *command;
    size_t wait_for;        /* subscriptions before the source starts */
    bool exit_when_done;

    struct connection *connections;
    struct bytes commands; /* not yet a whole line of standard input */
    int listener, epoll, timer, signals;
    int64_t pumped;        /* when ticks were last sent */
    bool ended;            /* the source's end has been announced */
    bool stopping;
    int64_t stop_at;       /* end of patience while stopping */
};

/* Listens; *port is the port, 0 for any, and becomes the one that was taken. */
bool server_listen(struct server *server, const char *address, unsigned *port, struct error *err);

/* Until SIGINT or SIGTERM, or the source's end with exit_when_done. False: the source was broken. */
bool server_run(struct server *server, struct error *err);

/* A line of the control protocol, answered on standard output. */
void server_obey(struct server *server, char *line);
void server_release(struct server *server); /* connections, hub, source, sockets */
