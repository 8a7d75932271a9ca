/* session - see session.h. */
#include "tests/tools/exchange/session.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"

void session_init(struct session *session, struct hub *hub, const struct limits *limits)
{
    *session = (struct session){.hub = hub, .limits = limits};
}

static void unsubscribe_at(struct session *session, size_t index)
{
    struct subscription *subscription = &session->subscriptions[index];
    hub_unsubscribe(session->hub, subscription->topic, &session->subscriber);
    free(subscription->name);
    session->count--;
    memmove(subscription, subscription + 1, (session->count - index) * sizeof *subscription);
}

void session_unsubscribe_all(struct session *session)
{
    while (session->count)
        unsubscribe_at(session, session->count - 1);
}

void session_release(struct session *session)
{
    session_unsubscribe_all(session);
    free(session->subscriptions);
    outbox_release(&session->subscriber.outbox);
}

/* Where the stream stands among the subscriptions; count where it does not. */
static size_t find(const struct session *session, const char *name)
{
    size_t index = 0;
    while (index < session->count && strcmp(session->subscriptions[index].name, name) != 0)
        index++;
    return index;
}

static void subscribe(struct session *session, const char *name)
{
    struct stream stream;
    if (!stream_parse(name, &stream) || find(session, name) < session->count)
        return;
    if (session->count == session->capacity) {
        session->capacity = alloc_grow(session->capacity, session->count + 1);
        session->subscriptions =
            alloc_resize(session->subscriptions, session->capacity, sizeof *session->subscriptions);
    }
    struct topic *topic = hub_topic(session->hub, name, &stream);
    session->subscriptions[session->count++] = (struct subscription){alloc_text(name), topic};
    hub_subscribe(session->hub, topic, &session->subscriber);
}

bool session_open(struct session *session, const struct handshake *handshake)
{
    session->subscriber.combined = handshake->combined;
    session->subscriber.unit = handshake->unit;
    char *names = alloc_text(handshake->streams), *rest = names;
    for (char *name = strsep(&rest, "/"); name; name = strsep(&rest, "/"))
        subscribe(session, name);
    free(names);
    return session->count <= session->limits->streams;
}

static bool subscribe_to(struct session *session, const struct request *request, struct request_error *error)
{
    size_t added = 0;
    for (size_t i = 0; i < request->stream_count; i++)
        added += find(session, request->streams[i]) == session->count;
    if (session->count + added > session->limits->streams)
        return request_fail(error, CODE_INVALID_REQUEST, "Invalid request: more than %zu streams",
                            session->limits->streams);
    for (size_t i = 0; i < request->stream_count; i++)
        subscribe(session, request->streams[i]);
    return true;
}

static void unsubscribe_from(struct session *session, const struct request *request)
{
    for (size_t i = 0; i < request->stream_count; i++) {
        size_t index = find(session, request->streams[i]);
        if (index < session->count)
            unsubscribe_at(session, index);
    }
}

static void answer_list(const struct session *session, const char *id, struct bytes *answer)
{
    bytes_text(answer, "{\"result\":[");
    for (size_t i = 0; i < session->count; i++) {
        bytes_text(answer, i ? "," : "");
        bytes_string(answer, session->subscriptions[i].name);
    }
    bytes_format(answer, "],\"id\":%s}", id);
}

static bool carry_out(struct session *session, const struct request *request, struct bytes *answer,
                      struct request_error *error)
{
    switch (request->method) {
    case REQUEST_SUBSCRIBE:
        if (!subscribe_to(session, request, error))
            return false;
        break;
    case REQUEST_UNSUBSCRIBE:
        unsubscribe_from(session, request);
        break;
    case REQUEST_SET_PROPERTY:
        session->subscriber.combined = request->combined;
        break;
    case REQUEST_GET_PROPERTY:
        request_answer(answer, request->id, session->subscriber.combined ? "true" : "false");
        return true;
    case REQUEST_LIST_SUBSCRIPTIONS:
        answer_list(session, request->id, answer);
        return true;
    }
    request_answer(answer, request->id, "null");
    return true;
}

void session_handle(struct session *session, const char *text, size_t length, struct bytes *answer)
{
    struct request request;
    struct request_error error;
    if (!request_parse(text, length, &request, &error) || !carry_out(session, &request, answer, &error))
        request_answer_error(answer, request.id, &error, session->limits->error_shape);
    request_release(&request);
}
