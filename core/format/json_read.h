/* json_read - JSON text, checked to the last byte (RFC 8259) and then walked where it lies.
 *
 *     struct json_reader reader = { text, text + length };
 *     if (!json_skip(&reader))                          reader.fault, reader.next: what is wrong, and where
 *         ...
 *     reader.next = text;                               once checked, walking cannot fail:
 *     for (bool any = json_enter(&reader); any; any = json_more(&reader)) {
 *         struct json_string key = json_key(&reader);
 *         ... one of json_skip, json_string, json_number, json_enter
 *     }
 *
 * A reader of its own, and no tree: a library's leniencies (leading zeros, control characters, bytes that are
 * not UTF-8, 1e400, what follows the document) would have to be closed by reading every byte before, and
 * its numbers are doubles where times need all their digits. [any]
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { JSON_DEPTH = 128 };

struct json_reader {
    const char *next, *end;
    const char *fault; /* NULL: nothing is wrong */
    bool        more;  /* the text ended inside a value, which is not a fault yet */
    unsigned    depth;
};

/* Over one value and the white space before it, checking it. False: `fault` or `more` says why. */
bool json_skip(struct json_reader *reader);

/* ---- Of checked text ---- */

/* What the next value begins with: { [ " t f n, a digit or '-'; 0: the text ends. */
char json_peek(struct json_reader *reader);

/* Into an object or array; behind a value to the next one. False: there is none, and it is closed. */
bool json_enter(struct json_reader *reader);
bool json_more(struct json_reader *reader);

/* As it is written, between the quotes. */
struct json_string {
    const char *text;
    size_t      length;
    bool        escaped;
};

struct json_string json_key(struct json_reader *reader); /* and the ':' */
struct json_string json_string(struct json_reader *reader);
struct json_string json_number(struct json_reader *reader); /* its digits */

/* Writes the text without escapes, at most `length` bytes, no NUL behind; answers how many. */
size_t json_unescape(const struct json_string *string, char *out);
