/* connection - see connection.h.
 *
 * libwebsockets tells of an end in one of four ways: no connection is made at all, CONNECTION_ERROR,
 * CLOSED, or nothing but WSI_DESTROY. The first to come sets the state and `why`, the others find it set. A
 * connection that is freed first is taken out of its wsi, which then closes by itself. */
#include "plugins/binance_ws/connection.h"

#include "plugins/shared/memory.h"

#include <inttypes.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    RECEIVE_BUFFER = 65536,
    KEPT_PARTS = 1 << 20, /* memory for pieces that is kept for the next message */
    EXCERPT = 64,
};

/* ---- The end ---- */

/* The first reason stands. */
static void VANE_PRINTF(2, 3) explain(struct connection *connection, const char *format, ...)
{
    if (connection->why[0])
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(connection->why, sizeof connection->why, format, args);
    va_end(args);
}

static void end(struct connection *connection, const char *why)
{
    explain(connection, "%s", why);
    connection->state = CONNECTION_CLOSED;
    connection->wsi = NULL;
}

/* Ends it from our side, at once. Not inside a callback. */
static void cut(struct connection *connection)
{
    struct lws *wsi = connection->wsi;
    connection->state = CONNECTION_CLOSED;
    connection->wsi = NULL;
    if (!wsi)
        return;
    lws_set_wsi_user(wsi, NULL);
    lws_set_timeout(wsi, PENDING_TIMEOUT_KILLED_BY_PARENT, LWS_TO_KILL_SYNC);
}

static const char *meaning(int status)
{
    switch (status) {
    case 403:
        return ": its firewall forbids this address";
    case 418:
        return ": it has banned this address for too many requests";
    case 429:
        return ": too many requests";
    case 451:
        return ": it does not serve the country or network of this address";
    default:
        return "";
    }
}

/* libwebsockets knows of a failed connect(2) only that it failed. */
static void refused(struct connection *connection, struct lws *wsi, const char *text)
{
    const struct connection_settings *settings = connection->settings;
    unsigned status = wsi ? lws_http_client_http_response(wsi) : 0;
    bool proxied = *settings->proxy.host;
    unsigned port = proxied ? settings->proxy.port : settings->exchange.port;
    if (status && status != 101) {
        connection->status = (int)status;
        explain(connection, "the exchange answered with HTTP status %u%s", status, meaning((int)status));
    } else if (strstr(text, "SSL err") || strstr(text, "SYSCALL")) {
        explain(connection, "the TLS handshake failed; is port %u one for TLS?", port);
    } else if (strstr(text, "proxy")) {
        explain(connection, "the proxy refused or broke the connection");
    } else if (strstr(text, "Unable to connect")) {
        explain(connection, "%s%s does not take connections on port %u", proxied ? "the proxy " : "",
                connection->address, port);
    }
    end(connection, text);
}

/* OpenSSL has looked at a certificate of the chain. */
static void verified(struct connection *connection, X509_STORE_CTX *store, bool good)
{
    if (good || !connection)
        return;
    const char *host = connection->settings->exchange.host;
    const char *reason = X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
    explain(connection, "the certificate of %.80s is not accepted: %s", host, reason);
}

static void closed_by_peer(struct connection *connection, const unsigned char *payload, size_t length)
{
    if (length < 2)
        explain(connection, "the exchange closed it");
    else
        explain(connection, "the exchange closed it with code %d %.*s", payload[0] << 8 | payload[1],
                length > 82 ? 80 : (int)length - 2, (const char *)payload + 2);
}

/* ---- Receiving ---- */

static void release_parts(struct connection *connection)
{
    if (connection->parts.capacity > KEPT_PARTS)
        vane_text_release(&connection->parts);
    else
        vane_text_clear(&connection->parts);
}

static void finish(struct connection *connection, const char *text, size_t length, bool binary)
{
    const struct connection_settings *settings = connection->settings;
    size_t shown = length < EXCERPT ? length : EXCERPT;
    if (connection->skipping)
        settings->skipped(connection->owner, CONNECTION_TOO_LARGE, text, shown);
    else if (binary)
        settings->skipped(connection->owner, CONNECTION_NOT_TEXT, text, shown);
    else
        settings->message(connection->owner, connection, text, length);
}

static void receive(struct connection *connection, struct lws *wsi, const char *piece, size_t length)
{
    struct vane_text *parts = &connection->parts;
    bool first = lws_is_first_fragment(wsi);
    bool final = lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi);
    *connection->settings->bytes += length;
    connection->received = true;
    if (first) {
        vane_text_clear(parts);
        connection->skipping = false;
    }
    if (length > connection->settings->max_frame_size - parts->length && !connection->skipping) {
        connection->skipping = true;
        if (parts->length < EXCERPT)
            vane_text_add(parts, piece, length < EXCERPT ? length : EXCERPT);
    }
    if (first && final && !connection->skipping) {
        finish(connection, piece, length, lws_frame_is_binary(wsi));
        return;
    }
    if (!connection->skipping)
        vane_text_add(parts, piece, length);
    if (!final)
        return;
    finish(connection, parts->data ? parts->data : "", parts->length, lws_frame_is_binary(wsi));
    release_parts(connection);
}

static void receive_pong(struct connection *connection, const char *payload, size_t length)
{
    char text[24];
    snprintf(text, sizeof text, "%.*s", length < sizeof text ? (int)length : 0, payload);
    uint64_t number = strtoull(text, NULL, 10);
    if (number > connection->pong && number <= connection->ping)
        connection->pong = number;
}

/* ---- Sending: one frame at a time, when libwebsockets says so ---- */

static void send_ping(struct connection *connection)
{
    unsigned char frame[LWS_PRE + 24];
    char *payload = (char *)frame + LWS_PRE;
    int length = snprintf(payload, sizeof frame - LWS_PRE, "%" PRIu64, ++connection->ping);
    connection->ping_wanted = connection->received = false;
    connection->pinged = vane_monotonic();
    lws_write(connection->wsi, frame + LWS_PRE, (size_t)length, LWS_WRITE_PING);
}

static void send_next(struct connection *connection)
{
    unsigned char frame[LWS_PRE + REQUESTS_LARGEST];
    if (connection->ping_wanted) {
        send_ping(connection);
        lws_callback_on_writable(connection->wsi); /* perhaps for a request */
        return;
    }
    int64_t now = vane_monotonic();
    size_t length = requests_write(&connection->requests, now, (char *)frame + LWS_PRE);
    if (!length)
        return;
    connection->asked = now;
    lws_write(connection->wsi, frame + LWS_PRE, length, LWS_WRITE_TEXT);
}

/* ---- What libwebsockets says ---- */

static void opened(struct connection *connection, struct lws *wsi)
{
    connection->wsi = wsi;
    connection->state = CONNECTION_OPEN;
    connection->opened = connection->heard = connection->pinged = connection->asked = vane_monotonic();
    connection->why[0] = '\0';
    lws_callback_on_writable(wsi);
}

static int handle(struct connection *connection, struct lws *wsi, enum lws_callback_reasons reason, void *in,
                  size_t length)
{
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        opened(connection, wsi);
        break;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        receive(connection, wsi, in, length);
        break;
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        receive_pong(connection, in, length);
        break;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        send_next(connection);
        break;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        closed_by_peer(connection, in, length);
        break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        refused(connection, wsi, in ? in : "the connection failed");
        break;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY:
        end(connection, connection->state == CONNECTION_OPEN ? "it broke" : "the exchange did not answer");
        break;
    }
    return 0;
}

/* A wsi without a connection is one that was given up: it sends its close frame and ends. */
static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
    if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION) {
        verified(lws_wsi_user(wsi), user, length != 0);
        return 0;
    }
    if (user)
        return handle(user, wsi, reason, in, length);
    return reason == LWS_CALLBACK_CLIENT_WRITEABLE || reason == LWS_CALLBACK_CLIENT_RECEIVE ? -1 : 0;
}

const struct lws_protocols connection_protocol = {
    .name = "vane-exchange",
    .callback = callback,
    .rx_buffer_size = RECEIVE_BUFFER,
};

/* ---- Opening ---- */

static void use_proxy(const struct connection_settings *settings, const char *address)
{
    const struct endpoint *proxy = &settings->proxy;
    char text[512];
    bool v6 = strchr(address, ':');
    snprintf(text, sizeof text, "%s%s%s%s%s:%u", proxy->login, *proxy->login ? "@" : "", v6 ? "[" : "",
             address, v6 ? "]" : "", (unsigned)proxy->port);
    lws_set_proxy(websocket_vhost(settings->websocket), text);
}

static void connect_to(struct connection *connection)
{
    static const lws_retry_bo_t no_policy = { 0 }; /* pings and their deadlines are ours */
    const struct connection_settings *settings = connection->settings;
    const struct endpoint *exchange = &settings->exchange;
    bool proxied = *settings->proxy.host;
    char host[ENDPOINT_HOST + 8];
    bool usual = exchange->port == (exchange->tls ? 443 : 80);
    snprintf(host, sizeof host, usual ? "%s" : "%s:%u", exchange->host, (unsigned)exchange->port);
    if (proxied)
        use_proxy(settings, connection->address);
    const struct lws_client_connect_info info = {
        .context = websocket_context(settings->websocket),
        .vhost = websocket_vhost(settings->websocket),
        .address = proxied ? exchange->host : connection->address,
        .port = exchange->port,
        .path = exchange->path,
        .host = host,
        .origin = NULL,
        .alpn = "http/1.1",
        .ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (exchange->tls ? LCCSCF_USE_SSL : 0),
        .local_protocol_name = connection_protocol.name,
        .retry_and_idle_policy = &no_policy,
        .userdata = connection,
    };
    struct lws *wsi = lws_client_connect_via_info(&info);
    if (wsi && connection->state != CONNECTION_CLOSED)
        connection->wsi = wsi;
    else
        refused(connection, NULL, "Unable to connect");
}

struct connection *connection_new(const struct connection_settings *settings, void *owner,
                                  const char *address, const struct plan_stream *streams, size_t count)
{
    struct connection *connection = memory_zero(sizeof *connection);
    connection->settings = settings;
    connection->owner = owner;
    connection->began = vane_monotonic();
    snprintf(connection->address, sizeof connection->address, "%s", address);
    requests_init(&connection->requests, streams, count);
    connect_to(connection);
    return connection;
}

void connection_free(struct connection *connection)
{
    if (!connection)
        return;
    if (connection->state == CONNECTION_OPEN) {
        lws_close_reason(connection->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
        lws_set_wsi_user(connection->wsi, NULL);
        lws_callback_on_writable(connection->wsi);
    } else {
        cut(connection);
    }
    vane_text_release(&connection->parts);
    free(connection);
}

/* ---- Deadlines ---- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

static int64_t tend_requests(struct connection *connection, int64_t now)
{
    struct requests *requests = &connection->requests;
    int64_t limit = connection->settings->connect_timeout;
    if (requests_done(requests))
        return INT64_MAX;
    if (now - connection->asked >= limit) {
        explain(connection, "no answer to a request within %g s", seconds(limit));
        cut(connection);
        return now;
    }
    if (requests_sent(requests))
        return connection->asked + limit;
    if (now >= requests->ready)
        lws_callback_on_writable(connection->wsi);
    return earlier(connection->asked + limit, requests->ready > now ? requests->ready : INT64_MAX);
}

static int64_t tend_ping(struct connection *connection, int64_t now)
{
    int64_t interval = connection->settings->ping_interval;
    if (!interval)
        return INT64_MAX;
    int64_t due = connection->pinged + interval;
    if (now < due)
        return due;
    if (connection->pong < connection->ping && !connection->received) {
        explain(connection, "no answer to a ping within %g s", seconds(interval));
        cut(connection);
        return now;
    }
    connection->ping_wanted = true;
    lws_callback_on_writable(connection->wsi);
    return now + interval;
}

static int64_t tend_silence(struct connection *connection, int64_t now)
{
    int64_t limit = connection->settings->silence_timeout;
    if (!limit)
        return INT64_MAX;
    if (now - connection->heard < limit)
        return connection->heard + limit;
    explain(connection, "no event for %g s", seconds(limit));
    cut(connection);
    return now;
}

int64_t connection_tend(struct connection *connection, int64_t now)
{
    int64_t limit = connection->settings->connect_timeout;
    if (connection->state == CONNECTION_OPENING) {
        if (now - connection->began < limit)
            return connection->began + limit;
        explain(connection, "it was not open within %g s", seconds(limit));
        cut(connection);
        return now;
    }
    int64_t next = INT64_MAX;
    if (connection->state == CONNECTION_OPEN)
        next = tend_requests(connection, now);
    if (connection->state == CONNECTION_OPEN)
        next = earlier(next, tend_ping(connection, now));
    if (connection->state == CONNECTION_OPEN)
        next = earlier(next, tend_silence(connection, now));
    return next;
}

uint64_t connection_barrier(struct connection *connection)
{
    connection->ping_wanted = true;
    lws_callback_on_writable(connection->wsi);
    return connection->ping + 1;
}

bool connection_passed(const struct connection *connection, uint64_t barrier)
{
    return connection->pong >= barrier;
}

bool connection_ready(const struct connection *connection)
{
    return connection->state == CONNECTION_OPEN && requests_done(&connection->requests);
}
