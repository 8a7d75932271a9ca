/* book - what is known of the keys of `state`: which series and lane each belongs to, and what was saved of it.
 *
 * A hash table by the text of the key in records. An entry is made when a script asks for the series of a
 * metric, when a record is loaded, and when a key is saved. Own thread.
 */
#pragma once
#include "core/plugin.h"

struct book_lane {
    struct book_lane *next;
    char              text[];
};

struct book_entry {
    char                   *key;        /* NULL: free */
    uint32_t                key_length;
    uint32_t                seen;       /* the last save that met it */
    uint64_t                key_hash, value_hash;
    uint64_t                series;     /* 0: the key belongs to the instance */
    const char             *lane;       /* "" without a series */
    const char             *saved_lane; /* of the record that was saved or loaded; NULL: none was */
    bool                    saved_own;  /* that record belonged to the instance */
};

struct book {
    struct book_entry *entries;
    size_t             used, room, kept; /* kept: after the last sweep */
    struct book_lane  *lanes;
    uint32_t           save;             /* number of the last save */
};

void book_release(struct book *book);

struct book_entry *book_find(const struct book *book, const char *key, size_t length); /* NULL: none */
struct book_entry *book_add(struct book *book, const char *key, size_t length); /* found or made; moves others */

const char *book_lane(struct book *book, const char *text); /* the same pointer for the same text */

uint64_t book_hash(const void *bytes, size_t length);

/* Removes the entries for which keep() is false. */
void book_sweep(struct book *book, bool (*keep)(const struct book_entry *, void *), void *context);

/* "cpu{coin=btc,host=a}": the series as a key of `state`, with a backslash before any of \ { } , = in its texts. */
void book_series_text(struct vane_text *text, const struct vane_series *series);
