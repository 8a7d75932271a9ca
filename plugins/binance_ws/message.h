/* message - what a text frame says: an event, an answer to a request, the end of the server, or something
 * else.
 *
 *     {"stream":"btcusdt@ticker","data":{...}}                  an event
 *     {"stream":"!serverShutdown","data":{...}}                 the server is about to end
 *     {"result":null,"id":1}  {"code":2,"msg":"..."}            answers, the second of a failure
 *     {"error":{"code":2,"msg":"..."},"id":1}                   the same as clients have seen it
 *
 * Texts point into the JSON, which message_release frees. Any thread.
 */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum message_kind {
    MESSAGE_GARBAGE, /* not JSON */
    MESSAGE_OTHER,   /* JSON of another shape */
    MESSAGE_EVENT,
    MESSAGE_ANSWER,
    MESSAGE_SHUTDOWN,
};

struct message {
    enum message_kind kind;
    cJSON            *json;
    const char       *stream;  /* of an event */
    const cJSON      *payload; /* of an event */
    int64_t           id;      /* of the request that is answered; 0: it does not say */
    const char       *failure; /* of an answer: what went wrong; NULL: nothing */
};

void message_read(const char *text, size_t length, struct message *message);
void message_release(struct message *message);
