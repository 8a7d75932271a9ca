/* expression_text - functions of texts. Places in a text are counted in code points, as in CEL. */
#include "core/expression/functions.h"

#include "core/match/utf8.h"

#include <string.h>

struct expression_value expression_copy_text(struct expression_run *run, const char *data, size_t length)
{
    char *copy = expression_take(run, length + 1);
    if (!copy)
        return expression_too_much();
    memcpy(copy, data, length);
    copy[length] = '\0';
    return expression_text(copy, length);
}

static struct expression_value size(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    switch (args[0].kind) {
    case KIND_STRING: return expression_int((int64_t)utf8_count(args[0].text.data, args[0].text.length));
    case KIND_LIST:   return expression_int((int64_t)args[0].list.count);
    default:          return expression_int((int64_t)expression_map_count(&args[0]));
    }
}

static const char *find(const struct expression_value *text, const struct expression_value *wanted)
{
    return memmem(text->text.data, text->text.length, wanted->text.data, wanted->text.length);
}

static struct expression_value contains(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return expression_bool(find(&args[0], &args[1]) != NULL);
}

static struct expression_value starts_with(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    return expression_bool(args[0].text.length >= args[1].text.length
                           && memcmp(args[0].text.data, args[1].text.data, args[1].text.length) == 0);
}

static struct expression_value ends_with(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    if (args[0].text.length < args[1].text.length)
        return expression_bool(false);
    const char *tail = args[0].text.data + args[0].text.length - args[1].text.length;
    return expression_bool(memcmp(tail, args[1].text.data, args[1].text.length) == 0);
}

/* Flips the case of the letters from `first` to `last`. */
static struct expression_value flip(struct expression_run *run, const struct expression_value *text,
                                    char first, char last)
{
    char *copy = expression_take(run, text->text.length + 1);
    if (!copy)
        return expression_too_much();
    for (size_t i = 0; i < text->text.length; i++) {
        char c = text->text.data[i];
        copy[i] = c >= first && c <= last ? (char)(c ^ 0x20) : c;
    }
    copy[text->text.length] = '\0';
    return expression_text(copy, text->text.length);
}

static struct expression_value lower(struct expression_run *run, const struct expression_value *args)
{
    return flip(run, &args[0], 'A', 'Z');
}

static struct expression_value upper(struct expression_run *run, const struct expression_value *args)
{
    return flip(run, &args[0], 'a', 'z');
}

/* Unicode's White_Space. */
static bool is_space(uint32_t rune)
{
    return rune == ' ' || (rune >= '\t' && rune <= '\r') || rune == 0x85 || rune == 0xa0 || rune == 0x1680
        || (rune >= 0x2000 && rune <= 0x200a) || rune == 0x2028 || rune == 0x2029 || rune == 0x202f
        || rune == 0x205f || rune == 0x3000;
}

static struct expression_value trim(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    const char *at = args[0].text.data, *end = at + args[0].text.length;
    const char *first = end, *behind = at;
    while (at < end) {
        const char *start = at;
        if (is_space(utf8_next(&at, end)))
            continue;
        first = first == end ? start : first;
        behind = at;
    }
    return first == end ? expression_text(first, 0) : expression_text(first, (size_t)(behind - first));
}

/* The place of the code point number `i`; NULL: there are fewer. */
static const char *place_of(const struct expression_value *text, int64_t i)
{
    const char *at = text->text.data, *end = at + text->text.length;
    for (; i > 0 && at < end; i--)
        utf8_next(&at, end);
    return i == 0 ? at : NULL;
}

static struct expression_value out_of_range(void)
{
    return expression_error("index out of range", NULL);
}

static struct expression_value char_at(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    const char *at = place_of(&args[0], args[1].i), *end = args[0].text.data + args[0].text.length;
    if (!at)
        return out_of_range();
    const char *behind = at;
    if (at < end)
        utf8_next(&behind, end);
    return expression_text(at, (size_t)(behind - at));
}

static struct expression_value index_of(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    const char *found = find(&args[0], &args[1]);
    if (!found)
        return expression_int(-1);
    return expression_int((int64_t)utf8_count(args[0].text.data, (size_t)(found - args[0].text.data)));
}

static struct expression_value substring_from(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    const char *at = place_of(&args[0], args[1].i), *end = args[0].text.data + args[0].text.length;
    return at ? expression_text(at, (size_t)(end - at)) : out_of_range();
}

static struct expression_value substring(struct expression_run *run, const struct expression_value *args)
{
    (void)run;
    const char *from = place_of(&args[0], args[1].i), *to = place_of(&args[0], args[2].i);
    return from && to && from <= to ? expression_text(from, (size_t)(to - from)) : out_of_range();
}

struct replacing {
    struct expression_run *run;
    char                  *out; /* NULL: only counting */
    size_t                 length;
};

static void put(struct replacing *replacing, const char *data, size_t length)
{
    if (replacing->out)
        memcpy(replacing->out + replacing->length, data, length);
    replacing->length += length;
}

/* An empty `old` stands before every code point and at the end. */
static void replace_all(struct replacing *replacing, const struct expression_value *args)
{
    const struct expression_value *old = &args[1], *new = &args[2];
    const char *at = args[0].text.data, *end = at + args[0].text.length;
    for (;;) {
        const char *found = memmem(at, (size_t)(end - at), old->text.data, old->text.length);
        if (!found)
            break;
        put(replacing, at, (size_t)(found - at));
        put(replacing, new->text.data, new->text.length);
        at = found + old->text.length;
        if (old->text.length > 0)
            continue;
        if (at == end)
            return;
        utf8_next(&at, end);
        put(replacing, found, (size_t)(at - found));
    }
    put(replacing, at, (size_t)(end - at));
}

static struct expression_value replace(struct expression_run *run, const struct expression_value *args)
{
    struct replacing counting = { .run = run };
    replace_all(&counting, args);
    struct replacing replacing = { .run = run, .out = expression_take(run, counting.length + 1) };
    if (!replacing.out)
        return expression_too_much();
    replace_all(&replacing, args);
    replacing.out[replacing.length] = '\0';
    return expression_text(replacing.out, replacing.length);
}

const struct expression_overload expression_texts[] = {
    { "size", false, { KIND_STRING }, KIND_INT, size, false },
    { "size", false, { KIND_LIST }, KIND_INT, size, false },
    { "size", false, { KIND_MAP }, KIND_INT, size, false },
    { "size", true, { KIND_STRING }, KIND_INT, size, false },
    { "size", true, { KIND_LIST }, KIND_INT, size, false },
    { "size", true, { KIND_MAP }, KIND_INT, size, false },
    { "contains", true, { KIND_STRING, KIND_STRING }, KIND_BOOL, contains, false },
    { "startsWith", true, { KIND_STRING, KIND_STRING }, KIND_BOOL, starts_with, false },
    { "endsWith", true, { KIND_STRING, KIND_STRING }, KIND_BOOL, ends_with, false },
    { "lowerAscii", true, { KIND_STRING }, KIND_STRING, lower, false },
    { "upperAscii", true, { KIND_STRING }, KIND_STRING, upper, false },
    { "trim", true, { KIND_STRING }, KIND_STRING, trim, false },
    { "charAt", true, { KIND_STRING, KIND_INT }, KIND_STRING, char_at, false },
    { "indexOf", true, { KIND_STRING, KIND_STRING }, KIND_INT, index_of, false },
    { "substring", true, { KIND_STRING, KIND_INT }, KIND_STRING, substring_from, false },
    { "substring", true, { KIND_STRING, KIND_INT, KIND_INT }, KIND_STRING, substring, false },
    { "replace", true, { KIND_STRING, KIND_STRING, KIND_STRING }, KIND_STRING, replace, false },
    { 0 }
};
