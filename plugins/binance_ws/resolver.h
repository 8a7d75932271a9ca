/* resolver - looks a host's name up on a thread of its own.
 *
 *     resolver_start(resolver, "stream.binance.com");
 *     ... resolver_fd is readable: resolver_take(resolver, &found) ...
 *
 * libwebsockets would do it on the thread that reads the other connections, and hold that up for as long as
 * the name servers are silent. One lookup at a time. A lookup cannot be broken off: resolver_free leaves
 * it to end by itself. All functions: the owner's thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { RESOLVER_ADDRESSES = 16, RESOLVER_TEXT = 64 };

struct resolver_found {
    char   addresses[RESOLVER_ADDRESSES][RESOLVER_TEXT]; /* numeric, in the order to try them */
    size_t count;                                        /* 0: the lookup failed */
    char   failure[128];
};

struct resolver;

struct resolver *resolver_new(void);
void resolver_free(struct resolver *resolver);       /* NULL is fine */
int resolver_fd(const struct resolver *resolver);    /* to watch for reading */
bool resolver_busy(const struct resolver *resolver); /* a lookup has begun and was not taken */

/* Not while it is busy. A numeric address is found as well. */
void resolver_start(struct resolver *resolver, const char *host);

/* False: there is no new result. */
bool resolver_take(struct resolver *resolver, struct resolver_found *found);
