/* servers - the urls of an instance, and which of them is asked next.
 *
 * The first that is well. One that failed is left alone for 30 s, so that the flow returns to the first by
 * itself; when all have failed they are tried in order again. One that asked for a pause (Retry-After) is
 * never asked before it is over. Times are monotonic, ns. Own thread.
 */
#pragma once
#include "core/plugin.h"

enum { SERVERS_LIMIT = 64 };

struct server {
    char   *base;          /* "http://host:8086/prefix": paths are appended */
    char   *shown;         /* base without user and password: for logs */
    char   *unix_socket;   /* NULL: TCP */
    bool    local;         /* on this machine: no proxy of the environment */
    int64_t failed_until;
    int64_t paused_until;
};

struct servers {
    struct server *items;
    size_t         count;
};

/* Is this url one? Else answers what is wrong with it. */
const char *server_check(const char *url);

/* All urls are right, and 1 .. SERVERS_LIMIT. */
void servers_init(struct servers *servers, const struct vane_strings *urls);
void servers_release(struct servers *servers);

/* The server to ask now, but none whose bit is set in `tried`. NULL: none is left. */
struct server *servers_pick(struct servers *servers, uint64_t tried, int64_t now);

uint64_t servers_bit(const struct servers *servers, const struct server *server);

/* pause: what it asked for, 0: nothing. */
void server_failed(struct server *server, int64_t pause, int64_t now);
void server_succeeded(struct server *server);

/* How long until the first may be asked again; 0: now. */
int64_t servers_pause(const struct servers *servers, int64_t now);
