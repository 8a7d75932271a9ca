/* servers - see servers.h. */
#include "plugins/influx_out/servers.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"

static const int64_t REST = 30000000000, LONGEST_PAUSE = 600000000000; /* ns */

/* ---- Urls ---- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

const char *server_check(const char *url)
{
    if (begins(url, "unix://"))
        return url[strlen("unix://")] == '/' ? NULL : "must name a socket, as unix:///run/influxdb.sock";
    if (begins(url, "udp://"))
        return "UDP tells nobody what was written, and is not supported";
    if (!begins(url, "http://") && !begins(url, "https://"))
        return "must begin with http://, https:// or unix://";
    const char *host = strstr(url, "://") + 3;
    if (!*host || *host == '/')
        return "has no host";
    return strpbrk(url, "?# \t\r\n") ? "holds a space, a query or a fragment" : NULL;
}

static char *copy(const char *text, size_t length)
{
    char *made = memory_zero(length + 1);
    memcpy(made, text, length);
    return made;
}

/* Behind "user:password@", if there is one. */
static const char *skip_user(const char *host)
{
    size_t length = strcspn(host, "/");
    const char *at = memrchr(host, '@', length);
    return at ? at + 1 : host;
}

static bool is_local(const char *host)
{
    return begins(host, "127.") || begins(host, "[::1]")
           || (begins(host, "localhost") && strchr(":/", host[strlen("localhost")]));
}

static struct server read_unix(const char *url)
{
    static const char base[] = "http://localhost";
    const char *path = url + strlen("unix://");
    return (struct server){ .base = copy(base, strlen(base)), .shown = copy(url, strlen(url)), .local = true,
                            .unix_socket = copy(path, strlen(path)) };
}

static struct server read_server(const char *url)
{
    if (begins(url, "unix://"))
        return read_unix(url);
    size_t length = strlen(url);
    while (url[length - 1] == '/')
        length--;
    struct server server = { .base = copy(url, length), .shown = copy(url, length) };
    size_t scheme = (size_t)(strstr(url, "://") + 3 - url);
    const char *host = skip_user(server.base + scheme);
    memmove(server.shown + scheme, host, strlen(host) + 1);
    server.local = is_local(host);
    return server;
}

/* ---- Life ---- */

void servers_init(struct servers *servers, const struct vane_strings *urls)
{
    servers->items = memory_resize(NULL, urls->count, sizeof *servers->items);
    for (size_t i = 0; i < urls->count; i++)
        servers->items[servers->count++] = read_server(urls->items[i]);
}

void servers_release(struct servers *servers)
{
    for (size_t i = 0; i < servers->count; i++) {
        free(servers->items[i].base);
        free(servers->items[i].shown);
        free(servers->items[i].unix_socket);
    }
    free(servers->items);
    *servers = (struct servers){ 0 };
}

/* ---- Choice ---- */

uint64_t servers_bit(const struct servers *servers, const struct server *server)
{
    return UINT64_C(1) << (server - servers->items);
}

struct server *servers_pick(struct servers *servers, uint64_t tried, int64_t now)
{
    struct server *second_best = NULL;
    for (size_t i = 0; i < servers->count; i++) {
        struct server *server = &servers->items[i];
        if (tried & servers_bit(servers, server) || now < server->paused_until)
            continue;
        if (now >= server->failed_until)
            return server;
        if (!second_best)
            second_best = server;
    }
    return second_best;
}

void server_failed(struct server *server, int64_t pause, int64_t now)
{
    server->failed_until = now + REST;
    if (pause > 0)
        server->paused_until = now + (pause < LONGEST_PAUSE ? pause : LONGEST_PAUSE);
}

void server_succeeded(struct server *server)
{
    server->failed_until = server->paused_until = 0;
}

int64_t servers_pause(const struct servers *servers, int64_t now)
{
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < servers->count; i++)
        if (servers->items[i].paused_until < least)
            least = servers->items[i].paused_until;
    return least > now ? least - now : 0;
}
