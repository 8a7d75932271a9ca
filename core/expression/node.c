/* expression_node - see node.h. */
#include "core/expression/node.h"

#include "core/expression/eval.h"
#include "core/match/regex.h"

#include "core/alloc.h"

#include <string.h>

enum { DEPTH_LIMIT = 250 }; /* what a recursion over the tree may need of the stack */

/* ---- Types ---- */

static const struct expression_type types[KIND_COUNT] = {
    [KIND_NONE] = { .kind = KIND_NONE }, /* of what is in an empty list: it goes with every type */
    [KIND_DYN] = { .kind = KIND_DYN },
    [KIND_NULL] = { .kind = KIND_NULL },
    [KIND_BOOL] = { .kind = KIND_BOOL },
    [KIND_INT] = { .kind = KIND_INT },
    [KIND_UINT] = { .kind = KIND_UINT },
    [KIND_DOUBLE] = { .kind = KIND_DOUBLE },
    [KIND_STRING] = { .kind = KIND_STRING },
    [KIND_LIST] = { .kind = KIND_LIST, .element = &types[KIND_DYN] },
    [KIND_MAP] = { .kind = KIND_MAP, .element = &types[KIND_DYN] },
    [KIND_TIMESTAMP] = { .kind = KIND_TIMESTAMP },
    [KIND_DURATION] = { .kind = KIND_DURATION },
    [KIND_TYPE] = { .kind = KIND_TYPE },
};

static const struct expression_type map_of_strings = { .kind = KIND_MAP, .element = &types[KIND_STRING] };

const struct expression_type *expression_type(enum expression_kind kind)
{
    return &types[kind];
}

bool expression_is(const struct expression_node *node, enum expression_kind kind)
{
    return node->type->kind == kind || node->type->kind == KIND_DYN;
}

/* Of what is in a list or a map. */
static const struct expression_type *element_of(const struct expression_type *type)
{
    return type->element && type->element->kind != KIND_NONE ? type->element : &types[KIND_DYN];
}

static bool is_time(const struct expression_type *type)
{
    return type->kind == KIND_TIMESTAMP || type->kind == KIND_DURATION;
}

/* Can values of both be the same? Times may be null, as in CEL's protocol buffers. */
static bool agree(const struct expression_type *a, const struct expression_type *b)
{
    if (a->kind == KIND_DYN || b->kind == KIND_DYN || a->kind == KIND_NONE || b->kind == KIND_NONE)
        return true;
    if (a->kind == KIND_NULL || b->kind == KIND_NULL)
        return a->kind == b->kind || is_time(a) || is_time(b);
    return a->kind == b->kind && (!a->element || agree(a->element, b->element));
}

static const struct expression_type *list_of(struct expression_builder *builder,
                                             const struct expression_type *element)
{
    struct expression_type *type = arena_take(builder->lexer.arena, sizeof *type);
    *type = (struct expression_type){ .kind = KIND_LIST, .element = element };
    return type;
}

/* Of a value that is of either. */
static const struct expression_type *join(struct expression_builder *builder, const struct expression_type *a,
                                          const struct expression_type *b)
{
    if (a == b || b->kind == KIND_NONE || (b->kind == KIND_NULL && is_time(a)))
        return a;
    if (a->kind == KIND_NONE || (a->kind == KIND_NULL && is_time(b)))
        return b;
    if (a->kind == KIND_LIST && b->kind == KIND_LIST)
        return list_of(builder, join(builder, a->element, b->element));
    return a->kind == b->kind && agree(a, b) ? a : &types[KIND_DYN];
}

static const char *name_of(const struct expression_node *node)
{
    return expression_kind_names[node->type->kind];
}

/* ---- Nodes ---- */

static struct expression_node *fail(struct expression_builder *builder, const char *at, const char *what)
{
    expression_fail(&builder->lexer, at, "%s", what);
    return NULL;
}

static struct expression_node *make(struct expression_builder *builder, enum expression_node_kind kind,
                                    const char *at, const struct expression_type *type,
                                    struct expression_node *const *args, size_t count)
{
    struct expression_node *node = arena_take(builder->lexer.arena, sizeof *node);
    *node = (struct expression_node){ .kind = kind, .type = type, .at = at, .count = count };
    node->args = arena_take_array(builder->lexer.arena, count, sizeof(struct expression_node *));
    for (size_t i = 0; i < count; i++) {
        node->args[i] = args[i];
        if (args[i]->depth >= node->depth)
            node->depth = args[i]->depth + 1;
    }
    return node->depth <= DEPTH_LIMIT ? node : fail(builder, at, "this is nested too deeply");
}

static bool all_constant(const struct expression_node *node)
{
    for (size_t i = 0; i < node->count; i++)
        if (node->args[i]->kind != NODE_CONSTANT)
            return false;
    return true;
}

/* Computes now what is constant. What fails stays as it is: it may never be evaluated. */
static struct expression_node *fold(struct expression_builder *builder, struct expression_node *node)
{
    if (!node || !all_constant(node))
        return node;
    struct expression_value value = expression_evaluate(&builder->run, node);
    if (value.kind == KIND_ERROR)
        return node;
    node->kind = NODE_CONSTANT;
    node->value = value;
    node->depth = 0;
    return node;
}

struct expression_node *expression_constant(struct expression_builder *builder, const char *at,
                                            struct expression_value value)
{
    struct expression_node *node = make(builder, NODE_CONSTANT, at, &types[value.kind], NULL, 0);
    node->value = value;
    return node;
}

static struct expression_node *type_constant(struct expression_builder *builder, const char *at,
                                             size_t length)
{
    static const struct { const char *name; enum expression_kind kind; } names[] = {
        { "bool", KIND_BOOL }, { "int", KIND_INT }, { "uint", KIND_UINT }, { "double", KIND_DOUBLE },
        { "string", KIND_STRING }, { "list", KIND_LIST }, { "map", KIND_MAP }, { "null_type", KIND_NULL },
        { "type", KIND_TYPE },
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i].name) == length && memcmp(names[i].name, at, length) == 0)
            return expression_constant(builder, at,
                                       (struct expression_value){ .kind = KIND_TYPE, .type = names[i].kind });
    return NULL;
}

struct expression_node *expression_variable(struct expression_builder *builder, const char *at, size_t length)
{
    static const struct {
        const char                   *name;
        enum expression_node_kind     kind;
        const struct expression_type *type;
    } variables[] = {
        { "name", NODE_NAME, &types[KIND_STRING] }, { "tags", NODE_TAGS, &map_of_strings },
        { "fields", NODE_FIELDS, &types[KIND_MAP] }, { "time", NODE_TIME, &types[KIND_TIMESTAMP] },
    };
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        if (strlen(variables[i].name) != length || memcmp(variables[i].name, at, length) != 0)
            continue;
        builder->expression->of_metric |= variables[i].kind == NODE_FIELDS || variables[i].kind == NODE_TIME;
        return make(builder, variables[i].kind, at, variables[i].type, NULL, 0);
    }
    struct expression_node *type = type_constant(builder, at, length);
    if (!type)
        expression_fail(&builder->lexer, at, "there is no '%.*s': expected name, tags, fields or time",
                        (int)length, at);
    return type;
}

struct expression_node *expression_local(struct expression_builder *builder, const char *at, size_t slot,
                                         const struct expression_type *type)
{
    struct expression_node *node = make(builder, NODE_LOCAL, at, type, NULL, 0);
    node->slot = slot;
    return node;
}

struct expression_node *expression_list(struct expression_builder *builder, const char *at,
                                        struct expression_node **items, size_t count)
{
    const struct expression_type *element = count ? items[0]->type : &types[KIND_NONE];
    for (size_t i = 1; i < count; i++)
        element = join(builder, element, items[i]->type);
    return fold(builder, make(builder, NODE_LIST, at, list_of(builder, element), items, count));
}

struct expression_node *expression_select(struct expression_builder *builder, const char *at, size_t length,
                                          struct expression_node *of)
{
    if (!expression_is(of, KIND_MAP)) {
        expression_fail(&builder->lexer, at, "a %s has no '%.*s'", name_of(of), (int)length, at);
        return NULL;
    }
    struct expression_node *node = make(builder, NODE_SELECT, at, element_of(of->type), &of, 1);
    if (node)
        node->value = expression_text(arena_text(builder->lexer.arena, at, length), length);
    return node;
}

struct expression_node *expression_has(struct expression_builder *builder, struct expression_node *select)
{
    if (select->kind != NODE_SELECT)
        return fail(builder, select->at, "has() wants one key of a map: has(tags.host), has(fields.value)");
    select->kind = NODE_HAS;
    select->type = &types[KIND_BOOL];
    return select;
}

/* ---- Operators ---- */

static const struct expression_type *disagree(struct expression_builder *builder, const char *at,
                                              const char *what, const struct expression_node *a,
                                              const struct expression_node *b)
{
    expression_fail(&builder->lexer, at, "no %s of %s and %s", what, name_of(a), name_of(b));
    return NULL;
}

static const struct expression_type *type_of_logic(struct expression_builder *builder,
                                                   struct expression_node *const *args)
{
    for (size_t i = 0; i < 2; i++)
        if (!expression_is(args[i], KIND_BOOL)) {
            expression_fail(&builder->lexer, args[i]->at, "expected a bool, not a %s", name_of(args[i]));
            return NULL;
        }
    return &types[KIND_BOOL];
}

static const struct expression_type *type_of_condition(struct expression_builder *builder, const char *at,
                                                       struct expression_node *const *args)
{
    if (!expression_is(args[0], KIND_BOOL)) {
        expression_fail(&builder->lexer, args[0]->at, "expected a bool before the ?, not a %s",
                        name_of(args[0]));
        return NULL;
    }
    if (!agree(args[1]->type, args[2]->type))
        return disagree(builder, at, "choice", args[1], args[2]);
    return join(builder, args[1]->type, args[2]->type);
}

static bool is_number(const struct expression_type *type)
{
    return type->kind == KIND_INT || type->kind == KIND_UINT || type->kind == KIND_DOUBLE;
}

static bool has_order(const struct expression_type *type)
{
    return type->kind != KIND_NULL && type->kind != KIND_LIST && type->kind != KIND_MAP
        && type->kind != KIND_TYPE;
}

static const struct expression_type *type_of_comparison(struct expression_builder *builder, bool order,
                                                        const char *at, struct expression_node *const *args)
{
    const struct expression_type *a = args[0]->type, *b = args[1]->type;
    bool numbers = order && is_number(a) && is_number(b); /* 1 < 1.5, as the language definition has it */
    if ((!agree(a, b) && !numbers) || (order && (!has_order(a) || !has_order(b))))
        return disagree(builder, at, "comparison", args[0], args[1]);
    return &types[KIND_BOOL];
}

/* What can be looked up in a list or a map: its place or its key. */
static const struct expression_type *type_of_index(struct expression_builder *builder, const char *at,
                                                   struct expression_node *const *args)
{
    const struct expression_type *of = args[0]->type;
    if (of->kind == KIND_DYN)
        return of;
    bool list = of->kind == KIND_LIST && expression_is(args[1], KIND_INT);
    bool map = of->kind == KIND_MAP && expression_is(args[1], KIND_STRING);
    return list || map ? element_of(of) : disagree(builder, at, "lookup", args[0], args[1]);
}

static const struct expression_type *type_of_in(struct expression_builder *builder, const char *at,
                                                struct expression_node *const *args)
{
    const struct expression_type *in = args[1]->type;
    bool list = in->kind == KIND_LIST && agree(args[0]->type, in->element);
    bool map = in->kind == KIND_MAP && expression_is(args[0], KIND_STRING);
    return list || map || in->kind == KIND_DYN ? &types[KIND_BOOL]
                                               : disagree(builder, at, "'in'", args[0], args[1]);
}

static const struct expression_type *type_of_operation(struct expression_builder *builder,
                                                       enum expression_node_kind kind, const char *at,
                                                       struct expression_node *const *args)
{
    switch (kind) {
    case NODE_AND: case NODE_OR:          return type_of_logic(builder, args);
    case NODE_CONDITION:                  return type_of_condition(builder, at, args);
    case NODE_EQUAL: case NODE_NOT_EQUAL: return type_of_comparison(builder, false, at, args);
    case NODE_INDEX:                      return type_of_index(builder, at, args);
    case NODE_IN:                         return type_of_in(builder, at, args);
    default:                              return type_of_comparison(builder, true, at, args);
    }
}

struct expression_node *expression_operation(struct expression_builder *builder,
                                             enum expression_node_kind kind, const char *at,
                                             struct expression_node *a, struct expression_node *b,
                                             struct expression_node *c)
{
    struct expression_node *args[] = { a, b, c };
    const struct expression_type *type = type_of_operation(builder, kind, at, args);
    return type ? fold(builder, make(builder, kind, at, type, args, c ? 3 : 2)) : NULL;
}

/* ---- Loops ---- */

const struct expression_type *expression_loop_type(struct expression_builder *builder,
                                                   const struct expression_node *range)
{
    switch (range->type->kind) {
    case KIND_LIST: case KIND_DYN: return element_of(range->type);
    case KIND_MAP:                 return &types[KIND_STRING];
    default:
        expression_fail(&builder->lexer, range->at, "expected a list or a map to go over, not a %s",
                        name_of(range));
        return NULL;
    }
}

struct expression_node *expression_loop(struct expression_builder *builder, enum expression_node_kind kind,
                                        const char *at, size_t slot, struct expression_node *range,
                                        struct expression_node *condition, struct expression_node *result)
{
    if (condition && !expression_is(condition, KIND_BOOL)) {
        expression_fail(&builder->lexer, condition->at, "expected a bool, not a %s", name_of(condition));
        return NULL;
    }
    const struct expression_type *type = &types[KIND_BOOL];
    if (kind == NODE_MAP)
        type = list_of(builder, result->type);
    else if (kind == NODE_FILTER)
        type = list_of(builder, expression_loop_type(builder, range));
    if (!condition)
        condition = expression_constant(builder, at, expression_bool(true));
    struct expression_node *args[] = { range, condition, result };
    struct expression_node *node = make(builder, kind, at, type, args, result ? 3 : 2);
    if (node)
        node->slot = slot;
    return node;
}

/* ---- Calls ---- */

static void fail_call(struct expression_builder *builder, const char *at, const char *name, size_t length,
                      struct expression_node *const *args, size_t count)
{
    struct vane_text list = { 0 };
    for (size_t i = 0; i < count; i++)
        vane_text_addf(&list, "%s%s", i ? ", " : "", name_of(args[i]));
    expression_fail(&builder->lexer, at, "no '%.*s' for (%s)", (int)length, name, count ? list.data : "");
    vane_text_release(&list);
}

static bool takes(const struct expression_overload *overload, struct expression_node *const *args,
                  size_t count)
{
    if (expression_arity(overload) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (overload->args[i] != KIND_DYN && !expression_is(args[i], overload->args[i]))
            return false;
    return true;
}

/* KIND_NONE: no row takes these; KIND_DYN: it depends. */
static enum expression_kind result_of(const struct expression_overload *overloads, size_t overload_count,
                                      struct expression_node *const *args, size_t count)
{
    enum expression_kind result = KIND_NONE;
    for (size_t i = 0; i < overload_count; i++)
        if (takes(&overloads[i], args, count))
            result = result == KIND_NONE || result == overloads[i].result ? overloads[i].result : KIND_DYN;
    return result;
}

/* matches(text, pattern): the pattern is compiled here, once. */
static struct expression_node *make_matches(struct expression_builder *builder, const char *at,
                                            struct expression_node **args, size_t count)
{
    if (count != 2 || !expression_is(args[0], KIND_STRING) || !expression_is(args[1], KIND_STRING)) {
        fail_call(builder, at, "matches", 7, args, count);
        return NULL;
    }
    const struct expression_value *text = &args[1]->value;
    if (args[1]->kind != NODE_CONSTANT || text->kind != KIND_STRING)
        return fail(builder, args[1]->at, "the pattern of matches() is to be a constant text");
    struct error err;
    struct automaton *pattern = regex_new(text->text.data, text->text.length, &err);
    if (!pattern)
        return fail(builder, args[1]->at, err.text);
    struct expression *expression = builder->expression;
    expression->patterns = alloc_resize(expression->patterns, expression->pattern_count + 1,
                                        sizeof(struct automaton *));
    expression->patterns[expression->pattern_count++] = pattern;
    struct expression_node *node = make(builder, NODE_MATCHES, at, &types[KIND_BOOL], args, 1);
    if (node)
        node->pattern = pattern;
    return fold(builder, node);
}

/* What is constant and cannot be converted, and time zones that are not known, are errors here already. */
static bool check_constants(struct expression_builder *builder, struct expression_node *node)
{
    const struct expression_node *zone = node->count == 2 ? node->args[1] : NULL;
    int minutes;
    if (zone && zone->kind == NODE_CONSTANT && zone->value.kind == KIND_STRING
        && node->args[0]->type->kind == KIND_TIMESTAMP
        && !expression_read_zone(zone->value.text.data, zone->value.text.length, &minutes))
        return expression_fail(&builder->lexer, zone->at, "expected the time zone as UTC or +hh:mm");
    if (!node->overloads->converts || !all_constant(node))
        return true;
    struct expression_value value = expression_evaluate(&builder->run, node);
    if (value.kind != KIND_ERROR)
        return true;
    if (value.error.detail)
        return expression_fail(&builder->lexer, node->args[0]->at, "'%s': %s", value.error.detail,
                               value.error.what);
    return expression_fail(&builder->lexer, node->args[0]->at, "%s", value.error.what);
}

static bool is_called(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && memcmp(name, wanted, length) == 0;
}

static struct expression_node *make_call(struct expression_builder *builder, const char *at, const char *name,
                                         size_t length, bool member, struct expression_node **args,
                                         size_t count)
{
    size_t overload_count, other;
    const struct expression_overload *overloads = expression_overloads(name, length, member, &overload_count);
    if (!overloads) {
        const char *hint = !expression_overloads(name, length, !member, &other) ? ""
                         : member ? ": it is called as f(x)" : ": it is called as x.f()";
        expression_fail(&builder->lexer, at, "there is no function '%.*s'%s", (int)length, name, hint);
        return NULL;
    }
    enum expression_kind result = result_of(overloads, overload_count, args, count);
    if (result == KIND_NONE) {
        fail_call(builder, at, name, length, args, count);
        return NULL;
    }
    const struct expression_type *type = &types[result];
    if (result == KIND_LIST) { /* the only function of lists that makes one joins two */
        if (!agree(args[0]->type, args[1]->type)) {
            fail_call(builder, at, name, length, args, count);
            return NULL;
        }
        type = join(builder, args[0]->type, args[1]->type);
    }
    struct expression_node *node = make(builder, NODE_CALL, at, type, args, count);
    if (!node)
        return NULL;
    node->overloads = overloads;
    node->overload_count = overload_count;
    return check_constants(builder, node) ? fold(builder, node) : NULL;
}

struct expression_node *expression_call(struct expression_builder *builder, const char *at, const char *name,
                                        size_t length, bool member, struct expression_node **args,
                                        size_t count)
{
    if (is_called(name, length, "matches"))
        return make_matches(builder, at, args, count);
    if (!member && is_called(name, length, "now") && count == 0) {
        builder->expression->of_metric = true;
        return make(builder, NODE_NOW, at, &types[KIND_TIMESTAMP], NULL, 0);
    }
    return make_call(builder, at, name, length, member, args, count);
}
