/* arena - a counted bump allocator: what is taken from it lives until the last holder lets go.
 *
 *     struct arena *arena = arena_new(4096);      one holder
 *     char *name = arena_text(arena, "cpu", 3);   no free of its own
 *     arena_ref(arena); ... arena_unref(arena);   a second holder comes and goes
 *     arena_unref(arena);                         all of it is freed in one go
 *
 * Taking memory is for the one thread that fills the arena; ref and unref: any thread. The
 * release of the last holder happens after everything other holders did (acquire/release).
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(size_t first_block);  /* bytes of the first block; later ones double up to 1 MiB */
struct arena *arena_ref(struct arena *arena);
void arena_unref(struct arena *arena);        /* NULL is fine */
bool arena_shared(const struct arena *arena); /* does anybody but the caller hold it? */

void *arena_take(struct arena *arena, size_t size);                         /* aligned to 8, not zeroed */
void *arena_take_array(struct arena *arena, size_t count, size_t size);     /* aligned to 8, not zeroed */
char *arena_text(struct arena *arena, const char *text, size_t length);     /* a copy, NUL-terminated */

/* Makes the piece taken last longer without moving it, where the block has room. */
bool arena_extend(struct arena *arena, void *last, size_t size, size_t new_size);

size_t arena_bytes(const struct arena *arena); /* memory held, blocks and headers */
