/* follow - files that grow, are rotated, appear.
 *
 * A look at the folders compares the files that are there with those that are followed, by identity. One that
 * is no longer among them has been rotated away: it is read to its end before the file that took its name,
 * then as long as its writer goes on, and is closed when it has been quiet for some seconds. Looks follow
 * changes in the folders; what has happened to a file sets it to be read. */
#include "plugins/file_in/file_in.h"

#include <errno.h>
#include <stdio.h>

enum { MILLISECOND = 1000000, TURN = 16 /* chunks of one file, then it is the others' turn */ };

static const int64_t LOOK_PAUSE = INT64_C(100) * MILLISECOND, GONE_PAUSE = INT64_C(10000) * MILLISECOND;

/* ---- Reading ---- */

/* Nobody writes to the pipe any more: standard input has ended, a named pipe waits for the next writer. */
static bool end_pipe(struct vane_self *self, struct source *source)
{
    if (!source_finish(source))
        return false;
    source_close(source);
    if (!source_is_stdin(source->path) && !source_open(source))
        file_in_tell(self, source->path, source->reason, "; waiting until it can be read");
    return true;
}

/* Reads until the file is dry or its turn is over. False: the agent is stopping. */
static bool read_some(struct vane_self *self, struct source *source, int turn)
{
    while (!source->quiet && source->fd >= 0 && turn-- > 0) {
        source->quiet = source->polled;
        switch (source_read(source)) {
        case SOURCE_MORE:
            source->last_read = vane_monotonic();
            break;
        case SOURCE_DRY:
            source->quiet = true;
            break;
        case SOURCE_CLOSED:
            if (!end_pipe(self, source))
                return false;
            break;
        case SOURCE_STOP:
            return false;
        case SOURCE_FAILED:
            source->quiet = true;
            file_in_tell(self, source->path, source->reason, "; trying again");
            break;
        }
    }
    return true;
}

static bool read_to_end(struct vane_self *self, struct source *source)
{
    source->quiet = false;
    while (!source->quiet && source->fd >= 0)
        if (!vane_wait(self, 0) || !read_some(self, source, TURN))
            return false;
    return true;
}

/* All that are not quiet; answers in `more` whether some still are not. */
static bool read_all(struct vane_self *self, bool *more)
{
    const struct file_in *state = self->state;
    *more = false;
    for (struct source *source = state->sources; source; source = source->next) {
        if (!read_some(self, source, TURN))
            return false;
        *more |= !source->quiet && source->fd >= 0;
    }
    return true;
}

/* ---- Looking ---- */

static struct source *find_source(const struct file_in *state, const char *id)
{
    for (struct source *source = state->sources; source; source = source->next)
        if (strcmp(source->facts.id, id) == 0)
            return source;
    return NULL;
}

static void list_path(struct vane_self *self, const char *path, struct paths *files, struct paths *folders)
{
    struct file_facts facts;
    paths_add_folder_of(folders, path);
    if (file_facts_at(path, &facts)) {
        paths_add(files, path);
        return;
    }
    int why = errno;
    char whole[VANE_PATH_MOST], reason[VANE_PATH_MOST + 128];
    snprintf(reason, sizeof reason, "%s: %s", vane_path(whole, path), strerror(why));
    file_in_tell(self, path, reason, "; waiting until it can be read");
}

static void list_files(struct vane_self *self, struct paths *files, struct paths *folders)
{
    const struct file_in *state = self->state;
    for (size_t i = 0; i < state->files.count; i++) {
        const char *pattern = state->files.items[i];
        size_t before = files->count;
        if (source_is_stdin(pattern))
            continue;
        if (!paths_is_pattern(pattern)) {
            list_path(self, pattern, files, folders);
            continue;
        }
        paths_expand(files, folders, pattern);
        char whole[VANE_PATH_MOST];
        if (files->count == before)
            file_in_tell(self, pattern, vane_path(whole, pattern), ": there is no such file yet");
        else
            file_in_well(self, pattern);
    }
}

/* Which of the files are followed already; the paths of the others go into `fresh`. */
static void recognize(const struct file_in *state, const struct paths *files, struct paths *fresh)
{
    int64_t now = vane_monotonic();
    for (struct source *source = state->sources; source; source = source->next)
        source->gone = !source_is_stdin(source->path);
    for (size_t i = 0; i < files->count; i++) {
        struct file_facts facts;
        if (!file_facts_at(files->items[i], &facts))
            continue;
        struct source *source = find_source(state, facts.id);
        if (source)
            source->gone = false;
        if (!source || source->fd < 0)
            paths_add(fresh, files->items[i]);
    }
    for (struct source *source = state->sources; source; source = source->next)
        if (!source->gone)
            source->last_read = now;
}

/* What stands in files that were rotated away comes before what is in the new ones. */
static bool drain_gone(struct vane_self *self)
{
    const struct file_in *state = self->state;
    for (struct source *source = state->sources; source; source = source->next)
        if (source->gone && !source->polled && !read_to_end(self, source))
            return false;
    return true;
}

/* Puts it at the end of the list, in the place of one that was closed before it was found again. */
static void keep(struct file_in *state, struct source *source, struct source *before)
{
    struct source **at = &state->sources;
    while (*at) {
        if (*at == before)
            *at = before->next;
        else
            at = &(*at)->next;
    }
    *at = source;
    source_free(before);
}

/* False: the agent is stopping. */
static bool begin(struct vane_self *self, const char *path, bool appeared)
{
    struct file_in *state = self->state;
    struct source *source = source_new(&state->settings, path);
    if (!source_open(source)) {
        file_in_tell(self, path, source->reason, "; waiting until it can be read");
        source_free(source);
        return true;
    }
    file_in_well(self, path);
    struct source *before = find_source(state, source->facts.id);
    if (before && before->fd >= 0) { /* the file has two names */
        source_free(source);
        return true;
    }
    if (before)
        source_go_on(source, before);
    keep(state, source, before);
    source->last_read = vane_monotonic();
    source->watch = source->lane ? watch_file(&state->watch, source->fd) : -1;
    state->news = true;
    return source_start(source, file_in_start_of(self, source, appeared));
}

static bool look(struct vane_self *self, bool first)
{
    struct file_in *state = self->state;
    struct paths files = { 0 }, folders = { 0 }, fresh = { 0 };
    int64_t wall = vane_now();
    state->folders_changed = false;
    state->news = first;
    list_files(self, &files, &folders);
    for (size_t i = 0; i < folders.count; i++)
        state->folders_changed |= watch_folder(&state->watch, folders.items[i]);
    recognize(state, &files, &fresh);
    bool going = !fresh.count || drain_gone(self);
    for (size_t i = 0; i < fresh.count && going; i++)
        going = begin(self, fresh.items[i], !first);
    if (going && state->news)
        going = file_in_note_look(self, wall);
    paths_release(&files);
    paths_release(&folders);
    paths_release(&fresh);
    return going;
}

/* Closes files that were rotated away and are no longer written to; their last line may lack its end. */
static bool leave_gone(struct vane_self *self)
{
    struct file_in *state = self->state;
    for (struct source *source = state->sources; source; source = source->next) {
        if (source->fd < 0 || !source->gone || vane_monotonic() - source->last_read < GONE_PAUSE)
            continue;
        if ((!source->polled && !read_to_end(self, source)) || !source_finish(source))
            return false;
        watch_forget(&state->watch, source->watch);
        source_close(source);
    }
    return true;
}

/* ---- The loop ---- */

struct follow {
    int64_t next_look, next_check; /* monotonic */
    bool    looked;
};

static bool begin_stdin(struct vane_self *self)
{
    struct file_in *state = self->state;
    for (size_t i = 0; i < state->files.count; i++)
        if (source_is_stdin(state->files.items[i]) && !begin(self, state->files.items[i], false))
            return false;
    return true;
}

/* Was there nothing but standard input, and it has ended? */
static bool all_ended(const struct file_in *state)
{
    for (size_t i = 0; i < state->files.count; i++)
        if (!source_is_stdin(state->files.items[i]))
            return false;
    return !state->sources || state->sources->fd < 0;
}

static void wake_all(struct file_in *state)
{
    for (struct source *source = state->sources; source; source = source->next)
        if (!source->polled)
            source->quiet = false;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Looks, checks and reads what is due; answers in `pause` how long there is nothing to do. */
static bool work(struct vane_self *self, struct follow *follow, int64_t *pause)
{
    struct file_in *state = self->state;
    int64_t now = vane_monotonic();
    bool more;
    if (now >= follow->next_look) {
        if (!look(self, !follow->looked) || !leave_gone(self))
            return false;
        follow->looked = true;
        follow->next_look = now + watch_folder_pause(&state->watch);
    }
    if (now >= follow->next_check) {
        wake_all(state);
        follow->next_check = now + watch_file_pause(&state->watch);
    }
    if (!read_all(self, &more))
        return false;
    if (state->folders_changed)
        follow->next_look = earlier(follow->next_look, now + LOOK_PAUSE);
    *pause = more ? 0 : earlier(follow->next_look, follow->next_check) - vane_monotonic();
    return true;
}

enum vane_result follow_run(struct vane_self *self)
{
    struct follow follow = { 0 };
    int64_t pause;
    bool going = begin_stdin(self);
    while (going && work(self, &follow, &pause) && !all_ended(self->state))
        going = file_in_wait(self, pause > 0 ? pause : 0);
    return VANE_OK;
}
