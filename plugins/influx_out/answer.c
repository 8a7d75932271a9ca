/* answer - see answer.h. Servers say the same thing in several ways, so texts decide before numbers where
 * they are known; the texts are those of InfluxDB 1.6 to 3, and of its relays. */
#include "plugins/influx_out/answer.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

static const char UNPARSABLE[] = "unable to parse '";

/* ---- Texts ---- */

static bool has_any(const char *message, const char *const *texts)
{
    for (; *texts; texts++)
        if (strstr(message, *texts))
            return true;
    return false;
}

static bool is_about_points(const char *message)
{
    static const char *const texts[] = { UNPARSABLE, "partial write: ", "partial write of line protocol",
                                         "parsing failed for write_lp", "points beyond retention policy",
                                         "field type conflict", NULL };
    return has_any(message, texts);
}

/* A 400 that no point is to blame for: rejecting points would lose all of them. */
static bool is_about_request(const char *message)
{
    static const char *const texts[] = {
        "lease provide either org", "database is required", "bucket is required", "missing field `db`",
        "invalid precision", "gzip: invalid", "unsupported path", "HTTPS server", "HTTPS port", "<html",
        "<HTML", "<!doctype", "<!DOCTYPE", NULL };
    return has_any(message, texts);
}

/* ---- Verdicts ---- */

static enum answer_verdict refuse(struct answer *answer, const char *hint)
{
    answer->hint = hint;
    return ANSWER_REFUSED;
}

static enum answer_verdict judge_client_error(struct answer *answer, int status)
{
    switch (status) {
    case 400:
    case 406:
    case 422:
        if (is_about_request(answer->message))
            return refuse(answer, "check urls and the other options: no point is to blame");
        return ANSWER_BAD_POINTS;
    case 401:
        return refuse(answer, "check token, or username and password");
    case 403:
        return refuse(answer, "the token or user may not write there");
    case 408:
    case 429:
        return ANSWER_LATER;
    case 413:
        return ANSWER_TOO_LARGE;
    case 404:
        if (strstr(answer->message, "database not found"))
            return ANSWER_NO_DATABASE;
        answer->hint = "check urls, organization, bucket and api, or create what is missing";
        return ANSWER_UNEXPECTED;
    default:
        return ANSWER_UNEXPECTED;
    }
}

static enum answer_verdict judge(struct answer *answer, int status)
{
    if ((status >= 200 && status < 300) || strstr(answer->message, "hinted handoff queue not empty"))
        return ANSWER_DELIVERED;
    if (status < 400 || status > 599)
        return refuse(answer, "urls must name the server itself");
    bool secured = status == 401 || status == 403;
    if (!secured && is_about_points(answer->message))
        return ANSWER_BAD_POINTS;
    if (status < 500)
        return judge_client_error(answer, status);
    if (strstr(answer->message, "retention policy not found"))
        return refuse(answer, "create it, or check retention_policy");
    return ANSWER_LATER;
}

/* ---- Reading ---- */

static const char *text_of(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static size_t read_dropped(const char *message)
{
    const char *at = strstr(message, "dropped=");
    return at ? strtoul(at + strlen("dropped="), NULL, 10) : 0;
}

void answer_read(struct answer *answer, int status, const char *body, size_t length)
{
    *answer = (struct answer){ .message = "", .hint = "" };
    bool success = status >= 200 && status < 300;
    if (!success && length) {
        answer->document = cJSON_ParseWithLength(body, length);
        const char *error = text_of(answer->document, "error");
        const char *message = error ? error : text_of(answer->document, "message");
        answer->message = message ? message : body;
    }
    answer->verdict = judge(answer, status);
    answer->dropped = read_dropped(answer->message);
}

void answer_release(struct answer *answer)
{
    cJSON_Delete(answer->document);
    answer->document = NULL;
}

/* ---- Lines that are named ---- */

/* v3: "data" is a list of them, or one. */
static bool next_numbered(const cJSON *data, size_t *at, struct answer_line *line)
{
    for (;;) {
        size_t index = (*at)++;
        const cJSON *only = index == 0 ? data : NULL;
        const cJSON *item = cJSON_IsArray(data) ? cJSON_GetArrayItem(data, (int)index) : only;
        if (!item)
            return false;
        const cJSON *number = cJSON_GetObjectItemCaseSensitive(item, "line_number");
        if (!cJSON_IsNumber(number) || number->valuedouble < 1)
            continue;
        const char *reason = text_of(item, "error_message");
        *line = (struct answer_line){ .number = (size_t)number->valuedouble, .reason = reason ? reason : "" };
        return true;
    }
}

bool answer_next_line(const struct answer *answer, size_t *at, struct answer_line *line)
{
    const cJSON *data = cJSON_GetObjectItemCaseSensitive(answer->document, "data");
    if (data)
        return next_numbered(data, at, line);
    const char *found = strstr(answer->message + *at, UNPARSABLE);
    if (!found)
        return false;
    *line = (struct answer_line){ .text = found + strlen(UNPARSABLE) };
    *at = (size_t)(line->text - answer->message);
    return true;
}

const char *answer_match(const struct answer_line *named, const char *line, size_t length,
                         size_t *reason_length)
{
    if (!length || strncmp(named->text, line, length) != 0 || strncmp(named->text + length, "': ", 3) != 0)
        return NULL;
    const char *reason = named->text + length + 3, *dropped = strstr(reason, " dropped=");
    *reason_length = strcspn(reason, "\n");
    if (dropped && (size_t)(dropped - reason) < *reason_length)
        *reason_length = (size_t)(dropped - reason);
    return reason;
}

/* ---- Type conflicts ---- */

static bool between(const char **at, const char *before, const char *after, const char **text, size_t *length)
{
    const char *start = strstr(*at, before);
    const char *end = start ? strstr(start + strlen(before), after) : NULL;
    if (!end)
        return false;
    *text = start + strlen(before);
    *length = (size_t)(end - *text);
    *at = end;
    return true;
}

static bool read_type(const char *text, size_t length, enum vane_type *type)
{
    static const struct { const char *name; enum vane_type type; } types[] = {
        { "float", VANE_FLOAT },  { "integer", VANE_INT },   { "unsigned", VANE_UINT },
        { "boolean", VANE_BOOL }, { "string", VANE_STRING },
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strlen(types[i].name) == length && memcmp(types[i].name, text, length) == 0) {
            *type = types[i].type;
            return true;
        }
    }
    return false;
}

/* input field "last" on measurement "ticker" is type integer, already exists as type float */
bool answer_read_conflict(const struct answer *answer, struct answer_conflict *conflict)
{
    const char *at = answer->message, *type;
    size_t length;
    const char **measurement = &conflict->measurement;
    return between(&at, "input field \"", "\" on measurement", &conflict->field, &conflict->field_length)
           && between(&at, "measurement \"", "\" is type", measurement, &conflict->measurement_length)
           && between(&at, "is type ", ",", &type, &length) && read_type(type, length, &conflict->type);
}

/* ---- Queries ---- */

const char *answer_query_error(struct answer *answer, const char *body, size_t length)
{
    *answer = (struct answer){ .message = "", .hint = "", .document = cJSON_ParseWithLength(body, length) };
    const cJSON *results = cJSON_GetObjectItemCaseSensitive(answer->document, "results");
    const char *error = text_of(answer->document, "error");
    const char *first = text_of(cJSON_GetArrayItem(results, 0), "error");
    return error ? error : first;
}
