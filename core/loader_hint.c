/* loader_hint - see loader_hint.h. A file is loaded, which tells its role, only where its name is near. */
#include "core/loader_hint.h"

#include <stdlib.h>

#include "config/nearest.h"
#include "core/alloc.h"

#define NOT_YET "Telegraf's plugin of this name is not there yet"
#define BY_LUA "use processors.lua"

/* Telegraf's plugins that have another name here, or none; the names are divided by spaces. */
static const struct hint {
    enum vane_role role;
    const char    *names, *text;
} hints[] = {
    { VANE_INPUT, "tail", "use inputs.file with tail = true" },
    { VANE_INPUT, "kafka_consumer_legacy", "use inputs.kafka" },
    { VANE_INPUT, "cpu disk diskio exec execd http http_listener_v2 influxdb_listener influxdb_v2_listener "
                  "internet_speed kernel mem mqtt_consumer nats_consumer net netstat nstat opentelemetry ping "
                  "processes procstat prometheus sensors snmp socket_listener sql statsd swap syslog system "
                  "systemd_units temp", NOT_YET },
    { VANE_PROCESSOR, "clone converter date dedup defaults enum execd filter lookup override parser pivot "
                      "printer regex rename scale split starlark strings tag_limit template timestamp topk "
                      "unpivot", BY_LUA },
    { VANE_OUTPUT, "discard", "use outputs.file with files = [\"/dev/null\"]" },
    { VANE_OUTPUT, "amqp elasticsearch exec execd graphite http loki mqtt nats opentelemetry postgresql "
                   "prometheus_client redistimeseries remotefile socket_writer sql syslog timestream "
                   "websocket", NOT_YET },
};

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; *at; at += strspn(at, " ")) {
        size_t one = strcspn(at, " ");
        if (one == length && memcmp(at, word, length) == 0)
            return true;
        at += one;
    }
    return false;
}

static const char *known(enum vane_role role, const char *name)
{
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if ((!role || hints[i].role == role) && has_word(hints[i].names, name))
            return hints[i].text;
    return NULL;
}

/* ---- The nearest ---- */

struct search {
    struct loader *loader;
    enum vane_role role;
    struct nearest nearest;
    char           offered[128], best[128]; /* nearest keeps no copy */
};

/* Is it nearer than the best so far? Only then the file is loaded, which tells the role. */
static void offer(struct search *search, const char *name, size_t length)
{
    struct nearest trial = search->nearest;
    if (length >= sizeof search->offered)
        return;
    memcpy(search->offered, name, length);
    search->offered[length] = '\0';
    nearest_offer(&trial, search->offered);
    if (trial.name != search->offered || !loader_has(search->loader, search->role, search->offered))
        return;
    memcpy(search->best, search->offered, sizeof search->best);
    trial.name = search->best;
    search->nearest = trial;
}

/* A file stands for its name without the ending of the role, too. */
static void offer_file(void *context, const char *path, const char *name, size_t length)
{
    static const char *const endings[] = { "", "_in", "", "_out" };
    struct search *search = context;
    size_t ending = strlen(endings[search->role]);
    (void)path;
    if (ending && length > ending && memcmp(name + length - ending, endings[search->role], ending) == 0)
        offer(search, name, length - ending);
    offer(search, name, length);
}

void loader_hint(struct loader *loader, enum vane_role role, const char *name, struct vane_text *out)
{
    const char *text = known(role, name);
    if (text) {
        vane_text_addf(out, " (%s)", text);
        return;
    }
    struct search search = { .loader = loader, .role = role, .nearest = { .word = name } };
    loader_files(loader, offer_file, &search);
    if (search.nearest.name)
        vane_text_addf(out, " (did you mean '%s'?)", search.nearest.name);
}
