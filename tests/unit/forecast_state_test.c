#include "tests/unit/forecast_doubles.h"

#include "core/batch.h"
#include "core/series.h"

/* What the plugin saves goes to a shelf of the test, as a replay of checkpoints would give it back. */
struct vane_saver {
    struct entry {
        char    *lane, *key;
        void    *data; /* NULL: deleted */
        size_t   length;
        uint64_t series;
    } *entries;
    size_t count, room, deletes;
};

static void shelve(struct vane_saver *saver, const struct vane_record *record)
{
    if (saver->count == saver->room) {
        saver->room = saver->room ? 2 * saver->room : 64;
        saver->entries = alloc_resize(saver->entries, saver->room, sizeof *saver->entries);
    }
    struct entry *entry = &saver->entries[saver->count++];
    *entry = (struct entry){ .lane = alloc_text(record->lane), .key = alloc_text(record->key),
                             .length = record->length, .series = record->series };
    saver->deletes += !record->data;
    if (record->data)
        entry->data = memcpy(alloc_zero(record->length + 1), record->data, record->length);
}

static int warnings;

static void warn(struct vane_self *self, enum vane_level level, const char *format, ...)
{
    (void)self, (void)level, (void)format;
    warnings++;
}

#define vane_save shelve
#define vane_log  warn
#include "plugins/forecast/state.c"
#undef vane_save
#undef vane_log

static void empty(struct vane_saver *saver)
{
    for (size_t i = 0; i < saver->count; i++) {
        free(saver->entries[i].lane);
        free(saver->entries[i].key);
        free(saver->entries[i].data);
    }
    free(saver->entries);
    *saver = (struct vane_saver){ 0 };
}

/* ---- An instance ---- */

struct node {
    struct plan       plan;
    struct panel_work work;
    struct groups     groups;
    struct state      state;
    struct tally      tally;
};

static void node_open(struct node *node, const struct forecast_options *options)
{
    struct plan_error err;
    *node = (struct node){ 0 };
    assert_true(plan_make(&node->plan, options, &err));
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

static void ignore(void *context, const char *name, const char *sentence)
{
    (void)context, (void)name, (void)sentence;
}

static struct series *series_of_coin(struct node *node, const char *coin)
{
    struct batch *batch = batch_new();
    struct vane_tag tags[] = { vane_tag("coin", coin), vane_tag("venue", "a,b=c 3:x;") };
    struct group *group = groups_find_or_add(&node->groups, vane_series(&batch->view, "m;1:", tags, 2));
    size_t hint = 0;
    struct series *series = group_find(group, "v", 1, &hint);
    if (!series)
        series = groups_add(&node->groups, group, "v", 1);
    vane_batch_free(&batch->view);
    return series;
}

/* The value is the regressor, too. */
static void take(struct node *node, const char *coin, int64_t time, double value, const char *lane)
{
    struct series *series = series_of_coin(node, coin);
    const struct point point = { time, value, &value };
    struct answer answer;
    series->lane = groups_lane(&node->groups, lane);
    int due = series_take(series, &point, time, &node->tally);
    state_took(&node->state, series);
    if (due & SERIES_FORECAST)
        series_forecast(series, &node->work, &(struct model_notes){ ignore, NULL }, &answer, &node->tally);
    if (due)
        series_advance(series, due);
}

static void load(struct node *node, const struct vane_saver *saver)
{
    for (size_t i = 0; i < saver->count; i++) {
        const struct entry *entry = &saver->entries[i];
        assert_true(state_load(&node->state, &node->groups, &(struct vane_record){
            .lane = entry->lane, .key = entry->key, .data = entry->data, .length = entry->length,
            .series = entry->series }));
    }
    state_settle(&node->state, &node->groups, NULL);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static void assert_same_points(const struct history *x, const struct history *y)
{
    assert_int_equal(x->count, y->count);
    if (!x->count)
        return;
    assert_memory_equal(history_times(x), history_times(y), x->count * sizeof(int64_t));
    for (size_t i = 0; i < x->limits->columns; i++)
        assert_memory_equal(history_column(x, i), history_column(y, i), x->count * sizeof(double));
}

/* Compares all that two instances would save now. Numbers of chunks do not matter: history_test has them. */
static void assert_same(struct node *left, struct node *right)
{
    struct vane_saver a = { 0 }, b = { 0 };
    assert_int_equal(left->groups.series_count, right->groups.series_count);
    for (size_t i = 0; i < left->groups.count; i++) {
        const struct group *group = left->groups.items[i], *other = groups_find(&right->groups, &group->series);
        assert_non_null(other);
        assert_same_points(&group->items[0]->history, &other->items[0]->history);
        assert_same_points(&group->items[0]->future, &other->items[0]->future);
        assert_int_equal(group->items[0]->due, other->items[0]->due);
    }
    for (int side = 0; side < 2; side++) {
        struct node *node = side ? right : left;
        struct saving saving = { .saver = side ? &b : &a };
        for (size_t i = 0; i < node->groups.count; i++) {
            saving.series = node->groups.items[i]->items[0];
            put_due(&saving, saving.series);
            put_models(&saving, saving.series);
        }
        vane_text_release(&saving.key);
        vane_text_release(&saving.bytes);
    }
    assert_int_equal(a.count, b.count);
    qsort(a.entries, a.count, sizeof *a.entries, by_key);
    qsort(b.entries, b.count, sizeof *b.entries, by_key);
    for (size_t i = 0; i < a.count; i++) {
        assert_string_equal(a.entries[i].key, b.entries[i].key);
        assert_string_equal(a.entries[i].lane, b.entries[i].lane);
        assert_int_equal(a.entries[i].length, b.entries[i].length);
        assert_memory_equal(a.entries[i].data, b.entries[i].data, a.entries[i].length);
    }
    empty(&a);
    empty(&b);
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 16 & 0x7fff;
}

/* ---- Tests ---- */

/* The same points into an instance that is killed again and again, and one that is not. */
static void one_random_run(unsigned seed, const struct forecast_options *options)
{
    struct vane_saver saver = { 0 };
    struct node calm, node;
    node_open(&calm, options);
    node_open(&node, options);
    for (int i = 0; i < 2000; i++) {
        char coin[2] = { (char)('a' + next_random(&seed) % 4), '\0' };
        int64_t time = i * SECOND / 4 - (next_random(&seed) % 10 ? 0 : next_random(&seed) % 120 * SECOND);
        time += next_random(&seed) % 400 ? 0 : 500 * SECOND;
        const char *lane = next_random(&seed) % 100 ? "in/1" : "in/2";
        double value = next_random(&seed);
        take(&calm, coin, time, value, lane);
        take(&node, coin, time, value, lane);
        if (options->prophet.regressors.count && next_random(&seed) % 3 == 0) {
            int64_t ahead = time + next_random(&seed) % 200 * SECOND;
            series_take_future(series_of_coin(&calm, coin), ahead, &value);
            series_take_future(series_of_coin(&node, coin), ahead, &value);
        }
        if (next_random(&seed) % 20)
            continue;
        bool full = next_random(&seed) % 10 == 0;
        if (full)
            empty(&saver);
        state_save(&node.state, &node.groups, &saver, full);
        node_close(&node);
        node_open(&node, options);
        load(&node, &saver);
        assert_same(&calm, &node);
    }
    empty(&saver);
    node_close(&calm);
    node_close(&node);
}

static void test_state__a_restart_changes_nothing(void **state)
{
    (void)state;
    struct forecast_options options = usual_options();
    warnings = 0;
    for (unsigned seed = 1; seed <= 20; seed++)
        one_random_run(seed, &options);
    options.model = "auto";
    options.refit_every = 25 * SECOND;
    for (unsigned seed = 1; seed <= 10; seed++)
        one_random_run(seed, &options);
    assert_int_equal(warnings, 0);
}

static void test_state__a_restart_keeps_regressors(void **state)
{
    (void)state;
    const struct regressor_options regressor = { .field = "r" };
    struct forecast_options options = usual_options();
    options.model = "prophet";
    options.prophet.regressors = (struct vane_tables){ &regressor, 1 };
    warnings = 0;
    for (unsigned seed = 1; seed <= 20; seed++)
        one_random_run(seed, &options);
    assert_int_equal(warnings, 0);
}

static void test_state__nothing_is_written_where_nothing_came(void **state)
{
    (void)state;
    const struct forecast_options options = usual_options();
    struct vane_saver saver = { 0 };
    struct node node;
    node_open(&node, &options);
    for (int i = 0; i < 1000; i++) {
        take(&node, "a", i * SECOND / 20, i, "in/1");
        take(&node, "b", i * SECOND / 20, i, "in/1");
    }
    state_save(&node.state, &node.groups, &saver, false);
    size_t first = saver.count;
    state_save(&node.state, &node.groups, &saver, false);
    assert_int_equal(saver.count, first);
    take(&node, "a", 51 * SECOND, 1, "in/1");
    state_save(&node.state, &node.groups, &saver, false);
    assert_in_range(saver.count - first, 2, 4); /* of "a": when it is due, its newest chunk, models if they learnt */
    empty(&saver);
    node_close(&node);
}

static void test_state__a_lost_lane_takes_its_series_with_it(void **state)
{
    (void)state;
    const struct forecast_options options = usual_options();
    struct vane_saver saver = { 0 };
    struct node node, again;
    node_open(&node, &options);
    node_open(&again, &options);
    for (int i = 0; i < 200; i++) {
        take(&node, "a", i * SECOND, i, "in/1");
        take(&node, "b", i * SECOND, i, "in/2");
    }
    state_save(&node.state, &node.groups, &saver, false);
    state_lose(&node.state, &node.groups, "in/1");
    assert_int_equal(node.groups.series_count, 1);
    take(&node, "a", 5 * SECOND, 1, "in/1"); /* read again, from further back */
    state_save(&node.state, &node.groups, &saver, false);
    load(&again, &saver);
    assert_same(&node, &again);
    empty(&saver);
    node_close(&node);
    node_close(&again);
}

static size_t count_silent(const struct node *node, int64_t until)
{
    size_t silent = 0;
    for (size_t i = 0; i < node->groups.count; i++)
        silent += history_newest(&node->groups.items[i]->items[0]->history) <= until;
    return silent;
}

/* Series begin anywhere, have their clocks set back, lose their lanes and are loaded again. */
static void test_state__forgets_all_that_are_silent(void **state)
{
    (void)state;
    const struct forecast_options options = usual_options();
    struct vane_saver saver = { 0 };
    struct node node;
    unsigned seed = 1;
    size_t forgotten = 0;
    node_open(&node, &options);
    for (int i = 0; i < 3000; i++) {
        char coin[2] = { (char)('a' + next_random(&seed) % 20), '\0' };
        int64_t time = (i - (int)(next_random(&seed) % 300)) * SECOND;
        int points = next_random(&seed) % 30 ? 1 : SERIES_CLOCK_BACK;
        for (int j = 0; j < points; j++)
            take(&node, coin, time, 1, next_random(&seed) % 2 ? "in/1" : "in/2");
        if (next_random(&seed) % 200 == 0)
            state_lose(&node.state, &node.groups, "in/1");
        if (next_random(&seed) % 200 == 0) {
            empty(&saver);
            state_save(&node.state, &node.groups, &saver, true);
            node_close(&node);
            node_open(&node, &options);
            load(&node, &saver);
        }
        if (next_random(&seed) % 10)
            continue;
        int64_t until = (i - 200) * SECOND;
        size_t silent = count_silent(&node, until);
        assert_int_equal(state_forget(&node.state, &node.groups, until), silent);
        forgotten += silent;
    }
    assert_true(forgotten > 100);
    empty(&saver);
    node_close(&node);
}

static void test_state__of_other_options_the_history_is_kept(void **state)
{
    (void)state;
    struct forecast_options options = usual_options();
    struct vane_saver saver = { 0 };
    struct node node, other;
    node_open(&node, &options);
    for (int i = 0; i < 50; i++)
        take(&node, "a", i * SECOND, i, "in/1");
    state_save(&node.state, &node.groups, &saver, true);
    options.horizon *= 2;
    node_open(&other, &options);
    warnings = 0;
    load(&other, &saver);
    assert_int_equal(warnings, 1);
    assert_int_equal(other.groups.items[0]->items[0]->history.count, 50);
    take(&other, "a", 60 * SECOND, 1, "in/1");
    assert_int_equal(other.tally.counts[TALLY_FORECASTS], 1);
    empty(&saver);
    node_close(&node);
    node_close(&other);
}

/* The models of a panel, of which the first, naive, has lost its last byte. */
static void save_with_unsound_first(const struct panel *panel, struct vane_text *out)
{
    const uint64_t size = 1 + sizeof(struct double_model), less = size - 1;
    uint64_t shape;
    panel_save_models(panel, out);
    memcpy(&shape, out->data, sizeof shape);
    char *first = out->data + sizeof shape + shape + sizeof panel->learnt_at + 1, *end = out->data + out->length;
    assert_memory_equal(first, &size, sizeof size);
    memcpy(first, &less, sizeof less);
    first += sizeof size + less;
    memmove(first, first + 1, (size_t)(end - first - 1));
    out->length--;
}

static void test_panel__an_unsound_model_leaves_the_others(void **state)
{
    (void)state;
    struct forecast_options options = usual_options();
    options.model = "auto";
    options.refit_every = 1000 * SECOND;
    struct node node;
    struct panel panel;
    struct vane_text text = { 0 };
    struct answer answer;
    node_open(&node, &options);
    for (int i = 0; i < 50; i++)
        take(&node, "a", i * SECOND, i, "in/1");
    const struct series *series = series_of_coin(&node, "a");
    save_with_unsound_first(&series->panel, &text);
    panel_init(&panel, &node.plan);
    assert_false(panel_load_models(&panel, text.data, text.length));
    assert_true(panel.learnt);
    assert_null(panel.states[0]);
    assert_true(panel.fitted[1]);
    assert_memory_equal(panel.states[1], series->panel.states[1], sizeof(struct double_model));
    panel_answer(&panel, &node.work, &series->history, NULL, &(struct model_notes){ ignore, NULL }, &answer);
    assert_true(panel.fitted[0]); /* it alone has learnt anew */
    assert_memory_equal(panel.states[1], series->panel.states[1], sizeof(struct double_model));
    vane_text_release(&text);
    panel_release(&panel);
    node_close(&node);
}

static void test_state__refuses_keys_that_are_none(void **state)
{
    (void)state;
    const struct forecast_options options = usual_options();
    static const char *const keys[] = { "", "x1:m;1:v", "s", "s1:m", "s9:m;1:v", "s1:m,1:a;1:v", "c1", "s1:m;1:vv" };
    struct node node;
    node_open(&node, &options);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_false(state_load(&node.state, &node.groups, &(struct vane_record){
            .lane = "in/1", .key = keys[i], .data = "x", .length = 1, .series = 1 }));
    node_close(&node);
}

static void test_state__damaged_records_never_crash(void **state)
{
    (void)state;
    const struct forecast_options options = usual_options();
    struct vane_saver saver = { 0 };
    struct node node;
    unsigned seed = 1;
    node_open(&node, &options);
    for (int i = 0; i < 300; i++)
        take(&node, "a", i * SECOND, i, "in/1");
    state_save(&node.state, &node.groups, &saver, true);
    for (int round = 0; round < 300; round++) {
        struct node other;
        node_open(&other, &options);
        for (size_t i = 0; i < saver.count; i++) {
            const struct entry *entry = &saver.entries[i];
            size_t length = next_random(&seed) % 3 ? entry->length : next_random(&seed) % (entry->length + 1);
            state_load(&other.state, &other.groups, &(struct vane_record){
                .lane = entry->lane, .key = entry->key, .data = entry->data, .length = length,
                .series = entry->series });
        }
        state_settle(&other.state, &other.groups, NULL);
        node_close(&other);
    }
    empty(&saver);
    node_close(&node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state__a_restart_changes_nothing),
        cmocka_unit_test(test_state__a_restart_keeps_regressors),
        cmocka_unit_test(test_state__nothing_is_written_where_nothing_came),
        cmocka_unit_test(test_state__a_lost_lane_takes_its_series_with_it),
        cmocka_unit_test(test_state__forgets_all_that_are_silent),
        cmocka_unit_test(test_state__of_other_options_the_history_is_kept),
        cmocka_unit_test(test_panel__an_unsound_model_leaves_the_others),
        cmocka_unit_test(test_state__refuses_keys_that_are_none),
        cmocka_unit_test(test_state__damaged_records_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
