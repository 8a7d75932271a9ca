/* client - the connections of one instance: what they share, and the loop that keeps them going.
 *
 *     client_open ─▶ client_turn, again and again ─▶ client_close
 *
 * Streams are divided among feeds, each of which keeps one connection. They share the thread, the lookup of
 * the host's name, the budget of attempts and the intake. Own thread.
 */
#pragma once
#include "plugins/binance_ws/backoff.h"
#include "plugins/binance_ws/connection.h"
#include "plugins/binance_ws/intake.h"
#include "plugins/binance_ws/resolver.h"
#include "plugins/binance_ws/trust.h"

struct feed;

struct client_options {
    struct vane_strings symbols, streams;
    struct endpoint     exchange, proxy;
    const char         *tls_ca;
    size_t              streams_per_connection, max_frame_size;
    int64_t             renew_after, connect_timeout, silence_timeout, stream_silence, ping_interval; /* ns */
};

struct client {
    struct vane_self          *self;
    struct client_options      options;
    struct intake              intake;
    struct plan                plan;
    struct connection_settings connections;
    struct websocket          *websocket;
    SSL_CTX                   *trust; /* NULL: without TLS */
    struct feed               *feeds;
    size_t                     feed_count;
    uint64_t                   chance; /* state of backoff_chance */
    struct backoff_budget      budget;

    struct resolver           *resolver;
    struct resolver_found      found;
    uint64_t                   lookups, looked_up; /* numbers of the newest that began, that ended */
    int64_t                    found_at;
    size_t                     next_address; /* goes on from lookup to lookup, so that each gets its turn */
};

/* VANE_FAIL: something that trying again will not mend. client_close follows either way. */
enum vane_result client_open(struct client *client, struct vane_self *self,
                             const struct client_options *options);
void client_close(struct client *client);

/* One round: sleeps until something happens, then takes what has come. False: the agent is stopping. */
bool client_turn(struct client *client);

/* ---- For feeds ---- */

/* Begins to look the host up, and answers the number of the lookup, which client.looked_up will reach. */
uint64_t client_look_up(struct client *client);

/* An address of the host after a lookup, another one each time; NULL: the lookup failed, see found.failure.
 */
const char *client_next_address(struct client *client);
