/* intake - see intake.h. */
#include "plugins/binance_ws/intake.h"

#include <stdio.h>

enum { BATCH_METRICS = 1000, EXCERPT = 60 };

static const char *const names[INTAKE_COUNTS] = {
    [INTAKE_EVENTS] = "events",
    [INTAKE_BYTES] = "bytes",
    [INTAKE_DUPLICATES] = "duplicates",
    [INTAKE_MISSED_TRADES] = "missed_trades",
    [INTAKE_GARBAGE] = "garbage_frames",
    [INTAKE_OVERSIZED] = "oversized_frames",
    [INTAKE_UNEXPECTED] = "unexpected_frames",
    [INTAKE_LOST_CONNECTIONS] = "lost_connections",
};

void intake_init(struct intake *intake, struct vane_self *self)
{
    intake->self = self;
    intake->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    for (int i = 0; i < INTAKE_COUNTS; i++)
        vane_count(self, names[i], 0); /* there from the start */
}

void intake_release(struct intake *intake)
{
    if (intake->batch)
        vane_batch_free(intake->batch);
    if (intake->c_locale)
        freelocale(intake->c_locale);
    intake->batch = NULL;
    intake->c_locale = (locale_t)0;
}

static bool emit(struct intake *intake)
{
    struct vane_batch *batch = intake->batch;
    intake->batch = NULL;
    return !batch || vane_emit(intake->self, batch);
}

/* Payloads without a time get that of their receipt; no two get the same, or they would be one point. */
static int64_t next_receipt(struct intake *intake)
{
    int64_t now = vane_now();
    intake->receipt = now > intake->receipt ? now : intake->receipt + 1;
    return intake->receipt;
}

/* The ids of trades are contiguous within a symbol. */
static void count_missed(struct intake *intake, const struct stream_type *type,
                         const struct seen_symbol *seen, const struct identity *identity)
{
    bool contiguous = type->kind == STREAM_TRADE || type->kind == STREAM_AGG_TRADE;
    int64_t step = identity->number[0] - seen->last.number[0];
    if (contiguous && seen->any && step > 1)
        intake->counts[INTAKE_MISSED_TRADES] += (uint64_t)step - 1;
}

static void take_one(struct intake *intake, struct plan_stream *stream, const cJSON *payload, unsigned seam)
{
    struct event *event = &intake->event;
    char why[96];
    if (!event_read(&stream->type, payload, intake->c_locale, event, why)) {
        intake_skip(intake, INTAKE_UNEXPECTED, why, stream->name, strlen(stream->name));
        return;
    }
    struct seen_symbol *seen = seen_symbol(&stream->seen, stream->symbol ? NULL : event->symbol);
    struct seen_symbol before = *seen;
    if (!seen_take(seen, &event->identity, seam)) {
        intake->counts[INTAKE_DUPLICATES]++;
        return;
    }
    count_missed(intake, &stream->type, &before, &event->identity);
    if (!intake->batch)
        intake->batch = vane_batch_new(intake->self);
    intake->counts[INTAKE_EVENTS]++;
    int64_t receipt = event->time == VANE_NO_TIME ? next_receipt(intake) : 0;
    event_add(event, &stream->type, stream->symbol, receipt, intake->batch);
    if (intake->batch->count >= BATCH_METRICS)
        emit(intake);
}

void intake_take(struct intake *intake, struct plan_stream *stream, const cJSON *payload, unsigned seam)
{
    if (!stream->type.whole_market) {
        take_one(intake, stream, payload, seam);
        return;
    }
    if (!cJSON_IsArray(payload)) {
        intake_skip(intake, INTAKE_UNEXPECTED, "no list of events", stream->name, strlen(stream->name));
        return;
    }
    for (const cJSON *item = payload->child; item; item = item->next)
        take_one(intake, stream, item, seam);
}

/* Printable ASCII is left as it is. */
static void make_excerpt(char out[static EXCERPT + 1], const char *text, size_t length)
{
    size_t count = length < EXCERPT ? length : EXCERPT;
    for (size_t i = 0; i < count; i++)
        out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '.';
    out[count] = '\0';
}

void intake_skip(struct intake *intake, enum intake_count count, const char *why, const char *text,
                 size_t length)
{
    char excerpt[EXCERPT + 1];
    make_excerpt(excerpt, text, length);
    intake->counts[count]++;
    vane_log(intake->self, VANE_WARN, "passed over a frame: %s: %s", why, excerpt);
}

bool intake_flush(struct intake *intake)
{
    for (int i = 0; i < INTAKE_COUNTS; i++) {
        if (intake->counts[i])
            vane_count(intake->self, names[i], intake->counts[i]);
        intake->counts[i] = 0;
    }
    return emit(intake);
}
