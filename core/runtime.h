/* runtime - what all instances of one agent share: its mode, its name, its state, its end.
 */
#pragma once
#include "core/plugin.h"
#include "core/waker.h"

#include <pthread.h>
#include <stdatomic.h>

struct store;
struct flow;

struct runtime {
    enum vane_mode mode;
    const char    *agent_id;
    struct store  *store;     /* NULL: nothing is kept */
    pthread_mutex_t lock;     /* guards flow */
    const struct flow *flow;  /* whose instances vane_stats visits */
    int64_t        first_pause, longest_pause; /* of the back-off, ns; 0: 100 ms, 30 s */
    struct waker   waker;     /* the thread that runs the flow: checkpoints, stop */
    atomic_int     fatal;     /* exit code that an instance asked for; 0: none */
};

void runtime_init(struct runtime *runtime, enum vane_mode mode);
void runtime_release(struct runtime *runtime);

/* What vane_stats shows from now on. */
void runtime_show(struct runtime *runtime, const struct flow *flow);

/* The agent cannot go on: it stops with this exit code; the first one counts. [any] */
void runtime_fail(struct runtime *runtime, int exit_code);
