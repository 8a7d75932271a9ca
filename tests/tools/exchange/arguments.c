/* arguments - see arguments.h. One table holds every option that has a value. */
#include "tests/tools/exchange/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "tests/tools/exchange/command.h"
#include "tests/tools/exchange/moment.h"

typedef bool set_option(struct arguments *arguments, char *value, struct error *err);

/* ---- Values ---- */

static bool parse_count(const char *text, uint64_t most, uint64_t *count, struct error *err)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value > most)
        return error_set(err, "'%s' is not a whole number up to %llu", text, (unsigned long long)most);
    *count = value;
    return true;
}

static bool parse_size(const char *text, size_t *size, struct error *err)
{
    uint64_t count;
    if (!parse_count(text, SIZE_MAX, &count, err))
        return false;
    *size = (size_t)count;
    return true;
}

static bool parse_real(const char *text, double least, double *real, struct error *err)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= least) || value > 1e9)
        return error_set(err, "'%s' is not a number from %g to 1e9", text, least);
    *real = value;
    return true;
}

/* ---- One function an option ---- */

static bool set_listen(struct arguments *arguments, char *value, struct error *err)
{
    (void)err;
    arguments->address = value;
    return true;
}

static bool set_port(struct arguments *arguments, char *value, struct error *err)
{
    uint64_t port;
    if (!parse_count(value, 65535, &port, err))
        return false;
    arguments->port = (unsigned)port;
    return true;
}

static bool set_certificate(struct arguments *arguments, char *value, struct error *err)
{
    (void)err;
    arguments->certificate = value;
    return true;
}

static bool set_key(struct arguments *arguments, char *value, struct error *err)
{
    (void)err;
    arguments->key = value;
    return true;
}

static bool set_replay(struct arguments *arguments, char *value, struct error *err)
{
    (void)err;
    arguments->replay = value;
    return true;
}

static void drop_symbols(struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->symbol_count; i++)
        free(arguments->symbols[i].name);
    free(arguments->symbols);
    arguments->symbols = NULL;
    arguments->symbol_count = 0;
}

static bool set_symbols(struct arguments *arguments, char *value, struct error *err)
{
    drop_symbols(arguments);
    for (char *name = strsep(&value, ","); name; name = strsep(&value, ",")) {
        size_t count = arguments->symbol_count;
        arguments->symbols = alloc_resize(arguments->symbols, count + 1, sizeof *arguments->symbols);
        if (!source_symbol_parse(name, strlen(name), &arguments->symbols[count], err))
            return false;
        arguments->symbol_count++;
    }
    return true;
}

static bool set_rate(struct arguments *arguments, char *value, struct error *err)
{
    return parse_real(value, 1e-3, &arguments->rate, err);
}

static bool set_speed(struct arguments *arguments, char *value, struct error *err)
{
    return parse_real(value, 0, &arguments->speed, err);
}

static bool set_seed(struct arguments *arguments, char *value, struct error *err)
{
    return parse_count(value, UINT64_MAX, &arguments->seed, err);
}

static bool set_start(struct arguments *arguments, char *value, struct error *err)
{
    if (!moment_parse(value, strlen(value), &arguments->start, err))
        return false;
    if (arguments->start < (int64_t)2 * 86400 * MOMENT_SECOND)
        return error_set(err, "%s is before 1970-01-03", value);
    return true;
}

static bool set_ticks(struct arguments *arguments, char *value, struct error *err)
{
    return parse_count(value, UINT64_MAX, &arguments->ticks, err);
}

static bool set_wait_for(struct arguments *arguments, char *value, struct error *err)
{
    return parse_size(value, &arguments->wait_for, err);
}

static bool set_ledger(struct arguments *arguments, char *value, struct error *err)
{
    (void)err;
    arguments->ledger = value;
    return true;
}

static bool set_ledger_unit(struct arguments *arguments, char *value, struct error *err)
{
    arguments->ledger_unit = strcmp(value, "us") == 0 ? UNIT_US : UNIT_MS;
    if (strcmp(value, "us") != 0 && strcmp(value, "ms") != 0)
        return error_set(err, "'%s' is neither ms nor us", value);
    return true;
}

static bool set_ping(struct arguments *arguments, char *value, struct error *err)
{
    return moment_parse_duration(value, &arguments->limits.ping_interval, err);
}

static bool set_pong_timeout(struct arguments *arguments, char *value, struct error *err)
{
    return moment_parse_duration(value, &arguments->limits.pong_timeout, err);
}

static bool set_lifetime(struct arguments *arguments, char *value, struct error *err)
{
    return moment_parse_duration(value, &arguments->limits.lifetime, err);
}

static bool set_messages(struct arguments *arguments, char *value, struct error *err)
{
    return parse_size(value, &arguments->limits.messages, err);
}

static bool set_streams(struct arguments *arguments, char *value, struct error *err)
{
    return parse_size(value, &arguments->limits.streams, err);
}

static bool set_buffer(struct arguments *arguments, char *value, struct error *err)
{
    return parse_size(value, &arguments->limits.buffer_bytes, err);
}

static bool set_errors(struct arguments *arguments, char *value, struct error *err)
{
    bool wrapped = strcmp(value, "wrapped") == 0;
    if (!wrapped && strcmp(value, "documented") != 0)
        return error_set(err, "'%s' is neither documented nor wrapped", value);
    arguments->limits.error_shape = wrapped ? ERROR_WRAPPED : ERROR_DOCUMENTED;
    return true;
}

static bool set_fault(struct arguments *arguments, char *value, struct error *err)
{
    if (arguments->fault_count == MOST_FAULTS)
        return error_set(err, "more than %d faults", MOST_FAULTS);
    arguments->faults[arguments->fault_count++] = value;
    return true;
}

static const struct {
    const char *name;
    set_option *set;
} options[] = {
    {"listen", set_listen}, {"port", set_port}, {"tls-cert", set_certificate}, {"tls-key", set_key},
    {"replay", set_replay}, {"symbols", set_symbols}, {"rate", set_rate}, {"speed", set_speed},
    {"seed", set_seed}, {"start", set_start}, {"ticks", set_ticks}, {"wait-for", set_wait_for},
    {"ledger", set_ledger}, {"ledger-unit", set_ledger_unit}, {"ping", set_ping},
    {"pong-timeout", set_pong_timeout}, {"lifetime", set_lifetime}, {"messages", set_messages},
    {"streams", set_streams}, {"buffer", set_buffer}, {"errors", set_errors}, {"fault", set_fault},
};

enum {
    OPTIONS = sizeof options / sizeof *options,
    FLAG_HELP = OPTIONS,
    FLAG_WALK,
    FLAG_NOW,
    FLAG_EXIT,
    ALL_OPTIONS,
};

static void set_defaults(struct arguments *arguments)
{
    *arguments = (struct arguments){
        .address = "127.0.0.1",
        .rate = 10,
        .speed = 1,
        .limits = {
            .streams = 1024,
            .messages = 5,
            .message_bytes = 4096,
            .buffer_bytes = (size_t)64 << 20,
            .ping_interval = (int64_t)20 * MOMENT_SECOND,
            .pong_timeout = (int64_t)60 * MOMENT_SECOND,
            .lifetime = (int64_t)86400 * MOMENT_SECOND,
        },
    };
}

static void fill_table(struct option *table)
{
    for (int i = 0; i < OPTIONS; i++)
        table[i] = (struct option){options[i].name, required_argument, NULL, i};
    table[FLAG_HELP] = (struct option){"help", no_argument, NULL, FLAG_HELP};
    table[FLAG_WALK] = (struct option){"walk", no_argument, NULL, FLAG_WALK};
    table[FLAG_NOW] = (struct option){"now", no_argument, NULL, FLAG_NOW};
    table[FLAG_EXIT] = (struct option){"exit-when-done", no_argument, NULL, FLAG_EXIT};
    table[ALL_OPTIONS] = (struct option){0};
}

static bool set_flag(struct arguments *arguments, int flag, bool *walk)
{
    arguments->help |= flag == FLAG_HELP;
    arguments->now |= flag == FLAG_NOW;
    arguments->exit_when_done |= flag == FLAG_EXIT;
    *walk |= flag == FLAG_WALK;
    return true;
}

static bool check(const struct arguments *arguments, bool walk, const char *extra, struct error *err)
{
    if (extra)
        return error_set(err, "'%s' is not an option", extra);
    if (walk == (arguments->replay != NULL))
        return error_set(err, "one of --walk and --replay is needed, and only one");
    if (!arguments->certificate != !arguments->key)
        return error_set(err, "--tls-cert and --tls-key go together");
    if (arguments->start && arguments->replay)
        return error_set(err, "--start is for --walk; a recording has times of its own");
    return true;
}

bool arguments_parse(struct arguments *arguments, int argc, char **argv, struct error *err)
{
    struct option table[ALL_OPTIONS + 1];
    bool walk = false;
    int choice;
    fill_table(table);
    set_defaults(arguments);
    opterr = 0;
    while ((choice = getopt_long(argc, argv, "", table, NULL)) >= 0) {
        if (choice == '?')
            return error_set(err, "%s: unknown option, or its value is missing", argv[optind - 1]);
        bool set = choice < OPTIONS ? options[choice].set(arguments, optarg, err)
                                    : set_flag(arguments, choice, &walk);
        if (!set)
            return error_prefix(err, "--%s", table[choice].name);
    }
    if (arguments->help)
        return true;
    char symbol[] = "btcusdt";
    if (!arguments->symbol_count && !set_symbols(arguments, symbol, err))
        return false;
    return check(arguments, walk, argv[optind], err);
}

void arguments_release(struct arguments *arguments)
{
    drop_symbols(arguments);
}

static const char help[] =
    "exchange - a simulator of Binance's websocket market streams, for tests\n"
    "\n"
    "  exchange --walk [OPTIONS]          prices wander\n"
    "  exchange --replay FILE [OPTIONS]   prices of a CSV: time,symbol,price or time,price\n"
    "\n"
    "It prints `listening on ws://ADDRESS:PORT` and serves /ws and /stream until SIGTERM or\n"
    "SIGINT. Lines on standard input make it misbehave, see below.\n"
    "\n"
    "Source\n"
    "  --symbols A[=PRICE],...  of the walk (btcusdt); of a replay without a symbol column, the first\n"
    "  --rate N                 ticks a second for each symbol of the walk (10)\n"
    "  --seed N                 the same seed gives the same market (0)\n"
    "  --start TIME             event time of the walk's first tick; without it, they are current\n"
    "  --now                    replay with current event times instead of the recorded ones\n"
    "  --speed N                1 is real time (1); 0 is as fast as the subscribers take it\n"
    "  --ticks N                end the source after N ticks; connections stay\n"
    "  --wait-for N             start the source when there are N stream subscriptions (0)\n"
    "  --exit-when-done         end when the source has ended and everything is sent\n"
    "  --ledger FILE            write every tick as SYMBOL,E,price,trade id\n"
    "  --ledger-unit ms|us      of E in the ledger (ms)\n"
    "\n"
    "Server\n"
    "  --listen ADDRESS         (127.0.0.1)\n"
    "  --port N                 0 takes a free one (0)\n"
    "  --tls-cert FILE --tls-key FILE   PEM; serve wss\n"
    "\n"
    "The exchange's rules (durations such as 200ms, 20s, 24h)\n"
    "  --ping TIME              between the server's pings (20s), 0 for none\n"
    "  --pong-timeout TIME      close 1008 when a ping has had no pong for so long (1m)\n"
    "  --lifetime TIME          of a connection (24h), 0 for ever\n"
    "  --messages N             a client may send in a second, else close 1008 (5), 0 for any\n"
    "  --streams N              of a connection (1024)\n"
    "  --buffer BYTES           that may wait for a slow client before it is dropped (67108864)\n"
    "  --errors SHAPE           documented (the default): {\"code\":2,\"msg\":..}\n"
    "                           wrapped: {\"error\":{\"code\":2,\"msg\":..},\"id\":..}\n"
    "  --fault LINE             obey a control line at the start; may be repeated\n"
    "\n"
    "Control lines on standard input; each is answered by one line, `ok ...`, `error ...` or JSON\n";

void arguments_print_help(void)
{
    fputs(help, stdout);
    fputs(command_help(), stdout);
}
