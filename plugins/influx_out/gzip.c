/* gzip - see gzip.h. Level 1: line protocol repeats itself so much that higher levels save few bytes for
 * several times the work (the README has figures). */
#include "plugins/influx_out/gzip.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

enum { LEVEL = 1, GZIP_WINDOW = MAX_WBITS + 16, MEMORY_LEVEL = 8, LARGEST = 1 << 30 };

static void begin(struct gzip *gzip)
{
    if (gzip->begun) {
        deflateReset(&gzip->stream);
        return;
    }
    if (deflateInit2(&gzip->stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    gzip->begun = true;
}

void gzip_pack(struct gzip *gzip, struct gzip_buffer *out, const char *bytes, size_t length)
{
    begin(gzip);
    assert(length < LARGEST);
    size_t bound = deflateBound(&gzip->stream, length);
    if (bound > out->room) {
        out->data = memory_resize(out->data, bound, 1);
        out->room = bound;
    }
    gzip->stream.next_in = (Bytef *)(uintptr_t)bytes; /* zlib only reads it */
    gzip->stream.avail_in = (uInt)length;
    gzip->stream.next_out = out->data;
    gzip->stream.avail_out = (uInt)out->room;
    int result = deflate(&gzip->stream, Z_FINISH);
    assert(result == Z_STREAM_END);
    (void)result;
    out->length = out->room - gzip->stream.avail_out;
}

void gzip_release(struct gzip *gzip)
{
    if (gzip->begun)
        deflateEnd(&gzip->stream);
    gzip->begun = false;
}
