/* source - one file, pipe or standard input on its way into batches.
 *
 *     source_new ─ source_open ─ source_start ─ source_read … ─ source_finish ─ source_close ─ source_free
 *
 * A file has a lane of its own, named by its identity: a file that was renamed goes on where it was, under
 * whatever name it is found; the one that took its name is another lane. The position is the byte behind the
 * last record that was emitted whole, so a line that is still being written is read when it is complete.
 * Pipes, terminals and standard input cannot go back and have no lane.
 *
 * Own thread of the input. What fails leaves a sentence in `reason`.
 */
#pragma once
#include "core/plugin.h"
#include "plugins/shared/file_facts.h"

/* What all sources of an input share; it outlives them. */
struct source_settings {
    struct vane_self *self;
    const char       *file_tag, *path_tag; /* keys of the tags; "": none */
    uint64_t          max_record_size;
    bool              reread; /* the file is read again and again: no positions, and its records arrive now */
};

enum source_start {
    SOURCE_SAVED_OR_BEGINNING,
    SOURCE_SAVED_OR_END,
    SOURCE_BEGINNING,
    SOURCE_END,
};

enum source_result {
    SOURCE_MORE,   /* something was read: there may be more */
    SOURCE_DRY,    /* a file: all that is in it now has been read */
    SOURCE_CLOSED, /* a pipe: nobody writes to it any more */
    SOURCE_STOP,   /* the agent is stopping */
    SOURCE_FAILED,
};

struct source {
    struct source                *next; /* whoever keeps it has a list */
    const struct source_settings *settings;
    char                         *path;
    int                           fd; /* -1: not open */
    bool                          polled; /* not a file: to be read when poll says so */
    struct file_facts             facts;  /* as it was opened */
    const struct vane_lane       *lane;   /* NULL: it cannot go back */
    struct vane_decoder          *decoder;
    int64_t                       offset; /* in the file, of the first byte that is not emitted yet */
    char                         *bytes;  /* from there on; NULL: none */
    size_t                        length, capacity;
    bool                          started;  /* the offset is that of a record */
    bool                          skipping; /* in a line that is too long, and whose end is not read yet */
    int64_t                       skipped_from; /* in the file: where that line begins */
    char                          reason[1024];

    /* For whoever has the list. */
    bool    done;      /* it has been read */
    bool    quiet;     /* nothing has happened to it since it was dry */
    bool    gone;      /* it is no longer among the files */
    int64_t last_read; /* monotonic: when it was read last, or was found to be gone */
    int     watch;     /* number of its watch; -1: none */
};

struct source *source_new(const struct source_settings *settings, const char *path);
void source_free(struct source *source); /* NULL is fine; closes it */

bool source_is_stdin(const char *path); /* "-" and "stdin" */

/* False: it cannot be read now. One that was open before goes on where it was. */
bool source_open(struct source *source);
void source_close(struct source *source);

/* Where reading begins; does something only after the first open. False: the agent is stopping. */
bool source_start(struct source *source, enum source_start start);

/* As source_start, where the same file was read before under another name. */
void source_go_on(struct source *source, const struct source *before);

/* Reads one chunk and emits the records that are complete with it; of a pipe when poll says that it is
 * readable. A file that has become shorter is lost, and read from its beginning. */
enum source_result source_read(struct source *source);

/* Nothing more comes: what is left is a record, too. False: the agent is stopping. */
bool source_finish(struct source *source);
