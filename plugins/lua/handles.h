/* handles - metrics as a script sees them, without an object for each.
 *
 * A metric, its fields, its tags and a batch are light userdata: a number that says which slot, in which call, and as
 * what. So nothing is allocated for a metric, and one that a script has kept is known by the number of its call: it
 * raises a clear error. Scripts cannot make such numbers.
 *
 *     bit 63  set: no address has it     62 .. 22  number of the call     21 .. 2  slot     1 .. 0  enum handle_kind
 *
 * What a call changes in metrics it was given is undone when it fails (slot.old_*): they go on, or to the
 * dead-letter file, as they came. New metrics are built in a batch of their own, and copied to where they
 * belong once the call has returned them. Own thread.
 */
#pragma once
#include "plugins/lua/book.h"
#include "plugins/lua/box.h"

enum handle_kind { HANDLE_METRIC, HANDLE_FIELDS, HANDLE_TAGS, HANDLE_BATCH };

enum {
    HANDLE_SLOTS = 1 << 20, /* most metrics in one call */
    HANDLE_MEMO = 1024,     /* a power of two */
    HANDLE_CHANGES = 64,    /* a power of two */
    HANDLE_CALL_SHIFT = 22, HANDLE_SLOT_MASK = (1 << 22) - 1, HANDLE_SLOT_SHIFT = 2, HANDLE_KIND_MASK = 3,
};

static const uint64_t HANDLE_FIRST_CALL = UINT64_C(1) << 41;

struct slot {
    const struct vane_metric *metric;
    struct vane_batch        *batch;      /* where it lives, as number `index` */
    size_t                    index;
    bool                      is_new;     /* made in this call */
    bool                      is_open;    /* to be written to: edited, or new */
    bool                      is_returned, is_dropped;
    const struct vane_series *old_series; /* undo: what it was when it was opened */
    int64_t                   old_time;
    size_t                    old_fields, old_count; /* in handles.undo */
};

/* A tag that a script sets (key NULL: the name; value NULL: the tag is removed), by the addresses of Lua's texts. Those
 * are kept from being collected (handles.change_table), so the same addresses are the same texts. */
struct series_change {
    const void *key, *value;
    uint64_t    number; /* no two have the same; 0: nothing is remembered of it */
};

/* What a series becomes by a change, in a batch. */
struct series_step {
    const struct vane_series *from, *to;
    uint64_t                  change, batch; /* their numbers */
};

struct series_name {
    const struct vane_series *series;
    uint64_t                  batch;
};

struct handles {
    struct box         *box;
    struct book        *book;
    const struct vane_lane *lane;
    struct vane_batch  *batch;   /* what is processed; NULL: nothing (tick, the end) */
    struct vane_batch  *scratch; /* of new metrics; NULL: none yet */
    uint64_t            batch_number, call;
    struct slot        *slots;
    size_t              count, room, given; /* slots 0 .. given - 1 are of the batch */
    int64_t             new_time;    /* of a new metric */
    int64_t             arrival;
    size_t              host_bytes;  /* taken of the host's memory in this call */
    struct vane_field  *undo;
    size_t              undo_count, undo_room;
    struct vane_text    text;
    struct series_change changes[HANDLE_CHANGES];
    uint64_t            change_count;
    int                 change_table; /* in the registry: key and value of each change */
    struct series_step  steps[HANDLE_MEMO];
    struct series_name  names[HANDLE_MEMO]; /* their texts: in the Lua table `name_table` of the registry */
    int                 name_table;
    const char         *keys[16];           /* interned: enum handle_key in handle_metric.c */
};

/* ---- Life ---- */

void handles_open(struct handles *handles, struct box *box, struct book *book); /* metatable and Metric() [raises] */
void handles_release(struct handles *handles);

void handles_next_call(struct handles *handles); /* handles that were given belong to an earlier one */

/* A batch comes in (NULL: none does), a lane speaks. */
void handles_begin_batch(struct handles *handles, struct vane_batch *batch, const struct vane_lane *lane);
void handles_end_batch(struct handles *handles);

/* A call begins, for metrics first .. first + count - 1 of the batch: they are slots 0 .. count - 1. */
void handles_begin_call(struct handles *handles, size_t first, size_t count, int64_t new_time);

/* What this call changed in the metrics of the batch is as it was. */
void handles_undo(struct handles *handles);

/* ---- Slots ---- */

static inline void *handle_of(const struct handles *handles, size_t slot, enum handle_kind kind)
{
    return (void *)(uintptr_t)(handles->call << HANDLE_CALL_SHIFT | slot << HANDLE_SLOT_SHIFT | (uintptr_t)kind);
}

/* The slot of a handle of that kind at `index`; an error where it is something else, or of another call. [raises] */
struct slot *handle_slot(lua_State *L, int index, enum handle_kind kind);
struct slot *handle_metric_slot(lua_State *L, int index, const char *what); /* `what` names the value in the error */

static inline struct handles *handles_of(lua_State *L)
{
    return box_of(L)->context;
}

static inline bool handle_same_text(const char *a, size_t a_length, const char *b, size_t b_length)
{
    return a_length == b_length && (a_length == 0 || (a[0] == b[0] && memcmp(a, b, a_length) == 0));
}

struct vane_metric *slot_open(struct handles *handles, struct slot *slot); /* to write to it */
struct slot *slot_new(lua_State *L, const char *name);                     /* of a new metric [raises] */

/* Counts memory of the host against max_memory. [raises] */
void handles_take(lua_State *L, size_t bytes);

/* A text without NUL at `index`, as the host's keys and values are. [raises] */
const char *handles_check_text(lua_State *L, int index, size_t *length, const char *what);

/* ---- What handles answer, by kind [raises] ---- */

int handle_fields_index(lua_State *L, struct slot *slot);
int handle_fields_newindex(lua_State *L, struct handles *handles, struct slot *slot);
int handle_tags_index(lua_State *L, struct slot *slot);
int handle_tags_newindex(lua_State *L, struct handles *handles, struct slot *slot);
int handle_pairs(lua_State *L);
int handle_tostring(lua_State *L);
int handle_to_table(lua_State *L);
int handle_new(lua_State *L); /* Metric(name or table) */

void handles_push_field(lua_State *L, const struct vane_field *field);

/* What the texts at `key` and `value` of the stack say of the series (key 0: its name; value nil or "": without that
 * tag). Both are checked before. */
void handles_set_series(lua_State *L, struct slot *slot, int key, int value);
void handles_push_series(lua_State *L, const struct vane_series *series);
