/* message - see message.h. */
#include "plugins/binance_ws/message.h"

#include <string.h>

static const cJSON *get(const cJSON *json, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(json, key);
}

static bool says(const cJSON *item, const char *text)
{
    return cJSON_IsString(item) && strcmp(item->valuestring, text) == 0;
}

static void read_answer(const cJSON *failure, const cJSON *id, struct message *message)
{
    message->kind = MESSAGE_ANSWER;
    bool whole = cJSON_IsNumber(id) && id->valuedouble >= 1 && id->valuedouble < 1e9;
    message->id = whole ? (int64_t)id->valuedouble : 0;
    if (!failure)
        return;
    const cJSON *text = get(failure, "msg");
    message->failure = cJSON_IsString(text) ? text->valuestring : "no reason is given";
}

static void read_object(const cJSON *json, struct message *message)
{
    const cJSON *stream = get(json, "stream"), *data = get(json, "data"), *error = get(json, "error");
    if (cJSON_IsString(stream) && data) {
        message->kind = says(stream, "!serverShutdown") ? MESSAGE_SHUTDOWN : MESSAGE_EVENT;
        message->stream = stream->valuestring;
        message->payload = data;
    } else if (says(get(json, "e"), "serverShutdown")) {
        message->kind = MESSAGE_SHUTDOWN;
    } else if (get(json, "result")) {
        read_answer(NULL, get(json, "id"), message);
    } else if (cJSON_IsObject(error)) {
        read_answer(error, get(json, "id"), message);
    } else if (cJSON_IsNumber(get(json, "code"))) {
        read_answer(json, get(json, "id"), message);
    }
}

void message_read(const char *text, size_t length, struct message *message)
{
    *message = (struct message){ .kind = MESSAGE_GARBAGE };
    const char *end = text;
    message->json = cJSON_ParseWithLengthOpts(text, length, &end, false);
    while (message->json && end < text + length && strchr(" \t\r\n", *end) && *end)
        end++;
    if (!message->json || end != text + length)
        return;
    message->kind = MESSAGE_OTHER;
    if (cJSON_IsObject(message->json))
        read_object(message->json, message);
}

void message_release(struct message *message)
{
    cJSON_Delete(message->json);
    *message = (struct message){ 0 };
}
