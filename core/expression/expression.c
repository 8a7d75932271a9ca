/* expression - see expression.h: life, and evaluation. Words are read in lex.c, the grammar
 * in parse.c; nodes are checked in node.c and evaluated in eval.c.
 *
 * Memory of an evaluation is kept for the next ones until there is much of it: most take none. */
#include "core/expression/expression.h"

#include "core/alloc.h"
#include "core/expression/eval.h"
#include "core/expression/parse.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_LIMIT = 1 << 16, FIRST_BLOCK = 4096, KEPT = 1 << 16 };

static bool build(struct expression *expression, const char *text, struct error *err)
{
    size_t length = strlen(text);
    if (length > TEXT_LIMIT)
        return error_set(err, "it is longer than %d bytes", TEXT_LIMIT);
    struct expression_builder builder = {
        .lexer = { .start = text, .at = text, .end = text + length, .arena = expression->arena, .err = err },
        .expression = expression,
        .run = { .memory = expression->arena, .steps = EXPRESSION_STEPS },
    };
    expression->root = expression_parse(&builder);
    if (!expression->root)
        return false;
    const struct expression_type *type = expression->root->type;
    if (type->kind == KIND_DYN)
        return error_set(err,
                         "it may be anything, where a bool is wanted: compare it, as in fields.on == true");
    return type->kind == KIND_BOOL || error_set(err, "it is a %s, where a bool is wanted",
                                                expression_kind_names[type->kind]);
}

struct expression *expression_new(const char *text, struct error *err)
{
    struct expression *expression = alloc_zero(sizeof *expression);
    expression->arena = arena_new(FIRST_BLOCK);
    if (build(expression, text, err))
        return expression;
    expression_free(expression);
    return NULL;
}

void expression_free(struct expression *expression)
{
    if (!expression)
        return;
    for (size_t i = 0; i < expression->pattern_count; i++)
        automaton_free(expression->patterns[i]);
    free(expression->patterns);
    arena_unref(expression->arena);
    arena_unref(expression->run.memory);
    free(expression);
}

bool expression_of_series(const struct expression *expression)
{
    return !expression->of_metric;
}

static void tidy(struct expression_run *run)
{
    if (run->taken == 0 || arena_bytes(run->memory) < KEPT)
        return;
    arena_unref(run->memory);
    run->memory = NULL;
}

enum expression_answer expression_eval(struct expression *expression, const struct vane_metric *metric,
                                       int64_t now, struct error *err)
{
    struct expression_run *run = &expression->run;
    run->metric = metric;
    run->now = now;
    run->taken = 0;
    run->steps = EXPRESSION_STEPS;
    struct expression_value value = expression_evaluate(run, expression->root);
    enum expression_answer answer = EXPRESSION_ERROR;
    if (value.kind == KIND_BOOL)
        answer = value.b ? EXPRESSION_TRUE : EXPRESSION_FALSE;
    else if (value.kind == KIND_ERROR && value.error.detail)
        error_set(err, "%s: %.200s", value.error.what, value.error.detail);
    else
        error_set(err, "%s", value.kind == KIND_ERROR ? value.error.what : "no such overload");
    tidy(run);
    return answer;
}
