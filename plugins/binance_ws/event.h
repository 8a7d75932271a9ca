/* event - the payload of one event, read into fields.
 *
 * Reading touches no batch, so that a payload of another shape leaves nothing behind. Texts point
 * into the JSON. The tables of letters and names (event_fields.c) follow the exchange's documentation
 * at "Detailed Stream information"; letters that are not in them are passed over. Any thread.
 */
#pragma once
#include "core/plugin.h"
#include "plugins/binance_ws/seen.h"
#include "plugins/binance_ws/stream.h"

#include <cjson/cJSON.h>
#include <locale.h>

enum { EVENT_FIELDS = 96, EVENT_LEVELS = 20 };

struct event {
    int64_t           time;   /* ns; VANE_NO_TIME: the payload has none */
    const char       *symbol; /* as in the payload; NULL: it names none */
    const char       *detail; /* an interval that stands in the payload; NULL: none */
    struct identity   identity;
    size_t            count;
    struct vane_field fields[EVENT_FIELDS];
};

/* False: it is not a payload of this type, and `why` says what is wrong. An event without fields is
 * one that has nothing to say (a reference price of null). */
bool event_read(const struct stream_type *type, const cJSON *payload, locale_t c_locale, struct event *event,
                char why[static 96]);

/* Adds it as a metric. `symbol` is for payloads that name none; `receipt`, ns, for those without a time. */
void event_add(const struct event *event, const struct stream_type *type, const char *symbol, int64_t receipt,
               struct vane_batch *batch);

/* ---- The tables ---- */

enum event_reading {
    READ_NOTHING,
    READ_DECIMAL, /* a number in a string */
    READ_INTEGER,
    READ_BOOLEAN,
    READ_TIME,    /* ms or us -> ns */
    READ_DETAIL,  /* a string: the tag `interval` */
};

struct event_row {
    const char        *name; /* of the field; NULL: it makes none */
    enum event_reading reading;
};

struct event_form {
    const char             *measurement;
    const char             *event;     /* what "e" says; NULL: there is no "e" */
    const char             *detail;    /* the tag that stream_type.detail or event.detail is; NULL: none */
    const char             *inner;     /* key of an object that has further letters; NULL: none */
    char                    time;      /* the letter of the metric's time; 0: none */
    bool                    by_id;     /* several events may have one time: see event_time */
    const char             *identity;  /* letters, most significant first */
    const char             *needed;    /* letters without which it is another shape */
    const struct event_row *rows;      /* by letter, 128 of them; NULL: event_depth.c reads it */
};

const struct event_form *event_form(const struct stream_type *type);

/* The two payloads with levels of the book. */
bool event_read_depth(const cJSON *payload, locale_t c_locale, struct event *event, char why[static 96]);
bool event_read_depth_update(const cJSON *payload, locale_t c_locale, struct event *event,
                             char why[static 96]);

/* A time of the exchange in ns: milliseconds, or microseconds, which its size tells from each other; false:
 * out of range. `unit` is 1000000 or 1000. */
bool event_time(int64_t sent, int64_t *time, int64_t *unit);

/* An integer that a double holds exactly. */
bool event_integer(const cJSON *item, int64_t *value);
