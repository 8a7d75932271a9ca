/* json_fuzz - documents decoded whole and in pieces, under options that the first byte chooses, and encoded;
 * what is encoded must be JSON. */
#include "tests/fuzz/format_fuzz.h"

#include "core/format/json_plan.h"
#include "core/format/json_read.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const all[] = { "*" }, *const tags[] = { "t*", "a_?" };

static struct json_decode_options choose(uint8_t bits)
{
    return (struct json_decode_options){
        .json_strict = bits & 1,
        .json_query = bits & 2 ? "a.1" : "",
        .tag_keys = { tags, bits & 4 ? 2 : 0 },
        .json_string_fields = { all, bits & 8 ? 1 : 0 },
        .json_name_key = bits & 16 ? "n" : "",
        .json_time_key = bits & 32 ? "time" : "",
        .json_time_format = bits & 64 ? "RFC3339" : "unix",
        .json_timezone = "",
    };
}

static void check_encoded(const struct vane_text *out)
{
    if (!out->length)
        return;
    struct json_reader reader = { .next = out->data, .end = out->data + out->length };
    if (!json_skip(&reader) || json_peek(&reader))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        int64_t             timestamp_units;
        const char         *timestamp_format;
        struct vane_strings include, exclude;
    } encoding = { 1, "", { all, 1 }, { NULL, 0 } };
    struct error err;
    if (size < 3)
        return 0;
    struct json_decode_options options = choose(data[0]);
    struct decode_plan *plan = decode_plan_new(format_find("json"), &options, "fuzz", &err);
    if (!plan)
        abort();
    struct batch *batch = fuzz_both_ways(plan, (const char *)data + 3, size - 3,
                                         (size_t)data[1] | (size_t)data[2] << 8);
    struct vane_text out = { 0 };
    batch_seal(batch, 0);
    fuzz_encode(format_find("json"), &encoding, batch, &out);
    check_encoded(&out);
    vane_text_release(&out);
    batch_unref(batch);
    decode_plan_free(plan);
    return 0;
}
