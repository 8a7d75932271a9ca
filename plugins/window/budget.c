/* budget - see budget.h. */
#include "plugins/window/budget.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"

void *budget_zero(struct budget *budget, size_t size)
{
    budget->used += size + BUDGET_EXTRA;
    return memory_zero(size);
}

void *budget_resize(struct budget *budget, void *memory, size_t old, size_t size)
{
    budget->used += size - old + (memory ? 0 : BUDGET_EXTRA);
    return memory_resize(memory, size, 1);
}

void budget_free(struct budget *budget, void *memory, size_t size)
{
    if (memory)
        budget->used -= size + BUDGET_EXTRA;
    free(memory);
}
