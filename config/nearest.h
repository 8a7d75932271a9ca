/* nearest - of the names there are, the one that a misspelt word most likely means.
 *
 *     struct nearest nearest = { .word = "topisc" };
 *     for (size_t i = 0; names[i]; i++)
 *         nearest_offer(&nearest, names[i]);
 *     if (nearest.name)
 *         printf("did you mean '%s'?\n", nearest.name);
 *
 * Near is what few slips of the keyboard make of each other: letters left out, added, replaced or
 * swapped with the next one (optimal string alignment), without regard to case; and a name that
 * the word is the beginning or the end of ("host": "hostname", "kafka": "kafka_in"), or the beginning
 * but for the s of its plural ("header_rows": "header_row_count"). Any thread.
 */
#pragma once
#include <stddef.h>

struct nearest {
    const char *word;     /* set by the caller; NULL is near nothing */
    const char *name;     /* the nearest so far; NULL: none is near. Of equally near ones the one that begins
                           * most like the word, of those the first */
    size_t      distance; /* slips between word and name */
    size_t      prefix;   /* letters that both begin with */
};

/* The name is not copied. */
void nearest_offer(struct nearest *nearest, const char *name);

/* How many single slips make `a` of `b`; LENGTH_LIMIT where one of them is longer than that. */
enum { NEAREST_LENGTH_LIMIT = 64 };
size_t nearest_distance(const char *a, const char *b);
