/* persist - a judge as bytes: its core, and horizon by horizon what is known there, each with a fingerprint of all that
 * gives them their meaning. Rings are written as far as they are filled, and of their forecasts the candidates that made
 * one. Loading believes nothing: what is no state that this build could have written is refused. Own thread. */
#include "core/plugin.h"
#include "plugins/forecast/judge/bytes.h"
#include "plugins/forecast/judge/judge_internal.h"

enum { VERSION = 2 };
static const uint32_t core_bit = UINT32_C(1) << 31;
static const double largest = 1e300;

static void mix(uint64_t *hash, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        *hash = (*hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
}

static uint64_t fingerprint(const struct judge *judge)
{
    const struct judge_settings *settings = judge->shape.settings;
    uint64_t hash = UINT64_C(0xcbf29ce484222325), numbers[] = {
        VERSION, judge->size, (uint64_t)settings->step, settings->count, (uint64_t)settings->every,
        settings->calibrate,
    };
    mix(&hash, numbers, sizeof numbers);
    mix(&hash, settings->levels, settings->level_count * sizeof *settings->levels);
    for (size_t i = 0; i < settings->candidate_count; i++)
        mix(&hash, settings->candidates[i], strlen(settings->candidates[i]) + 1);
    return hash;
}

static bool begin(const struct judge *judge, struct bytes *bytes, const void *from, size_t length)
{
    uint64_t print;
    *bytes = (struct bytes){ .at = from, .end = (const char *)from + length };
    bytes_take(bytes, &print, sizeof print);
    return !bytes->bad && print == fingerprint(judge);
}

/* ---- Saving ---- */

void judge_save_core(const struct judge *judge, struct vane_text *out)
{
    uint64_t print = fingerprint(judge);
    vane_text_add(out, &print, sizeof print);
    vane_text_add(out, judge->core, sizeof *judge->core);
    vane_text_add(out, &judge->choose->before, sizeof judge->choose->before);
}

static void save_horizon(const struct judge *judge, size_t horizon, struct vane_text *out)
{
    const struct shape *shape = &judge->shape;
    uint64_t print = fingerprint(judge);
    vane_text_clear(out);
    vane_text_add(out, &print, sizeof print);
    choose_save(judge->choose, shape, horizon, out);
    ledger_save(judge->ledger, shape, horizon, out);
    for (size_t model = 0; model <= shape->candidates; model++)
        score_save(judge_score_at(judge, model, horizon), out);
    for (size_t i = 0; i < shape->candidates; i++)
        conformal_save(judge->conformal, shape, i, horizon, out);
}

void judge_save_horizons(struct judge *judge, bool full, const struct judge_writer *writer)
{
    struct vane_text bytes = { 0 };
    for (size_t h = 0; h < judge->shape.horizon_count; h++) {
        if (!full && !(judge->changed >> h & 1))
            continue;
        save_horizon(judge, h, &bytes);
        writer->write(writer->context, h, bytes.data, bytes.length);
    }
    judge->changed = 0;
    vane_text_release(&bytes);
}

size_t judge_horizon_count(const struct judge *judge)
{
    return judge->shape.horizon_count;
}

/* ---- Loading ---- */

bool judge_load_core(struct judge *judge, const void *from, size_t length)
{
    struct bytes bytes;
    struct core core;
    if (!begin(judge, &bytes, from, length))
        return false;
    core.counts.issued = bytes_take_count(&bytes, BYTES_COUNT_MOST);
    core.counts.scored = bytes_take_count(&bytes, BYTES_COUNT_MOST);
    core.counts.expired = bytes_take_count(&bytes, BYTES_COUNT_MOST);
    core.counts.thinned = bytes_take_count(&bytes, BYTES_COUNT_MOST);
    bytes_take(&bytes, &core.time, sizeof core.time);
    core.value = bytes_take_number(&bytes, -HUGE_VAL, HUGE_VAL);
    core.change = bytes_take_number(&bytes, 0, largest);
    core.observations = bytes_take_count(&bytes, BYTES_COUNT_MOST);
    core.backtest = bytes_take_count(&bytes, core.counts.issued);
    uint64_t before = bytes_take_count(&bytes, judge->shape.candidates);
    if (!bytes_are_used(&bytes) || !isfinite(core.value))
        return false;
    *judge->core = core;
    judge->choose->before = before;
    judge->missing &= ~core_bit;
    return true;
}

bool judge_load_horizon(struct judge *judge, uint64_t horizon, const void *from, size_t length)
{
    const struct shape *shape = &judge->shape;
    struct bytes bytes;
    if (horizon >= shape->horizon_count || !begin(judge, &bytes, from, length))
        return false;
    choose_load(judge->choose, shape, (size_t)horizon, &bytes);
    ledger_load(judge->ledger, shape, (size_t)horizon, &bytes);
    for (size_t model = 0; model <= shape->candidates; model++)
        score_load(judge_score_at(judge, model, (size_t)horizon), &bytes);
    for (size_t i = 0; i < shape->candidates; i++)
        conformal_load(judge->conformal, shape, i, (size_t)horizon, &bytes);
    if (!bytes_are_used(&bytes))
        return false;
    judge->changed &= ~(UINT32_C(1) << horizon);
    judge->missing &= ~(UINT32_C(1) << horizon);
    return true;
}

bool judge_is_whole(const struct judge *judge)
{
    return judge->missing == 0;
}
