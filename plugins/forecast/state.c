/* state - see state.h. Records come one by one and may be overwritten or deleted by later ones, so they are kept as
 * they are until all are there. */
#include "plugins/forecast/state.h"

#include "plugins/forecast/state_key.h"

#include <math.h>
#include <stdlib.h>

#include "plugins/shared/memory.h"

struct blob {
    uint64_t number; /* of a chunk */
    char    *bytes;  /* NULL: none */
    size_t   length;
};

struct loaded {
    struct blob due, models;
    struct pile {
        struct blob *chunks;
        size_t       count;
    } history, future, horizons;
};

/* The head of record "s"; regressors and the judge's core follow. */
struct series_head {
    int64_t  due, score_due, forecast_from, ahead_time;
    double   ahead_value;
    uint64_t too_old, has_ahead, columns_known, column_count;
};

/* ---- Losing ---- */

static void add_dead(struct state *state, const struct series *series, const char *key)
{
    if (state->dead_count == state->dead_room) {
        state->dead_room = state->dead_room ? 2 * state->dead_room : 16;
        state->dead = memory_resize(state->dead, state->dead_room, sizeof *state->dead);
    }
    char *copy = memory_zero(strlen(key) + 1);
    memcpy(copy, key, strlen(key));
    state->dead[state->dead_count++] =
        (struct dead_record){ .lane = series->saved_lane, .key = copy, .series = series->of->hash };
}

struct burial {
    struct state        *state;
    const struct series *series;
    struct vane_text     key;
    char                 kind; /* of chunks */
    const char          *lane; /* that is lost */
    int64_t              until, oldest; /* of state_forget */
};

static void bury_chunk(void *context, uint64_t number, const void *bytes, size_t length)
{
    struct burial *burial = context;
    (void)bytes, (void)length;
    state_key_write(burial->series, burial->kind, number, &burial->key);
    add_dead(burial->state, burial->series, burial->key.data);
}

/* Notes that all records of the series are to be deleted. */
static void bury_records(struct burial *burial, struct series *series)
{
    if (!series->saved_lane)
        return;
    burial->series = series;
    for (const char *kind = "sm"; *kind; kind++) {
        state_key_write(series, *kind, 0, &burial->key);
        add_dead(burial->state, series, burial->key.data);
    }
    burial->kind = 'j';
    for (size_t i = 0; i < series->saved_horizons; i++)
        bury_chunk(burial, i, NULL, 0);
    burial->kind = 'c';
    history_unsave(&series->history, &(struct history_writer){ bury_chunk, burial });
    burial->kind = 'f';
    history_unsave(&series->future, &(struct history_writer){ bury_chunk, burial });
    series->saved_lane = NULL;
}

static bool bury_if_lost(void *context, struct series *series)
{
    struct burial *burial = context;
    if (series->lane != burial->lane)
        return false;
    bury_records(burial, series);
    series_free(series);
    return true;
}

void state_lose(struct state *state, struct groups *groups, const char *lane)
{
    struct burial burial = { .state = state, .lane = groups_lane(groups, lane) };
    groups_remove(groups, bury_if_lost, &burial);
    vane_text_release(&burial.key);
}

static int64_t newest_of(const struct series *series)
{
    return series->history.count ? history_newest(&series->history) : INT64_MIN;
}

void state_took(struct state *state, const struct series *series)
{
    int64_t newest = newest_of(series);
    if (newest < state->oldest)
        state->oldest = newest;
}

static bool bury_if_silent(void *context, struct series *series)
{
    struct burial *burial = context;
    int64_t newest = newest_of(series);
    if (newest > burial->until) {
        burial->oldest = newest < burial->oldest ? newest : burial->oldest;
        return false;
    }
    bury_records(burial, series);
    series_free(series);
    return true;
}

size_t state_forget(struct state *state, struct groups *groups, int64_t until)
{
    if (state->oldest_known && until < state->oldest)
        return 0;
    struct burial burial = { .state = state, .until = until, .oldest = INT64_MAX };
    size_t before = groups->series_count;
    groups_remove(groups, bury_if_silent, &burial);
    vane_text_release(&burial.key);
    state->oldest = burial.oldest;
    state->oldest_known = true;
    return before - groups->series_count;
}

static void drop_dead(struct state *state)
{
    for (size_t i = 0; i < state->dead_count; i++)
        free(state->dead[i].key);
    state->dead_count = 0;
}

/* ---- Saving ---- */

struct saving {
    struct vane_saver   *saver;
    const struct series *series;
    char                 kind; /* of chunks */
    struct vane_text     key, bytes;
};

static void put(struct saving *saving, char kind, uint64_t number, const void *bytes, size_t length)
{
    state_key_write(saving->series, kind, number, &saving->key);
    vane_save(saving->saver, &(struct vane_record){
        .lane = saving->series->lane, .key = saving->key.data, .data = bytes, .length = length,
        .series = saving->series->of->hash,
    });
}

static void put_chunk(void *context, uint64_t number, const void *bytes, size_t length)
{
    struct saving *saving = context;
    put(saving, saving->kind, number, bytes, length);
}

static void put_due(struct saving *saving, const struct series *series)
{
    size_t columns = series->plan->column_count;
    const struct series_head head = {
        .due = series->due, .score_due = series->score_due, .forecast_from = series->forecast_from,
        .ahead_time = series->ahead.time, .ahead_value = series->ahead.value, .too_old = series->too_old,
        .has_ahead = series->has_ahead, .columns_known = series->columns_known, .column_count = columns,
    };
    vane_text_clear(&saving->bytes);
    vane_text_add(&saving->bytes, &head, sizeof head);
    vane_text_add(&saving->bytes, series->columns, 2 * columns * sizeof *series->columns);
    panel_save_judge(&series->panel, &saving->bytes);
    put(saving, 's', 0, saving->bytes.data, saving->bytes.length);
}

static void put_models(struct saving *saving, const struct series *series)
{
    vane_text_clear(&saving->bytes);
    panel_save_models(&series->panel, &saving->bytes);
    put(saving, 'm', 0, saving->bytes.data, saving->bytes.length);
}

/* Records of horizons that there are no more, after a change of options, go. */
static void put_judge(struct saving *saving, struct series *series, bool whole)
{
    size_t horizons = judge_horizon_count(series->panel.judge);
    saving->kind = 'j';
    judge_save_horizons(series->panel.judge, whole, &(struct judge_writer){ put_chunk, saving });
    for (size_t i = horizons; i < series->saved_horizons; i++)
        put_chunk(saving, i, NULL, 0);
    series->saved_horizons = horizons;
}

static void save_series(struct saving *saving, struct series *series, bool full)
{
    bool whole = full || !series->saved_lane;
    if (!whole && !series->changed)
        return;
    saving->series = series;
    put_due(saving, series);
    put_judge(saving, series, whole);
    if (whole || series->models_changed)
        put_models(saving, series);
    saving->kind = 'c';
    history_save(&series->history, whole, &(struct history_writer){ put_chunk, saving });
    saving->kind = 'f';
    history_save(&series->future, whole, &(struct history_writer){ put_chunk, saving });
    series->saved_lane = series->lane;
    series->changed = series->models_changed = false;
}

static void bury_moved(struct state *state, struct groups *groups)
{
    struct burial burial = { .state = state };
    for (size_t i = 0; i < groups->count; i++)
        for (size_t j = 0; j < groups->items[i]->count; j++) {
            struct series *series = groups->items[i]->items[j];
            if (series->saved_lane != series->lane)
                bury_records(&burial, series);
        }
    vane_text_release(&burial.key);
}

void state_save(struct state *state, struct groups *groups, struct vane_saver *saver, bool full)
{
    bury_moved(state, groups);
    for (size_t i = 0; i < state->dead_count && !full; i++)
        vane_save(saver, &(struct vane_record){ .lane = state->dead[i].lane, .key = state->dead[i].key,
                                                .series = state->dead[i].series });
    drop_dead(state);
    struct saving saving = { .saver = saver };
    for (size_t i = 0; i < groups->count; i++)
        for (size_t j = 0; j < groups->items[i]->count; j++)
            save_series(&saving, groups->items[i]->items[j], full);
    vane_text_release(&saving.key);
    vane_text_release(&saving.bytes);
}

/* ---- Loading ---- */

static void blob_set(struct blob *blob, const struct vane_record *record)
{
    free(blob->bytes);
    blob->bytes = NULL;
    if (!record->data)
        return;
    blob->bytes = memory_zero(record->length);
    memcpy(blob->bytes, record->data, record->length);
    blob->length = record->length;
}

static struct blob *chunk_of(struct pile *pile, uint64_t number)
{
    for (size_t i = pile->count; i-- > 0;)
        if (pile->chunks[i].number == number)
            return &pile->chunks[i];
    pile->chunks = memory_resize(pile->chunks, pile->count + 1, sizeof *pile->chunks);
    pile->chunks[pile->count] = (struct blob){ .number = number };
    return &pile->chunks[pile->count++];
}

static void pile_release(struct pile *pile)
{
    for (size_t i = 0; i < pile->count; i++)
        free(pile->chunks[i].bytes);
    free(pile->chunks);
}

static void loaded_free(struct loaded *loaded)
{
    pile_release(&loaded->history);
    pile_release(&loaded->future);
    pile_release(&loaded->horizons);
    free(loaded->due.bytes);
    free(loaded->models.bytes);
    free(loaded);
}

/* The series that a name speaks of, made where a record is to be kept. NULL: there is none. */
static struct series *series_of(struct groups *groups, const struct vane_record *record, char *name, bool *good)
{
    struct vane_series of = { .hash = record->series };
    struct vane_tag *tags = NULL;
    const char *field;
    uint32_t length;
    struct series *series = NULL;
    *good = state_key_read(name, &of, &tags, &field, &length);
    struct group *group = *good ? groups_find(groups, &of) : NULL;
    if (group) {
        size_t hint = 0;
        series = group_find(group, field, length, &hint);
    }
    if (*good && !series && record->data) {
        group = groups_find_or_add(groups, &of);
        series = groups_add(groups, group, field, length);
        series->loaded = memory_zero(sizeof *series->loaded);
    }
    free(tags);
    return series;
}

static void take_record(struct series *series, const struct vane_record *record, const char *lane, char kind,
                        uint64_t number)
{
    if (!record->data && series->lane != lane)
        return; /* they have moved to another lane since */
    if (record->data)
        series->lane = lane;
    struct loaded *loaded = series->loaded;
    if (state_key_has_number(kind))
        blob_set(chunk_of(kind == 'c' ? &loaded->history : kind == 'f' ? &loaded->future : &loaded->horizons, number),
                 record);
    else
        blob_set(kind == 's' ? &loaded->due : &loaded->models, record);
}

bool state_load(struct state *state, struct groups *groups, const struct vane_record *record)
{
    char kind = record->key[0];
    if (!kind || !strchr("smcfj", kind))
        return false;
    char *key = memory_zero(strlen(record->key) + 1), *name = key + 1;
    memcpy(key, record->key, strlen(record->key));
    uint64_t number = state_key_has_number(kind) ? strtoull(name, &name, 10) : 0;
    name += state_key_has_number(kind) && *name == ' ';
    bool good;
    struct series *series = series_of(groups, record, name, &good);
    if (series)
        take_record(series, record, groups_lane(groups, record->lane), kind, number);
    free(key);
    state->loading = true;
    state->oldest_known = false;
    return good;
}

/* ---- Settling ---- */

static int by_number(const void *a, const void *b)
{
    const struct blob *left = a, *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

/* Bits that this build could have written. */
static bool is_sound(const struct series_head *head, const char *columns)
{
    bool sound = isfinite(head->ahead_value) && head->has_ahead <= 1 && head->columns_known <= 1;
    for (size_t i = 0; i < 2 * head->column_count && sound; i++) {
        double value;
        memcpy(&value, columns + i * sizeof value, sizeof value);
        sound = isfinite(value);
    }
    return sound;
}

static bool read_due(struct series *series, const struct blob *blob)
{
    struct series_head head;
    size_t columns = series->plan->column_count, more = 2 * columns * sizeof *series->columns;
    if (!blob->bytes || blob->length < sizeof head)
        return false;
    memcpy(&head, blob->bytes, sizeof head);
    if (head.column_count != columns || blob->length < sizeof head + more || !is_sound(&head, blob->bytes + sizeof head))
        return false;
    memcpy(series->columns, blob->bytes + sizeof head, more);
    series->due = head.due;
    series->score_due = head.score_due;
    series->forecast_from = head.forecast_from;
    series->too_old = head.too_old;
    series->has_ahead = head.has_ahead;
    series->columns_known = head.columns_known;
    series->ahead = (struct point){ .time = head.ahead_time, .value = head.ahead_value,
                                    .columns = series->columns + columns };
    size_t used = sizeof head + more;
    return panel_load_judge(&series->panel, blob->bytes + used, blob->length - used);
}

/* After read_due, which has loaded the judge's core if `fits`. */
static bool settle_judge(struct series *series, const struct pile *pile, bool fits)
{
    for (size_t i = 0; i < pile->count; i++) {
        const struct blob *horizon = &pile->chunks[i];
        if (!horizon->bytes)
            continue;
        fits = fits && judge_load_horizon(series->panel.judge, horizon->number, horizon->bytes, horizon->length);
        if (horizon->number < JUDGE_HORIZONS && horizon->number >= series->saved_horizons)
            series->saved_horizons = (size_t)horizon->number + 1;
    }
    return panel_settle_judge(&series->panel, fits);
}

static bool settle_history(struct history *history, struct pile *pile)
{
    bool good = true;
    if (pile->count)
        qsort(pile->chunks, pile->count, sizeof *pile->chunks, by_number);
    for (size_t i = 0; i < pile->count; i++) {
        const struct blob *chunk = &pile->chunks[i];
        if (chunk->bytes)
            good = history_load(history, chunk->number, chunk->bytes, chunk->length) && good;
    }
    return good;
}

/* False: a part did not fit. */
static bool settle(struct series *series)
{
    struct loaded *loaded = series->loaded;
    bool good = settle_history(&series->history, &loaded->history);
    if (!series->history.count)
        return good;
    if (series->plan->column_count)
        good = settle_history(&series->future, &loaded->future) && good;
    history_forget(&series->future, history_newest(&series->history));
    bool due = read_due(series, &loaded->due);
    due = settle_judge(series, &loaded->horizons, due);
    bool models = loaded->models.bytes
               && panel_load_models(&series->panel, loaded->models.bytes, loaded->models.length);
    if (due)
        series_check_times(series);
    else
        series_advance(series, SERIES_FORECAST | SERIES_SCORES);
    return good && due && models;
}

static bool is_empty(void *context, struct series *series)
{
    (void)context;
    if (series->history.count)
        return false;
    series_free(series);
    return true;
}

void state_settle(struct state *state, struct groups *groups, struct vane_self *self)
{
    size_t misfits = 0;
    if (!state->loading)
        return;
    state->loading = false;
    for (size_t i = 0; i < groups->count; i++)
        for (size_t j = 0; j < groups->items[i]->count; j++) {
            struct series *series = groups->items[i]->items[j];
            bool good = settle(series);
            misfits += !good;
            loaded_free(series->loaded);
            series->loaded = NULL;
            series->saved_lane = series->lane;
            series->changed = series->models_changed = !good;
        }
    groups_remove(groups, is_empty, NULL);
    if (misfits)
        vane_log(self, VANE_WARN, "the saved state of %zu series is of other options or another build: "
                                  "what of it does not fit begins anew", misfits);
}

void state_release(struct state *state, struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        for (size_t j = 0; j < groups->items[i]->count; j++)
            if (groups->items[i]->items[j]->loaded)
                loaded_free(groups->items[i]->items[j]->loaded);
    drop_dead(state);
    free(state->dead);
}
