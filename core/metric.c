#include "core/metric.h"

#include "core/alloc.h"

#include <string.h>

enum { FIRST_FIELDS = 2 };

/* ---- Reading ---- */

static struct vane_field *find(const struct vane_metric *metric, const char *key, size_t length)
{
    for (uint32_t i = 0; i < metric->field_count; i++)
        if (metric->fields[i].key_length == length
            && (metric->fields[i].key == key || memcmp(metric->fields[i].key, key, length) == 0))
            return (struct vane_field *)&metric->fields[i];
    return NULL;
}

const struct vane_field *vane_get(const struct vane_metric *metric, const char *key)
{
    return find(metric, key, strlen(key));
}

bool vane_number(const struct vane_field *field, double *value)
{
    switch (field->type) {
    case VANE_FLOAT: *value = field->f; return true;
    case VANE_INT:   *value = (double)field->i; return true;
    case VANE_UINT:  *value = (double)field->u; return true;
    case VANE_BOOL:  *value = field->b; return true;
    case VANE_STRING: break;
    }
    return false;
}

/* ---- Writing ---- */

void vane_reserve(struct vane_metric *metric, size_t room)
{
    if (room <= metric->field_room)
        return;
    size_t old = metric->field_room * sizeof(struct vane_field), wanted = size_mul(room, sizeof(struct vane_field));
    if (!old || !arena_extend(metric->arena, (void *)metric->fields, old, wanted)) {
        struct vane_field *fields = arena_take(metric->arena, wanted);
        if (metric->field_count)
            memcpy(fields, metric->fields, metric->field_count * sizeof *fields);
        metric->fields = fields;
    }
    metric->field_room = (uint32_t)room;
}

static struct vane_field *append(struct vane_metric *metric)
{
    if (metric->field_count == metric->field_room)
        vane_reserve(metric, metric->field_room ? (size_t)metric->field_room * 2 : FIRST_FIELDS);
    return (struct vane_field *)&metric->fields[metric->field_count++];
}

/* The field to set: the one of that key, or a new one with a copy of the key. */
static struct vane_field *slot(struct vane_metric *metric, const char *key, size_t length)
{
    struct vane_field *field = find(metric, key, length);
    if (field)
        return field;
    const char *copy = arena_text(metric->arena, key, length);
    field = append(metric);
    *field = (struct vane_field){ .key = copy, .key_length = (uint32_t)length };
    return field;
}

void vane_set_float(struct vane_metric *metric, const char *key, double value)
{
    struct vane_field *field = slot(metric, key, strlen(key));
    field->type = VANE_FLOAT;
    field->f = value;
}

void vane_set_int(struct vane_metric *metric, const char *key, int64_t value)
{
    struct vane_field *field = slot(metric, key, strlen(key));
    field->type = VANE_INT;
    field->i = value;
}

void vane_set_uint(struct vane_metric *metric, const char *key, uint64_t value)
{
    struct vane_field *field = slot(metric, key, strlen(key));
    field->type = VANE_UINT;
    field->u = value;
}

void vane_set_bool(struct vane_metric *metric, const char *key, bool value)
{
    struct vane_field *field = slot(metric, key, strlen(key));
    field->type = VANE_BOOL;
    field->b = value;
}

void vane_set_string(struct vane_metric *metric, const char *key, const char *value, size_t length)
{
    const char *copy = arena_text(metric->arena, value, length);
    struct vane_field *field = slot(metric, key, strlen(key));
    field->type = VANE_STRING;
    field->s = copy;
    field->length = (uint32_t)length;
}

void vane_set_field(struct vane_metric *metric, const struct vane_field *from)
{
    const char *text = from->type == VANE_STRING ? arena_text(metric->arena, from->s, from->length) : NULL;
    struct vane_field *field = slot(metric, from->key, from->key_length);
    const char *key = field->key;
    *field = *from;
    field->key = key;
    if (text)
        field->s = text;
}

bool vane_unset(struct vane_metric *metric, const char *key)
{
    struct vane_field *field = find(metric, key, strlen(key));
    if (!field)
        return false;
    struct vane_field *end = (struct vane_field *)metric->fields + metric->field_count--;
    memmove(field, field + 1, (size_t)(end - field - 1) * sizeof *field);
    return true;
}

/* ---- Copying ---- */

struct vane_metric *metric_shallow_copy(struct arena *arena, const struct vane_metric *metric)
{
    struct vane_metric *copy = arena_take(arena, sizeof *copy);
    *copy = *metric;
    copy->arena = arena;
    copy->field_room = metric->field_count;
    struct vane_field *fields = arena_take_array(arena, metric->field_count, sizeof *fields);
    if (metric->field_count)
        memcpy(fields, metric->fields, metric->field_count * sizeof *fields);
    copy->fields = fields;
    return copy;
}

struct vane_metric *metric_copy(struct arena *arena, const struct vane_metric *metric)
{
    struct vane_metric *copy = metric_shallow_copy(arena, metric);
    struct vane_field *fields = (struct vane_field *)copy->fields;
    for (uint32_t i = 0; i < copy->field_count; i++) {
        fields[i].key = arena_text(arena, fields[i].key, fields[i].key_length);
        if (fields[i].type == VANE_STRING)
            fields[i].s = arena_text(arena, fields[i].s, fields[i].length);
    }
    return copy;
}

size_t metric_bytes(const struct vane_metric *metric)
{
    size_t bytes = sizeof *metric + sizeof *metric->series + metric->series->name_length;
    for (uint32_t i = 0; i < metric->field_count; i++) {
        const struct vane_field *field = &metric->fields[i];
        bytes += sizeof *field + field->key_length + (field->type == VANE_STRING ? field->length : 0);
    }
    return bytes;
}
