/* bytes - a growing run of bytes, and the few JSON atoms the payloads are made of.
 *
 *     struct bytes out = {0};
 *     bytes_text(&out, "{\"E\":");
 *     bytes_int(&out, 1672515782136);
 *     bytes_release(&out);
 *
 * Zero is a valid, empty value. What is held is not NUL-terminated. Own thread.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    char *data;
    size_t length;
    size_t capacity;
};

void bytes_release(struct bytes *bytes);
void bytes_grow(struct bytes *bytes, size_t more); /* room for `more` after what is there */
void bytes_drop(struct bytes *bytes, size_t count); /* the first `count` go, the rest moves up */

static inline void bytes_put(struct bytes *bytes, const void *data, size_t length)
{
    if (bytes->capacity - bytes->length < length)
        bytes_grow(bytes, length);
    if (length)
        memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
}

static inline void bytes_text(struct bytes *bytes, const char *text)
{
    bytes_put(bytes, text, strlen(text));
}

void bytes_int(struct bytes *bytes, int64_t value);
void bytes_string(struct bytes *bytes, const char *text); /* quoted, escaped as JSON wants */
void bytes_format(struct bytes *bytes, const char *format, ...) __attribute__((format(printf, 2, 3)));
