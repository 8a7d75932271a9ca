/* setup - from the files of a configuration to the checked nodes of a flow.
 *
 *     struct setup setup = { 0 };
 *     if (setup_read(&setup, &sources, loader, &errors)) … flow_new(…, setup.nodes, setup.count, …)
 *     setup_release(&setup);
 *
 * Everything that is wrong is in the errors, as `file:line: key: what`. What the nodes point to lives
 * in the setup. Own thread.
 */
#pragma once
#include "config/common.h"
#include "config/describe.h"
#include "core/flow.h"
#include "core/loader.h"

struct setup_sources {
    const char *const *files, *const *directories; /* end with NULL */
    enum vane_mode     mode;
    bool               debug, quiet; /* of the command line: beat the agent's */
};

struct setup {
    struct config        config;
    struct agent_options agent;
    struct arena        *arena;
    struct flow_node    *nodes;
    size_t               count;
    bool                 torn;    /* of some of it one cannot tell what it was to be: names cannot be judged */
    bool                 partial; /* it has no input, or no output */
    struct vane_pairs    global_tags; /* with the host's */
    uint64_t             fingerprint; /* of what is about every node */
};

bool setup_read(struct setup *setup, const struct setup_sources *sources, struct loader *loader,
                struct config_errors *errors);
void setup_release(struct setup *setup);

/* Makes the flow of a setup; routing errors and failed checks go to the errors, warnings to `warnings`. */
struct flow *setup_flow(const struct setup *setup, struct runtime *runtime, struct config_errors *errors,
                        struct config_errors *warnings);

/* Filters, plugins' own checks and routing, where other errors stand in the way of a flow. A plugin that is missing
 * stands in the routing with the name it was given. */
void setup_check(const struct setup *setup, struct runtime *runtime, struct config_errors *errors,
                 struct config_errors *warnings);

/* The tables of a plugin's options, for `vane help` and samples: its own, data_format, its format's. */
size_t setup_sections(const struct vane_plugin *plugin, struct describe_section sections[3]);

/* The same of a format: what reads it, what writes it. */
size_t setup_format_sections(const struct format *format, struct describe_section sections[3]);
