/* options_value - one value of TOML as one value of a kind. See options.h for what a kind takes. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "config/environment.h"
#include "config/instant.h"
#include "config/options_internal.h"
#include "config/quantity.h"
#include "config/secret.h"

enum { SHOWN_LIMIT = 60 }; /* bytes of a wrong value that its error repeats */

bool options_fail_type(const struct options_item *item, const struct toml_value *value)
{
    const struct vane_option *option = item->option;
    const char *hint = "";
    if (option->list && value->type == TOML_STRING)
        hint = ": put it in [ ]";
    if (option->kind == VANE_KIND_TABLES && value->type == TOML_TABLE)
        hint = ": write it in [[ ]]";
    return options_fail(item->reader, &value->place, item->path, "wants %s, not %s%s",
                        options_kind_name(option, true), toml_type_name(value->type), hint);
}

/* `"abc"`; of a long text its beginning. */
static void add_quoted(struct vane_text *out, const char *text, size_t length)
{
    size_t shown = length;
    if (shown > SHOWN_LIMIT) {
        shown = SHOWN_LIMIT;
        while (shown && ((unsigned char)text[shown] & 0xc0) == 0x80)
            shown--; /* not into the middle of a character */
    }
    vane_text_addf(out, "\"%.*s%s\"", (int)shown, text, shown < length ? "..." : "");
}

/* Whoever puts a secret into a variable says so in its name, whatever option it then ends up in. */
static bool sounds_secret(const char *text)
{
    static const char *const words[] = { "TOKEN", "PASS", "SECRET", "KEY", "CREDENTIAL", "AUTH" };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(text, words[i]))
            return true;
    return false;
}

/* What a text with variables comes to, where it may be shown: it is not what stands in the file. */
static bool may_show(const struct options_item *item, const struct toml_value *value, struct vane_text *held)
{
    struct error err;
    if (value->type != TOML_STRING || item->reader->literal || item->option->secret
        || sounds_secret(value->string.text))
        return false;
    return environment_expand(held, value->string.text, value->string.length, &err)
        && (held->length != value->string.length || memcmp(held->data, value->string.text, held->length) != 0);
}

/* `wants ..., not "abc"`; of a variable `not "abc" (from "${X}")`; nothing of what is a secret. */
static bool fail_text(const struct options_item *item, const struct toml_value *value, const char *wanted)
{
    const struct toml_string *text = &value->string;
    if (item->option->secret)
        return options_fail(item->reader, &value->place, item->path, "wants %s", wanted);
    struct vane_text held = { 0 }, quoted = { 0 };
    bool shown = may_show(item, value, &held);
    if (shown) {
        add_quoted(&quoted, held.data ? held.data : "", held.length);
        vane_text_addf(&quoted, " (from ");
    }
    add_quoted(&quoted, text->text, text->length);
    options_fail(item->reader, &value->place, item->path, "wants %s, not %s%s", wanted, quoted.data, shown ? ")" : "");
    vane_text_release(&held);
    vane_text_release(&quoted);
    return false;
}

/* What is wrong with a value that can be read; where it is one of a variable, the value, too. */
static bool fail_value(const struct options_item *item, const struct toml_value *value, const char *what)
{
    struct vane_text held = { 0 }, words = { 0 };
    vane_text_addf(&words, "%s", what);
    if (may_show(item, value, &held)) {
        vane_text_addf(&words, ": it is ");
        add_quoted(&words, held.data ? held.data : "", held.length);
        vane_text_addf(&words, " (from ");
        add_quoted(&words, value->string.text, value->string.length);
        vane_text_addf(&words, ")");
    }
    options_fail(item->reader, &value->place, item->path, "%s", words.data);
    vane_text_release(&held);
    vane_text_release(&words);
    return false;
}

static bool check_range(const struct options_item *item, const struct toml_value *value, double number)
{
    const struct vane_option *option = item->option;
    bool any = option->least == 0 && option->most == 0;
    if (any || (number >= option->least && number <= option->most))
        return true;
    struct vane_text range = { 0 };
    vane_text_addf(&range, "must be ");
    options_write_range(&range, option);
    fail_value(item, value, range.data);
    vane_text_release(&range);
    return false;
}

/* What Telegraf would put a value in place of: $NAME, and @{STORE:KEY} wherever a text stands. */
static void warn_of_telegraf(const struct options_item *item, const struct toml_value *value)
{
    const struct toml_string *string = &value->string;
    const char *text = string->text;
    bool secret = item->option->secret;
    if (environment_is_plain(text, string->length))
        options_warn(item->reader, &value->place, item->path,
                     "is taken as it stands; where a variable is meant, write \"${%s}\"", secret ? "NAME" : text + 1);
    else if (!secret && string->length > 3 && memcmp(text, "@{", 2) == 0 && text[string->length - 1] == '}'
             && memchr(text, ':', string->length))
        options_warn(item->reader, &value->place, item->path,
                     "is taken as it stands, since this option is no secret; write \"${VARIABLE}\"");
}

bool options_resolve(const struct options_item *item, const struct toml_value *value,
                     struct toml_string *text)
{
    const struct options_reader *reader = item->reader;
    const struct toml_string *string = &value->string;
    if (memchr(string->text, '\0', string->length))
        return options_fail(reader, &value->place, item->path, "must not hold a NUL byte");
    struct vane_text resolved = { 0 };
    struct error err;
    bool fine = true;
    if (reader->literal)
        vane_text_add(&resolved, string->text, string->length);
    else if (item->option->secret)
        fine = secret_resolve(&resolved, string->text, string->length, &err);
    else
        fine = environment_expand(&resolved, string->text, string->length, &err);
    if (fine && !reader->literal)
        warn_of_telegraf(item, value);
    if (fine)
        *text = (struct toml_string){ arena_text(reader->arena, resolved.data, resolved.length),
                                      resolved.length };
    else
        options_fail(reader, &value->place, item->path, "%s", err.text);
    vane_text_release(&resolved);
    return fine;
}

/* The value as it is, or the number or boolean that the one variable of a string holds; `type` or, of an integer,
 * `other` is wanted. */
static bool resolve_typed(const struct options_item *item, const struct toml_value *value, enum toml_type type,
                          enum toml_type other, struct toml_value *found)
{
    *found = *value;
    if (value->type != TOML_STRING || item->reader->literal
        || !environment_is_variable(value->string.text, value->string.length))
        return value->type == type || value->type == other || options_fail_type(item, value);
    struct toml_string text;
    if (!options_resolve(item, value, &text))
        return false;
    const struct toml_value *parsed = options_parse(item->reader->arena, text.text);
    if (!parsed || (parsed->type != type && parsed->type != other))
        return fail_text(item, value, options_kind_name(item->option, true));
    *found = *parsed;
    found->place = value->place;
    return true;
}

static bool read_string(const struct options_item *item, const struct toml_value *value, void *to)
{
    struct toml_string text;
    if (value->type != TOML_STRING)
        return options_fail_type(item, value);
    if (!options_resolve(item, value, &text))
        return false;
    *(const char **)to = text.text;
    return true;
}

static bool read_word(const struct options_item *item, const struct toml_value *value, void *to)
{
    char digits[24];
    struct arena *arena = item->reader->arena;
    if (value->type == TOML_INT) {
        int length = snprintf(digits, sizeof digits, "%" PRId64, value->integer);
        *(const char **)to = arena_text(arena, digits, (size_t)length);
    } else if (value->type == TOML_BOOL) {
        *(const char **)to = value->boolean ? "true" : "false";
    } else {
        return read_string(item, value, to);
    }
    return true;
}

static bool read_bool(const struct options_item *item, const struct toml_value *value, void *to)
{
    struct toml_value found;
    if (!resolve_typed(item, value, TOML_BOOL, TOML_BOOL, &found))
        return false;
    *(bool *)to = found.boolean;
    return true;
}

static bool read_int(const struct options_item *item, const struct toml_value *value, void *to)
{
    struct toml_value found;
    if (!resolve_typed(item, value, TOML_INT, TOML_INT, &found))
        return false;
    if (!check_range(item, value, (double)found.integer))
        return false;
    *(int64_t *)to = found.integer;
    return true;
}

static bool read_uint(const struct options_item *item, const struct toml_value *value, void *to)
{
    struct toml_value found;
    if (!resolve_typed(item, value, TOML_INT, TOML_INT, &found))
        return false;
    if (found.integer < 0)
        return fail_value(item, value, "must not be negative");
    if (!check_range(item, value, (double)found.integer))
        return false;
    *(uint64_t *)to = (uint64_t)found.integer;
    return true;
}

static bool read_float(const struct options_item *item, const struct toml_value *value, void *to)
{
    struct toml_value found;
    if (!resolve_typed(item, value, TOML_FLOAT, TOML_INT, &found))
        return false;
    double number = found.type == TOML_INT ? (double)found.integer : found.real;
    if (isnan(number))
        return options_fail(item->reader, &value->place, item->path, "wants a number, and nan is none");
    if (!check_range(item, value, number))
        return false;
    *(double *)to = number;
    return true;
}

static bool duration_of(const struct toml_value *value, const struct toml_string *text, int64_t *ns)
{
    if (value->type == TOML_STRING)
        return quantity_read_duration(text->text, text->length, ns);
    if (value->type == TOML_INT)
        return !__builtin_mul_overflow(value->integer, 1000000000, ns);
    return quantity_duration_of_seconds(value->real, ns);
}

static bool read_duration(const struct options_item *item, const struct toml_value *value, void *to)
{
    struct toml_string text = { 0 };
    if (value->type != TOML_STRING && value->type != TOML_INT && value->type != TOML_FLOAT)
        return options_fail_type(item, value);
    if (value->type == TOML_STRING && !options_resolve(item, value, &text))
        return false;
    int64_t ns;
    if (!duration_of(value, &text, &ns) && value->type == TOML_STRING)
        return fail_text(item, value, "a duration such as \"10s\" or \"1h30m\"");
    if (!duration_of(value, &text, &ns))
        return options_fail(item->reader, &value->place, item->path, "is more seconds than can be counted");
    if (!check_range(item, value, (double)ns))
        return false;
    *(int64_t *)to = ns;
    return true;
}

static bool read_size(const struct options_item *item, const struct toml_value *value, void *to)
{
    uint64_t bytes;
    if (value->type == TOML_STRING) {
        struct toml_string text;
        if (!options_resolve(item, value, &text))
            return false;
        if (!quantity_read_size(text.text, text.length, &bytes))
            return fail_text(item, value, "a size such as \"4MB\" or \"64KiB\"");
    } else if (value->type != TOML_INT) {
        return options_fail_type(item, value);
    } else if (value->integer < 0) {
        return options_fail(item->reader, &value->place, item->path, "must not be negative");
    } else {
        bytes = (uint64_t)value->integer;
    }
    if (!check_range(item, value, (double)bytes))
        return false;
    *(uint64_t *)to = bytes;
    return true;
}

static bool read_time(const struct options_item *item, const struct toml_value *value, void *to)
{
    const struct toml_value *found = value;
    if (value->type == TOML_STRING) {
        struct toml_string text;
        if (!options_resolve(item, value, &text))
            return false;
        found = options_parse(item->reader->arena, text.text);
        if (!found || found->type != TOML_DATETIME)
            return fail_text(item, value, "a time such as \"2024-05-01T12:00:00Z\"");
    }
    if (found->type != TOML_DATETIME)
        return options_fail_type(item, value);
    struct error err;
    if (!instant_of_datetime(&found->datetime, to, &err))
        return options_fail(item->reader, &value->place, item->path, "%s", err.text);
    return true;
}

static bool fail_choice(const struct options_item *item, const struct toml_value *value)
{
    struct vane_text wanted = { 0 };
    vane_text_addf(&wanted, "one of");
    for (const char *const *choice = item->option->choices; *choice; choice++)
        vane_text_addf(&wanted, "%s \"%s\"", choice == item->option->choices ? "" : ",", *choice);
    fail_text(item, value, wanted.data);
    vane_text_release(&wanted);
    return false;
}

static bool read_choice(const struct options_item *item, const struct toml_value *value, void *to)
{
    struct toml_string text;
    if (value->type != TOML_STRING)
        return options_fail_type(item, value);
    if (!options_resolve(item, value, &text))
        return false;
    for (int i = 0; item->option->choices[i]; i++) {
        if (strcmp(item->option->choices[i], text.text) == 0) {
            *(int *)to = i;
            return true;
        }
    }
    return fail_choice(item, value);
}

bool options_read_scalar(const struct options_item *item, const struct toml_value *value, void *to)
{
    switch (item->option->kind) {
    case VANE_KIND_STRING:   return read_string(item, value, to);
    case VANE_KIND_BOOL:     return read_bool(item, value, to);
    case VANE_KIND_INT:      return read_int(item, value, to);
    case VANE_KIND_UINT:     return read_uint(item, value, to);
    case VANE_KIND_FLOAT:    return read_float(item, value, to);
    case VANE_KIND_DURATION: return read_duration(item, value, to);
    case VANE_KIND_SIZE:     return read_size(item, value, to);
    case VANE_KIND_TIME:     return read_time(item, value, to);
    case VANE_KIND_CHOICE:   return read_choice(item, value, to);
    case VANE_KIND_WORD:     return read_word(item, value, to);
    default:                 return false; /* not a scalar: options_group.c reads it */
    }
}
