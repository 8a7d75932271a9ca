/* group - see group.h. */
#include "plugins/kafka_out/group.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/shared/memory.h"

void groups_init(struct groups *groups, size_t most)
{
    groups->room = most ? 2 : 0;
    while (groups->room < 2 * most)
        groups->room *= 2;
    groups->slots = memory_zero(groups->room * sizeof *groups->slots);
}

void groups_release(struct groups *groups)
{
    free(groups->slots);
    *groups = (struct groups){ 0 };
}

/* FNV-1a over the key, begun with the topic's address. */
static size_t hash_of(const void *topic, struct group_key key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ ((uint64_t)(uintptr_t)topic >> 4);
    for (size_t i = 0; i < key.length; i++)
        hash = (hash ^ (unsigned char)key.text[i]) * UINT64_C(0x100000001b3);
    return (size_t)(hash ^ hash >> 32);
}

static bool is_same_key(struct group_key a, struct group_key b)
{
    bool alike = a.length == b.length && !a.text == !b.text;
    return alike && (a.length == 0 || memcmp(a.text, b.text, a.length) == 0);
}

size_t *groups_last(struct groups *groups, const void *topic, struct group_key key)
{
    size_t at = hash_of(topic, key) & (groups->room - 1);
    for (;; at = (at + 1) & (groups->room - 1)) {
        struct group *slot = &groups->slots[at];
        if (!slot->topic)
            *slot = (struct group){ topic, key, GROUPS_NONE };
        if (slot->topic == topic && is_same_key(slot->key, key))
            return &slot->last;
    }
}
