/* server - see server.h. One thread, nothing to lock. */
#include "tests/tools/exchange/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/alloc.h"
#include "tests/tools/exchange/moment.h"

enum {
    TICKS_A_TURN = 512,
    EVENTS_A_TURN = 64,
    BACKLOG = 512,
    CONGESTED = 1 << 20, /* bytes that wait for one subscriber */
};

static const int64_t turn_interval = MOMENT_MILLI;
static const int64_t stop_patience = (int64_t)3 * MOMENT_SECOND;

/* ---- Sockets ---- */

static bool watch(struct server *server, int fd, void *owner, struct error *err)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = owner};
    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
        return true;
    return error_set(err, "epoll: %s", strerror(errno));
}

static int bind_to(const struct addrinfo *address)
{
    int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static unsigned port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &length);
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

bool server_listen(struct server *server, const char *address, unsigned *port, struct error *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found;
    char service[16];
    snprintf(service, sizeof service, "%u", *port);
    int result = getaddrinfo(address, service, &hints, &found);
    if (result)
        return error_set(err, "listen on %s: %s", address, gai_strerror(result));
    server->listener = bind_to(found);
    freeaddrinfo(found);
    if (server->listener < 0)
        return error_set(err, "listen on %s port %u: %s", address, *port, strerror(errno));
    *port = port_of(server->listener);
    return true;
}

static void accept_all(struct server *server, int64_t now)
{
    for (;;) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        int on = 1;
        struct error err;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct connection *connection = connection_new(&server->gate, fd, server->tls, now);
        connection->events = EPOLLIN;
        if (!watch(server, fd, connection, &err)) {
            connection_free(connection);
            continue;
        }
        connection->next = server->connections;
        server->connections = connection;
    }
}

static void rearm_socket(struct server *server, struct connection *connection)
{
    unsigned events = connection_blocked(connection) ? EPOLLIN | EPOLLOUT : EPOLLIN;
    if (connection->state == CONNECTION_DEAD || events == connection->events)
        return;
    struct epoll_event event = {.events = events, .data.ptr = connection};
    epoll_ctl(server->epoll, EPOLL_CTL_MOD, connection->wire.fd, &event);
    connection->events = events;
}

/* ---- Control lines ---- */

void server_obey(struct server *server, char *line)
{
    struct bytes answer = {0};
    server->command(server, line, &answer);
    bytes_text(&answer, "\n");
    fwrite(answer.data, 1, answer.length, stdout);
    fflush(stdout);
    bytes_release(&answer);
}

static void obey_lines(struct server *server)
{
    struct bytes *commands = &server->commands;
    char *newline;
    while (commands->length && (newline = memchr(commands->data, '\n', commands->length))) {
        *newline = '\0';
        server_obey(server, commands->data);
        bytes_drop(commands, (size_t)(newline + 1 - commands->data));
    }
}

/* False at the end of the input. */
static bool read_commands(struct server *server)
{
    enum { CHUNK = 4096 };
    bytes_grow(&server->commands, CHUNK);
    ssize_t count = read(STDIN_FILENO, server->commands.data + server->commands.length, CHUNK);
    if (count > 0)
        server->commands.length += (size_t)count;
    if (count == 0 && server->commands.length)
        bytes_text(&server->commands, "\n");
    obey_lines(server);
    return count > 0 || (count < 0 && errno == EINTR);
}

/* A regular file cannot be polled: its lines are carried out at once. */
static void watch_commands(struct server *server)
{
    struct error err;
    if (watch(server, STDIN_FILENO, &server->commands, &err))
        return;
    while (read_commands(server))
        ;
}

/* ---- Ticks ---- */

static bool is_congested(const struct server *server)
{
    for (const struct connection *connection = server->connections; connection; connection = connection->next)
        if (connection->session.subscriber.outbox.bytes > CONGESTED)
            return true;
    return false;
}

static bool source_is_over(const struct server *server)
{
    return server->pace.state == PACE_ENDED || server->pace.state == PACE_FAILED;
}

static void announce_end(struct server *server)
{
    server->ended = true;
    if (server->feed.ledger)
        fflush(server->feed.ledger);
    printf("source ended after %llu ticks\n", server->feed.ticks);
    fflush(stdout);
}

static void pump(struct server *server, int64_t now)
{
    bool free_running = server->pace.speed <= 0;
    if (free_running ? is_congested(server) : now < server->pumped + turn_interval)
        return;
    struct tick tick;
    for (int i = 0; i < TICKS_A_TURN && pace_next(&server->pace, now, &tick); i++) {
        feed_tick(&server->feed, &tick);
        server->pumped = now;
    }
}

/* When ticks are to be sent next. A congested source waits for a socket, not for a time. */
static int64_t next_pump(struct server *server)
{
    if (server->pace.speed <= 0 && is_congested(server))
        return MOMENT_NEVER;
    int64_t due = pace_due(&server->pace);
    int64_t turn = server->pace.speed > 0 ? server->pumped + turn_interval : 0;
    return due > turn ? due : turn;
}

/* ---- The end ---- */

static void begin_stop(struct server *server, int64_t now)
{
    if (server->stopping)
        return;
    server->stopping = true;
    server->stop_at = now + stop_patience;
    pace_pause(&server->pace);
    for (struct connection *connection = server->connections; connection; connection = connection->next) {
        if (connection->state < CONNECTION_OPEN)
            connection_reset(connection);
        connection_close(connection, 1001, "", now);
    }
}

static bool all_is_sent(const struct server *server)
{
    for (const struct connection *connection = server->connections; connection; connection = connection->next)
        if (connection->session.subscriber.outbox.count)
            return false;
    return true;
}

/* ---- The loop ---- */

/* Every connection in turn; the answer is the earliest time one of them wants to be called. */
static int64_t sweep(struct server *server, int64_t now)
{
    int64_t earliest = MOMENT_NEVER;
    struct connection **link = &server->connections;
    while (*link) {
        struct connection *connection = *link;
        int64_t due = connection_tend(connection, now);
        if (due < earliest)
            earliest = due;
        rearm_socket(server, connection);
        if (connection->state != CONNECTION_DEAD) {
            link = &connection->next;
            continue;
        }
        *link = connection->next;
        connection_free(connection);
    }
    return earliest;
}

static void read_signal(struct server *server, int64_t now)
{
    struct signalfd_siginfo info;
    if (read(server->signals, &info, sizeof info) == (ssize_t)sizeof info)
        begin_stop(server, now);
}

static void drain_timer(const struct server *server)
{
    uint64_t expirations;
    ssize_t ignored = read(server->timer, &expirations, sizeof expirations);
    (void)ignored;
}

static void dispatch(struct server *server, const struct epoll_event *event, int64_t now)
{
    void *owner = event->data.ptr;
    if (owner == &server->listener)
        accept_all(server, now);
    else if (owner == &server->timer)
        drain_timer(server);
    else if (owner == &server->signals)
        read_signal(server, now);
    else if (owner != &server->commands)
        connection_read(owner, now);
    else if (!read_commands(server))
        epoll_ctl(server->epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
}

static void arm_timer(const struct server *server, int64_t when)
{
    struct itimerspec spec = {0};
    if (when != MOMENT_NEVER) {
        when = when > 0 ? when : 1;
        spec.it_value.tv_sec = when / MOMENT_SECOND;
        spec.it_value.tv_nsec = when % MOMENT_SECOND;
    }
    timerfd_settime(server->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

static bool set_up(struct server *server, struct error *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    server->signals = signalfd(-1, &set, SFD_CLOEXEC);
    server->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!watch(server, server->listener, &server->listener, err) ||
        !watch(server, server->timer, &server->timer, err) ||
        !watch(server, server->signals, &server->signals, err))
        return false;
    watch_commands(server);
    return true;
}

static void wait_for_events(struct server *server, int64_t wake)
{
    struct epoll_event events[EVENTS_A_TURN];
    bool now_due = wake <= moment_monotonic();
    if (!now_due)
        arm_timer(server, wake);
    int count = epoll_wait(server->epoll, events, EVENTS_A_TURN, now_due ? 0 : -1);
    int64_t now = moment_monotonic();
    for (int i = 0; i < count; i++)
        dispatch(server, &events[i], now);
    pump(server, now);
}

/* Sweeps and says when to wake; a source that is found to be at its end is announced. */
static int64_t tend(struct server *server, int64_t now)
{
    int64_t wake = sweep(server, now);
    if (server->gate.hub.subscriptions >= server->wait_for)
        pace_start(&server->pace);
    int64_t due = next_pump(server);
    if (source_is_over(server) && !server->ended)
        announce_end(server);
    if (due < wake)
        wake = due;
    return server->stopping && server->stop_at < wake ? server->stop_at : wake;
}

bool server_run(struct server *server, struct error *err)
{
    if (!set_up(server, err))
        return false;
    for (;;) {
        int64_t now = moment_monotonic();
        int64_t wake = tend(server, now);
        if (server->pace.state == PACE_FAILED)
            return error_set(err, "%s", server->pace.failure.text);
        if (server->stopping && (!server->connections || now >= server->stop_at))
            return true;
        if (server->exit_when_done && !server->stopping && source_is_over(server) && all_is_sent(server))
            begin_stop(server, now);
        else
            wait_for_events(server, wake);
    }
}

void server_release(struct server *server)
{
    while (server->connections) {
        struct connection *connection = server->connections;
        server->connections = connection->next;
        connection_free(connection);
    }
    hub_release(&server->gate.hub);
    source_free(server->pace.source);
    bytes_release(&server->commands);
    wire_tls_free(server->tls);
    close(server->listener);
    close(server->timer);
    close(server->signals);
    close(server->epoll);
}
