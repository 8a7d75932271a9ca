#include "core/waker.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { SECOND = 1000000000 };

/* Without these descriptors a thread can neither sleep nor be woken. */
static void or_die(bool good)
{
    if (good)
        return;
    fprintf(stderr, "vane: no descriptor left for a thread: %s (raise the limit: ulimit -n, LimitNOFILE)\n",
            strerror(errno));
    _exit(1);
}

static void watch(struct waker *waker, int fd)
{
    struct epoll_event interest = { .events = EPOLLIN, .data.fd = fd };
    or_die(epoll_ctl(waker->poll, EPOLL_CTL_ADD, fd, &interest) == 0);
}

void waker_init(struct waker *waker)
{
    atomic_init(&waker->pending, false);
    waker->armed = false;
    waker->event = eventfd(0, EFD_CLOEXEC);
    waker->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    waker->poll = epoll_create1(EPOLL_CLOEXEC);
    or_die(waker->event >= 0 && waker->timer >= 0 && waker->poll >= 0);
    watch(waker, waker->event);
    watch(waker, waker->timer);
}

void waker_release(struct waker *waker)
{
    close(waker->event);
    close(waker->timer);
    close(waker->poll);
}

void waker_wake(struct waker *waker)
{
    /* seq_cst: what was changed before is seen by the thread after it has cleared the flag. */
    if (atomic_exchange(&waker->pending, true))
        return;
    uint64_t one = 1;
    ssize_t wrote = write(waker->event, &one, sizeof one);
    (void)wrote; /* one write for one read: it cannot fail */
}

bool waker_clear(struct waker *waker)
{
    uint64_t count;
    ssize_t got = 0;
    if (waker->armed)
        got = read(waker->timer, &count, sizeof count);
    if (!atomic_load(&waker->pending))
        return false;
    /* Waits for a waker that has set the flag and not written yet: a write that came after would leave the
     * event readable with the flag down, and nobody would read it. */
    while (read(waker->event, &count, sizeof count) < 0 && errno == EINTR)
        ;
    (void)got;
    atomic_store(&waker->pending, false);
    return true;
}

void waker_wait(struct waker *waker, int64_t ns)
{
    struct pollfd ready = { .fd = waker->poll, .events = POLLIN };
    struct timespec limit = { .tv_sec = ns / SECOND, .tv_nsec = ns % SECOND };
    if (ns != 0)
        ppoll(&ready, 1, ns < 0 ? NULL : &limit, NULL);
    waker_clear(waker);
}

int waker_fd(struct waker *waker)
{
    return waker->poll;
}

void waker_alarm(struct waker *waker, int64_t ns)
{
    struct itimerspec when = { 0 }; /* zero disarms */
    if (ns >= 0) {
        when.it_value.tv_sec = ns / SECOND;
        when.it_value.tv_nsec = ns % SECOND ? ns % SECOND : (ns < SECOND);
    }
    waker->armed = ns >= 0;
    timerfd_settime(waker->timer, 0, &when, NULL);
}
