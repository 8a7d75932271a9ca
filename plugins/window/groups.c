/* groups - see groups.h. */
#include "plugins/window/groups.h"

#include <stdlib.h>

#include "plugins/window/fill.h"
#include "plugins/window/kind.h"
#include "plugins/window/lanes.h"
#include "plugins/window/pane.h"
#include "plugins/window/series.h"
#include "plugins/window/state.h"
#include "plugins/window/table.h"

enum { TAGS_MOST = 256 };

void groups_touch(struct window *window, struct share *share)
{
    if (share->dirty_at)
        return;
    share->next_dirty = window->dirty;
    if (share->next_dirty)
        share->next_dirty->dirty_at = &share->next_dirty;
    share->dirty_at = &window->dirty;
    window->dirty = share;
}

void groups_untouch(struct share *share)
{
    if (!share->dirty_at)
        return;
    *share->dirty_at = share->next_dirty;
    if (share->next_dirty)
        share->next_dirty->dirty_at = share->dirty_at;
    share->next_dirty = NULL;
    share->dirty_at = NULL;
}

static void touch_all(struct window *window, const struct group *group)
{
    for (struct share *share = group->shares; share; share = share->next)
        groups_touch(window, share);
}

/* ---- Rest: groups that are quiet and hold nothing but their watermark ---- */

static void rest(struct window *window, struct group *group)
{
    group->resting = true;
    group->older = window->rest_newest;
    if (group->older)
        group->older->newer = group;
    else
        window->rest_oldest = group;
    window->rest_newest = group;
}

static void wake(struct window *window, struct group *group)
{
    if (!group->resting)
        return;
    *(group->older ? &group->older->newer : &window->rest_oldest) = group->newer;
    *(group->newer ? &group->newer->older : &window->rest_newest) = group->older;
    group->older = group->newer = NULL;
    group->resting = false;
}

/* ---- Forgetting ---- */

static void free_member(struct window *window, struct member *member)
{
    lanes_unfile(member->share->lane, member);
    table_remove(&window->members, member->series->hash, member);
    if (member->owns_series)
        series_release((struct vane_series *)member->series, &window->budget);
    budget_free(&window->budget, member, sizeof *member);
    window->round++; /* nobody finds it in the cache */
}

static void free_group(struct window *window, struct group *group)
{
    wake(window, group);
    table_remove(&window->groups, group->series->hash, group);
    fill_forget(window, group);
    series_release(group->series, &window->budget);
    budget_free(&window->budget, group, sizeof *group);
}

static void unlink_share(struct share *share)
{
    struct share **at = &share->group->shares;
    while (*at != share)
        at = &(*at)->next;
    *at = share->next;
    groups_untouch(share);
}

void groups_clear_share(struct window *window, struct share *share)
{
    while (share->oldest)
        pane_remove(window, share, share->oldest);
    while (share->members) {
        struct member *member = share->members;
        share->members = member->next;
        free_member(window, member);
    }
    share->shape = &window->shapes.empty;
}

void groups_drop_share(struct window *window, struct share *share)
{
    struct group *group = share->group;
    groups_clear_share(window, share);
    unlink_share(share);
    budget_free(&window->budget, share, sizeof *share);
    if (!group->shares)
        free_group(window, group);
}

/* ---- The watermark ---- */

static void find_least(struct group *group)
{
    group->least = INT64_MAX;
    group->at_least = 0;
    for (const struct share *share = group->shares; share; share = share->next)
        for (const struct member *member = share->members; member; member = member->next) {
            if (member->idle || member->newest > group->least)
                continue;
            group->at_least = member->newest < group->least ? 1 : group->at_least + 1;
            group->least = member->newest;
        }
}

static void advance(struct window *window, struct group *group)
{
    if (group->at_least == 0)
        return;
    int64_t watermark = group->least - window->options.delay;
    if (watermark <= group->watermark)
        return;
    group->watermark = watermark;
    if (watermark < group->due)
        return;
    touch_all(window, group);
    window->kind->advance(window, group);
}

/* It counts from now on, with its newest time. */
static void count_in(struct group *group, const struct member *member)
{
    if (group->at_least == 0 || member->newest < group->least) {
        group->least = member->newest;
        group->at_least = 1;
    } else if (member->newest == group->least) {
        group->at_least++;
    }
}

/* Its newest time was `before`, and is not any more. */
static void count_out(struct group *group, int64_t before)
{
    if (before == group->least && --group->at_least == 0)
        find_least(group);
}

void groups_heard(struct window *window, struct member *member, int64_t time, int64_t arrival)
{
    struct group *group = member->share->group;
    int64_t before = member->newest;
    member->heard = arrival;
    if (time > before)
        member->newest = time;
    if (member->idle) {
        member->idle = false;
        wake(window, group);
        count_in(group, member);
        lanes_file(window, member);
    } else if (time > before) {
        count_out(group, before);
    }
    advance(window, group);
}

/* What lies before a gap may be a half: nothing has come to tell. */
void groups_close(struct window *window, struct group *group)
{
    bool gap = false;
    touch_all(window, group);
    for (struct share *share = group->shares; share; share = share->next)
        gap = gap || share->gap;
    if (gap)
        window->kind->discard(window, group, NO_TIME_LIMIT);
    else
        window->kind->flush(window, group);
}

void groups_idle(struct window *window, struct member *member)
{
    struct group *group = member->share->group;
    member->idle = true;
    groups_touch(window, member->share);
    count_out(group, member->newest);
    advance(window, group);
    if (group->at_least)
        return;
    groups_close(window, group);
    rest(window, group);
}

void groups_forget_share(struct window *window, struct share *share)
{
    struct group *group = share->group;
    bool last = !group->shares->next;
    state_gone(window, share);
    groups_drop_share(window, share);
    if (last)
        return;
    find_least(group);
    advance(window, group);
}

/* ---- Making ---- */

/* By its text: a deleted record has no hash. */
struct share *groups_find_share(const struct window *window, const struct vane_series *series,
                                const struct lane_state *lane)
{
    for (size_t i = 0; i < window->groups.room; i++) {
        struct group *group = window->groups.slots[i].item;
        for (struct share *share = group ? group->shares : NULL; share; share = share->next)
            if (share->lane == lane && series_equal(group->series, series))
                return share;
    }
    return NULL;
}

static struct group *find_group(struct window *window, const struct vane_series *series)
{
    size_t at = 0;
    struct group *group;
    while ((group = table_next(&window->groups, series->hash, &at)))
        if (series_equal(group->series, series))
            return group;
    group = budget_zero(&window->budget, sizeof *group);
    *group = (struct group){ .series = series_copy_of(series, &window->budget), .watermark = INT64_MIN,
                             .done = INT64_MIN, .freed = INT64_MIN, .open_pane = INT64_MIN,
                             .due = INT64_MAX };
    table_add(&window->groups, series->hash, group, &window->budget);
    return group;
}

struct share *groups_share(struct window *window, const struct vane_series *series, struct lane_state *lane)
{
    struct group *group = find_group(window, series);
    struct share **at = &group->shares;
    while (*at && strcmp((*at)->lane->text, lane->text) < 0)
        at = &(*at)->next;
    if (*at && (*at)->lane == lane)
        return *at;
    struct share *share = budget_zero(&window->budget, sizeof *share);
    *share = (struct share){ .group = group, .lane = lane, .next = *at, .shape = &window->shapes.empty };
    return *at = share;
}

struct member *groups_load_member(struct window *window, struct share *share,
                                  const struct vane_series *series,
                                  int64_t newest, int64_t heard, bool idle)
{
    struct member *member = budget_zero(&window->budget, sizeof *member);
    bool own = window->options.group_by.count > 0;
    *member = (struct member){ .series = own ? series_copy_of(series, &window->budget) : share->group->series,
                               .share = share, .next = share->members, .newest = newest,
                               .heard = heard, .idle = idle,
                               .owns_series = own };
    share->members = member;
    table_add(&window->members, series->hash, member, &window->budget);
    if (!idle)
        lanes_file(window, member);
    return member;
}

/* Nothing is over that was not when the records were written; this sets when something will be. */
void groups_loaded(struct window *window)
{
    for (size_t i = 0; i < window->groups.room; i++) {
        struct group *group = window->groups.slots[i].item;
        if (!group)
            continue;
        find_least(group);
        window->kind->advance(window, group);
        if (!group->at_least && !pane_oldest(group))
            rest(window, group);
    }
}

/* Is there room for a series more? A group that rests makes some. */
static bool make_room(struct window *window)
{
    const struct options *options = &window->options;
    while ((options->max_series && window->members.count >= options->max_series)
           || (options->max_memory && window->budget.used >= options->max_memory)) {
        struct group *oldest = window->rest_oldest;
        if (!oldest)
            return false;
        for (struct share *share = oldest->shares, *next; share; share = next) {
            next = share->next;
            groups_forget_share(window, share);
        }
        window->tally.evicted++;
    }
    return true;
}

static struct member *add_member(struct window *window, const struct vane_series *series,
                                 struct lane_state *lane)
{
    struct vane_tag tags[TAGS_MOST];
    struct vane_series group = *series;
    if (!make_room(window))
        return NULL;
    if (window->options.group_by.count)
        group = series_with_tags(series, window->options.group_by, tags);
    struct share *share = groups_share(window, &group, lane);
    return groups_load_member(window, share, series, INT64_MIN, INT64_MIN, true);
}

struct member *groups_member(struct window *window, const struct vane_series *series, struct lane_state *lane)
{
    struct cached *cached = &window->cache[table_mix((uintptr_t)series) % CACHE];
    if (cached->series == series && cached->round == window->round)
        return cached->member;
    size_t at = 0;
    struct member *member;
    while ((member = table_next(&window->members, series->hash, &at)))
        if (member->share->lane == lane && vane_same_series(member->series, series))
            break;
    if (!member)
        member = add_member(window, series, lane);
    if (member)
        *cached = (struct cached){ series, member, window->round };
    return member;
}

void groups_release(struct window *window)
{
    for (size_t i = 0; i < window->groups.room;) {
        const struct group *group = window->groups.slots[i].item;
        if (group)
            /* with the last one the group goes, and another may come here */
            groups_drop_share(window, group->shares);
        else
            i++;
    }
    table_release(&window->groups, &window->budget);
    table_release(&window->members, &window->budget);
}
