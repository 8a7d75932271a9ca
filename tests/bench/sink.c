/* sink - an HTTP server that accepts everything as fast as it can, for benchmarks of what writes to it.
 *
 *     sink
 *
 * Prints `listening on http://127.0.0.1:PORT` and ends with standard input. A POST is read, its lines are
 * counted, and it is answered 204; a GET is answered with the number of lines so far. It keeps connections
 * open, and reads bodies with a length and in chunks. What is wrong ends the connection. One thread, epoll.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MOST = 16 * 1024, READ_SIZE = 256 * 1024, EVENTS = 64 };

enum state { HEAD, BODY, CHUNK_HEAD, CHUNK, CHUNK_END };

struct connection {
    int        socket;
    enum state state;
    uint64_t   left;            /* of the body or chunk */
    char       head[HEAD_MOST]; /* the head, or the line before a chunk, as far as it has come */
    size_t     head_length;
    bool       last_chunk;
};

struct sink {
    int      poll, listener;
    uint64_t lines;
    char     block[READ_SIZE];
};

/* ---- Requests ---- */

static bool answer(const struct connection *connection, const char *text)
{
    size_t length = strlen(text); /* far below what a socket takes at once */
    return send(connection->socket, text, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static bool end_request(struct connection *connection)
{
    connection->state = HEAD;
    connection->head_length = 0;
    return answer(connection, "HTTP/1.1 204 No Content\r\n\r\n");
}

static bool answer_lines(struct sink *sink, struct connection *connection)
{
    char text[128], number[32];
    int length = snprintf(number, sizeof number, "%" PRIu64, sink->lines);
    snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", length, number);
    connection->head_length = 0;
    return answer(connection, text);
}

static bool begin_body(struct sink *sink, struct connection *connection)
{
    const char *head = connection->head;
    if (strncmp(head, "GET ", 4) == 0)
        return answer_lines(sink, connection);
    const char *length = strcasestr(head, "\r\nContent-Length:");
    connection->left = length ? strtoull(length + strlen("\r\nContent-Length:"), NULL, 10) : 0;
    connection->state = strcasestr(head, "\r\nTransfer-Encoding: chunked") ? CHUNK_HEAD : BODY;
    connection->head_length = 0;
    if (strcasestr(head, "\r\nExpect: 100-continue") && !answer(connection, "HTTP/1.1 100 Continue\r\n\r\n"))
        return false;
    return connection->state == CHUNK_HEAD || connection->left > 0 || end_request(connection);
}

static void begin_chunk(struct connection *connection)
{
    connection->left = strtoull(connection->head, NULL, 16);
    connection->last_chunk = connection->left == 0;
    connection->state = connection->last_chunk ? CHUNK_END : CHUNK;
    connection->head_length = 0;
}

/* Takes bytes up to and with `end` ("\r\n\r\n" or "\r\n"); answers how many. True in `whole`: it is there. */
static size_t take_head(struct connection *connection, const char *bytes, size_t length, const char *end,
                        bool *whole)
{
    size_t end_length = strlen(end), i = 0;
    *whole = false;
    while (i < length && !*whole && connection->head_length < HEAD_MOST - 1) {
        connection->head[connection->head_length++] = bytes[i++];
        *whole = connection->head_length >= end_length &&
                 memcmp(connection->head + connection->head_length - end_length, end, end_length) == 0;
    }
    connection->head[connection->head_length] = '\0';
    return i;
}

static size_t take_body(struct sink *sink, struct connection *connection, const char *bytes, size_t length)
{
    size_t taken = length < connection->left ? length : (size_t)connection->left;
    const char *end = bytes + taken;
    for (const char *at = bytes; (at = memchr(at, '\n', (size_t)(end - at))); at++)
        sink->lines++;
    connection->left -= taken;
    return taken;
}

/* One step; answers how many bytes it took, -1: the connection is to be closed. */
static ssize_t step(struct sink *sink, struct connection *connection, const char *bytes, size_t length)
{
    bool whole, good = true;
    size_t taken;
    if (connection->state == BODY || connection->state == CHUNK) {
        taken = take_body(sink, connection, bytes, length);
        if (connection->left == 0 && connection->state == BODY)
            good = end_request(connection);
        else if (connection->left == 0)
            connection->state = CHUNK_END;
        return good ? (ssize_t)taken : -1;
    }
    taken = take_head(connection, bytes, length, connection->state == HEAD ? "\r\n\r\n" : "\r\n", &whole);
    if (!whole)
        return connection->head_length < HEAD_MOST - 1 ? (ssize_t)taken : -1;
    if (connection->state == HEAD) {
        good = begin_body(sink, connection);
    } else if (connection->state == CHUNK_HEAD) {
        begin_chunk(connection);
    } else {
        connection->state = CHUNK_HEAD;
        connection->head_length = 0;
        good = !connection->last_chunk || end_request(connection);
    }
    return good ? (ssize_t)taken : -1;
}

/* ---- Connections ---- */

static void drop(struct connection *connection)
{
    close(connection->socket);
    free(connection);
}

static void receive(struct sink *sink, struct connection *connection)
{
    ssize_t got = recv(connection->socket, sink->block, sizeof sink->block, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    ssize_t at = 0, taken = got > 0 ? 0 : -1;
    while (at < got && (taken = step(sink, connection, sink->block + at, (size_t)(got - at))) >= 0)
        at += taken;
    if (taken < 0)
        drop(connection);
}

static void accept_one(struct sink *sink)
{
    int socket = accept4(sink->listener, NULL, NULL, SOCK_CLOEXEC), yes = 1;
    if (socket < 0)
        return;
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection)
        abort();
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connection->socket = socket;
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
    epoll_ctl(sink->poll, EPOLL_CTL_ADD, socket, &event);
}

static bool listen_on_loopback(struct sink *sink)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct sockaddr *any = (struct sockaddr *)&address;
    socklen_t length = sizeof address;
    sink->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (sink->listener < 0 || bind(sink->listener, any, sizeof address) != 0 ||
        listen(sink->listener, 64) != 0 || getsockname(sink->listener, any, &length) != 0)
        return false;
    printf("listening on http://127.0.0.1:%d\n", ntohs(address.sin_port));
    return fflush(stdout) == 0;
}

/* False: standard input has ended. */
static bool serve(struct sink *sink)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(sink->poll, events, EVENTS, -1);
    for (int i = 0; i < count; i++) {
        if (!events[i].data.ptr)
            return false;
        if (events[i].data.ptr == sink)
            accept_one(sink);
        else
            receive(sink, events[i].data.ptr);
    }
    return true;
}

int main(void)
{
    static struct sink sink;
    sink.poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event listener = { .events = EPOLLIN, .data.ptr = &sink };
    struct epoll_event input = { .events = EPOLLIN, .data.ptr = NULL };
    if (sink.poll < 0 || !listen_on_loopback(&sink) ||
        epoll_ctl(sink.poll, EPOLL_CTL_ADD, sink.listener, &listener) != 0 ||
        epoll_ctl(sink.poll, EPOLL_CTL_ADD, STDIN_FILENO, &input) != 0) {
        perror("sink");
        return 1;
    }
    while (serve(&sink))
        ;
    return 0;
}
