/* saved_model - see saved_model.h. */
#include "plugins/forecast/saved_model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugins/shared/memory.h"

enum { NAME_MOST = 200, FILE_MOST = 1 << 28, PIECE = 1 << 16 };
static const char placeholder[] = "{series}";

static bool fail(struct prophet_error *err, const char *what, const char *path)
{
    int number = errno;
    char whole[VANE_PATH_MOST];
    snprintf(err->text, sizeof err->text, "%s %.400s: %s", what, vane_path(whole, path), strerror(number));
    return false;
}

/* ---- Reading ---- */

static bool read_text(const char *path, struct vane_text *text, struct prophet_error *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(err, "open", path);
    char *piece = memory_zero(PIECE);
    size_t got = 0;
    while (text->length <= FILE_MOST && (got = fread(piece, 1, PIECE, file)) > 0)
        vane_text_add(text, piece, got);
    bool good = !ferror(file) || fail(err, "read", path);
    if (good && text->length > FILE_MOST) {
        errno = EFBIG;
        good = fail(err, "read", path);
    }
    free(piece);
    fclose(file);
    return good;
}

struct prophet *saved_model_read(const char *path, const struct prophet_settings *base, struct prophet_error *err)
{
    struct vane_text text = { 0 };
    struct prophet_error why;
    struct prophet *model = NULL;
    char whole[VANE_PATH_MOST];
    if (read_text(path, &text, err)) {
        model = prophet_json_read(text.data ? text.data : "", text.length, base, &why);
        if (!model)
            snprintf(err->text, sizeof err->text, "%.300s: %.200s", vane_path(whole, path), why.text);
    }
    vane_text_release(&text);
    return model;
}

/* ---- Writing ---- */

static void make_folders(const char *path)
{
    struct vane_text folder = { 0 };
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        vane_text_clear(&folder);
        vane_text_add(&folder, path, (size_t)(slash - path));
        mkdir(folder.data, 0755); /* what fails here fails below */
    }
    vane_text_release(&folder);
}

static bool write_all(int fd, const struct vane_text *text)
{
    for (size_t done = 0; done < text->length;) {
        ssize_t wrote = write(fd, text->data + done, text->length - done);
        if (wrote < 0 && errno != EINTR)
            return false;
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return fsync(fd) == 0;
}

static bool replace(const char *path, const struct vane_text *text, struct prophet_error *err)
{
    struct vane_text draft = { 0 };
    vane_text_addf(&draft, "%s.new", path);
    make_folders(path);
    int fd = open(draft.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool good = fd >= 0 || fail(err, "open", draft.data);
    if (fd >= 0) {
        good = write_all(fd, text) || fail(err, "write", draft.data);
        good = (close(fd) == 0 || fail(err, "close", draft.data)) && good;
        good = good && (rename(draft.data, path) == 0 || fail(err, "rename to", path));
        if (!good)
            unlink(draft.data);
    }
    vane_text_release(&draft);
    return good;
}

bool saved_model_write(const char *path, const struct prophet *model, const struct prophet_frame *history,
                       struct prophet_error *err)
{
    struct vane_text text = { 0 };
    prophet_json_write(model, history, &text);
    bool good = text.length > 0;
    if (good)
        good = replace(path, &text, err);
    else
        snprintf(err->text, sizeof err->text, "the model has no form in JSON");
    vane_text_release(&text);
    return good;
}

/* ---- Names ---- */

bool saved_model_is_pattern(const char *pattern)
{
    return strstr(pattern, placeholder) != NULL;
}

const char *saved_model_unknown(const char *pattern)
{
    const char *at = strchr(pattern, '{');
    while (at && strncmp(at, placeholder, strlen(placeholder)) == 0)
        at = strchr(at + 1, '{');
    return at;
}

static void add_name(struct vane_text *out, const char *name, bool dots)
{
    for (const char *at = name; *at; at++) {
        char c = *at;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'
                  || (c == '.' && dots && at != name);
        if (plain)
            vane_text_add(out, at, 1);
        else
            vane_text_addf(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

static void write_series(const struct vane_series *series, const char *field, struct vane_text *out)
{
    add_name(out, series->name, true);
    for (uint32_t i = 0; i < series->tag_count; i++) {
        vane_text_addf(out, ",");
        add_name(out, series->tags[i].key, true);
        vane_text_addf(out, "=");
        add_name(out, series->tags[i].value, true);
    }
    vane_text_addf(out, ".");
    add_name(out, field, false);
}

void saved_model_path(const char *pattern, const struct vane_series *series, const char *field, struct vane_text *path)
{
    struct vane_text name = { 0 };
    write_series(series, field, &name);
    if (name.length > NAME_MOST) {
        uint64_t hash = series->hash;
        for (const char *at = field; *at; at++)
            hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3); /* FNV-1a, on top of the series' hash */
        char text[NAME_MOST + 1];
        memcpy(text, name.data, NAME_MOST);
        text[NAME_MOST] = '\0';
        vane_text_clear(&name);
        vane_text_addf(&name, "%s.%016llx", text, (unsigned long long)hash);
    }
    vane_text_clear(path);
    const char *from = pattern;
    for (const char *at; (at = strstr(from, placeholder)); from = at + strlen(placeholder)) {
        vane_text_add(path, from, (size_t)(at - from));
        vane_text_add(path, name.data, name.length);
    }
    vane_text_addf(path, "%s", from);
    vane_text_release(&name);
}
