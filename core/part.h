/* part - checkpoints of one part of the flow: inputs, lines and required outputs that hang together.
 *
 *     idle ──begin──▶ marks on the edges ──saved, passed…──▶ all have passed ──finish──▶ idle
 *
 * begin puts mark N behind everything the inputs have emitted; lines pass it when they have saved behind
 * it, outputs when all before it is settled; finish writes the checkpoint (where something keeps state or a
 * position is to be remembered) and only then tells the inputs how far they are delivered. One
 * mark is on the way at a time. begin and finish: the thread that runs the flow; the rest [any].
 */
#pragma once
#include "core/instance.h"
#include "core/runtime.h"
#include "core/store.h"

#include <pthread.h>

struct input;

struct part {
    const char      *name;    /* of its first input: names its files */
    struct runtime  *runtime;
    struct input   **inputs;
    size_t           input_count;
    size_t           takers;  /* lines and required outputs: all must pass */
    atomic_size_t    unopened; /* lines whose processors are not all open */
    bool             keeps;   /* something in it saves, or an input wants its positions remembered */
    int64_t          interval;

    pthread_mutex_t  lock;      /* guards what follows */
    uint64_t         mark;      /* number of the newest mark: 1, 2, … */
    uint64_t         followed;  /* the mark that its numbers go on from */
    uint64_t         completed; /* the newest mark that has a checkpoint */
    uint64_t         wanted;    /* someone waits for this mark (a drain, a stop) */
    uint64_t         number;    /* of the checkpoint that the mark becomes */
    bool             on_the_way;
    size_t           waiting;   /* takers that have not passed it */
    bool             moved;     /* something was emitted since it was put */
    bool             full;      /* all of the state is to be saved with it */
    bool             broken;    /* changes were lost with a failed checkpoint: the next one is full */
    bool             failed;    /* a save answered FAIL */
    int64_t         *ticks;     /* every tick_every of its processors; fixed once all lines are open */
    size_t           tick_count;
    int64_t          save_ns;   /* what saving took */
    struct store_records records;

    bool             started;     /* its lines and outputs run. Own thread */
    uint64_t         last;        /* the mark that a stop waits for; own thread */
    int64_t          begun, next; /* monotonic: the mark on the way; the next one. Own thread */
    bool             unwritten;   /* the last checkpoint could not be written. Own thread */
};

struct part *part_new(struct runtime *runtime, int64_t interval);
void part_free(struct part *part);

/* Numbers of marks and checkpoints go on where that part is: an input comes over from it. */
void part_follow(struct part *part, const struct part *before);

/* Has it made a checkpoint of its own? Then its lines and outputs are open and have loaded what was saved. */
bool part_begun(struct part *part);

/* Called by the flow's thread whenever it wakes: begins and finishes what is due. Answers when it wants
 * to be called next (monotonic ns). */
int64_t part_work(struct part *part, int64_t now);

/* Lines: each adds the ticks of its processors and says that it is open; none takes a batch before all are. */
void part_add_tick(struct part *part, int64_t every);
void part_line_opened(struct part *part);
bool part_lines_open(const struct part *part);
bool part_ticks(const struct part *part);                            /* does any processor tick? */
int64_t part_next_tick(const struct part *part, int64_t arrival);    /* the next multiple of any of them */

void part_moved(struct part *part);                   /* an input emitted */
uint64_t part_want(struct part *part);                /* a mark as soon as may be; answers its number */
uint64_t part_completed(struct part *part);
bool part_idle(struct part *part);                    /* nothing emitted since the newest checkpoint */
void part_passed(struct part *part, uint64_t mark);   /* one line or output has passed it */
bool part_full(struct part *part);                    /* is everything to be saved? */
/* Calls save() of an instance for the mark that is passing. own: what the host keeps of it; NULL: nothing. */
void part_save(struct part *part, struct instance *instance, const struct store_records *own);
