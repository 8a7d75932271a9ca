/* text - the growing string of plugin.h (struct vane_text), for host and plugins alike. */
#include "core/alloc.h"
#include "core/plugin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void reserve(struct vane_text *text, size_t more)
{
    size_t needed = size_add(size_add(text->length, more), 1);
    if (needed <= text->capacity)
        return;
    text->capacity = alloc_grow(text->capacity, needed);
    text->data = alloc_resize(text->data, text->capacity, 1);
}

void vane_text_add(struct vane_text *text, const void *bytes, size_t length)
{
    reserve(text, length);
    if (length)
        memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void vane_text_addf(struct vane_text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length > 0) {
        reserve(text, (size_t)length);
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void vane_text_clear(struct vane_text *text)
{
    text->length = 0;
    if (text->data)
        text->data[0] = '\0';
}

void vane_text_release(struct vane_text *text)
{
    free(text->data);
    *text = (struct vane_text){ 0 };
}
