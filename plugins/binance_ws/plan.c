/* plan - see plan.h. */
#include "plugins/binance_ws/plan.h"

#include "plugins/binance_ws/hash.h"
#include "plugins/shared/memory.h"

#include <stdlib.h>

bool plan_symbol_valid(const char *symbol)
{
    size_t length = strlen(symbol);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)symbol[i] <= ' ' || symbol[i] == 127 || strchr("@/!\"\\", symbol[i]))
            return false;
    return length > 0 && length <= 64;
}

/* Its place in the table, or the free one where it belongs. */
static size_t *find_place(const struct plan *plan, const char *name)
{
    size_t at = hash_text(name) & (plan->room - 1);
    while (plan->table[at] && strcmp(plan->streams[plan->table[at] - 1].name, name) != 0)
        at = (at + 1) & (plan->room - 1);
    return &plan->table[at];
}

struct plan_stream *plan_find(const struct plan *plan, const char *name)
{
    size_t found = *find_place(plan, name);
    return found ? &plan->streams[found - 1] : NULL;
}

/* In ASCII: other letters have no case in the exchange's names. */
static char *to_case(const char *text, size_t length, bool upper)
{
    char *copy = memory_zero(length + 1);
    for (size_t i = 0; i < length; i++) {
        bool letter = upper ? text[i] >= 'a' && text[i] <= 'z' : text[i] >= 'A' && text[i] <= 'Z';
        copy[i] = letter ? (char)(text[i] ^ 0x20) : text[i];
    }
    return copy;
}

/* Takes the name. symbol NULL: the whole market. */
static void add(struct plan *plan, char *name, const char *symbol, const struct stream_type *type)
{
    size_t *place = find_place(plan, name);
    if (*place) {
        free(name);
        return;
    }
    plan->streams[plan->count] = (struct plan_stream){
        .name = name,
        .symbol = symbol ? to_case(symbol, strlen(symbol), true) : NULL,
        .type = *type,
    };
    *place = ++plan->count;
}

static void add_symbol(struct plan *plan, const char *symbol, const struct vane_strings *streams)
{
    for (size_t i = 0; i < streams->count; i++) {
        struct stream_type type;
        size_t stem = strlen(symbol), ending = strlen(streams->items[i]);
        if (!stream_parse(streams->items[i], &type) || type.whole_market)
            continue;
        char *lower = to_case(symbol, stem, false), *name = memory_zero(stem + ending + 2);
        memcpy(name, lower, stem);
        name[stem] = '@';
        memcpy(name + stem + 1, streams->items[i], ending);
        free(lower);
        add(plan, name, symbol, &type);
    }
}

void plan_init(struct plan *plan, const struct vane_strings *symbols, const struct vane_strings *streams)
{
    size_t most = (symbols->count + 1) * streams->count;
    *plan = (struct plan){ .room = 16 };
    while (plan->room < most * 2)
        plan->room *= 2;
    plan->table = memory_zero(plan->room * sizeof *plan->table);
    plan->streams = memory_zero(most * sizeof *plan->streams);
    for (size_t i = 0; i < symbols->count; i++)
        add_symbol(plan, symbols->items[i], streams);
    for (size_t i = 0; i < streams->count; i++) {
        struct stream_type type;
        const char *name = streams->items[i];
        if (stream_parse(name, &type) && type.whole_market)
            add(plan, memcpy(memory_zero(strlen(name) + 1), name, strlen(name)), NULL, &type);
    }
}

void plan_release(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->streams[i].name);
        free(plan->streams[i].symbol);
        seen_release(&plan->streams[i].seen);
    }
    free(plan->streams);
    free(plan->table);
    *plan = (struct plan){ 0 };
}
