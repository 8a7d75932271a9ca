/* binance_ws - any market stream of Binance's spot exchange, over websockets.
 *
 * This file is the options and the descriptor. client.h is the way in: streams are divided among feeds
 * (feed.h), each with a connection (connection.h); what comes is read by message.h and event.h, and leaves
 * by intake.h. The plugin connects and backs off by itself, since one of its connections may be down while
 * others are up. */
#include "plugins/binance_ws/client.h"
#include "plugins/shared/readable.h"

#include <stdio.h>

struct binance_ws {
    const char         *url;
    struct vane_strings symbols, streams;
    int                 time_unit; /* index of time_units */
    uint64_t            streams_per_connection, max_frame_size;
    int64_t             renew_after, connect_timeout, silence_timeout, stream_silence, ping_interval;
    const char         *tls_ca, *proxy;

    struct client client; /* after the options: not theirs */
};

enum { UNIT_MS, UNIT_US };
static const char *const time_units[] = { "ms", "us", NULL };

static const double SECOND = 1e9, DAY = 86400e9;

static const struct vane_option options[] = {
    VANE_OPT_STRING(struct binance_ws, url, .preset = "\"wss://stream.binance.com:9443\"",
                    .help = "Where the exchange listens: wss:// or ws://, host, port."),
    VANE_OPT_STRINGS(struct binance_ws, symbols,
                     .help = "Trading pairs, in any case: \"btcusdt\". Needed unless all streams are of the "
                             "whole market."),
    VANE_OPT_STRINGS(struct binance_ws, streams, .preset = "[\"ticker\"]",
                     .help = "What to read of each symbol: ticker, miniTicker, trade, aggTrade, bookTicker, "
                             "avgPrice, kline_1m, depth5, … or of the whole market: !miniTicker@arr, …"),
    VANE_OPT_CHOICE(struct binance_ws, time_unit, .preset = "\"ms\"", .choices = time_units,
                    .help = "Precision of the exchange's times."),
    VANE_OPT_UINT(struct binance_ws, streams_per_connection, .preset = "1000", .least = 1, .most = 1024,
                  .help = "More streams than this are divided among several connections."),
    VANE_OPT_DURATION(struct binance_ws, renew_after, .preset = "\"23h\"", .least = 0, .most = 365 * DAY,
                      .help = "Age at which a connection is replaced, before the exchange ends it at 24 "
                              "hours; 0: never."),
    VANE_OPT_DURATION(struct binance_ws, connect_timeout, .preset = "\"10s\"", .least = SECOND / 10,
                      .most = 300 * SECOND,
                      .help = "Limit for opening a connection, and for the answer to a request."),
    VANE_OPT_DURATION(struct binance_ws, silence_timeout, .preset = "\"60s\"", .least = 0, .most = DAY,
                      .help = "A connection without any event for so long is replaced; 0: never."),
    VANE_OPT_DURATION(struct binance_ws, stream_silence, .preset = "\"60s\"", .least = 0, .most = DAY,
                      .help = "A stream without any event for so long, while others have some, is reported "
                              "once; 0: never."),
    VANE_OPT_DURATION(struct binance_ws, ping_interval, .preset = "\"20s\"", .least = 0, .most = DAY,
                      .help = "Time between pings; neither a pong nor anything else until the next one means "
                              "a broken connection. 0: no pings."),
    VANE_OPT_SIZE(struct binance_ws, max_frame_size, .preset = "\"16MB\"", .least = 1024, .most = 1073741824,
                  .help = "Larger messages are passed over and counted."),
    VANE_OPT_STRING(struct binance_ws, tls_ca,
                    .help = "PEM file of the only authorities to trust; default: the system's."),
    VANE_OPT_STRING(struct binance_ws, proxy, .secret = true,
                    .help = "HTTP proxy to go through with CONNECT: http://user:password@host:port."),
    { 0 },
};

/* ---- Check ---- */

static bool is_set(const char *text)
{
    return text && *text;
}

static enum vane_result check_streams(struct vane_self *self, const struct binance_ws *state)
{
    bool of_symbols = false;
    for (size_t i = 0; i < state->streams.count; i++) {
        struct stream_type type;
        const char *name = state->streams.items[i];
        if (strcmp(name, "!ticker@arr") == 0)
            return vane_fail(self, "streams: the exchange has retired !ticker@arr; there are !miniTicker@arr "
                                   "and !ticker_1d@arr");
        if (!stream_parse(name, &type))
            return vane_fail(self, "streams: there is no \"%s\"; there are: %s", name, stream_names);
        of_symbols |= !type.whole_market;
    }
    if (state->streams.count == 0)
        return vane_fail(self, "streams: none is named");
    if (of_symbols && state->symbols.count == 0)
        return vane_fail(self, "symbols: none is named, and not all streams are of the whole market");
    return VANE_OK;
}

static enum vane_result check(struct vane_self *self)
{
    const struct binance_ws *state = self->state;
    struct endpoint endpoint;
    const char *why;
    for (size_t i = 0; i < state->symbols.count; i++)
        if (!plan_symbol_valid(state->symbols.items[i]))
            return vane_fail(self, "symbols: \"%s\" cannot be one", state->symbols.items[i]);
    if (!endpoint_parse(state->url, &endpoint, &why))
        return vane_fail(self, "url: %s: %s", state->url, why);
    if (is_set(state->proxy) && !endpoint_parse_proxy(state->proxy, &endpoint, &why))
        return vane_fail(self, "proxy: %s", why);
    struct readable_fault fault;
    if (!readable("tls_ca", state->tls_ca, &fault))
        return vane_fail(self, "%s", fault.text);
    return check_streams(self, state);
}

/* ---- Life ---- */

static enum vane_result open_client(struct vane_self *self)
{
    struct binance_ws *state = self->state;
    const char *why;
    struct client_options wanted = {
        .symbols = state->symbols,
        .streams = state->streams,
        .tls_ca = state->tls_ca,
        .streams_per_connection = (size_t)state->streams_per_connection,
        .max_frame_size = (size_t)state->max_frame_size,
        .renew_after = state->renew_after,
        .connect_timeout = state->connect_timeout,
        .silence_timeout = state->silence_timeout,
        .stream_silence = state->stream_silence,
        .ping_interval = state->ping_interval,
    };
    if (!endpoint_parse(state->url, &wanted.exchange, &why))
        return vane_fail(self, "url: %s: %s", state->url, why);
    if (is_set(state->proxy) && !endpoint_parse_proxy(state->proxy, &wanted.proxy, &why))
        return vane_fail(self, "proxy: %s", why);
    size_t length = strlen(wanted.exchange.path);
    if (state->time_unit == UNIT_US)
        snprintf(wanted.exchange.path + length, ENDPOINT_PATH - length, "?timeUnit=MICROSECOND");
    return client_open(&state->client, self, &wanted);
}

static enum vane_result run(struct vane_self *self)
{
    struct binance_ws *state = self->state;
    while (vane_wait(self, 0) && client_turn(&state->client))
        ;
    return VANE_OK;
}

static void close_client(struct vane_self *self)
{
    struct binance_ws *state = self->state;
    client_close(&state->client);
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI,
    .role = VANE_INPUT,
    .name = "binance_ws",
    .help = "Reads market streams of the Binance spot exchange over websockets.",
    .state_size = sizeof(struct binance_ws),
    .options = options,
    .live = true,
    .check = check,
    .open = open_client,
    .run = run,
    .close = close_client,
};
