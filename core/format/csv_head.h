/* csv_head - what only the beginning of a csv stream has, each part only where the options ask for it: lines
 * to skip, metadata lines (which become tags of every row), header rows (which name the columns).
 * For core/format/ only.
 */
#pragma once
#include "core/format/csv_columns.h"

struct csv_head {
    const struct csv_decode_options *options;
    uint64_t                         skip_rows, metadata_rows, header_rows; /* still to come */
    struct csv_columns              *columns; /* from the header, once it is whole */
    struct vane_tag                 *metadata; /* texts on the heap */
    size_t                           metadata_count;

    size_t metadata_room;
    char **names; /* while the header is read */
    size_t name_count, name_room;
};

/* Forgets what it has, and waits for a head. The options must outlive it. */
void csv_head_start(struct csv_head *head, const struct csv_decode_options *options);
void csv_head_release(struct csv_head *head);
bool csv_head_is_next(const struct csv_head *head);

/* Takes the lines that are to be skipped or are metadata. Answers where the rest begins. */
char *csv_head_lines(struct csv_head *head, char *next, char *end);

/* Takes a row of the header; or one that could not be read, after which there are no columns. */
void csv_head_take(struct csv_head *head, const struct csv_cell *cells, size_t count);
void csv_head_lose(struct csv_head *head);
