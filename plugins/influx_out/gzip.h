/* gzip - compresses one body after another with the same memory. Own thread. */
#pragma once
#include <stddef.h>

struct gzip;

/* A buffer that grows and keeps its memory. */
struct gzip_buffer {
    unsigned char *data;
    size_t         length, room;
};

struct gzip *gzip_new(void);
void gzip_free(struct gzip *gzip); /* NULL is fine */

/* Replaces what is in `out`. */
void gzip_pack(struct gzip *gzip, struct gzip_buffer *out, const char *bytes, size_t length);
