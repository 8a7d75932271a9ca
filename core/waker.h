/* waker - how a thread of the flow sleeps, and how others wake it.
 *
 * There is one per thread. Whoever changes what the thread looks at (puts on its edge, makes room on
 * one of its own, settles, stops) changes it first and calls waker_wake after; the thread
 * sleeps, then looks at everything again. Wakes before a sleep are not lost and cost one
 * system call for many.
 */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct waker {
    atomic_bool pending; /* a wake that the thread has not seen yet: the event is written, or about to be */
    int         event, timer, poll; /* eventfd; timerfd; epoll over both */
    bool        armed;              /* the timer may have run out; own thread */
};

void waker_init(struct waker *waker);
void waker_release(struct waker *waker);

void waker_wake(struct waker *waker);              /* [any] */

/* Own thread: clear, look at everything, and wait only if there was nothing to do. Answers whether the
 * thread was woken since it last cleared. */
bool waker_clear(struct waker *waker);
void waker_wait(struct waker *waker, int64_t ns);  /* -1: until woken; clears, too */

/* A descriptor that is readable when the thread was woken or `ns` (-1: never) have passed, for poll
 * loops of libraries. Own thread. */
int waker_fd(struct waker *waker);
void waker_alarm(struct waker *waker, int64_t ns);
