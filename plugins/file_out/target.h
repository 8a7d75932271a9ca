/* target - one of the places that file_out writes to: a file, a pipe, standard output.
 *
 * A file that is named by its path belongs to this output alone (it is locked). A write that fails halfway is
 * cut off again, so a file always ends with whole records; what was moved away (by logrotate) is begun
 * anew; at each checkpoint the identity and the size are remembered, and after a crash the file is
 * cut back to them, over rotations too. Everything else (a pipe, a terminal) takes bytes in order, and what
 * it has taken is remembered until it has all.
 *
 * Own thread of the output. Results that are not OK have noted why (vane_retry, vane_fail).
 */
#pragma once
#include "core/plugin.h"
#include "plugins/shared/file_facts.h"

/* What all targets of an output share; it outlives them. */
struct target_settings {
    struct vane_self *self;
    mode_t            mode;
    bool              fsync; /* after every write */
    bool              keeps_state;   /* the target is saved at checkpoints, and may be cut back to them */
    int64_t           rotate_every;  /* ns; 0: never */
    uint64_t          rotate_size;   /* bytes; 0: never */
    int64_t           most_archives; /* -1: all */
};

struct target {
    const struct target_settings *settings;
    const char       *path;
    int               fd; /* -1: not open */
    bool              standard; /* stdout or stderr: lives longer than we */
    bool              regular;  /* a file on a disk: it can be cut */
    struct file_facts facts;    /* as it was opened */
    int64_t           opened;   /* wall clock of its birth, else of its opening */
    bool              written;  /* since then; of what has no size */

    bool              begun, headed; /* the write that is under way; it begins with a head */
    size_t            done;          /* bytes that it has of it */
    uint64_t          rotated;        /* archives made since the last save */
    uint64_t          rotated_before; /* between it and the one before */
    bool              pruned;         /* there are no more archives than are to be kept */
    char              saved_id[FILE_ID_MAX];   /* as the last save had it */
    int64_t           saved_size;
};

/* Zeroed, but for the path; then close it in the end, whatever open answered. */
void target_init(struct target *target, const struct target_settings *settings, const char *path);
enum vane_result target_open(struct target *target);
void target_close(struct target *target);

/* Makes ready for a write of `length` bytes: a new file where the old one is too large, too old, or gone. */
enum vane_result target_begin(struct target *target, size_t length);

/* Is the target at its beginning, where a head (a csv header) belongs? */
bool target_is_empty(const struct target *target);

/* Writes what is not `done` yet of these bytes. After RETRY it is called again with the same bytes. FAIL: the
 * other end was closed for good. */
enum vane_result target_write(struct target *target, const char *bytes, size_t length);

/* At a checkpoint: everything is on disk; then saves the size, if it is `full` or has changed. */
enum vane_result target_save(struct target *target, struct vane_saver *saver, bool full);

/* What a checkpoint says of it; of several records the last counts. False: the record cannot be read. */
bool target_load(struct target *target, const struct vane_record *record);

/* After all records: cuts the file back to what they say. */
enum vane_result target_restore(struct target *target);
