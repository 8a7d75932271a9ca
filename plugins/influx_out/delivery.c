/* delivery - see delivery.h. Pieces wait on a stack, the first in time on top, so that points of one series
 * are written again in their order. */
#include "plugins/influx_out/delivery.h"

#include <assert.h>
#include <stdlib.h>

#include "plugins/influx_out/narrow.h"
#include "plugins/shared/http.h"
#include "plugins/shared/memory.h"

/* Why a write is kept; a change is worth a line in the log. */
enum trouble { TROUBLE_NONE, TROUBLE_SERVER, TROUBLE_REFUSED, TROUBLE_UNEXPECTED, TROUBLE_DATABASE };

enum { MESSAGE_LIMIT = 300 };

struct delivery {
    struct delivery   *next;
    struct influx     *influx;
    struct http_call  *call;
    struct vane_write *write; /* NULL: idle */
    struct parts       parts;
    size_t             part;  /* at work on this one */
    struct piece      *pieces;
    size_t             piece_count, piece_room;
    struct vane_text   body;   /* of a request that is not a whole part */
    struct gzip_buffer packed;
    struct server     *server;
    uint64_t           tried;  /* servers that failed for this piece */
    bool               creating, created; /* the database of this part */
    enum trouble       kept;   /* parts are, and why */
    struct vane_text   reason; /* of that */
};

/* ---- Reasons ---- */

/* The first line of what a server says, short enough for a log. */
static void add_message(struct vane_text *text, const char *message)
{
    size_t length = strcspn(message, "\r\n");
    if (length > MESSAGE_LIMIT)
        length = MESSAGE_LIMIT;
    while (length && ((unsigned char)message[length] & 0xc0) == 0x80) /* inside a character of UTF-8 */
        length--;
    vane_text_add(text, message, length);
}

static void explain(struct delivery *delivery, const struct http_answer *http, const struct answer *answer)
{
    struct vane_text *reason = &delivery->reason;
    vane_text_clear(reason);
    vane_text_addf(reason, "%s: ", delivery->server->shown);
    if (http->fault && !http->header_too_long) {
        add_message(reason, http->fault);
        return;
    }
    vane_text_addf(reason, "HTTP %d", http->status);
    if (answer->message[0]) {
        vane_text_addf(reason, ": ");
        add_message(reason, answer->message);
    }
    if (http->location)
        vane_text_addf(reason, ": it points to %s", http->location);
    if (answer->hint[0])
        vane_text_addf(reason, " (%s)", answer->hint);
}

/* The host logs the first failure of a row; what is new after that is logged here. */
static void note_trouble(struct influx *influx, enum trouble trouble, const char *reason)
{
    if (influx->trouble && influx->trouble != (int)trouble)
        vane_log(influx->self, VANE_WARN, "write: %s", reason);
    influx->trouble = (int)trouble;
    influx->healthy = false;
    vane_gauge(influx->self, "healthy", 0);
}

static void note_success(struct delivery *delivery)
{
    struct influx *influx = delivery->influx;
    server_succeeded(delivery->server);
    if (influx->server != delivery->server && influx->servers.count > 1)
        vane_log(influx->self, VANE_INFO, "writing to %s", delivery->server->shown);
    influx->server = delivery->server;
    if (!influx->healthy)
        vane_gauge(influx->self, "healthy", 1);
    influx->healthy = true;
}

/* ---- The end of a write ---- */

/* All that is not settled is given again later. */
static void give_back(struct delivery *delivery, enum trouble trouble)
{
    struct influx *influx = delivery->influx;
    const char *reason = delivery->reason.length ? delivery->reason.data : "every server asked for a pause";
    int64_t pause = servers_pause(&influx->servers, vane_monotonic());
    note_trouble(influx, trouble, reason);
    if (pause)
        vane_retry_after(influx->self, pause);
    vane_again(influx->self, delivery->write, "%s", reason);
    delivery->write = NULL;
}

static void end(struct delivery *delivery)
{
    if (delivery->kept) {
        give_back(delivery, delivery->kept);
        return;
    }
    delivery->influx->trouble = TROUBLE_NONE;
    delivery->write = NULL;
}

/* ---- Requests ---- */

static void start(struct delivery *delivery, const struct curl_slist *headers, const char *body,
                  size_t length)
{
    struct influx *influx = delivery->influx;
    const struct server *server = delivery->server;
    bool proxied = influx->http_proxy && influx->http_proxy[0];
    vane_count(influx->self, "requests", 1);
    vane_count(influx->self, "bytes_sent", length);
    http_start(delivery->call, &(struct http_request){
        .url = influx->url.data, .unix_socket = server->unix_socket, .direct = server->local && !proxied,
        .headers = headers, .body = body, .length = length });
}

static struct part *part_of(struct delivery *delivery)
{
    return &delivery->parts.list[delivery->part];
}

static struct piece *top(struct delivery *delivery)
{
    return &delivery->pieces[delivery->piece_count - 1];
}

static void send_piece(struct delivery *delivery)
{
    struct influx *influx = delivery->influx;
    const struct part *part = part_of(delivery);
    const char *body = delivery->parts.text.data + part->at;
    size_t length = part->length;
    if (part->measured) {
        vane_text_clear(&delivery->body);
        parts_gather(&delivery->parts, *top(delivery), &delivery->body);
        body = delivery->body.data;
        length = delivery->body.length;
    }
    if (influx->gzip) {
        gzip_pack(influx->gzip, &delivery->packed, body, length);
        body = (const char *)delivery->packed.data;
        length = delivery->packed.length;
    }
    vane_text_clear(&influx->url);
    target_add_write_url(&influx->url, influx, delivery->server, &part->target);
    start(delivery, influx->write_headers, body, length);
}

static void send_create(struct delivery *delivery)
{
    struct influx *influx = delivery->influx;
    vane_text_clear(&influx->url);
    vane_text_clear(&delivery->body);
    target_add_query_url(&influx->url, delivery->server);
    target_add_create_form(&delivery->body, &part_of(delivery)->target);
    delivery->creating = true;
    start(delivery, influx->query_headers, delivery->body.data, delivery->body.length);
}

/* Sends the piece on top to the best server, or gives up for now. */
static void send_to_next(struct delivery *delivery)
{
    struct influx *influx = delivery->influx;
    delivery->server = servers_pick(&influx->servers, delivery->tried, vane_monotonic());
    if (delivery->server)
        send_piece(delivery);
    else
        give_back(delivery, TROUBLE_SERVER);
}

/* ---- Pieces ---- */

static void push(struct delivery *delivery, struct piece piece)
{
    if (piece.first == piece.end)
        return;
    if (delivery->piece_count == delivery->piece_room) {
        delivery->piece_room = delivery->piece_room ? 2 * delivery->piece_room : 16;
        delivery->pieces = memory_resize(delivery->pieces, delivery->piece_room, sizeof *delivery->pieces);
    }
    delivery->pieces[delivery->piece_count++] = piece;
}

static struct piece pop(struct delivery *delivery)
{
    return delivery->pieces[--delivery->piece_count];
}

static void begin_part(struct delivery *delivery)
{
    const struct part *part = part_of(delivery);
    delivery->piece_count = 0;
    delivery->creating = delivery->created = false;
    push(delivery, (struct piece){ part->first, part->end });
}

/* On to the next piece, of the next part where this one has no more. */
static void advance(struct delivery *delivery)
{
    while (delivery->piece_count == 0) {
        if (++delivery->part >= delivery->parts.count) {
            end(delivery);
            return;
        }
        begin_part(delivery);
    }
    delivery->tried = 0;
    send_to_next(delivery);
}

/* What is left of the part stays unsettled. */
static void keep_part(struct delivery *delivery, enum trouble why)
{
    delivery->kept = why;
    delivery->piece_count = 0;
    advance(delivery);
}

static void split(struct delivery *delivery, struct piece piece, size_t at)
{
    vane_count(delivery->influx->self, "splits", 1);
    push(delivery, (struct piece){ at, piece.end });
    push(delivery, (struct piece){ piece.first, at });
}

/* ---- Answers ---- */

static void deliver(struct delivery *delivery)
{
    note_success(delivery);
    parts_deliver(&delivery->parts, pop(delivery));
    advance(delivery);
}

static void find_bad_points(struct delivery *delivery, const struct answer *answer)
{
    struct parts *parts = &delivery->parts;
    parts_measure(parts, part_of(delivery));
    struct piece piece = pop(delivery);
    size_t count = piece.end - piece.first;
    if (count > 1)
        narrow_reject_named(parts, &piece, answer);
    if (piece.end - piece.first < count)
        push(delivery, piece);
    else if (count == 1 || narrow_all_dropped(parts, piece, answer))
        parts_reject(parts, piece, delivery->reason.data);
    else
        split(delivery, piece, narrow_cut(parts, piece, answer));
    advance(delivery);
}

static void make_smaller(struct delivery *delivery)
{
    parts_measure(&delivery->parts, part_of(delivery));
    struct piece piece = pop(delivery);
    if (piece.end - piece.first == 1)
        parts_reject(&delivery->parts, piece, delivery->reason.data);
    else
        split(delivery, piece, piece.first + (piece.end - piece.first) / 2);
    advance(delivery);
}

static void ask_next_server(struct delivery *delivery, int64_t pause)
{
    server_failed(delivery->server, pause, vane_monotonic());
    delivery->tried |= servers_bit(&delivery->influx->servers, delivery->server);
    send_to_next(delivery);
}

static void handle_unexpected(struct delivery *delivery)
{
    if (delivery->influx->on_client_error == INFLUX_KEEP) {
        keep_part(delivery, TROUBLE_UNEXPECTED);
        return;
    }
    parts_reject(&delivery->parts, pop(delivery), delivery->reason.data);
    advance(delivery);
}

static void handle_no_database(struct delivery *delivery)
{
    if (!delivery->influx->skip_database_creation && !delivery->created) {
        send_create(delivery);
        return;
    }
    vane_text_addf(&delivery->reason, " (create it%s)",
                   delivery->influx->skip_database_creation ? ": skip_database_creation is set" : "");
    keep_part(delivery, TROUBLE_DATABASE);
}

static void handle(struct delivery *delivery, const struct http_answer *http, const struct answer *answer)
{
    switch (answer->verdict) {
    case ANSWER_DELIVERED:
        deliver(delivery);
        break;
    case ANSWER_BAD_POINTS:
        find_bad_points(delivery, answer);
        break;
    case ANSWER_TOO_LARGE:
        make_smaller(delivery);
        break;
    case ANSWER_NO_DATABASE:
        handle_no_database(delivery);
        break;
    case ANSWER_UNEXPECTED:
        handle_unexpected(delivery);
        break;
    case ANSWER_REFUSED:
        keep_part(delivery, TROUBLE_REFUSED);
        break;
    case ANSWER_LATER:
        ask_next_server(delivery, http->retry_after);
        break;
    }
}

/* The answer to CREATE DATABASE: an error may stand in a 200. */
static void handle_created(struct delivery *delivery, const struct http_answer *http)
{
    struct influx *influx = delivery->influx;
    struct answer answer;
    const char *error = answer_query_error(&answer, http->body, http->length);
    delivery->creating = false;
    delivery->created = true;
    if (http->status == 200 && !error) {
        vane_log(influx->self, VANE_INFO, "created database \"%s\"", part_of(delivery)->target.bucket);
        send_piece(delivery);
    } else {
        vane_text_clear(&delivery->reason);
        vane_text_addf(&delivery->reason, "%s: create database \"%s\": HTTP %d: ", delivery->server->shown,
                       part_of(delivery)->target.bucket, http->status);
        add_message(&delivery->reason, error ? error : http->body);
        keep_part(delivery, TROUBLE_DATABASE);
    }
    answer_release(&answer);
}

static void on_answer(void *context, const struct http_answer *http)
{
    struct delivery *delivery = context;
    struct answer answer = { .verdict = ANSWER_LATER, .message = "", .hint = "" };
    bool complete = !http->fault || (http->header_too_long && http->status >= 400);
    if (complete && delivery->creating) {
        handle_created(delivery, http);
        return;
    }
    if (complete)
        answer_read(&answer, http->status, http->fault ? "" : http->body, http->fault ? 0 : http->length);
    delivery->creating = false;
    explain(delivery, http, &answer);
    handle(delivery, http, &answer);
    answer_release(&answer);
}

/* ---- Life ---- */

static struct delivery *find_idle(struct influx *influx)
{
    struct delivery *delivery = influx->deliveries;
    while (delivery && delivery->write)
        delivery = delivery->next;
    if (delivery)
        return delivery;
    delivery = memory_zero(sizeof *delivery);
    delivery->influx = influx;
    delivery->call = http_call_new(influx->http, on_answer, delivery);
    delivery->next = influx->deliveries;
    influx->deliveries = delivery;
    return delivery;
}

enum vane_result delivery_begin(struct influx *influx, struct vane_write *write)
{
    struct delivery *delivery = find_idle(influx);
    parts_fill(&delivery->parts, influx, write);
    delivery->write = write;
    delivery->kept = TROUBLE_NONE;
    vane_text_clear(&delivery->reason);
    delivery->part = SIZE_MAX; /* the first is 0 */
    delivery->piece_count = 0;
    advance(delivery);
    return VANE_PENDING;
}

void deliveries_free(struct influx *influx)
{
    while (influx->deliveries) {
        struct delivery *delivery = influx->deliveries;
        influx->deliveries = delivery->next;
        parts_release(&delivery->parts);
        free(delivery->pieces);
        free(delivery->packed.data);
        vane_text_release(&delivery->body);
        vane_text_release(&delivery->reason);
        free(delivery);
    }
}
