#include "core/format/json_read.h"

#include "core/number.h"
#include "core/match/utf8.h"

#include <stdint.h>
#include <string.h>

enum { SAFE_DIGITS = 300 }; /* so many, without an exponent, are in the range of a double */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool fail(struct json_reader *reader, const char *fault)
{
    reader->fault = fault;
    return false;
}

/* Is there a byte? */
static bool here(struct json_reader *reader)
{
    if (reader->next < reader->end)
        return true;
    reader->more = true;
    return false;
}

static void skip_space(struct json_reader *reader)
{
    const char *at = reader->next;
    while (at < reader->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    reader->next = at;
}

/* ---- Checking ---- */

static bool read_hex(struct json_reader *reader, unsigned *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++, reader->next++) {
        if (!here(reader))
            return false;
        char c = *reader->next, letter = (char)(c | 0x20);
        bool hexadecimal = letter >= 'a' && letter <= 'f';
        if (!is_digit(c) && !hexadecimal)
            return fail(reader, "\\u wants four hexadecimal digits");
        *value = *value << 4 | (unsigned)(hexadecimal ? letter - 'a' + 10 : c - '0');
    }
    return true;
}

/* Behind "\u". */
static bool skip_unicode(struct json_reader *reader)
{
    unsigned first, second;
    if (!read_hex(reader, &first))
        return false;
    if (first < 0xd800 || first > 0xdfff)
        return true;
    for (const char *c = "\\u"; *c; c++, reader->next++)
        if (!here(reader))
            return false;
        else if (first > 0xdbff || *reader->next != *c)
            return fail(reader, "half a surrogate pair stands alone");
    if (!read_hex(reader, &second))
        return false;
    return (second >= 0xdc00 && second <= 0xdfff) || fail(reader, "half a surrogate pair stands alone");
}

static bool skip_escape(struct json_reader *reader)
{
    reader->next++;
    if (!here(reader))
        return false;
    if (!*reader->next || !strchr("\"\\/bfnrtu", *reader->next))
        return fail(reader, "there is no such escape");
    return *reader->next++ != 'u' || skip_unicode(reader);
}

/* Over the characters that need no look. */
static void skip_plain(struct json_reader *reader)
{
    const char *at = reader->next;
    while (at < reader->end && *at >= ' ' && *at <= '~' && *at != '"' && *at != '\\')
        at++;
    reader->next = at;
}

static bool skip_string(struct json_reader *reader)
{
    reader->next++;
    for (skip_plain(reader); here(reader); skip_plain(reader)) {
        unsigned char c = (unsigned char)*reader->next;
        if (c == '"') {
            reader->next++;
            return true;
        }
        if (c < 0x20)
            return fail(reader, "a string holds a control character, or is not closed");
        if (c == '\\') {
            if (!skip_escape(reader))
                return false;
            continue;
        }
        size_t length = utf8_sequence(reader->next, reader->end);
        if (!length)
            return fail(reader, "a string is not UTF-8");
        reader->next += length;
    }
    return false;
}

/* One digit at least. */
static bool skip_digits(struct json_reader *reader)
{
    if (!here(reader))
        return false;
    if (!is_digit(*reader->next))
        return fail(reader, "a digit is missing");
    while (reader->next < reader->end && is_digit(*reader->next))
        reader->next++;
    return true;
}

static bool stands(const struct json_reader *reader, char a, char b)
{
    return reader->next < reader->end && (*reader->next == a || *reader->next == b);
}

static bool skip_number(struct json_reader *reader)
{
    const char *start = reader->next;
    reader->next += *start == '-';
    bool zero = stands(reader, '0', '0');
    if (!skip_digits(reader))
        return false;
    if (zero && reader->next - start > 1 + (*start == '-'))
        return fail(reader, "a number begins with 0");
    if (stands(reader, '.', '.')) {
        reader->next++;
        if (!skip_digits(reader))
            return false;
    }
    bool exponent = stands(reader, 'e', 'E');
    if (exponent) {
        reader->next++;
        reader->next += stands(reader, '+', '-');
        if (!skip_digits(reader))
            return false;
    }
    double value;
    if ((exponent || reader->next - start > SAFE_DIGITS) && !number_scan_float(start, reader->next, &value))
        return fail(reader, "a number is out of range");
    return true;
}

static bool skip_word(struct json_reader *reader, const char *word)
{
    for (; *word; word++, reader->next++)
        if (!here(reader))
            return false;
        else if (*reader->next != *word)
            return fail(reader, "a value is missing");
    return true;
}

static bool skip_members(struct json_reader *reader, char close);

static bool skip_value(struct json_reader *reader)
{
    skip_space(reader);
    if (!here(reader))
        return false;
    switch (*reader->next) {
    case '{': return skip_members(reader, '}');
    case '[': return skip_members(reader, ']');
    case '"': return skip_string(reader);
    case 't': return skip_word(reader, "true");
    case 'f': return skip_word(reader, "false");
    case 'n': return skip_word(reader, "null");
    default:  break;
    }
    if (*reader->next == '-' || is_digit(*reader->next))
        return skip_number(reader);
    return fail(reader, "a value is missing");
}

static bool skip_member(struct json_reader *reader, bool named)
{
    skip_space(reader);
    if (!here(reader))
        return false;
    if (named) {
        if (*reader->next != '"')
            return fail(reader, "a key in quotes is missing");
        if (!skip_string(reader))
            return false;
        skip_space(reader);
        if (!here(reader))
            return false;
        if (*reader->next != ':')
            return fail(reader, "':' is missing behind a key");
        reader->next++;
    }
    return skip_value(reader);
}

/* Of an object or array, whose bracket is next. */
static bool skip_members(struct json_reader *reader, char close)
{
    if (++reader->depth > JSON_DEPTH)
        return fail(reader, "it is nested too deeply");
    reader->next++;
    skip_space(reader);
    bool first = true;
    for (; here(reader) && *reader->next != close; first = false, skip_space(reader)) {
        if (!first && *reader->next != ',')
            return fail(reader, close == '}' ? "',' or '}' is missing" : "',' or ']' is missing");
        reader->next += !first;
        if (!skip_member(reader, close == '}'))
            return false;
    }
    if (reader->more)
        return false;
    reader->next++;
    reader->depth--;
    return true;
}

bool json_skip(struct json_reader *reader)
{
    return skip_value(reader);
}

/* ---- Walking ---- */

char json_peek(struct json_reader *reader)
{
    skip_space(reader);
    return reader->next < reader->end ? *reader->next : '\0';
}

static bool at_value(struct json_reader *reader)
{
    char c = json_peek(reader);
    reader->next += c == '}' || c == ']';
    return c != '}' && c != ']';
}

bool json_enter(struct json_reader *reader)
{
    json_peek(reader);
    reader->next++;
    return at_value(reader);
}

bool json_more(struct json_reader *reader)
{
    if (!at_value(reader))
        return false;
    reader->next++;
    return true;
}

struct json_string json_string(struct json_reader *reader)
{
    json_peek(reader);
    struct json_string string = { .text = reader->next + 1 };
    const char *at = string.text;
    for (; *at != '"'; at++)
        if (*at == '\\') {
            string.escaped = true;
            at++;
        }
    string.length = (size_t)(at - string.text);
    reader->next = at + 1;
    return string;
}

struct json_string json_key(struct json_reader *reader)
{
    struct json_string key = json_string(reader);
    json_peek(reader);
    reader->next++;
    return key;
}

struct json_string json_number(struct json_reader *reader)
{
    json_peek(reader);
    struct json_string number = { .text = reader->next };
    while (reader->next < reader->end && (is_digit(*reader->next) || strchr("+-.eE", *reader->next)))
        reader->next++;
    number.length = (size_t)(reader->next - number.text);
    return number;
}

static unsigned hex(const char *at)
{
    struct json_reader reader = { at, at + 4, NULL, false, 0 };
    unsigned value = 0;
    read_hex(&reader, &value);
    return value;
}

/* `at` stands behind "\u"; answers where the escape ends. */
static const char *unescape_unicode(const char *at, char **out)
{
    unsigned rune = hex(at);
    at += 4;
    if (rune >= 0xd800 && rune <= 0xdbff) {
        rune = 0x10000 + ((rune - 0xd800) << 10) + (hex(at + 2) - 0xdc00);
        at += 6;
    }
    *out += utf8_write(*out, rune);
    return at;
}

size_t json_unescape(const struct json_string *string, char *out)
{
    static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
    if (!string->escaped) {
        memcpy(out, string->text, string->length);
        return string->length;
    }
    char *start = out;
    for (const char *at = string->text, *end = at + string->length; at < end;) {
        if (*at != '\\') {
            *out++ = *at++;
        } else if (at[1] == 'u') {
            at = unescape_unicode(at + 2, &out);
        } else {
            const char *letter = strchr(letters, at[1]);
            *out++ = letter ? values[letter - letters] : at[1];
            at += 2;
        }
    }
    return (size_t)(out - start);
}
