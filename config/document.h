/* document - the files of a configuration, read into one: agent, global tags, and the nodes of the flow.
 *
 *     struct config config = { 0 };
 *     if (config_read(&config, files, directories, &errors))
 *         for (size_t i = 0; i < config.node_count; i++)
 *             ... config.nodes[i]: which plugin, and its table
 *     config_release(&config);
 *
 * Sections are [agent], [global_tags] ([tags]), [[inputs.NAME]], [[processors.NAME]] and
 * [[outputs.NAME]]; a plugin that stands once may be written [inputs.NAME]. It is as if all files stood in
 * one: they isolate nothing. But an agent and tags may stand in each, and then the later ones overlay the
 * earlier, key by key, with a warning for agents.
 *
 * What a plugin's table means is not looked at here: see common.h and options.h. Own thread; once
 * read, a configuration does not change.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/errors.h"
#include "config/options.h"
#include "config/toml.h"
#include "core/plugin.h"

enum { CONFIG_SIZE_LIMIT = 16 << 20 }; /* bytes of a file */

struct config_node {
    enum vane_role        role;
    const char           *plugin;  /* as written: "kafka", "kafka_in" */
    struct toml_place     place;   /* of its table */
    struct options_source source;  /* its table, for options_fill; the key is "inputs.kafka" */
    bool                  enabled; /* false: `enabled = false`; left out of the flow by the caller */
    int64_t               order;   /* of processors, see config_read */
    size_t                position; /* among all nodes, as they stand in the files */
};

struct config {
    const char            *name;   /* of the first file (else directory), without its ending: "bitcoin" */
    struct options_source  agent, global_tags;
    struct config_node    *nodes;
    size_t                 node_count, node_capacity;
    struct config_errors   warnings; /* sources point to it: a configuration is not copied while it is read */
    struct arena          *arena;  /* holds all of the above but nodes and warnings */
};

/* Reads files in the order given, then in each directory, recursively and sorted by name, all that end
 * in .toml or .conf; names that start with ".." are skipped (a Kubernetes volume has its own there). Both
 * lists end with NULL. When both are empty: $VANE_CONFIG_PATH, else vane/vane.toml in $XDG_CONFIG_HOME
 * (~/.config), else /etc/vane/vane.toml together with /etc/vane/vane.d.
 *
 * The file "-" is standard input, which is called stdin.
 *
 * Nodes come in the order of the files; processors that have `order` are sorted by it among themselves,
 * those without first, as in Telegraf. False after errors; what could be read is there nevertheless, nodes of a file
 * with errors of TOML as torn ones.
 * Zero is the empty configuration; it is released in either case. */
bool config_read(struct config *config, const char *const *files, const char *const *directories,
                 struct config_errors *errors);

/* Adds a text as if it were a file of that name, and leaves processors where they stand. For tests and
 * for what is made up. */
bool config_add_text(struct config *config, const char *file, const char *text, size_t length,
                     struct config_errors *errors);

void config_release(struct config *config);
