/* memory - see memory.h. */
#include "plugins/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>

static void *check(void *memory, size_t count, size_t size)
{
    if (memory)
        return memory;
    fprintf(stderr, "out of memory: %zu times %zu bytes\n", count, size);
    abort();
}

void *memory_zero(size_t size)
{
    return check(calloc(1, size ? size : 1), 1, size);
}

void *memory_resize(void *memory, size_t count, size_t size)
{
    return check(reallocarray(memory, count ? count : 1, size ? size : 1), count, size);
}
