/* store - checkpoints in the state directory: written whole, found again after a crash.
 *
 *     state_directory/
 *       .lock                      held by the agent that runs
 *       PART/NUMBER.checkpoint     one file per checkpoint: positions of all lanes, records of state
 *
 * A file is full (all state) or holds what changed since the one before; a checkpoint is the newest
 * full file up to it and all that follow. Files are written beside, fsynced, renamed, the
 * directory fsynced; a hash at the end tells a torn one. The chain of the checkpoint before is
 * kept, so that a bad newest file costs one interval. Numbers never go down.
 *
 * Opening, closing and writing: the thread that runs the flow. The rest: any thread.
 */
#pragma once
#include "core/error.h"
#include "core/plugin.h"

struct store;

/* Records in one growing buffer, as they stand in the file. Zeroed: empty. */
struct store_records {
    struct vane_text bytes;
    size_t           count;
};

void store_records_add(struct store_records *records, const char *owner, const struct vane_record *record);
void store_records_append(struct store_records *records, const struct store_records *more);
void store_records_release(struct store_records *records);

/* Opens the directory (made if it is not there), takes its lock, loads the newest checkpoint of every
 * part. A file that is damaged is named in `notes` and left out. */
struct store *store_open(const char *directory, struct vane_text *notes, struct error *err);
void store_close(struct store *store); /* NULL is fine */

/* Loads again what is there now, after a reload of the configuration. */
void store_load(struct store *store, struct vane_text *notes);

uint64_t store_newest(const struct store *store); /* number of the newest checkpoint loaded or written */

/* How far a lane ("input/lane") had come at the newest checkpoint; its `lane` is the given one. */
struct store_position {
    const char *lane;
    int64_t     next;   /* where to read on */
    int64_t     newest; /* arrival of the last metric before it, which never goes back; INT64_MIN: there was none */
};
bool store_position(struct store *store, const char *lane, struct store_position *position);

/* Calls visit for each record of an owner that was loaded, oldest first, until it answers false. */
bool store_visit(struct store *store, const char *owner, bool (*visit)(const struct vane_record *, void *),
                 void *context);

struct store_checkpoint {
    const char                  *part;
    uint64_t                     number;
    bool                         full;
    const struct store_position *positions;
    size_t                       position_count;
    const struct store_records  *records;
};

bool store_write(struct store *store, const struct store_checkpoint *checkpoint, struct error *err);

/* All who want their records have them: the memory of what was loaded is freed. */
void store_forget(struct store *store);

/* Has the chain of changes of a part grown beyond its full file, or is there none yet? */
bool store_wants_full(const struct store *store, const char *part);
