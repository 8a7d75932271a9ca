/* agent - runs a configuration until it ends or is told to: signals, reload, drain, summary.
 *
 *     SIGTERM, SIGINT  inputs stop, a last mark, drain up to drain_timeout, exit 0; a second one: at once
 *     SIGHUP           the files are read again; a bad configuration is reported and changes nothing
 *     SIGUSR1          outputs write what waits for flush_interval, and a checkpoint is made
 */
#pragma once
#include "core/loader.h"
#include "core/setup.h"

struct agent_settings {
    struct setup_sources sources;
    struct loader       *loader;
    const char          *state_directory; /* of --state-directory; NULL: as configured */
    int64_t              test_wait;       /* ns: how long --once and --test listen to live inputs */
};

/* Exit code: 0 fine, 1 failed while running, 2 the configuration is wrong. The main thread. */
int agent_run(const struct agent_settings *settings);

/* `vane check`: everything but opening; graph: print the flow. */
int agent_check(const struct agent_settings *settings, bool graph);
