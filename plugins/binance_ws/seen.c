/* seen - see seen.h. */
#include "plugins/binance_ws/seen.h"

#include "plugins/binance_ws/hash.h"
#include "plugins/shared/memory.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

void seen_release(struct seen *seen)
{
    for (size_t i = 0; i < seen->room; i++)
        free(seen->table[i].name);
    free(seen->table);
    *seen = (struct seen){ 0 };
}

static struct seen_symbol *find(const struct seen *seen, const char *name)
{
    size_t at = hash_text(name) & (seen->room - 1);
    while (seen->table[at].name && strcmp(seen->table[at].name, name) != 0)
        at = (at + 1) & (seen->room - 1);
    return &seen->table[at];
}

static void grow(struct seen *seen)
{
    struct seen old = *seen;
    seen->room = old.room ? old.room * 2 : FIRST_ROOM;
    seen->table = memory_zero(seen->room * sizeof *seen->table);
    for (size_t i = 0; i < old.room; i++)
        if (old.table[i].name)
            *find(seen, old.table[i].name) = old.table[i];
    free(old.table);
}

struct seen_symbol *seen_symbol(struct seen *seen, const char *symbol)
{
    if (!symbol)
        return &seen->one;
    if (seen->count * 2 >= seen->room && seen->count < SEEN_MOST)
        grow(seen);
    struct seen_symbol *found = find(seen, symbol);
    if (found->name)
        return found;
    if (seen->count == SEEN_MOST) {
        seen->one = (struct seen_symbol){ 0 };
        return &seen->one;
    }
    size_t size = strlen(symbol) + 1;
    found->name = memory_zero(size);
    memcpy(found->name, symbol, size);
    seen->count++;
    return found;
}

static int compare(const struct identity *a, const struct identity *b)
{
    for (size_t i = 0; i < sizeof a->number / sizeof *a->number; i++)
        if (a->number[i] != b->number[i])
            return a->number[i] < b->number[i] ? -1 : 1;
    return 0;
}

bool seen_take(struct seen_symbol *symbol, const struct identity *identity, unsigned seam)
{
    if (seam && symbol->seam != seam) {
        if (symbol->any && compare(identity, &symbol->last) <= 0)
            return false;
        symbol->seam = seam;
    }
    symbol->last = *identity;
    symbol->any = true;
    return true;
}
