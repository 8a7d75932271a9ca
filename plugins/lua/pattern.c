/* pattern - see pattern.h. A recursive matcher: match_rest() takes one item of the pattern after the other, and
 * recurses where there is a choice to come back to. Characters are bytes, classes those of the C locale. */
#include "plugins/lua/pattern.h"

#include <ctype.h>
#include <string.h>

static const char *match_rest(struct pattern *m, const char *s, const char *p);

static const char *fail(struct pattern *m, const char *why)
{
    m->error = why;
    return NULL;
}

static bool is_stopped(const struct pattern *m)
{
    return m->error || m->too_long;
}

static bool step(struct pattern *m)
{
    if (--m->steps_left >= 0)
        return true;
    m->too_long = true;
    return false;
}

/* ---- Single characters ---- */

/* The end of the item for one character that begins at p; NULL: malformed. */
static const char *class_end(struct pattern *m, const char *p)
{
    if (*p == '%')
        return p + 1 < m->end ? p + 2 : fail(m, "malformed pattern (ends with '%')");
    if (*p != '[')
        return p + 1;
    p++;
    if (p < m->end && *p == '^')
        p++;
    for (bool first = true; first || p >= m->end || *p != ']'; first = false) {
        if (p >= m->end)
            return fail(m, "malformed pattern (missing ']')");
        p += *p == '%' ? 2 : 1;
    }
    return p + 1;
}

static bool is_in_class(int c, int letter)
{
    bool is;
    switch (tolower(letter)) {
    case 'a': is = isalpha(c); break;
    case 'c': is = iscntrl(c); break;
    case 'd': is = isdigit(c); break;
    case 'g': is = isgraph(c); break;
    case 'l': is = islower(c); break;
    case 'p': is = ispunct(c); break;
    case 's': is = isspace(c); break;
    case 'u': is = isupper(c); break;
    case 'w': is = isalnum(c); break;
    case 'x': is = isxdigit(c); break;
    default: return letter == c;
    }
    return islower(letter) ? is : !is;
}

/* p at '[', end behind ']'. */
static bool is_in_set(int c, const char *p, const char *end)
{
    const char *last = end - 1;
    bool inside = true;
    if (*++p == '^') {
        inside = false;
        p++;
    }
    for (; p < last; p++) {
        if (*p == '%') {
            if (is_in_class(c, (unsigned char)*++p))
                return inside;
        } else if (p + 2 < last && p[1] == '-') {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2])
                return inside;
            p += 2;
        } else if ((unsigned char)*p == c) {
            return inside;
        }
    }
    return !inside;
}

/* Does the item p .. end match the character at s? */
static bool matches_one(struct pattern *m, const char *s, const char *p, const char *end)
{
    if (s >= m->subject_end || !step(m))
        return false;
    int c = (unsigned char)*s;
    switch (*p) {
    case '.': return true;
    case '%': return is_in_class(c, (unsigned char)p[1]);
    case '[': return is_in_set(c, p, end);
    default: return (unsigned char)*p == c;
    }
}

/* ---- Items with a choice ---- */

static const char *match_longest(struct pattern *m, const char *s, const char *p, const char *end)
{
    ptrdiff_t count = 0;
    while (matches_one(m, s + count, p, end))
        count++;
    for (; count >= 0 && !is_stopped(m); count--) {
        const char *match = match_rest(m, s + count, end + 1);
        if (match)
            return match;
    }
    return NULL;
}

static const char *match_shortest(struct pattern *m, const char *s, const char *p, const char *end)
{
    for (;; s++) {
        const char *match = match_rest(m, s, end + 1);
        if (match || is_stopped(m) || !matches_one(m, s, p, end))
            return match;
    }
}

static const char *match_balanced(struct pattern *m, const char *s, const char *p)
{
    if (p + 1 >= m->end)
        return fail(m, "malformed pattern (missing arguments to '%b')");
    if (s >= m->subject_end || *s != p[0])
        return NULL;
    int open = 1;
    for (s++; s < m->subject_end && step(m); s++) {
        if (*s == p[1] && --open == 0)
            return s + 1;
        if (*s == p[0] && *s != p[1])
            open++;
    }
    return NULL;
}

/* %f[set]: between a character that is not in the set and one that is; p at '['. Answers s, or NULL. */
static const char *match_frontier(struct pattern *m, const char *s, const char *p, const char **end)
{
    if (p >= m->end || *p != '[')
        return fail(m, "missing '[' after '%f' in pattern");
    *end = class_end(m, p);
    if (!*end)
        return NULL;
    int before = s == m->subject ? 0 : (unsigned char)s[-1];
    int here = s < m->subject_end ? (unsigned char)*s : 0;
    return !is_in_set(before, p, *end) && is_in_set(here, p, *end) ? s : NULL;
}

/* ---- Captures ---- */

static const char *open_capture(struct pattern *m, const char *s, const char *p, ptrdiff_t length)
{
    if (m->captured == PATTERN_CAPTURES)
        return fail(m, "too many captures");
    m->captures[m->captured++] = (struct pattern_capture){ s, length };
    const char *match = match_rest(m, s, p);
    if (!match)
        m->captured--;
    return match;
}

static const char *close_capture(struct pattern *m, const char *s, const char *p)
{
    int at = m->captured - 1;
    while (at >= 0 && m->captures[at].length != PATTERN_OPEN)
        at--;
    if (at < 0)
        return fail(m, "invalid pattern capture");
    m->captures[at].length = s - m->captures[at].start;
    const char *match = match_rest(m, s, p);
    if (!match)
        m->captures[at].length = PATTERN_OPEN;
    return match;
}

static const char *match_again(struct pattern *m, const char *s, int digit)
{
    int at = digit - '1';
    if (at < 0 || at >= m->captured || m->captures[at].length == PATTERN_OPEN)
        return fail(m, "invalid capture index in pattern");
    ptrdiff_t length = m->captures[at].length;
    if (length < 0)
        return NULL;
    m->steps_left -= length / 16;
    return m->subject_end - s >= length && memcmp(m->captures[at].start, s, (size_t)length) == 0 ? s + length : NULL;
}

/* ---- The pattern, item by item ---- */

/* A single character with what may stand behind it. Answers whether the walk goes on at *s, *p; else *match is it. */
static bool match_single(struct pattern *m, const char **s, const char **p, const char **match)
{
    const char *end = class_end(m, *p);
    *match = NULL;
    if (!end)
        return false;
    char suffix = end < m->end ? *end : '\0';
    if (suffix == '*' || suffix == '-') {
        *match = suffix == '*' ? match_longest(m, *s, *p, end) : match_shortest(m, *s, *p, end);
        return false;
    }
    bool one = matches_one(m, *s, *p, end);
    if (suffix == '+') {
        *match = one ? match_longest(m, *s + 1, *p, end) : NULL;
        return false;
    }
    if (suffix == '?') {
        if (one && (*match = match_rest(m, *s + 1, end + 1)))
            return false;
        *p = end + 1;
        return !is_stopped(m);
    }
    *p = end;
    *s += 1;
    return one;
}

/* %b, %f, %1: moves *s and *p behind it, or answers false with nothing matched. */
static bool match_special(struct pattern *m, const char **s, const char **p)
{
    char letter = (*p)[1];
    const char *end = *p + 2;
    if (letter == 'b') {
        *s = match_balanced(m, *s, end);
        end += 2;
    } else if (letter == 'f') {
        *s = match_frontier(m, *s, end, &end);
    } else {
        *s = match_again(m, *s, letter);
    }
    *p = end;
    return *s != NULL;
}

static bool is_special(const struct pattern *m, const char *p)
{
    return *p == '%' && p + 1 < m->end && (p[1] == 'b' || p[1] == 'f' || isdigit((unsigned char)p[1]));
}

static const char *match_items(struct pattern *m, const char *s, const char *p)
{
    while (p < m->end) {
        const char *match;
        if (!step(m))
            return NULL;
        if (*p == '(')
            return p + 1 < m->end && p[1] == ')' ? open_capture(m, s, p + 2, PATTERN_PLACE)
                                                 : open_capture(m, s, p + 1, PATTERN_OPEN);
        if (*p == ')')
            return close_capture(m, s, p + 1);
        if (*p == '$' && p + 1 == m->end)
            return s == m->subject_end ? s : NULL;
        if (is_special(m, p)) {
            if (!match_special(m, &s, &p))
                return NULL;
        } else if (!match_single(m, &s, &p, &match)) {
            return match;
        }
    }
    return s;
}

static const char *match_rest(struct pattern *m, const char *s, const char *p)
{
    if (++m->depth > PATTERN_DEPTH) {
        m->depth--;
        return fail(m, "pattern too complex");
    }
    const char *match = match_items(m, s, p);
    m->depth--;
    return match;
}

const char *pattern_match(struct pattern *pattern, const char *at)
{
    pattern->captured = 0;
    pattern->depth = 0;
    return match_rest(pattern, at, pattern->text);
}

bool pattern_is_plain(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (memchr("^$*+?.([%-", text[i], 10))
            return false;
    return true;
}
