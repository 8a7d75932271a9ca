/* hub - who listens to what: streams with data, their subscribers, and how a payload reaches them.
 *
 *     symbol ─▶ listing ─▶ topic per stream ─▶ subscribers' outboxes
 *
 * A listing exists from the first subscription or the first tick of its symbol, whichever comes
 * first, so that one may subscribe before there is data. Own thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "tests/tools/exchange/outbox.h"
#include "tests/tools/exchange/payload.h"
#include "tests/tools/exchange/stream.h"

/* The part of a connection that the hub sees. */
struct subscriber {
    struct outbox outbox;
    enum time_unit unit;
    bool combined; /* payloads wrapped in {"stream":..,"data":..} */
};

struct topic {
    char *wrap; /* {"stream":"btcusdt@ticker","data": */
    struct subscriber **subscribers;
    size_t count, capacity;
};

struct listing {
    char *symbol; /* upper case */
    struct instrument *instrument;       /* NULL until the first tick */
    struct topic *topics[STREAM_KINDS];  /* NULL until the first subscription */
    struct listing *next_in_bucket;
    struct listing *next;                /* all, in the order they came */
};

struct hub {
    bool silent;     /* nothing is published */
    bool fragmented; /* messages are split */
    size_t subscriptions;
    unsigned long long frames; /* published, once per subscriber */
    struct topic *arrays[STREAM_KINDS]; /* !miniTicker@arr and the like; NULL until subscribed */
    struct listing *first, **last;
    struct listing **buckets;
    struct bytes scratch;
};

void hub_init(struct hub *hub);
void hub_release(struct hub *hub); /* listings, their instruments and topics */

/* By its upper-case name; made when it is new. */
struct listing *hub_listing(struct hub *hub, const char *symbol);

/* The topic of a stream, made when it is new; NULL for a silent stream. */
struct topic *hub_topic(struct hub *hub, const char *name, const struct stream *stream);
void hub_subscribe(struct hub *hub, struct topic *topic, struct subscriber *subscriber);
void hub_unsubscribe(struct hub *hub, struct topic *topic, struct subscriber *subscriber);

/* Has the topic (or NULL) anybody to publish to now? */
bool hub_wanted(const struct hub *hub, const struct topic *topic);

/* Publishing: the payload is written once per time unit and framed once per shape that is wanted. */
typedef void hub_payload(struct bytes *out, enum time_unit unit, const void *context);
void hub_publish(struct hub *hub, struct topic *topic, hub_payload *payload, const void *context);

/* A text message as the hub would send it now: in one frame or split. One holder. */
struct frame *hub_frame(const struct hub *hub, const char *text, size_t length);
