/* group - which metrics of a write go into one message: those of one topic and one key.
 *
 *     groups_init(&groups, count);
 *     size_t *last = groups_last(&groups, topic, key);     the last metric of that group so far
 *     groups_release(&groups);
 *
 * Own thread.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define GROUPS_NONE SIZE_MAX

struct group_key {
    const char *text; /* NULL: no key; it belongs to the metric */
    size_t      length;
};

struct group {
    const void      *topic; /* NULL: this slot is free */
    struct group_key key;
    size_t           last;
};

struct groups {
    struct group *slots; /* open addressing, a power of two */
    size_t        room;
};

void groups_init(struct groups *groups, size_t most); /* groups at most; 0: it is not used */
void groups_release(struct groups *groups);

/* GROUPS_NONE in a group that is new. */
size_t *groups_last(struct groups *groups, const void *topic, struct group_key key);
