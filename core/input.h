/* input - one input plugin on its thread: opened, run or ticked, told how far it is delivered.
 *
 *     opening ─▶ running ─▶ ended ─▶ closing
 *        ▲──back-off──┘      └ run() returned, or the agent stops
 *
 * An ended input keeps its plugin open until it has heard the last checkpoint: Kafka's offsets move
 * only then. The outlet's lock guards lanes, since marks are put by the thread that runs the flow.
 */
#pragma once
#include "core/instance.h"
#include "core/lane.h"
#include "core/modify.h"
#include "core/outlet.h"
#include "core/part.h"

struct input {
    struct instance *instance;
    struct part     *part;       /* under the outlet's lock, but for the thread that runs the flow */
    struct outlet    outlet;
    struct waker     waker;
    struct modify   *modify;     /* names, tags and filters; NULL: metrics stay as they are */
    pthread_t        thread;
    int64_t          interval, precision, jitter, offset;
    bool             round_interval;
    int64_t          max_unacknowledged; /* ns; 0: none */

    bool             started;    /* of the thread that runs the flow */
    atomic_bool      stop;       /* no more is wanted, and nothing ends */
    atomic_bool      enough;     /* it is to end: a live input under --once */
    atomic_bool      close;      /* the last checkpoint has been heard, or nobody waits for it */
    atomic_bool      ended;      /* END is on the edges */
    atomic_bool      finished;   /* closed; the thread is gone */
    _Atomic uint64_t checkpoint; /* number of the newest one that is to be told */
    _Atomic uint64_t confirmed;  /* the mark that became it */

    /* Under the outlet's lock. */
    struct lane     *lanes;
    bool             held;       /* nothing is put: it is about to go over to another flow */
    bool             end_put;    /* END is on the edges */
    int64_t          oldest_open, oldest_marked; /* first emit since the mark; before it. 0: none */

    /* Own thread. */
    uint64_t         told;
    int64_t          next_tick; /* monotonic */
    int64_t          collected; /* wall clock when the gather began */
    bool             ticked, waits_by_fd;
    bool             promised;  /* vane_full said that the next emit does not wait */
};

struct input *input_new(struct instance *instance, struct part *part);
void input_free(struct input *input);
void input_start(struct input *input);
void input_enough(struct input *input);
void input_stop(struct input *input);
void input_close(struct input *input);      /* and nobody waits for the rest; of one that was not started: STOP */
void input_join(struct input *input);

/* Takes the place of one that was not started, in its part and before its edges, and leaves it its own: see
 * flow_replace.c. Hold: nothing is emitted until then, or until it is to stop. The thread that runs the flow. */
void input_hold(struct input *input);
void input_trade(struct input *input, struct input *other);

/* The checkpoint thread. */
void input_mark(struct input *input, uint64_t mark);
size_t input_positions(struct input *input, struct store_position **positions, size_t count);
void input_confirm(struct input *input, uint64_t mark, uint64_t checkpoint);

/* Own thread: delivered(), one call a lane, however many batches are. Answers whether there was any. */
bool input_tell_delivered(struct input *input);

/* plugin.h, for inputs. */
bool input_emit(struct input *input, struct batch *batch);
bool input_wait(struct input *input, int64_t ns);
int input_wait_fd(struct input *input);
