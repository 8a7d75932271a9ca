/* describe_readme - options as a Markdown table, and where it goes in a README. */
#include "config/describe_internal.h"

static const char begin_mark[] = "<!-- options -->\n", end_mark[] = "<!-- /options -->";

/* A bar would end the cell. */
static void write_cell(struct vane_text *out, const char *text)
{
    vane_text_add(out, " ", 1);
    for (; *text; text++) {
        if (*text == '|')
            vane_text_add(out, "\\", 1);
        vane_text_add(out, text, 1);
    }
    vane_text_add(out, " |", 2);
}

static void write_default(struct vane_text *out, const struct vane_option *option)
{
    if (option->required)
        vane_text_addf(out, "required");
    else if (option->preset)
        vane_text_addf(out, "`%s`", option->preset);
}

static void write_rows(struct vane_text *out, const char *prefix, const struct vane_option *options)
{
    for (const struct vane_option *option = options; option && option->name; option++) {
        struct vane_text name = { 0 }, cell = { 0 };
        vane_text_addf(&name, "%s%s", prefix, option->name);
        vane_text_addf(out, "| `%s` |", name.data);
        describe_type(&cell, option);
        write_cell(out, cell.data);
        vane_text_clear(&cell);
        vane_text_add(&cell, "", 0);
        write_default(&cell, option);
        write_cell(out, cell.data);
        vane_text_clear(&cell);
        describe_meaning(&cell, option);
        write_cell(out, cell.data);
        vane_text_add(out, "\n", 1);
        vane_text_add(&name, ".", 1);
        write_rows(out, name.data, option->options);
        vane_text_release(&cell);
        vane_text_release(&name);
    }
}

void describe_table(struct vane_text *out, const struct describe_subject *subject)
{
    vane_text_addf(out, "| option | type | default | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < subject->count; i++)
        write_rows(out, "", subject->sections[i].options);
}

bool describe_readme(struct vane_text *out, const char *readme, size_t length,
                     const struct describe_subject *subject, struct error *err)
{
    const char *begin = memmem(readme, length, begin_mark, strlen(begin_mark));
    if (!begin)
        return error_set(err, "there is no line <!-- options -->");
    const char *table = begin + strlen(begin_mark);
    size_t rest = length - (size_t)(table - readme);
    const char *end = memmem(table, rest, end_mark, strlen(end_mark));
    if (!end)
        return error_set(err, "there is no line <!-- /options --> behind <!-- options -->");
    vane_text_add(out, readme, (size_t)(table - readme));
    vane_text_add(out, "\n", 1);
    describe_table(out, subject);
    vane_text_add(out, "\n", 1);
    vane_text_add(out, end, length - (size_t)(end - readme));
    return true;
}
