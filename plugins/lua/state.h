/* state - the table `state` of a script, in records at marks.
 *
 * It is a plain table: reading and writing it costs what any table does, and what changed is found at the mark,
 * by comparing each value's bytes with those that were saved (a hash of them). A key that is a metric's series
 * belongs to that series and to the lane that brought it last; it goes when the lane is lost. Any other key
 * belongs to the instance: of several workers, those but the first put their number before it ("w2:" and the key), and
 * each loads its own. What cannot be saved (a function, a metric) is logged and counted, and left out. Own thread.
 */
#pragma once
#include "plugins/lua/book.h"
#include "plugins/lua/box.h"

struct state {
    struct box      *box;
    struct book      book;
    int              name; /* the text "state", in the registry */
    struct vane_text key, value, own_key;
    unsigned         worker, workers;
    bool             has_dropped; /* what a worker had that is gone: it was logged */
};

void state_open(struct state *state, struct box *box); /* makes the global table [raises] */
void state_release(struct state *state);

void state_save(struct state *state, struct vane_saver *saver, bool full);
bool state_load(struct state *state, const struct vane_record *record, struct script_error *error);
bool state_lose(struct state *state, const char *lane, struct script_error *error);

/* Between calls: forgets series that nothing is kept of, when many have been asked for. */
void state_sweep(struct state *state);
