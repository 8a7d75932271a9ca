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

void feed_init(struct feed *feed, struct client *client, size_t number, struct plan_stream *streams,
               size_t count)
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

/* One stream by its name, the others by their number. */
static const char *streams_in_words(char out[128], const char *example, size_t more)
{
    if (more)
        snprintf(out, 128, "%.90s and %zu more stream%s", example, more, more == 1 ? "" : "s");
    else
        snprintf(out, 128, "%.90s", example);
    return out;
}

static void say_up(struct feed *feed, int64_t now)
{
    struct vane_self *self = feed->client->self;
    const char *host = feed->client->options.exchange.host, *many = feed->count == 1 ? "" : "s";
    char name[64];
    if (feed->ever_up)
        vane_log(self, VANE_INFO, "%sconnected to %s again after %.1f s: %zu stream%s", prefix(feed, name), host,
                 seconds(now - feed->since), feed->count, many);
    else if (feed->told)
        vane_log(self, VANE_INFO, "%sconnected to %s after %.1f s: %zu stream%s", prefix(feed, name), host,
                 seconds(now - feed->since), feed->count, many);
    else
        vane_log(self, VANE_INFO, "%sconnected to %s: %zu stream%s", prefix(feed, name), host, feed->count, many);
    feed->up = feed->ever_up = true;
    feed->told = feed->told_refused = false;
}

static void say_lost(struct feed *feed, const char *why, int64_t now)
{
    char name[64];
    vane_log(feed->client->self, VANE_WARN, "%slost the connection to %s: %s; connecting again",
             prefix(feed, name), feed->client->options.exchange.host, why);
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
        vane_log(self, VANE_DEBUG, "%scannot connect to %s: %s; next in %.1f s", prefix(feed, name), host,
                 why, seconds(wait));
    else if (refused)
        vane_log(self, VANE_ERROR, "%scannot connect to %s: %s; the next attempt is in %.0f s",
                 prefix(feed, name), host, why, seconds(wait));
    else if (feed->main)
        vane_log(self, VANE_WARN, "%scannot open the next connection to %s: %s; trying again",
                 prefix(feed, name), host, why);
    else
        vane_log(self, VANE_WARN, "%scannot connect to %s: %s; trying again", prefix(feed, name), host, why);
    *told = true;
}

/* ---- Attempts ---- */

static void failed(struct feed *feed, const char *why, int status, int64_t now)
{
    uint64_t chance = backoff_chance(&feed->client->chance);
    bool refused = status == 403 || status == 418 || status == 429 || status == 451;
    unsigned failures = ++*(feed->main ? &feed->spare_failures : &feed->failures);
    int64_t wait = refused ? backoff_wait_refused(failures, chance) : backoff_wait(failures, chance);
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
    const struct client_options *options = &client->options;
    const char *host = *options->proxy.host ? options->proxy.host : options->exchange.host;
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
    char name[64], streams[128];
    vane_log(feed->client->self, VANE_ERROR, "%sthe exchange refused %s: %.200s", prefix(feed, name),
             streams_in_words(streams, feed->streams[first].name, end - first - 1), message->failure);
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

void feed_skipped(void *owner, enum connection_skip why, const char *excerpt, size_t length)
{
    struct intake *intake = &((struct feed *)owner)->client->intake;
    if (why == CONNECTION_TOO_LARGE)
        intake_skip(intake, INTAKE_OVERSIZED, "larger than max_frame_size", excerpt, length);
    else
        intake_skip(intake, INTAKE_GARBAGE, "not text", excerpt, length);
}

/* ---- From one connection to the next ---- */

static void take_parked(struct feed *feed)
{
    for (size_t at = 0, length; at < feed->parked.length; at += length) {
        memcpy(&length, feed->parked.data + at, sizeof length);
        at += sizeof length;
        take(feed, feed->main, feed->parked.data + at, length);
    }
    vane_text_release(&feed->parked);
}

/* The spare becomes the main connection. */
static void change_over(struct feed *feed, int64_t now)
{
    char name[64];
    vane_log(feed->client->self, VANE_INFO, "%smoved to a new connection to %s: %s", prefix(feed, name),
             feed->client->options.exchange.host, feed->reason);
    connection_free(feed->main);
    feed->main = feed->spare;
    feed->spare = NULL;
    feed->leaving = feed->spare_leaving;
    feed->renewing = feed->spare_leaving = feed->told_spare = false;
    feed->overlap = feed->barrier_until = 0;
    feed->spare_failures = 0;
    feed->barrier = 0;
    feed->seam++;
    feed->seam_until = now + SEAM * SECOND;
    take_parked(feed);
}

/* Is the connection to be replaced? */
static void consider_renewal(struct feed *feed, int64_t now)
{
    if (feed->renewing || !connection_ready(feed->main))
        return;
    bool old = feed->renew_after && now - feed->main->opened >= feed->renew_after;
    if (!old && !feed->leaving)
        return;
    feed->renewing = true;
    double age = seconds(now - feed->main->opened);
    if (feed->leaving)
        snprintf(feed->reason, sizeof feed->reason, "the exchange has announced the end of the old one");
    else
        snprintf(feed->reason, sizeof feed->reason, "the old one was open for %.3g %s",
                 age < 3600 ? age : age / 3600, age < 3600 ? "s" : "h");
}

/* Both connections are open: until what the exchange has sent on the old one is certain to have come. */
static int64_t advance_overlap(struct feed *feed, int64_t now)
{
    if (feed->parked.length > PARKED_MOST) {
        change_over(feed, now);
        return now;
    }
    if (!connection_ready(feed->spare))
        return INT64_MAX;
    if (!feed->overlap)
        feed->overlap = now + OVERLAP * SECOND;
    if (now < feed->overlap)
        return feed->overlap;
    if (!feed->barrier) {
        feed->barrier = connection_barrier(feed->main);
        feed->barrier_until = now + BARRIER_PATIENCE * SECOND;
    }
    bool comes = feed->main->received || now < feed->barrier_until; /* it may be behind a backlog */
    if (!connection_passed(feed->main, feed->barrier) && comes)
        return now < feed->barrier_until ? feed->barrier_until : now + SECOND;
    change_over(feed, now);
    return now;
}

static int64_t advance_renewal(struct feed *feed, int64_t now)
{
    consider_renewal(feed, now);
    if (feed->spare)
        return advance_overlap(feed, now);
    if (feed->renewing)
        return attempt(feed, &feed->spare, now);
    bool ages = feed->renew_after && connection_ready(feed->main);
    return ages ? feed->main->opened + feed->renew_after : INT64_MAX;
}

/* The attempt to open one beside the main connection has failed. */
static void drop_spare(struct feed *feed, int64_t now)
{
    struct connection *spare = feed->spare;
    if (!spare || spare->state != CONNECTION_CLOSED)
        return;
    failed(feed, spare->why, spare->status, now);
    connection_free(spare);
    feed->spare = NULL;
    feed->spare_leaving = false;
    feed->overlap = 0;
    feed->barrier = 0;
    vane_text_release(&feed->parked);
}

/* ---- The main connection ---- */

static void lose_main(struct feed *feed, int64_t now)
{
    if (feed->spare && feed->spare->state == CONNECTION_OPEN) {
        change_over(feed, now);
        return;
    }
    struct connection *lost = feed->main;
    feed->main = feed->spare; /* perhaps one that is about to open */
    feed->spare = NULL;
    feed->renewing = feed->leaving = feed->told_spare = false;
    if (feed->up)
        say_lost(feed, lost->why, now);
    if (!feed->main)
        failed(feed, lost->why, lost->status, now);
    connection_free(lost);
}

/* Streams that have never said anything, while others have: the exchange accepts symbols that it does not
 * have. */
static void report_silent(struct feed *feed)
{
    size_t silent = 0, spoken = 0;
    const char *example = NULL;
    for (size_t i = 0; i < feed->count; i++) {
        struct plan_stream *stream = &feed->streams[i];
        spoken += stream->heard != 0;
        if (stream->heard || stream->reported)
            continue;
        example = example ? example : stream->name;
        silent++;
    }
    if (!silent || !spoken)
        return;
    for (size_t i = 0; i < feed->count; i++)
        feed->streams[i].reported |= !feed->streams[i].heard;
    char name[64], streams[128];
    vane_log(feed->client->self, VANE_WARN, "%sno event of %s in %.0f s, while others speak: does the symbol exist?",
             prefix(feed, name), streams_in_words(streams, example, silent - 1),
             seconds(feed->client->options.stream_silence));
}

static int64_t advance_main(struct feed *feed, int64_t now)
{
    if (!connection_ready(feed->main))
        return INT64_MAX;
    int64_t silence = feed->client->options.stream_silence;
    if (!feed->up) {
        say_up(feed, now);
        feed->check_silence = silence ? now + silence : 0;
    }
    if (!feed->check_silence)
        return INT64_MAX;
    if (now < feed->check_silence)
        return feed->check_silence;
    report_silent(feed);
    feed->check_silence = 0;
    return INT64_MAX;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t feed_advance(struct feed *feed, int64_t now)
{
    int64_t next = feed->main ? connection_tend(feed->main, now) : INT64_MAX;
    if (feed->spare)
        next = earlier(next, connection_tend(feed->spare, now));
    drop_spare(feed, now);
    if (feed->main && feed->main->state == CONNECTION_CLOSED)
        lose_main(feed, now);
    if (!feed->main)
        return earlier(next, attempt(feed, &feed->main, now));
    next = earlier(next, advance_main(feed, now));
    return earlier(next, advance_renewal(feed, now));
}
