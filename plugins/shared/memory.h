/* memory - for plugins: memory that never fails, as the host's own does.
 *
 * Running out of memory ends the process. What is returned is freed with free(). Any thread.
 */
#pragma once
#include <stddef.h>

void *memory_zero(size_t size); /* zeroed */

/* Room for count things of that size; the grown part is not zeroed. */
void *memory_resize(void *memory, size_t count, size_t size);
