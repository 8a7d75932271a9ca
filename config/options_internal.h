/* options_internal - what the parts of the options room share; nobody else includes it.
 *
 *     options.c         which key goes to which option of which table
 *     options_value.c   what a value means: numbers, texts, durations, choices
 *     options_group.c   lists, tables of free keys, sub-tables
 *     options_preset.c  presets, a value alone in its text
 *     options_check.c   is a table sound?
 *     options_name.c    kinds and ranges in words
 */
#pragma once
#include "config/options.h"

/* A dotted key, from its end. */
struct options_path {
    const struct options_path *parent;
    const char                *name;
    size_t                     element; /* of a list, from 1; 0: the whole */
};

/* One run of reading. */
struct options_reader {
    struct arena         *arena;
    struct config_errors *errors;
    struct config_errors *warnings; /* NULL: none are wanted */
    bool                  literal; /* a preset: ${ and @{ stand for themselves */
    bool                  torn;    /* see struct options_source */
};

/* The option that is being read. */
struct options_item {
    const struct options_reader *reader;
    const struct vane_option    *option;
    const struct options_path   *path;
    const struct options_scope  *scope; /* that it stands in; NULL: not known */
};

/* The tables that the keys of one TOML table are looked up in. */
struct options_scope {
    const struct options_reader *reader;
    const struct options_target *targets;
    size_t                       count;
    const struct options_path   *path;
    const struct options_scope  *outer; /* of the table around it; NULL: there is none */
};

/* ---- options.c ---- */

/* Adds `file:line: path: what is wrong`; answers false. */
bool options_fail(const struct options_reader *reader, const struct toml_place *place,
                  const struct options_path *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same as a warning. */
void options_warn(const struct options_reader *reader, const struct toml_place *place,
                  const struct options_path *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

bool options_set(const struct options_scope *scope, const struct toml_table *table);

/* Every required option must be in one of the tables. */
bool options_require(const struct options_scope *scope, const struct toml_table *const *tables, size_t count);

/* ---- options_value.c, options_group.c ---- */

/* Reads the value of an option into the field `to`, list or not. */
bool options_read(const struct options_item *item, const struct toml_value *value, void *to);

/* Reads one scalar of the option's kind. */
bool options_read_scalar(const struct options_item *item, const struct toml_value *value, void *to);

/* "wants a list of strings, not an integer" */
bool options_fail_type(const struct options_item *item, const struct toml_value *value);

/* The text of a string, variables and secrets resolved, in the arena. */
bool options_resolve(const struct options_item *item, const struct toml_value *value,
                     struct toml_string *text);

/* ---- options_preset.c ---- */

/* The value that the whole text is in TOML; NULL: it is none. */
const struct toml_value *options_parse(struct arena *arena, const char *text);

bool options_preset(const struct options_reader *reader, const struct vane_option *option, void *to,
                    const struct options_path *path);

/* All presets of a table and its sub-tables. */
bool options_preset_all(const struct options_reader *reader, const struct vane_option *options, void *state,
                        const struct options_path *path);

/* ---- options_name.c ---- */

/* Bytes of the field that the option fills; of one element where `one`. */
size_t options_field_size(const struct vane_option *option, bool one);
