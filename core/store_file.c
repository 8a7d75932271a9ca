#include "core/store_file.h"

#include "core/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char MAGIC[] = "vane checkpoint 2\n";
enum { MAGIC_LENGTH = sizeof MAGIC - 1, HEAD = MAGIC_LENGTH + 4 * 8, TAIL = 8 };

/* ---- Reading ---- */

static uint64_t load_u64(const char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint32_t load_u32(const char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static bool read_all(struct vane_text *bytes, const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hold up the start */
    if (fd < 0)
        return error_set(err, "open %s: %s", path, strerror(errno));
    char block[65536];
    ssize_t got;
    while ((got = read(fd, block, sizeof block)) > 0)
        vane_text_add(bytes, block, (size_t)got);
    close(fd);
    return got == 0 || error_set(err, "read %s: %s", path, strerror(errno));
}

void store_file_release(struct store_file *file)
{
    vane_text_release(&file->bytes);
}

bool store_file_read(struct store_file *file, const char *path, struct error *err)
{
    *file = (struct store_file){ 0 };
    if (!read_all(&file->bytes, path, err))
        return false;
    const char *data = file->bytes.data;
    size_t length = file->bytes.length;
    if (length < HEAD + TAIL || memcmp(data, MAGIC, MAGIC_LENGTH) != 0)
        return error_set(err, "%s is not a checkpoint", path);
    if (hash_bytes(data, length - TAIL, 0) != load_u64(data + length - TAIL))
        return error_set(err, "%s is damaged", path);
    file->number = load_u64(data + MAGIC_LENGTH);
    file->previous = load_u64(data + MAGIC_LENGTH + 8);
    file->position_count = load_u64(data + MAGIC_LENGTH + 16);
    file->records_length = load_u64(data + MAGIC_LENGTH + 24);
    file->positions = data + HEAD;
    file->records = data + length - TAIL - file->records_length;
    return true;
}

static const char *take_text(const char *at, struct vane_text *text, uint32_t length)
{
    vane_text_clear(text);
    vane_text_add(text, at, length);
    return at + length;
}

const char *store_file_position(const char *at, struct vane_text *lane, struct store_position *position)
{
    at = take_text(at + 4, lane, load_u32(at));
    *position = (struct store_position){ lane->data, (int64_t)load_u64(at), (int64_t)load_u64(at + 8) };
    return at + 16;
}

const char *store_file_record(const char *at, const char *end, struct vane_text texts[3], struct vane_record *record)
{
    if (at >= end)
        return NULL;
    uint32_t lengths[4];
    memcpy(lengths, at, sizeof lengths);
    record->series = load_u64(at + sizeof lengths);
    at += sizeof lengths + 8;
    for (int i = 0; i < 3; i++)
        at = take_text(at, &texts[i], lengths[i]);
    record->lane = texts[1].data;
    record->key = texts[2].data;
    record->data = lengths[3] == UINT32_MAX ? NULL : at;
    record->length = lengths[3] == UINT32_MAX ? 0 : lengths[3];
    return at + record->length;
}

/* ---- Writing ---- */

static void add_u64(struct vane_text *out, uint64_t value)
{
    vane_text_add(out, &value, sizeof value);
}

void store_records_add(struct store_records *records, const char *owner, const struct vane_record *record)
{
    uint32_t lengths[4] = { (uint32_t)strlen(owner), (uint32_t)strlen(record->lane), (uint32_t)strlen(record->key),
                            record->data ? (uint32_t)record->length : UINT32_MAX };
    vane_text_add(&records->bytes, lengths, sizeof lengths);
    add_u64(&records->bytes, record->series);
    vane_text_add(&records->bytes, owner, lengths[0]);
    vane_text_add(&records->bytes, record->lane, lengths[1]);
    vane_text_add(&records->bytes, record->key, lengths[2]);
    if (record->data)
        vane_text_add(&records->bytes, record->data, record->length);
    records->count++;
}

void store_records_append(struct store_records *records, const struct store_records *more)
{
    vane_text_add(&records->bytes, more->bytes.data, more->bytes.length);
    records->count += more->count;
}

void store_records_release(struct store_records *records)
{
    vane_text_release(&records->bytes);
    records->count = 0;
}

void store_file_compose(struct vane_text *out, const struct store_checkpoint *checkpoint, uint64_t previous)
{
    vane_text_add(out, MAGIC, MAGIC_LENGTH);
    add_u64(out, checkpoint->number);
    add_u64(out, previous);
    add_u64(out, checkpoint->position_count);
    add_u64(out, checkpoint->records->bytes.length);
    for (size_t i = 0; i < checkpoint->position_count; i++) {
        uint32_t length = (uint32_t)strlen(checkpoint->positions[i].lane);
        vane_text_add(out, &length, sizeof length);
        vane_text_add(out, checkpoint->positions[i].lane, length);
        add_u64(out, (uint64_t)checkpoint->positions[i].next);
        add_u64(out, (uint64_t)checkpoint->positions[i].newest);
    }
    vane_text_add(out, checkpoint->records->bytes.data, checkpoint->records->bytes.length);
    add_u64(out, hash_bytes(out->data, out->length, 0));
}

static bool write_all(int fd, const struct vane_text *bytes)
{
    size_t done = 0;
    while (done < bytes->length) {
        ssize_t wrote = write(fd, bytes->data + done, bytes->length - done);
        if (wrote < 0 && errno != EINTR)
            return false;
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return fsync(fd) == 0;
}

static bool sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return synced;
}

bool store_file_write(const char *directory, const char *name, const struct vane_text *bytes, struct error *err)
{
    char path[4096], beside[4200];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    snprintf(beside, sizeof beside, "%s.new", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd < 0)
        return error_set(err, "create %s: %s", beside, strerror(errno));
    bool written = write_all(fd, bytes);
    int why = errno;
    close(fd);
    if (written && rename(beside, path) == 0 && sync_directory(directory))
        return true;
    error_set(err, "write %s: %s", path, strerror(written ? errno : why));
    unlink(beside);
    return false;
}
