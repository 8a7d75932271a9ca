/* source - see source.h. Bytes are read in chunks behind what is left of the chunk before; records that are
 * complete leave in one batch a chunk. The buffer grows for a record that is longer, up to
 * max_record_size, and is given back while there is nothing to read: a thousand quiet files cost little. */
#include "plugins/file_in/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/shared/memory.h"

enum { CHUNK = 256 * 1024, EXCERPT = 4096 /* of a record that is too long */, SPARE_FILES = 64 };

bool source_is_stdin(const char *path)
{
    return strcmp(path, "stdin") == 0 || strcmp(path, "-") == 0;
}

static void drop_bytes(struct source *source)
{
    free(source->bytes);
    source->bytes = NULL;
    source->length = source->capacity = 0;
}

/* ---- Records ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static struct vane_batch *new_batch(struct source *source)
{
    const struct source_settings *settings = source->settings;
    struct vane_batch *batch = vane_batch_new(settings->self);
    struct vane_tag tags[2];
    size_t count = 0;
    if (settings->file_tag[0])
        tags[count++] = vane_tag(settings->file_tag, base_name(source->path));
    if (settings->path_tag[0])
        tags[count++] = vane_tag(settings->path_tag, source->path);
    if (count)
        vane_batch_tags(batch, tags, count);
    if (!settings->reread)
        vane_batch_arrival(batch, VANE_NO_TIME);
    return batch;
}

static void consume(struct source *source, size_t count)
{
    source->length -= count;
    source->offset += (int64_t)count;
    if (source->length)
        memmove(source->bytes, source->bytes + count, source->length);
}

/* The bytes from `at` up to the end of their line, which stays: so the decoder counts the line. */
static size_t skip_line(struct source *source, size_t at)
{
    size_t left = source->length - at;
    const char *begin = source->bytes + at, *newline = memchr(begin, '\n', left);
    source->skipping = !newline;
    return newline > begin ? (size_t)(newline - begin) : newline ? 1 : left;
}

static bool too_long(const struct source *source, size_t length)
{
    return length > source->settings->max_record_size;
}

static size_t refuse_record(struct source *source, size_t at)
{
    uint64_t most = source->settings->max_record_size;
    source->skipped_from = source->offset + (int64_t)at;
    vane_count(source->settings->self, "records_too_long", 1);
    vane_decoder_refuse(source->decoder, source->bytes + at, most < EXCERPT ? (size_t)most : EXCERPT,
                        source->skipped_from, "the record is longer than max_record_size (%" PRIu64 " bytes)",
                        most);
    return skip_line(source, at);
}

/* The decoder is never given more at once than the longest record and its newline have: when it takes
 * nothing of that much, the record is longer. */
static void decode(struct source *source, struct vane_batch *batch, bool last)
{
    size_t at = source->skipping ? skip_line(source, 0) : 0;
    while (at < source->length) {
        size_t left = source->length - at;
        bool rest = left <= source->settings->max_record_size;
        size_t piece = rest ? left : (size_t)source->settings->max_record_size + 1;
        size_t done = vane_decode(source->decoder, batch, source->bytes + at, piece, last && rest,
                                  source->offset + (int64_t)at);
        if (rest) {
            at += done;
            break;
        }
        at += done ? done : refuse_record(source, at);
    }
    consume(source, at);
}

/* Emits the records that are complete; `last`: all the bytes are. False: the agent is stopping. */
static bool emit_records(struct source *source, bool last)
{
    struct vane_batch *batch = new_batch(source);
    decode(source, batch, last);
    if (source->lane) /* in the middle of a record nobody could read on */
        vane_batch_lane(batch, source->lane, source->skipping ? source->skipped_from : source->offset);
    return vane_emit(source->settings->self, batch);
}

bool source_finish(struct source *source)
{
    return !source->length || emit_records(source, true);
}

/* ---- Where reading begins ---- */

static void reserve(struct source *source, size_t room)
{
    if (source->capacity - source->length >= room)
        return;
    source->capacity = source->length + (source->length < room ? room : source->length);
    source->bytes = memory_resize(source->bytes, source->capacity, 1);
}

/* The beginning of the file on its way into the decoder: `bytes` of the source lie at `at`, and of them the
 * decoder has `done`; `end` is behind the last newline that was found. */
struct head {
    int64_t at;
    size_t  done, end;
};

/* False: there is no more. */
static bool read_more_of_head(struct source *source, struct head *head)
{
    source->length -= head->done;
    if (source->length)
        memmove(source->bytes, source->bytes + head->done, source->length);
    *head = (struct head){ .at = head->at + (int64_t)head->done, .end = head->end - head->done };
    reserve(source, CHUNK);
    off_t from = (off_t)head->at + (off_t)source->length;
    ssize_t got = pread(source->fd, source->bytes + source->length, CHUNK, from);
    source->length += got > 0 ? (size_t)got : 0;
    return got > 0;
}

/* Gives the decoder what only the beginning of the file has (a csv header), line by line. */
static void read_head(struct source *source)
{
    struct vane_batch *batch = vane_batch_new(source->settings->self);
    struct head head = { 0 };
    while (vane_decoder_in_head(source->decoder) && !too_long(source, head.end - head.done)) {
        size_t left = source->length - head.end;
        const char *newline = left ? memchr(source->bytes + head.end, '\n', left) : NULL;
        if (!newline && (too_long(source, left) || !read_more_of_head(source, &head)))
            break;
        if (!newline)
            continue;
        head.end = (size_t)(newline - source->bytes) + 1;
        const char *line = source->bytes + head.done;
        int64_t place = head.at + (int64_t)head.done;
        head.done += vane_decode(source->decoder, batch, line, head.end - head.done, false, place);
    }
    vane_batch_free(batch);
    drop_bytes(source);
}

/* A new decoder, as it is at the offset. */
static void begin_decoding(struct source *source)
{
    const char *name = source_is_stdin(source->path) ? "stdin" : source->path;
    vane_decoder_free(source->decoder);
    source->decoder = vane_decoder_new(source->settings->self, name, false);
    if (source->lane && source->offset > 0)
        read_head(source);
}

/* The end of the last line that is complete: one that is being written is still to be read. */
static int64_t end_of_lines(const struct source *source)
{
    char tail[4096];
    int64_t size = source->facts.size, from = size > (int64_t)sizeof tail ? size - (int64_t)sizeof tail : 0;
    ssize_t got = pread(source->fd, tail, sizeof tail, (off_t)from);
    const char *newline = got > 0 ? memrchr(tail, '\n', (size_t)got) : NULL;
    return newline ? from + (newline - tail) + 1 : from ? size : 0;
}

/* Reading goes on elsewhere than processors that keep state were told. */
static void lose(struct source *source, int64_t offset)
{
    vane_lost(source->settings->self, source->lane);
    source->offset = offset;
    source->skipping = false;
    drop_bytes(source);
}

static void find_start(struct source *source, enum source_start start)
{
    struct vane_self *self = source->settings->self;
    int64_t saved, size = source->facts.size;
    bool has_saved = vane_resume(self, source->lane, &saved);
    bool uses_saved = has_saved && (start == SOURCE_SAVED_OR_BEGINNING || start == SOURCE_SAVED_OR_END);
    bool wants_end = start == SOURCE_END || start == SOURCE_SAVED_OR_END;
    if (uses_saved && saved <= size) {
        source->offset = saved;
        vane_log(self, VANE_INFO, "%s: going on at byte %" PRId64 " of %" PRId64, source->path, saved, size);
        return;
    }
    if (uses_saved)
        vane_log(self, VANE_WARN, "%s: has %" PRId64 " bytes, and %" PRId64 " were read before: reading it "
                 "from its beginning", source->path, size, saved);
    int64_t offset = wants_end && !uses_saved ? end_of_lines(source) : 0;
    if (has_saved)
        lose(source, offset);
    source->offset = offset;
}

bool source_start(struct source *source, enum source_start start)
{
    if (source->started)
        return true;
    source->started = true;
    if (!source->lane) {
        if (!source->settings->reread)
            vane_lost(source->settings->self, vane_lane(source->settings->self, ""));
        return true;
    }
    find_start(source, start);
    begin_decoding(source);
    return emit_records(source, false); /* nothing, but from now on the position is known */
}

void source_go_on(struct source *source, const struct source *before)
{
    source->started = true;
    source->offset = before->offset;
    source->skipping = before->skipping;
    source->skipped_from = before->skipped_from;
    begin_decoding(source);
}

/* ---- Life ---- */

struct source *source_new(const struct source_settings *settings, const char *path)
{
    struct source *source = memory_zero(sizeof *source);
    *source = (struct source){ .settings = settings, .fd = -1, .watch = -1 };
    source->path = memory_zero(strlen(path) + 1);
    memcpy(source->path, path, strlen(path));
    return source;
}

void source_free(struct source *source)
{
    if (!source)
        return;
    source_close(source);
    free(source->path);
    free(source);
}

static bool refuse(struct source *source, const char *what, const char *why)
{
    char whole[VANE_PATH_MOST];
    snprintf(source->reason, sizeof source->reason, "%s%s: %s", what, vane_path(whole, source->path), why);
    source_close(source);
    return false;
}

/* A pattern may name more files than the process can open: the rest of the agent needs some, too. */
static bool leaves_too_few(int fd)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    rlim_t spare = limit.rlim_cur / 4 < SPARE_FILES ? limit.rlim_cur / 4 : SPARE_FILES;
    return (rlim_t)fd + spare >= limit.rlim_cur;
}

bool source_open(struct source *source)
{
    bool standard = source_is_stdin(source->path);
    source->fd = standard ? STDIN_FILENO : open(source->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (source->fd < 0 || !file_facts_of(source->fd, &source->facts))
        return refuse(source, "open ", strerror(errno));
    if (leaves_too_few(source->fd))
        return refuse(source, "open ", "too many files are open (see LimitNOFILE and ulimit -n)");
    if (S_ISDIR(source->facts.mode))
        return refuse(source, "", "is a folder: the files in it are named by a pattern, such as FOLDER/*");
    source->polled = standard || !S_ISREG(source->facts.mode);
    source->quiet = source->polled;
    if (!source->polled && !source->settings->reread)
        source->lane = vane_lane(source->settings->self, source->facts.id);
    begin_decoding(source);
    return true;
}

void source_close(struct source *source)
{
    if (source->fd >= 0 && !source_is_stdin(source->path))
        close(source->fd);
    source->fd = -1;
    vane_decoder_free(source->decoder);
    source->decoder = NULL;
    drop_bytes(source);
}

/* ---- Reading ---- */

/* At the end of a file: has somebody made it shorter? */
static bool was_cut(struct source *source)
{
    struct file_facts now;
    if (!file_facts_of(source->fd, &now) || now.size >= source->offset + (int64_t)source->length)
        return false;
    drop_bytes(source);
    if (now.size >= source->offset || !source->lane)
        return true;
    vane_log(source->settings->self, VANE_INFO, "%s: has become shorter (%" PRId64 " bytes, and %" PRId64
             " were read): reading it from its beginning", source->path, now.size, source->offset);
    lose(source, 0);
    begin_decoding(source);
    return true;
}

static enum source_result at_end(struct source *source)
{
    if (!source->lane)
        return SOURCE_CLOSED;
    if (was_cut(source))
        return SOURCE_MORE;
    if (!source->length)
        drop_bytes(source);
    return SOURCE_DRY;
}

enum source_result source_read(struct source *source)
{
    reserve(source, CHUNK);
    char *to = source->bytes + source->length;
    off_t at = (off_t)source->offset + (off_t)source->length;
    ssize_t got = source->lane ? pread(source->fd, to, CHUNK, at) : read(source->fd, to, CHUNK);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return SOURCE_DRY;
    if (got < 0) {
        snprintf(source->reason, sizeof source->reason, "read %s: %s", source->path, strerror(errno));
        return SOURCE_FAILED;
    }
    if (got == 0)
        return at_end(source);
    vane_count(source->settings->self, "bytes_read", (uint64_t)got);
    source->length += (size_t)got;
    bool complete = memchr(to, '\n', (size_t)got) != NULL; /* records end where lines do */
    if (!complete && !source->skipping && !too_long(source, source->length))
        return SOURCE_MORE;
    return emit_records(source, false) ? SOURCE_MORE : SOURCE_STOP;
}
