/* requests - see requests.h. */
#include "plugins/binance_ws/requests.h"

#include <assert.h>
#include <stdio.h>

static const int64_t DISTANCE = INT64_C(350000000);

static const char begin[] = "{\"method\":\"SUBSCRIBE\",\"params\":[", middle[] = "],\"id\":";

void requests_init(struct requests *requests, const struct plan_stream *streams, size_t count)
{
    *requests = (struct requests){ .streams = streams, .count = count };
}

bool requests_sent(const struct requests *requests)
{
    return requests->starts[requests->sent] == requests->count;
}

bool requests_done(const struct requests *requests)
{
    return requests_sent(requests) && requests->answered == requests->sent;
}

size_t requests_write(struct requests *requests, int64_t now, char out[static REQUESTS_LARGEST])
{
    if (requests_sent(requests) || now < requests->ready)
        return 0;
    enum { TAIL = 16 }; /* "],"id":64}" and to spare */
    size_t at = requests->starts[requests->sent], length = sizeof begin - 1;
    memcpy(out, begin, length);
    for (; at < requests->count; at++) {
        const char *name = requests->streams[at].name;
        size_t more = strlen(name) + 3;
        if (length + more + TAIL > REQUESTS_LARGEST)
            break;
        length += (size_t)snprintf(out + length, REQUESTS_LARGEST - length, "\"%s\",", name);
    }
    length--; /* the last comma */
    requests->sent++;
    assert(requests->sent <= REQUESTS_MOST);
    length += (size_t)snprintf(out + length, REQUESTS_LARGEST - length, "%s%zu}", middle, requests->sent);
    requests->starts[requests->sent] = at;
    requests->ready = now + DISTANCE;
    return length;
}

bool requests_answer(struct requests *requests, int64_t id, size_t *first, size_t *end)
{
    if (requests->answered == requests->sent)
        return false;
    requests->answered++;
    size_t number = id > 0 && (size_t)id <= requests->sent ? (size_t)id : requests->answered;
    *first = requests->starts[number - 1];
    *end = requests->starts[number];
    return true;
}
