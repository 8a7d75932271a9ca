/* secret - a token or a password that need not stand in the configuration.
 *
 *     token = "${INFLUX_TOKEN}"              from the environment (environment.h)
 *     token = "@{file:/etc/vane/token}"      what the file holds
 *     token = "@{credential:influx}"         $CREDENTIALS_DIRECTORY/influx, where systemd put it
 *
 * A reference is the whole value; ${VAR} in it is replaced first. One newline at the end of a file is
 * not part of the secret. What a variable or a file holds is taken as it is, so a secret that looks
 * like a reference is kept in one of them. Nothing of a secret appears in an error. Any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "core/plugin.h"

enum { SECRET_SIZE_LIMIT = 64 * 1024 }; /* bytes of a file */

/* Appends the secret that `text` names or is. On failure `out` may hold a part of it. */
bool secret_resolve(struct vane_text *out, const char *text, size_t length, struct error *err);
