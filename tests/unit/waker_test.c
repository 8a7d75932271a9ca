/* Wakers: no wake is lost, none stays behind, alarms ring. */
#include "core/waker.h"

#include "core/plugin.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { ROUNDS = 20000, MS = 1000000 };

/* Rounds of two threads are played for so long: on a busy machine each costs a turn of the scheduler. */
static const int64_t PLAY = INT64_C(500) * MS;

static bool readable(struct waker *waker, int ms)
{
    struct pollfd ready = { .fd = waker_fd(waker), .events = POLLIN };
    return poll(&ready, 1, ms) > 0;
}

static void test_waker__a_wake_before_the_wait_is_not_lost(void **state)
{
    (void)state;
    struct waker waker = { 0 };
    waker_init(&waker);
    waker_wake(&waker);
    waker_wake(&waker);
    waker_wait(&waker, -1);
    assert_false(waker_clear(&waker));
    waker_release(&waker);
}

static void test_waker__clear_says_whether_there_was_a_wake(void **state)
{
    (void)state;
    struct waker waker = { 0 };
    waker_init(&waker);
    assert_false(waker_clear(&waker));
    waker_wake(&waker);
    assert_true(waker_clear(&waker));
    assert_false(waker_clear(&waker));
    assert_false(readable(&waker, 0));
    waker_release(&waker);
}

static void test_waker__waits_no_longer_than_asked(void **state)
{
    (void)state;
    struct waker waker = { 0 };
    waker_init(&waker);
    int64_t begun = vane_monotonic();
    waker_wait(&waker, 5 * MS);
    assert_true(vane_monotonic() - begun >= 5 * MS);
    waker_release(&waker);
}

static void test_waker__an_alarm_makes_the_descriptor_readable(void **state)
{
    (void)state;
    struct waker waker = { 0 };
    waker_init(&waker);
    waker_alarm(&waker, 2 * MS);
    assert_true(readable(&waker, 10000));
    waker_clear(&waker);
    assert_false(readable(&waker, 0));
    waker_alarm(&waker, 0);
    assert_true(readable(&waker, 10000));
    waker_alarm(&waker, 1000000 * (int64_t)MS);
    waker_clear(&waker);
    assert_false(readable(&waker, 0));
    waker_alarm(&waker, -1);
    assert_false(readable(&waker, 5));
    waker_release(&waker);
}

struct pair {
    struct waker there, back;
    atomic_int   sent, seen; /* numbers of rounds; sent: OVER, it is over */
};

enum { OVER = -1 };

static void pair_init(struct pair *pair)
{
    *pair = (struct pair){ 0 };
    waker_init(&pair->there);
    waker_init(&pair->back);
}

static void pair_release(struct pair *pair)
{
    waker_release(&pair->there);
    waker_release(&pair->back);
}

/* Each round trip is one wake in each direction: a lost one would hang both. */
static void *answer(void *context)
{
    struct pair *pair = context;
    for (int round = 1;; round++) {
        int sent;
        while ((sent = atomic_load(&pair->sent)) < round && sent != OVER)
            waker_wait(&pair->there, -1);
        if (sent == OVER)
            return NULL;
        atomic_store(&pair->seen, round);
        waker_wake(&pair->back);
    }
}

static void test_waker__two_threads_never_miss_each_other(void **state)
{
    (void)state;
    struct pair pair;
    pthread_t thread;
    pair_init(&pair);
    int64_t end = vane_monotonic() + PLAY;
    assert_int_equal(pthread_create(&thread, NULL, answer, &pair), 0);
    for (int round = 1; round <= ROUNDS && vane_monotonic() < end; round++) {
        atomic_store(&pair.sent, round);
        waker_wake(&pair.there);
        while (atomic_load(&pair.seen) < round)
            waker_wait(&pair.back, -1);
        waker_clear(&pair.back);
    }
    atomic_store(&pair.sent, OVER);
    waker_wake(&pair.there);
    pthread_join(thread, NULL);
    waker_clear(&pair.back);
    assert_false(readable(&pair.back, 0));
    pair_release(&pair);
}

/* Wakes while the other one clears in a loop. */
static void *wake_each_round(void *context)
{
    struct pair *pair = context;
    for (int round = 1;; round++) {
        int sent;
        while ((sent = atomic_load(&pair->sent)) < round && sent != OVER)
            sched_yield();
        if (sent == OVER)
            return NULL;
        waker_wake(&pair->there);
        atomic_store(&pair->seen, round);
    }
}

static void test_waker__no_wake_stays_readable_after_it_was_seen(void **state)
{
    (void)state;
    struct pair pair;
    pthread_t thread;
    pair_init(&pair);
    int left = 0;
    int64_t end = vane_monotonic() + PLAY;
    assert_int_equal(pthread_create(&thread, NULL, wake_each_round, &pair), 0);
    for (int round = 1; round <= ROUNDS && vane_monotonic() < end; round++) {
        atomic_store(&pair.sent, round);
        while (!waker_clear(&pair.there))
            sched_yield();
        while (atomic_load(&pair.seen) < round)
            sched_yield();
        left += readable(&pair.there, 0);
    }
    atomic_store(&pair.sent, OVER);
    pthread_join(thread, NULL);
    assert_int_equal(left, 0);
    pair_release(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waker__a_wake_before_the_wait_is_not_lost),
        cmocka_unit_test(test_waker__clear_says_whether_there_was_a_wake),
        cmocka_unit_test(test_waker__waits_no_longer_than_asked),
        cmocka_unit_test(test_waker__an_alarm_makes_the_descriptor_readable),
        cmocka_unit_test(test_waker__two_threads_never_miss_each_other),
        cmocka_unit_test(test_waker__no_wake_stays_readable_after_it_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
