/* connection - see connection.h. */
#include "tests/tools/exchange/connection.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "tests/tools/exchange/moment.h"

enum {
    READ_CHUNK = 16384,
    WRITE_PIECES = 512,
    LARGEST_MESSAGE = 1 << 20,
};

static const int64_t closing_patience = (int64_t)2 * MOMENT_SECOND;

struct connection *connection_new(struct gate *gate, int fd, struct ssl_ctx_st *tls, int64_t now)
{
    struct connection *connection = alloc_zero(sizeof *connection);
    connection->gate = gate;
    wire_init(&connection->wire, fd, tls);
    session_init(&connection->session, &gate->hub, &gate->limits);
    connection->expires = gate->limits.lifetime ? now + gate->limits.lifetime : MOMENT_NEVER;
    gate->counters.accepted++;
    return connection;
}

void connection_free(struct connection *connection)
{
    session_release(&connection->session);
    bytes_release(&connection->incoming);
    bytes_release(&connection->message);
    if (connection->wire.fd >= 0)
        wire_close(&connection->wire);
    free(connection);
}

/* ---- Sending ---- */

static void push(struct connection *connection, struct frame *frame)
{
    outbox_push(&connection->session.subscriber.outbox, frame);
    frame_unref(frame);
}

void connection_send(struct connection *connection, struct frame *frame)
{
    if (connection->state == CONNECTION_OPEN && !connection->gate->hub.silent)
        outbox_push(&connection->session.subscriber.outbox, frame);
}

void connection_send_text(struct connection *connection, const char *text, size_t length)
{
    struct frame *frame = hub_frame(&connection->gate->hub, text, length);
    connection_send(connection, frame);
    frame_unref(frame);
}

static void send_control(struct connection *connection, enum frame_opcode opcode, const char *payload,
                         size_t length)
{
    struct frame *frame = frame_new(opcode, payload, length);
    connection_send(connection, frame);
    frame_unref(frame);
}

static void begin_closing(struct connection *connection, int64_t now)
{
    session_unsubscribe_all(&connection->session);
    connection->state = CONNECTION_CLOSING;
    connection->dead_at = now + closing_patience;
}

void connection_close(struct connection *connection, unsigned code, const char *reason, int64_t now)
{
    if (connection->state != CONNECTION_OPEN)
        return;
    push(connection, frame_new_close(code, reason));
    begin_closing(connection, now);
}

void connection_reset(struct connection *connection)
{
    if (connection->wire.fd >= 0)
        wire_reset(&connection->wire);
    connection->state = CONNECTION_DEAD;
}

bool connection_blocked(const struct connection *connection)
{
    return connection->session.subscriber.outbox.count || connection->wire.wants_write;
}

static void flush(struct connection *connection)
{
    struct outbox *outbox = &connection->session.subscriber.outbox;
    struct iovec pieces[WRITE_PIECES];
    while (outbox->count) {
        long written = wire_write(&connection->wire, pieces, outbox_gather(outbox, pieces, WRITE_PIECES));
        if (written < 0)
            connection->state = CONNECTION_DEAD;
        if (written <= 0)
            return;
        outbox_advance(outbox, (size_t)written);
    }
}

/* ---- Upgrade ---- */

static void refuse(struct connection *connection, int status, int retry_after, int64_t now)
{
    struct bytes answer = {0};
    handshake_refuse(&answer, status, retry_after);
    push(connection, frame_new_raw(answer.data, answer.length));
    bytes_release(&answer);
    begin_closing(connection, now);
    connection->gate->counters.refused++;
}

static void accept_upgrade(struct connection *connection, const struct handshake *handshake, int64_t now)
{
    struct bytes answer = {0};
    handshake_accept(&answer, handshake->key);
    push(connection, frame_new_raw(answer.data, answer.length));
    bytes_release(&answer);
    int64_t interval = connection->gate->limits.ping_interval;
    connection->state = CONNECTION_OPEN;
    connection->next_ping = interval ? now + interval : MOMENT_NEVER;
}

static void upgrade(struct connection *connection, int64_t now)
{
    struct gate *gate = connection->gate;
    struct handshake handshake;
    size_t used = handshake_read(connection->incoming.data, connection->incoming.length, &handshake);
    if (!used)
        return;
    bytes_drop(&connection->incoming, used);
    if (gate->stall_upgrade)
        connection->state = CONNECTION_STALLED;
    else if (gate->refuse)
        refuse(connection, gate->refuse, gate->retry_after, now);
    else if (handshake.status != 101)
        refuse(connection, handshake.status, 0, now);
    else if (!session_open(&connection->session, &handshake))
        refuse(connection, 400, 0, now);
    else
        accept_upgrade(connection, &handshake, now);
    handshake_release(&handshake);
}

/* ---- Frames of the client ---- */

static bool within_rate(struct connection *connection, int64_t now)
{
    size_t limit = connection->gate->limits.messages;
    if (now - connection->window >= MOMENT_SECOND) {
        connection->window = now;
        connection->messages = 0;
    }
    return ++connection->messages <= limit || !limit;
}

/* A pong answers the pings up to the one whose payload it repeats; any other is unsolicited. */
static void take_pong(struct connection *connection, const struct frame_in *in)
{
    char text[FRAME_LARGEST_CONTROL + 1];
    snprintf(text, sizeof text, "%.*s", (int)in->length, in->payload);
    int64_t id = strtoll(text, NULL, 10);
    if (connection->unanswered && id >= connection->unanswered_id && id <= connection->last_ping_id)
        connection->unanswered = 0;
}

static void take_message(struct connection *connection)
{
    struct gate *gate = connection->gate;
    struct bytes *message = &connection->message;
    if (message->length > gate->limits.message_bytes) {
        gate->counters.ignored++;
    } else {
        struct bytes answer = {0};
        gate->counters.control_messages++;
        session_handle(&connection->session, message->data, message->length, &answer);
        connection_send_text(connection, answer.data, answer.length);
        bytes_release(&answer);
    }
    message->length = 0;
}

static void take_close(struct connection *connection, const struct frame_in *in, int64_t now)
{
    unsigned code = 1000;
    if (in->length >= 2)
        code = (unsigned)(unsigned char)in->payload[0] << 8 | (unsigned char)in->payload[1];
    connection_close(connection, code, "", now);
}

static bool answers_fragment_ping(const struct frame_in *in)
{
    static const char ping[] = FRAME_FRAGMENT_PING;
    return in->opcode == FRAME_PONG && in->length == sizeof ping - 1 &&
           memcmp(in->payload, ping, sizeof ping - 1) == 0;
}

static void take_frame(struct connection *connection, const struct frame_in *in, int64_t now)
{
    struct gate *gate = connection->gate;
    bool counts = in->opcode != FRAME_CLOSE && !answers_fragment_ping(in);
    if (counts && !within_rate(connection, now)) {
        gate->counters.rate_limited++;
        connection_close(connection, 1008, "Too many requests", now);
        return;
    }
    switch (in->opcode) {
    case FRAME_CLOSE:
        take_close(connection, in, now);
        break;
    case FRAME_PING:
        gate->counters.pings++;
        send_control(connection, FRAME_PONG, in->payload, in->length);
        break;
    case FRAME_PONG:
        gate->counters.pongs++;
        take_pong(connection, in);
        break;
    default:
        bytes_put(&connection->message, in->payload, in->length);
        if (connection->message.length > LARGEST_MESSAGE)
            connection_close(connection, 1009, "Message too big", now);
        else if (in->final)
            take_message(connection);
    }
}

static void take_frames(struct connection *connection, int64_t now)
{
    struct bytes *incoming = &connection->incoming;
    size_t at = 0;
    while (connection->state == CONNECTION_OPEN) {
        struct frame_in in;
        size_t used = 0;
        enum frame_status status =
            frame_read(incoming->data + at, incoming->length - at, LARGEST_MESSAGE, &in, &used);
        if (status == FRAME_PARTIAL)
            break;
        if (status == FRAME_READY)
            take_frame(connection, &in, now);
        else if (status == FRAME_MALFORMED)
            connection_close(connection, 1002, "Protocol error", now);
        else
            connection_close(connection, 1009, "Message too big", now);
        at += used;
    }
    bytes_drop(incoming, at);
}

void connection_read(struct connection *connection, int64_t now)
{
    struct bytes *incoming = &connection->incoming;
    while (connection->state != CONNECTION_DEAD) {
        bytes_grow(incoming, READ_CHUNK);
        long count = wire_read(&connection->wire, incoming->data + incoming->length, READ_CHUNK);
        if (count < 0)
            connection->state = CONNECTION_DEAD;
        if (count <= 0)
            return;
        incoming->length += (size_t)count;
        if (connection->state == CONNECTION_UPGRADING)
            upgrade(connection, now);
        if (connection->state == CONNECTION_OPEN)
            take_frames(connection, now);
        else if (connection->state != CONNECTION_UPGRADING)
            incoming->length = 0;
    }
}

/* ---- Deadlines ---- */

static void send_ping(struct connection *connection, int64_t now)
{
    struct gate *gate = connection->gate;
    connection->next_ping = now + gate->limits.ping_interval;
    if (gate->hub.silent)
        return;
    int64_t id = moment_wall() / MOMENT_MILLI;
    char payload[DECIMAL_TEXT];
    send_control(connection, FRAME_PING, payload, decimal_write_int(payload, id));
    connection->last_ping_id = id;
    if (!connection->unanswered) {
        connection->unanswered = now;
        connection->unanswered_id = id;
    }
}

static int64_t pong_due(const struct connection *connection)
{
    bool waits = connection->unanswered && !connection->gate->hub.silent;
    return waits ? connection->unanswered + connection->gate->limits.pong_timeout : MOMENT_NEVER;
}

static void meet_deadlines(struct connection *connection, int64_t now)
{
    struct gate *gate = connection->gate;
    if (connection->close_at && now >= connection->close_at)
        connection_close(connection, 1001, "Server shutdown", now);
    if (now >= connection->expires)
        connection_close(connection, 1001, "", now);
    if (now >= pong_due(connection)) {
        gate->counters.pong_timeouts++;
        connection_close(connection, 1008, "Pong timeout", now);
    }
    if (connection->state == CONNECTION_OPEN && now >= connection->next_ping)
        send_ping(connection, now);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t next_deadline(const struct connection *connection)
{
    if (connection->state == CONNECTION_CLOSING)
        return connection->dead_at;
    if (connection->state != CONNECTION_OPEN)
        return MOMENT_NEVER;
    int64_t due = earlier(connection->expires, connection->next_ping);
    due = earlier(due, pong_due(connection));
    return connection->close_at ? earlier(due, connection->close_at) : due;
}

int64_t connection_tend(struct connection *connection, int64_t now)
{
    struct outbox *outbox = &connection->session.subscriber.outbox;
    if (connection->state == CONNECTION_OPEN)
        meet_deadlines(connection, now);
    if (connection->state == CONNECTION_DEAD)
        return MOMENT_NEVER;
    flush(connection);
    if (connection->state == CONNECTION_CLOSING && !outbox->count && !connection->finished) {
        wire_finish(&connection->wire);
        connection->finished = true;
    }
    if (connection->state == CONNECTION_CLOSING && now >= connection->dead_at)
        connection->state = CONNECTION_DEAD;
    if (outbox->bytes > connection->gate->limits.buffer_bytes) {
        connection->gate->counters.overflowed++;
        connection_reset(connection);
    }
    return next_deadline(connection);
}
