/* document - sections of files to one configuration; see document.h. */
#include "config/document.h"

#include <stdlib.h>
#include <string.h>

#include "config/document_internal.h"
#include "config/nearest.h"
#include "core/alloc.h"
#include "core/arena.h"

/* What is read at once of a node: whether and where it stands in the flow. */
struct placement {
    bool    enabled;
    int64_t order;
};

static const struct vane_option placement_enabled =
    VANE_OPT_BOOL(struct placement, enabled, .preset = "true");
static const struct vane_option placement_order = VANE_OPT_INT(struct placement, order, .preset = "0");

/* The name of a section, and what there is to say of it; an error without a reader. */
struct section {
    const char *name;
    bool (*read)(struct config *config, const struct section *section, const struct toml_entry *entry,
                 struct config_errors *errors);
    enum vane_role role;   /* of nodes */
    const char    *reason; /* why it is not read */
};

static bool fail(struct config_errors *errors, const struct toml_place *place, const char *key,
                 const char *why)
{
    return errors_add(errors, place->file, place->line, "%s: %s", key, why);
}

static void add_table(struct options_source *source, struct arena *arena, const char *key,
                      const struct toml_table *table)
{
    const struct toml_table **tables = (const struct toml_table **)source->tables;
    if ((source->count & (source->count - 1)) == 0) { /* it is full */
        tables = arena_take_array(arena, size_add(source->count, source->count + 1), sizeof *tables);
        if (source->count)
            memcpy(tables, source->tables, source->count * sizeof *tables);
    }
    tables[source->count] = table;
    source->key = key;
    source->tables = tables;
    source->count++;
}

static bool read_agent(struct config *config, const struct section *section, const struct toml_entry *entry,
                       struct config_errors *errors)
{
    if (entry->value.type != TOML_TABLE)
        return fail(errors, &entry->place, section->name, "wants a table: [agent]");
    const struct options_source *agent = &config->agent;
    if (agent->count)
        errors_add(&config->warnings, entry->place.file, entry->place.line,
                   "agent: stands in %s, too: what is set here wins", agent->tables[0]->place.file);
    add_table(&config->agent, config->arena, section->name, entry->value.table);
    return true;
}

static bool read_tags(struct config *config, const struct section *section, const struct toml_entry *entry,
                      struct config_errors *errors)
{
    if (entry->value.type != TOML_TABLE)
        return fail(errors, &entry->place, section->name, "wants a table: [global_tags]");
    add_table(&config->global_tags, config->arena, "global_tags", entry->value.table);
    return true;
}

static void add_node(struct config *config, const struct section *section, const struct toml_entry *entry,
                     const struct toml_table *table)
{
    struct vane_text key = { 0 };
    vane_text_addf(&key, "%s.%s", section->name, entry->key);
    struct config_node node = {
        .role = section->role,
        .plugin = entry->key,
        .place = table->place,
    };
    add_table(&node.source, config->arena, arena_text(config->arena, key.data, key.length), table);
    vane_text_release(&key);

    struct placement placement = { 0 };
    options_peek(&node.source, &placement_enabled, &placement, config->arena);
    options_peek(&node.source, &placement_order, &placement, config->arena);
    node.enabled = placement.enabled;
    node.order = placement.order;
    if (config->node_count == config->node_capacity) {
        config->node_capacity = alloc_grow(config->node_capacity, config->node_count + 1);
        config->nodes = alloc_resize(config->nodes, config->node_capacity, sizeof *config->nodes);
    }
    config->nodes[config->node_count++] = node;
}

/* A plugin is a file of that name, so a name must not be a path. */
static bool is_plugin_name(const struct toml_entry *entry)
{
    size_t length = strspn(entry->key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return length && length == entry->key_length;
}

/* Everything under one name: [[inputs.kafka]] as often as it stands, or one [inputs.kafka]. */
static bool read_plugin(struct config *config, const struct section *section, const struct toml_entry *entry,
                        struct config_errors *errors)
{
    const struct toml_value *value = &entry->value;
    if (!is_plugin_name(entry))
        return errors_add(errors, entry->place.file, entry->place.line, "%s.%s: that is no name of a plugin",
                          section->name, entry->key);
    if (value->type == TOML_TABLE)
        add_node(config, section, entry, value->table);
    bool fine = value->type == TOML_TABLE || value->type == TOML_ARRAY;
    for (size_t i = 0; value->type == TOML_ARRAY && i < value->array.count; i++) {
        const struct toml_value *item = &value->array.items[i];
        if (item->type == TOML_TABLE)
            add_node(config, section, entry, item->table);
        else
            fine = false;
    }
    if (fine)
        return true;
    return errors_add(errors, value->place.file, value->place.line, "%s.%s: wants tables: [[%s.%s]]",
                      section->name, entry->key, section->name, entry->key);
}

static bool read_nodes(struct config *config, const struct section *section, const struct toml_entry *entry,
                       struct config_errors *errors)
{
    if (entry->value.type != TOML_TABLE)
        return errors_add(errors, entry->place.file, entry->place.line,
                          "%s: wants the name of a plugin: [[%s.NAME]]", section->name, section->name);
    bool fine = true;
    for (const struct toml_entry *plugin = entry->value.table->first; plugin; plugin = plugin->next)
        fine &= read_plugin(config, section, plugin, errors);
    return fine;
}

static const struct section sections[] = {
    { "agent", read_agent, 0, NULL },
    { "global_tags", read_tags, 0, NULL },
    { "tags", read_tags, 0, NULL },
    { "inputs", read_nodes, VANE_INPUT, NULL },
    { "processors", read_nodes, VANE_PROCESSOR, NULL },
    { "outputs", read_nodes, VANE_OUTPUT, NULL },
    { "aggregators", NULL, 0, "vane has none: use [[processors.window]]" },
    { "secretstores", NULL, 0, "vane has none: use @{file:PATH}, @{credential:NAME} or ${VARIABLE}" },
    { "plugins", NULL, 0, "is an old form: write [[inputs.NAME]], [[processors.NAME]] or [[outputs.NAME]]" },
};

enum { SECTION_COUNT = sizeof sections / sizeof *sections };

static bool fail_unknown(const struct toml_entry *entry, struct config_errors *errors)
{
    struct nearest nearest = { .word = entry->key };
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (sections[i].read)
            nearest_offer(&nearest, sections[i].name);
    }
    if (nearest.name)
        return errors_add(errors, entry->place.file, entry->place.line,
                          "%s: there is no such section; did you mean '%s'?", entry->key, nearest.name);
    return errors_add(errors, entry->place.file, entry->place.line,
                      "%s: there is no such section, only agent, global_tags, inputs, processors and outputs",
                      entry->key);
}

static bool read_section(struct config *config, const struct toml_entry *entry, struct config_errors *errors)
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        const struct section *section = &sections[i];
        if (entry->key_length != strlen(section->name) || strcmp(entry->key, section->name) != 0)
            continue;
        if (section->read)
            return section->read(config, section, entry, errors);
        return fail(errors, &entry->place, section->name, section->reason);
    }
    return fail_unknown(entry, errors);
}

static void begin(struct config *config)
{
    if (config->arena)
        return;
    config->arena = arena_new(4096);
    config->agent.key = "agent";
    config->global_tags.key = "global_tags";
}

static int compare_places(const void *a, const void *b)
{
    const struct toml_place *left = &((const struct config_node *)a)->place;
    const struct toml_place *right = &((const struct config_node *)b)->place;
    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return left->column < right->column ? -1 : left->column > right->column;
}

/* TOML keeps all of one name together; the flow goes by where each stands. */
static void sort_by_place(struct config *config, size_t first)
{
    if (config->node_count > first)
        qsort(config->nodes + first, config->node_count - first, sizeof *config->nodes, compare_places);
    for (size_t i = first; i < config->node_count; i++)
        config->nodes[i].position = i;
}

bool config_add_text(struct config *config, const char *file, const char *text, size_t length,
                     struct config_errors *errors)
{
    begin(config);
    const char *name = arena_text(config->arena, file, strlen(file));
    bool fine;
    const struct toml_table *root = toml_parse_some(config->arena, name, text, length, errors, &fine);
    size_t first = config->node_count;
    bool torn = !fine;
    for (const struct toml_entry *entry = root->first; entry; entry = entry->next)
        fine &= read_section(config, entry, errors);
    config->agent.torn |= torn;
    config->agent.warnings = &config->warnings;
    for (size_t i = first; i < config->node_count; i++) {
        config->nodes[i].source.torn = torn;
        config->nodes[i].source.warnings = &config->warnings;
    }
    sort_by_place(config, first);
    return fine;
}

static bool add_file(struct config *config, const char *path, struct config_errors *errors)
{
    struct vane_text text = { 0 };
    const char *name = strcmp(path, CONFIG_STDIN) == 0 ? CONFIG_STDIN_NAME : path;
    bool fine = config_load(&text, path, errors)
        && config_add_text(config, name, text.data, text.length, errors);
    vane_text_release(&text);
    return fine;
}

static int compare_order(const void *a, const void *b)
{
    const struct config_node *left = a, *right = b;
    if (left->order != right->order)
        return left->order < right->order ? -1 : 1;
    return left->position < right->position ? -1 : 1;
}

/* Processors trade places with each other only; whoever stands between them stays. */
static void sort_processors(struct config *config)
{
    struct config_node *sorted = alloc_array(config->node_count, sizeof *sorted);
    size_t count = 0;
    for (size_t i = 0; i < config->node_count; i++) {
        if (config->nodes[i].role == VANE_PROCESSOR)
            sorted[count++] = config->nodes[i];
    }
    qsort(sorted, count, sizeof *sorted, compare_order);
    for (size_t i = config->node_count; i-- > 0;) {
        if (config->nodes[i].role == VANE_PROCESSOR)
            config->nodes[i] = sorted[--count];
    }
    free(sorted);
}

static const char *name_of(struct arena *arena, const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    const char *dot = memrchr(path + start, '.', end - start);
    size_t length = dot && dot > path + start ? (size_t)(dot - path) - start : end - start;
    return arena_text(arena, path + start, length);
}

bool config_read(struct config *config, const char *const *files, const char *const *directories,
                 struct config_errors *errors)
{
    struct config_paths paths = { 0 };
    bool fine = true, named = *files || *directories;
    for (const char *const *file = files; *file; file++)
        config_paths_add(&paths, *file);
    for (const char *const *directory = directories; *directory; directory++)
        fine &= config_paths_walk(&paths, *directory, errors);
    if (!named)
        fine = config_paths_default(&paths, errors);

    begin(config);
    const char *first = *files ? *files : *directories ? *directories : paths.count ? paths.items[0] : "vane";
    config->name = name_of(config->arena, strcmp(first, CONFIG_STDIN) == 0 ? CONFIG_STDIN_NAME : first);
    for (size_t i = 0; i < paths.count; i++)
        fine &= add_file(config, paths.items[i], errors);
    sort_processors(config);
    config_paths_release(&paths);
    return fine;
}

void config_release(struct config *config)
{
    arena_unref(config->arena);
    free(config->nodes);
    errors_release(&config->warnings);
    *config = (struct config){ 0 };
}
