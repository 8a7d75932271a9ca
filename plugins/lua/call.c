/* call - see call.h. One protected call runs over as many metrics as go well; after an error the next one begins
 * behind what failed. */
#include "plugins/lua/call.h"

#include "plugins/shared/memory.h"

struct run {
    struct script       *script;
    enum script_function function;
    struct vane_batch   *batch;          /* in which metrics are settled; NULL: none are given */
    struct vane_batch   *out;            /* where new ones go without a batch */
    size_t               at, count;      /* metrics that are done, that there are */
    size_t               piece;          /* given in this call */
    bool                 is_rebuilt;     /* the batch is built anew behind its first `count` metrics */
    int64_t              now;            /* of a tick */
    uint64_t             removed, added; /* metrics */
};

/* ---- What a call has returned ---- */

static void add_result(lua_State *L, struct run *run, struct slot *slot)
{
    struct script *script = run->script;
    const char *name = script_function_name(run->function);
    if (slot->is_returned)
        luaL_error(L, "%s returned the same metric twice: return metric:copy()", name);
    if (slot->metric->field_count == 0)
        luaL_error(L, "%s returned a metric '%s' without fields", name, slot->metric->series->name);
    if (slot->metric->time == VANE_NO_TIME)
        luaL_error(L, "%s returned a new metric '%s' without a time", name, slot->metric->series->name);
    slot->is_returned = true;
    if (script->result_count == script->result_room) {
        script->result_room = script->result_room ? script->result_room * 2 : 64;
        script->results = memory_resize(script->results, script->result_room, sizeof *script->results);
    }
    script->results[script->result_count++] = (size_t)(slot - script->handles.slots);
}

static void add_metric(lua_State *L, struct run *run, int index)
{
    static const char *const what[SCRIPT_FUNCTIONS] = {
        [SCRIPT_APPLY] = "what apply returned", [SCRIPT_APPLY_BATCH] = "what apply_batch returned",
        [SCRIPT_TICK] = "what tick returned", [SCRIPT_FLUSH] = "what flush returned",
    };
    add_result(L, run, handle_metric_slot(L, index, what[run->function]));
}

static void add_whole_batch(lua_State *L, struct run *run)
{
    struct handles *handles = &run->script->handles;
    for (size_t i = 0; i < handles->given; i++)
        if (!handles->slots[i].is_dropped)
            add_result(L, run, &handles->slots[i]);
}

static bool is_whole_batch(lua_State *L, const struct run *run, int index)
{
    const struct handles *handles = &run->script->handles;
    return handles->given && lua_islightuserdata(L, index)
           && lua_touserdata(L, index) == handle_of(handles, 0, HANDLE_BATCH);
}

static void add_results(lua_State *L, struct run *run, int index)
{
    if (lua_isnil(L, index))
        return;
    if (is_whole_batch(L, run, index)) {
        add_whole_batch(L, run);
        return;
    }
    if (!lua_istable(L, index)) {
        add_metric(L, run, index);
        return;
    }
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, index, i);
        add_metric(L, run, lua_gettop(L));
        lua_pop(L, 1);
    }
    lua_pushnil(L);
    if (count == 0 && lua_next(L, index)) /* Metric's own fields, by mistake? */
        luaL_error(L, "%s returned a table that is no list of metrics", script_function_name(run->function));
}

/* ---- Where it goes ---- */

/* What was settled before this call moves behind the batch too, so that the order stays. */
static void rebuild(struct run *run)
{
    if (run->is_rebuilt)
        return;
    run->is_rebuilt = true;
    for (size_t i = 0; i < run->at; i++) {
        if (!run->batch->metrics[i])
            continue;
        vane_add_copy(run->batch, run->batch->metrics[i]);
        vane_drop(run->batch, i);
    }
}

static void drop_given(struct run *run)
{
    for (size_t i = run->at; i < run->at + run->piece; i++)
        vane_drop(run->batch, i);
}

/* Are the results metrics that were given, in their order? Then they stay in place. */
static bool is_in_place(const struct run *run)
{
    const struct script *script = run->script;
    for (size_t i = 0; i < script->result_count; i++)
        if (script->results[i] >= run->piece || (i && script->results[i] <= script->results[i - 1]))
            return false;
    return !run->is_rebuilt;
}

static void drop_others(struct run *run)
{
    const struct handles *handles = &run->script->handles;
    for (size_t i = 0; i < run->piece; i++)
        if (!handles->slots[i].is_returned)
            vane_drop(run->batch, run->at + i);
}

static void place_results(struct run *run)
{
    const struct script *script = run->script;
    size_t kept = 0;
    if (run->batch && is_in_place(run)) {
        drop_others(run);
        run->removed += run->piece - script->result_count;
        return;
    }
    struct vane_batch *to = run->batch ? run->batch : run->out;
    if (run->batch)
        rebuild(run);
    for (size_t i = 0; i < script->result_count; i++) {
        const struct slot *slot = &script->handles.slots[script->results[i]];
        vane_add_copy(to, slot->metric);
        kept += !slot->is_new;
    }
    run->added += script->result_count - kept;
    run->removed += run->piece - kept;
    if (run->batch)
        drop_given(run);
}

/* What lies on the stack from `first` on is what the function returned. */
static void settle(lua_State *L, struct run *run, int first)
{
    if (run->batch && lua_gettop(L) < first)
        run->script->silent += run->piece;
    else
        run->script->spoke = true;
    run->script->result_count = 0;
    for (int i = first, top = lua_gettop(L); i <= top; i++)
        add_results(L, run, i);
    place_results(run);
}

/* The usual case without detours: one metric was given, and it came back. */
static bool came_back(lua_State *L, const struct run *run, int first)
{
    const struct handles *handles = &run->script->handles;
    return run->script->spoke && run->piece == 1 && !run->is_rebuilt && lua_gettop(L) == first
           && lua_touserdata(L, first) == handle_of(handles, 0, HANDLE_METRIC) /* which no address is like */
           && handles->slots[0].metric->field_count;
}

/* ---- Calls ---- */

static void begin_call(struct run *run)
{
    struct script *script = run->script;
    uint64_t seed = (uint64_t)run->now;
    if (run->batch) {
        const struct vane_metric *metric = run->batch->metrics[run->at];
        seed = metric->series->hash ^ (uint64_t)metric->time * UINT64_C(0x9e3779b97f4a7c15);
    }
    box_begin(&script->box, seed);
}

/* Argument 1: the run. */
static int run_metrics(lua_State *L)
{
    struct run *run = lua_touserdata(L, 1);
    struct handles *handles = &run->script->handles;
    bool whole = run->function == SCRIPT_APPLY_BATCH;
    lua_settop(L, 0);
    lua_rawgeti(L, LUA_REGISTRYINDEX, run->script->functions[run->function]);
    for (; run->at < run->count; run->at += run->piece) {
        size_t rest = run->count - run->at;
        run->piece = !whole ? 1 : rest < CALL_PIECE ? rest : CALL_PIECE;
        begin_call(run);
        handles_begin_call(handles, run->at, run->piece, whole ? VANE_NO_TIME : run->batch->metrics[run->at]->time);
        lua_pushvalue(L, 1);
        lua_pushlightuserdata(L, handle_of(handles, 0, whole ? HANDLE_BATCH : HANDLE_METRIC));
        lua_call(L, 1, LUA_MULTRET);
        if (!came_back(L, run, 2))
            settle(L, run, 2);
        lua_settop(L, 1);
    }
    return 0;
}

/* The message, without the way to it. */
static int message_length(const struct script_error *error)
{
    const char *trace = strstr(error->text, "; stack traceback:");
    return trace ? (int)(trace - error->text) : (int)strlen(error->text);
}

static void log_error(const struct script *script, const char *function, const struct script_error *error)
{
    vane_log(script->box.self, VANE_ERROR, "%s: %s", function, error->text);
}

static void count_error(const struct script *script)
{
    struct vane_self *self = script->box.self;
    vane_count(self, "script_errors", 1);
    if (script->box.stop)
        vane_count(self, script->box.stop == BOX_MEMORY ? "memory_limits" : "instruction_limits", 1);
}

/* The reason in dead letters is the message; the log has the way to it, too. */
static void refuse_given(const struct run *run, const struct script_error *error)
{
    int length = message_length(error);
    for (size_t i = run->at; i < run->at + run->piece; i++)
        vane_refuse(run->script->box.self, run->batch, i, "%.*s\n%s", length, error->text, error->text + length);
}

/* Metrics at .. at + piece - 1 come to nothing by the script: they are as they came. */
static void give_up(struct run *run, const char *function, enum call_on_error on_error,
                    const struct script_error *error)
{
    struct vane_self *self = run->script->box.self;
    count_error(run->script);
    if (on_error != CALL_DEAD_LETTER)
        log_error(run->script, function, error);
    if (on_error == CALL_PASS && run->is_rebuilt) /* behind what was built so far */
        for (size_t i = run->at; i < run->at + run->piece; i++)
            vane_add_copy(run->batch, run->batch->metrics[i]);
    if (on_error == CALL_DROP)
        vane_count(self, "dropped_by_errors", run->piece);
    if (on_error == CALL_DROP || (on_error == CALL_PASS && run->is_rebuilt))
        drop_given(run);
    if (on_error == CALL_DEAD_LETTER)
        refuse_given(run, error);
}

static bool call_protected(struct run *run, lua_CFunction function, struct script_error *error)
{
    struct box *box = &run->script->box;
    lua_pushcfunction(box->L, function);
    lua_pushlightuserdata(box->L, run);
    return box_call(box, 1, 0, error);
}

static void report(const struct run *run)
{
    struct vane_self *self = run->script->box.self;
    if (run->removed)
        vane_count(self, "metrics_removed", run->removed);
    if (run->added)
        vane_count(self, "metrics_added", run->added);
    vane_gauge(self, "memory_bytes", (double)run->script->box.used);
}

/* A forgotten `return` drops everything without an error. A script that means it says `return nil`, or has
 * another function that emits. */
static void hint(struct script *script, uint64_t least)
{
    if (script->spoke || script->silent < least || script_has(script, SCRIPT_TICK) || script_has(script, SCRIPT_FLUSH))
        return;
    const char *function = script_function_name(script_has(script, SCRIPT_APPLY) ? SCRIPT_APPLY : SCRIPT_APPLY_BATCH);
    script->spoke = true;
    vane_log(script->box.self, VANE_WARN, "%s has returned nothing for the first %llu metrics: a metric that is to go "
             "on must be returned", function, (unsigned long long)script->silent);
}

void call_process(struct script *script, struct vane_batch *batch, enum call_on_error on_error)
{
    bool whole = script_has(script, SCRIPT_APPLY_BATCH);
    struct run run = {
        .script = script, .function = whole ? SCRIPT_APPLY_BATCH : SCRIPT_APPLY, .batch = batch,
        .count = batch->count,
    };
    struct script_error error;
    state_sweep(&script->state);
    if (!script_ready(script)) {
        run.piece = run.count;
        give_up(&run, "init", on_error, &script->broken);
        return;
    }
    handles_begin_batch(&script->handles, batch, batch->lane);
    while (run.at < run.count && !call_protected(&run, run_metrics, &error)) {
        handles_undo(&script->handles);
        give_up(&run, script_function_name(run.function), on_error, &error);
        run.at += run.piece;
    }
    handles_end_batch(&script->handles);
    hint(script, CALL_SILENT);
    report(&run);
}

/* ---- Without metrics ---- */

/* Calls tick(now, lane), flush(), lost(lane) or gap(lane). Argument 1: the run. */
static int run_without(lua_State *L)
{
    struct run *run = lua_touserdata(L, 1);
    struct handles *handles = &run->script->handles;
    bool is_tick = run->function == SCRIPT_TICK;
    begin_call(run);
    handles_begin_call(handles, 0, 0, is_tick ? run->now : VANE_NO_TIME);
    handles->arrival = run->now;
    lua_rawgeti(L, LUA_REGISTRYINDEX, run->script->functions[run->function]);
    int first = lua_gettop(L);
    if (is_tick)
        lua_pushinteger(L, run->now);
    if (handles->lane)
        lua_pushstring(L, vane_lane_text(handles->lane));
    lua_call(L, lua_gettop(L) - first, LUA_MULTRET);
    if (run->out)
        settle(L, run, first);
    return 0;
}

static void call_without(struct script *script, enum script_function function, const struct vane_lane *lane,
                         int64_t now)
{
    struct run run = { .script = script, .function = function, .now = now };
    struct script_error error;
    bool emits = function == SCRIPT_TICK || function == SCRIPT_FLUSH;
    if (!script_has(script, function) || !script_ready(script))
        return;
    run.out = emits ? vane_batch_new(script->box.self) : NULL;
    handles_begin_batch(&script->handles, NULL, lane);
    bool good = call_protected(&run, run_without, &error);
    if (!good) {
        count_error(script);
        log_error(script, script_function_name(function), &error);
    }
    handles_end_batch(&script->handles);
    report(&run);
    if (!emits)
        return;
    if (good && run.out->count)
        vane_emit(script->box.self, run.out);
    else
        vane_batch_free(run.out);
}

void call_tick(struct script *script, const struct vane_lane *lane, int64_t now)
{
    call_without(script, SCRIPT_TICK, lane, now);
}

void call_flush(struct script *script)
{
    hint(script, 1);
    call_without(script, SCRIPT_FLUSH, NULL, 0);
}

void call_about_lane(struct script *script, enum script_function function, const struct vane_lane *lane)
{
    call_without(script, function, lane, 0);
}
