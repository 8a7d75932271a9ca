/* error - one bounded message, passed last and untouched on success.
 *
 * A function that can fail returns bool and takes `struct error *err` last. The place where
 * the fault is born writes what was tried, on what and why; a floor above adds at most one
 * prefix; who handles it logs it, once. Own thread.
 */
#pragma once
#include <stdarg.h>
#include <stdbool.h>

struct error {
    char text[1024];
};

/* Both return false, so that a failing exit is one line: return error_set(err, "..."); */
bool error_set(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
