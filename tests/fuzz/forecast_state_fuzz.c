/* forecast_state_fuzz - saved records of a series, damaged in any way: each is refused, or what it says is a state that
 * takes points, forecasts finite values, and is saved and loaded again.
 *
 * Input: a byte that chooses the options, then edits of good records, each of a record's number (a byte), what to do
 * (a byte), a place (two bytes, little-endian) and eight bytes to put there.
 */
#include "core/alloc.h"
#include "core/batch.h"
#include "plugins/forecast/options.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { OPTIONS = 4, ROOM = 64, EDIT = 12, POINTS = 70 };
static const int64_t SECOND = 1000000000;

struct vane_saver {
    struct entry {
        char    *key;
        char    *data; /* NULL: deleted */
        size_t   length;
        uint64_t series;
    } entries[ROOM];
    size_t count;
};

static int told;

static void shelve(struct vane_saver *saver, const struct vane_record *record)
{
    assert(saver->count < ROOM);
    struct entry *entry = &saver->entries[saver->count++];
    *entry = (struct entry){ .key = alloc_text(record->key), .length = record->length, .series = record->series };
    if (record->data)
        entry->data = memcpy(alloc_zero(record->length + 1), record->data, record->length);
}

static void warn(struct vane_self *self, enum vane_level level, const char *format, ...)
{
    (void)self, (void)level, (void)format;
    told++;
}

#define vane_save shelve
#define vane_log  warn
#include "plugins/forecast/state.c"
#undef vane_save
#undef vane_log

static void empty(struct vane_saver *saver)
{
    for (size_t i = 0; i < saver->count; i++) {
        free(saver->entries[i].key);
        free(saver->entries[i].data);
    }
    *saver = (struct vane_saver){ 0 };
}

/* ---- An instance ---- */

static struct forecast_options options_of(size_t which)
{
    static const char *const fields[] = { "v" };
    static const struct regressor_options regressor = { .field = "x" };
    struct forecast_options options = {
        .fields = { fields, 1 }, .history = 40 * SECOND, .history_points = 1000, .min_points = 2, .max_series = 10,
        .every = 10 * SECOND, .horizon = 5 * SECOND, .step = SECOND, .model = "auto", .clip_min = -HUGE_VAL,
        .clip_max = HUGE_VAL, .interval_width = 0.8, .field_tag = "field", .season = 4 * SECOND, .calibrate = true,
        .score_every = 10 * SECOND, .score_measurement = "s",
        .prophet = { .yearly_seasonality = "auto", .weekly_seasonality = "auto", .daily_seasonality = "auto",
                     .n_changepoints = 5, .changepoint_range = 0.8, .changepoint_prior_scale = 0.05,
                     .seasonality_prior_scale = 10, .holidays_prior_scale = 10 },
    };
    if (which > 0)
        options.refit_every = 1000 * SECOND; /* so that what was loaded is predicted from */
    if (which == 2) {
        options.model = "prophet";
        options.prophet.anchor = MODEL_ANCHOR_AR1;
        options.prophet.regressors = (struct vane_tables){ &regressor, 1 };
    }
    if (which == 3)
        options.transform = TRANSFORM_LOG;
    return options;
}

struct node {
    struct forecast_options options;
    struct plan             plan;
    struct panel_work       work;
    struct groups           groups;
    struct state            state;
    struct tally            tally;
};

static void node_open(struct node *node, size_t which)
{
    struct plan_error err;
    *node = (struct node){ .options = options_of(which) };
    if (!plan_make(&node->plan, &node->options, &err))
        abort();
    panel_work_init(&node->work, &node->plan);
    groups_init(&node->groups, &node->plan);
}

static void node_close(struct node *node)
{
    state_release(&node->state, &node->groups);
    groups_release(&node->groups);
    panel_work_release(&node->work);
    plan_release(&node->plan);
}

static struct series *only_series(struct node *node)
{
    struct batch *batch = batch_new();
    struct vane_tag tag = vane_tag("coin", "a");
    struct group *group = groups_find_or_add(&node->groups, vane_series(&batch->view, "m", &tag, 1));
    size_t hint = 0;
    struct series *series = group_find(group, "v", 1, &hint);
    if (!series)
        series = groups_add(&node->groups, group, "v", 1);
    vane_batch_free(&batch->view);
    return series;
}

static void ignore(void *context, const char *name, const char *sentence)
{
    (void)context, (void)name, (void)sentence;
}

static void check_answer(const struct plan *plan, const struct answer *answer)
{
    if (!answer->prediction)
        return;
    for (size_t i = 0; i < plan->steps; i++) {
        assert(isfinite(answer->prediction->mean[i]));
        for (size_t level = 0; level < plan->level_count; level++)
            assert(isfinite(answer->prediction->quantiles[level * plan->steps + i]));
    }
}

static void check_score(void *context, const struct judge_score *score)
{
    (void)context;
    assert(isfinite(score->mae) && isfinite(score->coverage) && score->scored > 0);
}

static void take(struct node *node, int64_t second)
{
    struct series *series = only_series(node);
    double value = 10 + (double)(second % 4) + 0.1 * (double)(second % 7);
    const struct point point = { second * SECOND, value, &value };
    struct answer answer = { 0 };
    series->lane = groups_lane(&node->groups, "in/1");
    int due = series_take(series, &point, point.time, &node->tally);
    if (due & SERIES_FORECAST) {
        series_forecast(series, &node->work, &(struct model_notes){ ignore, NULL }, &answer, &node->tally);
        check_answer(&node->plan, &answer);
        judge_scores(series->panel.judge, check_score, NULL);
    }
    if (due)
        series_advance(series, due);
}

static void save(struct node *node, struct vane_saver *saver)
{
    state_save(&node->state, &node->groups, saver, true);
}

static void load(struct node *node, const struct vane_saver *saver)
{
    for (size_t i = 0; i < saver->count; i++) {
        const struct entry *entry = &saver->entries[i];
        state_load(&node->state, &node->groups, &(struct vane_record){
            .lane = "in/1", .key = entry->key, .data = entry->data, .length = entry->length,
            .series = entry->series });
    }
    state_settle(&node->state, &node->groups, NULL);
}

/* ---- Damage ---- */

static void make_good(struct vane_saver *saver, size_t which)
{
    struct node node;
    node_open(&node, which);
    for (int64_t second = 0; second < POINTS; second++)
        take(&node, second);
    save(&node, saver);
    node_close(&node);
}

static void damage(struct vane_saver *saver, const unsigned char *edit)
{
    struct entry *entry = &saver->entries[edit[0] % saver->count];
    size_t place = (size_t)edit[2] | (size_t)edit[3] << 8;
    if (!entry->data)
        return;
    if (edit[1] % 8 == 0) {
        free(entry->data);
        entry->data = NULL;
    } else if (edit[1] % 8 == 1) {
        entry->length = entry->length ? place % (entry->length + 1) : 0;
    } else if (edit[1] % 8 == 2 && strlen(entry->key) > 0) {
        entry->key[place % strlen(entry->key)] = (char)(edit[4] ? edit[4] : 'x');
    } else if (entry->length >= 8) {
        place = edit[1] & 16 ? place % (entry->length - 7) : place % (entry->length / 8) * 8;
        memcpy(entry->data + place, edit + 4, 8);
    }
}

static void go_on(struct node *node, int64_t until)
{
    for (int64_t second = until - 25; second < until; second++)
        take(node, second);
}

/* What was taken in is written, and taken in again. Only what nobody has damaged must fit: numbers may have been let in
 * that overflow since. */
static void check_again(struct node *node, size_t which, bool damaged)
{
    struct vane_saver saver = { 0 };
    struct node again;
    save(node, &saver);
    told = 0;
    node_open(&again, which);
    load(&again, &saver);
    assert(damaged || told == 0);
    go_on(&again, POINTS + 50);
    node_close(&again);
    empty(&saver);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct vane_saver saver = { 0 };
    struct node node;
    size_t which = size ? data[0] % OPTIONS : 0;
    make_good(&saver, which);
    for (size_t at = 1; at + EDIT <= size; at += EDIT)
        damage(&saver, data + at);
    node_open(&node, which);
    load(&node, &saver);
    go_on(&node, POINTS + 25);
    check_again(&node, which, size > EDIT);
    node_close(&node);
    empty(&saver);
    return 0;
}
