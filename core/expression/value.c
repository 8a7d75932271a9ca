/* expression_value - see value.h. */
#include "core/expression/value.h"

#include <math.h>
#include <string.h>

const char *const expression_kind_names[KIND_COUNT] = {
    [KIND_NONE] = "nothing", [KIND_DYN] = "dyn", [KIND_ERROR] = "error", [KIND_NULL] = "null",
    [KIND_BOOL] = "bool", [KIND_INT] = "int", [KIND_UINT] = "uint", [KIND_DOUBLE] = "double",
    [KIND_STRING] = "string", [KIND_LIST] = "list", [KIND_MAP] = "map", [KIND_TIMESTAMP] = "timestamp",
    [KIND_DURATION] = "duration", [KIND_TYPE] = "type",
};

struct expression_value expression_bool(bool b)
{
    return (struct expression_value){ .kind = KIND_BOOL, .b = b };
}

struct expression_value expression_int(int64_t i)
{
    return (struct expression_value){ .kind = KIND_INT, .i = i };
}

struct expression_value expression_text(const char *data, size_t length)
{
    return (struct expression_value){ .kind = KIND_STRING, .text = { data, length } };
}

struct expression_value expression_error(const char *what, const char *detail)
{
    return (struct expression_value){ .kind = KIND_ERROR, .error = { what, detail } };
}

struct expression_value expression_no_overload(void)
{
    return expression_error("no such overload", NULL);
}

struct expression_value expression_overflow(void)
{
    return expression_error("integer overflow", NULL);
}

struct expression_value expression_too_much(void)
{
    return expression_error("it takes too much memory", NULL);
}

void *expression_take(struct expression_run *run, size_t size)
{
    if (size > EXPRESSION_MEMORY - run->taken)
        return NULL;
    run->taken += size;
    if (!run->memory)
        run->memory = arena_new(0);
    return arena_take(run->memory, size ? size : 1);
}

/* ---- Order ---- */

static enum expression_order order_of(bool less, bool more)
{
    return less ? ORDER_LESS : more ? ORDER_MORE : ORDER_SAME;
}

static enum expression_order compare_texts(const struct expression_value *a, const struct expression_value *b)
{
    size_t shorter = a->text.length < b->text.length ? a->text.length : b->text.length;
    int order = memcmp(a->text.data, b->text.data, shorter);
    if (order == 0)
        return order_of(a->text.length < b->text.length, a->text.length > b->text.length);
    return order_of(order < 0, order > 0);
}

static bool is_number(const struct expression_value *value)
{
    return value->kind == KIND_INT || value->kind == KIND_UINT || value->kind == KIND_DOUBLE;
}

/* Integers are compared with a double as doubles, as cel-go does it. */
static double double_of(const struct expression_value *value)
{
    if (value->kind == KIND_DOUBLE)
        return value->f;
    return value->kind == KIND_INT ? (double)value->i : (double)value->u;
}

static enum expression_order compare_numbers(const struct expression_value *a,
                                             const struct expression_value *b)
{
    if (a->kind == KIND_DOUBLE || b->kind == KIND_DOUBLE) {
        double x = double_of(a), y = double_of(b);
        return isnan(x) || isnan(y) ? ORDER_NONE : order_of(x < y, x > y);
    }
    bool negative_a = a->kind == KIND_INT && a->i < 0, negative_b = b->kind == KIND_INT && b->i < 0;
    if (negative_a && negative_b)
        return order_of(a->i < b->i, a->i > b->i);
    if (negative_a || negative_b)
        return negative_a ? ORDER_LESS : ORDER_MORE;
    return order_of(a->u < b->u, a->u > b->u);
}

enum expression_order expression_compare(const struct expression_value *a, const struct expression_value *b)
{
    if (is_number(a) && is_number(b))
        return compare_numbers(a, b);
    if (a->kind != b->kind)
        return ORDER_ERROR;
    switch (a->kind) {
    case KIND_BOOL:
        return order_of(a->b < b->b, a->b > b->b);
    case KIND_STRING:
        return compare_texts(a, b);
    case KIND_TIMESTAMP:
        if (a->i == b->i)
            return order_of(a->nanos < b->nanos, a->nanos > b->nanos);
        return order_of(a->i < b->i, a->i > b->i);
    case KIND_DURATION:
        return order_of(a->i < b->i, a->i > b->i);
    default:
        return ORDER_ERROR;
    }
}

/* ---- Equality ---- */

static bool equal_lists(const struct expression_value *a, const struct expression_value *b)
{
    if (a->list.count != b->list.count)
        return false;
    for (size_t i = 0; i < a->list.count; i++)
        if (!expression_equal(&a->list.items[i], &b->list.items[i]))
            return false;
    return true;
}

static bool equal_maps(const struct expression_value *a, const struct expression_value *b)
{
    size_t count = expression_map_count(a);
    if (count != expression_map_count(b))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct expression_value key = expression_map_key(a, i), x, y;
        expression_map_get(a, key.text.data, key.text.length, &x);
        if (!expression_map_get(b, key.text.data, key.text.length, &y) || !expression_equal(&x, &y))
            return false;
    }
    return true;
}

bool expression_equal(const struct expression_value *a, const struct expression_value *b)
{
    if (is_number(a) && is_number(b))
        return compare_numbers(a, b) == ORDER_SAME;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case KIND_NULL: return true;
    case KIND_TYPE: return a->type == b->type;
    case KIND_LIST: return equal_lists(a, b);
    case KIND_MAP:  return equal_maps(a, b);
    default:        return expression_compare(a, b) == ORDER_SAME;
    }
}

/* ---- Maps ---- */

static struct expression_value value_of_field(const struct vane_field *field)
{
    switch (field->type) {
    case VANE_FLOAT:  return (struct expression_value){ .kind = KIND_DOUBLE, .f = field->f };
    case VANE_INT:    return expression_int(field->i);
    case VANE_UINT:   return (struct expression_value){ .kind = KIND_UINT, .u = field->u };
    case VANE_BOOL:   return expression_bool(field->b);
    case VANE_STRING: return expression_text(field->s, field->length);
    }
    return expression_error("a field of an unknown type", NULL);
}

static bool is_key(const char *key, size_t length, const char *wanted, size_t wanted_length)
{
    return length == wanted_length && memcmp(key, wanted, length) == 0;
}

bool expression_map_get(const struct expression_value *map, const char *key, size_t length,
                        struct expression_value *value)
{
    const struct vane_metric *metric = map->map.metric;
    for (uint32_t i = 0; map->map.fields && i < metric->field_count; i++)
        if (is_key(metric->fields[i].key, metric->fields[i].key_length, key, length)) {
            *value = value_of_field(&metric->fields[i]);
            return true;
        }
    const struct vane_series *series = metric->series;
    for (uint32_t i = 0; !map->map.fields && i < series->tag_count; i++)
        if (is_key(series->tags[i].key, series->tags[i].key_length, key, length)) {
            *value = expression_text(series->tags[i].value, series->tags[i].value_length);
            return true;
        }
    return false;
}

size_t expression_map_count(const struct expression_value *map)
{
    return map->map.fields ? map->map.metric->field_count : map->map.metric->series->tag_count;
}

struct expression_value expression_map_key(const struct expression_value *map, size_t i)
{
    if (map->map.fields)
        return expression_text(map->map.metric->fields[i].key, map->map.metric->fields[i].key_length);
    const struct vane_tag *tag = &map->map.metric->series->tags[i];
    return expression_text(tag->key, tag->key_length);
}
