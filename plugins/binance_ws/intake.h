/* intake - from messages to batches: what every connection of an instance brings ends here.
 *
 * The events of a round (everything that was readable at once) become one batch, which is emitted when the
 * round is over, or sooner at a thousand metrics: no event waits for another one to come. What cannot be
 * used is counted and logged now and then, never more. Own thread.
 */
#pragma once
#include "core/plugin.h"
#include "plugins/binance_ws/event.h"
#include "plugins/binance_ws/plan.h"

/* Self-metrics that grow; written down once a round. */
enum intake_count {
    INTAKE_EVENTS,           /* that were taken, one for each symbol */
    INTAKE_BYTES,            /* received, of messages */
    INTAKE_DUPLICATES,       /* events that two connections brought */
    INTAKE_MISSED_TRADES,    /* ids that a trade stream passed over */
    INTAKE_GARBAGE,          /* frames that are not JSON, or not text */
    INTAKE_OVERSIZED,        /* frames larger than max_frame_size */
    INTAKE_UNEXPECTED,       /* frames and events of another shape */
    INTAKE_LOST_CONNECTIONS,
    INTAKE_COUNTS
};

struct intake {
    struct vane_self  *self;
    locale_t           c_locale;
    struct vane_batch *batch;   /* of this round; NULL: nothing yet */
    int64_t            receipt; /* the last receipt time given to an event, ns */
    uint64_t           counts[INTAKE_COUNTS]; /* not yet written down */
    struct event       event;   /* room to read one into */
};

void intake_init(struct intake *intake, struct vane_self *self);
void intake_release(struct intake *intake);

/* Takes the payload of a stream; seam as for seen_take. */
void intake_take(struct intake *intake, struct plan_stream *stream, const cJSON *payload, unsigned seam);

/* Something that cannot be used; `text` is what it looks like. */
void intake_skip(struct intake *intake, enum intake_count count, const char *why, const char *text,
                 size_t length);

/* The end of a round: emits and writes down. False: the agent is stopping. */
bool intake_flush(struct intake *intake);
