/* csv_row - one row of csv text to cells, as RFC 4180 has it and Go's encoding/csv reads it: a cell may be
 * quoted and then hold delimiters, newlines and doubled quotes; blank lines and comments are no rows. A line ends
 * with a line feed, a carriage return, as old Macs and their Excel wrote it, or both: outside of quotes RFC 4180 has
 * neither.
 * Changes the text in place: cells become plain, each with a NUL behind it. For core/format/ only.
 */
#pragma once
#include "core/plugin.h"

struct csv_dialect {
    const char *delimiter; /* one character, of one to four bytes */
    size_t      delimiter_length;
    const char *comment; /* NULL: none */
    size_t      comment_length;
    bool        trim; /* spaces around cells */
};

struct csv_cell {
    char  *text;
    size_t length;
};

struct csv_row {
    const struct csv_dialect *dialect;
    struct csv_cell          *cells; /* of the last row that was read */
    size_t                    count, room;
    char                     *begin;   /* of the row */
    const char               *reason;  /* of CSV_BAD */
    bool                      suspect; /* of CSV_BAD: it went wrong around a quote that holds newlines */
};

enum csv_result {
    CSV_ROW,      /* the cells are there */
    CSV_END,      /* there is no further row */
    CSV_UNCLOSED, /* the text ends in a quoted cell */
    CSV_BAD,
};

/* Reads from *next, and moves it: to where the row begins, which goes to *start, then behind the row or to
 * where it went wrong. SCAN_PADDING zero bytes stand at `end`. */
enum csv_result csv_row_read(struct csv_row *row, char **next, char *end, char **start);
/* Where the next line begins. */
char *csv_line_after(char *at, char *end);
void csv_row_release(struct csv_row *row);
