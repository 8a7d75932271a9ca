/* tally - what is counted while a batch is taken, handed to the host once a batch. */
#pragma once
#include "core/plugin.h"

enum tally_counter {
    TALLY_POINTS,       /* taken into a history */
    TALLY_LATE,         /* of these, behind the newest */
    TALLY_TOO_OLD,      /* older than the whole history: passed over */
    TALLY_AHEAD,        /* alone beyond the whole history, or further ahead than max_future: passed over */
    TALLY_NOT_NUMERIC,  /* values that are text: passed over */
    TALLY_NOT_FINITE,   /* NaN, infinity: passed over */
    TALLY_NOT_POSITIVE, /* no logarithm: passed over */
    TALLY_NO_REGRESSOR, /* a regressor was never there: passed over */
    TALLY_REFUSED,      /* of series beyond max_series: passed over */
    TALLY_CLOCK_BACK,   /* histories that began anew, as a clock went back */
    TALLY_FORGOTTEN,    /* series that were silent for too long when others needed their place */
    TALLY_FORECASTS,
    TALLY_FALLBACKS,    /* of these, by naive, as the model could not */
    TALLY_NO_FORECAST,  /* not even naive could */
    TALLY_COUNT
};

struct tally {
    uint64_t counts[TALLY_COUNT];
};

extern const char *const tally_names[TALLY_COUNT];

/* Counts them with the host, and begins at zero. */
void tally_report(struct tally *tally, struct vane_self *self);
