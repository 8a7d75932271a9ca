/* expression_lex - the words of an expression: names, numbers, texts with their escapes, operators. */
#pragma once
#include "core/arena.h"
#include "core/error.h"

#include <stdint.h>

enum expression_token_kind {
    TOKEN_END, TOKEN_NAME, TOKEN_INT, TOKEN_UINT, TOKEN_DOUBLE, TOKEN_STRING,
    TOKEN_TRUE, TOKEN_FALSE, TOKEN_NULL, TOKEN_IN, TOKEN_AND, TOKEN_OR,
    TOKEN_EQUAL, TOKEN_NOT_EQUAL, TOKEN_LESS, TOKEN_LESS_EQUAL, TOKEN_MORE, TOKEN_MORE_EQUAL,
    TOKEN_CHARACTER, /* another operator, of one character: *at */
};

struct expression_token {
    enum expression_token_kind kind;
    const char                *at; /* in the expression */
    size_t                     length;
    uint64_t                   integer; /* INT, UINT: without its sign */
    double                     number;
    const char                *text;    /* STRING: what it stands for, in the arena */
    size_t                     text_length;
};

struct expression_lexer {
    const char   *start, *at, *end;
    struct arena *arena;
    struct error *err;
};

/* Reads the next one; false: there is something that is none. */
bool expression_next(struct expression_lexer *lexer, struct expression_token *token);

/* Notes "column 12: ..."; answers false. `at` is in the expression. */
bool expression_fail(struct expression_lexer *lexer, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
