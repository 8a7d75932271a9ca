/* input_position - how far an input is read, marked, delivered and told, lane by lane; see input.h. */
#include "core/input.h"

#include "core/alloc.h"

/* ---- The checkpoint thread ---- */

void input_mark(struct input *input, uint64_t mark)
{
    pthread_mutex_lock(&input->outlet.lock);
    for (struct lane *lane = input->lanes; lane; lane = lane->next) {
        lane->marked = lane->emitted;
        lane->marked_newest = lane->emitted_newest;
        lane->has_marked = lane->has_emitted;
    }
    if (!input->oldest_marked)
        input->oldest_marked = input->oldest_open;
    input->oldest_open = 0;
    outlet_put_item(&input->outlet, (struct edge_item){ .kind = EDGE_MARK, .mark = mark });
    pthread_mutex_unlock(&input->outlet.lock);
}

size_t input_positions(struct input *input, struct store_position **positions, size_t count)
{
    pthread_mutex_lock(&input->outlet.lock);
    for (struct lane *lane = input->lanes; lane; lane = lane->next) {
        if (!lane->has_marked)
            continue;
        *positions = alloc_resize(*positions, count + 1, sizeof **positions);
        (*positions)[count++] = (struct store_position){ lane->text, lane->marked, lane->marked_newest };
    }
    pthread_mutex_unlock(&input->outlet.lock);
    return count;
}

void input_confirm(struct input *input, uint64_t mark, uint64_t checkpoint)
{
    pthread_mutex_lock(&input->outlet.lock);
    for (struct lane *lane = input->lanes; lane; lane = lane->next) {
        lane->delivered = lane->marked;
        lane->has_delivered = lane->has_marked;
    }
    input->oldest_marked = 0;
    pthread_mutex_unlock(&input->outlet.lock);
    atomic_store(&input->checkpoint, checkpoint);
    atomic_store(&input->confirmed, mark); /* last: a drain that sees it tells of the checkpoint */
    waker_wake(&input->waker);
}

/* ---- Positions, own thread ---- */

static bool next_untold(struct input *input, struct lane **found, int64_t *next)
{
    pthread_mutex_lock(&input->outlet.lock);
    struct lane *lane = input->lanes;
    while (lane && !(lane->has_delivered && (!lane->has_told || lane->told != lane->delivered)))
        lane = lane->next;
    if (lane) {
        lane->told = *next = lane->delivered;
        lane->has_told = true;
    }
    pthread_mutex_unlock(&input->outlet.lock);
    *found = lane;
    return lane != NULL;
}

bool input_tell_delivered(struct input *input)
{
    uint64_t checkpoint = atomic_load(&input->checkpoint);
    if (checkpoint == input->told)
        return false;
    input->told = checkpoint;
    const struct vane_plugin *plugin = input->instance->plugin;
    struct lane *lane;
    int64_t next;
    bool called = false;
    while (plugin->delivered && input->instance->opened && next_untold(input, &lane, &next)) {
        plugin->delivered(&input->instance->self, &lane->view, next);
        called = true;
    }
    return called;
}

const struct vane_lane *vane_lane(struct vane_self *self, const char *name)
{
    struct input *input = instance_of(self)->input;
    pthread_mutex_lock(&input->outlet.lock);
    struct lane *lane = lane_find(&input->lanes, self->name, name);
    pthread_mutex_unlock(&input->outlet.lock);
    return &lane->view;
}

/* What was emitted in this run is in good hands: an input that is reopened goes on behind it. Else arrival goes on from
 * what the checkpoint knows, as state does. */
bool vane_resume(struct vane_self *self, const struct vane_lane *view, int64_t *next)
{
    struct input *input = instance_of(self)->input;
    struct store *store = input->instance->runtime->store;
    struct lane *lane = (struct lane *)view;
    struct store_position saved;
    pthread_mutex_lock(&input->outlet.lock);
    bool emitted = lane->has_emitted;
    if (emitted)
        *next = lane->emitted;
    pthread_mutex_unlock(&input->outlet.lock);
    if (emitted || !store || !store_position(store, lane->text, &saved))
        return emitted;
    if (saved.newest > lane->newest)
        lane->newest = saved.newest;
    *next = saved.next;
    return true;
}

/* A loss stands behind the mark that a held input waits for, and belongs on the edges that it gets then. */
static void lock_unheld(struct input *input)
{
    bool waited = false;
    pthread_mutex_lock(&input->outlet.lock);
    for (; input->held && !atomic_load(&input->stop); waited = true) {
        pthread_mutex_unlock(&input->outlet.lock);
        waker_wait(&input->waker, -1);
        pthread_mutex_lock(&input->outlet.lock);
    }
    if (waited) /* what else woke us is for the next vane_wait */
        waker_wake(&input->waker);
}

void vane_lost(struct vane_self *self, const struct vane_lane *view)
{
    struct input *input = instance_of(self)->input;
    struct lane *lane = (struct lane *)view;
    lock_unheld(input);
    lane->has_emitted = lane->has_marked = lane->has_delivered = lane->has_told = false;
    lane->newest = INT64_MIN;
    outlet_put_item(&input->outlet, (struct edge_item){ .kind = EDGE_LOST, .lane = view });
    pthread_mutex_unlock(&input->outlet.lock);
}

uint64_t vane_checkpoint(struct vane_self *self)
{
    return instance_of(self)->input->told;
}

/* ---- Drain ---- */

bool vane_drain(struct vane_self *self, int64_t ns)
{
    struct input *input = instance_of(self)->input;
    int64_t until = vane_monotonic() + ns;
    pthread_mutex_lock(&input->outlet.lock);
    bool idle = part_idle(input->part);
    uint64_t mark = idle ? 0 : part_want(input->part);
    pthread_mutex_unlock(&input->outlet.lock);
    if (idle) {
        input_tell_delivered(input);
        return true;
    }
    bool drained = false, given_up = false;
    while (!drained && !given_up) {
        int64_t left = until - vane_monotonic();
        drained = atomic_load(&input->confirmed) >= mark;
        given_up = !drained && (left <= 0 || atomic_load(&input->close));
        if (!drained && !given_up)
            waker_wait(&input->waker, left);
        input_tell_delivered(input);
    }
    waker_wake(&input->waker); /* what else woke us is for the next vane_wait */
    return drained;
}
