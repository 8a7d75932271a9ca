/* event - see event.h. */
#include "plugins/binance_ws/event.h"

#include "plugins/binance_ws/decimal.h"

#include <stdio.h>
#include <string.h>

/* What is being read. */
struct reader {
    const struct event_form *form;
    struct event            *event;
    locale_t                 c_locale;
    char                    *why; /* 96 bytes */
    int64_t                  unit; /* of the metric's time: ns in one of the exchange's */
    uint64_t                 letters[2]; /* that have been there: a bit each */
};

/* ---- Values ---- */

bool event_integer(const cJSON *item, int64_t *value)
{
    static const double most = 9007199254740992.0; /* 2^53 */
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= -most && item->valuedouble <= most))
        return false;
    *value = (int64_t)item->valuedouble;
    return (double)*value == item->valuedouble;
}

bool event_time(int64_t sent, int64_t *time, int64_t *unit)
{
    static const int64_t last_ms = INT64_C(9000000000000), /* in the year 2255 */
        first_us = INT64_C(100000000000000), last_us = INT64_C(9000000000000000);
    *unit = sent < first_us ? 1000000 : 1000;
    if (sent < 0 || sent > last_us || (sent > last_ms && sent < first_us))
        return false;
    *time = sent * *unit;
    return true;
}

static bool fail(const struct reader *reader, const cJSON *item, const char *what)
{
    snprintf(reader->why, 96, "\"%.16s\" is not %s", item->string, what);
    return false;
}

/* ---- One member ---- */

static void note(struct reader *reader, char letter, int64_t number)
{
    const char *place = reader->form->identity ? strchr(reader->form->identity, letter) : NULL;
    if (place)
        reader->event->identity.number[place - reader->form->identity] = number;
}

static bool read_time(struct reader *reader, const cJSON *item, struct vane_field *field)
{
    int64_t sent, unit;
    field->type = VANE_INT;
    if (!event_integer(item, &sent) || !event_time(sent, &field->i, &unit))
        return fail(reader, item, "a time");
    note(reader, *item->string, sent);
    if (*item->string == reader->form->time) {
        reader->event->time = field->i;
        reader->unit = unit;
    }
    return true;
}

static bool read_integer(struct reader *reader, const cJSON *item, struct vane_field *field)
{
    field->type = VANE_INT;
    if (!event_integer(item, &field->i))
        return fail(reader, item, "an integer");
    note(reader, *item->string, field->i);
    return true;
}

static bool read_value(struct reader *reader, enum event_reading reading, const cJSON *item,
                       struct vane_field *field)
{
    switch (reading) {
    case READ_DECIMAL:
        field->type = VANE_FLOAT;
        if (!cJSON_IsString(item) || !decimal_read(item->valuestring, reader->c_locale, &field->f))
            return fail(reader, item, "a decimal");
        return true;
    case READ_BOOLEAN:
        field->type = VANE_BOOL;
        field->b = cJSON_IsTrue(item);
        return cJSON_IsBool(item) || fail(reader, item, "true or false");
    case READ_DETAIL:
        reader->event->detail = item->valuestring;
        return cJSON_IsString(item) || fail(reader, item, "a string");
    case READ_TIME:
        return read_time(reader, item, field);
    case READ_INTEGER:
        return read_integer(reader, item, field);
    case READ_NOTHING:
        break;
    }
    return true;
}

/* Of a key that stands twice the first counts. */
static bool is_first(struct reader *reader, unsigned char letter)
{
    uint64_t bit = UINT64_C(1) << (letter & 63), *word = &reader->letters[letter >> 6];
    bool first = !(*word & bit);
    *word |= bit;
    return first;
}

static bool read_member(struct reader *reader, const cJSON *item)
{
    unsigned char letter = (unsigned char)item->string[0];
    if (!letter || letter > 127 || item->string[1])
        return true;
    const struct event_row *row = &reader->form->rows[letter];
    if (row->reading == READ_NOTHING || cJSON_IsNull(item) || !is_first(reader, letter))
        return true;
    struct event *event = reader->event;
    struct vane_field *field = &event->fields[event->count];
    if (!read_value(reader, row->reading, item, field))
        return false;
    if (row->name) {
        field->key = row->name;
        field->key_length = (uint32_t)strlen(row->name);
        event->count++;
    }
    return true;
}

/* ---- The payload ---- */

static bool read_members(struct reader *reader, const cJSON *object)
{
    const cJSON *item = cJSON_IsObject(object) ? object->child : NULL;
    for (; item; item = item->next)
        if (!read_member(reader, item))
            return false;
    return true;
}

static bool is_complete(const struct reader *reader)
{
    for (const char *letter = reader->form->needed; *letter; letter++) {
        if (reader->letters[*letter >> 6] & UINT64_C(1) << (*letter & 63))
            continue;
        snprintf(reader->why, 96, "\"%c\" is missing", *letter);
        return false;
    }
    return true;
}

/* Several trades share a millisecond, even a microsecond: their ids make different times of them, the same
 * ones whenever the trades are read. */
static void separate(struct reader *reader)
{
    int64_t id = reader->event->identity.number[0];
    if (reader->form->by_id && id >= 0)
        reader->event->time += id % reader->unit;
}

static bool read_letters(struct reader *reader, const cJSON *payload)
{
    const char *inner = reader->form->inner;
    if (!read_members(reader, payload))
        return false;
    if (inner && !read_members(reader, cJSON_GetObjectItemCaseSensitive(payload, inner)))
        return false;
    if (!is_complete(reader))
        return false;
    separate(reader);
    return true;
}

static const char *text_of(const cJSON *payload, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(payload, key);
    return cJSON_IsString(item) ? item->valuestring : NULL;
}

/* Is it an event of this kind, of a symbol where it must name one? */
static bool read_head(const struct stream_type *type, const struct event_form *form, const cJSON *payload,
                      struct event *event, char *why)
{
    if (!cJSON_IsObject(payload)) {
        snprintf(why, 96, "an event is not an object");
        return false;
    }
    const char *name = text_of(payload, "e");
    if (form->event && (!name || strcmp(name, form->event) != 0)) {
        snprintf(why, 96, "the event is \"%.24s\", not \"%s\"", name ? name : "", form->event);
        return false;
    }
    event->symbol = text_of(payload, "s");
    bool named = event->symbol && *event->symbol && strlen(event->symbol) <= 64;
    if (!named && type->kind != STREAM_DEPTH) {
        snprintf(why, 96, "it names no symbol");
        return false;
    }
    return true;
}

bool event_read(const struct stream_type *type, const cJSON *payload, locale_t c_locale, struct event *event,
                char why[static 96])
{
    struct reader reader = { .form = event_form(type), .event = event, .c_locale = c_locale, .why = why };
    event->time = VANE_NO_TIME;
    event->detail = NULL;
    event->identity = (struct identity){ 0 };
    event->count = 0;
    if (!read_head(type, reader.form, payload, event, why))
        return false;
    if (type->kind == STREAM_DEPTH)
        return event_read_depth(payload, c_locale, event, why);
    if (type->kind == STREAM_DEPTH_UPDATE)
        return event_read_depth_update(payload, c_locale, event, why);
    return read_letters(&reader, payload);
}

void event_add(const struct event *event, const struct stream_type *type, const char *symbol, int64_t receipt,
               struct vane_batch *batch)
{
    const struct event_form *form = event_form(type);
    const char *detail = event->detail ? event->detail : type->detail;
    struct vane_tag tags[3] = { vane_tag("symbol", event->symbol ? event->symbol : symbol) };
    size_t count = 1;
    if (form->detail && detail)
        tags[count++] = vane_tag(form->detail, detail);
    if (type->timezone)
        tags[count++] = vane_tag("timezone", type->timezone);
    const struct vane_series *series = vane_series(batch, form->measurement, tags, count);
    struct vane_metric *metric = vane_add(batch, series, event->time == VANE_NO_TIME ? receipt : event->time);
    vane_reserve(metric, event->count);
    for (size_t i = 0; i < event->count; i++)
        vane_set_field(metric, &event->fields[i]);
}
