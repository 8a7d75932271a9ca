/* options_name - kinds, sizes and ranges of options, for errors, checks and manuals alike. */
#include <math.h>

#include "config/options_internal.h"
#include "config/quantity.h"
#include "core/number.h"

struct kind {
    const char *name, *list_name; /* with the article */
    size_t      size;             /* of one element */
};

static const struct kind kinds[] = {
    [VANE_KIND_STRING]   = { "a string", "a list of strings", sizeof(const char *) },
    [VANE_KIND_BOOL]     = { "a boolean", "a list of booleans", sizeof(bool) },
    [VANE_KIND_INT]      = { "an integer", "a list of integers", sizeof(int64_t) },
    [VANE_KIND_UINT]     = { "an integer", "a list of integers", sizeof(uint64_t) },
    [VANE_KIND_FLOAT]    = { "a number", "a list of numbers", sizeof(double) },
    [VANE_KIND_DURATION] = { "a duration", "a list of durations", sizeof(int64_t) },
    [VANE_KIND_SIZE]     = { "a size", "a list of sizes", sizeof(uint64_t) },
    [VANE_KIND_TIME]     = { "a time", "a list of times", sizeof(int64_t) },
    [VANE_KIND_CHOICE]   = { "a string", "a list of strings", sizeof(int) },
    [VANE_KIND_WORD]     = { "a string, true, false or an integer", "", sizeof(const char *) },
    [VANE_KIND_PAIRS]    = { "a table of strings", "a table of lists of strings", sizeof(struct vane_pair) },
    [VANE_KIND_VALUES]   = { "a table of values", "", sizeof(struct vane_field) },
    [VANE_KIND_TABLE]    = { "a table", "", 0 },
    [VANE_KIND_TABLES]   = { "a list of tables", "", 0 },
};

const char *options_kind_name(const struct vane_option *option, bool article)
{
    const char *name = option->list ? kinds[option->kind].list_name : kinds[option->kind].name;
    return article ? name : strchr(name, ' ') + 1;
}

size_t options_field_size(const struct vane_option *option, bool one)
{
    if (option->kind == VANE_KIND_TABLE || (option->kind == VANE_KIND_TABLES && one))
        return option->size;
    if (option->kind == VANE_KIND_PAIRS && option->list && one)
        return sizeof(struct options_list);
    bool array = option->list || option->kind >= VANE_KIND_PAIRS;
    return array && !one ? sizeof(struct vane_strings) : kinds[option->kind].size;
}

static void write_bound(struct vane_text *out, enum vane_kind kind, double bound)
{
    char digits[NUMBER_MAX];
    if (kind == VANE_KIND_DURATION)
        quantity_write_duration(out, (int64_t)bound);
    else if (kind == VANE_KIND_SIZE)
        quantity_write_size(out, (uint64_t)bound);
    else
        vane_text_add(out, digits, number_write_float(digits, bound));
}

void options_write_range(struct vane_text *out, const struct vane_option *option)
{
    /* No integer reaches this far, and 292 years are no limit to speak of. */
    bool floor = option->least > -0x1p63, ceiling = option->most < 0x1p63;
    if ((option->least == 0 && option->most == 0) || (!floor && !ceiling))
        return;
    vane_text_addf(out, !ceiling ? "at least " : !floor ? "at most " : "from ");
    if (floor)
        write_bound(out, option->kind, option->least);
    if (floor && ceiling)
        vane_text_addf(out, " to ");
    if (ceiling)
        write_bound(out, option->kind, option->most);
}
