/* expression_lex - see lex.h; the grammar is that of CEL's language definition. */
#include "core/expression/lex.h"

#include "core/number.h"
#include "core/match/utf8.h"

#include <stdio.h>
#include <string.h>

bool expression_fail(struct expression_lexer *lexer, const char *at, const char *format, ...)
{
    size_t line = 1;
    const char *start = lexer->start;
    for (const char *c = lexer->start; c < at; c++)
        if (*c == '\n') {
            line++;
            start = c + 1;
        }
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    size_t column = utf8_count(start, (size_t)(at - start)) + 1;
    if (line > 1)
        return error_set(lexer->err, "line %zu, column %zu: %s", line, column, what);
    return error_set(lexer->err, "column %zu: %s", column, what);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool starts_with(const struct expression_lexer *lexer, const char *text)
{
    size_t length = strlen(text);
    return (size_t)(lexer->end - lexer->at) >= length && memcmp(lexer->at, text, length) == 0;
}

/* ---- Numbers ---- */

static int hex_digit(char c)
{
    char lower = (char)(c | 0x20);
    return is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool read_hex(struct expression_lexer *lexer, uint64_t *number)
{
    const char *from = lexer->at;
    for (*number = 0; lexer->at < lexer->end && hex_digit(*lexer->at) >= 0; lexer->at++) {
        if (*number >> 60)
            return false;
        *number = *number << 4 | (uint64_t)hex_digit(*lexer->at);
    }
    return lexer->at > from;
}

static void skip_digits(struct expression_lexer *lexer)
{
    while (lexer->at < lexer->end && is_digit(*lexer->at))
        lexer->at++;
}

/* Moves behind ".5" and "e-3", where they are there. */
static bool skip_fraction(struct expression_lexer *lexer)
{
    const char *from = lexer->at;
    if (lexer->end - lexer->at >= 2 && *lexer->at == '.' && is_digit(lexer->at[1])) {
        lexer->at++;
        skip_digits(lexer);
    }
    const char *mantissa_end = lexer->at;
    if (lexer->at < lexer->end && (*lexer->at == 'e' || *lexer->at == 'E')) {
        lexer->at++;
        lexer->at += lexer->at < lexer->end && (*lexer->at == '+' || *lexer->at == '-');
        const char *digits = lexer->at;
        skip_digits(lexer);
        if (lexer->at == digits)
            lexer->at = mantissa_end;
    }
    return lexer->at > from;
}

static bool read_number(struct expression_lexer *lexer, struct expression_token *token)
{
    token->kind = TOKEN_INT;
    bool fits;
    if (starts_with(lexer, "0x")) {
        lexer->at += 2;
        fits = read_hex(lexer, &token->integer);
    } else {
        skip_digits(lexer);
        const char *digits_end = lexer->at;
        if (skip_fraction(lexer)) {
            token->kind = TOKEN_DOUBLE;
            fits = number_read_float(token->at, (size_t)(lexer->at - token->at), &token->number);
        } else
            fits = number_read_uint(token->at, (size_t)(digits_end - token->at), &token->integer);
    }
    if (!fits)
        return expression_fail(lexer, token->at, "this number does not fit, or is none");
    if (token->kind == TOKEN_INT && lexer->at < lexer->end && (*lexer->at | 0x20) == 'u') {
        lexer->at++;
        token->kind = TOKEN_UINT;
    }
    return true;
}

/* ---- Texts ---- */

struct text {
    char  *data;
    size_t length;
};

/* `count` digits of that base, behind the escape's letter. */
static bool read_code(struct expression_lexer *lexer, int base, size_t count, uint32_t *rune)
{
    for (*rune = 0; count > 0; count--, lexer->at++) {
        int digit = lexer->at < lexer->end ? hex_digit(*lexer->at) : -1;
        if (digit < 0 || digit >= base)
            return false;
        *rune = *rune * (uint32_t)base + (uint32_t)digit;
    }
    return *rune <= UTF8_LAST && !(*rune >= 0xd800 && *rune <= 0xdfff);
}

/* Behind the backslash. */
static bool read_escape(struct expression_lexer *lexer, struct text *text)
{
    static const char letters[] = "abfnrtv\"'\\?`", stand_for[] = "\a\b\f\n\r\t\v\"'\\?`";
    const char *start = lexer->at - 1;
    char letter = lexer->at < lexer->end ? *lexer->at++ : '\0';
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (found) {
        text->data[text->length++] = stand_for[found - letters];
        return true;
    }
    uint32_t rune = 0;
    bool read = false;
    if (letter == 'x' || letter == 'X')
        read = read_code(lexer, 16, 2, &rune);
    else if (letter == 'u' || letter == 'U')
        read = read_code(lexer, 16, letter == 'u' ? 4 : 8, &rune);
    else if (letter >= '0' && letter <= '3') {
        lexer->at--;
        read = read_code(lexer, 8, 3, &rune);
    }
    if (!read)
        return expression_fail(lexer, start, "this escape is none of \\n \\t \\\" \\x41 \\u20ac \\101 ...; "
                                             "r'...' takes backslashes as they are");
    text->length += utf8_write(text->data + text->length, rune);
    return true;
}

/* One quote, or three: then line breaks may stand in it. */
static bool read_string(struct expression_lexer *lexer, struct expression_token *token, bool raw)
{
    char quote = *lexer->at;
    char three[4] = { quote, quote, quote, '\0' }, one[2] = { quote, '\0' };
    const char *ending = starts_with(lexer, three) ? three : one;
    lexer->at += strlen(ending);
    size_t most = (size_t)(lexer->end - lexer->at) + 1;
    struct text text = { .data = arena_take(lexer->arena, most) };
    while (lexer->at < lexer->end && !starts_with(lexer, ending)) {
        char c = *lexer->at++;
        if (ending == one && (c == '\n' || c == '\r'))
            break;
        if (c == '\\' && !raw) {
            if (!read_escape(lexer, &text))
                return false;
        } else if (c == '\r') { /* a line ends with \n, however the file writes it */
            text.data[text.length++] = '\n';
            lexer->at += lexer->at < lexer->end && *lexer->at == '\n';
        } else
            text.data[text.length++] = c;
    }
    if (!starts_with(lexer, ending))
        return expression_fail(lexer, token->at, "this text has no end: expected %s", ending);
    lexer->at += strlen(ending);
    text.data[text.length] = '\0';
    arena_extend(lexer->arena, text.data, most, text.length + 1); /* gives back the rest */
    token->kind = TOKEN_STRING;
    token->text = text.data;
    token->text_length = text.length;
    return true;
}

/* ---- Everything ---- */

static void skip_space(struct expression_lexer *lexer)
{
    while (lexer->at < lexer->end) {
        if (starts_with(lexer, "//"))
            while (lexer->at < lexer->end && *lexer->at != '\n')
                lexer->at++;
        else if (strchr(" \t\r\n\f", *lexer->at))
            lexer->at++;
        else
            return;
    }
}

static void read_name(struct expression_lexer *lexer, struct expression_token *token)
{
    static const struct { const char *word; enum expression_token_kind kind; } words[] = {
        { "true", TOKEN_TRUE }, { "false", TOKEN_FALSE }, { "null", TOKEN_NULL }, { "in", TOKEN_IN },
    };
    while (lexer->at < lexer->end && is_name(*lexer->at))
        lexer->at++;
    token->kind = TOKEN_NAME;
    size_t length = (size_t)(lexer->at - token->at);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == length && memcmp(words[i].word, token->at, length) == 0)
            token->kind = words[i].kind;
}

static bool read_operator(struct expression_lexer *lexer, struct expression_token *token)
{
    static const struct { const char *text; enum expression_token_kind kind; } operators[] = {
        { "==", TOKEN_EQUAL }, { "!=", TOKEN_NOT_EQUAL }, { "&&", TOKEN_AND }, { "||", TOKEN_OR },
        { "<=", TOKEN_LESS_EQUAL }, { ">=", TOKEN_MORE_EQUAL }, { "<", TOKEN_LESS }, { ">", TOKEN_MORE },
    };
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (starts_with(lexer, operators[i].text)) {
            token->kind = operators[i].kind;
            lexer->at += strlen(operators[i].text);
            return true;
        }
    if (!*lexer->at || !strchr("+-*/%!?:.,()[]", *lexer->at)) {
        size_t bytes = utf8_sequence(lexer->at, lexer->end);
        return expression_fail(lexer, lexer->at, "'%.*s' is no part of an expression%s", (int)bytes,
                               lexer->at, *lexer->at == '=' ? ": equality is ==" : "");
    }
    token->kind = TOKEN_CHARACTER;
    lexer->at++;
    return true;
}

static bool read_token(struct expression_lexer *lexer, struct expression_token *token)
{
    char c = lexer->at < lexer->end ? *lexer->at : '\0';
    char next = lexer->end - lexer->at >= 2 ? lexer->at[1] : '\0';
    if (lexer->at == lexer->end)
        return true;
    if (c == '"' || c == '\'')
        return read_string(lexer, token, false);
    if ((c == 'r' || c == 'R') && (next == '"' || next == '\'')) {
        lexer->at++;
        return read_string(lexer, token, true);
    }
    if ((c == 'b' || c == 'B') && (next == '"' || next == '\''))
        return expression_fail(lexer, lexer->at, "bytes are not supported");
    if (is_digit(c) || (c == '.' && is_digit(next)))
        return read_number(lexer, token);
    if (!is_name(c))
        return read_operator(lexer, token);
    read_name(lexer, token);
    return true;
}

bool expression_next(struct expression_lexer *lexer, struct expression_token *token)
{
    skip_space(lexer);
    *token = (struct expression_token){ .kind = TOKEN_END, .at = lexer->at };
    if (!read_token(lexer, token))
        return false;
    token->length = (size_t)(lexer->at - token->at);
    return true;
}
