/* readable - can the files that options name be read? For check(), so that it is told with file and line, instead of by
 * a library at the start. [any]
 */
#pragma once
#include "core/plugin.h"

struct readable_fault {
    char text[VANE_PATH_MOST + 128]; /* "tls_ca: /etc/ca.pem: No such file or directory" */
};

/* No path, or an empty one, is none. */
bool readable(const char *option, const char *path, struct readable_fault *fault);
