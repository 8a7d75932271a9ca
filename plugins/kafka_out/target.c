/* target - see target.h. */
#include "plugins/kafka_out/target.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

enum { LONGEST_NAME = 249 };

/* A piece of the name: text as it stands, or the key of a tag. */
struct target_part {
    char  *text;
    size_t length;
    bool   tag;
};

static bool fail(struct target_reason *reason, const char *format, ...) VANE_PRINTF(2, 3);
static bool fail(struct target_reason *reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reason->text, sizeof reason->text, format, args);
    va_end(args);
    return false;
}

static bool is_topic_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_'
           || c == '-';
}

bool target_is_topic(const char *name, size_t length)
{
    if (length == 0 || length > LONGEST_NAME || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_topic_char(name[i]))
            return false;
    return true;
}

static void add_part(struct target *target, const char *text, size_t length, bool tag)
{
    target->parts = memory_resize(target->parts, target->count + 1, sizeof *target->parts);
    char *copy = memory_resize(NULL, length + 1, 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    target->parts[target->count++] = (struct target_part){ copy, length, tag };
}

static bool compile_tag(struct target *target, const char **at, struct target_reason *reason)
{
    const char *name = *at + 1, *end = strchr(name, '}');
    if (!end)
        return fail(reason, "topic: \"%s\" has no closing brace", *at);
    if (end == name)
        return fail(reason, "topic: {} names no tag");
    add_part(target, name, (size_t)(end - name), true);
    *at = end + 1;
    return true;
}

bool target_compile(struct target *target, const char *text, struct target_reason *reason)
{
    if (!text[0])
        return fail(reason, "topic: is empty");
    for (const char *at = text; *at;) {
        size_t plain = strcspn(at, "{");
        for (size_t i = 0; i < plain; i++)
            if (!is_topic_char(at[i]))
                return fail(reason, "topic: '%c' cannot stand in the name of a topic", at[i]);
        if (plain > 0)
            add_part(target, at, plain, false);
        at += plain;
        if (*at && !compile_tag(target, &at, reason))
            return false;
    }
    if (target_is_constant(target) && !target_is_topic(text, strlen(text)))
        return fail(reason, "topic: \"%s\" is not a name that Kafka allows", text);
    return true;
}

void target_release(struct target *target)
{
    for (size_t i = 0; i < target->count; i++)
        free(target->parts[i].text);
    free(target->parts);
    *target = (struct target){ 0 };
}

bool target_is_constant(const struct target *target)
{
    for (size_t i = 0; i < target->count; i++)
        if (target->parts[i].tag)
            return false;
    return true;
}

bool target_expand(const struct target *target, const struct vane_series *series, struct vane_text *name,
                   struct target_reason *reason)
{
    vane_text_clear(name);
    for (size_t i = 0; i < target->count; i++) {
        const struct target_part *part = &target->parts[i];
        if (!part->tag) {
            vane_text_add(name, part->text, part->length);
            continue;
        }
        const char *value = vane_get_tag(series, part->text);
        if (!value)
            return fail(reason, "no tag \"%s\", which the name of its topic holds", part->text);
        vane_text_add(name, value, strlen(value));
    }
    if (!target_is_topic(name->data, name->length))
        return fail(reason, "\"%.250s\" is not a name that Kafka allows for a topic", name->data);
    return true;
}
