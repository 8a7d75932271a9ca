/* describe_sample - the text of `vane sample`. In TOML what follows a sub-table belongs to it, so all
 * plain options come first, whichever table they are from, and sub-tables at the end. */
#include <stdio.h>

#include "config/common.h"
#include "config/describe_internal.h"
#include "config/quantity.h"
#include "core/number.h"

/* Where a line stands. */
struct place {
    const char *key;    /* of the table: "inputs.kafka_in" */
    const char *margin; /* in front of every line */
    const char *hash;   /* "# " inside of a table that is commented out, else "" */
};

static bool is_table(const struct vane_option *option)
{
    return option->kind >= VANE_KIND_PAIRS;
}

static double within(const struct vane_option *option, double wanted)
{
    bool any = option->least == 0 && option->most == 0;
    if (any || (wanted >= option->least && wanted <= option->most))
        return wanted;
    return option->least > -0x1p63 ? option->least : option->most;
}

static void write_number(struct vane_text *out, double number)
{
    char digits[NUMBER_MAX];
    vane_text_add(out, digits, number_write_float(digits, number));
}

/* A value that the option takes, in TOML. */
static void write_example(struct vane_text *out, const struct vane_option *option)
{
    switch (option->kind) {
    case VANE_KIND_BOOL:
        vane_text_addf(out, "false");
        break;
    case VANE_KIND_INT:
    case VANE_KIND_UINT:
    case VANE_KIND_FLOAT:
        write_number(out, within(option, 0));
        break;
    case VANE_KIND_DURATION:
        vane_text_addf(out, "\"");
        quantity_write_duration(out, (int64_t)within(option, 10e9));
        vane_text_addf(out, "\"");
        break;
    case VANE_KIND_SIZE:
        vane_text_addf(out, "\"");
        quantity_write_size(out, (uint64_t)within(option, 4e6));
        vane_text_addf(out, "\"");
        break;
    case VANE_KIND_TIME:
        vane_text_addf(out, "\"2024-05-01T12:00:00Z\"");
        break;
    case VANE_KIND_CHOICE:
        vane_text_addf(out, "\"%s\"", option->choices[0]);
        break;
    default:
        vane_text_addf(out, option->required ? "\"...\"" : "\"\"");
    }
}

static void write_value(struct vane_text *out, const struct vane_option *option)
{
    const char *given = option->example ? option->example : option->preset;
    if (given) {
        vane_text_addf(out, "%s", given);
        return;
    }
    if (option->list)
        vane_text_addf(out, "[");
    if (option->required || !option->list)
        write_example(out, option);
    if (option->list)
        vane_text_addf(out, "]");
}

static void write_help(struct vane_text *out, const struct place *place, const struct vane_option *option)
{
    char margin[64];
    struct vane_text words = { 0 };
    describe_in_brief(&words, option, false);
    snprintf(margin, sizeof margin, "%s## ", place->margin);
    vane_text_addf(out, "%s", margin);
    describe_wrap(out, strlen(margin), margin, words.data);
    vane_text_release(&words);
}

static void write_plain(struct vane_text *out, const struct place *place, const struct vane_option *options)
{
    for (const struct vane_option *option = options; option && option->name; option++) {
        if (is_table(option))
            continue;
        write_help(out, place, option);
        const char *hash = *place->hash || option->required || option->example ? place->hash : "# ";
        vane_text_addf(out, "%s%s%s = ", place->margin, hash, option->name);
        write_value(out, option);
        vane_text_add(out, "\n", 1);
    }
}

static void write_tables(struct vane_text *out, const struct place *place, const struct vane_option *options);

/* The rows of a table of free keys. */
static void write_free(struct vane_text *out, const struct place *place, const struct vane_option *option)
{
    const char *value = option->kind == VANE_KIND_VALUES ? "1.5" : option->list ? "[\"...\"]" : "\"...\"";
    vane_text_addf(out, "%s%s  name = %s\n", place->margin, place->hash, value);
}

static void write_table(struct vane_text *out, const struct place *place, const struct vane_option *option)
{
    struct vane_text key = { 0 };
    char margin[64];
    bool list = option->kind == VANE_KIND_TABLES;
    const char *hash = *place->hash || option->required ? place->hash : "# ";
    vane_text_addf(&key, "%s.%s", place->key, option->name);
    vane_text_add(out, "\n", 1);
    write_help(out, place, option);
    vane_text_addf(out, "%s%s%s%s%s\n", place->margin, hash, list ? "[[" : "[", key.data, list ? "]]" : "]");
    snprintf(margin, sizeof margin, "%s  ", place->margin);
    if (option->options) {
        const struct place inner = { key.data, margin, hash };
        write_plain(out, &inner, option->options);
        write_tables(out, &inner, option->options);
    } else {
        write_free(out, &(struct place){ key.data, place->margin, hash }, option);
    }
    vane_text_release(&key);
}

static void write_tables(struct vane_text *out, const struct place *place, const struct vane_option *options)
{
    for (const struct vane_option *option = options; option && option->name; option++) {
        if (is_table(option))
            write_table(out, place, option);
    }
}

/* "## Also: alias, enabled, ... (see vane help kafka_in)" */
static void write_common(struct vane_text *out, const struct describe_subject *subject)
{
    struct vane_text words = { 0 };
    const char *between = "What every plugin has:";
    for (const struct common_table *table = common_tables; table->options; table++) {
        if (!table->title || !(table->roles & (1u << subject->role)))
            continue;
        for (const struct vane_option *option = table->options; option->name; option++) {
            vane_text_addf(&words, "%s %s", between, option->name);
            between = ",";
        }
    }
    vane_text_addf(&words, " (vane help %s).", subject->name);
    vane_text_addf(out, "\n  ## ");
    describe_wrap(out, 5, "  ## ", words.data);
    vane_text_release(&words);
}

void describe_sample(struct vane_text *out, const struct describe_subject *subject)
{
    struct vane_text key = { 0 };
    vane_text_addf(&key, "%s.%s", describe_roles(subject->role), subject->name);
    const struct place place = { key.data, "  ", "" };
    vane_text_addf(out, "## ");
    describe_wrap(out, 3, "## ", subject->help);
    vane_text_addf(out, "[[%s]]\n", key.data);
    for (size_t i = 0; i < subject->count; i++) {
        const struct describe_section *section = &subject->sections[i];
        if (section->title && section->options && section->options->name)
            vane_text_addf(out, "\n  ## %s\n", section->title);
        write_plain(out, &place, section->options);
    }
    write_common(out, subject);
    for (size_t i = 0; i < subject->count; i++)
        write_tables(out, &place, subject->sections[i].options);
    vane_text_release(&key);
}

void describe_sample_agent(struct vane_text *out)
{
    vane_text_addf(out, "## The agent: what holds for all plugins that do not say otherwise.\n[agent]\n");
    write_plain(out, &(struct place){ "agent", "  ", "" }, common_agent_options);
    vane_text_addf(out, "\n## Tags for every metric, where it does not have them.\n[global_tags]\n"
                        "  # name = \"...\"\n");
}
