/* answer - what a server's answer to a write means for the points that were written.
 *
 * | answer                                          | verdict        | and then                             |
 * |-------------------------------------------------|----------------|--------------------------------------|
 * | 2xx; "hinted handoff queue not empty"           | DELIVERED      |                                      |
 * | 400, 406, 422; a text about points              | BAD_POINTS     | find them, reject them alone         |
 * | 400 whose text is about the request             | REFUSED        | as below                             |
 * | 401, 403                                        | REFUSED        | keep, back off: the config is wrong  |
 * | 404 "database not found" (v1)                   | NO_DATABASE    | create it, write again               |
 * | other 4xx                                       | UNEXPECTED     | keep or reject, as the user chose    |
 * | 413                                             | TOO_LARGE      | halves; one alone is rejected        |
 * | 408, 429, other 5xx                             | LATER          | next server, else back off           |
 * | 500 "retention policy not found", 3xx, others   | REFUSED        |                                      |
 *
 * Error texts: {"error": ...} of v1 and v3, {"message": ...} of v2. A text about points is one of those
 * that the servers' sources have for it; InfluxDB 2.0 sent them with 500. Own thread.
 */
#pragma once
#include "core/plugin.h"

enum answer_verdict {
    ANSWER_DELIVERED,
    ANSWER_BAD_POINTS,
    ANSWER_REFUSED,
    ANSWER_NO_DATABASE,
    ANSWER_UNEXPECTED,
    ANSWER_TOO_LARGE,
    ANSWER_LATER,
};

struct cJSON;

struct answer {
    enum answer_verdict verdict;
    const char         *message; /* the server's; "" where it says nothing */
    const char         *hint;    /* what the user can do, or "" */
    size_t              dropped; /* how many points it says it dropped; 0: it does not say */
    struct cJSON       *document;
};

/* A line that the answer names as bad: by its number in the body, or by its text. */
struct answer_line {
    size_t      number; /* from 1; 0: `text` is set */
    const char *text;   /* begins with the line, behind it stands "': " and the reason */
    const char *reason; /* of a number; may be "" */
};

/* A field whose type is not the one the server knows; texts are parts of the message. */
struct answer_conflict {
    const char    *measurement, *field;
    size_t         measurement_length, field_length;
    enum vane_type type; /* that was written */
};

/* The body is NUL-terminated and stays until answer_release. */
void answer_read(struct answer *answer, int status, const char *body, size_t length);
void answer_release(struct answer *answer);

/* The next line that is named; *at begins as 0. */
bool answer_next_line(const struct answer *answer, size_t *at, struct answer_line *line);

/* Is this the line that is named by its text? Then its reason, of *reason_length bytes, else NULL. */
const char *answer_match(const struct answer_line *named, const char *line, size_t length,
                         size_t *reason_length);

bool answer_read_conflict(const struct answer *answer, struct answer_conflict *conflict);

/* The error in the body of a query's answer, 200 or not; NULL: none. It stays until answer_release. */
const char *answer_query_error(struct answer *answer, const char *body, size_t length);
