/* shape - see shape.h. Names are looked up only where a field is not where the last metric had it. */
#include "plugins/window/shape.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

void shapes_init(struct shapes *shapes, const struct plan *plan, struct vane_strings selected)
{
    *shapes = (struct shapes){ .plan = plan, .selected = selected };
}

static void release_shape(struct shape *shape)
{
    for (uint32_t i = 0; i < shape->larger_count; i++) {
        release_shape(shape->larger[i]);
        free(shape->larger[i]);
    }
    free(shape->larger);
    free((void *)shape->columns);
}

static void free_field(struct field *field, size_t outputs)
{
    for (size_t i = 0; field->outputs && i < outputs; i++)
        free(field->outputs[i]);
    free(field->outputs);
    free(field->bucket);
    free(field->name);
    free(field);
}

void shapes_release(struct shapes *shapes)
{
    release_shape(&shapes->empty);
    for (size_t i = 0; i < shapes->field_count; i++)
        free_field(shapes->fields[i], shapes->plan->output_count);
    free(shapes->fields);
    *shapes = (struct shapes){ 0 };
}

/* ---- Fields ---- */

static char *join(const char *name, uint32_t length, const char *suffix)
{
    size_t size = length + strlen(suffix) + 2;
    char *joined = memory_zero(size);
    snprintf(joined, size, "%.*s%s%s", (int)length, name, *suffix ? "_" : "", suffix);
    return joined;
}

static bool is_selected(const struct shapes *shapes, const char *name)
{
    for (size_t i = 0; i < shapes->selected.count; i++)
        if (fnmatch(shapes->selected.items[i], name, 0) == 0)
            return true;
    return shapes->selected.count == 0;
}

static struct field *add_field(struct shapes *shapes, const char *name, uint32_t length)
{
    struct field *field = memory_zero(sizeof *field);
    field->name = join(name, length, "");
    field->length = length;
    field->selected = is_selected(shapes, field->name);
    if (field->selected) {
        field->bucket = join(name, length, "bucket");
        field->outputs = memory_zero((shapes->plan->output_count + 1) * sizeof *field->outputs);
        for (size_t i = 0; i < shapes->plan->output_count; i++)
            field->outputs[i] = join(name, length, shapes->plan->outputs[i].suffix);
    }
    shapes->fields = memory_resize(shapes->fields, shapes->field_count + 1, sizeof *shapes->fields);
    shapes->fields[shapes->field_count++] = field;
    return field;
}

static bool is_named(const struct field *field, const char *name, uint32_t length)
{
    return field->length == length && memcmp(field->name, name, length) == 0;
}

/* NULL: there are too many. */
static const struct field *find_field(struct shapes *shapes, const char *name, uint32_t length)
{
    for (size_t i = 0; i < shapes->field_count; i++)
        if (is_named(shapes->fields[i], name, length))
            return shapes->fields[i];
    return shapes->field_count < FIELDS_MOST ? add_field(shapes, name, length) : NULL;
}

/* ---- Shapes ---- */

int shape_find(const struct shape *shape, const char *name, uint32_t length, uint32_t hint)
{
    if (hint < shape->count && is_named(shape->columns[hint].field, name, length))
        return (int)hint;
    for (uint32_t i = 0; i < shape->count; i++)
        if (is_named(shape->columns[i].field, name, length))
            return (int)i;
    return -1;
}

static struct shape *new_shape(const struct shape *smaller, const struct field *field)
{
    struct shape *shape = memory_zero(sizeof *shape);
    struct column *columns = memory_zero((smaller->count + 1) * sizeof *columns);
    if (smaller->count)
        memcpy(columns, smaller->columns, smaller->count * sizeof *columns);
    columns[smaller->count] = (struct column){ field, field->selected ? (int)smaller->slots : -1 };
    *shape = (struct shape){ .columns = columns, .count = smaller->count + 1,
                             .slots = smaller->slots + field->selected };
    return shape;
}

struct shape *shape_with(struct shapes *shapes, struct shape *shape, const char *name, uint32_t length)
{
    for (uint32_t i = 0; i < shape->larger_count; i++)
        if (is_named(shape->larger[i]->columns[shape->count].field, name, length))
            return shape->larger[i];
    if (shape->count == SHAPE_MOST)
        return NULL;
    const struct field *field = find_field(shapes, name, length);
    if (!field)
        return NULL;
    struct shape *larger = new_shape(shape, field);
    shape->larger = memory_resize(shape->larger, shape->larger_count + 1, sizeof(struct shape *));
    shape->larger[shape->larger_count++] = larger;
    return larger;
}

const struct field *shape_field(const struct shape *shape, uint32_t slot)
{
    for (uint32_t i = slot; i < shape->count; i++)
        if (shape->columns[i].slot == (int)slot)
            return shape->columns[i].field;
    return NULL;
}
