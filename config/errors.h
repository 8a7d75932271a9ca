/* errors - what is wrong with a configuration: every fault of a run, one line of text each.
 *
 *     struct config_errors errors = {0};
 *     errors_add(&errors, "vane.toml", 12, "'topic' is already set on line %u", 3);
 *     for (size_t i = 0; i < errors.count; i++)
 *         fprintf(stderr, "%s\n", errors.lines[i]);    vane.toml:12: 'topic' is already set on line 3
 *     errors_release(&errors);
 *
 * A user wants to hear of all faults at once, so readers of a configuration add here and go
 * on, and only their caller stops. Zero is the empty list. Own thread.
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

enum { ERRORS_LIMIT = 500 }; /* lines that are kept; one more says that there are others */

struct config_errors {
    char **lines; /* `file:line: what is wrong`, in the order they were found, without a newline */
    struct errors_place *places; /* of each line */
    size_t count;
    size_t capacity;
};

/* Adds one line. Line 0 stands for the file as a whole (`file: what is wrong`). Control
 * characters become '?', so that a file cannot write to the terminal of who reads its errors.
 * Returns false, so that a failing exit is one line. A line beyond the limit is not kept. */
bool errors_add(struct config_errors *errors, const char *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool errors_add_args(struct config_errors *errors, const char *file, unsigned line, const char *format,
                     va_list args) __attribute__((format(printf, 4, 0)));

/* Puts the lines of each file in the order of its lines, what is about the whole of it last; of one line they stay as
 * they were found. */
void errors_sort(struct config_errors *errors);

void errors_release(struct config_errors *errors); /* leaves the empty list */
