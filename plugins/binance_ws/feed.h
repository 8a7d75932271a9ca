/* feed - a run of streams, and the connection that brings them: at any time one, for a moment two.
 *
 *     no connection ──attempts, with back-off──▶ main
 *     main, which is to end ──attempts──▶ main and spare ──both complete──▶ the spare is main
 *
 * The exchange ends a connection after 24 hours, or announces that it will. Then the spare is opened beside
 * the main one and asked for the same streams. What it brings is put aside until the main one has brought
 * all that was sent before (a ping comes back), or has ended; then what was put aside is taken, without
 * what the main one has brought (see seen.h). So nothing is missed, nothing taken twice, and the order
 * within a stream is kept. Own thread.
 */
#pragma once
#include "plugins/binance_ws/client.h"

struct feed {
    struct client      *client;
    size_t              number; /* from 1 */
    struct plan_stream *streams;
    size_t              count;
    struct connection  *main, *spare;

    /* Attempts. */
    uint64_t lookup;   /* the one that is waited for; 0: none */
    int64_t  due;      /* no attempt before this */
    unsigned failures; /* since the last event; of attempts to open a spare: since the last change */
    unsigned spare_failures;

    /* What was said about it. */
    bool    up, ever_up, told, told_refused, told_spare;
    int64_t since; /* when it went down, or began */

    /* The change from one connection to the next. */
    bool             renewing;
    char             reason[96];
    int64_t          renew_after; /* of a connection's life, ns; differs a little between feeds; 0: never */
    bool             leaving, spare_leaving; /* the exchange has announced the end of main, of spare */
    int64_t          overlap;     /* both are complete: until then both stay; 0: they are not */
    uint64_t         barrier;     /* 0: none */
    int64_t          barrier_until;
    struct vane_text parked;      /* messages of the spare: length (size_t), text, … */
    unsigned         seam;
    int64_t          seam_until;

    int64_t check_silence; /* when to look for silent streams; 0: that is done */
};

void feed_init(struct feed *feed, struct client *client, size_t number, struct plan_stream *streams,
               size_t count);
void feed_release(struct feed *feed);

/* Does what is due, and answers when there will be more; INT64_MAX: when something happens. */
int64_t feed_advance(struct feed *feed, int64_t now);

/* ---- What its connections bring ---- */

void feed_message(void *owner, struct connection *connection, const char *text, size_t length);
void feed_skipped(void *owner, enum connection_skip why, const char *excerpt, size_t length);
