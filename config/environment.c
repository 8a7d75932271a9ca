/* environment - see environment.h. The end of ${...} is found first, then what stands in it is
 * read, so that the default of a variable that is set is skipped and never evaluated. */
#include "config/environment.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"

/* What stands between the braces: NAME, an operator, a word. */
struct variable {
    const char *name;
    size_t      name_length;
    const char *word;
    size_t      word_length;
    char        operator;  /* '-', '?'; 0: none */
    bool        not_empty; /* the operator had a colon: an empty value counts as none */
};

static bool starts(const char *p, const char *end, const char *what)
{
    size_t length = strlen(what);
    return (size_t)(end - p) >= length && memcmp(p, what, length) == 0;
}

/* The '}' that closes the "${" before `p`, or NULL. */
static const char *find_close(const char *p, const char *end)
{
    for (size_t open = 1; p < end; p++) {
        if (starts(p, end, "$${")) {
            p += 2;
        } else if (starts(p, end, "${")) {
            p += 1;
            open++;
        } else if (*p == '}' && --open == 0) {
            return p;
        }
    }
    return NULL;
}

static bool is_name(char byte, bool first)
{
    bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
    return letter || (!first && byte >= '0' && byte <= '9');
}

static bool parse_variable(struct variable *variable, const char *p, const char *close, struct error *err)
{
    *variable = (struct variable){ .name = p };
    while (p < close && is_name(*p, p == variable->name))
        p++;
    variable->name_length = (size_t)(p - variable->name);
    bool colon = p < close && *p == ':';
    p += colon;
    if (variable->name_length && p == close && !colon)
        return true;
    if (!variable->name_length || p == close || (*p != '-' && *p != '?'))
        return error_set(err, "${ starts no name of an environment variable; $${ stands for ${ itself");
    variable->operator = *p;
    variable->not_empty = colon;
    variable->word = p + 1;
    variable->word_length = (size_t)(close - variable->word);
    return true;
}

static bool expand(struct vane_text *out, const char *text, size_t length, unsigned depth, struct error *err);

static bool expand_variable(struct vane_text *out, const struct variable *variable, unsigned depth,
                            struct error *err)
{
    char *name = alloc_text_n(variable->name, variable->name_length);
    const char *value = getenv(name);
    bool found = value && (*value || !variable->not_empty);
    bool fine = true;
    if (found)
        vane_text_add(out, value, strlen(value));
    else if (variable->operator == '-')
        fine = expand(out, variable->word, variable->word_length, depth + 1, err);
    else if (variable->operator == '?')
        fine = error_set(err, "the environment variable %s is %s: %.*s", name, value ? "empty" : "not set",
                         (int)variable->word_length, variable->word);
    else
        fine = error_set(err, "the environment variable %s is not set; ${%s:-default} gives it a default",
                         name, name);
    free(name);
    return fine;
}

static bool expand(struct vane_text *out, const char *text, size_t length, unsigned depth, struct error *err)
{
    if (depth > ENVIRONMENT_DEPTH_LIMIT)
        return error_set(err, "more than %d defaults lie within each other", ENVIRONMENT_DEPTH_LIMIT);
    const char *end = text + length;
    for (const char *p = text; p < end; p++) {
        if (starts(p, end, "$${")) {
            vane_text_add(out, "${", 2);
            p += 2;
            continue;
        }
        if (!starts(p, end, "${")) {
            vane_text_add(out, p, 1);
            continue;
        }
        const char *close = find_close(p + 2, end);
        if (!close)
            return error_set(err, "a ${ has no }; $${ stands for ${ itself");
        struct variable variable;
        if (!parse_variable(&variable, p + 2, close, err) || !expand_variable(out, &variable, depth, err))
            return false;
        p = close;
    }
    return true;
}

bool environment_expand(struct vane_text *out, const char *text, size_t length, struct error *err)
{
    return expand(out, text, length, 0, err);
}

bool environment_is_variable(const char *text, size_t length)
{
    const char *end = text + length;
    return starts(text, end, "${") && find_close(text + 2, end) == end - 1;
}

bool environment_is_plain(const char *text, size_t length)
{
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return length > 1 && text[0] == '$' && is_name(text[1], true) && strspn(text + 1, capitals) == length - 1;
}
