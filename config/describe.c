/* describe - the words that help, samples and READMEs share; see describe.h. */
#include "config/describe.h"

#include "config/describe_internal.h"
#include "config/options.h"

const char *describe_roles(enum vane_role role)
{
    return role == VANE_INPUT ? "inputs" : role == VANE_PROCESSOR ? "processors" : "outputs";
}

const char *describe_role(enum vane_role role)
{
    return role == VANE_INPUT ? "input" : role == VANE_PROCESSOR ? "processor" : "output";
}

/* Appends `one of "a", "b"`, `from 1 to 10`. That a number must not be negative or nothing at all goes
 * without saying. */
static void write_limits(struct vane_text *out, const struct vane_option *option)
{
    for (const char *const *choice = option->choices; choice && *choice; choice++)
        vane_text_addf(out, "%s \"%s\"", choice > option->choices ? "," : "one of", *choice);
    if (option->least < 0 || option->least > 1 || option->most < 0x1p63)
        options_write_range(out, option);
}

void describe_type(struct vane_text *out, const struct vane_option *option)
{
    struct vane_text limits = { 0 };
    write_limits(&limits, option);
    vane_text_addf(out, "%s", options_kind_name(option, false));
    if (limits.length)
        vane_text_addf(out, ", %s", limits.data);
    vane_text_release(&limits);
}

void describe_meaning(struct vane_text *out, const struct vane_option *option)
{
    vane_text_addf(out, "%s", option->help);
    if (option->secret)
        vane_text_addf(out, " May be @{file:PATH} or @{credential:NAME}.");
    if (option->also)
        vane_text_addf(out, " Another name of it is %s.", option->also);
}

void describe_in_brief(struct vane_text *out, const struct vane_option *option, bool with_default)
{
    struct vane_text more = { 0 };
    write_limits(&more, option);
    if (with_default && option->preset)
        vane_text_addf(&more, "%sdefault %s", more.length ? ", " : "", option->preset);
    describe_meaning(out, option);
    bool sentence = out->length && out->data[out->length - 1] == '.';
    out->length -= more.length && sentence;
    if (more.length)
        vane_text_addf(out, " (%s)%s", more.data, sentence ? "." : "");
    vane_text_release(&more);
}

void describe_wrap(struct vane_text *out, size_t column, const char *margin, const char *words)
{
    bool first = true; /* of its line */
    while (*words) {
        size_t length = strcspn(words, " ");
        if (!first && column + 1 + length > DESCRIBE_WIDTH) {
            vane_text_addf(out, "\n%s", margin);
            column = strlen(margin);
            first = true;
        }
        vane_text_addf(out, "%s%.*s", first ? "" : " ", (int)length, words);
        column += length + !first;
        first = false;
        words += length;
        words += strspn(words, " ");
    }
    vane_text_add(out, "\n", 1);
}
