/* runtime - what all instances of one agent share: its mode, its name, its state, its end.
 */
#pragma once
#include "core/plugin.h"
#include "core/waker.h"

#include <stdatomic.h>

struct store;
struct flow;

struct runtime {
    enum vane_mode mode;
    const char    *agent_id;
    struct store  *store;     /* NULL: nothing is kept */
    struct flow   *flow;      /* whose instances vane_stats visits */
    int64_t        first_pause, longest_pause; /* of the back-off, ns; 0: 100 ms, 30 s */
    struct waker   waker;     /* the thread that runs the flow: checkpoints, stop */
    atomic_int     fatal;     /* exit code that an instance asked for; 0: none */
    atomic_bool    abort;     /* the drain limit has passed: nothing waits any more */
};

/* The agent cannot go on: it stops with this exit code; the first one counts. [any] */
void runtime_fail(struct runtime *runtime, int exit_code);
