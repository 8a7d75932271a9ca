/* budget - memory of the state, counted: what max_memory bounds. Own thread.
 *
 * Sizes are those asked for, and BUDGET_EXTRA for what the allocator adds to each piece.
 */
#pragma once
#include <stddef.h>

enum { BUDGET_EXTRA = 16 };

struct budget {
    size_t used;
};

void *budget_zero(struct budget *budget, size_t size); /* zeroed */
void *budget_resize(struct budget *budget, void *memory, size_t old, size_t size); /* grown part not zeroed */
void budget_free(struct budget *budget, void *memory, size_t size); /* NULL is fine */
