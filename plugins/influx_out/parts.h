/* parts - the metrics of one write, sorted by target, as line protocol.
 *
 *     items   m0 m3 m4 │ m1 m2 m5        metrics of one part stand together, in their order
 *     text    ──────── │ ────────        their lines likewise
 *
 * A piece is a run of items of one part: what one request carries. Items are not settled yet, each is settled
 * once, and with the last one the host may free the write. Where an item's lines stand in the text is
 * found out only when a part is to be cut (parts_measure). Own thread.
 */
#pragma once
#include "plugins/influx_out/target.h"

struct item {
    uint32_t metric; /* index in the write */
    bool     bad;    /* used while a piece is searched */
    size_t   at, length; /* in the text, once measured */
};

struct part {
    struct target target;
    size_t        first, end; /* items */
    size_t        at, length; /* in the text */
    bool          measured;
};

struct piece {
    size_t first, end; /* items */
};

struct parts {
    struct influx     *influx;
    struct vane_write *write;
    struct part       *list;
    size_t             count, room;
    struct item       *items;
    size_t             item_room;
    struct vane_text   text;
};

/* Takes a write: sorts and encodes it. Metrics that have no target or no form are rejected. */
void parts_fill(struct parts *parts, struct influx *influx, struct vane_write *write);
void parts_release(struct parts *parts);

/* Finds out where each item of the part stands; every item of it must still be unsettled. */
void parts_measure(struct parts *parts, struct part *part);

/* Appends the lines of a piece of a measured part. */
void parts_gather(const struct parts *parts, struct piece piece, struct vane_text *out);

/* Settle all items of a piece. */
void parts_deliver(const struct parts *parts, struct piece piece);
void parts_reject(const struct parts *parts, struct piece piece, const char *reason);
