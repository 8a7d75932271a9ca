/* csv_fuzz - rows decoded whole and in pieces, under options that the first bytes choose, and encoded. */
#include "tests/fuzz/format_fuzz.h"

#include "core/format/csv_columns.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = { "a", "t", "time", "v", "a" }, *const tags[] = { "t", "a" },
                  *const skipped[] = { "", "-" }, *const separators[] = { "=", ":" };
static const int types[] = { CELL_STRING, CELL_STRING, CELL_INT, CELL_FLOAT, CELL_BOOL };

static struct csv_decode_options choose(uint8_t bits, uint8_t more)
{
    return (struct csv_decode_options){
        .csv_header_row_count = bits & 3,
        .csv_column_names = { names, bits & 4 || !(bits & 3) ? 5 : 0 },
        .csv_column_types = { types, bits & 8 ? 5 : 0 },
        .csv_skip_rows = more & 1,
        .csv_skip_columns = more >> 1 & 1,
        .csv_metadata_rows = more >> 2 & 1,
        .csv_metadata_separators = { separators, 2 },
        .csv_metadata_trim_set = " #",
        .csv_delimiter = bits & 16 ? "\xc2\xa7" : ",",
        .csv_comment = more & 8 ? "#" : "",
        .csv_trim_space = more & 16,
        .csv_tag_columns = { tags, bits & 32 ? 1 : 2 },
        .csv_tag_overwrite = more & 32,
        .csv_measurement_column = more & 64 ? "a" : "",
        .csv_timestamp_column = bits & 64 ? "time" : "",
        .csv_timestamp_format = more & 128 ? "2006-01-02 15:04:05 MST" : "unix_ms",
        .csv_timezone = "",
        .csv_skip_values = { skipped, bits & 128 ? 2 : 0 },
        .csv_reset_mode = bits >> 5 & 1,
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        const char         *timestamp_format, *separator;
        bool                header, column_prefix;
        struct vane_strings columns, column_titles;
    } encoding = { "RFC3339Nano", ";", true, true, { NULL, 0 }, { NULL, 0 } }; /* as in csv_encode.c */
    struct error err;
    if (size < 4)
        return 0;
    struct csv_decode_options options = choose(data[0], data[1]);
    struct decode_plan *plan = decode_plan_new(format_find("csv"), &options, "fuzz", &err);
    if (!plan)
        abort();
    struct batch *batch = fuzz_both_ways(plan, (const char *)data + 4, size - 4,
                                         (size_t)data[2] | (size_t)data[3] << 8);
    struct vane_text out = { 0 };
    batch_seal(batch, 0);
    fuzz_encode(format_find("csv"), &encoding, batch, &out);
    vane_text_release(&out);
    batch_unref(batch);
    decode_plan_free(plan);
    return 0;
}
