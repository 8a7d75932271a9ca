/* unmatched - see unmatched.h. Names of fields come from the shapes: there are few, whatever the metrics. */
#include "plugins/window/unmatched.h"

enum { SHOWN = 5 };

static void add_name(struct vane_text *text, size_t i, const char *name)
{
    if (i < SHOWN)
        vane_text_addf(text, "%s%s", i ? ", " : "", name);
    else if (i == SHOWN)
        vane_text_addf(text, ", ...");
}

static size_t count_selected(const struct shapes *shapes)
{
    size_t count = 0;
    for (size_t i = 0; i < shapes->field_count; i++)
        count += shapes->fields[i]->selected;
    return count;
}

/* What `fields` asks for, and what came instead. */
static void tell_names(struct window *window)
{
    const struct vane_strings *asked = &window->options.fields;
    const struct shapes *shapes = &window->shapes;
    struct vane_text *text = &window->text;
    vane_text_clear(text);
    for (size_t i = 0; i < asked->count; i++)
        add_name(text, i, asked->items[i]);
    vane_text_addf(text, "): there came ");
    for (size_t i = 0; i < shapes->field_count; i++)
        add_name(text, i, shapes->fields[i]->name);
    vane_log(window->self, VANE_WARN, "nothing is aggregated: no field matches `fields` (%s", text->data);
}

void unmatched_report(struct window *window, uint64_t least)
{
    if (window->valued || window->unmatched_told || window->valueless < least)
        return;
    window->unmatched_told = true;
    if (window->shapes.field_count && !count_selected(&window->shapes))
        tell_names(window);
    else
        vane_log(window->self, VANE_WARN, "nothing is aggregated: none of %llu metrics has a finite number in a field "
                 "that is asked for", (unsigned long long)window->valueless);
}
