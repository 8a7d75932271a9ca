/* options_check - is the option table of a plugin sound? What is found here is a bug of the plugin, so the
 * first fault is enough. A preset is read for a trial, into memory of its own. */
#include <stdlib.h>

#include "config/options_internal.h"
#include "core/alloc.h"

static bool is_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return length && !name[length];
}

static bool has_range(enum vane_kind kind)
{
    return kind == VANE_KIND_INT || kind == VANE_KIND_UINT || kind == VANE_KIND_FLOAT
        || kind == VANE_KIND_DURATION || kind == VANE_KIND_SIZE;
}

static bool check_parts(const struct vane_option *option, struct error *err)
{
    enum vane_kind kind = option->kind;
    bool inner = kind == VANE_KIND_TABLE || kind == VANE_KIND_TABLES;
    if (kind < VANE_KIND_STRING || kind > VANE_KIND_WORD)
        return error_set(err, "its kind is unknown (%d)", (int)kind);
    if (!option->help || !*option->help)
        return error_set(err, "it has no help");
    if (option->list && kind > VANE_KIND_PAIRS)
        return error_set(err, "there are no lists of that kind");
    if ((kind == VANE_KIND_CHOICE) != (option->choices && option->choices[0]))
        return error_set(err, "choices belong to CHOICE, and it needs some");
    if (inner != (option->options && option->size))
        return error_set(err, "options and size belong to TABLE and TABLES, and they need both");
    if (!(option->least <= option->most) || (!has_range(kind) && (option->least != 0 || option->most != 0)))
        return error_set(err, "its range is empty, or not of a number");
    if (option->preset && (option->required || kind == VANE_KIND_TABLE))
        return error_set(err, "it is required or a table, so a preset is never used");
    return true;
}

/* "preset: name: what is wrong", without what the place would be in a file. */
static bool check_preset(const struct vane_option *option, struct error *err)
{
    if (!option->preset)
        return true;
    struct config_errors errors = { 0 };
    struct arena *arena = arena_new(1024);
    const struct options_reader reader = { .arena = arena, .errors = &errors };
    void *field = alloc_zero(options_field_size(option, false));
    bool fine = options_preset(&reader, option, field, NULL);
    if (!fine)
        error_set(err, "%s", errors.lines[0]);
    free(field);
    arena_unref(arena);
    errors_release(&errors);
    return fine;
}

static bool is_taken(const struct vane_option *options, const struct vane_option *option, const char *name)
{
    const struct vane_option *holder = options_find(options, name);
    return holder && holder != option;
}

static bool check_names(const struct vane_option *options, const struct vane_option *option,
                        struct error *err)
{
    if (!is_name(option->name) || (option->also && !is_name(option->also)))
        return error_set(err, "a name is made of a-z, 0-9 and _");
    if (is_taken(options, option, option->name) || (option->also && is_taken(options, option, option->also)))
        return error_set(err, "another option has its name");
    return true;
}

static bool check_table(const struct vane_option *options, size_t state_size, unsigned depth,
                        struct error *err);

static bool check_option(const struct vane_option *options, const struct vane_option *option,
                         size_t state_size, unsigned depth, struct error *err)
{
    if (!check_names(options, option, err) || !check_parts(option, err))
        return false;
    size_t size = options_field_size(option, false);
    if (size > state_size || option->offset > state_size - size)
        return error_set(err, "its field lies outside of the state of %zu bytes", state_size);
    if (!check_table(option->options, option->size, depth + 1, err))
        return false;
    return check_preset(option, err);
}

static bool check_table(const struct vane_option *options, size_t state_size, unsigned depth,
                        struct error *err)
{
    if (depth > OPTIONS_DEPTH_LIMIT)
        return error_set(err, "more than %d tables lie within each other", OPTIONS_DEPTH_LIMIT);
    for (const struct vane_option *option = options; option && option->name; option++) {
        if (!check_option(options, option, state_size, depth, err))
            return error_prefix(err, "option %s", option->name);
    }
    return true;
}

bool options_check_table(const struct vane_option *options, size_t state_size, struct error *err)
{
    return check_table(options, state_size, 0, err);
}
