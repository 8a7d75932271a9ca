/* expression_node - the tree of an expression: each node is checked against the types of its parts when it
 * is made, and becomes a constant where all its parts are.
 *
 * Types are known as far as CEL knows them: fields are dyn, which goes with everything, and is
 * checked when it is evaluated. The functions that make nodes answer NULL when they have noted an error.
 */
#pragma once
#include "core/match/automaton.h"
#include "core/expression/functions.h"
#include "core/expression/lex.h"

enum expression_node_kind {
    NODE_CONSTANT, NODE_NAME, NODE_TAGS, NODE_FIELDS, NODE_TIME, NODE_NOW, NODE_LOCAL,
    NODE_LIST, NODE_SELECT, NODE_HAS, NODE_INDEX, NODE_CALL, NODE_MATCHES,
    NODE_AND, NODE_OR, NODE_CONDITION, NODE_EQUAL, NODE_NOT_EQUAL,
    NODE_LESS, NODE_LESS_EQUAL, NODE_MORE, NODE_MORE_EQUAL, NODE_IN,
    NODE_ALL, NODE_EXISTS, NODE_EXISTS_ONE, NODE_FILTER, NODE_MAP,
};

struct expression_type {
    enum expression_kind          kind;
    const struct expression_type *element; /* of a list; of a map: of its values, keys are strings */
};

struct expression_node {
    enum expression_node_kind         kind;
    int                               depth; /* of the tree below */
    const struct expression_type     *type;
    const char                       *at;    /* in the expression */
    struct expression_value           value; /* CONSTANT; SELECT, HAS: the key */
    struct expression_node          **args;  /* loops: what they go over, the condition, what map makes */
    size_t                            count;
    const struct expression_overload *overloads; /* CALL */
    size_t                            overload_count;
    const struct automaton           *pattern;   /* MATCHES */
    size_t                            slot;      /* LOCAL; loops: of their variable */
};

/* A compiled expression, and what it is evaluated with. */
struct expression {
    struct arena           *arena;
    struct expression_node *root;
    struct automaton      **patterns;
    size_t                  pattern_count;
    bool                    of_metric; /* it needs more than name and tags */
    struct expression_run   run;
};

struct expression_builder {
    struct expression_lexer lexer;
    struct expression      *expression;
    struct expression_run   run; /* of constants */
};

/* Types. */
const struct expression_type *expression_type(enum expression_kind kind); /* lists and maps: of dyn */
bool expression_is(const struct expression_node *node, enum expression_kind kind); /* that kind, or dyn */

/* Nodes. `at` is where it stands, for errors. */
struct expression_node *expression_constant(struct expression_builder *builder, const char *at,
                                            struct expression_value value);
struct expression_node *expression_variable(struct expression_builder *builder, const char *at,
                                            size_t length);
struct expression_node *expression_local(struct expression_builder *builder, const char *at, size_t slot,
                                         const struct expression_type *type);
struct expression_node *expression_list(struct expression_builder *builder, const char *at,
                                        struct expression_node **items, size_t count);
struct expression_node *expression_select(struct expression_builder *builder, const char *at, size_t length,
                                          struct expression_node *of); /* at: the key */
struct expression_node *expression_has(struct expression_builder *builder, struct expression_node *select);

/* AND .. IN, INDEX and CONDITION: two parts, or three. */
struct expression_node *expression_operation(struct expression_builder *builder,
                                             enum expression_node_kind kind, const char *at,
                                             struct expression_node *a, struct expression_node *b,
                                             struct expression_node *c);

/* `name` as expression_overloads has it; member: args[0] stands before the point. */
struct expression_node *expression_call(struct expression_builder *builder, const char *at, const char *name,
                                        size_t length, bool member, struct expression_node **args,
                                        size_t count);

/* What the variable of a loop over `range` is; NULL: nothing can be gone over there. */
const struct expression_type *expression_loop_type(struct expression_builder *builder,
                                                   const struct expression_node *range);
/* condition NULL: of MAP, none; result: of MAP. */
struct expression_node *expression_loop(struct expression_builder *builder, enum expression_node_kind kind,
                                        const char *at, size_t slot, struct expression_node *range,
                                        struct expression_node *condition, struct expression_node *result);
