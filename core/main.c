/* main - the command line. Exit codes: 0 fine, 1 failed while running, 2 bad usage or configuration.
 *
 * Mutable state of the process: the log's sink (log.c) and the flags of the signal handlers (agent.c). */
#include "config/describe.h"
#include "config/nearest.h"
#include "config/options.h"
#include "config/quantity.h"
#include "core/agent.h"
#include "core/alloc.h"
#include "core/number.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BAD_USAGE = 2 };

static const char usage[] =
    "vane - a metrics agent: inputs, processors and outputs, wired by a TOML file\n"
    "\n"
    "usage:\n"
    "  vane [run] --config FILE        run until SIGTERM or Ctrl-C; SIGHUP reads the files again\n"
    "  vane check [--graph]            check the configuration, and print its flow\n"
    "  vane plugins                    list the plugins\n"
    "  vane help [PLUGIN | FORMAT]     print this, or the options of a plugin or a data format;\n"
    "                                  PLUGIN.OPTION: of one of its tables, or one option; agent: of\n"
    "                                  the agent\n"
    "  vane sample [PLUGIN...]         print a commented configuration: of the agent, or of plugins\n"
    "  vane version                    print the version\n"
    "\n"
    "options:\n"
    "  --config FILE                   read FILE, - for standard input; repeatable\n"
    "  --config-directory DIR          read *.toml and *.conf below DIR; repeatable\n"
    "  --plugin-dir DIR                look for plugins in DIR first; repeatable. Then in the folders of\n"
    "                                  $VANE_PLUGIN_PATH (a:b), the installed one, and beside the program\n"
    "  --state-directory DIR           keep checkpoints in DIR\n"
    "  --once                          read files and topics to their end, gather, write, and exit; what\n"
    "                                  was saved is left alone, unless --state-directory names it\n"
    "  --test                          as --once, but print what would be written, and write nothing\n"
    "  --test-wait SECONDS             with --once and --test: listen to live inputs so long (5)\n"
    "  --pidfile FILE                  keep the number of the process in FILE while it runs\n"
    "  --debug                         log more\n"
    "  --quiet                         log errors only\n"
    "  --help, --version               as the commands\n"
    "\n"
    "Without --config: $VANE_CONFIG_PATH, ~/.config/vane/vane.toml, or /etc/vane/vane.toml with\n"
    "/etc/vane/vane.d. Exit codes: 0 fine, 1 failed while running, 2 bad usage or configuration.\n";

struct command_line {
    struct agent_settings settings;
    const char          **files, **directories, **plugin_directories;
    size_t                file_count, directory_count, plugin_directory_count;
    const char           *pidfile, *readme;
    bool                  graph, markdown, help, version;
};

static void add(const char ***list, size_t *count, const char *text)
{
    *list = alloc_resize(*list, *count + 2, sizeof(char *));
    (*list)[(*count)++] = text;
    (*list)[*count] = NULL;
}

enum { OPT_CONFIG = 256, OPT_DIRECTORY, OPT_PLUGINS, OPT_STATE, OPT_ONCE, OPT_TEST, OPT_WAIT, OPT_PIDFILE, OPT_DEBUG,
       OPT_QUIET, OPT_GRAPH, OPT_README, OPT_HELP, OPT_VERSION };

static const struct option long_options[] = {
    { "config", required_argument, NULL, OPT_CONFIG }, { "config-directory", required_argument, NULL, OPT_DIRECTORY },
    { "plugin-dir", required_argument, NULL, OPT_PLUGINS },
    { "plugin-directory", required_argument, NULL, OPT_PLUGINS },
    { "state-directory", required_argument, NULL, OPT_STATE }, { "once", no_argument, NULL, OPT_ONCE },
    { "test", no_argument, NULL, OPT_TEST }, { "test-wait", required_argument, NULL, OPT_WAIT },
    { "pidfile", required_argument, NULL, OPT_PIDFILE }, { "debug", no_argument, NULL, OPT_DEBUG },
    { "quiet", no_argument, NULL, OPT_QUIET }, { "graph", no_argument, NULL, OPT_GRAPH },
    { "readme", required_argument, NULL, OPT_README }, { "help", no_argument, NULL, OPT_HELP },
    { "version", no_argument, NULL, OPT_VERSION }, { 0 }
};

/* "5s", or a bare number of seconds as in Telegraf. */
static bool read_wait(const char *text, int64_t *ns)
{
    double seconds;
    if (number_read_float(text, strlen(text), &seconds))
        return quantity_duration_of_seconds(seconds, ns);
    return quantity_read_duration(text, strlen(text), ns);
}

static bool take_option(struct command_line *line, int option)
{
    switch (option) {
    case OPT_CONFIG: add(&line->files, &line->file_count, optarg); return true;
    case OPT_DIRECTORY: add(&line->directories, &line->directory_count, optarg); return true;
    case OPT_PLUGINS: add(&line->plugin_directories, &line->plugin_directory_count, optarg); return true;
    case OPT_STATE: line->settings.state_directory = optarg; return true;
    case OPT_ONCE: line->settings.sources.mode = VANE_ONCE; return true;
    case OPT_TEST: line->settings.sources.mode = VANE_TEST; return true;
    case OPT_PIDFILE: line->pidfile = optarg; return true;
    case OPT_DEBUG: return line->settings.sources.debug = true;
    case OPT_QUIET: return line->settings.sources.quiet = true;
    case OPT_GRAPH: return line->graph = true;
    case OPT_README: line->readme = optarg; return true;
    case OPT_HELP: return line->help = true;
    case OPT_VERSION: return line->version = true;
    case OPT_WAIT:
        if (read_wait(optarg, &line->settings.test_wait))
            return true;
        fprintf(stderr, "vane: --test-wait: '%s' is no duration, such as 5s, 2m or a number of seconds\n", optarg);
        return false;
    default:
        return false;
    }
}

/* getopt says no more than that something is wrong with a word. */
static void say_bad_option(const char *word)
{
    struct nearest nearest = { .word = word + strspn(word, "-") };
    const struct option *known = long_options;
    while (known->name && known->val != optopt)
        known++;
    if (optopt && known->name) {
        fprintf(stderr, "vane: --%s %s\n", known->name, known->has_arg ? "needs a value" : "takes no value");
        return;
    }
    for (known = long_options; known->name; known++)
        nearest_offer(&nearest, known->name);
    fprintf(stderr, "vane: there is no option '%s'", word);
    if (nearest.name)
        fprintf(stderr, "; did you mean '--%s'?", nearest.name);
    fprintf(stderr, "%s `vane help` lists them\n", nearest.name ? "" : ";");
}

/* Those of --plugin-dir: one that is misspelt would only be missed later, by a plugin. */
static bool check_folders(const char *const *folders)
{
    for (; folders && *folders; folders++) {
        struct stat info;
        bool there = stat(*folders, &info) == 0;
        if (there && S_ISDIR(info.st_mode))
            continue;
        fprintf(stderr, "vane: --plugin-dir %s: %s\n", *folders, strerror(there ? ENOTDIR : errno));
        return false;
    }
    return true;
}

/* Telegraf's single dash (-config) is understood as well. */
static bool parse(struct command_line *line, int argc, char **argv)
{
    int option;
    line->settings.test_wait = INT64_C(5000000000);
    opterr = 0;
    while ((option = getopt_long_only(argc, argv, "", long_options, NULL)) != -1) {
        if (option == '?')
            say_bad_option(argv[optind - 1]);
        if (!take_option(line, option))
            return false;
    }
    if (!check_folders(line->plugin_directories))
        return false;
    static const char *const none[] = { NULL };
    line->settings.sources.files = line->files ? line->files : none;
    line->settings.sources.directories = line->directories ? line->directories : none;
    return true;
}

/* ---- Commands ---- */

static void print_plugin(void *context, const char *file, const struct vane_plugin *plugin, const char *error)
{
    static const char *const roles[] = { "", "input", "processor", "output" };
    (void)context;
    if (plugin)
        printf("%-10s %-14s %s\n", roles[plugin->role], plugin->name, plugin->help);
    else
        fprintf(stderr, "%s: %s\n", file, error);
}

static int list_plugins(const struct command_line *line, char **arguments, int count)
{
    (void)arguments, (void)count;
    loader_visit(line->settings.loader, print_plugin, NULL);
    return 0;
}

static void describe(struct describe_subject *subject, struct describe_section sections[3],
                     const struct vane_plugin *plugin)
{
    *subject = (struct describe_subject){ .role = plugin->role, .name = plugin->name, .help = plugin->help,
                                          .sections = sections, .count = setup_sections(plugin, sections) };
}

/* Rewrites the options table of a README in place. */
static int update_readme(const char *path, const struct describe_subject *subject)
{
    struct vane_text old = { 0 }, new = { 0 };
    char block[4096];
    size_t got;
    FILE *file = fopen(path, "r");
    while (file && (got = fread(block, 1, sizeof block, file)) > 0)
        vane_text_add(&old, block, got);
    if (file)
        fclose(file);
    struct error err;
    bool good = file && describe_readme(&new, old.data, old.length, subject, &err);
    if (!file)
        error_set(&err, "%s", strerror(errno));
    FILE *out = good ? fopen(path, "w") : NULL;
    if (out && (fwrite(new.data, 1, new.length, out) != new.length || fclose(out) != 0))
        good = error_set(&err, "write: %s", strerror(errno));
    if (!good)
        fprintf(stderr, "vane: %s: %s\n", path, err.text);
    vane_text_release(&old);
    vane_text_release(&new);
    return good ? 0 : 1;
}

static int help_format(const struct format *format)
{
    struct describe_section sections[3];
    struct describe_subject subject = { .name = format->name, .help = format->help, .sections = sections,
                                        .count = setup_format_sections(format, sections) };
    struct vane_text text = { 0 };
    describe_help(&text, &subject);
    fputs(text.data, stdout);
    vane_text_release(&text);
    return 0;
}

struct owners {
    const char      *option;
    struct vane_text words; /* "forecast.prophet" of each plugin that has it */
};

static void add_owner(void *context, const char *file, const struct vane_plugin *plugin, const char *error)
{
    struct owners *owners = context;
    (void)file, (void)error;
    if (plugin && options_find(plugin->options, owners->option))
        vane_text_addf(&owners->words, "%s`vane help %s.%s`", owners->words.length ? ", " : "", plugin->name,
                       owners->option);
}

/* There is no plugin of that name; is it an option of one? */
static void say_no_plugin(struct loader *loader, const char *name, const struct error *err)
{
    struct owners owners = { .option = name };
    loader_visit(loader, add_owner, &owners);
    if (owners.words.length)
        fprintf(stderr, "vane: '%s' is no plugin, but an option: %s\n", name, owners.words.data);
    else
        fprintf(stderr, "vane: %s\n", err->text);
    vane_text_release(&owners.words);
}

/* `name` is a plugin, or "PLUGIN.OPTION". */
static int help_plugin(struct loader *loader, const char *name, const char *readme)
{
    struct error err;
    const char *option = strchr(name, '.');
    char *plain = alloc_text_n(name, strcspn(name, "."));
    const struct vane_plugin *plugin = loader_find(loader, plain, &err);
    free(plain);
    struct describe_section sections[3];
    struct describe_subject subject;
    struct vane_text text = { 0 };
    if (plugin)
        describe(&subject, sections, plugin);
    if (plugin && readme)
        return update_readme(readme, &subject);
    if (plugin && !option)
        describe_help(&text, &subject);
    bool good = plugin && (!option || describe_option(&text, &subject, option + 1, &err));
    if (good)
        fputs(text.data, stdout);
    else if (!plugin && !option)
        say_no_plugin(loader, name, &err);
    else
        fprintf(stderr, "vane: %s\n", err.text);
    vane_text_release(&text);
    return good ? 0 : BAD_USAGE;
}

static int sample(const struct command_line *line, char **names, int count)
{
    struct vane_text text = { 0 };
    int exit_code = 0;
    if (count == 0)
        describe_sample_agent(&text);
    for (int i = 0; i < count; i++) {
        struct error err;
        struct describe_section sections[3];
        struct describe_subject subject;
        const struct vane_plugin *plugin = loader_find(line->settings.loader, names[i], &err);
        if (!plugin) {
            fprintf(stderr, "vane: %s\n", err.text);
            exit_code = BAD_USAGE;
            continue;
        }
        describe(&subject, sections, plugin);
        describe_sample(&text, &subject);
    }
    fputs(text.data ? text.data : "", stdout);
    vane_text_release(&text);
    return exit_code;
}

static const char *usage_of_command(const char *name);

static int help(const struct command_line *line, char **arguments, int count)
{
    if (count == 0)
        return fputs(usage, stdout) == EOF;
    if (usage_of_command(arguments[0]))
        return printf("usage: %s\n`vane help` lists the options\n", usage_of_command(arguments[0])) < 0;
    if (strcmp(arguments[0], "agent") == 0)
        return sample(line, NULL, 0);
    const struct format *format = line->readme ? NULL : format_find(arguments[0]);
    return format ? help_format(format) : help_plugin(line->settings.loader, arguments[0], line->readme);
}

static bool write_pidfile(const char *path)
{
    FILE *file = path ? fopen(path, "w") : NULL;
    if (path && !file) {
        fprintf(stderr, "vane: --pidfile %s: %s\n", path, strerror(errno));
        return false;
    }
    if (file) {
        fprintf(file, "%d\n", (int)getpid());
        fclose(file);
    }
    return true;
}

static int run(const struct command_line *line, char **arguments, int count)
{
    (void)arguments, (void)count;
    if (!write_pidfile(line->pidfile))
        return BAD_USAGE;
    int exit_code = agent_run(&line->settings);
    if (line->pidfile)
        unlink(line->pidfile);
    return exit_code;
}

static int check(const struct command_line *line, char **arguments, int count)
{
    (void)arguments, (void)count;
    return agent_check(&line->settings, line->graph);
}

static int print_version(const struct command_line *line, char **arguments, int count)
{
    (void)line, (void)arguments, (void)count;
    return printf("vane %s\n", VANE_VERSION) < 0;
}

static const struct command {
    const char *name, *usage;
    int         most; /* arguments */
    int (*execute)(const struct command_line *line, char **arguments, int count);
} commands[] = {
    { "run", "vane [run] --config FILE", 0, run },
    { "check", "vane check [--graph] --config FILE", 0, check },
    { "plugins", "vane plugins", 0, list_plugins },
    { "help", "vane help [PLUGIN | FORMAT]", 1, help },
    { "sample", "vane sample [PLUGIN...]", INT_MAX, sample },
    { "version", "vane version", 0, print_version },
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static const char *usage_of_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return commands[i].usage;
    return NULL;
}

static int execute(const struct command_line *line, const char *name, char **arguments, int count)
{
    struct nearest nearest = { .word = name };
    size_t i = 0;
    while (i < COMMANDS && strcmp(commands[i].name, name) != 0)
        nearest_offer(&nearest, commands[i++].name);
    if (i < COMMANDS && count <= commands[i].most)
        return commands[i].execute(line, arguments, count);
    if (i < COMMANDS)
        fprintf(stderr, "vane: usage: %s\n", commands[i].usage);
    else if (nearest.name)
        fprintf(stderr, "vane: there is no command '%s'; did you mean '%s'? `vane help` lists them\n", name,
                nearest.name);
    else
        fprintf(stderr, "vane: there is no command '%s'; `vane help` lists them\n", name);
    return BAD_USAGE;
}

/* Descriptors 0 to 2 are there, or what is opened first would be taken for them. */
static void hold_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    hold_standard_descriptors();
    struct command_line line = { 0 };
    int exit_code = BAD_USAGE;
    if (parse(&line, argc, argv)) {
        const char *command = optind < argc ? argv[optind] : "run";
        char **arguments = argv + optind + 1;
        int count = optind < argc ? argc - optind - 1 : 0;
        line.settings.loader = loader_new(line.plugin_directories);
        if (line.help)
            exit_code = help(&line, NULL, 0);
        else
            exit_code = line.version ? print_version(&line, NULL, 0) : execute(&line, command, arguments, count);
        loader_free(line.settings.loader);
    }
    if (fflush(stdout) != 0 && exit_code == 0) {
        fprintf(stderr, "vane: standard output: %s\n", strerror(errno));
        exit_code = 1;
    }
    free(line.files);
    free(line.directories);
    free(line.plugin_directories);
    return exit_code;
}
