/* alloc - memory that never fails: running out of it ends the process, here and only here.
 *
 * Every size that is computed goes through size_add / size_mul, so overflow is checked in
 * one place. All functions: any thread. What is returned is freed with free().
 */
#pragma once
#include <stddef.h>

void *alloc_zero(size_t size);                                /* zeroed */
void *alloc_array(size_t count, size_t size);                 /* zeroed */
void *alloc_resize(void *memory, size_t count, size_t size);  /* the grown part is not zeroed */
char *alloc_text(const char *text);                           /* a copy; NULL gives NULL */
char *alloc_text_n(const char *text, size_t length);          /* a copy, NUL-terminated */

/* How an array of `capacity` grows so that it holds `needed`: doubling, 8 at least. */
size_t alloc_grow(size_t capacity, size_t needed);

size_t size_add(size_t a, size_t b);
size_t size_mul(size_t a, size_t b);
