/* file_out - writes metrics to files, pipes and standard output: the same to each of them.
 *
 * A write is encoded once and goes on until all targets have it: where one cannot take it, the host gives
 * the same metrics again (RETRY, none of them settled), and only what is missing is written. So a full disk
 * under one of two files loses nothing, and nothing stands twice. */
#include "core/plugin.h"

#include <math.h>
#include <stdlib.h>

#include "plugins/file_out/target.h"
#include "plugins/shared/memory.h"

struct file_out {
    struct vane_strings files;
    int64_t             rotation_interval, rotation_max_archives;
    uint64_t            rotation_max_size;
    bool                use_batch_format, fsync;
    const char         *mode;

    struct target_settings settings;
    struct target         *targets; /* one for each of the files */
    size_t                 opened;  /* targets that close() is to close */
    bool                   closed;  /* standard output was: there is nobody to write for */

    /* The write that is under way. */
    struct vane_text text, headed; /* its records; with a head before them */
    size_t           encoded;      /* metrics in it; 0: there is none */
};

/* Octal, as for chmod. */
static bool read_mode(const char *text, mode_t *mode)
{
    char *end;
    unsigned long value = strtoul(text, &end, 8);
    *mode = (mode_t)value;
    return text[0] >= '0' && text[0] <= '7' && !*end && value <= 0777;
}

static enum vane_result file_out_check(struct vane_self *self)
{
    const struct file_out *state = self->state;
    mode_t mode;
    if (!state->files.count)
        return vane_fail(self, "files: there is none");
    for (size_t i = 0; i < state->files.count; i++) {
        if (!state->files.items[i][0])
            return vane_fail(self, "files: a path is empty");
        for (size_t k = 0; k < i; k++)
            if (strcmp(state->files.items[i], state->files.items[k]) == 0)
                return vane_fail(self, "files: %s stands twice", state->files.items[i]);
    }
    if (!read_mode(state->mode, &mode))
        return vane_fail(self, "mode: \"%s\" is not an octal number such as \"0640\"", state->mode);
    return VANE_OK;
}

static enum vane_result file_out_open(struct vane_self *self)
{
    struct file_out *state = self->state;
    state->settings = (struct target_settings){
        .self = self, .fsync = state->fsync, .keeps_state = vane_mode(self) == VANE_RUN,
        .rotate_every = state->rotation_interval, .rotate_size = state->rotation_max_size,
        .most_archives = state->rotation_max_archives,
    };
    read_mode(state->mode, &state->settings.mode);
    state->targets = memory_zero(state->files.count * sizeof *state->targets);
    enum vane_result result = VANE_OK;
    while (state->opened < state->files.count && result == VANE_OK) {
        struct target *target = &state->targets[state->opened];
        target_init(target, &state->settings, state->files.items[state->opened]);
        result = target_open(target);
        state->opened++;
    }
    return result;
}

static void file_out_close(struct vane_self *self)
{
    struct file_out *state = self->state;
    for (size_t i = 0; i < state->opened; i++)
        target_close(&state->targets[i]);
    free(state->targets);
    vane_text_release(&state->text);
    vane_text_release(&state->headed);
}

/* ---- Writing ---- */

/* One metric a call, unless the format takes all as well or the user wants them in one document. */
static void encode(struct vane_self *self, struct vane_write *write)
{
    struct file_out *state = self->state;
    bool whole = state->use_batch_format || vane_framing(self) != VANE_DOCUMENT;
    vane_text_clear(&state->text);
    vane_text_clear(&state->headed);
    state->encoded = 0;
    if (whole)
        state->encoded = vane_encode(self, &state->text, write, 0, write->count);
    for (size_t i = 0; i < write->count && !whole; i++)
        state->encoded += vane_encode(self, &state->text, write, i, 1);
    for (size_t i = 0; i < state->opened; i++)
        state->targets[i].begun = false;
}

/* The text behind the head that an empty file begins with. */
static const struct vane_text *with_head(struct vane_self *self, const struct vane_write *write)
{
    struct file_out *state = self->state;
    if (!state->headed.length) {
        vane_encode_head(self, &state->headed, write->metrics[0]);
        vane_text_add(&state->headed, state->text.data, state->text.length);
    }
    return &state->headed;
}

static enum vane_result write_to(struct vane_self *self, struct target *target,
                                 const struct vane_write *write)
{
    const struct file_out *state = self->state;
    if (!target->begun || target->fd < 0) {
        enum vane_result result = target_begin(target, state->text.length);
        if (result != VANE_OK)
            return result;
        target->begun = true;
        target->headed = target_is_empty(target);
    }
    const struct vane_text *text = target->headed ? with_head(self, write) : &state->text;
    return target_write(target, text->data, text->length);
}

static enum vane_result file_out_write(struct vane_self *self, struct vane_write *write)
{
    struct file_out *state = self->state;
    if (write->count != state->encoded) /* else it is the one that could not be finished */
        encode(self, write);
    enum vane_result worst = VANE_OK;
    for (size_t i = 0; i < state->opened && state->encoded; i++) {
        enum vane_result result = write_to(self, &state->targets[i], write);
        worst = result > worst ? result : worst;
    }
    if (worst == VANE_RETRY)
        return VANE_RETRY;
    state->encoded = 0;
    state->closed = worst == VANE_FAIL;
    return state->closed ? VANE_PENDING : VANE_OK; /* run() ends, and nothing of it counts as delivered */
}

/* All records have been loaded by now, and nothing has been written. */
static enum vane_result file_out_run(struct vane_self *self)
{
    struct file_out *state = self->state;
    for (size_t i = 0; i < state->opened; i++) {
        enum vane_result result = target_restore(&state->targets[i]);
        if (result != VANE_OK)
            return result;
    }
    while (vane_wait(self, -1))
        if (state->closed)
            return vane_fail(self, "standard output was closed: nobody reads what is written");
    return VANE_OK;
}

/* ---- Checkpoints ---- */

static enum vane_result file_out_save(struct vane_self *self, struct vane_saver *saver, bool full)
{
    struct file_out *state = self->state;
    enum vane_result result = VANE_OK;
    for (size_t i = 0; i < state->opened && result == VANE_OK; i++)
        result = target_save(&state->targets[i], saver, full);
    return result;
}

static enum vane_result file_out_load(struct vane_self *self, const struct vane_record *record)
{
    struct file_out *state = self->state;
    for (size_t i = 0; i < state->opened; i++)
        if (strcmp(state->targets[i].path, record->key) == 0 && !target_load(&state->targets[i], record))
            return vane_fail(self, "%s: what the checkpoint says of it cannot be read", record->key);
    return VANE_OK; /* of one that is no longer written to, nothing is wanted */
}

static const struct vane_option options[] = {
    VANE_OPT_STRINGS(struct file_out, files, .preset = "[\"stdout\"]",
                     .help = "Paths to append to, \"stdout\", \"stderr\"; of several, each gets everything."),
    VANE_OPT_DURATION(struct file_out, rotation_interval, .preset = "\"0h\"", .least = 0, .most = INFINITY,
                      .help = "Begin a new file when the old one is this old; 0h: never."),
    VANE_OPT_SIZE(struct file_out, rotation_max_size, .preset = "\"0MB\"",
                  .help = "Begin a new file when the old one would become larger; 0MB: never."),
    VANE_OPT_INT(struct file_out, rotation_max_archives, .preset = "5", .least = -1, .most = INFINITY,
                 .help = "How many of the old files to keep; -1: all."),
    VANE_OPT_BOOL(struct file_out, use_batch_format, .preset = "false",
                  .help = "With json: one document for all metrics of a write, not one a line."),
    VANE_OPT_BOOL(struct file_out, fsync, .preset = "false",
                  .help = "Wait for the disk after every write, not only at checkpoints."),
    VANE_OPT_STRING(struct file_out, mode, .preset = "\"0640\"",
                    .help = "Permissions of new files, octal; the umask of the process is taken off."),
    { 0 }
};

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_OUTPUT, .name = "file_out",
    .help = "Writes metrics to files, pipes and standard output.",
    .state_size = sizeof(struct file_out), .options = options, .data_format = "influx",
    .check = file_out_check, .open = file_out_open, .close = file_out_close, .run = file_out_run,
    .write = file_out_write, .save = file_out_save, .load = file_out_load,
};
