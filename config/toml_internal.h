/* toml_internal - what the parts of the TOML reader share; nobody else includes it.
 *
 *     toml.c            statements: [header], key = value; what to do after an error
 *     toml_value.c      values, arrays, inline tables
 *     toml_scalar.c     true, numbers          toml_datetime.c   dates and times
 *     toml_text.c       strings, characters    toml_key.c        keys, dotted and quoted
 *     toml_tree.c       tables, and who may still add to which
 *     toml_scan.c       the place in the text, blanks, errors
 *     toml_recover.c    where to read on after an error
 *
 * A reading function stands at the first character of what it reads and leaves the reader behind
 * it. It returns false (or NULL) after reporting what is wrong; the reader then stands somewhere
 * behind the fault on the same line, unless it is `lost`.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "config/toml.h"

enum { TOML_NO_DIGIT = 99 };

struct toml_reader {
    struct arena         *arena;
    struct config_errors *errors;
    const char           *file;
    const char           *at, *end;   /* what is still to be read */
    const char           *line_start; /* of the line that `at` is on */
    unsigned              line;
    unsigned              depth;        /* of tables and arrays around `at` */
    unsigned              error_count;  /* those reported */
    unsigned              error_line;   /* of the last one: the others on that line are likely its echo */
    unsigned              doubtful_text; /* where a string began that ends where the next seems to begin */
    bool                  lost;         /* the end of a value is unknown: read on at the next statement */
    bool                  header_lost;  /* a [header] was unreadable, so who belongs where is a guess */
};

struct toml_key {
    struct toml_key  *next; /* the part behind the dot */
    const char       *text;
    size_t            length;
    struct toml_place place;
};

/* A piece of the file, or several joined, short and clean enough to stand in a message. */
struct toml_excerpt {
    char text[64];
};

/* ---- toml_scan.c ---- */
bool toml_error(struct toml_reader *reader, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));          /* returns false */
bool toml_report_depth(struct toml_reader *reader); /* likewise */
bool toml_error_limit_reached(const struct toml_reader *reader);
struct toml_place toml_place_here(const struct toml_reader *reader);
struct toml_excerpt toml_quote(const char *text, size_t length);  /* 'text' */
struct toml_excerpt toml_found(const struct toml_reader *reader); /* what stands here */

int toml_digit(char c);                                   /* 0 to 15, or TOML_NO_DIGIT */
bool toml_at_end(const struct toml_reader *reader);
bool toml_at_newline(const struct toml_reader *reader);
bool toml_next_is(const struct toml_reader *reader, const char *text);
bool toml_take(struct toml_reader *reader, char character); /* steps over it, if it is here */
bool toml_take_newline(struct toml_reader *reader);
bool toml_take_line_end(struct toml_reader *reader);      /* with the blanks and the comment before it */
void toml_skip_spaces(struct toml_reader *reader);        /* and tabs */
bool toml_skip_blank_lines(struct toml_reader *reader);   /* did it step to a further line? */

/* ---- toml_recover.c ---- */
void toml_skip_line(struct toml_reader *reader);
void toml_skip_to_statement(struct toml_reader *reader);  /* behind this line, unless at its start */
void toml_skip_to_header(struct toml_reader *reader);     /* likewise */
void toml_skip_to_delimiter(struct toml_reader *reader, char closer); /* that, a comma, the line's end */
bool toml_starts_statement(const struct toml_reader *reader); /* asked at a line's first word */
bool toml_ends_as_pair(const struct toml_reader *reader, const char *quotes);

/* ---- toml_text.c ---- */
size_t toml_utf8(const char *at, const char *end);        /* bytes of the character; 0: it is none */
size_t toml_printable(const char *at, const char *end);   /* the same, but 0 for control characters */
void toml_report_character(struct toml_reader *reader, const char *where); /* that is not printable */
bool toml_text_read(struct toml_reader *reader, struct toml_string *string);

/* ---- toml_key.c ---- */
struct toml_key *toml_key_read(struct toml_reader *reader); /* checks the depth, too */
unsigned toml_key_parts(const struct toml_key *key);
struct toml_excerpt toml_key_path(const struct toml_key *first, const struct toml_key *last); /* 'a.b' */

/* ---- toml_scalar.c, toml_datetime.c: words without quotes ---- */
bool toml_scalar_read(struct toml_reader *reader, struct toml_value *value);
bool toml_looks_like_datetime(const char *text, size_t length);
size_t toml_datetime_length(const char *text, size_t word, const char *end);
bool toml_datetime_read(struct toml_reader *reader, const char *text, size_t length,
                        struct toml_datetime *datetime);

/* ---- toml_value.c ---- */
bool toml_pair_read(struct toml_reader *reader, struct toml_table *table); /* into the table */

/* ---- toml_tree.c ---- */
struct toml_table *toml_table_new(struct toml_reader *reader, struct toml_place place,
                                  enum toml_origin origin);
void toml_array_push(struct toml_reader *reader, struct toml_array *array, const struct toml_value *item);
bool toml_tree_set(struct toml_reader *reader, struct toml_table *table, const struct toml_key *key,
                   const struct toml_value *value);
struct toml_table *toml_tree_open(struct toml_reader *reader, struct toml_table *root,
                                  const struct toml_key *key, bool in_array);
