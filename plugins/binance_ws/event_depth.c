/* event_depth - the two payloads with levels of the order book, each a list of ["price", "quantity"].
 *
 * A snapshot of the best levels becomes a field for each of its numbers. An update of the whole book has
 * any number of levels, so it becomes how many levels changed or went, and the one nearest to the
 * market on either side: a bounded number of fields. */
#include "plugins/binance_ws/decimal.h"
#include "plugins/binance_ws/event.h"

#include <stdio.h>

#define SIDE(name, n) { name "_" #n "_price", name "_" #n "_quantity" }
#define LEVEL(n) { SIDE("bid", n), SIDE("ask", n) }

static const char *const names[EVENT_LEVELS][2][2] = {
    LEVEL(1),  LEVEL(2),  LEVEL(3),  LEVEL(4),  LEVEL(5),  LEVEL(6),  LEVEL(7),
    LEVEL(8),  LEVEL(9),  LEVEL(10), LEVEL(11), LEVEL(12), LEVEL(13), LEVEL(14),
    LEVEL(15), LEVEL(16), LEVEL(17), LEVEL(18), LEVEL(19), LEVEL(20),
};

struct level {
    double price, quantity;
};

static bool read_level(const cJSON *item, locale_t c_locale, struct level *level, char *why)
{
    const cJSON *price = cJSON_IsArray(item) ? item->child : NULL, *quantity = price ? price->next : NULL;
    if (quantity && cJSON_IsString(price) && cJSON_IsString(quantity) &&
        decimal_read(price->valuestring, c_locale, &level->price) &&
        decimal_read(quantity->valuestring, c_locale, &level->quantity))
        return true;
    snprintf(why, 96, "a level is not a price and a quantity");
    return false;
}

static const cJSON *get_side(const cJSON *payload, const char *key, char *why)
{
    const cJSON *side = cJSON_GetObjectItemCaseSensitive(payload, key);
    if (cJSON_IsArray(side))
        return side;
    snprintf(why, 96, "\"%s\" is not a list of levels", key);
    return NULL;
}

static bool get_id(const cJSON *payload, const char *key, int64_t *id, char *why)
{
    if (event_integer(cJSON_GetObjectItemCaseSensitive(payload, key), id))
        return true;
    snprintf(why, 96, "\"%s\" is not an integer", key);
    return false;
}

static struct vane_field *add_field(struct event *event, const char *name, enum vane_type type)
{
    struct vane_field *field = &event->fields[event->count++];
    *field = (struct vane_field){ .key = name, .key_length = (uint32_t)strlen(name), .type = type };
    return field;
}

static void add_float(struct event *event, const char *name, double value)
{
    add_field(event, name, VANE_FLOAT)->f = value;
}

static void add_int(struct event *event, const char *name, int64_t value)
{
    add_field(event, name, VANE_INT)->i = value;
}

/* ---- The best levels ---- */

static bool read_side(const cJSON *levels, int side, locale_t c_locale, struct event *event, char *why)
{
    size_t at = 0;
    for (const cJSON *item = levels->child; item && at < EVENT_LEVELS; item = item->next, at++) {
        struct level level;
        if (!read_level(item, c_locale, &level, why))
            return false;
        add_float(event, names[at][side][0], level.price);
        add_float(event, names[at][side][1], level.quantity);
    }
    return true;
}

bool event_read_depth(const cJSON *payload, locale_t c_locale, struct event *event, char why[static 96])
{
    const cJSON *bids = get_side(payload, "bids", why), *asks = bids ? get_side(payload, "asks", why) : NULL;
    int64_t id;
    if (!asks || !get_id(payload, "lastUpdateId", &id, why))
        return false;
    event->identity.number[0] = id;
    add_int(event, "update_id", id);
    return read_side(bids, 0, c_locale, event, why) && read_side(asks, 1, c_locale, event, why);
}

/* ---- Updates ---- */

struct change {
    int64_t      changed, removed;
    struct level best; /* of those that are not removed */
};

static bool read_change(const cJSON *levels, double sign, locale_t c_locale, struct change *change, char *why)
{
    for (const cJSON *item = levels->child; item; item = item->next) {
        struct level level;
        if (!read_level(item, c_locale, &level, why))
            return false;
        bool removed = level.quantity == 0;
        bool better = change->changed == 0 || (level.price - change->best.price) * sign > 0;
        if (!removed && better)
            change->best = level;
        change->removed += removed;
        change->changed += !removed;
    }
    return true;
}

bool event_read_depth_update(const cJSON *payload, locale_t c_locale, struct event *event,
                             char why[static 96])
{
    const cJSON *bids = get_side(payload, "b", why), *asks = bids ? get_side(payload, "a", why) : NULL;
    struct change bid = { 0 }, ask = { 0 };
    int64_t sent, unit, first, last;
    if (!asks || !get_id(payload, "U", &first, why) || !get_id(payload, "u", &last, why) ||
        !get_id(payload, "E", &sent, why) || !read_change(bids, 1, c_locale, &bid, why) ||
        !read_change(asks, -1, c_locale, &ask, why))
        return false;
    if (!event_time(sent, &event->time, &unit)) {
        snprintf(why, 96, "\"E\" is not a time");
        return false;
    }
    event->identity.number[0] = last;
    add_int(event, "first_update_id", first);
    add_int(event, "last_update_id", last);
    add_int(event, "bids_changed", bid.changed);
    add_int(event, "bids_removed", bid.removed);
    add_int(event, "asks_changed", ask.changed);
    add_int(event, "asks_removed", ask.removed);
    if (bid.changed) {
        add_float(event, "highest_bid_changed", bid.best.price);
        add_float(event, "highest_bid_changed_quantity", bid.best.quantity);
    }
    if (ask.changed) {
        add_float(event, "lowest_ask_changed", ask.best.price);
        add_float(event, "lowest_ask_changed_quantity", ask.best.quantity);
    }
    return true;
}
