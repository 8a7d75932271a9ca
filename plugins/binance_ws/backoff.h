/* backoff - how long to wait before the next attempt to connect.
 *
 * Full jitter (Brooker 2015): a time drawn evenly from none to a limit that doubles with every failure, so
 * that clients which lost the same server do not come back together. The exchange bans addresses that
 * attempt more than 300 connections in five minutes; all attempts of an instance, whatever for, go through
 * one budget that stays below. Times are monotonic ns. Own thread.
 */
#pragma once
#include <stdint.h>

/* After so many failures, 1 for the first: up to 1 s, 2 s, 4 s … 60 s. `chance` is evenly random. */
int64_t backoff_wait(unsigned failures, uint64_t chance);

/* Likewise, where the exchange refuses this address (HTTP 403, 418, 429, 451): 1 to 2, 3, 5, 9, 10 minutes.
 */
int64_t backoff_wait_refused(unsigned failures, uint64_t chance);

/* At most 40 attempts at once and 290 in any five minutes (GCRA). Zero is a full budget. */
struct backoff_budget {
    int64_t spent; /* when it will be full again */
};

/* When the next attempt may begin; `now` if at once. */
int64_t backoff_ready(const struct backoff_budget *budget, int64_t now);
void backoff_spend(struct backoff_budget *budget, int64_t now);

/* Random numbers (xorshift64*) from a seed that is not 0. */
uint64_t backoff_chance(uint64_t *state);
