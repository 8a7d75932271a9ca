/* exchange - a simulator of Binance's websocket market streams. See README.md. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/exchange/arguments.h"
#include "tests/tools/exchange/command.h"
#include "tests/tools/exchange/moment.h"
#include "tests/tools/exchange/server.h"

enum {
    EXIT_USAGE = 2,
};

static bool open_ledger(struct server *server, const struct arguments *arguments, struct error *err)
{
    server->feed.ledger_unit = arguments->ledger_unit;
    if (!arguments->ledger)
        return true;
    server->feed.ledger = fopen(arguments->ledger, "w");
    return server->feed.ledger || error_set(err, "open %s: %s", arguments->ledger, strerror(errno));
}

static bool open_source(struct server *server, const struct arguments *arguments, struct error *err)
{
    struct pace *pace = &server->pace;
    bool current = arguments->now || (!arguments->replay && !arguments->start);
    pace->speed = arguments->speed;
    pace->limit = arguments->ticks;
    pace->times = current ? PACE_NOW : PACE_RECORDED;
    if (arguments->replay)
        pace->source = replay_new(arguments->replay, arguments->symbols[0].name, err);
    else
        pace->source = walk_new(arguments->symbols, arguments->symbol_count, arguments->rate,
                                arguments->seed, arguments->start);
    return pace->source;
}

static bool listen_for(struct server *server, const struct arguments *arguments, unsigned *port,
                       struct error *err)
{
    if (arguments->certificate) {
        server->tls = wire_tls_new(arguments->certificate, arguments->key, err);
        if (!server->tls)
            return false;
    }
    *port = arguments->port;
    return server_listen(server, arguments->address, port, err);
}

static void say_where(const struct arguments *arguments, unsigned port)
{
    bool v6 = strchr(arguments->address, ':');
    printf("listening on %s://%s%s%s:%u\n", arguments->certificate ? "wss" : "ws", v6 ? "[" : "",
           arguments->address, v6 ? "]" : "", port);
    fflush(stdout);
}

static bool serve(struct server *server, const struct arguments *arguments, struct error *err)
{
    unsigned port;
    hub_init(&server->gate.hub);
    server->gate.limits = arguments->limits;
    server->feed.hub = &server->gate.hub;
    server->feed.seed = arguments->seed;
    server->command = command_obey;
    server->wait_for = arguments->wait_for;
    server->exit_when_done = arguments->exit_when_done;
    if (!open_ledger(server, arguments, err) || !open_source(server, arguments, err) ||
        !listen_for(server, arguments, &port, err))
        return false;
    say_where(arguments, port);
    for (size_t i = 0; i < arguments->fault_count; i++)
        server_obey(server, arguments->faults[i]);
    return server_run(server, err);
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct server server = {.listener = -1, .epoll = -1, .timer = -1, .signals = -1};
    struct error err;
    if (!arguments_parse(&arguments, argc, argv, &err)) {
        fprintf(stderr, "exchange: %s\nexchange --help lists the options\n", err.text);
        arguments_release(&arguments);
        return EXIT_USAGE;
    }
    if (arguments.help) {
        arguments_print_help();
        arguments_release(&arguments);
        return EXIT_SUCCESS;
    }
    bool served = serve(&server, &arguments, &err);
    if (!served)
        fprintf(stderr, "exchange: %s\n", err.text);
    server_release(&server);
    if (server.feed.ledger)
        fclose(server.feed.ledger);
    arguments_release(&arguments);
    return served ? EXIT_SUCCESS : EXIT_FAILURE;
}
