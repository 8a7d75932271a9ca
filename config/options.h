/* options - from a TOML table to a typed struct, by the option tables of plugin.h.
 *
 *     struct options_target targets[] = { { plugin->options, state }, { common, &node } };
 *     if (!options_fill(&source, targets, 2, arena, &errors))
 *         return ...;                              all that is wrong is in errors
 *
 * Several option tables take their keys from one TOML table: the plugin's own, its format's, those that
 * every plugin has. A key that none of them has is an error which names the nearest one they have. Every
 * error reads `file:line: key: what is wrong`, with the whole dotted key; all of them are reported.
 *
 * Strings may hold ${VAR} (environment.h), of secret options also @{file:...} and @{credential:...}
 * (secret.h). Where a number or a boolean is wanted, a string that is one ${VAR} from end to end counts as
 * what the variable holds: workers = "${WORKERS:-2}". Presets are taken literally.
 *
 * What a kind takes:
 *
 *     STRING      a string without NUL                 DURATION  "1h30m", or a number of seconds
 *     BOOL        true, false                          SIZE      "4MB", or a number of bytes
 *     INT, UINT   an integer (UINT: not negative)      TIME      RFC 3339 with offset, quoted or not
 *     FLOAT       a number, also an integer, inf       CHOICE    one of the choices
 *     PAIRS       a table of strings                   TABLE     a sub-table
 *     VALUES      a table of strings, numbers and      TABLES    a list of sub-tables ([[name]])
 *                 booleans                             .list     an array of that kind, never a bare one
 *     PAIRS with .list: a table of lists of strings, into struct options_lists
 *
 * All functions: own thread. Option tables end with { 0 }, and have passed options_check_table.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "config/errors.h"
#include "config/toml.h"
#include "core/arena.h"
#include "core/error.h"
#include "core/plugin.h"

enum { OPTIONS_DEPTH_LIMIT = 8 }; /* sub-tables in sub-tables of an option table */

/* What PAIRS with .list fills: VANE_OPTION(VANE_KIND_PAIRS, true, struct options_lists, T, field, ...). */
struct options_list {
    const char         *key;
    struct vane_strings values;
};

struct options_lists {
    const struct options_list *items;
    size_t                     count;
};

/* Where options are written. Of several tables the later ones overlay the earlier, key by key. */
struct options_source {
    const char                     *key;    /* what errors put before the option: "outputs.influx_out" */
    const struct toml_table *const *tables;
    size_t                          count;
    bool                            torn; /* keys that stand in the file may be missing: nothing is required */
    struct config_errors           *warnings; /* of what is right, and hardly meant; NULL: nobody hears them */
};

/* Where they go. */
struct options_target {
    const struct vane_option *options; /* NULL: none */
    void                     *state;   /* NULL: what does not belong here, an error that says `why` */
    const char               *why;     /* NULL: the help of the option is the reason */
};

/* Writes presets, then what is set. An option that is neither set nor has a preset is left as the
 * caller had it: zero (a text: NULL), or a default of the caller's. Texts and lists live in the arena.
 * False after an error; the structs are then filled as far as they were right. */
bool options_fill(const struct options_source *source, const struct options_target *targets, size_t count,
                  struct arena *arena, struct config_errors *errors);

/* One option alone, for what must be known before the rest can be filled: data_format decides which
 * further table there is. `state` is the struct that the option lies in. False where it is set
 * wrongly: options_fill reports it. */
bool options_peek(const struct options_source *source, const struct vane_option *option, void *state,
                  struct arena *arena);

/* A table of free names and strings, as [global_tags]: all tables of the source merged, the later ones
 * winning. In order of first appearance. */
bool options_read_pairs(const struct options_source *source, struct vane_pairs *pairs, struct arena *arena,
                        struct config_errors *errors);

/* Is the table of a plugin sound? Names are lower-case bare keys and unique, help is there, kinds are
 * known, choices, ranges and sub-tables are where they belong, fields lie inside of `state_size`, presets
 * are right. NULL is a table without options. */
bool options_check_table(const struct vane_option *options, size_t state_size, struct error *err);

/* The option of that name or second name, or NULL. */
const struct vane_option *options_find(const struct vane_option *options, const char *name);

/* Appends "at least 1s", "from 1 to 10"; nothing where every value is fine. */
void options_write_range(struct vane_text *out, const struct vane_option *option);

/* "string", "list of durations", "table of strings": what is to be written. `article`: "a string". */
const char *options_kind_name(const struct vane_option *option, bool article);
