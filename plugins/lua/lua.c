/* lua - a script as a processor: its options and the host's callbacks. The parts: box.h (limits), library.h (what a
 * script finds), handles.h (metrics), state.h, script.h (loading), call.h (calling). Everything runs on the
 * instance's thread. */
#include "plugins/lua/call.h"

struct lua {
    const char        *script, *source, *folder;
    struct vane_values constants;
    int                on_error;
    int64_t            tick;
    int64_t            max_instructions;
    uint64_t           max_memory;
    struct script      instance;
};

#define T struct lua

static const char *const on_errors[] = {
    [CALL_DEAD_LETTER] = "dead_letter", [CALL_PASS] = "pass", [CALL_DROP] = "drop", NULL,
};

static const struct vane_option options[] = {
    VANE_OPT_STRING(T, script, .help = "File of the script; this or `source`."),
    VANE_OPT_STRING(T, source, .example = "'''\nfunction apply(metric)\n  return metric\nend\n'''",
                    .help = "The script itself."),
    VANE_OPT_STRING(T, folder,
                    .help = "Folder for `require` and `csv_table`; the script's own where there is one."),
    VANE_OPT_VALUES(T, constants, .help = "Values the script finds as globals, and in the table `constants`."),
    VANE_OPT_CHOICE(T, on_error, .choices = on_errors, .preset = "\"dead_letter\"",
                    .help = "What becomes of a metric whose call fails: to the dead-letter file, on as it came, or "
                            "dropped."),
    VANE_OPT_DURATION(T, tick, .preset = "\"0s\"", .least = 0, .most = 9e17,
                      .help = "Call tick(now, lane) that often, in arrival time; 0: never."),
    VANE_OPT_INT(T, max_instructions, .preset = "10000000", .least = 1000, .most = 1e15,
                 .help = "Most instructions of one call, with what the library does for it."),
    VANE_OPT_SIZE(T, max_memory, .preset = "\"64MiB\"", .least = 1048576, .most = 1e12,
                  .help = "Most memory of the script, `state` included."),
    { 0 }
};

static struct script_options script_options(const struct lua *lua)
{
    return (struct script_options){
        .script = lua->script, .source = lua->source, .folder = lua->folder, .constants = lua->constants,
        .max_instructions = lua->max_instructions, .max_memory = lua->max_memory,
    };
}

/* Loads the script, and on trial calls its init: reads files, but leaves nothing behind. */
static enum vane_result lua_check(struct vane_self *self)
{
    const struct lua *lua = self->state;
    if (!lua->script == !lua->source)
        return vane_fail(self, "one of script and source is needed, and only one");
    struct script_options wanted = script_options(lua);
    wanted.is_quiet = true;
    struct script script = { 0 };
    struct script_error error;
    bool good = script_open(&script, self, &wanted, &error);
    if (good && lua->tick && !script_has(&script, SCRIPT_TICK)) {
        good = false;
        error = (struct script_error){ "the option tick is set, but the script has no function tick" };
    }
    if (good && !script_ready(&script)) {
        good = false;
        error = script.broken;
    }
    script_release(&script);
    return good ? VANE_OK : vane_fail(self, "%s", error.text);
}

static enum vane_result lua_open(struct vane_self *self)
{
    struct lua *lua = self->state;
    struct script_error error;
    const struct script_options wanted = script_options(lua);
    if (!script_open(&lua->instance, self, &wanted, &error))
        return vane_fail(self, "%s", error.text);
    if (script_has(&lua->instance, SCRIPT_TICK))
        vane_tick_every(self, lua->tick);
    return VANE_OK;
}

static void lua_finish(struct vane_self *self)
{
    struct lua *lua = self->state;
    script_release(&lua->instance);
}

static enum vane_result lua_process(struct vane_self *self, struct vane_batch *batch)
{
    struct lua *lua = self->state;
    call_process(&lua->instance, batch, (enum call_on_error)lua->on_error);
    return VANE_OK;
}

static enum vane_result lua_tick(struct vane_self *self, const struct vane_lane *lane, int64_t now)
{
    struct lua *lua = self->state;
    call_tick(&lua->instance, lane, now);
    return VANE_OK;
}

static enum vane_result lua_end(struct vane_self *self)
{
    struct lua *lua = self->state;
    call_flush(&lua->instance);
    return VANE_OK;
}

/* The script first: it may want to look at what goes. */
static void lua_lost(struct vane_self *self, const struct vane_lane *lane)
{
    struct lua *lua = self->state;
    struct script_error error;
    call_about_lane(&lua->instance, SCRIPT_LOST, lane);
    if (!state_lose(&lua->instance.state, vane_lane_text(lane), &error))
        vane_log(self, VANE_ERROR, "forgetting the lane %s: %s", vane_lane_text(lane), error.text);
}

static void lua_gap(struct vane_self *self, const struct vane_lane *lane)
{
    struct lua *lua = self->state;
    call_about_lane(&lua->instance, SCRIPT_GAP, lane);
}

static enum vane_result lua_save(struct vane_self *self, struct vane_saver *saver, bool full)
{
    struct lua *lua = self->state;
    state_save(&lua->instance.state, saver, full);
    return VANE_OK;
}

static enum vane_result lua_restore(struct vane_self *self, const struct vane_record *record)
{
    struct lua *lua = self->state;
    struct script_error error;
    if (!state_load(&lua->instance.state, record, &error))
        return vane_fail(self, "%s", error.text);
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_PROCESSOR, .name = "lua", .help = "Transforms metrics by a script in Lua.",
    .state_size = sizeof(struct lua), .options = options, .check = lua_check, .open = lua_open, .close = lua_finish,
    .process = lua_process, .tick = lua_tick, .end = lua_end, .lost = lua_lost, .gap = lua_gap, .save = lua_save,
    .load = lua_restore,
};
