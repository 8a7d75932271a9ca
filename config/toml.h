/* toml - a TOML 1.0 file as a tree that remembers where everything stood.
 *
 *     struct config_errors errors = {0};
 *     struct arena *arena = arena_new(4096);
 *     struct toml_table *root = toml_parse(arena, "vane.toml", text, length, &errors);
 *     if (!root)                                          all that is wrong is in errors
 *         return ...;
 *     for (struct toml_entry *entry = root->first; entry; entry = entry->next)
 *         printf("%u: %s is %s\n", entry->place.line, entry->key, toml_type_name(entry->value.type));
 *     struct toml_entry *topic = toml_get(root, "topic");
 *     if (topic && topic->value.type == TOML_STRING)
 *         puts(topic->value.string.text);
 *
 * The whole tree lives in the arena and points to nothing outside it. It is complete and strict:
 * what toml.io/en/v1.0.0 forbids is an error. Nothing lies deeper than TOML_DEPTH_LIMIT tables and
 * arrays (the array behind [[name]] and its table count as one), so walking it may recurse.
 * Reading takes time in proportion to the length of the text. Own thread; a finished tree: any.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct config_errors;

enum {
    TOML_DEPTH_LIMIT = 128,
    TOML_ERROR_LIMIT = 20, /* after so many errors the rest of a file is not checked */
};

enum toml_type { TOML_STRING, TOML_INT, TOML_FLOAT, TOML_BOOL, TOML_DATETIME, TOML_ARRAY, TOML_TABLE };

struct toml_place {
    const char *file;
    unsigned    line;   /* from 1 */
    unsigned    column; /* from 1, in bytes */
};

struct toml_string {
    const char *text;   /* UTF-8, NUL-terminated; may hold NULs of its own, written \u0000; lines end in \n */
    size_t      length; /* in bytes */
};

enum toml_datetime_kind {
    TOML_OFFSET_DATETIME, /* an instant */
    TOML_LOCAL_DATETIME,  /* no offset: which instant it is depends on where the clock hangs */
    TOML_LOCAL_DATE,      /* the fields of the time are 0 */
    TOML_LOCAL_TIME,      /* the fields of the date are 0 */
};

/* A date that the Gregorian calendar has. A leap second may stand in any minute. */
struct toml_datetime {
    enum toml_datetime_kind kind;
    int year, month, day;     /* 0..9999, 1..12, 1..31 */
    int hour, minute, second; /* 0..23, 0..59, 0..60 */
    int nanosecond;           /* finer digits are cut off */
    int offset;               /* minutes east of UTC, -1439..1439 */
};

struct toml_array {
    struct toml_value *items;
    size_t             count;
    size_t             capacity; /* the reader's own, as the next */
    bool               of_tables; /* made by [[name]], and so grows with the next one */
};

struct toml_value {
    enum toml_type    type;
    struct toml_place place; /* of its first character; of a table named by [header] or key: of that name */
    union {
        struct toml_string   string;
        int64_t              integer;
        double               real;
        bool                 boolean;
        struct toml_datetime datetime;
        struct toml_array    array;
        struct toml_table   *table;
    };
};

struct toml_entry {
    struct toml_entry *next; /* in the order of the file, as first named */
    const char        *key;  /* NUL-terminated, as toml_string */
    size_t             key_length;
    struct toml_place  place; /* of the key */
    struct toml_value  value;
};

/* How a table came to be decides what may still be added to it. */
enum toml_origin {
    TOML_IMPLICIT, /* [a.b] made a: [a] may still come, once */
    TOML_HEADER,   /* [a], [[a]], the root: closed with the next header, but for [a.b] */
    TOML_DOTTED,   /* a.b = 1 made a: as TOML_HEADER, and open to a.c = 2 */
    TOML_INLINE,   /* a = {...}: closed for good */
};

struct toml_table {
    struct toml_entry  *first;
    size_t              count;
    struct toml_place   place; /* where it was defined, else where it was first named */
    struct toml_entry  *last;  /* the reader's own, as all below */
    struct toml_entry **index; /* by hash of the key, open addressing; none while the table is small */
    size_t              index_size;
    enum toml_origin    origin;
};

/* Reads `length` bytes. Returns the root table, or NULL after adding every error of the text to
 * `errors` as `file:line: what is wrong`: at most one a line and TOML_ERROR_LIMIT in all, none of
 * them a mere consequence of another. A byte order mark at the start is skipped. */
struct toml_table *toml_parse(struct arena *arena, const char *file, const char *text, size_t length,
                              struct config_errors *errors);

/* The same, but what could be read is there after errors, too: never NULL. A pair with an error is not in it. */
struct toml_table *toml_parse_some(struct arena *arena, const char *file, const char *text, size_t length,
                                   struct config_errors *errors, bool *good);

/* The entry of that name, or NULL. */
struct toml_entry *toml_get(const struct toml_table *table, const char *key);
struct toml_entry *toml_get_n(const struct toml_table *table, const char *key, size_t key_length);

/* "a string", "an integer", ...: for "expected a string, found an integer". */
const char *toml_type_name(enum toml_type type);
