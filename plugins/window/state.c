/* state - see state.h. */
#include "plugins/window/state.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"
#include "plugins/window/fill.h"
#include "plugins/window/groups.h"
#include "plugins/window/lanes.h"
#include "plugins/window/pane.h"
#include "plugins/window/series.h"
#include "plugins/window/table.h"

/* Keys of groups begin with a digit. */
static const char LANE_KEY[] = "lane";

/* ---- Which options ---- */

static uint64_t hash_of(uint64_t hash, const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
    return table_mix(hash + length);
}

static uint64_t hash_strings(uint64_t hash, struct vane_strings strings)
{
    for (size_t i = 0; i < strings.count; i++)
        hash = hash_of(hash, strings.items[i], strlen(strings.items[i]));
    return hash_of(hash, &strings.count, sizeof strings.count);
}

uint64_t state_fingerprint(const struct window *window)
{
    const struct options *options = &window->options;
    const int64_t numbers[] = { 1, options->every, options->period, options->gap, options->offset,
                                (int64_t)options->every_count, options->fill };
    uint64_t hash = hash_of(UINT64_C(0xcbf29ce484222325), numbers, sizeof numbers);
    hash = hash_of(hash, options->timezone, options->timezone ? strlen(options->timezone) : 0);
    hash = hash_of(hash, options->weight, options->weight ? strlen(options->weight) : 0);
    hash = hash_strings(hash_strings(hash, options->group_by), options->fields);
    hash = hash_of(hash, options->buckets.items, options->buckets.count * sizeof(double));
    hash = hash_of(hash, &options->quantile_error, sizeof options->quantile_error);
    for (size_t i = 0; i < window->plan.output_count; i++)
        hash = hash_of(hash, window->plan.outputs[i].suffix, strlen(window->plan.outputs[i].suffix));
    const size_t cell[] = { window->plan.cell_size, window->plan.family_count };
    return hash_of(hash, cell, sizeof cell);
}

/* ---- Saving ---- */

static void write_previous(const struct window *window, struct vane_text *out, const struct group *group)
{
    const struct previous *previous = group->previous;
    bytes_add_uint(out, previous != NULL);
    if (!previous)
        return;
    bytes_add_int(out, previous->number);
    bytes_add_uint(out, previous->shape->slots);
    for (uint32_t slot = 0; slot < previous->shape->slots; slot++) {
        const struct field *field = shape_field(previous->shape, slot);
        bytes_add_uint(out, field->length);
        vane_text_add(out, field->name, field->length);
    }
    vane_text_add(out, previous->values, result_value_count(window, previous->shape) * sizeof(double));
}

static void write_members(const struct window *window, struct vane_text *out, const struct share *share)
{
    for (const struct member *member = share->members; member; member = member->next) {
        bytes_add_uint(out, 1);
        if (window->options.group_by.count) {
            struct vane_text text = { 0 };
            series_write(&text, member->series);
            bytes_add_uint(out, text.length);
            vane_text_add(out, text.data, text.length + 1);
            vane_text_add(out, &member->series->hash, sizeof member->series->hash);
            vane_text_release(&text);
        }
        bytes_add_int(out, member->newest);
        bytes_add_int(out, member->heard);
        bytes_add_uint(out, member->idle);
    }
    bytes_add_uint(out, 0);
}

static void write_panes(const struct window *window, struct vane_text *out, const struct share *share)
{
    for (const struct pane *pane = share->oldest; pane; pane = pane->newer) {
        bytes_add_uint(out, 1);
        bytes_add_int(out, pane->start);
        bytes_add_int(out, pane->end - pane->start);
        bytes_add_int(out, pane->number);
        bytes_add_uint(out, pane->told);
        bytes_add_uint(out, pane->slots);
        for (uint32_t slot = 0; slot < pane->slots; slot++)
            plan_save_cell(&window->plan, pane_cell(window, pane, slot), out);
    }
    bytes_add_uint(out, 0);
}

static void write_share(const struct window *window, struct vane_text *out, const struct share *share)
{
    const struct group *group = share->group;
    vane_text_clear(out);
    vane_text_add(out, &window->fingerprint, sizeof window->fingerprint);
    vane_text_add(out, &group->series->hash, sizeof group->series->hash);
    bytes_add_int(out, group->watermark);
    bytes_add_int(out, group->done);
    bytes_add_int(out, group->freed);
    bytes_add_int(out, group->open_pane);
    bytes_add_uint(out, share->gap);
    bytes_add_uint(out, share->shape->count);
    for (uint32_t i = 0; i < share->shape->count; i++) {
        bytes_add_uint(out, share->shape->columns[i].field->length);
        vane_text_add(out, share->shape->columns[i].field->name, share->shape->columns[i].field->length);
    }
    write_members(window, out, share);
    write_panes(window, out, share);
    write_previous(window, out, group);
}

/* With workers, a group has members of one worker only. */
static uint64_t hash_of_share(const struct share *share)
{
    return share->members ? share->members->series->hash : 0;
}

static void save_share(struct window *window, struct vane_saver *saver, struct share *share)
{
    vane_text_clear(&window->text);
    series_write(&window->text, share->group->series);
    write_share(window, &window->bytes, share);
    vane_save(saver, &(struct vane_record){
        .lane = share->lane->text, .key = window->text.data, .data = window->bytes.data,
        .length = window->bytes.length, .series = hash_of_share(share),
    });
}

static void save_lanes(struct window *window, struct vane_saver *saver, bool full)
{
    for (struct lane_state *lane = window->lanes; lane; lane = lane->next) {
        bool told = lane->floor_pending || lane->floor != NO_FLOOR;
        if (full ? told : lane->dirty) {
            const int64_t data[] = { lane->floor, lane->floor_pending };
            vane_save(saver, &(struct vane_record){ .lane = lane->text, .key = LANE_KEY, .data = data,
                                                    .length = sizeof data });
        }
        lane->dirty = false;
    }
}

static void forget_gone(struct window *window)
{
    for (size_t i = 0; i < window->gone_count; i++) {
        free(window->gone[i].lane);
        free(window->gone[i].key);
    }
    window->gone_count = 0;
}

/* What is gone may have come again since: its deletion goes first. */
void state_save(struct window *window, struct vane_saver *saver, bool full)
{
    for (size_t i = 0; !full && i < window->gone_count; i++)
        vane_save(saver, &(struct vane_record){ .lane = window->gone[i].lane, .key = window->gone[i].key,
                                                .series = window->gone[i].series });
    forget_gone(window);
    for (size_t i = 0; full && i < window->groups.room; i++) {
        const struct group *group = window->groups.slots[i].item;
        for (struct share *share = group ? group->shares : NULL; share; share = share->next)
            save_share(window, saver, share);
    }
    while (window->dirty) {
        struct share *share = window->dirty;
        groups_untouch(share);
        if (!full)
            save_share(window, saver, share);
    }
    save_lanes(window, saver, full);
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory_zero(size), text, size);
}

void state_gone(struct window *window, const struct share *share)
{
    const uint64_t hash = hash_of_share(share);
    if (window->gone_count == window->gone_room) {
        window->gone_room = window->gone_room ? window->gone_room * 2 : 16;
        window->gone = memory_resize(window->gone, window->gone_room, sizeof *window->gone);
    }
    vane_text_clear(&window->text);
    series_write(&window->text, share->group->series);
    window->gone[window->gone_count++] = (struct gone){ copy(share->lane->text), copy(window->text.data),
                                                        hash };
}

void state_release(struct window *window)
{
    forget_gone(window);
    free(window->gone);
}
