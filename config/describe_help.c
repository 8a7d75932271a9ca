/* describe_help - the text of `vane help NAME`: names on the left, the rest in a column beside them. */
#include <stdio.h>
#include <stdlib.h>

#include "config/common.h"
#include "config/describe_internal.h"
#include "config/nearest.h"
#include "config/options.h"
#include "core/alloc.h"

enum { COLUMN_LEAST = 12, COLUMN_MOST = 28 };

/* Options of sub-tables are listed under dotted names. */
static void write_name(struct vane_text *out, const char *prefix, const struct vane_option *option)
{
    vane_text_addf(out, "%s%s%s", prefix, *prefix ? "." : "", option->name);
}

static size_t widest(const char *prefix, const struct vane_option *options, size_t width)
{
    for (const struct vane_option *option = options; option && option->name; option++) {
        struct vane_text name = { 0 };
        write_name(&name, prefix, option);
        if (name.length > width && name.length <= COLUMN_MOST)
            width = name.length;
        if (option->options)
            width = widest(name.data, option->options, width);
        vane_text_release(&name);
    }
    return width;
}

/* "  name    words that go on
 *           where they began" */
static void write_entry(struct vane_text *out, const char *name, size_t width, const char *words)
{
    char margin[COLUMN_MOST + 8];
    snprintf(margin, sizeof margin, "%*s", (int)width + 4, "");
    vane_text_addf(out, "  %-*s  ", (int)width, name);
    if (strlen(name) > width)
        vane_text_addf(out, "\n%s", margin);
    describe_wrap(out, width + 4, margin, words);
}

static void write_option(struct vane_text *out, const char *prefix, const struct vane_option *option,
                         size_t width)
{
    struct vane_text name = { 0 }, words = { 0 };
    write_name(&name, prefix, option);
    describe_type(&words, option);
    if (option->required)
        vane_text_addf(&words, ", required");
    else if (option->preset)
        vane_text_addf(&words, ", default %s", option->preset);
    write_entry(out, name.data, width, words.data);

    vane_text_clear(&words);
    describe_meaning(&words, option);
    write_entry(out, "", width, words.data);
    for (const struct vane_option *inner = option->options; inner && inner->name; inner++)
        write_option(out, name.data, inner, width);
    vane_text_release(&name);
    vane_text_release(&words);
}

static void write_section(struct vane_text *out, const struct describe_section *section)
{
    if (!section->options || !section->options->name)
        return;
    vane_text_addf(out, "\n%s\n", section->title ? section->title : "Options");
    size_t width = widest("", section->options, COLUMN_LEAST);
    for (const struct vane_option *option = section->options; option->name; option++)
        write_option(out, "", option, width);
}

static void write_common(struct vane_text *out, enum vane_role role)
{
    for (const struct common_table *table = common_tables; table->options; table++) {
        if (!table->title || !(table->roles & (1u << role)))
            continue;
        vane_text_addf(out, "\n%s\n", table->title);
        size_t width = widest("", table->options, COLUMN_LEAST);
        for (const struct vane_option *option = table->options; option->name; option++) {
            struct vane_text words = { 0 };
            describe_in_brief(&words, option, true);
            write_entry(out, option->name, width, words.data);
            vane_text_release(&words);
        }
    }
}

void describe_help(struct vane_text *out, const struct describe_subject *subject)
{
    struct vane_text title = { 0 };
    const char *kind = subject->role ? describe_role(subject->role) : "data format";
    vane_text_addf(&title, "%s (%s): %s", subject->name, kind, subject->help);
    describe_wrap(out, 0, "", title.data);
    vane_text_release(&title);
    for (size_t i = 0; i < subject->count; i++)
        write_section(out, &subject->sections[i]);
    if (subject->role)
        write_common(out, subject->role);
}

/* ---- One option ---- */

static void offer_names(struct nearest *nearest, const struct vane_option *options)
{
    for (const struct vane_option *option = options; option && option->name; option++)
        nearest_offer(nearest, option->name);
}

static const struct vane_option *find_first(const struct describe_subject *subject, const char *name,
                                            struct nearest *nearest)
{
    const struct vane_option *found = NULL;
    for (size_t i = 0; i < subject->count && !found; i++) {
        found = options_find(subject->sections[i].options, name);
        offer_names(nearest, subject->sections[i].options);
    }
    for (const struct common_table *table = common_tables; table->options && !found; table++) {
        if (!(table->roles & (1u << subject->role)))
            continue;
        found = options_find(table->options, name);
        offer_names(nearest, table->options);
    }
    return found;
}

/* Follows the dots, which become ends of strings. NULL where a part is not there: *nearest then knows what may be
 * meant. */
static const struct vane_option *find_option(const struct describe_subject *subject, char *name,
                                             struct nearest *nearest)
{
    char *rest = name, *part = strsep(&rest, ".");
    *nearest = (struct nearest){ .word = part };
    const struct vane_option *option = find_first(subject, part, nearest);
    while (option && rest) {
        part = strsep(&rest, ".");
        *nearest = (struct nearest){ .word = part };
        offer_names(nearest, option->options);
        option = options_find(option->options, part);
    }
    return option;
}

static void write_alone(struct vane_text *out, const char *name, const struct vane_option *option)
{
    struct vane_text prefix = { 0 };
    const char *dot = strrchr(name, '.');
    vane_text_add(&prefix, name, dot ? (size_t)(dot - name) : 0);
    const struct vane_option alone[] = { *option, { 0 } };
    write_option(out, prefix.data, option, widest(prefix.data, alone, COLUMN_LEAST));
    vane_text_release(&prefix);
}

bool describe_option(struct vane_text *out, const struct describe_subject *subject, const char *name, struct error *err)
{
    struct nearest nearest;
    char *parts = alloc_text(name);
    const struct vane_option *option = find_option(subject, parts, &nearest);
    if (option)
        write_alone(out, name, option);
    else if (nearest.name)
        error_set(err, "%s has no option '%s'; did you mean '%s'?", subject->name, name, nearest.name);
    else
        error_set(err, "%s has no option '%s'; `vane help %s` lists them", subject->name, name, subject->name);
    free(parts);
    return option != NULL;
}
