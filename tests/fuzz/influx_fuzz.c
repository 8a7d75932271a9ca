/* influx_fuzz - line protocol decoded whole and in pieces, encoded, and decoded again: what has once been
 * through the encoder comes back the same. */
#include "tests/fuzz/format_fuzz.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As the tables of the formats lay them out. */
static const int64_t nanoseconds = 1;
static const struct { uint64_t max_line_bytes; bool sort_fields, uint_support,
                      omit_timestamp; } plain = { .uint_support = true },
    split = { 40, true, false, true };
static const struct { uint64_t truncate; bool title; } table = { 20, true };

/* A second time through: the first loses backslashes at ends, and white space that it spells as escapes. */
static void check_return(const struct decode_plan *plan, const struct batch *batch)
{
    struct vane_text first = { 0 }, second = { 0 };
    size_t bad;
    fuzz_encode(format_find("influx"), &plain, batch, &first);
    struct batch *back = fuzz_decode(plan, first.data ? first.data : "", first.length, first.length, &bad);
    fuzz_encode(format_find("influx"), &plain, back, &second);
    if (bad || first.length != second.length
        || (first.length && memcmp(first.data, second.data, first.length) != 0))
        abort();
    batch_unref(back);
    vane_text_release(&first);
    vane_text_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err;
    if (size < 2)
        return 0;
    size_t cut = (size_t)data[0] | (size_t)data[1] << 8;
    struct decode_plan *plan = decode_plan_new(format_find("influx"), &nanoseconds, "fuzz", &err);
    struct batch *batch = fuzz_both_ways(plan, (const char *)data + 2, size - 2, cut);
    batch_seal(batch, 0);
    check_return(plan, batch);
    struct vane_text out = { 0 };
    fuzz_encode(format_find("influx"), &split, batch, &out);
    fuzz_encode(format_find("table"), &table, batch, &out);
    vane_text_release(&out);
    batch_unref(batch);
    decode_plan_free(plan);
    return 0;
}
