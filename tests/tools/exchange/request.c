/* request - see request.h. Wording and codes follow the table "Error Messages" of the exchange's
 * websocket documentation; columns in messages are not reproduced exactly. */
#include "tests/tools/exchange/request.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "tests/tools/exchange/stream.h"

enum {
    LONGEST_ID = 36,
};

static const char *const method_names[] = {
    [REQUEST_SUBSCRIBE] = "SUBSCRIBE",
    [REQUEST_UNSUBSCRIBE] = "UNSUBSCRIBE",
    [REQUEST_LIST_SUBSCRIPTIONS] = "LIST_SUBSCRIPTIONS",
    [REQUEST_SET_PROPERTY] = "SET_PROPERTY",
    [REQUEST_GET_PROPERTY] = "GET_PROPERTY",
};

bool request_fail(struct request_error *error, enum request_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error->code = code;
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return false;
}

static bool fail_request(struct request_error *error, const char *why)
{
    return request_fail(error, CODE_INVALID_REQUEST, "Invalid request: %s", why);
}

/* ---- The id: a number keeps its digits, since a double would round 64 bits ---- */

/* The raw text after `"id":` at depth one; cJSON has already said that the text is valid JSON. */
static const char *find_id(const char *at, const char *end)
{
    static const char key[] = "\"id\"";
    int depth = 0;
    for (; at < end; at++) {
        depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
        if (*at != '"')
            continue;
        const char *start = at;
        for (at++; at < end && *at != '"'; at++)
            at += *at == '\\';
        bool is_key = depth == 1 && at - start == sizeof key - 2 && memcmp(start, key, sizeof key - 1) == 0;
        const char *value = at + 1;
        while (is_key && value < end && strchr(" \t\r\n:", *value))
            value++;
        if (is_key && value > at + 1 && memchr(at + 1, ':', (size_t)(value - at - 1)))
            return value;
    }
    return NULL;
}

static char *integer_id(const char *text, size_t length)
{
    const char *raw = find_id(text, text + length);
    if (!raw)
        return NULL;
    size_t digits = strspn(raw, "-0123456789");
    char *copy = alloc_text_n(raw, digits);
    errno = 0;
    char *end;
    strtoll(copy, &end, 10);
    if (errno || *end || (raw[digits] && strchr(".eE", raw[digits]))) {
        free(copy);
        return NULL;
    }
    return copy;
}

static char *string_id(const char *id)
{
    size_t length = strlen(id);
    for (size_t i = 0; i < length; i++) {
        bool letter = (id[i] | 0x20) >= 'a' && (id[i] | 0x20) <= 'z';
        if (!letter && !(id[i] >= '0' && id[i] <= '9') && id[i] != '-' && id[i] != '_')
            return NULL;
    }
    if (length > LONGEST_ID)
        return NULL;
    struct bytes quoted = {0};
    bytes_string(&quoted, id);
    bytes_put(&quoted, "", 1);
    return quoted.data;
}

static bool parse_id(const cJSON *id, const char *text, size_t length, struct request *request,
                     struct request_error *error)
{
    char *known = NULL;
    if (cJSON_IsNull(id))
        return true;
    if (cJSON_IsNumber(id))
        known = integer_id(text, length);
    if (cJSON_IsString(id))
        known = string_id(id->valuestring);
    if (!known)
        return fail_request(error, "request ID must be an unsigned integer");
    free(request->id);
    request->id = known;
    return true;
}

/* ---- Method and parameters ---- */

static bool parse_method(const cJSON *method, struct request *request, struct request_error *error)
{
    if (!cJSON_IsString(method))
        return fail_request(error, "missing field `method` at line 1 column 1");
    for (size_t i = 0; i < sizeof method_names / sizeof *method_names; i++)
        if (strcmp(method->valuestring, method_names[i]) == 0) {
            request->method = (enum request_method)i;
            return true;
        }
    return request_fail(error, CODE_INVALID_REQUEST,
                        "Invalid request: unknown variant `%.32s`, expected one of `SUBSCRIBE`, "
                        "`UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` at line 1 "
                        "column 28",
                        method->valuestring);
}

static bool parse_streams(const cJSON *params, struct request *request, struct request_error *error)
{
    if (!cJSON_IsArray(params))
        return fail_request(error, "params must be an array of streams");
    request->streams = alloc_array((size_t)cJSON_GetArraySize(params), sizeof *request->streams);
    const cJSON *name;
    cJSON_ArrayForEach(name, params)
    {
        struct stream stream;
        if (!cJSON_IsString(name) || !stream_parse(name->valuestring, &stream))
            return fail_request(error, "invalid stream");
        request->streams[request->stream_count++] = alloc_text(name->valuestring);
    }
    return true;
}

static bool parse_property(const cJSON *params, struct request *request, struct request_error *error)
{
    int wanted = request->method == REQUEST_SET_PROPERTY ? 2 : 1;
    const cJSON *name = cJSON_GetArrayItem(params, 0), *value = cJSON_GetArrayItem(params, 1);
    if (!cJSON_IsString(name))
        return fail_request(error, "property name must be a string");
    if (cJSON_GetArraySize(params) > wanted)
        return fail_request(error, "too many parameters");
    if (strcmp(name->valuestring, "combined") != 0)
        return request_fail(error, CODE_UNKNOWN_PROPERTY, "Unknown property");
    if (wanted == 2 && !cJSON_IsBool(value))
        return request_fail(error, CODE_INVALID_VALUE, "Invalid value type: expected Boolean");
    request->combined = cJSON_IsTrue(value);
    return true;
}

static bool parse_params(const cJSON *params, struct request *request, struct request_error *error)
{
    switch (request->method) {
    case REQUEST_SUBSCRIBE:
    case REQUEST_UNSUBSCRIBE:
        return parse_streams(params, request, error);
    case REQUEST_LIST_SUBSCRIPTIONS:
        if (cJSON_GetArraySize(params) > 0)
            return fail_request(error, "too many parameters");
        return true;
    default:
        return parse_property(params, request, error);
    }
}

static bool parse_object(const cJSON *json, const char *text, size_t length, struct request *request,
                         struct request_error *error)
{
    if (!cJSON_IsObject(json))
        return fail_request(error, "expected an object at line 1 column 1");
    return parse_id(cJSON_GetObjectItemCaseSensitive(json, "id"), text, length, request, error) &&
           parse_method(cJSON_GetObjectItemCaseSensitive(json, "method"), request, error) &&
           parse_params(cJSON_GetObjectItemCaseSensitive(json, "params"), request, error);
}

static bool fail_syntax(const char *text, size_t length, const char *stop, struct request_error *error)
{
    size_t at = stop >= text && stop <= text + length ? (size_t)(stop - text) : length;
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
    }
    return request_fail(error, CODE_INVALID_JSON, "Invalid JSON: expected value at line %zu column %zu", line,
                        column);
}

bool request_parse(const char *text, size_t length, struct request *request, struct request_error *error)
{
    *request = (struct request){.id = alloc_text("null")};
    const char *stop = text;
    char *copy = alloc_text_n(text, length);
    cJSON *json = cJSON_ParseWithLengthOpts(copy, length + 1, &stop, true);
    bool parsed = json ? parse_object(json, copy, length, request, error)
                       : fail_syntax(copy, length, stop, error);
    cJSON_Delete(json);
    free(copy);
    return parsed;
}

void request_release(struct request *request)
{
    for (size_t i = 0; i < request->stream_count; i++)
        free(request->streams[i]);
    free(request->streams);
    free(request->id);
    *request = (struct request){0};
}

void request_answer(struct bytes *out, const char *id, const char *result)
{
    bytes_format(out, "{\"result\":%s,\"id\":%s}", result, id);
}

void request_answer_error(struct bytes *out, const char *id, const struct request_error *error,
                          enum request_error_shape shape)
{
    if (shape == ERROR_WRAPPED)
        bytes_text(out, "{\"error\":");
    bytes_format(out, "{\"code\":%d,\"msg\":", (int)error->code);
    bytes_string(out, error->text);
    if (shape == ERROR_DOCUMENTED && error->code == CODE_UNKNOWN_PROPERTY)
        bytes_format(out, ",\"id\":%s", id);
    bytes_text(out, "}");
    if (shape == ERROR_WRAPPED)
        bytes_format(out, ",\"id\":%s}", id);
}
