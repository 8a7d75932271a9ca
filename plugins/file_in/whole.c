/* whole - files from beginning to end, in the order of `files`, a pattern's by path: so the same files give
 * the same metrics in the same order. A file that two patterns name, or that has two names, is read once. */
#include "plugins/file_in/file_in.h"

static const int64_t SECOND = 1000000000;

enum outcome { DONE, STOPPED, FAILED };

static enum outcome finish(struct source *source)
{
    bool going = source_finish(source);
    source_close(source);
    return going ? DONE : STOPPED;
}

static enum outcome read_open(struct vane_self *self, struct source *source)
{
    for (;;) {
        if (!(source->polled ? file_in_wait(self, -1) : vane_wait(self, 0)))
            return STOPPED;
        if (source->polled && source->quiet)
            continue;
        source->quiet = true;
        switch (source_read(source)) {
        case SOURCE_MORE:
            break;
        case SOURCE_DRY:
            if (!source->polled)
                return finish(source);
            break;
        case SOURCE_CLOSED:
            return finish(source);
        case SOURCE_STOP:
            return STOPPED;
        case SOURCE_FAILED:
            source_close(source);
            return FAILED;
        }
    }
}

/* Has this file been read under another name? */
static bool is_second(const struct file_in *state, const struct source *source)
{
    for (const struct source *other = state->sources; other != source; other = other->next)
        if (other->started && strcmp(other->facts.id, source->facts.id) == 0)
            return true;
    return false;
}

static enum outcome read_whole(struct vane_self *self, struct source *source)
{
    if (!source_open(source))
        return FAILED;
    file_in_well(self, source->path);
    if (!source->polled && is_second(self->state, source)) {
        source_close(source);
        return DONE;
    }
    return source_start(source, file_in_start_of(self, source, false)) ? read_open(self, source) : STOPPED;
}

static void list_files(struct vane_self *self)
{
    struct file_in *state = self->state;
    for (size_t i = 0; i < state->files.count; i++) {
        const char *pattern = state->files.items[i];
        if (!paths_is_pattern(pattern)) {
            file_in_add(state, pattern);
            continue;
        }
        struct paths files = { 0 }, folders = { 0 };
        paths_expand(&files, &folders, pattern);
        for (size_t k = 0; k < files.count; k++)
            file_in_add(state, files.items[k]);
        char whole[VANE_PATH_MOST];
        if (!files.count)
            file_in_tell(self, pattern, vane_path(whole, pattern), ": there is no such file");
        else
            file_in_well(self, pattern);
        paths_release(&files);
        paths_release(&folders);
    }
}

static void forget_files(struct file_in *state)
{
    while (state->sources) {
        struct source *source = state->sources;
        state->sources = source->next;
        source_free(source);
    }
}

/* One try of each file that has not been read yet. */
static enum outcome read_rest(struct vane_self *self)
{
    const struct file_in *state = self->state;
    bool waits = vane_mode(self) == VANE_RUN && !state->reread_interval;
    enum outcome all = DONE;
    for (struct source *source = state->sources; source; source = source->next) {
        enum outcome outcome = source->done ? DONE : read_whole(self, source);
        if (outcome == STOPPED)
            return STOPPED;
        source->done = outcome == DONE;
        if (outcome == FAILED) {
            all = FAILED;
            file_in_tell(self, source->path, source->reason, waits ? "; waiting until it can be read" : "");
        }
    }
    return all;
}

static bool pause_for(struct vane_self *self, int64_t ns)
{
    int64_t until = vane_monotonic() + ns, left;
    while ((left = until - vane_monotonic()) > 0)
        if (!vane_wait(self, left))
            return false;
    return true;
}

static enum vane_result read_again(struct vane_self *self)
{
    struct file_in *state = self->state;
    do {
        forget_files(state);
        list_files(self);
        if (read_rest(self) == STOPPED)
            return VANE_OK;
    } while (pause_for(self, state->reread_interval));
    return VANE_OK;
}

/* --once: who looks at the exit code finds all the reasons in the last line. */
static enum vane_result fail(struct vane_self *self)
{
    const struct file_in *state = self->state;
    struct vane_text reasons = { 0 };
    for (const struct source *source = state->sources; source; source = source->next)
        if (!source->done)
            vane_text_addf(&reasons, "%s%s", reasons.length ? "; " : "", source->reason);
    enum vane_result result = vane_fail(self, "%s", reasons.data);
    vane_text_release(&reasons);
    return result;
}

enum vane_result whole_run(struct vane_self *self)
{
    struct file_in *state = self->state;
    bool once = vane_mode(self) != VANE_RUN;
    if (state->reread_interval && !once)
        return read_again(self);
    if (!file_in_note_look(self, vane_now()))
        return VANE_OK;
    list_files(self);
    while (read_rest(self) == FAILED) {
        if (once)
            return fail(self);
        if (!pause_for(self, SECOND))
            break;
    }
    return VANE_OK;
}
