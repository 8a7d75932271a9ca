/* state_key - see state_key.h. */
#include "plugins/forecast/state_key.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"

static void write_name(const struct series *series, struct vane_text *out)
{
    const struct vane_series *of = series->of;
    vane_text_addf(out, "%u:%s", of->name_length, of->name);
    for (uint32_t i = 0; i < of->tag_count; i++)
        vane_text_addf(out, ",%u:%s=%u:%s", of->tags[i].key_length, of->tags[i].key, of->tags[i].value_length,
                       of->tags[i].value);
    vane_text_addf(out, ";%zu:%s", series->field_length, series->field);
}

bool state_key_has_number(char kind)
{
    return kind == 'c' || kind == 'f' || kind == 'j';
}

void state_key_write(const struct series *series, char kind, uint64_t number, struct vane_text *key)
{
    vane_text_clear(key);
    vane_text_addf(key, state_key_has_number(kind) ? "%c%llu " : "%c", kind, (unsigned long long)number);
    write_name(series, key);
}

/* One text with its length in front, ended in place. Answers what stands behind it; -1: it is none. */
static int take_text(char **at, const char **text, uint32_t *length)
{
    char *end;
    unsigned long size = strtoul(*at, &end, 10);
    if (end == *at || *end != ':' || size > strlen(end + 1))
        return -1;
    *text = end + 1;
    *length = (uint32_t)size;
    char *behind = end + 1 + size;
    int mark = *behind;
    *at = behind + (mark != 0);
    *behind = '\0';
    return mark;
}

bool state_key_read(char *at, struct vane_series *series, struct vane_tag **tags, const char **field,
                    uint32_t *field_length)
{
    int mark = take_text(&at, &series->name, &series->name_length);
    while (mark == ',') {
        *tags = memory_resize(*tags, series->tag_count + 1, sizeof **tags);
        struct vane_tag *tag = &(*tags)[series->tag_count++];
        mark = take_text(&at, &tag->key, &tag->key_length);
        mark = mark == '=' ? take_text(&at, &tag->value, &tag->value_length) : -1;
    }
    series->tags = *tags;
    return mark == ';' && take_text(&at, field, field_length) == 0;
}
