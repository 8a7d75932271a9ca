/* table - members and groups by hash: open addressing, at most half full. What is equal the caller says. Own
 * thread.
 */
#pragma once
#include "plugins/window/window.h"

/* The first item of that hash at or behind *at, which then is behind it; NULL: no more. Begin with *at =
 * 0. */
void *table_next(const struct table *table, uint64_t hash, size_t *at);

void table_add(struct table *table, uint64_t hash, void *item, struct budget *budget);
void table_remove(struct table *table, uint64_t hash, const void *item);
void table_release(struct table *table, struct budget *budget);

static inline uint64_t table_mix(uint64_t hash)
{
    hash *= UINT64_C(0x9e3779b97f4a7c15); /* low bits of a hash may be poor */
    return hash ^ hash >> 32;
}
