/* alloc - see alloc.h. An agent without memory can keep no promise it made, so it stops
 * with one line instead of running on half-alive; half of all error paths vanish with it. */
#include "core/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *or_die(void *memory, size_t size)
{
    if (!memory && size) {
        fprintf(stderr, "vane: out of memory (%zu bytes wanted)\n", size);
        abort();
    }
    return memory;
}

size_t size_add(size_t a, size_t b)
{
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        or_die(NULL, SIZE_MAX);
    return sum;
}

size_t size_mul(size_t a, size_t b)
{
    size_t product;
    if (__builtin_mul_overflow(a, b, &product))
        or_die(NULL, SIZE_MAX);
    return product;
}

void *alloc_zero(size_t size)
{
    return or_die(calloc(1, size ? size : 1), size);
}

void *alloc_array(size_t count, size_t size)
{
    return alloc_zero(size_mul(count, size));
}

void *alloc_resize(void *memory, size_t count, size_t size)
{
    size_t bytes = size_mul(count, size);
    return or_die(realloc(memory, bytes ? bytes : 1), bytes);
}

char *alloc_text_n(const char *text, size_t length)
{
    char *copy = or_die(malloc(size_add(length, 1)), length);
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *alloc_text(const char *text)
{
    return text ? alloc_text_n(text, strlen(text)) : NULL;
}

size_t alloc_grow(size_t capacity, size_t needed)
{
    size_t grown = capacity < 8 ? 8 : capacity;
    while (grown < needed)
        grown = size_mul(grown, 2);
    return grown;
}
