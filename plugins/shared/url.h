/* url - texts in URLs and forms. Pure. */
#pragma once
#include "core/plugin.h"

/* Appends text with all that is not a letter, a digit or one of "-._~" as %XX (RFC 3986, 2.1 and 2.3). */
void url_escape(struct vane_text *out, const char *text);
