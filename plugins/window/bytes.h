/* bytes - numbers in and out of saved records, in this machine's byte order: a state directory does not
 * travel to another kind of machine. Own thread.
 */
#pragma once
#include "core/plugin.h"

/* Reading stops at the first thing that is not there; then `bad` is set, and all that is read is zero. */
struct bytes {
    const char *at, *end;
    bool        bad;
};

void bytes_read(struct bytes *in, void *to, size_t size);
uint64_t bytes_read_uint(struct bytes *in); /* as bytes_add_uint wrote it */
double bytes_read_double(struct bytes *in);
int64_t bytes_read_int(struct bytes *in);

/* How many things of `size` bytes the rest can hold at most: for counts that were read. */
bool bytes_hold(struct bytes *in, uint64_t count, size_t size);

void bytes_add_uint(struct vane_text *out, uint64_t value); /* seven bits a byte: small numbers are short */
void bytes_add_int(struct vane_text *out, int64_t value);   /* small ones of both signs are short */
void bytes_add_double(struct vane_text *out, double value);
