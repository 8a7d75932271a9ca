/* options - which key of the configuration goes to which option; see options.h. */
#include <stdio.h>

#include "config/nearest.h"
#include "config/options_internal.h"

/* An option and the table it was found in. */
struct found {
    const struct vane_option    *option;
    const struct options_target *target;
};

static void write_path(struct vane_text *out, const struct options_path *path)
{
    if (!path)
        return;
    if (path->parent) {
        write_path(out, path->parent);
        vane_text_add(out, ".", 1);
    }
    vane_text_add(out, path->name, strlen(path->name));
    if (path->element)
        vane_text_addf(out, ", element %zu", path->element);
}

static void say(struct config_errors *lines, const struct toml_place *place, const struct options_path *path,
                const char *format, va_list args)
{
    struct error message;
    vsnprintf(message.text, sizeof message.text, format, args);
    struct vane_text key = { 0 };
    write_path(&key, path);
    errors_add(lines, place->file, place->line, "%s: %s", key.data, message.text);
    vane_text_release(&key);
}

bool options_fail(const struct options_reader *reader, const struct toml_place *place,
                  const struct options_path *path, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(reader->errors, place, path, format, args);
    va_end(args);
    return false;
}

void options_warn(const struct options_reader *reader, const struct toml_place *place,
                  const struct options_path *path, const char *format, ...)
{
    va_list args;
    if (!reader->warnings)
        return;
    va_start(args, format);
    say(reader->warnings, place, path, format, args);
    va_end(args);
}

const struct vane_option *options_find(const struct vane_option *options, const char *name)
{
    for (const struct vane_option *option = options; option && option->name; option++) {
        if (strcmp(option->name, name) == 0 || (option->also && strcmp(option->also, name) == 0))
            return option;
    }
    return NULL;
}

static struct found find(const struct options_scope *scope, const struct toml_entry *entry)
{
    if (memchr(entry->key, '\0', entry->key_length))
        return (struct found){ 0 };
    for (size_t i = 0; i < scope->count; i++) {
        const struct vane_option *option = options_find(scope->targets[i].options, entry->key);
        if (option)
            return (struct found){ option, &scope->targets[i] };
    }
    return (struct found){ 0 };
}

/* ---- A key in the wrong table ---- */

/* Adds the name of the sub-table that has this option: ".prophet.regressors". */
static bool find_below(const struct vane_option *options, const char *name, struct vane_text *out)
{
    for (const struct vane_option *option = options; option && option->name; option++) {
        size_t length = out->length;
        vane_text_addf(out, ".%s", option->name);
        if (options_find(option->options, name) || find_below(option->options, name, out))
            return true;
        out->length = length;
    }
    return false;
}

static bool find_in_scope(const struct options_scope *scope, const char *name, bool below, struct vane_text *out)
{
    for (size_t i = 0; i < scope->count; i++) {
        vane_text_clear(out);
        write_path(out, scope->path);
        const struct options_target *target = &scope->targets[i];
        if (!target->state)
            continue;
        if (below ? find_below(target->options, name, out) : options_find(target->options, name) != NULL)
            return true;
    }
    return false;
}

/* The table that has an option of this name: one around it, else one in it, else one beside it. */
static bool find_elsewhere(const struct options_scope *scope, const char *name, struct vane_text *out)
{
    for (const struct options_scope *outer = scope->outer; outer; outer = outer->outer)
        if (find_in_scope(outer, name, false, out))
            return true;
    for (const struct options_scope *at = scope; at; at = at->outer)
        if (find_in_scope(at, name, true, out))
            return true;
    return false;
}

static bool tell_elsewhere(const struct options_scope *scope, const struct toml_entry *entry,
                           const struct options_path *path)
{
    struct vane_text table = { 0 };
    bool found = find_elsewhere(scope, entry->key, &table);
    if (found)
        options_fail(scope->reader, &entry->place, path, "there is no such option here, but in the table %s",
                     table.data);
    vane_text_release(&table);
    return found;
}

static bool fail_unknown(const struct options_scope *scope, const struct toml_entry *entry,
                         const struct options_path *path)
{
    if (tell_elsewhere(scope, entry, path))
        return false;
    struct nearest nearest = { .word = entry->key };
    for (size_t i = 0; i < scope->count; i++) {
        if (!scope->targets[i].state)
            continue;
        for (const struct vane_option *option = scope->targets[i].options; option && option->name; option++) {
            nearest_offer(&nearest, option->name);
            if (option->also)
                nearest_offer(&nearest, option->also);
        }
    }
    if (!nearest.name)
        return options_fail(scope->reader, &entry->place, path, "there is no such option");
    return options_fail(scope->reader, &entry->place, path, "there is no such option; did you mean '%s'?",
                        nearest.name);
}

static bool set_one(const struct options_scope *scope, const struct toml_table *table,
                    const struct toml_entry *entry)
{
    const struct options_path path = { scope->path, entry->key, 0 };
    struct found found = find(scope, entry);
    const struct vane_option *option = found.option;
    if (!option)
        return fail_unknown(scope, entry, &path);
    if (!found.target->state)
        return options_fail(scope->reader, &entry->place, &path, "%s",
                            found.target->why ? found.target->why : option->help);
    const struct toml_entry *first = toml_get(table, option->name);
    if (first && first != entry)
        return options_fail(scope->reader, &entry->place, &path, "is another name of '%s', set on line %u",
                            option->name, first->place.line);
    const struct options_item item = { scope->reader, option, &path, scope };
    return options_read(&item, &entry->value, (char *)found.target->state + option->offset);
}

bool options_set(const struct options_scope *scope, const struct toml_table *table)
{
    bool fine = true;
    for (const struct toml_entry *entry = table->first; entry; entry = entry->next)
        fine &= set_one(scope, table, entry);
    return fine;
}

static bool is_set(const struct vane_option *option, const struct toml_table *const *tables, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (toml_get(tables[i], option->name) || (option->also && toml_get(tables[i], option->also)))
            return true;
    }
    return false;
}

bool options_require(const struct options_scope *scope, const struct toml_table *const *tables, size_t count)
{
    bool fine = true;
    struct toml_place place = count ? tables[0]->place : (struct toml_place){ .file = "configuration" };
    for (size_t i = 0; i < scope->count; i++) {
        const struct options_target *target = &scope->targets[i];
        for (const struct vane_option *option = target->options; option && option->name; option++) {
            const struct options_path path = { scope->path, option->name, 0 };
            if (target->state && option->required && !scope->reader->torn && !is_set(option, tables, count))
                fine = options_fail(scope->reader, &place, &path, "is required");
        }
    }
    return fine;
}

bool options_fill(const struct options_source *source, const struct options_target *targets, size_t count,
                  struct arena *arena, struct config_errors *errors)
{
    const struct options_reader reader = { .arena = arena, .errors = errors, .warnings = source->warnings,
                                          .torn = source->torn };
    const struct options_path path = { .name = source->key };
    const struct options_scope scope = { &reader, targets, count, &path, NULL };
    bool fine = true;
    for (size_t i = 0; i < count; i++) {
        if (targets[i].state)
            fine &= options_preset_all(&reader, targets[i].options, targets[i].state, &path);
    }
    for (size_t i = 0; i < source->count; i++)
        fine &= options_set(&scope, source->tables[i]);
    return options_require(&scope, source->tables, source->count) && fine;
}

bool options_peek(const struct options_source *source, const struct vane_option *option, void *state,
                  struct arena *arena)
{
    struct config_errors ignored = { 0 };
    const struct options_reader reader = { .arena = arena, .errors = &ignored };
    const struct options_path path = { .name = option->name };
    const struct options_item item = { &reader, option, &path, NULL };
    char *to = (char *)state + option->offset;
    bool fine = !option->preset || options_preset(&reader, option, to, NULL);
    for (size_t i = 0; i < source->count; i++) {
        const struct toml_entry *entry = toml_get(source->tables[i], option->name);
        if (!entry && option->also)
            entry = toml_get(source->tables[i], option->also);
        if (entry)
            fine &= options_read(&item, &entry->value, to);
    }
    errors_release(&ignored);
    return fine;
}
