/* text - see text.h. */
#include "plugins/kafka_in/text.h"

#include <stdint.h>

/* The length of the sequence that begins here, 0: none does. */
static size_t sequence(const unsigned char *at, size_t left)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t length = at[0] < 0x80          ? 1
                    : at[0] >> 5 == 0x6  ? 2
                    : at[0] >> 4 == 0xe  ? 3
                    : at[0] >> 3 == 0x1e ? 4
                                         : 0;
    if (length == 0 || length > left)
        return 0;
    uint32_t code = length == 1 ? at[0] : at[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if (at[i] >> 6 != 0x2)
            return 0;
        code = code << 6 | (at[i] & 0x3fu);
    }
    bool control = code < 0x20 || (code >= 0x7f && code < 0xa0), surrogate = code >= 0xd800 && code < 0xe000;
    return control || surrogate || code < least[length] || code > 0x10ffff ? 0 : length;
}

bool text_is_plain(const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    while (length > 0) {
        size_t step = sequence(at, length);
        if (step == 0)
            return false;
        at += step;
        length -= step;
    }
    return true;
}
