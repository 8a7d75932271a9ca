/* judge_internal - what a judge is, for judge.c and persist.c; nobody else includes it. All that changes is in one flat
 * block:
 *
 *     core │ choose │ ledger │ scores: candidate by candidate (and auto), horizon by horizon │ conformal
 */
#pragma once
#include "plugins/forecast/judge/choose.h"
#include "plugins/forecast/judge/conformal.h"
#include "plugins/forecast/judge/ledger.h"
#include "plugins/forecast/judge/score.h"

struct core {
    struct judge_counts counts;
    int64_t             time; /* of the newest observation */
    double              value;
    double              change; /* mean absolute change between observations, as scores average */
    uint64_t            observations;
    uint64_t            backtest; /* of the forecasts issued, the first so many were played within the history */
};

struct judge {
    struct shape   shape;
    uint64_t       tolerance;
    size_t         size; /* of the block */
    struct core   *core; /* the block */
    struct choose *choose;
    struct ledger *ledger;
    struct score  *scores;
    void          *conformal;
    uint32_t       changed; /* a bit for each horizon, since it was saved */
    uint32_t       missing; /* horizons that are still to be loaded; bit 31: the core */
};

static inline struct score *judge_score_at(const struct judge *judge, size_t model, size_t horizon)
{
    return &judge->scores[model * judge->shape.horizon_count + horizon];
}
