/* file_in - what one instance is: its options, and the files it reads.
 *
 *     file_in.c   options, callbacks, and what the two ways of reading share
 *     whole.c     tail = false: files from beginning to end, one after the other
 *     follow.c    tail = true: files that grow, are rotated, appear
 *     source.c    one file on its way into batches
 *     paths.c     the files that a pattern names
 *     watch.c     when something has happened to them
 */
#pragma once
#include "plugins/file_in/paths.h"
#include "plugins/file_in/source.h"
#include "plugins/file_in/watch.h"

enum { FILE_IN_INOTIFY, FILE_IN_POLL };

struct file_in {
    struct vane_strings files;
    bool                tail;
    int                 initial_read_offset, watch_method;
    int64_t             reread_interval;
    const char         *file_tag, *file_path_tag;
    uint64_t            max_record_size;

    struct source_settings settings;
    struct source         *sources; /* oldest first */
    struct watch           watch;
    struct paths           troubled; /* what the log has been told of */
    const struct vane_lane *looks;   /* its position: the wall clock of the last look at the files */
    int64_t                last_look; /* as saved by the run before; 0: this is the first one */
    int64_t                noted;     /* the last one that the host was told of; 0: none */
    bool                   opened;
    bool                   folders_changed; /* since the last look */
    bool                   news;            /* the last look has found files that are not followed yet */
};

struct source *file_in_add(struct file_in *state, const char *path);

/* Where reading of a file begins that is there at the start, or has appeared since. */
enum source_start file_in_start_of(struct vane_self *self, const struct source *source, bool appeared);

/* What is wrong is said once, until it is well again. */
void file_in_tell(struct vane_self *self, const char *path, const char *reason, const char *consequence);
void file_in_well(struct vane_self *self, const char *path);

/* Sleeps until a pipe is readable, a watched file was written to (they are no longer quiet), folders have
 * changed or `ns` have passed (-1: never), and lets the host do what is due. False: the agent is stopping. */
bool file_in_wait(struct vane_self *self, int64_t ns);

/* Tells the host that files were looked for at `now` (wall clock). False: the agent is stopping. */
bool file_in_note_look(struct vane_self *self, int64_t now);

enum vane_result whole_run(struct vane_self *self);
enum vane_result follow_run(struct vane_self *self);
