/* lanes - see lanes.h. */
#include "plugins/window/lanes.h"

#include <stdlib.h>

#include "plugins/shared/memory.h"
#include "plugins/window/groups.h"

enum { TICKS_PER_IDLE = 8 }; /* less than WHEEL, so that a list is of one tick only */

struct lane_state *lanes_of_text(struct window *window, const char *text)
{
    for (struct lane_state *lane = window->lanes; lane; lane = lane->next)
        if (strcmp(lane->text, text) == 0)
            return lane;
    struct lane_state *lane = memory_zero(sizeof *lane);
    *lane = (struct lane_state){ .text = memory_zero(strlen(text) + 1), .next = window->lanes,
                                 .floor = NO_FLOOR };
    memcpy(lane->text, text, strlen(text));
    return window->lanes = lane;
}

struct lane_state *lanes_get(struct window *window, const struct vane_lane *known)
{
    for (struct lane_state *lane = window->lanes; lane; lane = lane->next)
        if (lane->known == known && known)
            return lane;
    struct lane_state *lane = lanes_of_text(window, known ? vane_lane_text(known) : "");
    lane->known = known;
    return lane;
}

int64_t lanes_tick_every(const struct window *window)
{
    int64_t every = window->options.idle / TICKS_PER_IDLE;
    return every > 0 || window->options.idle == 0 ? every : 1;
}

/* ---- The wheel ---- */

/* The number of the first tick at which it has been quiet for long enough. */
static int64_t due_tick(const struct window *window, const struct member *member)
{
    int64_t every = lanes_tick_every(window), due;
    if (__builtin_add_overflow(member->heard, window->options.idle, &due))
        due = INT64_MAX;
    return due / every + (due % every > 0);
}

static struct member **list_of(struct lane_state *lane, int64_t tick)
{
    return &lane->wheel[(uint64_t)tick % WHEEL];
}

void lanes_file(struct window *window, struct member *member)
{
    if (window->options.idle == 0)
        return;
    struct member **list = list_of(member->share->lane, due_tick(window, member));
    member->next_in_wheel = *list;
    *list = member;
}

void lanes_unfile(struct lane_state *lane, struct member *member)
{
    for (size_t i = 0; i < WHEEL && !member->idle; i++)
        for (struct member **at = &lane->wheel[i]; *at; at = &(*at)->next_in_wheel)
            if (*at == member) {
                *at = member->next_in_wheel;
                return;
            }
}

static void turn(struct window *window, struct lane_state *lane, int64_t tick, int64_t now_tick)
{
    struct member **list = list_of(lane, tick), *member = *list;
    *list = NULL;
    for (struct member *next; member; member = next) {
        next = member->next_in_wheel;
        if (due_tick(window, member) <= now_tick)
            groups_idle(window, member);
        else
            lanes_file(window, member);
    }
}

/* Lists are emptied before members are filed anew, which they are in lists of later ticks. */
void lanes_tick(struct window *window, struct lane_state *lane, int64_t now)
{
    int64_t tick = now / lanes_tick_every(window);
    for (int64_t at = tick - WHEEL + 1; at <= tick; at++)
        turn(window, lane, at, tick);
}

/* ---- The wall clock ---- */

static void close_lane(struct window *window, struct lane_state *lane)
{
    for (size_t i = 0; i < window->members.room; i++) {
        struct member *member = window->members.slots[i].item;
        if (!member || member->share->lane != lane || member->idle)
            continue;
        lanes_unfile(lane, member);
        groups_idle(window, member);
    }
    lane->closed_wall = true;
}

void lanes_check_wall(struct window *window, struct lane_state *heard, int64_t now)
{
    heard->heard_wall = now;
    heard->closed_wall = false;
    for (struct lane_state *lane = window->lanes; lane; lane = lane->next)
        if (!lane->closed_wall && lane->heard_wall && now - lane->heard_wall > window->options.idle_wall)
            close_lane(window, lane);
}

void lanes_release(struct window *window)
{
    while (window->lanes) {
        struct lane_state *lane = window->lanes;
        window->lanes = lane->next;
        free(lane->text);
        free(lane);
    }
}
