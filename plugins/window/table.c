/* table - see table.h. Removal moves what follows back, so that there are no graves. */
#include "plugins/window/table.h"

enum { FIRST_ROOM = 64 };

void *table_next(const struct table *table, uint64_t hash, size_t *at)
{
    if (!table->room)
        return NULL;
    size_t mask = table->room - 1, home = table_mix(hash) & mask;
    for (;; (*at)++) {
        const struct slot *slot = &table->slots[(home + *at) & mask];
        if (!slot->item)
            return NULL;
        if (slot->hash == hash) {
            (*at)++;
            return slot->item;
        }
    }
}

static void put(struct table *table, uint64_t hash, void *item)
{
    size_t mask = table->room - 1, at = table_mix(hash) & mask;
    while (table->slots[at].item)
        at = (at + 1) & mask;
    table->slots[at] = (struct slot){ hash, item };
}

static void grow(struct table *table, struct budget *budget)
{
    struct table old = *table;
    table->room = old.room ? old.room * 2 : FIRST_ROOM;
    table->slots = budget_zero(budget, table->room * sizeof *table->slots);
    for (size_t i = 0; i < old.room; i++)
        if (old.slots[i].item)
            put(table, old.slots[i].hash, old.slots[i].item);
    budget_free(budget, old.slots, old.room * sizeof *old.slots);
}

void table_add(struct table *table, uint64_t hash, void *item, struct budget *budget)
{
    if (2 * (table->count + 1) > table->room)
        grow(table, budget);
    put(table, hash, item);
    table->count++;
}

void table_remove(struct table *table, uint64_t hash, const void *item)
{
    size_t mask = table->room - 1, hole = table_mix(hash) & mask;
    while (table->slots[hole].item != item)
        hole = (hole + 1) & mask;
    for (size_t at = (hole + 1) & mask; table->slots[at].item; at = (at + 1) & mask) {
        size_t home = table_mix(table->slots[at].hash) & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue; /* it would stand in front of its home */
        table->slots[hole] = table->slots[at];
        hole = at;
    }
    table->slots[hole] = (struct slot){ 0 };
    table->count--;
}

void table_release(struct table *table, struct budget *budget)
{
    budget_free(budget, table->slots, table->room * sizeof *table->slots);
    *table = (struct table){ 0 };
}
