/* arena - see arena.h. Blocks are a list, newest first; only the newest has room left. */
#include "core/arena.h"

#include "core/alloc.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_LIMIT = 1 << 20, BLOCK_LEAST = 256 };

struct block {
    struct block *older;
    size_t        size;
    max_align_t   data[];
};

struct arena {
    atomic_size_t holders;
    struct block *block;
    char         *next, *end; /* the free part of the newest block */
    size_t        bytes;
    size_t        next_block;
};

static void add_block(struct arena *arena, size_t needed)
{
    size_t size = needed > arena->next_block ? needed : arena->next_block;
    size_t bytes = size_add(sizeof(struct block), size);
    struct block *block = alloc_resize(NULL, bytes, 1);
    block->older = arena->block;
    block->size = size;
    arena->block = block;
    arena->next = (char *)block->data;
    arena->end = arena->next + size;
    arena->bytes += bytes;
    if (arena->next_block < BLOCK_LIMIT)
        arena->next_block *= 2;
}

struct arena *arena_new(size_t first_block)
{
    struct arena *arena = alloc_zero(sizeof *arena);
    atomic_init(&arena->holders, 1);
    arena->next_block = first_block < BLOCK_LEAST ? BLOCK_LEAST : first_block;
    arena->bytes = sizeof *arena;
    return arena;
}

struct arena *arena_ref(struct arena *arena)
{
    atomic_fetch_add_explicit(&arena->holders, 1, memory_order_relaxed);
    return arena;
}

void arena_unref(struct arena *arena)
{
    /* acq_rel: what other holders read happens before the memory goes back. */
    if (!arena || atomic_fetch_sub_explicit(&arena->holders, 1, memory_order_acq_rel) != 1)
        return;
    while (arena->block) {
        struct block *older = arena->block->older;
        free(arena->block);
        arena->block = older;
    }
    free(arena);
}

bool arena_shared(const struct arena *arena)
{
    /* acquire: a holder that has let go has finished reading before we write. */
    return atomic_load_explicit(&arena->holders, memory_order_acquire) > 1;
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t rounded = size_add(size, 7) & ~(size_t)7;
    if (!arena->block || (size_t)(arena->end - arena->next) < rounded)
        add_block(arena, rounded);
    void *memory = arena->next;
    arena->next += rounded;
    return memory;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    return arena_take(arena, size_mul(count, size));
}

char *arena_text(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_take(arena, size_add(length, 1));
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

bool arena_extend(struct arena *arena, void *last, size_t size, size_t new_size)
{
    size_t rounded = size_add(size, 7) & ~(size_t)7;
    size_t wanted = size_add(new_size, 7) & ~(size_t)7;
    if ((char *)last + rounded != arena->next || (size_t)(arena->end - (char *)last) < wanted)
        return false;
    arena->next = (char *)last + wanted;
    return true;
}

size_t arena_bytes(const struct arena *arena)
{
    return arena->bytes;
}
