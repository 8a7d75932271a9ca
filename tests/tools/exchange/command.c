/* command - see command.h. */
#include "tests/tools/exchange/command.h"

#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "tests/tools/exchange/moment.h"

enum {
    MOST_WORDS = 4,
    LARGEST_HUGE = 1 << 30,
};

struct words {
    const char *word[MOST_WORDS]; /* the command first, "" where there is none */
};

static void fail(struct bytes *answer, const char *why, const char *word)
{
    bytes_format(answer, "error %s: %s", why, word);
}

static bool parse_number(const char *text, long least, long most, long *number)
{
    char *end;
    *number = strtol(text, &end, 10);
    return *text && !*end && *number >= least && *number <= most;
}

static bool parse_switch(const char *text, bool *on)
{
    *on = strcmp(text, "on") == 0;
    return *on || strcmp(text, "off") == 0;
}

/* ---- Frames for every open connection ---- */

/* Takes the frame over. */
static void broadcast(struct server *server, struct frame *frame, struct bytes *answer)
{
    int reached = 0;
    for (struct connection *at = server->connections; at; at = at->next) {
        reached += at->state == CONNECTION_OPEN;
        connection_send(at, frame);
    }
    frame_unref(frame);
    bytes_format(answer, "ok %d", reached);
}

static void send_garbage(struct server *server, const struct words *words, struct bytes *answer)
{
    static const char garbage[] = "}{ this is not JSON \"\\";
    (void)words;
    broadcast(server, hub_frame(&server->gate.hub, garbage, sizeof garbage - 1), answer);
}

static void send_invalid_frame(struct server *server, const struct words *words, struct bytes *answer)
{
    static const struct {
        const char *name, *bytes;
        size_t length;
    } kinds[] = {
        {"opcode", "\x83\x02{}", 4},                  /* reserved opcode 3 */
        {"rsv", "\xc1\x02{}", 4},                     /* RSV1 without an extension */
        {"masked", "\x81\x82\x01\x02\x03\x04zy", 8},  /* only clients mask */
        {"utf8", "\x81\x02\xc3\x28", 4},              /* text that is not UTF-8 */
        {"continuation", "\x80\x02{}", 4},            /* of no message */
        {"ping", "\x09\x00", 2},                      /* a control frame in parts */
    };
    const char *name = *words->word[1] ? words->word[1] : kinds[0].name;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(name, kinds[i].name) == 0) {
            broadcast(server, frame_new_raw(kinds[i].bytes, kinds[i].length), answer);
            return;
        }
    fail(answer, "not a kind of invalid frame", name);
}

static void send_huge(struct server *server, const struct words *words, struct bytes *answer)
{
    static const char head[] = "{\"e\":\"huge\",\"pad\":\"", tail[] = "\"}";
    enum { LEAST = sizeof head - 1 + sizeof tail - 1 };
    long size;
    if (!parse_number(words->word[1], LEAST, LARGEST_HUGE, &size)) {
        fail(answer, "not a size between 21 and 1073741824", words->word[1]);
        return;
    }
    char *text = alloc_array((size_t)size, 1);
    memset(text, 'x', (size_t)size);
    memcpy(text, head, sizeof head - 1);
    memcpy(text + size - (sizeof tail - 1), tail, sizeof tail - 1);
    broadcast(server, hub_frame(&server->gate.hub, text, (size_t)size), answer);
    free(text);
}

static void send_other_shape(struct server *server, const struct words *words, struct bytes *answer)
{
    static const char *const shapes[] = {
        "{}", "[]", "null", "42", "\"text\"", "{\"e\":\"24hrTicker\"}",
        "{\"e\":\"24hrTicker\",\"E\":\"soon\",\"s\":7,\"c\":[],\"o\":{}}",
        "{\"stream\":\"btcusdt@ticker\",\"data\":[1,2,3]}",
        "{\"e\":\"newEvent\",\"E\":1672515782136,\"s\":\"BTCUSDT\",\"z\":{\"deep\":[[[]]]}}",
        "{\"stream\":7,\"data\":null}",
    };
    long count = sizeof shapes / sizeof *shapes, index = 1;
    if (*words->word[1] && !parse_number(words->word[1], 1, count, &index)) {
        fail(answer, "not the number of a shape, 1 to 10", words->word[1]);
        return;
    }
    const char *shape = shapes[index - 1];
    broadcast(server, hub_frame(&server->gate.hub, shape, strlen(shape)), answer);
}

/* ---- Ends ---- */

static void announce_shutdown(struct connection *connection, int64_t wall)
{
    struct bytes text = {0};
    const struct subscriber *subscriber = &connection->session.subscriber;
    if (subscriber->combined)
        bytes_text(&text, "{\"stream\":\"!serverShutdown\",\"data\":");
    bytes_text(&text, "{\"e\":\"serverShutdown\",\"E\":");
    payload_time(&text, wall, subscriber->unit);
    bytes_text(&text, subscriber->combined ? "}}" : "}");
    connection_send_text(connection, text.data, text.length);
    bytes_release(&text);
}

static void shut_down(struct server *server, const struct words *words, struct bytes *answer)
{
    const char *delay_text = *words->word[1] ? words->word[1] : "10s";
    int64_t delay, now = moment_monotonic(), wall = moment_wall();
    long seconds;
    struct error err;
    int reached = 0;
    if (parse_number(delay_text, 0, 86400, &seconds))
        delay = seconds * MOMENT_SECOND;
    else if (!moment_parse_duration(delay_text, &delay, &err)) {
        fail(answer, "not a delay in seconds", delay_text);
        return;
    }
    for (struct connection *at = server->connections; at; at = at->next) {
        if (at->state != CONNECTION_OPEN)
            continue;
        announce_shutdown(at, wall);
        at->close_at = now + delay;
        reached++;
    }
    bytes_format(answer, "ok %d", reached);
}

static void close_all(struct server *server, const struct words *words, struct bytes *answer)
{
    long code;
    int reached = 0;
    if (!parse_number(words->word[1], 0, 65535, &code)) {
        fail(answer, "not a close code", words->word[1]);
        return;
    }
    for (struct connection *at = server->connections; at; at = at->next) {
        reached += at->state == CONNECTION_OPEN;
        connection_close(at, (unsigned)code, words->word[2], moment_monotonic());
    }
    bytes_format(answer, "ok %d", reached);
}

static void drop_all(struct server *server, const struct words *words, struct bytes *answer)
{
    int reached = 0;
    (void)words;
    for (struct connection *at = server->connections; at; at = at->next, reached++)
        connection_reset(at);
    bytes_format(answer, "ok %d", reached);
}

/* ---- Switches ---- */

static void set_switch(bool *flag, const struct words *words, struct bytes *answer)
{
    if (parse_switch(words->word[1], flag))
        bytes_text(answer, "ok");
    else
        fail(answer, "neither on nor off", words->word[1]);
}

static void set_silent(struct server *server, const struct words *words, struct bytes *answer)
{
    set_switch(&server->gate.hub.silent, words, answer);
}

static void set_fragment(struct server *server, const struct words *words, struct bytes *answer)
{
    set_switch(&server->gate.hub.fragmented, words, answer);
}

static void set_stall_upgrade(struct server *server, const struct words *words, struct bytes *answer)
{
    set_switch(&server->gate.stall_upgrade, words, answer);
}

static void set_refuse(struct server *server, const struct words *words, struct bytes *answer)
{
    struct gate *gate = &server->gate;
    long status = 0, retry_after = 0;
    bool on;
    if (parse_switch(words->word[1], &on))
        status = on ? 503 : 0;
    else if (!parse_number(words->word[1], 300, 599, &status)) {
        fail(answer, "neither on, off nor an HTTP status", words->word[1]);
        return;
    }
    if (*words->word[2] && !parse_number(words->word[2], 0, 86400, &retry_after)) {
        fail(answer, "not a number of seconds", words->word[2]);
        return;
    }
    gate->refuse = (int)status;
    gate->retry_after = (int)retry_after;
    bytes_text(answer, "ok");
}

static void pause_source(struct server *server, const struct words *words, struct bytes *answer)
{
    (void)words;
    pace_pause(&server->pace);
    bytes_text(answer, "ok");
}

static void resume_source(struct server *server, const struct words *words, struct bytes *answer)
{
    (void)words;
    pace_resume(&server->pace);
    bytes_text(answer, "ok");
}

/* ---- Status ---- */

static const char *source_state(const struct pace *pace)
{
    static const char *const names[] = {
        [PACE_WAITING] = "waiting",
        [PACE_RUNNING] = "running",
        [PACE_ENDED] = "ended",
        [PACE_FAILED] = "failed",
    };
    return pace->paused ? "paused" : names[pace->state];
}

static void put_count(struct bytes *out, const char *name, unsigned long long count)
{
    bytes_format(out, ",\"%s\":%llu", name, count);
}

static void report_status(struct server *server, const struct words *words, struct bytes *answer)
{
    const struct counters *counters = &server->gate.counters;
    size_t open = 0, waiting = 0;
    (void)words;
    for (const struct connection *at = server->connections; at; at = at->next) {
        open += at->state == CONNECTION_OPEN;
        waiting += at->session.subscriber.outbox.bytes;
    }
    if (server->feed.ledger)
        fflush(server->feed.ledger);
    bytes_format(answer, "{\"source\":\"%s\"", source_state(&server->pace));
    put_count(answer, "connections", open);
    put_count(answer, "subscriptions", server->gate.hub.subscriptions);
    put_count(answer, "ticks", server->feed.ticks);
    put_count(answer, "frames", server->gate.hub.frames);
    put_count(answer, "waiting_bytes", waiting);
    put_count(answer, "accepted", counters->accepted);
    put_count(answer, "refused", counters->refused);
    put_count(answer, "control_messages", counters->control_messages);
    put_count(answer, "ignored", counters->ignored);
    put_count(answer, "pings", counters->pings);
    put_count(answer, "pongs", counters->pongs);
    put_count(answer, "rate_limited", counters->rate_limited);
    put_count(answer, "pong_timeouts", counters->pong_timeouts);
    put_count(answer, "overflowed", counters->overflowed);
    bytes_text(answer, "}");
}

/* ---- The table ---- */

static const struct {
    const char *name;
    void (*run)(struct server *server, const struct words *words, struct bytes *answer);
} commands[] = {
    {"garbage", send_garbage},
    {"invalid-frame", send_invalid_frame},
    {"huge", send_huge},
    {"other-shape", send_other_shape},
    {"shutdown", shut_down},
    {"close", close_all},
    {"drop", drop_all},
    {"silent", set_silent},
    {"fragment", set_fragment},
    {"stall-upgrade", set_stall_upgrade},
    {"refuse", set_refuse},
    {"pause", pause_source},
    {"resume", resume_source},
    {"status", report_status},
};

const char *command_help(void)
{
    return "  garbage               a text frame that is not JSON\n"
           "  invalid-frame [KIND]  opcode (default), rsv, masked, utf8, continuation or ping\n"
           "  huge BYTES            a text frame of that size, valid JSON\n"
           "  other-shape [N]       valid JSON that is no event, shape 1 (default) to 10\n"
           "  fragment on|off       split every message in three, with a ping between\n"
           "  shutdown [SECONDS]    serverShutdown now, close after SECONDS (10)\n"
           "  close CODE [REASON]   a close frame\n"
           "  drop                  TCP reset\n"
           "  silent on|off         keep connections open but send nothing: no ticks, pings, pongs, answers\n"
           "  stall-upgrade on|off  accept TCP, never answer the upgrade of those who ask meanwhile\n"
           "  refuse on|off|STATUS [RETRY-AFTER]  answer upgrades with 503 or STATUS\n"
           "  pause, resume         the source\n"
           "  status                one JSON object\n";
}

void command_obey(struct server *server, char *line, struct bytes *answer)
{
    struct words words;
    char *rest = line;
    for (int i = 0; i < MOST_WORDS; i++) {
        char *word = strsep(&rest, " \t\r");
        words.word[i] = word ? word : "";
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(words.word[0], commands[i].name) == 0) {
            commands[i].run(server, &words, answer);
            return;
        }
    fail(answer, "unknown command", words.word[0]);
}
