/* json_plan - the options of the json decoder, and what they compile to. For core/format/ only. */
#pragma once
#include "core/format/codec.h"

struct json_decode_options {
    bool                json_strict;
    const char         *json_query;
    struct vane_strings tag_keys, json_string_fields;
    const char         *json_name_key, *json_time_key, *json_time_format, *json_timezone;
};

extern const struct vane_option json_decode_options[];

struct json_plan {
    struct decode_plan       base;
    char                   **query; /* keys, one after the other */
    size_t                   query_count;
    struct glob_list        *tags, *strings; /* NULL: none */
    struct timestamp_format *time_format;    /* NULL: no time key */
};

bool json_plan_prepare(struct decode_plan *base, struct error *err);
void json_plan_release(struct decode_plan *base);
