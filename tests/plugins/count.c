/* count - a processor that keeps something: how many metrics of each series a lane has brought.
 *
 * For each metric that comes it emits NAME_count of the same tags and time, with the number so far as
 * `count`. The counts are saved at checkpoints, in full or what has changed, and loaded at the start; a lane
 * that is lost takes its counts with it. Counts of all lanes lie in one table with open addressing. */
#include "core/plugin.h"

#include <stdlib.h>

struct entry {
    char    *lane, *key; /* as records have them; key NULL: free */
    uint64_t hash;       /* of the series */
    int64_t  count;      /* 0: gone */
    bool     changed;    /* since the last save */
};

struct count {
    bool          keep; /* the option of that name */
    struct entry *entries;
    size_t        used, room; /* room: a power of two */
};

/* ---- The table ---- */

static void *check(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static struct entry *find(const struct count *state, const char *lane, const char *key, uint64_t hash)
{
    size_t at = hash & (state->room - 1);
    while (state->entries[at].key
           && (state->entries[at].hash != hash || strcmp(state->entries[at].key, key) != 0
               || strcmp(state->entries[at].lane, lane) != 0))
        at = (at + 1) & (state->room - 1);
    return &state->entries[at];
}

static void grow(struct count *state)
{
    struct count old = *state;
    state->room = old.room ? old.room * 2 : 64;
    state->entries = check(calloc(state->room, sizeof *state->entries));
    for (size_t i = 0; i < old.room; i++)
        if (old.entries[i].key)
            *find(state, old.entries[i].lane, old.entries[i].key, old.entries[i].hash) = old.entries[i];
    free(old.entries);
}

static struct entry *find_or_add(struct count *state, const char *lane, const char *key, uint64_t hash)
{
    if (2 * state->used >= state->room)
        grow(state);
    struct entry *entry = find(state, lane, key, hash);
    if (!entry->key) {
        *entry = (struct entry){ .lane = check(strdup(lane)), .key = check(strdup(key)), .hash = hash };
        state->used++;
    }
    return entry;
}

/* ---- Callbacks ---- */

static void count_close(struct vane_self *self)
{
    struct count *state = self->state;
    for (size_t i = 0; i < state->room; i++) {
        free(state->entries[i].lane);
        free(state->entries[i].key);
    }
    free(state->entries);
}

/* Tags may hold anything but NUL: the lengths tell where each part ends. */
static void write_key(struct vane_text *key, const struct vane_series *series)
{
    vane_text_clear(key);
    vane_text_addf(key, "%u:%s", series->name_length, series->name);
    for (uint32_t i = 0; i < series->tag_count; i++) {
        const struct vane_tag *tag = &series->tags[i];
        vane_text_addf(key, ",%u:%s=%u:%s", tag->key_length, tag->key, tag->value_length, tag->value);
    }
}

static void emit_count(struct vane_batch *out, struct vane_text *name, const struct vane_metric *metric,
                       int64_t count)
{
    const struct vane_series *of = metric->series;
    vane_text_clear(name);
    vane_text_addf(name, "%s_count", of->name);
    const struct vane_series *series = vane_series(out, name->data, of->tags, of->tag_count);
    vane_set_int(vane_add(out, series, metric->time), "count", count);
}

static enum vane_result count_process(struct vane_self *self, struct vane_batch *batch)
{
    struct count *state = self->state;
    struct vane_batch *out = vane_batch_new(self);
    struct vane_text text = { 0 };
    const char *lane = vane_lane_text(batch->lane);
    for (size_t i = 0; i < batch->count; i++) {
        const struct vane_metric *metric = batch->metrics[i];
        write_key(&text, metric->series);
        struct entry *entry = find_or_add(state, lane, text.data, metric->series->hash);
        entry->changed = true;
        emit_count(out, &text, metric, ++entry->count);
    }
    vane_text_release(&text);
    vane_emit(self, out);
    return VANE_OK;
}

static void count_lost(struct vane_self *self, const struct vane_lane *lane)
{
    const struct count *state = self->state;
    for (size_t i = 0; i < state->room && !state->keep; i++) {
        struct entry *entry = &state->entries[i];
        if (!entry->key || strcmp(entry->lane, vane_lane_text(lane)) != 0)
            continue;
        entry->count = 0;
        entry->changed = true;
    }
}

static enum vane_result count_save(struct vane_self *self, struct vane_saver *saver, bool full)
{
    const struct count *state = self->state;
    for (size_t i = 0; i < state->room; i++) {
        struct entry *entry = &state->entries[i];
        if (!entry->key || (full ? !entry->count : !entry->changed))
            continue;
        vane_save(saver, &(struct vane_record){
            .lane = entry->lane, .key = entry->key, .data = entry->count ? &entry->count : NULL,
            .length = entry->count ? sizeof entry->count : 0, .series = entry->hash,
        });
        entry->changed = false;
    }
    return VANE_OK;
}

static enum vane_result count_load(struct vane_self *self, const struct vane_record *record)
{
    struct entry *entry = find_or_add(self->state, record->lane, record->key, record->series);
    entry->count = 0;
    if (!record->data)
        return VANE_OK;
    if (record->length != sizeof entry->count)
        return vane_fail(self, "the count of %s has %zu bytes", record->key, record->length);
    memcpy(&entry->count, record->data, sizeof entry->count);
    return VANE_OK;
}

static const struct vane_option options[] = {
    VANE_OPT_BOOL(struct count, keep, .preset = "false", .help = "Go on counting when a lane is lost."),
    { 0 }
};

const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = VANE_PROCESSOR, .name = "count",
    .help = "Counts the metrics of each series, lane by lane.",
    .state_size = sizeof(struct count), .options = options, .close = count_close, .process = count_process,
    .lost = count_lost, .save = count_save, .load = count_load,
};
