/* gzip - compresses one body after another with the same memory. Zeroed is ready to use. Own thread. */
#pragma once
#include <zlib.h>

#include "core/plugin.h"

struct gzip {
    z_stream stream;
    bool     begun;
};

/* A buffer that grows and keeps its memory. */
struct gzip_buffer {
    unsigned char *data;
    size_t         length, room;
};

/* Replaces what is in `out`. */
void gzip_pack(struct gzip *gzip, struct gzip_buffer *out, const char *bytes, size_t length);
void gzip_release(struct gzip *gzip);
