/* agent - see agent.h. The main thread runs the flow: it begins and finishes checkpoints, and sleeps
 * on the runtime's waker, which threads of the flow and the signal handler wake. */
#include "core/agent.h"

#include "core/alloc.h"
#include "core/log.h"
#include "core/notify.h"
#include "core/store.h"
#include "core/summary.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SECOND = 1000000000 };

static const int64_t TRIM_EVERY = INT64_C(10) * SECOND;

/* What signal handlers write; see also log.h: the only mutable state of the process. */
static volatile sig_atomic_t stop_wanted, stop_at_once, reload_wanted, flush_wanted;
static _Atomic int64_t first_stop; /* monotonic */
static struct waker *signal_waker;

struct agent {
    const struct agent_settings *settings;
    struct setup                 setup;
    struct runtime               runtime;
    struct flow                 *flow;
    char                        *directory, *id;
    int64_t                      started;
};

/* ---- Signals ---- */

/* A second signal means "at once"; but supervisors send the first one twice, to the process and its group. */
static void note_stop(void)
{
    int64_t now = vane_monotonic();
    if (!stop_wanted)
        atomic_store(&first_stop, now);
    else if (now - atomic_load(&first_stop) > SECOND)
        stop_at_once = 1;
    stop_wanted = 1;
}

static void on_signal(int signal)
{
    if (signal == SIGHUP)
        reload_wanted = 1;
    else if (signal == SIGUSR1)
        flush_wanted = 1;
    else
        note_stop();
    waker_wake(signal_waker);
}

static void on_crash(int signal)
{
    char thread[32] = "thread "; /* of a library: the name is all that is known */
    const char *where = instance_running();
    if (!where && gettid() != getpid() && prctl(PR_GET_NAME, thread + strlen(thread)) == 0)
        where = thread;
    log_crash(where ? where : "the host", signal);
    raise(signal); /* the default action: a core file */
}

static const int wanted[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };

static void catch_signals(struct waker *waker)
{
    static const int crashes[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
    signal_waker = waker;
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        sigaction(wanted[i], &action, NULL);
    action = (struct sigaction){ .sa_handler = on_crash,
                                 .sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK) };
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        sigaction(crashes[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error of the write */
}

/* From here on all is on its way out, the waker too. */
static void ignore_signals(void)
{
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        signal(wanted[i], SIG_IGN);
}

static bool stopped_twice(void *context)
{
    (void)context;
    return stop_at_once;
}

static bool stopped(void)
{
    return stop_wanted;
}

/* ---- Setting up ---- */

/* Before the agent runs to standard error, where the caller looks; later to the log. */
static void print_lines(const struct agent *agent, struct config_errors *lines, bool warning)
{
    errors_sort(lines);
    for (size_t i = 0; i < lines->count; i++) {
        if (agent->flow)
            log_line(NULL, warning ? VANE_WARN : VANE_ERROR, "%s", lines->lines[i]);
        else
            fprintf(stderr, "%s%s\n", warning ? "warning: " : "", lines->lines[i]);
    }
}

/* $STATE_DIRECTORY (systemd), else $XDG_STATE_HOME/vane/CONFIG, else ~/.local/state/vane/CONFIG. NULL: there is none. */
static char *default_directory(const char *config)
{
    const char *systemd = getenv("STATE_DIRECTORY"), *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    struct vane_text text = { 0 };
    if (systemd && systemd[0])
        vane_text_add(&text, systemd, strcspn(systemd, ":"));
    else if (state && state[0])
        vane_text_addf(&text, "%s/vane/%s", state, config);
    else if (home && home[0])
        vane_text_addf(&text, "%s/.local/state/vane/%s", home, config);
    return text.data;
}

static char *agent_name(const struct setup *setup)
{
    char host[256] = "host";
    gethostname(host, sizeof host - 1);
    struct vane_text text = { 0 };
    if (setup->agent.agent_id)
        vane_text_addf(&text, "%s", setup->agent.agent_id);
    else
        vane_text_addf(&text, "%s-%s", host, setup->config.name);
    return text.data;
}

static bool open_log(const struct agent_options *options)
{
    struct log_settings log = {
        .path = options->logfile, .level = common_log_level(options),
        .structured = options->logformat == COMMON_LOG_STRUCTURED,
        .local_time = options->log_with_timezone && options->log_with_timezone[0],
        .rotate_every = options->logfile_rotation_interval, .rotate_size = options->logfile_rotation_max_size,
        .archives = options->logfile_rotation_max_archives,
    };
    if (log.local_time && strcmp(options->log_with_timezone, "local") != 0)
        setenv("TZ", options->log_with_timezone, 1); /* before any thread is there */
    struct error err;
    if (log_open(&log, &err))
        return true;
    fprintf(stderr, "vane: %s\n", err.text);
    return false;
}

/* State is kept where something wants it kept; one-off runs only where a directory was named. */
static bool open_store(struct agent *agent)
{
    const char *named = agent->settings->state_directory;
    if (!flow_keeps_state(agent->flow) || (agent->runtime.mode != VANE_RUN && !named))
        return true;
    free(agent->directory);
    const char *configured = named ? named : agent->setup.agent.state_directory;
    agent->directory = configured ? alloc_text(configured) : default_directory(agent->setup.config.name);
    struct vane_text notes = { 0 };
    struct error err;
    if (agent->directory)
        agent->runtime.store = store_open(agent->directory, &notes, &err);
    else
        error_set(&err, "state_directory: where state is kept is not known without $HOME: set --state-directory, or "
                  "state_directory in [agent]");
    if (!agent->runtime.store)
        log_line(NULL, VANE_ERROR, "%s", err.text);
    else if (notes.length)
        log_line(NULL, VANE_WARN, "state_directory: %s; going on from the checkpoint before", notes.data);
    vane_text_release(&notes);
    return agent->runtime.store != NULL;
}

static struct flow *load(struct agent *agent, struct setup *setup)
{
    struct config_errors errors = { 0 }, warnings = { 0 };
    struct flow *flow = NULL;
    if (setup_read(setup, &agent->settings->sources, agent->settings->loader, &errors))
        flow = setup_flow(setup, &agent->runtime, &errors, &warnings);
    else
        setup_check(setup, &agent->runtime, &errors, &warnings); /* all errors in one run */
    print_lines(agent, &setup->config.warnings, true);
    print_lines(agent, &warnings, true);
    print_lines(agent, &errors, false);
    errors_release(&errors);
    errors_release(&warnings);
    return flow;
}

static bool set_up(struct agent *agent)
{
    agent->id = agent_name(&agent->setup);
    agent->runtime.agent_id = agent->id;
    return open_store(agent);
}

static void release(struct agent *agent)
{
    if (agent->flow)
        flow_free(agent->flow);
    agent->flow = NULL;
    store_close(agent->runtime.store);
    agent->runtime.store = NULL;
    setup_release(&agent->setup);
    free(agent->id);
    agent->id = NULL;
}

/* ---- Running ---- */

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Is the state of both flows kept in the same place, in the same way? */
static bool shares_store(const struct agent *agent, const struct setup *fresh, const struct flow *flow)
{
    const struct agent_options *old = &agent->setup.agent, *new = &fresh->agent;
    return same_text(old->state_directory, new->state_directory) && same_text(old->agent_id, new->agent_id)
        && strcmp(agent->setup.config.name, fresh->config.name) == 0
        && old->checkpoint_interval == new->checkpoint_interval && (agent->runtime.store || !flow_keeps_state(flow));
}

/* What was saved a moment ago is what the new nodes load. */
static void load_again(struct agent *agent)
{
    struct vane_text notes = { 0 };
    if (agent->runtime.store)
        store_load(agent->runtime.store, &notes);
    if (notes.length)
        log_line(NULL, VANE_WARN, "state_directory: %s", notes.data);
    vane_text_release(&notes);
}

/* The old flow stops but for what goes on in the new one, which starts. */
static bool change_flow(struct agent *agent, struct setup *fresh, struct flow *flow)
{
    bool shared = shares_store(agent, fresh, flow);
    size_t going_on = shared ? flow_replace(flow, agent->flow) : 0;
    flow_stop(agent->flow, agent->setup.agent.drain_timeout, -1, stopped_twice, NULL);
    summary_log_outputs(agent->flow); /* their counters begin anew */
    if (shared) {
        flow_free(agent->flow);
        setup_release(&agent->setup);
        load_again(agent);
    } else {
        release(agent);
    }
    agent->setup = *fresh;
    agent->flow = flow;
    bool good = open_log(&agent->setup.agent) && (shared || set_up(agent));
    if (good)
        flow_start(flow);
    if (good)
        log_line(NULL, VANE_INFO, "reloaded: %zu of %zu plugins go on as they were", going_on, agent->setup.count);
    return good;
}

/* A good new configuration takes over where the old one stops; a bad one changes nothing. */
static bool reload(struct agent *agent)
{
    log_line(NULL, VANE_INFO, "reloading the configuration");
    notify_systemd("RELOADING=1");
    struct setup fresh = { 0 };
    struct flow *flow = load(agent, &fresh);
    bool good = true;
    if (flow) {
        good = change_flow(agent, &fresh, flow);
    } else {
        log_line(NULL, VANE_ERROR, "the configuration is wrong (see above); going on with the one before");
        setup_release(&fresh);
    }
    if (!good)
        log_line(NULL, VANE_ERROR, "the new configuration could not be started");
    notify_systemd("READY=1");
    return good;
}

/* ---- A one-off run that comes to nothing ---- */

struct standstill {
    uint64_t progress, errors; /* when something moved last */
    int64_t  since;            /* 0: nothing has been looked at yet */
};

static bool outputs_hold(const struct flow *flow)
{
    size_t count;
    struct instance *const *instances = flow_instances(flow, &count);
    for (size_t i = 0; i < count; i++)
        if (instances[i]->plugin->role == VANE_OUTPUT && summary_held(instances[i]))
            return true;
    return false;
}

/* Has nothing moved for drain_timeout, though an output has something to deliver, or fails again and again? */
static bool stands_still(const struct agent *agent, struct standstill *at, int64_t now)
{
    uint64_t progress = flow_progress(agent->flow), errors = flow_total(agent->flow, VANE_OUTPUT, STATS_ERRORS);
    if (!at->since || progress != at->progress)
        *at = (struct standstill){ progress, errors, now };
    return now - at->since > agent->setup.agent.drain_timeout && (errors > at->errors || outputs_hold(agent->flow));
}

/* Was there something to read, and all of it bad? Then whoever started this run wants to know. */
static bool came_to_nothing(const struct flow *flow)
{
    return flow_total(flow, VANE_INPUT, STATS_BAD) > 0 && flow_total(flow, VANE_INPUT, STATS_OUT) == 0;
}

/* ---- The run ---- */

/* Until a signal, a failure, the end of all inputs, or (a one-off run) a standstill. False: something failed. */
static bool run_flow(struct agent *agent)
{
    bool one_off = agent->runtime.mode != VANE_RUN;
    struct standstill standstill = { 0 };
    int64_t end_live = one_off ? vane_monotonic() + agent->settings->test_wait : INT64_MAX;
    int64_t trim = vane_monotonic() + TRIM_EVERY;
    while (!stopped() && !atomic_load(&agent->runtime.fatal) && !flow_ended(agent->flow)) {
        if (reload_wanted) {
            reload_wanted = 0;
            if (!reload(agent))
                return false;
        }
        if (flush_wanted) {
            flush_wanted = 0;
            flow_checkpoint(agent->flow);
        }
        int64_t now = vane_monotonic(), due = flow_work(agent->flow, now);
        if (now >= end_live) {
            flow_end_live(agent->flow);
            end_live = INT64_MAX;
        }
        if (now >= trim) {
            malloc_trim(0); /* what a burst has taken and freed goes back to the system */
            trim = now + TRIM_EVERY;
        }
        if (one_off && stands_still(agent, &standstill, now)) {
            log_line(NULL, VANE_ERROR, "giving up: nothing has moved for drain_timeout (%.3g s)",
                     (double)agent->setup.agent.drain_timeout / SECOND);
            return false;
        }
        due = due < end_live ? due : end_live;
        due = one_off && due > now + SECOND ? now + SECOND : due;
        due = due < trim ? due : trim;
        if (!flow_ended(agent->flow))
            waker_wait(&agent->runtime.waker, due > now ? due - now : 0);
    }
    return true;
}

static void tell_stopping(const struct agent *agent)
{
    log_line(NULL, VANE_INFO, "stopping: delivering what is under way, %.3g s at most",
             (double)agent->setup.agent.drain_timeout / SECOND);
}

/* All inputs have ended, and what is under way is waited for; a stop bounds that, as it does at any other time. */
struct ending {
    const struct agent *agent;
    bool                told;
};

static bool stopped_for_long(void *context)
{
    struct ending *ending = context;
    if (!stopped())
        return false;
    if (!ending->told)
        tell_stopping(ending->agent);
    ending->told = true;
    return stop_at_once || vane_monotonic() - atomic_load(&first_stop) > ending->agent->setup.agent.drain_timeout;
}

/* good: nothing failed and nothing stood still. */
static bool drain(const struct agent *agent, bool good, int fatal)
{
    int64_t limit = agent->setup.agent.drain_timeout;
    struct ending ending = { .agent = agent };
    if (fatal)
        return flow_stop(agent->flow, fatal == 2 ? 0 : limit, SECOND, stopped_twice, NULL);
    if (good && !stopped())
        return flow_stop(agent->flow, -1, agent->runtime.mode == VANE_RUN ? -1 : limit, stopped_for_long, &ending);
    if (good)
        tell_stopping(agent);
    return flow_stop(agent->flow, good ? limit : 0, -1, stopped_twice, NULL);
}

static int finish(struct agent *agent, bool good)
{
    int fatal = atomic_load(&agent->runtime.fatal);
    notify_systemd("STOPPING=1");
    bool delivered = drain(agent, good, fatal);
    if (!delivered && !fatal)
        log_line(NULL, VANE_WARN, "not all of it could be delivered: what is left is not acknowledged, and will be "
                 "read again where the input can go back");
    summary_log(agent->flow);
    if (fatal)
        return fatal;
    if (agent->runtime.mode == VANE_RUN)
        return good ? 0 : 1;
    bool nothing = came_to_nothing(agent->flow);
    if (nothing)
        log_line(NULL, VANE_ERROR, "nothing could be made of what was read: all of it was bad");
    return good && delivered && !nothing ? 0 : 1;
}

/* Batches come and go by the thousand. Two malloc arenas are enough, more only hold memory; and what a batch
 * gave back is kept for the next one, instead of going to the kernel and coming back as page faults. */
static void tune_allocator(void)
{
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
    mallopt(M_MMAP_THRESHOLD, 2 << 20);
}

/* Tailed files, connections and edges each take descriptors: as many as the system lets us. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int agent_run(const struct agent_settings *settings)
{
    struct agent agent = { .settings = settings, .started = vane_monotonic() };
    runtime_init(&agent.runtime, settings->sources.mode);
    catch_signals(&agent.runtime.waker);
    tune_allocator();
    raise_descriptor_limit();
    int exit_code = 2;
    agent.flow = load(&agent, &agent.setup);
    if (agent.flow && open_log(&agent.setup.agent)) {
        log_line(NULL, VANE_INFO, "vane %s: %zu plugins from %s", VANE_VERSION, agent.setup.count,
                 agent.setup.config.name);
        exit_code = 1;
        if (set_up(&agent)) {
            flow_start(agent.flow);
            notify_systemd("READY=1");
            exit_code = finish(&agent, run_flow(&agent));
        }
    }
    ignore_signals();
    release(&agent);
    free(agent.directory);
    runtime_release(&agent.runtime);
    log_close();
    return exit_code;
}

int agent_check(const struct agent_settings *settings, bool graph)
{
    struct agent agent = { .settings = settings };
    runtime_init(&agent.runtime, settings->sources.mode);
    agent.flow = load(&agent, &agent.setup);
    bool good = agent.flow != NULL;
    if (good && graph) {
        struct vane_text text = { 0 };
        graph_print(flow_graph(agent.flow), &text);
        fputs(text.data ? text.data : "", stdout);
        vane_text_release(&text);
    }
    if (good && !graph)
        printf("%s: good, %zu plugins\n", agent.setup.config.name, agent.setup.count);
    release(&agent);
    runtime_release(&agent.runtime);
    return good ? 0 : 2;
}
