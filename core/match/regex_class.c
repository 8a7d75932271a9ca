/* regex_class - see regex_class.h. The named classes are those of RE2: ASCII. */
#include "core/match/regex_class.h"

#include "core/match/utf8.h"

#include <string.h>

enum { NAMED_RANGES = 4 };

struct named {
    const char            *name;
    struct automaton_range ranges[NAMED_RANGES]; /* ascending; { 0, 0 } ends them, but for the first */
};

static const struct named letters[] = {
    { "d", { { '0', '9' } } },
    { "w", { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } } },
    { "s", { { '\t', '\n' }, { '\f', '\r' }, { ' ', ' ' } } },
};

static const struct named names[] = {
    { "alnum", { { '0', '9' }, { 'A', 'Z' }, { 'a', 'z' } } },
    { "alpha", { { 'A', 'Z' }, { 'a', 'z' } } },
    { "ascii", { { 0, 0x7f } } },
    { "blank", { { '\t', '\t' }, { ' ', ' ' } } },
    { "cntrl", { { 0, 0x1f }, { 0x7f, 0x7f } } },
    { "digit", { { '0', '9' } } },
    { "graph", { { '!', '~' } } },
    { "lower", { { 'a', 'z' } } },
    { "print", { { ' ', '~' } } },
    { "punct", { { '!', '/' }, { ':', '@' }, { '[', '`' }, { '{', '~' } } },
    { "space", { { '\t', '\r' }, { ' ', ' ' } } },
    { "upper", { { 'A', 'Z' } } },
    { "word", { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } } },
    { "xdigit", { { '0', '9' }, { 'A', 'F' }, { 'a', 'f' } } },
};

/* A class that is full stays so: regex_class_read reports it. */
static void add(struct regex_class *class, uint32_t low, uint32_t high)
{
    if (low <= high && class->count < REGEX_CLASS_LIMIT)
        class->ranges[class->count++] = (struct automaton_range){ low, high };
}

static void add_named(struct regex_class *class, const struct named *named, bool negated)
{
    uint32_t next = 0; /* the first that no range so far has reached */
    for (size_t i = 0; i < NAMED_RANGES && (i == 0 || named->ranges[i].high); i++) {
        const struct automaton_range *range = &named->ranges[i];
        if (!negated)
            add(class, range->low, range->high);
        else if (range->low > next)
            add(class, next, range->low - 1);
        next = range->high + 1;
    }
    if (negated)
        add(class, next, UTF8_LAST);
}

bool regex_class_add_letter(struct regex_class *class, char letter)
{
    bool negated = letter >= 'A' && letter <= 'Z';
    char lower = (char)(negated ? letter + ('a' - 'A') : letter);
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i].name[0] == lower) {
            add_named(class, &letters[i], negated);
            return true;
        }
    return false;
}

bool regex_class_is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

uint32_t regex_class_other_case(uint32_t rune)
{
    bool letter = (rune >= 'a' && rune <= 'z') || (rune >= 'A' && rune <= 'Z');
    return letter ? rune ^ 0x20 : rune;
}

static void fold_part(struct regex_class *class, struct automaton_range range, uint32_t low, uint32_t high)
{
    uint32_t from = range.low > low ? range.low : low, to = range.high < high ? range.high : high;
    if (from <= to)
        add(class, regex_class_other_case(from), regex_class_other_case(to));
}

void regex_class_fold(struct regex_class *class)
{
    for (size_t i = 0, count = class->count; i < count; i++) {
        fold_part(class, class->ranges[i], 'a', 'z');
        fold_part(class, class->ranges[i], 'A', 'Z');
    }
}

/* ---- Escapes ---- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;
}

/* Up to `most` digits. */
static int read_digits(const char **at, const char *end, int base, int most, uint32_t *number)
{
    int count = 0;
    for (*number = 0; *at < end && count < most && digit_of(**at) < base; count++)
        *number = *number * (uint32_t)base + (uint32_t)digit_of(*(*at)++);
    return count;
}

static bool read_hex(const char **at, const char *end, uint32_t *rune, struct error *err)
{
    enum { HEX_MOST = 8 };
    bool braces = *at < end && **at == '{';
    *at += braces;
    int count = read_digits(at, end, 16, braces ? HEX_MOST : 2, rune);
    bool closed = !braces || (*at < end && *(*at)++ == '}');
    if (!closed || count == 0 || (!braces && count < 2) || *rune > UTF8_LAST)
        return error_set(err, "\\x wants two hexadecimal digits, or {up to 10FFFF}");
    return true;
}

bool regex_class_read_escape(const char **at, const char *end, uint32_t *rune, struct error *err)
{
    static const char known[] = "afnrtv", stand_for[] = "\a\f\n\r\t\v";
    if (*at == end)
        return error_set(err, "a backslash with nothing behind it");
    char c = *(*at)++;
    const char *found = strchr(known, c);
    if (c == 'x')
        return read_hex(at, end, rune, err);
    bool octal = c == '0' || (c >= '1' && c <= '7' && *at < end && **at >= '0' && **at <= '7');
    if (octal) {
        (*at)--;
        read_digits(at, end, 8, 3, rune);
        return true;
    }
    if (c && found)
        *rune = (uint32_t)stand_for[found - known];
    else if ((unsigned char)c >= 0x80 || (regex_class_is_word(c) && c != '_'))
        return error_set(err, "\\%c is not known", (unsigned char)c >= 0x80 ? '?' : c);
    else
        *rune = (unsigned char)c;
    return true;
}

/* ---- In brackets ---- */

static bool read_member(const char **at, const char *end, uint32_t *rune, struct error *err)
{
    if (*at == end)
        return error_set(err, "[ without ]");
    if (**at != '\\') {
        *rune = utf8_next(at, end);
        return true;
    }
    ++*at;
    return regex_class_read_escape(at, end, rune, err);
}

/* "[:alpha:]" or "[:^alpha:]" or "\d": *taken. */
static bool take_named(struct regex_class *class, const char **at, const char *end, bool *taken,
                       struct error *err)
{
    *taken = end - *at >= 2 && (*at)[0] == '\\' && regex_class_add_letter(class, (*at)[1]);
    if (*taken) {
        *at += 2;
        return true;
    }
    const char *close = end - *at >= 2 && memcmp(*at, "[:", 2) == 0
                      ? memmem(*at + 2, (size_t)(end - *at - 2), ":]", 2) : NULL;
    if (!close)
        return true;
    bool negated = (*at)[2] == '^';
    const char *name = *at + 2 + negated;
    for (size_t i = 0; i < sizeof names / sizeof *names && !*taken; i++) {
        *taken = name <= close && strlen(names[i].name) == (size_t)(close - name)
               && memcmp(name, names[i].name, (size_t)(close - name)) == 0;
        if (*taken)
            add_named(class, &names[i], negated);
    }
    if (!*taken)
        return error_set(err, "%.*s is not known", (int)(close + 2 - *at > 40 ? 40 : close + 2 - *at), *at);
    *at = close + 2;
    return true;
}

static bool read_range(struct regex_class *class, const char **at, const char *end, struct error *err)
{
    uint32_t low, high;
    if (!read_member(at, end, &low, err))
        return false;
    high = low;
    if (end - *at >= 2 && (*at)[0] == '-' && (*at)[1] != ']') {
        ++*at;
        if (!read_member(at, end, &high, err))
            return false;
    }
    if (high < low)
        return error_set(err, "a range goes from the lower to the higher character");
    add(class, low, high);
    return true;
}

bool regex_class_read(struct regex_class *class, const char **at, const char *end, bool *negated,
                      struct error *err)
{
    class->count = 0;
    *negated = *at < end && **at == '^';
    *at += *negated;
    for (bool first = true; first || *at == end || **at != ']'; first = false) {
        bool taken;
        if (!take_named(class, at, end, &taken, err) || (!taken && !read_range(class, at, end, err)))
            return false;
        if (class->count > REGEX_CLASS_LIMIT / 3) /* folding adds up to two for each */
            return error_set(err, "a class has more than %d parts", REGEX_CLASS_LIMIT / 3);
    }
    ++*at;
    return true;
}
