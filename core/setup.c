#include "core/setup.h"

#include "config/describe.h"
#include "config/fingerprint.h"
#include "config/nearest.h"
#include "core/alloc.h"
#include "core/hash.h"
#include "core/test_output.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const role_names[] = { "", "inputs", "processors", "outputs" };

/* ---- Formats ---- */

struct format_choice {
    const char *data_format;
};

static const struct vane_option input_format_options[] = {
    VANE_OPT_STRING(struct format_choice, data_format, .help = "Format of what is read: influx, csv, json or value."),
    { 0 }
};

static const struct vane_option output_format_options[] = {
    VANE_OPT_STRING(struct format_choice, data_format,
                    .help = "Format of what is written: influx, csv, json, value, template or table."),
    { 0 }
};

static const struct vane_option *format_options(const struct vane_plugin *plugin)
{
    return plugin->role == VANE_INPUT ? input_format_options : output_format_options;
}

static const struct vane_option *options_of(const struct format *format, bool input)
{
    if (input)
        return format->decode ? format->decode->options : NULL;
    return format->encode ? format->encode->options : NULL;
}

size_t setup_sections(const struct vane_plugin *plugin, struct describe_section sections[3])
{
    size_t count = 0;
    sections[count++] = (struct describe_section){ .options = plugin->options };
    if (!plugin->data_format)
        return count;
    const struct format *format = format_find(plugin->data_format);
    if (!plugin->fixed_format)
        sections[count++] = (struct describe_section){ .title = "Format of the data",
                                                       .options = format_options(plugin) };
    const char *title = "Of data_format influx, the default (`vane help csv` and so on has the others)";
    sections[count++] = (struct describe_section){ .title = plugin->fixed_format ? "Line protocol" : title,
                                                   .options = options_of(format, plugin->role == VANE_INPUT) };
    return count;
}

/* Options of the formats that were not chosen: to set one is an error that says so. */
static size_t add_other_formats(struct setup *setup, const struct format *chosen, bool input,
                                struct options_target *targets, size_t count)
{
    for (size_t i = 0; format_at(i) && count < COMMON_OWN_LIMIT; i++) {
        const struct vane_option *options = options_of(format_at(i), input);
        if (format_at(i) == chosen || !options)
            continue;
        struct vane_text why = { 0 };
        vane_text_addf(&why, "is an option of data_format \"%s\"; here it is \"%s\"", format_at(i)->name, chosen->name);
        targets[count++] = (struct options_target){ .options = options,
                                                    .why = arena_text(setup->arena, why.data, why.length) };
        vane_text_release(&why);
    }
    return count;
}

size_t setup_format_sections(const struct format *format, struct describe_section sections[3])
{
    size_t count = 0;
    if (format->decode)
        sections[count++] = (struct describe_section){ .title = "Inputs that read it",
                                                       .options = format->decode->options };
    if (format->encode)
        sections[count++] = (struct describe_section){ .title = "Outputs that write it",
                                                       .options = format->encode->options };
    return count;
}

static bool choose_format(struct setup *setup, const struct config_node *node, const struct vane_plugin *plugin,
                          struct instance_settings *settings, struct format_choice *choice,
                          struct config_errors *errors)
{
    bool input = plugin->role == VANE_INPUT;
    choice->data_format = plugin->data_format;
    if (!plugin->fixed_format)
        options_peek(&node->source, &format_options(plugin)[0], choice, setup->arena);
    const struct format *format = format_find(choice->data_format);
    if (!format || !(input ? (const void *)format->decode : (const void *)format->encode)) {
        struct vane_text known = { 0 };
        for (size_t i = 0; format_at(i); i++)
            if (input ? (const void *)format_at(i)->decode : (const void *)format_at(i)->encode)
                vane_text_addf(&known, "%s%s", known.length ? ", " : "", format_at(i)->name);
        const struct toml_entry *entry = toml_get(node->source.tables[0], "data_format");
        errors_add(errors, node->place.file, entry ? entry->place.line : node->place.line,
                   "%s.data_format: no format '%s' to %s; there are %s",
                   node->source.key, choice->data_format, input ? "read" : "write", known.data);
        vane_text_release(&known);
        return false;
    }
    size_t size = input ? format->decode->options_size : format->encode->options_size;
    void *options = arena_take(setup->arena, size);
    memset(options, 0, size);
    settings->format = format;
    settings->format_options = options;
    settings->format_unset = !plugin->fixed_format && choice->data_format == plugin->data_format; /* the very text */
    return true;
}

/* ---- Nodes ---- */

static char *join_text(struct arena *arena, const char *a, const char *between, const char *b)
{
    struct vane_text text = { 0 };
    vane_text_addf(&text, "%s%s%s", a, between, b);
    char *joined = arena_text(arena, text.data, text.length);
    vane_text_release(&text);
    return joined;
}

/* Telegraf's: the precision that fits the interval, for times that the host gives. */
static int64_t precision_of(const struct vane_plugin *plugin, const struct node_options *options)
{
    static const int64_t steps[] = { 1000000000, 1000000, 1000 };
    if (options->precision > 0 || !plugin->tick)
        return options->precision;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (options->interval >= steps[i])
            return steps[i];
    return 1;
}

static enum edge_full when_full_of(const struct node_options *options)
{
    switch (options->when_full) {
    case COMMON_FULL_DROP_OLDEST: return EDGE_DROP_OLDEST;
    case COMMON_FULL_DROP_NEWEST: return EDGE_DROP_NEWEST;
    default: return options->ack == COMMON_ACK_BEST_EFFORT ? EDGE_DROP_OLDEST : EDGE_BLOCK;
    }
}

/* Its place in the flow, for routing; `vague` until more is known. */
static void place_node(struct flow_node *flow, const struct config_node *node, const struct node_options *options,
                       const char *name)
{
    flow->graph = (struct graph_node){
        .role = node->role, .name = options->alias ? options->alias : name, .aliased = options->alias != NULL,
        .from = options->from, .has_from = node->role != VANE_INPUT && toml_get(node->source.tables[0], "from"),
        .exclusive = options->exclusive,
        .best_effort = node->role == VANE_OUTPUT && options->ack == COMMON_ACK_BEST_EFFORT, .vague = true,
        .file = node->place.file, .line_at = (int)node->place.line,
    };
}

static void fill_node(struct setup *setup, struct flow_node *flow, const struct config_node *node,
                      const struct vane_plugin *plugin, const struct node_options *options)
{
    const struct agent_options *agent = &setup->agent;
    place_node(flow, node, options, plugin->name);
    flow->graph.vague = false;
    flow->graph.keeps = plugin->save || plugin->remembers;
    flow->graph.workers = plugin->role == VANE_PROCESSOR ? (unsigned)options->workers : 1;
    flow->graph.routes = plugin->routes;
    const char *plain = join_text(setup->arena, role_names[plugin->role], ".", plugin->name);
    flow->settings.plugin = plugin;
    flow->settings.options = options;
    flow->settings.log_name = options->alias ? join_text(setup->arena, plain, "::", options->alias) : plain;
    flow->settings.log_level = options->log_level;
    flow->global_tags = setup->global_tags;
    flow->keep_local_tags = agent->always_include_local_tags;
    flow->keep_global_tags = agent->always_include_global_tags;
    flow->interval = options->interval;
    flow->precision = precision_of(plugin, options);
    flow->jitter = options->collection_jitter;
    flow->offset = options->collection_offset;
    flow->round_interval = agent->round_interval;
    flow->max_unacknowledged = options->max_unacknowledged;
    flow->edge = (struct edge_limits){ .bytes = options->queue_size, .metrics = options->metric_buffer_limit,
                                       .when_full = when_full_of(options) };
    flow->batch_size = options->metric_batch_size;
    flow->max_in_flight = options->max_in_flight;
    flow->flush_interval = options->flush_interval;
    flow->flush_jitter = options->flush_jitter;
    flow->drop_original = options->drop_original;
    flow->settings.arena = setup->arena;
    flow->fingerprint = hash_mix(setup->fingerprint, fingerprint_of(&node->source, (const char *const[]){ NULL }));
    flow->fingerprint = hash_mix(flow->fingerprint, hash_bytes(plain, strlen(plain), 0));
}

/* --test: nothing is written, and what would be is printed. */
static void replace_by_printer(struct setup *setup, struct flow_node *flow)
{
    const struct format *influx = format_find("influx");
    void *options = arena_take(setup->arena, influx->encode->options_size);
    void *state = arena_take(setup->arena, test_output.state_size);
    memset(options, 0, influx->encode->options_size);
    memset(state, 0, test_output.state_size);
    flow->settings.plugin = &test_output;
    flow->settings.format = influx;
    flow->settings.format_options = options;
    flow->settings.state = state;
}

/* A node whose options cannot be told: the plugin is missing (NULL), or its format. Others may take from it, though. */
static void add_unread(struct setup *setup, const struct config_node *node, const struct vane_plugin *plugin)
{
    struct flow_node *flow = &setup->nodes[setup->count++];
    struct node_options options = { 0 };
    setup->torn |= !common_peek_place(&options, node, setup->arena);
    place_node(flow, node, &options, plugin ? plugin->name : node->plugin);
    flow->graph.vague = !plugin;
    flow->graph.routes = plugin ? plugin->routes : NULL;
}

/* Somebody who writes on_error = "dead_letter" wants to keep what is refused. */
static void warn_of_lost_letters(struct setup *setup, const struct config_node *node, const struct vane_plugin *plugin,
                                 const struct node_options *options)
{
    for (const struct vane_option *option = plugin->options; option && option->name; option++) {
        const struct toml_entry *entry = toml_get(node->source.tables[0], option->name);
        bool asks = entry && option->kind == VANE_KIND_CHOICE && entry->value.type == TOML_STRING
                    && strcmp(entry->value.string.text, "dead_letter") == 0;
        if (asks && !options->dead_letter)
            errors_add(&setup->config.warnings, entry->place.file, entry->place.line,
                       "%s.%s: there is no dead-letter file, so what it is about is lost: set dead_letter = \"FILE\"",
                       node->source.key, option->name);
    }
}

static bool read_node(struct setup *setup, const struct config_node *node, const struct vane_plugin *plugin,
                      struct format_choice *choice, const struct setup_sources *sources, struct config_errors *errors)
{
    struct flow_node *flow = &setup->nodes[setup->count++];
    void *state = arena_take(setup->arena, plugin->state_size);
    memset(state, 0, plugin->state_size);
    struct node_options *options = arena_take(setup->arena, sizeof *options);
    common_init_node(options, &setup->agent);
    struct options_target own[COMMON_OWN_LIMIT] = { { .options = plugin->options, .state = state } };
    size_t count = 1;
    if (plugin->data_format && !plugin->fixed_format)
        own[count++] = (struct options_target){ .options = format_options(plugin), .state = choice };
    if (plugin->data_format) {
        bool input = plugin->role == VANE_INPUT;
        own[count++] = (struct options_target){ .options = options_of(flow->settings.format, input),
                                                .state = (void *)flow->settings.format_options };
        if (!plugin->fixed_format)
            count = add_other_formats(setup, flow->settings.format, input, own, count);
    }
    bool good = common_read_node(options, node, own, count, setup->arena, errors);
    warn_of_lost_letters(setup, node, plugin, options);
    flow->settings.state = state;
    fill_node(setup, flow, node, plugin, options);
    if (sources->mode == VANE_TEST && plugin->role == VANE_OUTPUT)
        replace_by_printer(setup, flow);
    flow->broken = !good || node->source.torn;
    if (!good) /* with a wrong alias nobody finds it */
        setup->torn |= !common_peek_place(&(struct node_options){ 0 }, node, setup->arena);
    return good;
}

static bool add_node(struct setup *setup, const struct config_node *node, const struct setup_sources *sources,
                     struct loader *loader, struct config_errors *errors)
{
    struct error err;
    struct format_choice choice = { 0 };
    const struct vane_plugin *plugin = loader_get(loader, node->role, node->plugin, &err);
    struct instance_settings *settings = &setup->nodes[setup->count].settings;
    if (plugin && (!plugin->data_format || choose_format(setup, node, plugin, settings, &choice, errors)))
        return read_node(setup, node, plugin, &choice, sources, errors);
    add_unread(setup, node, plugin);
    return plugin ? false : errors_add(errors, node->place.file, node->place.line, "%s: %s", node->source.key,
                                       err.text);
}

/* [global_tags], and the host's name unless omit_hostname or the user has named it. */
static void read_global_tags(struct setup *setup)
{
    const struct agent_options *agent = &setup->agent;
    struct vane_pair *tags = arena_take_array(setup->arena, agent->global_tags.count + 1, sizeof *tags);
    size_t count = agent->global_tags.count;
    bool has_host = agent->omit_hostname;
    for (size_t i = 0; i < count; i++) {
        tags[i] = agent->global_tags.items[i];
        has_host |= strcmp(tags[i].key, "host") == 0;
    }
    char name[256] = "";
    if (!has_host && !agent->hostname)
        gethostname(name, sizeof name - 1);
    if (!has_host)
        tags[count++] = (struct vane_pair){
            .key = "host", .value = agent->hostname ? agent->hostname : arena_text(setup->arena, name, strlen(name)) };
    setup->global_tags = (struct vane_pairs){ .items = tags, .count = count };
}

static void check_roles(struct setup *setup, struct config_errors *errors)
{
    bool has[4] = { false }, sure = true; /* a plugin that is missing may have been meant for another role */
    for (size_t i = 0; i < setup->count; i++) {
        has[setup->nodes[i].graph.role] = true;
        sure = sure && !setup->nodes[i].graph.vague;
    }
    const char *file = setup->config.node_count ? setup->config.nodes[0].place.file : "configuration";
    if (!has[VANE_INPUT] && sure)
        errors_add(errors, file, 0, "there is no input: add one, as [[inputs.NAME]] (`vane plugins` lists them)");
    setup->partial = !has[VANE_INPUT] || !has[VANE_OUTPUT];
    if (!has[VANE_OUTPUT] && sure)
        errors_add(errors, file, 0, "there is no output: add one, as [[outputs.NAME]] (`vane plugins` lists them)");
}

/* What of the agent's options and tags is about each node. */
static uint64_t fingerprint_of_agent(const struct setup *setup)
{
    static const char *const own[] = { "debug", "quiet", "logformat", "logfile", "logfile_rotation_interval",
                                       "logfile_rotation_max_size", "logfile_rotation_max_archives",
                                       "log_with_timezone", "drain_timeout", NULL };
    uint64_t hash = fingerprint_of(&setup->config.agent, own);
    for (size_t i = 0; i < setup->global_tags.count; i++) {
        const struct vane_pair *tag = &setup->global_tags.items[i];
        hash = hash_mix(hash, hash_mix(hash_bytes(tag->key, strlen(tag->key), 0),
                                       hash_bytes(tag->value, strlen(tag->value), 0)));
    }
    return hash;
}

bool setup_read(struct setup *setup, const struct setup_sources *sources, struct loader *loader,
                struct config_errors *errors)
{
    setup->arena = arena_new(16384);
    setup->config.arena = arena_ref(setup->arena); /* one memory for all that nodes point to */
    if (!config_read(&setup->config, sources->files, sources->directories, errors))
        setup->torn = true; /* who knows what an error hides */
    common_read_agent(&setup->config, &setup->agent, setup->arena, errors);
    setup->agent.debug = (setup->agent.debug || sources->debug) && !sources->quiet;
    setup->agent.quiet = (setup->agent.quiet || sources->quiet) && !sources->debug;
    read_global_tags(setup);
    setup->fingerprint = fingerprint_of_agent(setup);
    setup->nodes = alloc_array(setup->config.node_count, sizeof *setup->nodes);
    for (size_t i = 0; i < setup->config.node_count; i++)
        if (setup->config.nodes[i].enabled)
            add_node(setup, &setup->config.nodes[i], sources, loader, errors);
    if (!setup->torn)
        check_roles(setup, errors);
    return errors->count == 0;
}

void setup_release(struct setup *setup)
{
    config_release(&setup->config);
    free(setup->nodes);
    arena_unref(setup->arena);
    *setup = (struct setup){ 0 };
}

/* ---- The flow ---- */

struct reporting {
    const struct setup   *setup;
    struct config_errors *errors, *warnings;
};

static const struct config_node *find_node(const struct setup *setup, const char *file, unsigned line)
{
    const struct config_node *node = setup->config.nodes;
    while (node->place.line != line || strcmp(node->place.file, file) != 0)
        node++;
    return node;
}

/* What a plugin says of its options begins with the name of one: "urls: …", "regressors[2].name: …". */
static const struct toml_entry *entry_in_words(const struct config_node *node, const char *what, const char **rest)
{
    size_t length = strcspn(what, ": .[");
    const struct toml_entry *entry = toml_get_n(node->source.tables[0], what, length);
    *rest = entry && strncmp(what + length, ": ", 2) == 0 ? what + length + 2 : NULL;
    return entry;
}

static void report_one(struct reporting *to, bool warning, const char *file, int line, const char *option,
                       const char *what)
{
    const struct config_node *node = find_node(to->setup, file, (unsigned)line);
    const char *rest = NULL;
    const struct toml_entry *entry = option[0] ? toml_get(node->source.tables[0], option)
                                               : entry_in_words(node, what, &rest);
    if (rest)
        option = entry->key;
    errors_add(warning ? to->warnings : to->errors, file, entry ? entry->place.line : (unsigned)line, "%s%s%s: %s",
               node->source.key, option[0] ? "." : "", option, rest ? rest : what);
}

/* Several faults come a line each. */
static void report(void *context, bool warning, const char *file, int line, const char *option, const char *what)
{
    char *words = alloc_text(what), *rest = words, *one;
    while ((one = strsep(&rest, "\n")))
        report_one(context, warning, file, line, option, one);
    free(words);
}

static void offer_names(struct nearest *nearest, const struct graph_node *node, struct arena *arena)
{
    nearest_offer(nearest, node->name);
    for (const char *const *route = node->routes; route && *route; route++)
        nearest_offer(nearest, join_text(arena, node->name, ".", *route));
}

static const char *nearest_node(void *context, const char *name)
{
    const struct reporting *to = context;
    struct nearest nearest = { .word = name };
    for (size_t i = 0; i < to->setup->count && to->errors->count < ERRORS_LIMIT; i++) /* no more are shown */
        if (to->setup->nodes[i].graph.role != VANE_OUTPUT)
            offer_names(&nearest, &to->setup->nodes[i].graph, to->setup->arena);
    return nearest.name;
}

/* Is this what the name of a missing plugin was meant to be, or becomes with the ending of its role? */
static bool may_mean(const struct graph_node *node, const char *name, struct arena *arena)
{
    static const char *const endings[] = { "", "_in", "", "_out" };
    char *whole = join_text(arena, node->name, endings[node->role], "");
    char *base = arena_text(arena, name, strcspn(name, "."));
    struct nearest written = { .word = node->name }, completed = { .word = whole };
    nearest_offer(&written, base);
    nearest_offer(&completed, base);
    return written.name || completed.name;
}

static bool may_be(void *context, const char *name)
{
    const struct reporting *to = context;
    bool may = to->setup->torn;
    for (size_t i = 0; i < to->setup->count && !may; i++) {
        const struct graph_node *node = &to->setup->nodes[i].graph;
        may = node->vague && !node->aliased && may_mean(node, name, to->setup->arena);
    }
    return may;
}

static struct graph_report report_to(struct reporting *to)
{
    return (struct graph_report){ .say = report, .context = to, .nearest = nearest_node, .may_be = may_be,
                                  .partial = to->setup->torn || to->setup->partial };
}

struct flow *setup_flow(const struct setup *setup, struct runtime *runtime, struct config_errors *errors,
                        struct config_errors *warnings)
{
    struct reporting to = { setup, errors, warnings };
    struct graph_report graph_report = report_to(&to);
    struct flow_settings settings = { .runtime = runtime, .checkpoint_interval = setup->agent.checkpoint_interval };
    return flow_new(&settings, setup->nodes, setup->count, &graph_report);
}

void setup_check(const struct setup *setup, struct runtime *runtime, struct config_errors *errors,
                 struct config_errors *warnings)
{
    struct reporting to = { setup, errors, warnings };
    struct graph_report graph_report = report_to(&to);
    flow_check_nodes(setup->nodes, setup->count, runtime, &graph_report);
    struct graph_node *nodes = alloc_array(setup->count, sizeof *nodes);
    for (size_t i = 0; i < setup->count; i++)
        nodes[i] = setup->nodes[i].graph;
    struct graph graph;
    graph_build(&graph, nodes, setup->count, &graph_report);
    graph_release(&graph);
    free(nodes);
}
