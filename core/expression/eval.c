/* expression_eval - walks the tree. Errors are values on the way up; only || and &&, and the loops that
 * are made of them, can go on without one. Every node that is visited counts as a step, and so does every
 * so much of a text, a list or a map that is gone through. */
#include "core/expression/eval.h"

#include <string.h>

enum { SIZE_OF_STEP = 64 }; /* bytes or items that take about as long as a node */

/* What cannot be paid any more is refused at the next node. */
static void spend(struct expression_run *run, size_t steps)
{
    run->steps -= steps < run->steps ? steps : run->steps;
}

static void spend_on(struct expression_run *run, const struct expression_value *value)
{
    if (value->kind == KIND_STRING)
        spend(run, value->text.length / SIZE_OF_STEP);
    else if (value->kind == KIND_LIST)
        spend(run, value->list.count / SIZE_OF_STEP);
    else if (value->kind == KIND_MAP)
        spend(run, expression_map_count(value) / SIZE_OF_STEP);
}

static struct expression_value map_value(const struct expression_run *run, bool fields)
{
    return (struct expression_value){ .kind = KIND_MAP, .map = { run->metric, fields } };
}

static struct expression_value timestamp_value(int64_t ns)
{
    enum { NANOS = 1000000000 };
    int64_t seconds = ns / NANOS, nanos = ns % NANOS;
    bool before = nanos < 0;
    return (struct expression_value){ .kind = KIND_TIMESTAMP, .i = seconds - before,
                                      .nanos = (int32_t)(before ? nanos + NANOS : nanos) };
}

/* ---- Logic: false && error is false, true || error is true, in either order ---- */

static struct expression_value combine(const struct expression_value *a, const struct expression_value *b,
                                       bool decides)
{
    if ((a->kind == KIND_BOOL && a->b == decides) || (b->kind == KIND_BOOL && b->b == decides))
        return expression_bool(decides);
    if (a->kind == KIND_ERROR)
        return *a;
    if (b->kind == KIND_ERROR)
        return *b;
    return a->kind == KIND_BOOL && b->kind == KIND_BOOL ? expression_bool(!decides)
                                                        : expression_no_overload();
}

static struct expression_value evaluate_logic(struct expression_run *run, const struct expression_node *node)
{
    bool decides = node->kind == NODE_OR;
    struct expression_value a = expression_evaluate(run, node->args[0]);
    if (a.kind == KIND_BOOL && a.b == decides)
        return a;
    struct expression_value b = expression_evaluate(run, node->args[1]);
    return combine(&a, &b, decides);
}

static struct expression_value evaluate_condition(struct expression_run *run,
                                                  const struct expression_node *node)
{
    struct expression_value condition = expression_evaluate(run, node->args[0]);
    if (condition.kind == KIND_BOOL)
        return expression_evaluate(run, node->args[condition.b ? 1 : 2]);
    return condition.kind == KIND_ERROR ? condition : expression_no_overload();
}

/* ---- Comparing ---- */

static struct expression_value compared(enum expression_node_kind kind, const struct expression_value *a,
                                        const struct expression_value *b)
{
    if (kind == NODE_EQUAL || kind == NODE_NOT_EQUAL)
        return expression_bool(expression_equal(a, b) == (kind == NODE_EQUAL));
    enum expression_order order = expression_compare(a, b);
    switch (order) {
    case ORDER_LESS:  return expression_bool(kind == NODE_LESS || kind == NODE_LESS_EQUAL);
    case ORDER_SAME:  return expression_bool(kind == NODE_LESS_EQUAL || kind == NODE_MORE_EQUAL);
    case ORDER_MORE:  return expression_bool(kind == NODE_MORE || kind == NODE_MORE_EQUAL);
    case ORDER_NONE:  return expression_bool(false);
    case ORDER_ERROR: break;
    }
    return expression_no_overload();
}

static struct expression_value evaluate_comparison(struct expression_run *run,
                                                   const struct expression_node *node)
{
    struct expression_value a = expression_evaluate(run, node->args[0]);
    if (a.kind == KIND_ERROR)
        return a;
    struct expression_value b = expression_evaluate(run, node->args[1]);
    if (b.kind == KIND_ERROR)
        return b;
    spend_on(run, &a);
    if (a.kind == KIND_MAP && b.kind == KIND_MAP) /* each key of the one is searched in the other */
        spend(run, expression_map_count(&a) * expression_map_count(&b) / SIZE_OF_STEP);
    return compared(node->kind, &a, &b);
}

/* ---- Maps and lists ---- */

static struct expression_value evaluate_list(struct expression_run *run, const struct expression_node *node)
{
    struct expression_value *items = expression_take(run, node->count * sizeof *items);
    if (!items)
        return expression_too_much();
    for (size_t i = 0; i < node->count; i++) {
        items[i] = expression_evaluate(run, node->args[i]);
        if (items[i].kind == KIND_ERROR)
            return items[i];
    }
    return (struct expression_value){ .kind = KIND_LIST, .list = { items, node->count } };
}

static struct expression_value evaluate_select(struct expression_run *run, const struct expression_node *node)
{
    struct expression_value of = expression_evaluate(run, node->args[0]), value;
    if (of.kind == KIND_ERROR)
        return of;
    spend_on(run, &of);
    bool found = of.kind == KIND_MAP
              && expression_map_get(&of, node->value.text.data, node->value.text.length, &value);
    if (node->kind == NODE_HAS)
        return expression_bool(found);
    return found ? value : expression_error("no such key", node->value.text.data);
}

/* A list is looked up by whole numbers of any type. */
static struct expression_value look_up(const struct expression_value *list,
                                       const struct expression_value *index)
{
    for (size_t i = 0; i < list->list.count; i++) {
        struct expression_value place = expression_int((int64_t)i);
        if (expression_equal(&place, index))
            return list->list.items[i];
    }
    return expression_error("index out of bounds", NULL);
}

static struct expression_value evaluate_index(struct expression_run *run, const struct expression_node *node)
{
    struct expression_value of = expression_evaluate(run, node->args[0]);
    if (of.kind == KIND_ERROR)
        return of;
    struct expression_value key = expression_evaluate(run, node->args[1]), value;
    if (key.kind == KIND_ERROR)
        return key;
    spend_on(run, &of);
    if (of.kind == KIND_LIST)
        return look_up(&of, &key);
    if (of.kind == KIND_MAP && key.kind == KIND_STRING
        && expression_map_get(&of, key.text.data, key.text.length, &value))
        return value;
    return expression_error("no such key", key.kind == KIND_STRING ? key.text.data : NULL);
}

static struct expression_value evaluate_in(struct expression_run *run, const struct expression_node *node)
{
    struct expression_value item = expression_evaluate(run, node->args[0]);
    if (item.kind == KIND_ERROR)
        return item;
    struct expression_value in = expression_evaluate(run, node->args[1]), value;
    if (in.kind == KIND_ERROR)
        return in;
    spend_on(run, &in);
    if (in.kind == KIND_MAP)
        return expression_bool(item.kind == KIND_STRING
                               && expression_map_get(&in, item.text.data, item.text.length, &value));
    if (in.kind != KIND_LIST)
        return expression_no_overload();
    for (size_t i = 0; i < in.list.count; i++)
        if (expression_equal(&item, &in.list.items[i]))
            return expression_bool(true);
    return expression_bool(false);
}

/* ---- Calls ---- */

static bool takes(const struct expression_overload *overload, const struct expression_value *args,
                  size_t count)
{
    if (expression_arity(overload) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (overload->args[i] != KIND_DYN && overload->args[i] != args[i].kind)
            return false;
    return true;
}

static struct expression_value evaluate_call(struct expression_run *run, const struct expression_node *node)
{
    struct expression_value args[EXPRESSION_ARGUMENTS] = { 0 };
    for (size_t i = 0; i < node->count; i++) {
        args[i] = expression_evaluate(run, node->args[i]);
        if (args[i].kind == KIND_ERROR)
            return args[i];
        spend_on(run, &args[i]);
    }
    for (size_t i = 0; i < node->overload_count; i++)
        if (takes(&node->overloads[i], args, node->count))
            return node->overloads[i].call(run, args);
    return expression_no_overload();
}

static struct expression_value evaluate_matches(struct expression_run *run,
                                                const struct expression_node *node)
{
    struct expression_value text = expression_evaluate(run, node->args[0]);
    if (text.kind != KIND_STRING)
        return text.kind == KIND_ERROR ? text : expression_no_overload();
    spend(run, text.text.length * automaton_here(node->pattern) / SIZE_OF_STEP);
    return expression_bool(automaton_match(node->pattern, text.text.data, text.text.length, true));
}

/* ---- Loops ---- */

static size_t count_of(const struct expression_value *range)
{
    return range->kind == KIND_LIST ? range->list.count : expression_map_count(range);
}

static struct expression_value item_of(const struct expression_value *range, size_t i)
{
    return range->kind == KIND_LIST ? range->list.items[i] : expression_map_key(range, i);
}

/* all: c1 && c2 && ...; exists: c1 || c2 || ... */
static struct expression_value loop_logic(struct expression_run *run, const struct expression_node *node,
                                          const struct expression_value *range)
{
    bool decides = node->kind == NODE_EXISTS;
    struct expression_value result = expression_bool(!decides);
    for (size_t i = 0; i < count_of(range); i++) {
        run->locals[node->slot] = item_of(range, i);
        struct expression_value item = expression_evaluate(run, node->args[1]);
        result = combine(&result, &item, decides);
        if (result.kind == KIND_BOOL && result.b == decides)
            break;
    }
    return result;
}

static struct expression_value loop_count(struct expression_run *run, const struct expression_node *node,
                                          const struct expression_value *range)
{
    size_t found = 0;
    for (size_t i = 0; i < count_of(range); i++) {
        run->locals[node->slot] = item_of(range, i);
        struct expression_value item = expression_evaluate(run, node->args[1]);
        if (item.kind != KIND_BOOL)
            return item.kind == KIND_ERROR ? item : expression_no_overload();
        found += item.b;
    }
    return expression_bool(found == 1);
}

static struct expression_value loop_list(struct expression_run *run, const struct expression_node *node,
                                         const struct expression_value *range)
{
    struct expression_value *items = expression_take(run, count_of(range) * sizeof *items);
    if (!items)
        return expression_too_much();
    size_t count = 0;
    for (size_t i = 0; i < count_of(range); i++) {
        run->locals[node->slot] = item_of(range, i);
        struct expression_value keep = expression_evaluate(run, node->args[1]);
        if (keep.kind != KIND_BOOL)
            return keep.kind == KIND_ERROR ? keep : expression_no_overload();
        if (!keep.b)
            continue;
        items[count] = node->kind == NODE_MAP ? expression_evaluate(run, node->args[2]) : item_of(range, i);
        if (items[count++].kind == KIND_ERROR)
            return items[count - 1];
    }
    return (struct expression_value){ .kind = KIND_LIST, .list = { items, count } };
}

static struct expression_value evaluate_loop(struct expression_run *run, const struct expression_node *node)
{
    struct expression_value range = expression_evaluate(run, node->args[0]);
    if (range.kind != KIND_LIST && range.kind != KIND_MAP)
        return range.kind == KIND_ERROR ? range
                                        : expression_error("neither a list nor a map to go over", NULL);
    switch (node->kind) {
    case NODE_ALL: case NODE_EXISTS: return loop_logic(run, node, &range);
    case NODE_EXISTS_ONE:            return loop_count(run, node, &range);
    default:                         return loop_list(run, node, &range);
    }
}

/* ---- Everything ---- */

struct expression_value expression_evaluate(struct expression_run *run, const struct expression_node *node)
{
    if (run->steps == 0)
        return expression_error("it takes too long", NULL);
    spend(run, 1);
    switch (node->kind) {
    case NODE_CONSTANT:  return node->value;
    case NODE_NAME:      return expression_text(run->metric->series->name, run->metric->series->name_length);
    case NODE_TAGS:      return map_value(run, false);
    case NODE_FIELDS:    return map_value(run, true);
    case NODE_TIME:      return timestamp_value(run->metric->time);
    case NODE_NOW:       return timestamp_value(run->now);
    case NODE_LOCAL:     return run->locals[node->slot];
    case NODE_LIST:      return evaluate_list(run, node);
    case NODE_SELECT: case NODE_HAS: return evaluate_select(run, node);
    case NODE_INDEX:     return evaluate_index(run, node);
    case NODE_CALL:      return evaluate_call(run, node);
    case NODE_MATCHES:   return evaluate_matches(run, node);
    case NODE_AND: case NODE_OR: return evaluate_logic(run, node);
    case NODE_CONDITION: return evaluate_condition(run, node);
    case NODE_IN:        return evaluate_in(run, node);
    case NODE_EQUAL: case NODE_NOT_EQUAL:
    case NODE_LESS: case NODE_LESS_EQUAL: case NODE_MORE: case NODE_MORE_EQUAL:
        return evaluate_comparison(run, node);
    case NODE_ALL: case NODE_EXISTS: case NODE_EXISTS_ONE: case NODE_FILTER: case NODE_MAP:
        return evaluate_loop(run, node);
    }
    return expression_no_overload();
}
