/* gzip - see gzip.h. Level 1: line protocol repeats itself so much that higher levels save few bytes for
 * several times the work (the README has figures). */
#include "plugins/influx_out/gzip.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "plugins/shared/memory.h"

enum { LEVEL = 1, GZIP_WINDOW = MAX_WBITS + 16, MEMORY_LEVEL = 8 };

struct gzip {
    z_stream stream;
};

struct gzip *gzip_new(void)
{
    struct gzip *gzip = memory_zero(sizeof *gzip);
    if (deflateInit2(&gzip->stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    return gzip;
}

void gzip_free(struct gzip *gzip)
{
    if (!gzip)
        return;
    deflateEnd(&gzip->stream);
    free(gzip);
}

void gzip_pack(struct gzip *gzip, struct gzip_buffer *out, const char *bytes, size_t length)
{
    z_stream *stream = &gzip->stream;
    deflateReset(stream);
    size_t bound = deflateBound(stream, length);
    assert(bound <= UINT_MAX);
    if (bound > out->room) {
        out->data = memory_resize(out->data, bound, 1);
        out->room = bound;
    }
    stream->next_in = (Bytef *)(uintptr_t)bytes; /* zlib only reads it */
    stream->avail_in = (uInt)length;
    stream->next_out = out->data;
    stream->avail_out = (uInt)bound;
    int result = deflate(stream, Z_FINISH);
    assert(result == Z_STREAM_END);
    (void)result;
    out->length = bound - stream->avail_out;
}
