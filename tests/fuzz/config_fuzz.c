/* config_fuzz - any bytes as a configuration: read, and filled into the agent's options, the options of
 * every node, and a table with an option of each kind. Nothing may crash or leak, and what is refused
 * must come with an error. */
#include <assert.h>
#include <stdlib.h>

#include "config/common.h"
#include "config/document.h"
#include "config/environment.h"
#include "config/quantity.h"
#include "core/arena.h"

struct inner { const char *name; struct vane_pairs pairs; };

struct all {
    const char          *text, *token;
    bool                 flag;
    int64_t              number, wait, when;
    uint64_t             count, size;
    double               real;
    int                  choice;
    struct vane_strings  texts;
    struct vane_bools    flags;
    struct vane_ints     numbers, waits, whens;
    struct vane_uints    counts, sizes;
    struct vane_floats   reals;
    struct vane_choices  choices;
    struct vane_pairs    pairs;
    struct vane_values   values;
    struct inner         inner;
    struct vane_tables   inners;
};

static const char *const choices[] = { "a", "b", NULL };

static const struct vane_option inner_options[] = {
    VANE_OPT_STRING(struct inner, name, .required = true, .help = "h"),
    VANE_OPT_PAIRS(struct inner, pairs, .secret = true, .help = "h"),
    { 0 }
};

static const struct vane_option options[] = {
    VANE_OPT_STRING(struct all, text, .preset = "\"x\"", .also = "t", .help = "h"),
    VANE_OPT_STRING(struct all, token, .secret = true, .help = "h"),
    VANE_OPT_BOOL(struct all, flag, .help = "h"),
    VANE_OPT_INT(struct all, number, .least = -5, .most = 10, .help = "h"),
    VANE_OPT_DURATION(struct all, wait, .help = "h"),
    VANE_OPT_TIME(struct all, when, .help = "h"),
    VANE_OPT_UINT(struct all, count, .help = "h"),
    VANE_OPT_SIZE(struct all, size, .least = 10, .most = 1e9, .help = "h"),
    VANE_OPT_FLOAT(struct all, real, .help = "h"),
    VANE_OPT_CHOICE(struct all, choice, .choices = choices, .help = "h"),
    VANE_OPT_STRINGS(struct all, texts, .help = "h"),
    VANE_OPT_BOOLS(struct all, flags, .help = "h"),
    VANE_OPT_INTS(struct all, numbers, .help = "h"),
    VANE_OPT_DURATIONS(struct all, waits, .help = "h"),
    VANE_OPT_TIMES(struct all, whens, .help = "h"),
    VANE_OPT_UINTS(struct all, counts, .help = "h"),
    VANE_OPT_SIZES(struct all, sizes, .help = "h"),
    VANE_OPT_FLOATS(struct all, reals, .help = "h"),
    VANE_OPT_CHOICES(struct all, choices, .choices = choices, .help = "h"),
    VANE_OPT_PAIRS(struct all, pairs, .help = "h"),
    VANE_OPT_VALUES(struct all, values, .help = "h"),
    VANE_OPT_TABLE(struct all, inner, struct inner, .options = inner_options, .help = "h"),
    VANE_OPT_TABLES(struct all, inners, .size = sizeof(struct inner), .options = inner_options, .help = "h"),
    { 0 }
};

static void read_node(const struct config_node *node, const struct agent_options *agent, struct arena *arena)
{
    struct all all = { 0 };
    struct node_options common;
    struct config_errors errors = { 0 };
    const struct options_target own = { .options = options, .state = &all };
    common_init_node(&common, agent);
    bool fine = common_read_node(&common, node, &own, 1, arena, &errors);
    assert(fine == (errors.count == 0));
    errors_release(&errors);
}

static void read_config(const char *text, size_t length)
{
    struct config config = { 0 };
    struct config_errors errors = { 0 };
    struct agent_options agent;
    bool fine = config_add_text(&config, "fuzz", text, length, &errors);
    assert(fine == (errors.count == 0));
    struct arena *arena = arena_new(1024);
    common_read_agent(&config, &agent, arena, &errors);
    for (size_t i = 0; i < config.node_count; i++)
        read_node(&config.nodes[i], &agent, arena);
    config_release(&config);
    errors_release(&errors);
    arena_unref(arena);
}

/* What is written is read back as the same. */
static void read_quantities(const char *text, size_t length)
{
    int64_t ns, ns_again;
    uint64_t bytes, bytes_again;
    struct vane_text out = { 0 };
    if (quantity_read_duration(text, length, &ns)) {
        quantity_write_duration(&out, ns);
        assert(quantity_read_duration(out.data, out.length, &ns_again) && ns_again == ns);
    }
    vane_text_clear(&out);
    if (quantity_read_size(text, length, &bytes)) {
        quantity_write_size(&out, bytes);
        assert(quantity_read_size(out.data, out.length, &bytes_again) && bytes_again == bytes);
    }
    vane_text_release(&out);
}

static void expand(const char *text, size_t length)
{
    struct vane_text out = { 0 };
    struct error err;
    environment_expand(&out, text, length, &err);
    environment_is_variable(text, length);
    vane_text_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    read_config(text, size);
    read_quantities(text, size);
    expand(text, size);
    return 0;
}
