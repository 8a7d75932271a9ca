/* file_in - reads metrics from files, pipes and standard input: whole, or as they grow.
 *
 * run() never answers RETRY, since the host would then open the plugin anew and read on from the last
 * checkpoint, before what has been emitted since: it waits for files itself, and says so once.
 *
 * Beside the lanes of files there is one named "looks", whose position is the wall clock of the last look at
 * the folders. It tells a file that has appeared while the agent was down, which is read from its
 * beginning, from one that was there all the time, which saved-or-end skips. The very first one is waited
 * for: so there is a checkpoint before the first record, and an output that cuts back to the checkpoint
 * has one to cut back to. */
#include "plugins/file_in/file_in.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

enum { MILLISECOND = 1000000, CHOICE_AUTO = 0, MOST_POLLED = 64 };

static const int64_t SECOND = INT64_C(1000) * MILLISECOND, PATIENCE = INT64_C(5000) * MILLISECOND;

/* ---- What both ways of reading share ---- */

struct source *file_in_add(struct file_in *state, const char *path)
{
    struct source **last = &state->sources;
    while (*last)
        last = &(*last)->next;
    return *last = source_new(&state->settings, path);
}

enum source_start file_in_start_of(struct vane_self *self, const struct source *source, bool appeared)
{
    const struct file_in *state = self->state;
    bool follows = state->tail && vane_mode(self) == VANE_RUN;
    enum source_start start = follows ? SOURCE_SAVED_OR_END : SOURCE_SAVED_OR_BEGINNING;
    if (state->initial_read_offset != CHOICE_AUTO)
        start = (enum source_start)(state->initial_read_offset - 1);
    bool born_since = state->last_look && source->facts.born > state->last_look - SECOND;
    if (appeared || (start == SOURCE_SAVED_OR_END && born_since))
        return SOURCE_SAVED_OR_BEGINNING;
    return start;
}

static size_t find_trouble(const struct file_in *state, const char *path)
{
    size_t i = 0;
    while (i < state->troubled.count && strcmp(state->troubled.items[i], path) != 0)
        i++;
    return i;
}

void file_in_tell(struct vane_self *self, const char *path, const char *reason, const char *consequence)
{
    struct file_in *state = self->state;
    if (find_trouble(state, path) < state->troubled.count)
        return;
    paths_add(&state->troubled, path);
    vane_log(self, VANE_WARN, "%s%s", reason, consequence);
}

void file_in_well(struct vane_self *self, const char *path)
{
    struct file_in *state = self->state;
    size_t i = find_trouble(state, path);
    if (i == state->troubled.count)
        return;
    free(state->troubled.items[i]);
    state->troubled.items[i] = state->troubled.items[--state->troubled.count];
    vane_log(self, VANE_INFO, "%s: can be read now", path);
}

static void touched(void *context, int number)
{
    struct file_in *state = context;
    for (struct source *source = state->sources; source; source = source->next)
        if (number < 0 || source->watch == number)
            source->quiet = false;
}

bool file_in_wait(struct vane_self *self, int64_t ns)
{
    struct file_in *state = self->state;
    struct pollfd polled[MOST_POLLED] = {
        { .fd = vane_wait_fd(self), .events = POLLIN }, { .fd = state->watch.fd, .events = POLLIN },
    };
    struct source *pipes[MOST_POLLED];
    nfds_t count = 2;
    for (struct source *source = state->sources; source && count < MOST_POLLED; source = source->next) {
        if (source->fd < 0 || !source->polled)
            continue;
        pipes[count] = source;
        polled[count++] = (struct pollfd){ .fd = source->fd, .events = POLLIN };
    }
    struct timespec limit = { .tv_sec = ns / SECOND, .tv_nsec = ns % SECOND };
    ppoll(polled, count, ns < 0 ? NULL : &limit, NULL);
    for (nfds_t i = 2; i < count; i++)
        pipes[i]->quiet = polled[i].revents == 0;
    if (polled[1].revents)
        state->folders_changed |= watch_read(&state->watch, touched, state);
    return vane_wait(self, 0);
}

bool file_in_note_look(struct vane_self *self, int64_t now)
{
    struct file_in *state = self->state;
    struct vane_batch *batch = vane_batch_new(self);
    bool first = !state->noted;
    state->noted = now > state->noted ? now : state->noted; /* positions never go down; clocks may */
    vane_batch_lane(batch, state->looks, state->noted);
    bool going = vane_emit(self, batch);
    if (going && first)
        vane_drain(self, PATIENCE);
    return going;
}

/* ---- Callbacks ---- */

static enum vane_result file_in_check(struct vane_self *self)
{
    const struct file_in *state = self->state;
    size_t standard = 0;
    for (size_t i = 0; i < state->files.count; i++) {
        if (!state->files.items[i][0])
            return vane_fail(self, "files: a path is empty");
        standard += source_is_stdin(state->files.items[i]);
    }
    if (!state->files.count)
        return vane_fail(self, "files: there is none");
    if (standard > 1)
        return vane_fail(self, "files: standard input can be read once only");
    if (state->tail && state->reread_interval)
        return vane_fail(self, "reread_interval: files are either followed (tail) or read again and again");
    if (standard && state->reread_interval)
        return vane_fail(self, "reread_interval: standard input cannot be read again");
    return VANE_OK;
}

static enum vane_result file_in_open(struct vane_self *self)
{
    struct file_in *state = self->state;
    bool follows = state->tail && vane_mode(self) == VANE_RUN;
    watch_open(&state->watch, self, follows && state->watch_method == FILE_IN_INOTIFY);
    state->opened = true;
    state->settings = (struct source_settings){
        .self = self, .file_tag = state->file_tag, .path_tag = state->file_path_tag,
        .max_record_size = state->max_record_size, .reread = state->reread_interval > 0,
    };
    return VANE_OK;
}

static void file_in_close(struct vane_self *self)
{
    struct file_in *state = self->state;
    if (state->opened)
        watch_close(&state->watch);
    while (state->sources) {
        struct source *source = state->sources;
        state->sources = source->next;
        source_free(source);
    }
    paths_release(&state->troubled);
}

static enum vane_result file_in_run(struct vane_self *self)
{
    struct file_in *state = self->state;
    bool follows = state->tail && vane_mode(self) == VANE_RUN;
    state->looks = vane_lane(self, "looks");
    if (!vane_resume(self, state->looks, &state->last_look))
        state->last_look = 0;
    state->noted = state->last_look;
    return follows ? follow_run(self) : whole_run(self);
}

static const char *const starts[] = {
    "auto", "saved-or-beginning", "saved-or-end", "beginning", "end", NULL
};
static const char *const watch_methods[] = { "inotify", "poll", NULL };

static const struct vane_option options[] = {
    VANE_OPT_STRINGS(struct file_in, files, .required = true,
                     .help = "Paths to read; * ? [] within a folder, ** for any number of folders; \"stdin\" "
                             "or \"-\" is standard input."),
    VANE_OPT_BOOL(struct file_in, tail, .preset = "false",
                  .help = "Follow the files: what is appended, what takes their place, files that appear. "
                          "Else read them to their end."),
    VANE_OPT_CHOICE(struct file_in, initial_read_offset, .preset = "\"auto\"", .choices = starts,
                    .help = "Where to begin at the start: where reading stopped last time, else at the "
                            "beginning or at the end of the file; auto: saved-or-end with tail, else "
                            "saved-or-beginning."),
    VANE_OPT_CHOICE(struct file_in, watch_method, .preset = "\"inotify\"", .choices = watch_methods,
                    .help = "How tail notices changes; poll: by looking four times a second."),
    VANE_OPT_DURATION(struct file_in, reread_interval, .preset = "\"0s\"", .least = 0, .most = INFINITY,
                      .help = "Read the whole files again and again, this often, as Telegraf's file input "
                              "does; 0s: once."),
    VANE_OPT_STRING(struct file_in, file_tag, .preset = "\"\"",
                    .help = "Tag that gets the name of the file, without its folder; empty: none."),
    VANE_OPT_STRING(struct file_in, file_path_tag, .preset = "\"\"", .also = "path_tag",
                    .help = "Tag that gets the path of the file; empty: none."),
    VANE_OPT_SIZE(struct file_in, max_record_size, .preset = "\"16MB\"", .least = 1, .most = 1e9,
                  .help = "The longest record; a longer one is bad. So much memory is used for a line that does not "
                          "end."),
    { 0 }
};

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_INPUT, .name = "file_in",
    .help = "Reads metrics from files, pipes and standard input: whole, or as they grow.",
    .state_size = sizeof(struct file_in), .options = options, .data_format = "influx", .remembers = true,
    .check = file_in_check, .open = file_in_open, .close = file_in_close, .run = file_in_run,
};
