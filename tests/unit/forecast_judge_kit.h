/* forecast_judge_kit - a judge whose candidates say what the test tells them to. */
#pragma once
#include "forecast_kit.h"

#include "core/plugin.h"

#include <string.h>

/* Two candidates, naive and other; by default 8 steps of a second, a forecast every second. */
struct court {
    struct judge_settings settings;
    struct judge         *judge;
    const char           *names[2];
    double                means[2][KIT_STEPS], quantiles[2][KIT_LEVELS * KIT_STEPS];
    struct judge_score    rows[64];
    size_t                row_count;
};

static inline struct court *court_new(size_t count, bool calibrate)
{
    struct court *court = calloc(1, sizeof *court);
    court->names[0] = "naive";
    court->names[1] = "other";
    court->settings = (struct judge_settings){
        .candidates = court->names, .candidate_count = 2, .step = KIT_SECOND, .count = count,
        .every = KIT_SECOND, .levels = kit_levels, .level_count = KIT_LEVELS, .calibrate = calibrate,
    };
    return court;
}

static inline void court_open(struct court *court)
{
    court->judge = judge_new(&court->settings);
}

static inline void court_free(struct court *court)
{
    judge_free(court->judge);
    free(court);
}

/* Candidate `i` says `mean` at all steps, with quantiles `half` below and above. */
static inline void court_say(struct court *court, size_t i, double mean, double half)
{
    size_t count = court->settings.count;
    for (size_t h = 0; h < count; h++) {
        court->means[i][h] = mean;
        for (size_t level = 0; level < KIT_LEVELS; level++)
            court->quantiles[i][level * count + h] = mean + ((double)level - 1) * half;
    }
}

/* Both candidates' forecasts from this second on; answers the choice. */
static inline struct judge_choice court_issue(struct court *court, int64_t second)
{
    struct prediction first = { court->means[0], court->quantiles[0] };
    struct prediction other = { court->means[1], court->quantiles[1] };
    const struct prediction *made[] = { &first, &other };
    struct judge_choice choice;
    judge_choose(court->judge, made, &choice);
    judge_issue(court->judge, second * KIT_SECOND, made, choice.candidate);
    return choice;
}

static inline void court_observe(struct court *court, int64_t second, double value)
{
    judge_observe(court->judge, second * KIT_SECOND, value);
}

static inline void court_collect(void *context, const struct judge_score *score)
{
    struct court *court = context;
    assert_true(court->row_count < 64);
    court->rows[court->row_count++] = *score;
}

/* The score of a model at a horizon; NULL: none. */
static inline const struct judge_score *court_score(struct court *court, const char *model, size_t horizon)
{
    court->row_count = 0;
    judge_scores(court->judge, court_collect, court);
    for (size_t i = 0; i < court->row_count; i++)
        if (strcmp(court->rows[i].model, model) == 0 && court->rows[i].horizon == horizon)
            return &court->rows[i];
    return NULL;
}
