/* url - see url.h. */
#include "plugins/shared/url.h"

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~", c);
}

void url_escape(struct vane_text *out, const char *text)
{
    for (; *text; text++) {
        if (is_unreserved(*text))
            vane_text_add(out, text, 1);
        else
            vane_text_addf(out, "%%%02X", (unsigned char)*text);
    }
}
