/* expression_parse - the grammar of CEL, from left to right, one word ahead.
 *
 *     choice     = or [ "?" or ":" choice ]
 *     or         = and { "||" and }              and  = relation { "&&" relation }
 *     relation   = sum { ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" ) sum }
 *     sum        = product { ( "+" | "-" ) product }
 *     product    = unary { ( "*" | "/" | "%" ) unary }
 *     unary      = { "!" } member | { "-" } member
 *     member     = primary { "." name [ "(" arguments ")" ] | "[" choice "]" }
 *     primary    = literal | name [ "(" arguments ")" ] | "(" choice ")" | "[" [ items ] "]"
 */
#include "core/expression/parse.h"

#include <string.h>

enum { DEPTH_LIMIT = 64, FIRST_ITEMS = 4 };

/* A variable of a loop around what is read. */
struct local {
    const char                   *name;
    size_t                        length;
    const struct expression_type *type;
};

struct parser {
    struct expression_builder *builder;
    struct expression_token   token; /* the next one, not taken yet */
    int                       depth;
    struct local              locals[EXPRESSION_LOOPS];
    size_t                    local_count;
};

static struct expression_node *read_choice(struct parser *parser); /* the grammar is recursive */

/* ---- Words ---- */

static bool advance(struct parser *parser)
{
    return expression_next(&parser->builder->lexer, &parser->token);
}

static bool is_character(const struct parser *parser, char c)
{
    return parser->token.kind == TOKEN_CHARACTER && *parser->token.at == c;
}

static struct expression_node *fail_expected(struct parser *parser, const char *what)
{
    const struct expression_token *token = &parser->token;
    if (token->kind == TOKEN_END)
        expression_fail(&parser->builder->lexer, token->at, "expected %s, not the end", what);
    else
        expression_fail(&parser->builder->lexer, token->at, "expected %s, not '%.*s'", what,
                        token->length > 40 ? 40 : (int)token->length, token->at);
    return NULL;
}

static bool expect(struct parser *parser, char c)
{
    char what[] = { '\'', c, '\'', '\0' };
    if (is_character(parser, c))
        return advance(parser);
    fail_expected(parser, what);
    return false;
}

/* ---- Lists and arguments ---- */

struct items {
    struct expression_node **items;
    size_t                   count, room;
};

static bool add_item(struct parser *parser, struct items *items, struct expression_node *item)
{
    if (!item)
        return false;
    if (items->count == items->room) {
        size_t room = items->room ? items->room * 2 : FIRST_ITEMS;
        struct expression_node **grown = arena_take_array(parser->builder->lexer.arena, room, sizeof *grown);
        if (items->count)
            memcpy(grown, items->items, items->count * sizeof *grown);
        items->items = grown;
        items->room = room;
    }
    items->items[items->count++] = item;
    return true;
}

/* "a, b, c" and what closes it. Both may be empty; a list may end with a comma. */
static bool read_arguments(struct parser *parser, struct items *items)
{
    for (bool more = !is_character(parser, ')'); more;) {
        if (!add_item(parser, items, read_choice(parser)))
            return false;
        more = is_character(parser, ',');
        if (more && !advance(parser))
            return false;
    }
    return expect(parser, ')');
}

static struct expression_node *read_list(struct parser *parser)
{
    struct items items = { 0 };
    const char *at = parser->token.at;
    if (!advance(parser))
        return NULL;
    for (bool more = true; more && !is_character(parser, ']');) {
        if (!add_item(parser, &items, read_choice(parser)))
            return NULL;
        more = is_character(parser, ',');
        if (more && !advance(parser))
            return NULL;
    }
    return expect(parser, ']') ? expression_list(parser->builder, at, items.items, items.count) : NULL;
}

/* ---- Names ---- */

static bool is_word(const struct expression_token *token, const char *word)
{
    return token->kind == TOKEN_NAME && strlen(word) == token->length
        && memcmp(word, token->at, token->length) == 0;
}

static struct expression_node *find_name(struct parser *parser, const struct expression_token *name)
{
    for (size_t i = parser->local_count; i > 0; i--) {
        const struct local *local = &parser->locals[i - 1];
        if (local->length == name->length && memcmp(local->name, name->at, name->length) == 0)
            return expression_local(parser->builder, name->at, i - 1, local->type);
    }
    return expression_variable(parser->builder, name->at, name->length);
}

/* Behind the '(' of has(). */
static struct expression_node *read_has(struct parser *parser)
{
    struct expression_node *key = read_choice(parser);
    return key && expect(parser, ')') ? expression_has(parser->builder, key) : NULL;
}

/* "math" "." name "(": the function is called math.name. */
static struct expression_node *read_math(struct parser *parser)
{
    struct items arguments = { 0 };
    if (!advance(parser))
        return NULL;
    struct expression_token name = parser->token;
    if (name.kind != TOKEN_NAME)
        return fail_expected(parser, "a function of math");
    if (!advance(parser) || !expect(parser, '(') || !read_arguments(parser, &arguments))
        return NULL;
    size_t length = strlen("math.") + name.length;
    char *full = arena_take(parser->builder->lexer.arena, length + 1);
    memcpy(full, "math.", strlen("math."));
    memcpy(full + strlen("math."), name.at, name.length);
    full[length] = '\0';
    return expression_call(parser->builder, name.at, full, length, false, arguments.items, arguments.count);
}

static struct expression_node *read_name(struct parser *parser)
{
    struct items arguments = { 0 };
    struct expression_token name = parser->token;
    if (!advance(parser))
        return NULL;
    if (is_word(&name, "math") && is_character(parser, '.'))
        return read_math(parser);
    if (!is_character(parser, '('))
        return find_name(parser, &name);
    if (!advance(parser))
        return NULL;
    if (is_word(&name, "has"))
        return read_has(parser);
    if (!read_arguments(parser, &arguments))
        return NULL;
    return expression_call(parser->builder, name.at, name.at, name.length, false, arguments.items,
                           arguments.count);
}

/* ---- Values ---- */

static struct expression_node *read_int(struct parser *parser, bool negative)
{
    const struct expression_token *token = &parser->token;
    uint64_t most = (uint64_t)INT64_MAX + negative;
    if (token->integer > most) {
        expression_fail(&parser->builder->lexer, token->at, "this int does not fit into 64 bits");
        return NULL;
    }
    int64_t value = negative ? (int64_t)(0 - token->integer) : (int64_t)token->integer;
    return expression_constant(parser->builder, token->at, expression_int(value));
}

static struct expression_node *read_literal(struct parser *parser, bool negative)
{
    const struct expression_token *token = &parser->token;
    struct expression_value value = { .kind = KIND_NULL };
    switch (token->kind) {
    case TOKEN_INT:
        return read_int(parser, negative);
    case TOKEN_UINT:
        value = (struct expression_value){ .kind = KIND_UINT, .u = token->integer };
        break;
    case TOKEN_DOUBLE:
        value = (struct expression_value){ .kind = KIND_DOUBLE,
                                           .f = negative ? -token->number : token->number };
        break;
    case TOKEN_STRING:
        value = expression_text(token->text, token->text_length);
        break;
    case TOKEN_TRUE: case TOKEN_FALSE:
        value = expression_bool(token->kind == TOKEN_TRUE);
        break;
    case TOKEN_NULL:
        break;
    default:
        return fail_expected(parser, "a value");
    }
    return expression_constant(parser->builder, token->at, value);
}

static struct expression_node *read_primary(struct parser *parser, bool negative)
{
    if (parser->token.kind == TOKEN_NAME)
        return read_name(parser);
    if (is_character(parser, '['))
        return read_list(parser);
    if (is_character(parser, '(')) {
        struct expression_node *inner = advance(parser) ? read_choice(parser) : NULL;
        return inner && expect(parser, ')') ? inner : NULL;
    }
    struct expression_node *literal = read_literal(parser, negative);
    return literal && advance(parser) ? literal : NULL;
}

/* ---- Loops: x.exists(v, condition) ---- */

static bool is_loop(const struct expression_token *name, enum expression_node_kind *kind)
{
    static const struct { const char *name; enum expression_node_kind kind; } loops[] = {
        { "all", NODE_ALL }, { "exists", NODE_EXISTS }, { "exists_one", NODE_EXISTS_ONE },
        { "filter", NODE_FILTER }, { "map", NODE_MAP },
    };
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++)
        if (is_word(name, loops[i].name)) {
            *kind = loops[i].kind;
            return true;
        }
    return false;
}

static bool open_loop(struct parser *parser, const struct expression_node *range)
{
    struct local local = { .name = parser->token.at, .length = parser->token.length,
                           .type = expression_loop_type(parser->builder, range) };
    if (!local.type)
        return false;
    if (parser->token.kind != TOKEN_NAME) {
        fail_expected(parser, "the name of a variable");
        return false;
    }
    if (parser->local_count == EXPRESSION_LOOPS)
        return expression_fail(&parser->builder->lexer, local.name, "more than %d loops in each other",
                               EXPRESSION_LOOPS);
    if (!advance(parser) || !expect(parser, ','))
        return false;
    parser->locals[parser->local_count++] = local;
    return true;
}

/* Behind the '('. map(v, e) or map(v, c, e); the others have a condition only. */
static struct expression_node *read_loop(struct parser *parser, enum expression_node_kind kind,
                                         const char *at, struct expression_node *range)
{
    if (!open_loop(parser, range))
        return NULL;
    struct expression_node *condition = read_choice(parser), *result = NULL;
    if (condition && kind == NODE_MAP) {
        bool both = is_character(parser, ',');
        result = !both ? condition : advance(parser) ? read_choice(parser) : NULL;
        condition = both ? condition : NULL;
        if (!result)
            return NULL;
    } else if (!condition)
        return NULL;
    size_t slot = --parser->local_count;
    return expect(parser, ')') ? expression_loop(parser->builder, kind, at, slot, range, condition, result)
                               : NULL;
}

/* ---- Operators, from those that bind most ---- */

/* Behind the point. */
static struct expression_node *read_selection(struct parser *parser, struct expression_node *of)
{
    struct expression_token name = parser->token;
    enum expression_node_kind loop;
    struct items arguments = { 0 };
    if (name.kind != TOKEN_NAME)
        return fail_expected(parser, "a name");
    if (!advance(parser))
        return NULL;
    if (!is_character(parser, '('))
        return expression_select(parser->builder, name.at, name.length, of);
    if (!advance(parser))
        return NULL;
    if (is_loop(&name, &loop))
        return read_loop(parser, loop, name.at, of);
    if (!add_item(parser, &arguments, of) || !read_arguments(parser, &arguments))
        return NULL;
    return expression_call(parser->builder, name.at, name.at, name.length, true, arguments.items,
                           arguments.count);
}

static struct expression_node *read_index(struct parser *parser, const char *at, struct expression_node *of)
{
    struct expression_node *index = read_choice(parser);
    return index && expect(parser, ']')
         ? expression_operation(parser->builder, NODE_INDEX, at, of, index, NULL) : NULL;
}

static struct expression_node *read_member(struct parser *parser, bool negative)
{
    struct expression_node *node = read_primary(parser, negative);
    while (node && (is_character(parser, '.') || is_character(parser, '['))) {
        const char *at = parser->token.at;
        if (!advance(parser))
            return NULL;
        node = *at == '.' ? read_selection(parser, node) : read_index(parser, at, node);
    }
    return node;
}

static bool count_signs(struct parser *parser, char sign, size_t *count)
{
    for (*count = 0; is_character(parser, sign); ++*count)
        if (!advance(parser))
            return false;
    return true;
}

/* Two signs of a kind undo each other; the last '-' before a number belongs to it. */
static struct expression_node *read_unary(struct parser *parser)
{
    const char *at = parser->token.at;
    size_t nots, minuses;
    if (!count_signs(parser, '!', &nots) || !count_signs(parser, '-', &minuses))
        return NULL;
    bool negative = minuses && (parser->token.kind == TOKEN_INT || parser->token.kind == TOKEN_DOUBLE);
    minuses -= negative;
    if (nots && minuses)
        return fail_expected(parser, "a bool");
    struct expression_node *node = read_member(parser, negative);
    if (node && nots % 2)
        return expression_call(parser->builder, at, "!", 1, false, &node, 1);
    if (node && minuses % 2)
        return expression_call(parser->builder, at, "-x", 2, false, &node, 1);
    return node;
}

static struct expression_node *read_product(struct parser *parser)
{
    struct expression_node *node = read_unary(parser);
    while (node && (is_character(parser, '*') || is_character(parser, '/') || is_character(parser, '%'))) {
        const char *at = parser->token.at;
        struct expression_node *args[] = { node, advance(parser) ? read_unary(parser) : NULL };
        node = args[1] ? expression_call(parser->builder, at, at, 1, false, args, 2) : NULL;
    }
    return node;
}

static struct expression_node *read_sum(struct parser *parser)
{
    struct expression_node *node = read_product(parser);
    while (node && (is_character(parser, '+') || is_character(parser, '-'))) {
        const char *at = parser->token.at;
        struct expression_node *args[] = { node, advance(parser) ? read_product(parser) : NULL };
        node = args[1] ? expression_call(parser->builder, at, at, 1, false, args, 2) : NULL;
    }
    return node;
}

static bool is_relation(const struct expression_token *token, enum expression_node_kind *kind)
{
    switch (token->kind) {
    case TOKEN_EQUAL:      *kind = NODE_EQUAL; return true;
    case TOKEN_NOT_EQUAL:  *kind = NODE_NOT_EQUAL; return true;
    case TOKEN_LESS:       *kind = NODE_LESS; return true;
    case TOKEN_LESS_EQUAL: *kind = NODE_LESS_EQUAL; return true;
    case TOKEN_MORE:       *kind = NODE_MORE; return true;
    case TOKEN_MORE_EQUAL: *kind = NODE_MORE_EQUAL; return true;
    case TOKEN_IN:         *kind = NODE_IN; return true;
    default:               return false;
    }
}

static struct expression_node *read_relation(struct parser *parser)
{
    enum expression_node_kind kind;
    struct expression_node *node = read_sum(parser);
    while (node && is_relation(&parser->token, &kind)) {
        const char *at = parser->token.at;
        struct expression_node *other = advance(parser) ? read_sum(parser) : NULL;
        node = other ? expression_operation(parser->builder, kind, at, node, other, NULL) : NULL;
    }
    return node;
}

static struct expression_node *read_and(struct parser *parser)
{
    struct expression_node *node = read_relation(parser);
    while (node && parser->token.kind == TOKEN_AND) {
        const char *at = parser->token.at;
        struct expression_node *other = advance(parser) ? read_relation(parser) : NULL;
        node = other ? expression_operation(parser->builder, NODE_AND, at, node, other, NULL) : NULL;
    }
    return node;
}

static struct expression_node *read_or(struct parser *parser)
{
    struct expression_node *node = read_and(parser);
    while (node && parser->token.kind == TOKEN_OR) {
        const char *at = parser->token.at;
        struct expression_node *other = advance(parser) ? read_and(parser) : NULL;
        node = other ? expression_operation(parser->builder, NODE_OR, at, node, other, NULL) : NULL;
    }
    return node;
}

static struct expression_node *read_rest_of_choice(struct parser *parser, struct expression_node *condition)
{
    const char *at = parser->token.at;
    struct expression_node *yes = advance(parser) ? read_or(parser) : NULL;
    struct expression_node *no = yes && expect(parser, ':') ? read_choice(parser) : NULL;
    return no ? expression_operation(parser->builder, NODE_CONDITION, at, condition, yes, no) : NULL;
}

static struct expression_node *read_choice(struct parser *parser)
{
    if (parser->depth == DEPTH_LIMIT) {
        expression_fail(&parser->builder->lexer, parser->token.at, "this is nested too deeply");
        return NULL;
    }
    parser->depth++;
    struct expression_node *node = read_or(parser);
    if (node && is_character(parser, '?'))
        node = read_rest_of_choice(parser, node);
    parser->depth--;
    return node;
}


struct expression_node *expression_parse(struct expression_builder *builder)
{
    struct parser parser = { .builder = builder };
    struct expression_node *root = advance(&parser) ? read_choice(&parser) : NULL;
    if (root && parser.token.kind != TOKEN_END)
        return fail_expected(&parser, "an operator or the end");
    return root;
}
