/* Whatever a server sends: a message is read, and where it is an event, into fields of one of the kinds of
 * stream. The first byte chooses the kind. */
#include "plugins/binance_ws/decimal.c"
#include "plugins/binance_ws/event.c"
#include "plugins/binance_ws/event_depth.c"
#include "plugins/binance_ws/event_fields.c"
#include "plugins/binance_ws/message.c"
#include "plugins/binance_ws/stream.c"

#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_event(const struct event *event)
{
    assert(event->count <= EVENT_FIELDS);
    for (size_t i = 0; i < event->count; i++) {
        const struct vane_field *field = &event->fields[i];
        assert(field->key && strlen(field->key) == field->key_length);
        assert(field->type != VANE_FLOAT || isfinite(field->f));
    }
}

static void read_payload(const struct stream_type *type, const cJSON *payload, locale_t c_locale)
{
    static struct event event;
    char why[96] = "";
    if (event_read(type, payload, c_locale, &event, why))
        check_event(&event);
    else
        assert(*why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static locale_t c_locale;
    static const char *const names[] = { "ticker",   "miniTicker", "ticker_1h", "trade",          "aggTrade",
                                         "kline_1m", "bookTicker", "avgPrice",  "referencePrice", "blockTrade",
                                         "depth5",   "depth" };
    struct stream_type type;
    struct message message;
    if (!c_locale)
        c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (size == 0 || !stream_parse(names[data[0] % (sizeof names / sizeof *names)], &type))
        return 0;
    message_read((const char *)data + 1, size - 1, &message);
    read_payload(&type, message.kind == MESSAGE_EVENT ? message.payload : message.json, c_locale);
    message_release(&message);
    return 0;
}
