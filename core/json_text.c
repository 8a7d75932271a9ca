#include "core/json_text.h"

/* Length of the UTF-8 sequence at `at`, 0 where there is none (RFC 3629: no overlong form, no surrogate). */
static size_t sequence(const unsigned char *at, size_t left)
{
    if (at[0] < 0x80)
        return 1;
    size_t length = at[0] >= 0xc2 && at[0] < 0xe0 ? 2 : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
                  : at[0] >= 0xf0 && at[0] < 0xf5 ? 4 : 0;
    if (!length || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool beyond = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
    return overlong || beyond ? 0 : length;
}

/* How many bytes from `at` on stand for themselves. */
static size_t plain_run(const char *at, size_t left)
{
    size_t run = 0;
    while (run < left && (unsigned char)at[run] >= 0x20 && (unsigned char)at[run] < 0x80 && at[run] != '"'
           && at[run] != '\\')
        run++;
    return run;
}

void json_text_add(struct vane_text *out, const char *text, size_t length)
{
    vane_text_add(out, "\"", 1);
    for (size_t i = 0; i < length;) {
        size_t run = plain_run(text + i, length - i);
        vane_text_add(out, text + i, run);
        i += run;
        if (i == length)
            break;
        size_t bytes = sequence((const unsigned char *)text + i, length - i);
        if (bytes == 0)
            vane_text_add(out, "\xef\xbf\xbd", 3);
        else if (text[i] == '"' || text[i] == '\\')
            vane_text_addf(out, "\\%c", text[i]);
        else if ((unsigned char)text[i] < 0x20)
            vane_text_addf(out, "\\u%04x", (unsigned)text[i]);
        else
            vane_text_add(out, text + i, bytes);
        i += bytes ? bytes : 1;
    }
    vane_text_add(out, "\"", 1);
}
