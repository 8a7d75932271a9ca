/* arguments - the command line. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "tests/tools/exchange/payload.h"
#include "tests/tools/exchange/session.h"
#include "tests/tools/exchange/source.h"

enum {
    MOST_FAULTS = 16,
};

struct arguments {
    bool help;
    const char *address;
    unsigned port;
    const char *certificate, *key; /* both or neither */
    const char *replay;            /* NULL: a random walk */
    struct source_symbol *symbols; /* one at least */
    size_t symbol_count;
    double rate, speed;
    uint64_t seed, ticks;
    bool now;       /* event times are those of sending */
    int64_t start;  /* of the walk, ns; 0: now */
    size_t wait_for;
    bool exit_when_done;
    const char *ledger;
    enum time_unit ledger_unit;
    struct limits limits;
    char *faults[MOST_FAULTS]; /* control lines to obey at the start */
    size_t fault_count;
};

bool arguments_parse(struct arguments *arguments, int argc, char **argv, struct error *err);
void arguments_release(struct arguments *arguments);
void arguments_print_help(void);
