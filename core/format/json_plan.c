#include "core/format/json_plan.h"

#include "core/alloc.h"

#include <stdlib.h>
#include <string.h>

const struct vane_option json_decode_options[] = {
    VANE_OPT_BOOL(struct json_decode_options, json_strict, .preset = "true",
                  .help = "Of an array with a bad object take nothing; false: take the good ones."),
    VANE_OPT_STRING(struct json_decode_options, json_query, .preset = "\"\"",
                    .help = "Where in the document the objects are: keys and places, divided by dots "
                            "(data.0.items)."),
    VANE_OPT_STRINGS(struct json_decode_options, tag_keys,
                     .help = "Keys that become tags, joined as fields are; globs."),
    VANE_OPT_STRINGS(struct json_decode_options, json_string_fields,
                     .help = "Keys of texts and booleans that become fields; globs."),
    VANE_OPT_STRING(struct json_decode_options, json_name_key, .preset = "\"\"",
                    .help = "The key that holds the name of the metric."),
    VANE_OPT_STRING(struct json_decode_options, json_time_key, .preset = "\"\"",
                    .help = "The key that holds the time; empty: metrics are stamped when they arrive."),
    VANE_OPT_STRING(struct json_decode_options, json_time_format, .preset = "\"\"",
                    .help = "unix, unix_ms, unix_us, unix_ns, RFC3339 or a layout such as "
                            "\"2006-01-02 15:04:05\"."),
    VANE_OPT_STRING(struct json_decode_options, json_timezone, .preset = "\"\"",
                    .help = "Time zone of times without one, such as Europe/Berlin; empty: UTC."),
    { 0 },
};

/* Divides at dots; a backslash takes the meaning from what follows it. */
static bool compile_query(struct json_plan *plan, const char *text, struct error *err)
{
    plan->query = alloc_array(strlen(text) + 1, sizeof *plan->query);
    for (const char *at = text; *text; at++) {
        char *key = alloc_text(at);
        plan->query[plan->query_count++] = key;
        for (; *at && *at != '.'; at++) {
            if (strchr("#*?|@!{}[]()", *at))
                return error_set(err,
                                 "json_query: '%c' in \"%s\": only keys and places divided by dots are known",
                                 *at, text);
            at += *at == '\\' && at[1];
            *key++ = *at;
        }
        *key = '\0';
        if (key == plan->query[plan->query_count - 1])
            return error_set(err, "json_query: an empty key in \"%s\"", text);
        if (!*at)
            break;
    }
    return true;
}

bool json_plan_prepare(struct decode_plan *base, struct error *err)
{
    struct json_plan *plan = (struct json_plan *)base;
    const struct json_decode_options *chosen = base->options;
    if (!compile_query(plan, chosen->json_query, err)
        || !codec_globs(&plan->tags, "tag_keys", &chosen->tag_keys, err)
        || !codec_globs(&plan->strings, "json_string_fields", &chosen->json_string_fields, err))
        return false;
    if (!*chosen->json_time_key)
        return true;
    if (!*chosen->json_time_format)
        return error_set(err, "json_time_format: json_time_key needs it");
    plan->time_format = codec_time_format("json_time_format", chosen->json_time_format, "json_timezone",
                                          chosen->json_timezone, err);
    return plan->time_format != NULL;
}

void json_plan_release(struct decode_plan *base)
{
    struct json_plan *plan = (struct json_plan *)base;
    for (size_t i = 0; i < plan->query_count; i++)
        free(plan->query[i]);
    free(plan->query);
    glob_list_free(plan->tags);
    glob_list_free(plan->strings);
    timestamp_format_free(plan->time_format);
}
