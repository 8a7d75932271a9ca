/* window_saved - records of the window plugin on a shelf of the test, as a replay of checkpoints would give them
 * back. It brings the plugin's state.c along, whose vane_save goes here: link the others of the plugin only.
 */
#pragma once
#include "tests/unit/window_kit.h"

struct vane_saver {
    struct saved {
        char    *lane, *key;
        void    *data; /* NULL: deleted */
        size_t   length;
        uint64_t series;
    } *items;
    size_t count, room, bytes, deleted;
};

static inline void *window_saved_copy(const void *data, size_t length)
{
    char *copy = malloc(length + 1);
    memcpy(copy, data, length);
    copy[length] = '\0';
    return copy;
}

static inline void window_saved_put(struct vane_saver *saver, const struct vane_record *record)
{
    if (saver->count == saver->room) {
        saver->room = saver->room ? 2 * saver->room : 64;
        saver->items = realloc(saver->items, saver->room * sizeof *saver->items);
    }
    saver->items[saver->count++] = (struct saved){
        .lane = window_saved_copy(record->lane, strlen(record->lane)),
        .key = window_saved_copy(record->key, strlen(record->key)),
        .data = record->data ? window_saved_copy(record->data, record->length) : NULL,
        .length = record->length, .series = record->series };
    saver->bytes += record->length;
    saver->deleted += !record->data;
}

#define vane_save window_saved_put
#include "plugins/window/state.c"
#undef vane_save

static inline void window_saved_release(struct vane_saver *saver)
{
    for (size_t i = 0; i < saver->count; i++) {
        free(saver->items[i].lane);
        free(saver->items[i].key);
        free(saver->items[i].data);
    }
    free(saver->items);
    *saver = (struct vane_saver){ 0 };
}

static inline void window_saved_save(struct vane_saver *saver, struct window_kit *kit, bool full)
{
    window_saved_release(saver);
    vane_plugin.save(&kit->instance->self, saver, full);
}

/* False: it was refused. */
static inline bool window_saved_load(struct window_kit *kit, const struct saved *saved)
{
    return vane_plugin.load(&kit->instance->self, &(struct vane_record){
        .lane = saved->lane, .key = saved->key, .data = saved->data, .length = saved->length,
        .series = saved->series }) == VANE_OK;
}
