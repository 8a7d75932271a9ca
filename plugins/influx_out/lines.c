/* lines - see lines.h. Shaping goes through the text once and writes over it: no line gets longer. */
#include "plugins/influx_out/lines.h"

#include <stdio.h>
#include <stdlib.h>

/* The parts of one line; its bytes are start .. end - 1. */
struct line {
    const char *header_end;
    const char *time; /* of its first digit or sign; NULL: none */
    const char *end;
};

/* ---- Reading ---- */

static const char *skip_header(const char *at, const char *end)
{
    while (at < end && *at != ' ')
        at += *at == '\\' ? 2 : 1;
    return at < end ? at : end;
}

/* From behind the opening quote to behind the closing one. */
static const char *skip_string(const char *at, const char *end)
{
    while (at < end && *at != '"')
        at += *at == '\\' ? 2 : 1;
    return at < end ? at + 1 : end;
}

/* strtoll() would pass over white space, and so over the end of a line, to a number in a later one. */
static bool is_number(const char *at, const char *end)
{
    return at < end && ((*at >= '0' && *at <= '9') || *at == '-');
}

static struct line read_line(const char *start, const char *end)
{
    struct line line = { .header_end = skip_header(start, end) };
    const char *at = line.header_end < end ? line.header_end + 1 : end;
    while (at < end && *at != '\n') {
        if (*at == ' ' && is_number(at + 1, end))
            line.time = at + 1;
        if (*at == '=' && end - at > 1 && at[1] == '"')
            at = skip_string(at + 2, end);
        else
            at += *at == '\\' ? 2 : 1;
    }
    line.end = at < end ? at + 1 : end;
    return line;
}

size_t lines_length(const char *text, size_t length)
{
    return (size_t)(read_line(text, text + length).end - text);
}

size_t lines_count(const char *text, size_t length)
{
    size_t count = 0;
    for (const char *end = text + length; text < end; text = read_line(text, end).end)
        count++;
    return count;
}

/* ---- Shaping ---- */

void lines_add_tag(struct vane_text *out, const char *key)
{
    static const char from[] = "\t\n\f\r", to[] = "tnfr";
    size_t length = strlen(key);
    while (length && key[length - 1] == '\\')
        length--;
    vane_text_add(out, ",", 1);
    for (size_t i = 0; i < length; i++) {
        const char *odd = strchr(from, key[i]);
        if (odd || strchr(", =", key[i]))
            vane_text_add(out, "\\", 1);
        vane_text_add(out, odd ? &to[odd - from] : &key[i], 1);
    }
    vane_text_add(out, "=", 1);
}

static const char *skip_tag(const char *at, const char *end)
{
    while (at < end && *at != ',')
        at += *at == '\\' ? 2 : 1;
    return at < end ? at : end;
}

static bool is_cut(const char *tag, size_t length, const struct lines_shape *shape)
{
    for (size_t i = 0; i < 2; i++) {
        const struct vane_text *cut = &shape->cut[i];
        if (cut->length && cut->length <= length && memcmp(cut->data, tag, cut->length) == 0)
            return true;
    }
    return false;
}

static char *move(char *out, const char *from, const char *to)
{
    size_t length = (size_t)(to - from);
    memmove(out, from, length);
    return out + length;
}

static char *shape_header(char *out, const char *at, const char *end, const struct lines_shape *shape)
{
    const char *next = skip_tag(at, end);
    out = move(out, at, next);
    for (at = next; at < end; at = next) { /* at a comma */
        next = skip_tag(at + 1, end);
        if (!is_cut(at, (size_t)(next - at), shape))
            out = move(out, at, next);
    }
    return out;
}

/* The time never gets more digits: -1 ns is -1 s, rounded down. */
static char *shape_time(char *out, const char *time, int64_t unit)
{
    int64_t ns = strtoll(time, NULL, 10), units = ns / unit - (ns % unit < 0);
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)units);
    return move(out, digits, digits + length);
}

void lines_reshape(struct vane_text *text, size_t from, const struct lines_shape *shape)
{
    if (text->length == from)
        return;
    char *out = text->data + from;
    const char *end = text->data + text->length;
    for (const char *at = out; at < end;) {
        struct line line = read_line(at, end);
        out = shape_header(out, at, line.header_end, shape);
        if (line.time && shape->unit > 1) {
            out = move(out, line.header_end, line.time);
            out = shape_time(out, line.time, shape->unit);
            *out++ = '\n';
        } else {
            out = move(out, line.header_end, line.end);
        }
        at = line.end;
    }
    text->length = (size_t)(out - text->data);
    *out = '\0';
}

bool lines_shape_is_plain(const struct lines_shape *shape)
{
    return shape->unit <= 1 && !shape->cut[0].length && !shape->cut[1].length;
}
