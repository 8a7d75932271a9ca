/* bytes - see bytes.h. */
#include "plugins/window/bytes.h"

enum { MORE = 0x80, LOW = 0x7f, BITS = 7, WORD = 64 };

void bytes_read(struct bytes *in, void *to, size_t size)
{
    if (in->bad || (size_t)(in->end - in->at) < size) {
        in->bad = true;
        memset(to, 0, size);
        return;
    }
    memcpy(to, in->at, size);
    in->at += size;
}

uint64_t bytes_read_uint(struct bytes *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < WORD; shift += BITS) {
        unsigned char byte;
        bytes_read(in, &byte, 1);
        value |= (uint64_t)(byte & LOW) << shift;
        if (!(byte & MORE))
            return in->bad ? 0 : value;
    }
    in->bad = true;
    return 0;
}

int64_t bytes_read_int(struct bytes *in)
{
    uint64_t folded = bytes_read_uint(in);
    return (int64_t)(folded >> 1) ^ -(int64_t)(folded & 1);
}

double bytes_read_double(struct bytes *in)
{
    double value;
    bytes_read(in, &value, sizeof value);
    return value;
}

bool bytes_hold(struct bytes *in, uint64_t count, size_t size)
{
    if (in->bad || count > (size_t)(in->end - in->at) / size)
        in->bad = true;
    return !in->bad;
}

void bytes_add_uint(struct vane_text *out, uint64_t value)
{
    unsigned char text[10];
    size_t length = 0;
    for (; value >= MORE; value >>= BITS)
        text[length++] = (unsigned char)(value | MORE);
    text[length++] = (unsigned char)value;
    vane_text_add(out, text, length);
}

void bytes_add_int(struct vane_text *out, int64_t value)
{
    bytes_add_uint(out, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

void bytes_add_double(struct vane_text *out, double value)
{
    vane_text_add(out, &value, sizeof value);
}
