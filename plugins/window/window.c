/* window - aggregates over pieces of event time: options and callbacks. The rooms are told in window.h. */
#include "plugins/window/window.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"
#include "plugins/window/emit.h"
#include "plugins/window/groups.h"
#include "plugins/window/intake.h"
#include "plugins/window/kind.h"
#include "plugins/window/lanes.h"
#include "plugins/window/state.h"
#include "plugins/window/unmatched.h"

#define T struct options

enum { GROUP_TAGS_MOST = 256 };

static const int64_t EVERY_PRESET = INT64_C(30000000000);

static const char *const quantile_methods[] = { "sketch", "exact", NULL };
static const char *const distinct_methods[] = { "exact", "hyperloglog", NULL };
static const char *const lates[] = { "drop", "side", "update", NULL };
static const char *const fills[] = { "none", "null", "previous", "linear", "value", NULL };
static const char *const stamps[] = { "start", "end", NULL };
static const char *const routes[] = { "late", NULL };

static const struct vane_option options[] = {
    VANE_OPT_DURATION(T, every, .least = 0, .most = LONGEST, .example = "\"30s\"",
                      .help = "A window begins every so long; without period it is as long. Without any kind: 30s."),
    VANE_OPT_DURATION(T, period, .preset = "\"0s\"", .least = 0, .most = LONGEST,
                      .help = "Length of a window; without every, of one for each metric that ends with it."),
    VANE_OPT_DURATION(T, gap, .preset = "\"0s\"", .least = 0, .most = LONGEST,
                      .help = "Sessions: a window goes on until so long nothing comes."),
    VANE_OPT_UINT(T, every_count, .help = "A window for so many metrics."),
    VANE_OPT_DURATION(T, offset, .preset = "\"0s\"", .least = -LONGEST, .most = LONGEST,
                      .help = "Windows begin that much later than multiples of every, or than midnight."),
    VANE_OPT_STRING(T, timezone,
                    .help = "Windows of whole days begin at midnight there, of whole weeks on Monday."),
    VANE_OPT_STRINGS(T, group_by,
                     .help = "One window for all series of a name with the same values of these tags; "
                                          "not set: for each series."),
    VANE_OPT_STRINGS(T, fields, .help = "Fields to aggregate, as globs; not set: all with numbers."),
    VANE_OPT_STRINGS(T, aggregates,
                     .help = "What to tell of each field: count, sum, mean, min, max, range, first, last, diff, "
                             "non_negative_diff, rate, non_negative_rate, percent_change, interval, s2 (variance), "
                             "stdev (stddev), derivative, integral, time_weighted_mean, weighted_mean "
                             "(volume_weighted_mean), mode, ohlc, median, quantile, distinct, histogram; not set: "
                             "count, min, max, mean, s2, stdev."),
    VANE_OPT_FLOATS(T, quantiles, .help = "Of the aggregate quantile; not set: 0.25, 0.5, 0.75."),
    VANE_OPT_CHOICE(T, quantile_method, .choices = quantile_methods, .preset = "\"sketch\"",
                    .help = "Quantiles and median within quantile_error, or exact from all values."),
    VANE_OPT_FLOAT(T, quantile_error, .preset = "0.01", .least = 0.0001, .most = 0.5,
                   .help = "Relative error of a quantile by sketch, at most."),
    VANE_OPT_FLOATS(T, buckets, .help = "Upper bounds of the aggregate histogram, rising."),
    VANE_OPT_CHOICE(T, distinct_method, .choices = distinct_methods, .preset = "\"exact\"",
                    .help = "Distinct values exactly, from all of them, or within some 2 %, from 4 KiB."),
    VANE_OPT_STRING(T, weight, .help = "Field with the weights of weighted_mean."),
    VANE_OPT_DURATION(T, delay, .preset = "\"0s\"", .least = 0, .most = LONGEST,
                      .help = "A window closes when the series' newest time is that much behind its end."),
    VANE_OPT_DURATION(T, allowed_lateness, .preset = "\"0s\"", .least = 0, .most = LONGEST,
                      .help = "What comes for a closed window within that follows late, beyond is dropped."),
    VANE_OPT_CHOICE(T, late, .choices = lates, .preset = "\"drop\"",
                    .help = "Drop what is late, pass it to the route late, or emit its windows again."),
    VANE_OPT_DURATION(T, max_future, .preset = "\"1h\"", .least = 0, .most = LONGEST,
                      .help = "A metric that is further ahead of its arrival is rejected; 0: none is."),
    VANE_OPT_DURATION(T, idle, .preset = "\"0s\"", .least = 0, .most = LONGEST,
                      .help = "A series so long quiet, by arrival time, has its windows closed; 0: never."),
    VANE_OPT_DURATION(T, idle_wall, .preset = "\"0s\"", .least = 0, .most = LONGEST,
                      .help = "The same for a lane that is silent, by the wall clock: results depend on it."),
    VANE_OPT_CHOICE(T, timestamp, .choices = stamps, .preset = "\"start\"",
                    .help = "Time of a result: its window's start or end."),
    VANE_OPT_CHOICE(T, fill, .choices = fills, .preset = "\"none\"",
                    .help = "What windows without a metric have, between two with some."),
    VANE_OPT_FLOAT(T, fill_value, .preset = "0.0", .help = "The value of fill = \"value\"."),
    VANE_OPT_UINT(T, fill_limit, .preset = "1000", .help = "More windows in a row than that are not filled."),
    VANE_OPT_UINT(T, max_series, .preset = "1000000",
                  .help = "Series kept; a further one is not aggregated. 0: any number."),
    VANE_OPT_SIZE(T, max_memory, .preset = "\"1GB\"",
                  .help = "Memory for them; what needs more is not aggregated. 0: any."),
    VANE_OPT_STRING(T, measurement, .help = "Name of results; not set: that of the metrics."),
    { 0 }
};

_Static_assert(offsetof(struct window, options) == 0, "the table counts on it");

/* ---- Options ---- */

/* None is named: tumbling, as long as an aggregator's period is in Telegraf. */
static void settle_kind(struct options *set)
{
    if (set->every <= 0 && set->period <= 0 && set->gap <= 0 && set->every_count == 0)
        set->every = EVERY_PRESET;
}

/* NULL: they name more than one. */
static const struct kind *kind_of(const struct options *set)
{
    bool aligned = set->every > 0, sliding = !aligned && set->period > 0, session = set->gap > 0;
    if (aligned + sliding + session + (set->every_count > 0) != 1)
        return NULL;
    return aligned ? &kind_aligned : sliding ? &kind_sliding : session ? &kind_session : &kind_counted;
}

static void check_kind(const struct options *set, struct faults *faults)
{
    const struct kind *kind = kind_of(set);
    bool by_time = set->every > 0;
    if (!kind)
        faults_add(faults, "one kind of window: every, every and period, period, gap, or every_count");
    if (by_time && set->period && set->period < set->every)
        faults_add(faults, "period is shorter than every: metrics between windows would be in none");
    if (!by_time && (set->offset || (set->timezone && *set->timezone)))
        faults_add(faults, "offset and timezone are for windows with every");
    if (!by_time && set->fill != FILL_NONE)
        faults_add(faults, "fill is for windows with every");
    if (set->late == LATE_UPDATE && kind && !by_time && kind != &kind_sliding)
        faults_add(faults, "late = \"update\" is for windows with every or period: others may move");
    if (set->late != LATE_DROP && set->allowed_lateness == 0)
        faults_add(faults, "late = \"%s\" needs allowed_lateness: what is later than that is dropped",
                   lates[set->late]);
    if (set->group_by.count > GROUP_TAGS_MOST)
        faults_add(faults, "group_by has more than %d tags", GROUP_TAGS_MOST);
}

/* Makes what follows from the options, if they agree; window_close releases it. */
static void prepare(struct vane_self *self, struct faults *faults)
{
    struct window *window = self->state;
    struct options *set = &window->options;
    char reason[FAULTS_ROOM];
    struct plan_options wanted = {
        .aggregates = set->aggregates, .quantiles = set->quantiles, .buckets = set->buckets,
        .exact_quantiles = set->quantile_method == 1, .exact_distinct = set->distinct_method == 0,
        .quantile_error = set->quantile_error,
    };
    window->self = self;
    settle_kind(set);
    window->kind = kind_of(set);
    window->opened = true;
    if (set->every > 0
        && !calendar_init(&window->calendar, set->every, set->period ? set->period : set->every, set->offset,
                          set->timezone, reason, sizeof reason))
        faults_add(faults, "%s", reason);
    plan_init(&window->plan, &wanted, &window->budget, faults);
    if (window->plan.weighs && !(set->weight && *set->weight))
        faults_add(faults, "aggregates has \"weighted_mean\": it needs weight");
    if (faults->length)
        return;
    if (window->kind == &kind_sliding)
        set->timestamp = STAMP_END; /* a result belongs to its metric */
    shapes_init(&window->shapes, &window->plan, set->fields);
    window->fingerprint = state_fingerprint(window);
}

static enum vane_result answer(struct vane_self *self, const struct faults *faults)
{
    return faults->length ? vane_fail(self, "%s", faults->text) : VANE_OK;
}

static void window_close(struct vane_self *self)
{
    struct window *window = self->state;
    if (!window->opened)
        return;
    emit_release(window);
    state_release(window);
    groups_release(window);
    lanes_release(window);
    shapes_release(&window->shapes);
    plan_release(&window->plan);
    calendar_release(&window->calendar);
    vane_text_release(&window->text);
    vane_text_release(&window->bytes);
    vane_text_release(&window->missed_name);
    window->opened = false;
}

static enum vane_result window_check(struct vane_self *self)
{
    struct window *window = self->state;
    settle_kind(&window->options);
    struct faults faults = { 0 };
    if (window->options.group_by.count && vane_workers(self) > 1)
        faults_add(&faults, "group_by: a group would be in several pieces: with it, workers must be 1");
    if (window->options.late == LATE_SIDE)
        vane_uses_route(self, routes[0]);
    check_kind(&window->options, &faults);
    prepare(self, &faults);
    window_close(self);
    return answer(self, &faults);
}

static enum vane_result window_open(struct vane_self *self)
{
    struct window *window = self->state;
    struct faults faults = { 0 };
    prepare(self, &faults);
    window->loading = true;
    if (faults.length == 0 && lanes_tick_every(window) > 0)
        vane_tick_every(self, lanes_tick_every(window));
    return answer(self, &faults);
}

/* ---- Counters ---- */

static void count(struct window *window, const char *name, uint64_t *tally)
{
    if (*tally)
        vane_count(window->self, name, *tally);
    *tally = 0;
}

static void report(struct window *window)
{
    struct tally *tally = &window->tally;
    if (window->missed_name.length)
        vane_log(window->self, VANE_WARN, "metrics come later than `delay` and `allowed_lateness` allow: they are not in "
                 "the results, %llu so far, now of %s", (unsigned long long)window->missed, window->missed_name.data);
    vane_text_clear(&window->missed_name);
    if (tally->discarded)
        vane_log(window->self, VANE_WARN, "windows that were not seen whole are discarded");
    count(window, "windows", &tally->windows);
    count(window, "windows_updated", &tally->updates);
    count(window, "windows_filled", &tally->fills);
    count(window, "windows_not_filled", &tally->unfilled);
    count(window, "windows_discarded", &tally->discarded);
    count(window, "metrics_late", &tally->late);
    count(window, "metrics_late_partly", &tally->late_partly);
    count(window, "metrics_too_late", &tally->beyond);
    count(window, "metrics_ahead", &tally->future);
    count(window, "metrics_refused", &tally->refused);
    count(window, "values_not_finite", &tally->not_finite);
    count(window, "values_text", &tally->texts);
    count(window, "fields_refused", &tally->fields);
    count(window, "series_evicted", &tally->evicted);
    vane_gauge(window->self, "series", (double)window->members.count);
    vane_gauge(window->self, "state_bytes", (double)window->budget.used);
}

/* ---- Work ---- */

static void loaded(struct window *window)
{
    if (window->loading)
        groups_loaded(window);
    window->loading = false;
}

/* What was made goes on before the batch it was made of. */
static enum vane_result finish(struct window *window)
{
    emit_flush(window);
    report(window);
    return VANE_OK;
}

static enum vane_result window_process(struct vane_self *self, struct vane_batch *batch)
{
    struct window *window = self->state;
    loaded(window);
    intake_batch(window, batch);
    unmatched_report(window, UNMATCHED_SOME);
    return finish(window);
}

static enum vane_result window_tick(struct vane_self *self, const struct vane_lane *lane, int64_t now)
{
    struct window *window = self->state;
    loaded(window);
    lanes_tick(window, lanes_get(window, lane), now);
    return finish(window);
}

static enum vane_result window_end(struct vane_self *self)
{
    struct window *window = self->state;
    loaded(window);
    for (size_t i = 0; i < window->groups.room; i++)
        if (window->groups.slots[i].item)
            groups_close(window, window->groups.slots[i].item);
    unmatched_report(window, 1);
    return finish(window);
}

/* Calls a function for all shares of a lane, which it may free. Answers how many there were. */
static size_t each_share(struct window *window, const struct lane_state *lane,
                        void (*call)(struct window *window, struct share *share))
{
    size_t count = 0, room = 0;
    struct share **shares = NULL;
    for (size_t i = 0; i < window->groups.room; i++) {
        const struct group *group = window->groups.slots[i].item;
        for (struct share *share = group ? group->shares : NULL; share; share = share->next) {
            if (share->lane != lane)
                continue;
            if (count == room) {
                room = room ? room * 2 : 64;
                shares = memory_resize(shares, room, sizeof(struct share *));
            }
            shares[count++] = share;
        }
    }
    for (size_t i = 0; i < count; i++)
        call(window, shares[i]);
    free(shares);
    return count;
}

/* What begins anew in a lane with a name was read before by another: windows that began before its first
 * metric are halves. One without a name (standard input) begins anew with its data. */
static void window_lost(struct vane_self *self, const struct vane_lane *known)
{
    struct window *window = self->state;
    loaded(window);
    struct lane_state *lane = lanes_get(window, known);
    size_t count = each_share(window, lane, groups_forget_share);
    if (count > 0 || *known->name) {
        lane->floor_pending = true;
        lane->floor = NO_FLOOR;
        lane->dirty = true;
    }
    finish(window);
}

static void mark_gap(struct window *window, struct share *share)
{
    share->gap = true;
    groups_touch(window, share);
}

static void window_gap(struct vane_self *self, const struct vane_lane *known)
{
    struct window *window = self->state;
    loaded(window);
    each_share(window, lanes_get(window, known), mark_gap);
}

static enum vane_result window_save(struct vane_self *self, struct vane_saver *saver, bool full)
{
    loaded(self->state);
    state_save(self->state, saver, full);
    return VANE_OK;
}

static enum vane_result window_load(struct vane_self *self, const struct vane_record *record)
{
    if (!state_load(self->state, record))
        return vane_fail(self, "the saved windows of %s are damaged", record->key);
    return VANE_OK;
}

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_PROCESSOR, .name = "window",
    .help = "Aggregates metrics over windows of event time.", .state_size = sizeof(struct window),
    .options = options, .check = window_check, .open = window_open, .close = window_close,
    .tick = window_tick, .process = window_process, .end = window_end, .lost = window_lost,
    .gap = window_gap, .routes = routes,
    .save = window_save, .load = window_load,
};
