/* hub - see hub.h. */
#include "tests/tools/exchange/hub.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "tests/tools/exchange/dice.h"

enum {
    BUCKETS = 4096,
};

void hub_init(struct hub *hub)
{
    *hub = (struct hub){.buckets = alloc_array(BUCKETS, sizeof *hub->buckets)};
    hub->last = &hub->first;
}

static void free_topic(struct topic *topic)
{
    if (!topic)
        return;
    free(topic->wrap);
    free(topic->subscribers);
    free(topic);
}

static void free_topics(struct topic **topics)
{
    for (int kind = 0; kind < STREAM_KINDS; kind++)
        free_topic(topics[kind]);
}

void hub_release(struct hub *hub)
{
    while (hub->first) {
        struct listing *listing = hub->first;
        hub->first = listing->next;
        free_topics(listing->topics);
        instrument_free(listing->instrument);
        free(listing->symbol);
        free(listing);
    }
    free_topics(hub->arrays);
    free(hub->buckets);
    bytes_release(&hub->scratch);
}

struct listing *hub_listing(struct hub *hub, const char *symbol)
{
    struct listing **bucket = &hub->buckets[dice_seeded(0, symbol).state % BUCKETS];
    for (struct listing *listing = *bucket; listing; listing = listing->next_in_bucket)
        if (strcmp(listing->symbol, symbol) == 0)
            return listing;
    struct listing *listing = alloc_zero(sizeof *listing);
    listing->symbol = alloc_text(symbol);
    listing->next_in_bucket = *bucket;
    *bucket = listing;
    *hub->last = listing;
    hub->last = &listing->next;
    return listing;
}

static struct topic *new_topic(const char *name)
{
    struct topic *topic = alloc_zero(sizeof *topic);
    struct bytes wrap = {0};
    bytes_text(&wrap, "{\"stream\":");
    bytes_string(&wrap, name);
    bytes_text(&wrap, ",\"data\":");
    topic->wrap = alloc_text_n(wrap.data, wrap.length);
    bytes_release(&wrap);
    return topic;
}

static struct listing *listing_of(struct hub *hub, const struct stream *stream)
{
    char symbol[STREAM_NAME];
    stream_symbol_upper(stream->symbol, stream->symbol_length, symbol);
    return hub_listing(hub, symbol);
}

struct topic *hub_topic(struct hub *hub, const char *name, const struct stream *stream)
{
    if (stream->silent)
        return NULL;
    struct topic **topics = stream->symbol_length ? listing_of(hub, stream)->topics : hub->arrays;
    if (!topics[stream->kind])
        topics[stream->kind] = new_topic(name);
    return topics[stream->kind];
}

void hub_subscribe(struct hub *hub, struct topic *topic, struct subscriber *subscriber)
{
    hub->subscriptions++;
    if (!topic)
        return;
    if (topic->count == topic->capacity) {
        topic->capacity = alloc_grow(topic->capacity, topic->count + 1);
        topic->subscribers = alloc_resize(topic->subscribers, topic->capacity, sizeof *topic->subscribers);
    }
    topic->subscribers[topic->count++] = subscriber;
}

void hub_unsubscribe(struct hub *hub, struct topic *topic, struct subscriber *subscriber)
{
    hub->subscriptions--;
    size_t at = 0;
    while (topic && at < topic->count && topic->subscribers[at] != subscriber)
        at++;
    if (topic && at < topic->count)
        topic->subscribers[at] = topic->subscribers[--topic->count];
}

bool hub_wanted(const struct hub *hub, const struct topic *topic)
{
    return topic && topic->count && !hub->silent;
}

struct frame *hub_frame(const struct hub *hub, const char *text, size_t length)
{
    return hub->fragmented ? frame_new_fragmented(text, length) : frame_new(FRAME_TEXT, text, length);
}

/* The payload stands inside its wrapping, so the raw shape is a slice of the wrapped one. */
static struct frame *compose(struct hub *hub, const struct topic *topic, const struct subscriber *subscriber,
                             hub_payload *payload, const void *context)
{
    struct bytes *text = &hub->scratch;
    size_t wrap = strlen(topic->wrap);
    text->length = 0;
    bytes_put(text, topic->wrap, wrap);
    payload(text, subscriber->unit, context);
    bytes_put(text, "}", 1);
    if (subscriber->combined)
        return hub_frame(hub, text->data, text->length);
    return hub_frame(hub, text->data + wrap, text->length - wrap - 1);
}

void hub_publish(struct hub *hub, struct topic *topic, hub_payload *payload, const void *context)
{
    enum { SHAPES = 2 * UNIT_COUNT };
    struct frame *frames[SHAPES] = {0};
    for (size_t i = 0; i < topic->count; i++) {
        struct subscriber *subscriber = topic->subscribers[i];
        struct frame **frame = &frames[subscriber->unit * 2 + subscriber->combined];
        if (!*frame)
            *frame = compose(hub, topic, subscriber, payload, context);
        outbox_push(&subscriber->outbox, *frame);
        hub->frames++;
    }
    for (int shape = 0; shape < SHAPES; shape++)
        frame_unref(frames[shape]);
}
