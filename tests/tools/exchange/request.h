/* request - the control messages of a client: SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS,
 * SET_PROPERTY, GET_PROPERTY; and the answers to them.
 *
 * Any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "tests/tools/exchange/bytes.h"

enum request_method {
    REQUEST_SUBSCRIBE,
    REQUEST_UNSUBSCRIBE,
    REQUEST_LIST_SUBSCRIPTIONS,
    REQUEST_SET_PROPERTY,
    REQUEST_GET_PROPERTY,
};

enum request_error_shape {
    ERROR_DOCUMENTED, /* {"code":2,"msg":"..."} */
    ERROR_WRAPPED,    /* {"error":{"code":2,"msg":"..."},"id":2}, as clients log it */
};

enum request_code {
    CODE_UNKNOWN_PROPERTY,
    CODE_INVALID_VALUE,
    CODE_INVALID_REQUEST,
    CODE_INVALID_JSON,
};

struct request_error {
    enum request_code code;
    char text[256];
};

struct request {
    enum request_method method;
    char *id;       /* as JSON: 1, "abc", null */
    char **streams; /* SUBSCRIBE, UNSUBSCRIBE: each a valid stream name */
    size_t stream_count;
    bool combined;  /* SET_PROPERTY */
};

/* On failure request->id is what is known of it ("null" where nothing is). Release it either way. */
bool request_parse(const char *text, size_t length, struct request *request, struct request_error *error);
void request_release(struct request *request);

bool request_fail(struct request_error *error, enum request_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4))); /* returns false */

void request_answer(struct bytes *out, const char *id, const char *result); /* result as JSON */
void request_answer_error(struct bytes *out, const char *id, const struct request_error *error,
                          enum request_error_shape shape);
