#include "core/dead_letter.h"

#include "core/format/format.h"
#include "core/json_text.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool append(struct dead_letter *letter, const struct vane_text *line, struct error *err)
{
    if (!letter->fd) {
        int fd = open(letter->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
        int why = errno;
        char whole[VANE_PATH_MOST];
        if (fd < 0)
            return error_set(err, "open %s: %s", vane_path(whole, letter->path), strerror(why));
        letter->fd = fd;
    }
    if (write(letter->fd, line->data, line->length) != (ssize_t)line->length)
        return error_set(err, "write %s: %s", letter->path, strerror(errno));
    return true;
}

bool dead_letter_write(struct dead_letter *letter, const char *instance, const char *reason, const char *place,
                       const char *record, size_t length, struct error *err)
{
    if (!letter->path)
        return true;
    struct vane_text line = { 0 };
    vane_text_addf(&line, "{\"time\":%lld,\"instance\":", (long long)vane_now());
    json_text_add(&line, instance, strlen(instance));
    vane_text_addf(&line, ",\"reason\":");
    json_text_add(&line, reason, strlen(reason));
    vane_text_addf(&line, ",\"place\":");
    json_text_add(&line, place, strlen(place));
    vane_text_addf(&line, ",\"record\":");
    json_text_add(&line, record, length);
    vane_text_addf(&line, "}\n");
    bool written = append(letter, &line, err);
    vane_text_release(&line);
    return written;
}

static struct encoder *line_protocol(void)
{
    static const char defaults[256]; /* zero is the default of all its options */
    const struct format *influx = format_find("influx");
    assert(influx->encode->options_size <= sizeof defaults);
    struct error err;
    return encoder_new(influx, defaults, &err);
}

/* A metric without a form is told by its reason alone. */
static void ignore(void *context, size_t index, const char *reason)
{
    (void)context, (void)index, (void)reason;
}

bool dead_letter_metric(struct dead_letter *letter, const char *instance, const char *reason,
                        const struct vane_metric *metric, struct error *err)
{
    if (!letter->path)
        return true;
    if (!letter->encoder)
        letter->encoder = line_protocol();
    struct vane_text text = { 0 };
    encoder_encode(letter->encoder, &text, &metric, 1, &(struct encode_sink){ .reject = ignore });
    size_t length = text.length ? text.length - 1 : 0; /* without the newline */
    bool written = dead_letter_write(letter, instance, reason, "", text.data ? text.data : "", length, err);
    vane_text_release(&text);
    return written;
}

const char *dead_letter_hint(struct dead_letter *letter)
{
    if (letter->path || letter->hinted)
        return "";
    letter->hinted = true;
    return " (it is lost: set dead_letter to keep what is refused)";
}

void dead_letter_close(struct dead_letter *letter)
{
    if (letter->fd)
        close(letter->fd);
    letter->fd = 0;
    encoder_free(letter->encoder);
    letter->encoder = NULL;
}
