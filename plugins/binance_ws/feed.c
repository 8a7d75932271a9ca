/* feed - see feed.h. Times are monotonic ns. */
#include "plugins/binance_ws/feed.h"

#include "plugins/binance_ws/message.h"

#include <stdio.h>

static const int64_t SECOND = INT64_C(1000000000);

enum {
    OVERLAP = 2,           /* s: how far the exchange's servers may lie apart */
    BARRIER_PATIENCE = 10, /* s: then the old connection is given up */
    SEAM = 60,             /* s: longer than anything is on its way */
    PARKED_MOST = 64 << 20,
};

void feed_init(struct feed *feed, struct client *client, size_t number, struct plan_stream *streams, size_t count)
{
    int64_t renew_after = client->options.renew_after;
    *feed = (struct feed){ .client = client, .number = number, .streams = streams, .count = count };
    feed->since = vane_monotonic();
    feed->renew_after = renew_after;
    if (renew_after > 20) /* up to 5 % sooner, lest all come at once */
        feed->renew_after -= (int64_t)(backoff_chance(&client->chance) % (uint64_t)(renew_after / 20));
}

void feed_release(struct feed *feed)
{
    connection_free(feed->main);
    connection_free(feed->spare);
    vane_text_release(&feed->parked);
}

/* ---- What is said ---- */

/* "connection 2 of 3: ", where there are several. */
static const char *prefix(const struct feed *feed, char out[static 64])
{
    out[0] = '\0';
    if (feed->client->feed_count > 1)
        snprintf(out, 64, "connection %zu of %zu: ", feed->number, feed->client->feed_count);
    return out;
}

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

static void say_up(struct feed *feed, int64_t now)
{
    struct vane_self *self = feed->client->self;
    const char *host = feed->client->options.exchange.host;
    char name[64];
    if (feed->ever_up)
        vane_log(self, VANE_INFO, "%sconnected to %s again after %.1f s: %zu streams", prefix(feed, name), host,
                 seconds(now - feed->since), feed->count);
    else if (feed->told)
        vane_log(self, VANE_INFO, "%sconnected to %s after %.1f s: %zu streams", prefix(feed, name), host,
                 seconds(now - feed->since), feed->count);
    else
        vane_log(self, VANE_INFO, "%sconnected to %s: %zu streams", prefix(feed, name), host, feed->count);
    feed->up = feed->ever_up = true;
    feed->told = feed->told_refused = false;
}

static void say_lost(struct feed *feed, const char *why, int64_t now)
{
    char name[64];
    vane_log(feed->client->self, VANE_WARN, "%slost the connection to %s: %s; connecting again", prefix(feed, name),
             feed->client->options.exchange.host, why);
    feed->client->intake.counts[INTAKE_LOST_CONNECTIONS]++;
    feed->up = false;
    feed->told = true;
    feed->since = now;
}

/* Once while it is down, and once when the exchange turns out to refuse this address. */
static void say_failed(struct feed *feed, const char *why, bool refused, int64_t wait)
{
    struct vane_self *self = feed->client->self;
    const char *host = feed->client->options.exchange.host;
    char name[64];
    bool *told = feed->main ? &feed->told_spare : refused ? &feed->told_refused : &feed->told;
    if (*told)
        vane_log(self, VANE_DEBUG, "%scannot connect to %s: %s; next in %.1f s", prefix(feed, name), host, why,
                 seconds(wait));
    else if (refused)
        vane_log(self, VANE_ERROR, "%scannot connect to %s: %s; the next attempt is in %.0f s", prefix(feed, name),
                 host, why, seconds(wait));
    else if (feed->main)
        vane_log(self, VANE_WARN, "%scannot open the next connection to %s: %s; trying again", prefix(feed, name),
                 host, why);
    else
        vane_log(self, VANE_WARN, "%scannot connect to %s: %s; trying again", prefix(feed, name), host, why);
    *told = true;
}

/* ---- Attempts ---- */

static void failed(struct feed *feed, const char *why, int status, int64_t now)
{
    uint64_t chance = backoff_chance(&feed->client->chance);
    bool refused = status == 403 || status == 418 || status == 429 || status == 451;
    feed->failures++;
    int64_t wait = refused ? backoff_wait_refused(feed->failures, chance) : backoff_wait(feed->failures, chance);
    feed->due = now + wait;
    say_failed(feed, why, refused, wait);
}

static struct connection *connect_next(struct feed *feed, int64_t now)
{
    struct client *client = feed->client;
    const char *address = client_next_address(client);
    if (address) {
        backoff_spend(&client->budget, now);
        return connection_new(&client->connections, feed, address, feed->streams, feed->count);
    }
    const char *host = *client->options.proxy.host ? client->options.proxy.host : client->options.exchange.host;
    char why[192];
    snprintf(why, sizeof why, "looking up %.100s: %.80s", host, client->found.failure);
    failed(feed, why, 0, now);
    return NULL;
}

/* Begins or goes on with an attempt; the new connection becomes *into. */
static int64_t attempt(struct feed *feed, struct connection **into, int64_t now)
{
    struct client *client = feed->client;
    int64_t ready = backoff_ready(&client->budget, now);
    if (ready < feed->due)
        ready = feed->due;
    if (!feed->lookup && now < ready)
        return ready;
    if (!feed->lookup)
        feed->lookup = client_look_up(client);
    if (client->looked_up < feed->lookup)
        return INT64_MAX;
    feed->lookup = 0;
    *into = connect_next(feed, now);
    return now;
}

/* ---- Messages ---- */

static void take_event(struct feed *feed, const struct message *message, const char *text, size_t length)
{
    struct client *client = feed->client;
    struct plan_stream *stream = plan_find(&client->plan, message->stream);
    if (!stream) {
        intake_skip(&client->intake, INTAKE_UNEXPECTED, "of a stream that was not asked for", text, length);
        return;
    }
    int64_t now = vane_monotonic();
    stream->heard = now;
    feed->failures = 0;
    intake_take(&client->intake, stream, message->payload, now < feed->seam_until ? feed->seam : 0);
}

static void park(struct feed *feed, const char *text, size_t length)
{
    vane_text_add(&feed->parked, &length, sizeof length);
    vane_text_add(&feed->parked, text, length);
}

static void take_answer(struct feed *feed, struct connection *connection, const struct message *message)
{
    size_t first, end;
    if (!requests_answer(&connection->requests, message->id, &first, &end) || !message->failure)
        return;
    char name[64];
    vane_log(feed->client->self, VANE_ERROR, "%sthe exchange refused %s and %zu more streams: %.200s",
             prefix(feed, name), feed->streams[first].name, end - first - 1, message->failure);
}

static void take(struct feed *feed, struct connection *connection, const char *text, size_t length)
{
    struct message message;
    message_read(text, length, &message);
    switch (message.kind) {
    case MESSAGE_EVENT:
        connection->heard = vane_monotonic();
        if (connection == feed->spare)
            park(feed, text, length);
        else
            take_event(feed, &message, text, length);
        break;
    case MESSAGE_ANSWER:
        take_answer(feed, connection, &message);
        break;
    case MESSAGE_SHUTDOWN:
        *(connection == feed->spare ? &feed->spare_leaving : &feed->leaving) = true;
        break;
    case MESSAGE_OTHER:
        intake_skip(&feed->client->intake, INTAKE_UNEXPECTED, "of another shape", text, length);
        break;
    case MESSAGE_GARBAGE:
        intake_skip(&feed->client->intake, INTAKE_GARBAGE, "not JSON", text, length);
        break;
    }
    message_release(&message);
}

void feed_message(void *owner, struct connection *connection, const char *text, size_t length)
{
    take(owner, connection, text, length);
}

void feed_skipped(void *owner, const char *why, const char *excerpt, size_t length)
{
    struct feed *feed = owner;
    enum intake_count count = strstr(why, "larger") ? INTAKE_OVERSIZED : INTAKE_GARBAGE;
    intake_skip(&feed->client->intake, count, why, excerpt, length);
}
