/* toml_scalar - what is written as one word without quotes: true, false, numbers; dates and times
 * are told apart here and read in toml_datetime.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/toml_internal.h"
#include "core/alloc.h"
#include "core/number.h"

/* A word and the place in it. `clean` gets what is read without underscores. */
struct word {
    const char *at, *end;
    char       *clean;
};

static bool word_is(const char *text, size_t length, const char *expected)
{
    return strlen(expected) == length && !memcmp(text, expected, length);
}

/* One digit or more, underscores only between two of them. */
static bool pass_digits(struct word *word, int base)
{
    bool after_digit = false;
    for (; word->at < word->end; word->at++) {
        bool digit = toml_digit(*word->at) < base;
        if (!digit && (*word->at != '_' || !after_digit))
            break;
        if (digit)
            *word->clean++ = *word->at;
        after_digit = digit;
    }
    return after_digit;
}

static bool pass_one_of(struct word *word, const char *set)
{
    if (word->at == word->end || !strchr(set, *word->at))
        return false;
    *word->clean++ = *word->at++;
    return true;
}

/* Why a word that starts as a number is none. */
static const char *number_fault(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool between = i > 0 && i + 1 < length && toml_digit(text[i - 1]) != TOML_NO_DIGIT &&
                       toml_digit(text[i + 1]) != TOML_NO_DIGIT;
        if (text[i] == '.' && !between)
            return "is not a number: expected digits before and after the point";
        if (text[i] == '_' && !between)
            return "is not a number: '_' stands only between two digits";
    }
    return "is not a number (text needs quotes)";
}

/* ---- Integers ---- */
static bool to_integer(const char *digits, int base, bool negative, int64_t *integer)
{
    int64_t sum = 0;
    for (; *digits; digits++) {
        int digit = toml_digit(*digits);
        if (__builtin_mul_overflow(sum, base, &sum) ||
            __builtin_add_overflow(sum, negative ? -digit : digit, &sum))
            return false;
    }
    *integer = sum;
    return true;
}

/* Returns what is wrong with the word, or NULL; so do the next ones. `clean` has room for it all. */
static const char *read_integer(struct word *word, int base, bool negative, struct toml_value *value)
{
    const char *text = word->at, *digits = word->clean;
    if (!pass_digits(word, base) || word->at != word->end)
        return number_fault(text, (size_t)(word->end - text));
    if (base == 10 && digits[0] == '0' && digits[1])
        return "is not a number: leading zeros are not allowed";
    value->type = TOML_INT;
    if (!to_integer(digits, base, negative, &value->integer))
        return "does not fit into a 64-bit integer";
    return NULL;
}

/* ---- Floats ---- */
static bool pass_float(struct word *word)
{
    if (!pass_digits(word, 10))
        return false;
    if (pass_one_of(word, ".") && !pass_digits(word, 10))
        return false;
    if (pass_one_of(word, "eE")) {
        pass_one_of(word, "+-");
        return pass_digits(word, 10);
    }
    return true;
}

static const char *read_float(struct word *word, bool negative, struct toml_value *value)
{
    const char *text = word->at, *digits = word->clean;
    if (!pass_float(word) || word->at != word->end)
        return number_fault(text, (size_t)(word->end - text));
    if (digits[0] == '0' && toml_digit(digits[1]) < 10)
        return "is not a number: leading zeros are not allowed";
    double real;
    if (!number_read_float(digits, strlen(digits), &real))
        return "does not fit into a 64-bit float";
    value->type = TOML_FLOAT;
    value->real = negative ? -real : real;
    return NULL;
}

/* ---- Words ---- */
static bool read_special(const char *text, size_t length, bool negative, struct toml_value *value)
{
    bool infinite = word_is(text, length, "inf");
    if (!infinite && !word_is(text, length, "nan"))
        return false;
    value->type = TOML_FLOAT;
    value->real = infinite ? INFINITY : NAN;
    if (negative)
        value->real = -value->real;
    return true;
}

static int based_prefix(const char *text, size_t length)
{
    if (length < 2 || text[0] != '0')
        return 10;
    return text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : text[1] == 'b' ? 2 : 10;
}

static const char *read_number(const char *text, size_t length, char *clean, struct toml_value *value)
{
    bool sign = *text == '+' || *text == '-', negative = *text == '-';
    struct word word = {.at = text + sign, .end = text + length, .clean = clean};
    if (read_special(word.at, length - sign, negative, value))
        return NULL;
    int base = based_prefix(text, length);
    if (base != 10) {
        word.at += 2;
        return read_integer(&word, base, false, value);
    }
    bool point = memchr(text, '.', length) || memchr(text, 'e', length) || memchr(text, 'E', length);
    return point ? read_float(&word, negative, value) : read_integer(&word, 10, negative, value);
}

static bool number(struct toml_reader *reader, const char *text, size_t length, struct toml_value *value)
{
    char *clean = alloc_zero(size_add(length, 1));
    const char *wrong = read_number(text, length, clean, value);
    free(clean);
    return !wrong || toml_error(reader, reader->line, "%s %s", toml_quote(text, length).text, wrong);
}

static bool no_value(struct toml_reader *reader, const char *text, size_t length)
{
    bool capital = (length == 4 && !strncasecmp(text, "true", 4)) ||
                   (length == 5 && !strncasecmp(text, "false", 5));
    return toml_error(reader, reader->line, "expected a value, found %s (%s)", toml_quote(text, length).text,
                      capital ? "true and false are written in small letters" : "text needs quotes");
}

static size_t word_length(const struct toml_reader *reader)
{
    const char *at = reader->at;
    for (size_t bytes; (bytes = toml_printable(at, reader->end)) && !strchr(" \t,=[]{}#\"'", *at);)
        at += bytes;
    return (size_t)(at - reader->at);
}

bool toml_scalar_read(struct toml_reader *reader, struct toml_value *value)
{
    const char *text = reader->at;
    size_t length = word_length(reader);
    if (!length)
        return toml_error(reader, reader->line, "expected a value, found %s", toml_found(reader).text);
    bool datetime = toml_looks_like_datetime(text, length);
    if (datetime)
        length = toml_datetime_length(text, length, reader->end);
    reader->at += length;
    if (datetime) {
        value->type = TOML_DATETIME;
        return toml_datetime_read(reader, text, length, &value->datetime);
    }
    bool yes = word_is(text, length, "true");
    if (yes || word_is(text, length, "false")) {
        value->type = TOML_BOOL;
        value->boolean = yes;
        return true;
    }
    if (strchr("+-.0123456789", *text) || word_is(text, length, "inf") || word_is(text, length, "nan"))
        return number(reader, text, length, value);
    return no_value(reader, text, length);
}
