/* client - see client.h. */
#include "plugins/binance_ws/client.h"

#include "plugins/binance_ws/feed.h"
#include "plugins/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* ---- Looking up ---- */

uint64_t client_look_up(struct client *client)
{
    static const int64_t fresh = INT64_C(5000000000); /* feeds that connect together share one lookup */
    if (resolver_busy(client->resolver))
        return client->lookups;
    if (client->found.count && vane_monotonic() - client->found_at < fresh)
        return client->looked_up;
    const struct client_options *options = &client->options;
    resolver_start(client->resolver, *options->proxy.host ? options->proxy.host : options->exchange.host);
    return ++client->lookups;
}

static void take_lookup(struct client *client)
{
    if (!resolver_take(client->resolver, &client->found))
        return;
    client->looked_up = client->lookups;
    client->found_at = vane_monotonic();
}

const char *client_next_address(struct client *client)
{
    if (!client->found.count)
        return NULL;
    return client->found.addresses[client->next_address++ % client->found.count];
}

/* ---- Opening ---- */

static bool open_websocket(struct client *client)
{
    enum { SPARE_TABLE = 16, HEADER = 16384, BUFFER = 65536, PATIENCE = 3 };
    const struct client_options *options = &client->options;
    unsigned seconds = (unsigned)(options->connect_timeout / 1000000000) + PATIENCE; /* ours comes first */
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .options = options->exchange.tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
        .provided_client_ssl_ctx = client->trust,
        .max_http_header_data = HEADER,
        .pt_serv_buf_size = BUFFER,
        .fd_limit_per_thread = (unsigned)client->feed_count * 4 + SPARE_TABLE,
        .timeout_secs = seconds,
        .connect_timeout_secs = seconds,
    };
    client->websocket = websocket_new(client->self, &info, &connection_protocol);
    return client->websocket && websocket_watch(client->websocket, resolver_fd(client->resolver));
}

static void describe_connections(struct client *client)
{
    const struct client_options *options = &client->options;
    client->connections = (struct connection_settings){
        .websocket = client->websocket,
        .exchange = options->exchange,
        .proxy = options->proxy,
        .connect_timeout = options->connect_timeout,
        .silence_timeout = options->silence_timeout,
        .ping_interval = options->ping_interval,
        .max_frame_size = options->max_frame_size,
        .bytes = &client->intake.counts[INTAKE_BYTES],
        .message = feed_message,
        .skipped = feed_skipped,
    };
}

static void make_feeds(struct client *client)
{
    size_t each = client->options.streams_per_connection;
    client->feeds = memory_zero(client->feed_count * sizeof *client->feeds);
    for (size_t i = 0; i < client->feed_count; i++) {
        size_t first = i * each, left = client->plan.count - first;
        feed_init(&client->feeds[i], client, i + 1, client->plan.streams + first, left < each ? left : each);
    }
}

enum vane_result client_open(struct client *client, struct vane_self *self,
                             const struct client_options *options)
{
    char why[160];
    *client = (struct client){ .self = self, .options = *options };
    if (getrandom(&client->chance, sizeof client->chance, 0) < 0 || !client->chance)
        client->chance = (uint64_t)vane_now() | 1;
    intake_init(&client->intake, self);
    plan_init(&client->plan, &options->symbols, &options->streams);
    client->feed_count =
        (client->plan.count + options->streams_per_connection - 1) / options->streams_per_connection;
    client->resolver = resolver_new();
    if (options->exchange.tls && !(client->trust = trust_new(options->tls_ca, why)))
        return vane_fail(self, "tls_ca: %s", why);
    if (!open_websocket(client))
        return vane_fail(self, "libwebsockets cannot be set up: too few file descriptors?");
    describe_connections(client);
    make_feeds(client);
    return VANE_OK;
}

void client_close(struct client *client)
{
    for (size_t i = 0; client->feeds && i < client->feed_count; i++)
        feed_release(&client->feeds[i]);
    websocket_free(client->websocket);
    resolver_free(client->resolver);
    SSL_CTX_free(client->trust);
    plan_release(&client->plan);
    intake_release(&client->intake);
    free(client->feeds);
    *client = (struct client){ 0 };
}

/* ---- The loop ---- */

static void gauge_connections(struct client *client)
{
    size_t up = 0;
    for (size_t i = 0; i < client->feed_count; i++)
        up += client->feeds[i].up;
    vane_gauge(client->self, "connections", (double)up);
}

bool client_turn(struct client *client)
{
    int64_t now = vane_monotonic(), next = INT64_MAX;
    for (size_t i = 0; i < client->feed_count; i++) {
        int64_t due = feed_advance(&client->feeds[i], now);
        next = due < next ? due : next;
    }
    if (!intake_flush(&client->intake)) /* what was put aside may have been taken */
        return false;
    gauge_connections(client);
    websocket_turn(client->websocket, next);
    take_lookup(client);
    return intake_flush(&client->intake);
}
