/* bytes - see bytes.h. Appending is inline: a tick at 200,000 a second is some fifty appends. */
#include "tests/tools/exchange/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/alloc.h"
#include "tests/tools/exchange/decimal.h"

void bytes_release(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

void bytes_grow(struct bytes *bytes, size_t more)
{
    bytes->capacity = alloc_grow(bytes->capacity, size_add(bytes->length, more));
    bytes->data = alloc_resize(bytes->data, bytes->capacity, 1);
}

void bytes_drop(struct bytes *bytes, size_t count)
{
    bytes->length -= count;
    if (bytes->length)
        memmove(bytes->data, bytes->data + count, bytes->length);
}

void bytes_int(struct bytes *bytes, int64_t value)
{
    char text[DECIMAL_TEXT];
    bytes_put(bytes, text, decimal_write_int(text, value));
}

void bytes_string(struct bytes *bytes, const char *text)
{
    bytes_put(bytes, "\"", 1);
    for (const char *at = text; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\')
            bytes_put(bytes, "\\", 1);
        if (byte < 0x20)
            bytes_format(bytes, "\\u%04x", byte);
        else
            bytes_put(bytes, at, 1);
    }
    bytes_put(bytes, "\"", 1);
}

void bytes_format(struct bytes *bytes, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0)
        abort();
    bytes_put(bytes, text, (size_t)length);
    free(text);
}
