/* requests - asks one connection for its streams: a few SUBSCRIBE messages, slowly, and their answers.
 *
 * The exchange does not answer messages above some 4,090 bytes, and ends a connection that sends more than
 * five in a second, where pings and pongs count. So messages stay below 4,000 bytes and 350 ms apart: three
 * in any second, which leaves one ping and one pong. Answers come in the order of the requests. Times are
 * monotonic ns. Own thread.
 */
#pragma once
#include "plugins/binance_ws/plan.h"

enum { REQUESTS_LARGEST = 4000, REQUESTS_MOST = 64 };

struct requests {
    const struct plan_stream *streams;
    size_t                    count;
    size_t                    starts[REQUESTS_MOST + 1]; /* first stream of each request, end of the last */
    size_t                    sent, answered;            /* requests */
    int64_t                   ready;                     /* when the next may be sent */
};

void requests_init(struct requests *requests, const struct plan_stream *streams, size_t count);

/* All streams are asked for / and all requests are answered. */
bool requests_sent(const struct requests *requests);
bool requests_done(const struct requests *requests);

/* Writes the next message where one is due, and answers its length; 0: not now. */
size_t requests_write(struct requests *requests, int64_t now, char out[static REQUESTS_LARGEST]);

/* An answer has come; id 0: it does not say to which. The streams it is about: *first to *end - 1. False: it
 * answers nothing that was asked. */
bool requests_answer(struct requests *requests, int64_t id, size_t *first, size_t *end);
