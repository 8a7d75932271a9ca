/* options_preset - defaults. They are TOML as a user would write it, read by the same code as what the
 * user writes, so a manual can print them as they are. */
#include "config/options_internal.h"

const struct toml_value *options_parse(struct arena *arena, const char *text)
{
    if (strpbrk(text, "\r\n"))
        return NULL; /* it would be more than one line */
    struct vane_text line = { 0 };
    struct config_errors errors = { 0 };
    vane_text_addf(&line, "value = %s\n", text);
    const struct toml_table *root = toml_parse(arena, "preset", line.data, line.length, &errors);
    vane_text_release(&line);
    errors_release(&errors);
    return root ? &root->first->value : NULL;
}

bool options_preset(const struct options_reader *reader, const struct vane_option *option, void *to,
                    const struct options_path *path)
{
    const struct options_reader literal = { reader->arena, reader->errors, .literal = true };
    const struct options_path full = { path, option->name, 0 };
    const struct options_item item = { &literal, option, &full, NULL };
    const struct toml_value *parsed = options_parse(reader->arena, option->preset);
    const struct toml_place nowhere = { .file = "preset" };
    if (!parsed)
        return options_fail(reader, &nowhere, &full, "%s is not TOML", option->preset);
    struct toml_value value = *parsed;
    value.place = nowhere;
    return options_read(&item, &value, to);
}

bool options_preset_all(const struct options_reader *reader, const struct vane_option *options, void *state,
                        const struct options_path *path)
{
    bool fine = true;
    for (const struct vane_option *option = options; option && option->name; option++) {
        char *to = (char *)state + option->offset;
        const struct options_path full = { path, option->name, 0 };
        if (option->kind == VANE_KIND_TABLE)
            fine &= options_preset_all(reader, option->options, to, &full);
        else if (option->preset)
            fine &= options_preset(reader, option, to, path);
    }
    return fine;
}
