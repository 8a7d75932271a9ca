/* target - see target.h.
 *
 * A crash leaves behind what was written after the last checkpoint, in the file and, where it was rotated
 * since, in archives. The file that the checkpoint knew is found by its identity, cut back to its size, and
 * put back into its place; archives that are younger were made after the checkpoint, and go. So that it can
 * be found, archives made since the checkpoint before are never pruned. */
#include "plugins/file_out/target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/file_out/archive.h"

enum { SAFE_PIECE = 4096 /* PIPE_BUF: what a pipe that poll calls writable takes without waiting */ };

static const int PATIENCE = 5000; /* ms without a reader taking anything */

static bool is_ours(const struct target *target)
{
    return target->regular && !target->standard;
}

/* ---- Opening ---- */

void target_init(struct target *target, const struct target_settings *settings, const char *path)
{
    *target = (struct target){ .settings = settings, .path = path, .fd = -1 };
    target->standard = strcmp(path, "stdout") == 0 || strcmp(path, "stderr") == 0;
}

static void shut(struct target *target)
{
    if (target->fd >= 0 && !target->standard)
        close(target->fd);
    target->fd = -1;
}

/* A new name is on disk when its folder is. */
static void sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct vane_text folder = { 0 };
    vane_text_add(&folder, path, slash ? (size_t)(slash - path) + 1 : 0);
    int fd = open(folder.length ? folder.data : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    vane_text_release(&folder);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

static enum vane_result refuse(struct target *target)
{
    struct vane_self *self = target->settings->self;
    int fault = errno;
    char whole[VANE_PATH_MOST];
    vane_path(whole, target->path);
    shut(target);
    if (fault == EISDIR)
        return vane_fail(self, "files: %s is a folder", whole);
    if (fault == ENXIO)
        return vane_retry(self, "open %s: nobody reads from the pipe", whole);
    if (fault == ENOENT)
        return vane_retry(self, "open %s: the folder that it is to be in does not exist", whole);
    if (fault == EWOULDBLOCK)
        return vane_retry(self, "open %s: another output is writing to it", whole);
    return vane_retry(self, "open %s: %s", whole, strerror(fault));
}

enum vane_result target_open(struct target *target)
{
    const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    if (target->standard)
        target->fd = strcmp(target->path, "stdout") == 0 ? STDOUT_FILENO : STDERR_FILENO;
    else
        target->fd = open(target->path, flags, target->settings->mode);
    if (target->fd < 0 || !file_facts_of(target->fd, &target->facts))
        return refuse(target);
    target->regular = S_ISREG(target->facts.mode);
    target->opened = target->facts.born ? target->facts.born : vane_now();
    target->written = false;
    if (!is_ours(target))
        return VANE_OK;
    if (flock(target->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return refuse(target);
    if (target->facts.size == 0)
        sync_folder(target->path);
    return VANE_OK;
}

/* ---- Rotating ---- */

static int64_t size_now(const struct target *target)
{
    struct stat status;
    return fstat(target->fd, &status) == 0 ? (int64_t)status.st_size : 0;
}

/* Deletes the oldest archives, but for those that may be needed after a crash. */
static void prune(struct target *target)
{
    struct archives archives = { 0 };
    uint64_t needed = target->rotated + target->rotated_before;
    int64_t most = target->settings->most_archives;
    if (most < 0 || target->pruned)
        return;
    uint64_t kept = needed > (uint64_t)most ? needed : (uint64_t)most;
    target->pruned = !needed;
    archives_list(&archives, target->path);
    for (size_t i = 0; i + kept < archives.count; i++)
        unlink(archives.items[i]);
    archives_release(&archives);
}

static enum vane_result open_anew(struct target *target)
{
    fdatasync(target->fd);
    shut(target);
    return target_open(target);
}

static enum vane_result rotate(struct target *target)
{
    struct vane_self *self = target->settings->self;
    struct vane_text archive = { 0 };
    archive_name(&archive, target->path, vane_now());
    enum vane_result result = VANE_OK;
    if (rename(target->path, archive.data) != 0)
        result = vane_retry(self, "rename %s to %s: %s", target->path, archive.data, strerror(errno));
    vane_text_release(&archive);
    if (result != VANE_OK)
        return result;
    target->pruned = false;
    if (target->settings->keeps_state || target->saved_id[0])
        target->rotated++;
    else
        prune(target);
    vane_count(self, "rotations", 1);
    return open_anew(target);
}

static bool is_due(const struct target *target, size_t length)
{
    const struct target_settings *settings = target->settings;
    uint64_t size = (uint64_t)size_now(target);
    if (size == 0)
        return false;
    return (settings->rotate_size && size + length > settings->rotate_size)
        || (settings->rotate_every && vane_now() - target->opened >= settings->rotate_every);
}

/* Is it still the file of that path? */
static bool is_there(const struct target *target)
{
    struct file_facts facts;
    return file_facts_at(target->path, &facts) && strcmp(facts.id, target->facts.id) == 0;
}

enum vane_result target_begin(struct target *target, size_t length)
{
    target->done = 0;
    if (target->fd < 0)
        return target_open(target);
    if (!is_ours(target))
        return VANE_OK;
    if (!is_there(target)) {
        vane_log(target->settings->self, VANE_INFO, "%s: was moved: going on in a new file", target->path);
        return open_anew(target);
    }
    return is_due(target, length) ? rotate(target) : VANE_OK;
}

/* ---- Writing ---- */

bool target_is_empty(const struct target *target)
{
    return target->regular ? size_now(target) == 0 : !target->written;
}

/* Standard output that was opened to append counts from its end, other files from where they are. */
static int64_t end_of(const struct target *target)
{
    if (!target->standard || fcntl(target->fd, F_GETFL) & O_APPEND)
        return size_now(target);
    off_t at = lseek(target->fd, 0, SEEK_CUR);
    return at < 0 ? 0 : (int64_t)at;
}

static void cut(const struct target *target, int64_t size)
{
    if (ftruncate(target->fd, (off_t)size) != 0)
        vane_log(target->settings->self, VANE_ERROR, "%s: cannot be cut back to %" PRId64 " bytes: %s; the "
                 "records behind them will stand twice", target->path, size, strerror(errno));
    if (target->standard)
        lseek(target->fd, (off_t)size, SEEK_SET);
}

static enum vane_result write_file(struct target *target, const char *bytes, size_t length)
{
    struct vane_self *self = target->settings->self;
    int64_t begin = end_of(target);
    while (target->done < length) {
        ssize_t wrote = write(target->fd, bytes + target->done, length - target->done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            break;
        target->done += (size_t)wrote;
    }
    bool whole = target->done == length;
    if (whole && (!target->settings->fsync || fdatasync(target->fd) == 0))
        return VANE_OK;
    int fault = errno;
    cut(target, begin);
    target->done = 0;
    return vane_retry(self, "%s %s: %s", whole ? "sync" : "write", target->path, strerror(fault));
}

/* What a pipe can take without waiting, up to the end of a line where there is one. */
static size_t piece_of(const char *bytes, size_t length)
{
    if (length <= SAFE_PIECE)
        return length;
    const char *newline = memrchr(bytes, '\n', SAFE_PIECE);
    return newline ? (size_t)(newline - bytes) + 1 : SAFE_PIECE;
}

static enum vane_result lose_reader(struct target *target, int fault)
{
    struct vane_self *self = target->settings->self;
    if (target->standard)
        return vane_fail(self, "write %s: %s", target->path, strerror(fault));
    shut(target);
    return vane_retry(self, "write %s: %s", target->path, strerror(fault));
}

static enum vane_result write_stream(struct target *target, const char *bytes, size_t length)
{
    struct vane_self *self = target->settings->self;
    while (target->done < length) {
        struct pollfd ready = { .fd = target->fd, .events = POLLOUT };
        if (poll(&ready, 1, PATIENCE) == 0)
            return vane_retry(self, "write %s: nobody has read for %d s", target->path, PATIENCE / 1000);
        const char *rest = bytes + target->done;
        ssize_t wrote = write(target->fd, rest, piece_of(rest, length - target->done));
        if (wrote < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (wrote < 0)
            return lose_reader(target, errno);
        target->done += (size_t)wrote;
        target->written = true;
    }
    return VANE_OK;
}

enum vane_result target_write(struct target *target, const char *bytes, size_t length)
{
    if (target->done == length)
        return VANE_OK;
    return target->regular ? write_file(target, bytes, length) : write_stream(target, bytes, length);
}

/* ---- Checkpoints ---- */

/* Has nothing been written since the last save? */
static bool is_saved(const struct target *target)
{
    return !target->rotated && strcmp(target->saved_id, target->facts.id) == 0
        && size_now(target) == target->saved_size;
}

enum vane_result target_save(struct target *target, struct vane_saver *saver, bool full)
{
    if (!is_ours(target) || target->fd < 0)
        return VANE_OK;
    if (fdatasync(target->fd) != 0)
        return vane_fail(target->settings->self, "sync %s: %s", target->path, strerror(errno));
    bool unchanged = is_saved(target);
    prune(target);
    target->rotated_before = target->rotated;
    target->rotated = 0;

    if (!full && unchanged)
        return VANE_OK;
    int64_t size = size_now(target);
    char data[FILE_ID_MAX + 32];
    int length = snprintf(data, sizeof data, "%" PRId64 " %s", size, target->facts.id);
    struct vane_record record = { .lane = "", .key = target->path, .data = data, .length = (size_t)length };
    vane_save(saver, &record);
    target->saved_size = size;
    memcpy(target->saved_id, target->facts.id, sizeof target->saved_id);
    return VANE_OK;
}

void target_close(struct target *target)
{
    if (target->fd >= 0 && is_ours(target)) {
        fdatasync(target->fd);
        if (is_saved(target))
            target->rotated_before = 0;
        prune(target);
    }
    shut(target);
}

static enum vane_result cut_back(struct target *target, int64_t size)
{
    struct vane_self *self = target->settings->self;
    int64_t now = size_now(target);
    if (now < size)
        vane_log(self, VANE_WARN, "%s: has %" PRId64 " bytes, and had %" PRId64 " at the last checkpoint: "
                 "somebody has made it shorter; going on at its end", target->path, now, size);
    if (now <= size)
        return VANE_OK;
    if (ftruncate(target->fd, (off_t)size) != 0)
        return vane_retry(self, "cut %s back to the last checkpoint: %s", target->path, strerror(errno));
    vane_log(self, VANE_INFO, "%s: cut back from %" PRId64 " to %" PRId64 " bytes, as of the last checkpoint",
             target->path, now, size);
    return VANE_OK;
}

/* The file that the checkpoint knew has been rotated since: it comes back, and what was made later goes. */
static enum vane_result bring_back(struct target *target, const struct archives *archives, size_t at)
{
    struct vane_self *self = target->settings->self;
    vane_log(self, VANE_INFO, "%s: was rotated since the last checkpoint: going on in the file from before, "
             "without the %zu that were begun since", target->path, archives->count - at);
    if (rename(archives->items[at], target->path) != 0)
        return vane_retry(self, "rename %s to %s: %s", archives->items[at], target->path, strerror(errno));
    for (size_t i = at + 1; i < archives->count; i++)
        unlink(archives->items[i]);
    shut(target);
    return target_open(target);
}

static enum vane_result find_file(struct target *target, const char *id)
{
    struct archives archives = { 0 };
    archives_list(&archives, target->path);
    size_t at = 0;
    for (; at < archives.count; at++) {
        struct file_facts facts;
        if (file_facts_at(archives.items[at], &facts) && strcmp(facts.id, id) == 0)
            break;
    }
    enum vane_result result = VANE_OK;
    if (at < archives.count)
        result = bring_back(target, &archives, at);
    else
        vane_log(target->settings->self, VANE_WARN, "%s: is not the file of the last checkpoint any more: "
                 "going on at its end", target->path);
    archives_release(&archives);
    return result;
}

bool target_load(struct target *target, const struct vane_record *record)
{
    char data[FILE_ID_MAX + 32] = "";
    if (record->length < sizeof data)
        memcpy(data, record->data, record->length);
    return sscanf(data, "%" SCNd64 " %63s", &target->saved_size, target->saved_id) == 2;
}

enum vane_result target_restore(struct target *target)
{
    if (!is_ours(target) || !target->saved_id[0])
        return VANE_OK;
    if (strcmp(target->saved_id, target->facts.id) != 0) {
        enum vane_result result = find_file(target, target->saved_id);
        if (result != VANE_OK)
            return result;
    }
    return strcmp(target->saved_id, target->facts.id) == 0 ? cut_back(target, target->saved_size) : VANE_OK;
}
