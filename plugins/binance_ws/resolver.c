/* resolver - see resolver.h.
 *
 * Owner and thread share a lookup, and the last one to leave frees it. The thread fills it in, sets `done`,
 * then writes to the event descriptor; the owner takes it only after it has read that, so that no write of
 * a lookup that is over makes the descriptor readable later. */
#include "plugins/binance_ws/resolver.h"

#include "plugins/shared/memory.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct lookup {
    char                 *host;
    int                   event; /* a descriptor of its own: the owner may be gone */
    struct resolver_found found;
    atomic_bool           done;
    atomic_int            holders;
};

struct resolver {
    int            event;
    struct lookup *lookup; /* NULL: none has begun */
};

static void leave(struct lookup *lookup)
{
    if (atomic_fetch_sub(&lookup->holders, 1) > 1)
        return;
    if (lookup->event >= 0)
        close(lookup->event);
    free(lookup->host);
    free(lookup);
}

static void copy_addresses(const struct addrinfo *list, struct resolver_found *found)
{
    for (; list && found->count < RESOLVER_ADDRESSES; list = list->ai_next) {
        char *text = found->addresses[found->count];
        if (getnameinfo(list->ai_addr, list->ai_addrlen, text, RESOLVER_TEXT, NULL, 0, NI_NUMERICHOST) == 0)
            found->count++;
    }
}

static void *look_up(void *context)
{
    struct lookup *lookup = context;
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    int failed = getaddrinfo(lookup->host, NULL, &hints, &list);
    if (!failed)
        copy_addresses(list, &lookup->found);
    else
        snprintf(lookup->found.failure, sizeof lookup->found.failure, "%s", gai_strerror(failed));
    if (list)
        freeaddrinfo(list);
    atomic_store(&lookup->done, true);
    uint64_t one = 1;
    ssize_t wrote = write(lookup->event, &one, sizeof one);
    (void)wrote; /* a counter that is full is readable, too */
    leave(lookup);
    return NULL;
}

struct resolver *resolver_new(void)
{
    struct resolver *resolver = memory_zero(sizeof *resolver);
    resolver->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return resolver;
}

void resolver_free(struct resolver *resolver)
{
    if (!resolver)
        return;
    if (resolver->lookup)
        leave(resolver->lookup);
    if (resolver->event >= 0)
        close(resolver->event);
    free(resolver);
}

int resolver_fd(const struct resolver *resolver)
{
    return resolver->event;
}

bool resolver_busy(const struct resolver *resolver)
{
    return resolver->lookup != NULL;
}

void resolver_start(struct resolver *resolver, const char *host)
{
    struct lookup *lookup = memory_zero(sizeof *lookup);
    size_t length = strlen(host);
    lookup->host = memcpy(memory_zero(length + 1), host, length);
    lookup->event = dup(resolver->event);
    atomic_init(&lookup->holders, 2);
    resolver->lookup = lookup;

    pthread_t thread;
    if (pthread_create(&thread, NULL, look_up, lookup) == 0)
        pthread_detach(thread);
    else
        look_up(lookup);
}

bool resolver_take(struct resolver *resolver, struct resolver_found *found)
{
    struct lookup *lookup = resolver->lookup;
    uint64_t count;
    if (!lookup || read(resolver->event, &count, sizeof count) < 0 || !atomic_load(&lookup->done))
        return false;
    *found = lookup->found;
    leave(lookup);
    resolver->lookup = NULL;
    return true;
}
