/* elf - see elf.h. What the headers say is only compared with the size of the file; that it makes sense is for the
 * dynamic linker to say. */
#include "core/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/alloc.h"

/* What this very program was compiled to. */
#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
#else
#error "which machine is this, in the words of elf.h?"
#endif

enum {
    CLASS = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32,
    DATA = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB,
};

struct file {
    const char *path;
    int         fd;
    uint64_t    size;
};

static bool lies_within(const struct file *file, uint64_t offset, uint64_t length)
{
    return offset <= file->size && length <= file->size - offset;
}

static bool read_at(const struct file *file, void *to, size_t length, uint64_t offset)
{
    return lies_within(file, offset, length) && pread(file->fd, to, length, (off_t)offset) == (ssize_t)length;
}

static bool cut_off(const struct file *file, struct error *err)
{
    return error_set(err, "%s is damaged: its headers speak of more than its %" PRIu64 " bytes", file->path,
                     file->size);
}

static bool check_header(const struct file *file, const ElfW(Ehdr) *header, struct error *err)
{
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return error_set(err, "%s is not a shared object (no ELF file)", file->path);
    if (header->e_ident[EI_CLASS] != CLASS || header->e_ident[EI_DATA] != DATA
        || header->e_machine != MACHINE)
        return error_set(err, "%s is built for another kind of machine", file->path);
    if (header->e_type != ET_DYN || header->e_phnum == 0)
        return error_set(err, "%s is not a shared object (another kind of ELF file)", file->path);
    if (header->e_phentsize != sizeof(ElfW(Phdr)))
        return error_set(err, "%s is damaged: its program headers are of an unknown size", file->path);
    if (!lies_within(file, header->e_shoff, (uint64_t)header->e_shnum * header->e_shentsize))
        return cut_off(file, err);
    return true;
}

static bool check_segments(const struct file *file, const ElfW(Ehdr) *header, struct error *err)
{
    size_t size = header->e_phnum * sizeof(ElfW(Phdr));
    ElfW(Phdr) *segments = alloc_zero(size);
    bool whole = read_at(file, segments, size, header->e_phoff);
    for (size_t i = 0; i < header->e_phnum && whole; i++)
        whole = lies_within(file, segments[i].p_offset, segments[i].p_filesz);
    free(segments);
    return whole || cut_off(file, err);
}

static bool check_open(const struct file *file, struct error *err)
{
    ElfW(Ehdr) header;
    if (!read_at(file, &header, sizeof header, 0))
        return error_set(err, "%s is not a shared object (it has %" PRIu64 " bytes)", file->path, file->size);
    return check_header(file, &header, err) && check_segments(file, &header, err);
}

bool elf_check(const char *path, struct error *err)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0)
        error_set(err, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        error_set(err, "%s is not a file", path);
    else if (check_open(&(struct file){ path, fd, (uint64_t)status.st_size }, err)) {
        close(fd);
        return true;
    }
    if (fd >= 0)
        close(fd);
    return false;
}
