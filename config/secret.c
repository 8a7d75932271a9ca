/* secret - see secret.h. */
#include "config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/environment.h"

static bool starts(const struct vane_text *text, const char *what)
{
    size_t length = strlen(what);
    return text->length >= length && memcmp(text->data, what, length) == 0;
}

static bool read_to_end(int fd, struct vane_text *out)
{
    char part[4096];
    size_t limit = out->length + SECRET_SIZE_LIMIT;
    ssize_t count;
    while ((count = read(fd, part, sizeof part)) > 0 && out->length <= limit)
        vane_text_add(out, part, (size_t)count);
    if (count >= 0 && out->length > limit)
        errno = EFBIG;
    return count >= 0 && out->length <= limit;
}

static bool read_regular(int fd, struct vane_text *out)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return false;
    if (S_ISREG(info.st_mode))
        return read_to_end(fd, out);
    errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
    return false;
}

/* O_NONBLOCK: opening a pipe that nobody writes to would hang the start. */
static bool read_file(const char *path, struct vane_text *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool fine = read_regular(fd, out);
    int why = errno;
    close(fd);
    errno = why;
    return fine;
}

static bool fail_read(const char *path, struct error *err)
{
    int why = errno;
    char whole[VANE_PATH_MOST];
    return error_set(err, "read the secret in %s: %s", vane_path(whole, path), strerror(why));
}

static bool add_file(struct vane_text *out, const char *path, struct error *err)
{
    size_t before = out->length;
    if (!read_file(path, out))
        return fail_read(path, err);
    if (out->length > before && out->data[out->length - 1] == '\n')
        out->length--;
    if (out->length > before && out->data[out->length - 1] == '\r')
        out->length--;
    if (out->length == before)
        return error_set(err, "the file %s, which is to hold the secret, is empty", path);
    out->data[out->length] = '\0';
    if (memchr(out->data + before, '\0', out->length - before))
        return error_set(err, "the secret in %s holds a NUL byte", path);
    return true;
}

static bool add_credential(struct vane_text *out, const char *name, struct error *err)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    if (!*name || strchr(name, '/') || name[0] == '.')
        return error_set(err, "'%s' is no name of a credential", name);
    if (!directory || !*directory)
        return error_set(err, "no credential '%s': CREDENTIALS_DIRECTORY is not set, as systemd does for "
                              "a unit with LoadCredential=%s:PATH", name, name);
    struct vane_text path = { 0 };
    vane_text_addf(&path, "%s/%s", directory, name);
    bool fine = add_file(out, path.data, err);
    vane_text_release(&path);
    return fine;
}

/* `reference` is "@{store:key}", and loses its brace here. */
static bool add_reference(struct vane_text *out, struct vane_text *reference, struct error *err)
{
    char *last = &reference->data[reference->length - 1];
    if (*last != '}')
        return error_set(err, "a @{ has no }");
    *last = '\0';
    if (starts(reference, "@{file:"))
        return add_file(out, reference->data + strlen("@{file:"), err);
    if (starts(reference, "@{credential:"))
        return add_credential(out, reference->data + strlen("@{credential:"), err);
    return error_set(err, "secrets come from @{file:PATH}, @{credential:NAME} or ${VARIABLE}, nowhere else");
}

static bool resolve(struct vane_text *out, struct vane_text *text, bool reference, struct error *err)
{
    if (reference)
        return add_reference(out, text, err);
    vane_text_add(out, text->data, text->length);
    return true;
}

bool secret_resolve(struct vane_text *out, const char *text, size_t length, struct error *err)
{
    bool reference = length >= 3 && memcmp(text, "@{", 2) == 0 && text[length - 1] == '}';
    if (!reference && (memmem(text, length, "@{file:", 7) || memmem(text, length, "@{credential:", 13)))
        return error_set(err, "@{file:PATH} and @{credential:NAME} must be the whole value");
    struct vane_text expanded = { 0 };
    vane_text_add(&expanded, "", 0);
    bool fine = environment_expand(&expanded, text, length, err) && resolve(out, &expanded, reference, err);
    vane_text_release(&expanded);
    return fine;
}
