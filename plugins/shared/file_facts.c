/* file_facts - see file_facts.h. */
#include "plugins/shared/file_facts.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

enum { SECOND = 1000000000 };

static bool read_facts(int fd, const char *path, int flags, struct file_facts *facts)
{
    struct statx status;
    if (statx(fd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &status) != 0)
        return false;
    *facts = (struct file_facts){ .mode = status.stx_mode, .size = (int64_t)status.stx_size };
    if (status.stx_mask & STATX_BTIME)
        facts->born = status.stx_btime.tv_sec * SECOND + status.stx_btime.tv_nsec;
    if (facts->born)
        snprintf(facts->id, sizeof facts->id, "%" PRIu64 "@%" PRId64, (uint64_t)status.stx_ino, facts->born);
    else
        snprintf(facts->id, sizeof facts->id, "%u:%u:%" PRIu64, status.stx_dev_major, status.stx_dev_minor,
                 (uint64_t)status.stx_ino);
    return true;
}

bool file_facts_of(int fd, struct file_facts *facts)
{
    return read_facts(fd, "", AT_EMPTY_PATH, facts);
}

bool file_facts_at(const char *path, struct file_facts *facts)
{
    return read_facts(AT_FDCWD, path, 0, facts);
}
