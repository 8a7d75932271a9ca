/* groups - see groups.h. Slots hold pointers and are made anew when they are half full or something is removed. */
#include "plugins/forecast/groups.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"

enum { LEAST_SLOTS = 64 };

/* ---- Groups ---- */

static size_t size_of(const struct vane_series *series)
{
    size_t size = series->tag_count * sizeof *series->tags + series->name_length + 1;
    for (uint32_t i = 0; i < series->tag_count; i++)
        size += series->tags[i].key_length + series->tags[i].value_length + 2;
    return size;
}

static const char *copy_text(char **at, const char *text, size_t length)
{
    char *to = *at;
    memcpy(to, text, length);
    to[length] = '\0';
    *at += length + 1;
    return to;
}

static struct group *group_new(const struct vane_series *series)
{
    struct group *group = memory_zero(sizeof *group);
    group->memory = memory_zero(size_of(series));
    struct vane_tag *tags = (struct vane_tag *)(void *)group->memory;
    char *at = group->memory + series->tag_count * sizeof *tags;
    group->series = *series;
    group->series.tags = tags;
    group->series.name = copy_text(&at, series->name, series->name_length);
    for (uint32_t i = 0; i < series->tag_count; i++) {
        tags[i] = series->tags[i];
        tags[i].key = copy_text(&at, series->tags[i].key, tags[i].key_length);
        tags[i].value = copy_text(&at, series->tags[i].value, tags[i].value_length);
    }
    return group;
}

static void group_free(struct group *group)
{
    free(group->items);
    free(group->memory);
    free(group);
}

void groups_init(struct groups *groups, const struct plan *plan)
{
    *groups = (struct groups){ .plan = plan };
}

void groups_release(struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        for (size_t j = 0; j < groups->items[i]->count; j++)
            series_free(groups->items[i]->items[j]);
        group_free(groups->items[i]);
    }
    for (size_t i = 0; i < groups->lane_count; i++)
        free(groups->lanes[i]);
    free(groups->lanes);
    free(groups->items);
    free(groups->slots);
    *groups = (struct groups){ 0 };
}

/* ---- Slots ---- */

static struct group **slot_of(const struct groups *groups, const struct vane_series *series)
{
    size_t at = series->hash & (groups->slot_count - 1);
    while (groups->slots[at] && !vane_same_series(&groups->slots[at]->series, series))
        at = (at + 1) & (groups->slot_count - 1);
    return &groups->slots[at];
}

static void make_slots(struct groups *groups, size_t count)
{
    free(groups->slots);
    groups->slot_count = count;
    groups->slots = memory_zero(count * sizeof *groups->slots);
    for (size_t i = 0; i < groups->count; i++)
        *slot_of(groups, &groups->items[i]->series) = groups->items[i];
}

struct group *groups_find(const struct groups *groups, const struct vane_series *series)
{
    return groups->slot_count ? *slot_of(groups, series) : NULL;
}

struct group *groups_find_or_add(struct groups *groups, const struct vane_series *series)
{
    struct group *found = groups_find(groups, series);
    if (found)
        return found;
    if (groups->count == groups->room) {
        groups->room = groups->room ? 2 * groups->room : LEAST_SLOTS / 2;
        groups->items = memory_resize(groups->items, groups->room, sizeof *groups->items);
    }
    if (2 * (groups->count + 1) > groups->slot_count)
        make_slots(groups, groups->slot_count ? 2 * groups->slot_count : LEAST_SLOTS);
    struct group *group = group_new(series);
    groups->items[groups->count++] = group;
    *slot_of(groups, series) = group;
    return group;
}

/* ---- Series ---- */

struct series *group_find(const struct group *group, const char *field, size_t length, size_t *hint)
{
    for (size_t tried = 0; tried < group->count; tried++) {
        size_t at = (*hint + tried) % group->count;
        struct series *series = group->items[at];
        if (series->field_length == length && memcmp(series->field, field, length) == 0) {
            *hint = at + 1;
            return series;
        }
    }
    return NULL;
}

struct series *groups_add(struct groups *groups, struct group *group, const char *field, size_t length)
{
    group->items = memory_resize(group->items, group->count + 1, sizeof *group->items);
    struct series *series = series_new(groups->plan, &group->series, field, length);
    group->items[group->count++] = series;
    groups->series_count++;
    return series;
}

void groups_remove(struct groups *groups, bool (*leaves)(void *context, struct series *series), void *context)
{
    size_t kept = 0, before = groups->count;
    for (size_t i = 0; i < before; i++) {
        struct group *group = groups->items[i];
        size_t staying = 0;
        for (size_t j = 0; j < group->count; j++)
            if (!leaves(context, group->items[j]))
                group->items[staying++] = group->items[j];
        groups->series_count -= group->count - staying;
        group->count = staying;
        if (staying)
            groups->items[kept++] = group;
        else
            group_free(group);
    }
    groups->count = kept;
    if (kept < before)
        make_slots(groups, groups->slot_count);
}

const char *groups_lane(struct groups *groups, const char *lane)
{
    for (size_t i = 0; i < groups->lane_count; i++)
        if (strcmp(groups->lanes[i], lane) == 0)
            return groups->lanes[i];
    groups->lanes = memory_resize(groups->lanes, groups->lane_count + 1, sizeof *groups->lanes);
    char *copy = memory_zero(strlen(lane) + 1);
    memcpy(copy, lane, strlen(lane));
    return groups->lanes[groups->lane_count++] = copy;
}
