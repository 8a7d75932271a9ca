/* describe - option tables as text for people: help, a sample configuration, a section of a README.
 *
 *     struct describe_section sections[] = {
 *         { NULL, plugin->options }, { "Format csv", csv_options } };
 *     struct describe_subject subject = { VANE_INPUT, "kafka_in", "Reads Kafka topics.", sections, 2 };
 *     describe_help(&text, &subject);
 *
 * All of them append whole lines to `out`, without a blank line before or after. What describe_sample
 * writes can be read as it is, and stays so whatever of it is uncommented. Any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"
#include "core/plugin.h"

enum { DESCRIBE_WIDTH = 80 }; /* columns of help and samples */

struct describe_section {
    const char               *title;   /* NULL: the plugin's own */
    const struct vane_option *options; /* NULL: none */
};

struct describe_subject {
    enum vane_role                 role; /* 0: a data format (help only) */
    const char                    *name, *help;
    const struct describe_section *sections;
    size_t                         count;
};

/* For `vane help NAME`: each option with its type, default and meaning; what every plugin of the role
 * has stands at the end, in brief. */
void describe_help(struct vane_text *out, const struct describe_subject *subject);

/* For `vane help NAME.OPTION`: one option, or all of a sub-table ("prophet", "prophet.regressors"). False where there
 * is none of that name; the error names the nearest. */
bool describe_option(struct vane_text *out, const struct describe_subject *subject, const char *name,
                     struct error *err);

/* For `vane sample NAME`: the plugin's table. What is required stands there to be filled in; the rest
 * is commented out with its default, or an example where it has none. */
void describe_sample(struct vane_text *out, const struct describe_subject *subject);

/* For `vane sample`: [agent] and [global_tags], all commented out. */
void describe_sample_agent(struct vane_text *out);

/* A Markdown table of the options. */
void describe_table(struct vane_text *out, const struct describe_subject *subject);

/* The text of a README with that table between the lines <!-- options --> and <!-- /options -->, in place
 * of what stood there. False if it has no such lines. */
bool describe_readme(struct vane_text *out, const char *readme, size_t length,
                     const struct describe_subject *subject, struct error *err);
