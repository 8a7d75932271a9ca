/* kafka - see kafka.h.
 *
 * librdkafka calls log_line and the two interceptors from its own threads; they find the instance through the
 * client's opaque, which outlives a client that could not be ended in time. Everything else is for the
 * instance's own thread. */
#include "plugins/shared/kafka.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "plugins/shared/memory.h"
#include "plugins/shared/readable.h"

enum { SECOND = 1000000000, LONGEST_END_S = 5, PROBE_MS = 100, LOG_CRITICAL = 2 };
enum { JOIN_GROUP = 11, SYNC_GROUP = 14 }; /* keys of requests in Kafka's protocol */

/* What a client's opaque points to. */
struct host {
    _Atomic(struct vane_self *) self; /* NULL: gone */
    atomic_bool                 joining;
};

static bool fail(struct kafka_error *error, const char *format, ...) VANE_PRINTF(2, 3);
static bool fail(struct kafka_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return false;
}

static bool is_set(const char *text)
{
    return text && text[0];
}

/* ---- Configuration ---- */

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value, struct kafka_error *error)
{
    return rd_kafka_conf_set(conf, name, value, error->text, sizeof error->text) == RD_KAFKA_CONF_OK;
}

static bool set_text(rd_kafka_conf_t *conf, const char *name, const char *value, struct kafka_error *error)
{
    return !is_set(value) || set(conf, name, value, error);
}

static bool set_presets(rd_kafka_conf_t *conf, const struct kafka_property *presets,
                        struct kafka_error *error)
{
    for (; presets && presets->name; presets++) {
        rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, presets->name, presets->value, error->text,
                                                       sizeof error->text);
        if (result == RD_KAFKA_CONF_INVALID)
            return false;
    }
    return true;
}

static bool set_brokers(rd_kafka_conf_t *conf, const struct vane_strings *brokers, struct kafka_error *error)
{
    struct vane_text list = { 0 };
    for (size_t i = 0; i < brokers->count; i++)
        vane_text_addf(&list, "%s%s", i ? "," : "", brokers->items[i]);
    bool good = list.length > 0 ? set(conf, "bootstrap.servers", list.data, error)
                                : fail(error, "brokers: none is named");
    vane_text_release(&list);
    return good;
}

static bool set_security(rd_kafka_conf_t *conf, const struct kafka_connection *connection,
                         struct kafka_error *error)
{
    struct readable_fault fault;
    if (!readable("tls_ca", connection->tls_ca, &fault) || !readable("tls_cert", connection->tls_cert, &fault)
        || !readable("tls_key", connection->tls_key, &fault))
        return fail(error, "%s", fault.text);
    bool tls = connection->enable_tls || connection->insecure_skip_verify || is_set(connection->tls_ca)
               || is_set(connection->tls_cert) || is_set(connection->tls_key);
    bool sasl = is_set(connection->sasl_mechanism) || is_set(connection->sasl_username);
    const char *mechanism = is_set(connection->sasl_mechanism) ? connection->sasl_mechanism : "PLAIN";
    const char *protocol = tls ? sasl ? "sasl_ssl" : "ssl" : sasl ? "sasl_plaintext" : "plaintext";
    const char *believe = connection->insecure_skip_verify ? "false" : NULL;
    return set(conf, "security.protocol", protocol, error)
           && set_text(conf, "enable.ssl.certificate.verification", believe, error)
           && set_text(conf, "sasl.mechanism", sasl ? mechanism : NULL, error)
           && set_text(conf, "ssl.ca.location", connection->tls_ca, error)
           && set_text(conf, "ssl.certificate.location", connection->tls_cert, error)
           && set_text(conf, "ssl.key.location", connection->tls_key, error)
           && set_text(conf, "ssl.key.password", connection->tls_key_pwd, error)
           && set_text(conf, "sasl.username", connection->sasl_username, error)
           && set_text(conf, "sasl.password", connection->sasl_password, error);
}

static bool set_table(rd_kafka_conf_t *conf, const struct vane_pairs *table,
                      const struct kafka_property *fixed, struct kafka_error *error)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct vane_pair *pair = &table->items[i];
        for (const struct kafka_property *one = fixed; one && one->name; one++)
            if (strcmp(one->name, pair->key) == 0)
                return fail(error, "librdkafka: \"%s\" cannot be set: delivery rests on it", pair->key);
        struct kafka_error inner;
        if (!set(conf, pair->key, pair->value, &inner))
            return fail(error, "librdkafka: %s", inner.text);
    }
    return true;
}

/* A fixed property without a value is only forbidden. */
static bool set_fixed(rd_kafka_conf_t *conf, const struct kafka_property *fixed, struct kafka_error *error)
{
    for (; fixed && fixed->name; fixed++)
        if (fixed->value && !set(conf, fixed->name, fixed->value, error))
            return false;
    return true;
}

rd_kafka_conf_t *kafka_conf_new(const struct kafka_connection *connection,
                                const struct kafka_settings *settings, struct kafka_error *error)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (set_presets(conf, settings->presets, error) && set_brokers(conf, &connection->brokers, error)
        && set_text(conf, "client.id", connection->client_id, error) && set_security(conf, connection, error)
        && set_table(conf, &connection->librdkafka, settings->fixed, error)
        && set_fixed(conf, settings->fixed, error))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

/* ---- A client's life ---- */

static void log_line(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    struct host *host = rd_kafka_opaque(client);
    struct vane_self *self = host ? atomic_load(&host->self) : NULL;
    if (self)
        vane_log(self, level <= LOG_CRITICAL ? VANE_WARN : VANE_DEBUG, "librdkafka: %s: %s", facility, text);
}

static rd_kafka_resp_err_t on_request(rd_kafka_t *client, int fd, const char *broker, int32_t id, int16_t key,
                                      int16_t version, int32_t correlation, size_t size, void *context)
{
    (void)client, (void)fd, (void)broker, (void)id, (void)version, (void)correlation, (void)size;
    struct host *host = context;
    if (key == JOIN_GROUP)
        atomic_store(&host->joining, true);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_response(rd_kafka_t *client, int fd, const char *broker, int32_t id,
                                       int16_t key, int16_t version, int32_t correlation, size_t size,
                                       int64_t rtt, rd_kafka_resp_err_t code, void *context)
{
    (void)client, (void)fd, (void)broker, (void)id, (void)version, (void)correlation, (void)size, (void)rtt;
    struct host *host = context;
    if (key == SYNC_GROUP && code == RD_KAFKA_RESP_ERR_NO_ERROR)
        atomic_store(&host->joining, false);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *client, const rd_kafka_conf_t *conf, void *context, char *why,
                                  size_t room)
{
    (void)conf, (void)why, (void)room;
    rd_kafka_interceptor_add_on_request_sent(client, "vane", on_request, context);
    return rd_kafka_interceptor_add_on_response_received(client, "vane", on_response, context);
}

bool kafka_is_joining(const rd_kafka_t *client)
{
    struct host *host = rd_kafka_opaque(client);
    return atomic_load(&host->joining);
}

rd_kafka_t *kafka_new(struct vane_self *self, rd_kafka_type_t type, rd_kafka_conf_t *conf,
                      struct kafka_error *error)
{
    struct host *host = memory_zero(sizeof *host);
    atomic_store(&host->self, self);
    rd_kafka_conf_set_opaque(conf, host);
    rd_kafka_conf_set_log_cb(conf, log_line);
    if (type == RD_KAFKA_CONSUMER)
        rd_kafka_conf_interceptor_add_on_new(conf, "vane", on_new, host);
    rd_kafka_t *client = rd_kafka_new(type, conf, error->text, sizeof error->text);
    if (client)
        return client;
    rd_kafka_conf_destroy(conf);
    free(host);
    return NULL;
}

static void *destroy(void *client)
{
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return NULL;
}

void kafka_destroy(struct vane_self *self, rd_kafka_t *client)
{
    struct host *host = rd_kafka_opaque(client);
    pthread_t thread;
    if (pthread_create(&thread, NULL, destroy, client) != 0) {
        destroy(client);
        free(host);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LONGEST_END_S;
    if (pthread_timedjoin_np(thread, NULL, &until) == 0) {
        free(host);
        return;
    }
    atomic_store(&host->self, NULL);
    pthread_detach(thread);
    vane_log(self, VANE_WARN, "librdkafka does not end its client; going on without waiting for it");
}

/* ---- Is there a broker? ---- */

void kafka_link_error(struct kafka_link *link, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    const char *text = rd_kafka_event_error_string(event);
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !link->reason[0])
        snprintf(link->reason, sizeof link->reason, "%s", text ? text : rd_kafka_err2str(code));
    char *inside = strstr(link->reason, " (after "); /* what state the library was in, and how often it said so */
    if (inside)
        *inside = '\0';
    if (!link->suspect)
        link->next_probe = vane_monotonic() + SECOND;
    link->suspect = true;
}

void kafka_link_good(struct vane_self *self, struct kafka_link *link)
{
    if (link->down)
        vane_log(self, VANE_INFO, "a broker answers again");
    *link = (struct kafka_link){ 0 };
}

void kafka_link_check(struct vane_self *self, struct kafka_link *link, rd_kafka_t *client)
{
    if (!link->suspect || vane_monotonic() < link->next_probe)
        return;
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, NULL, &metadata, PROBE_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_metadata_destroy(metadata);
        kafka_link_good(self, link);
        return;
    }
    if (!link->down)
        vane_log(self, VANE_WARN, "no broker answers: %s; waiting until one does", link->reason);
    link->down = true;
    link->next_probe = vane_monotonic() + SECOND;
}

/* ---- Waiting ---- */

int kafka_event_fd(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void kafka_queue_notify(rd_kafka_queue_t *queue, int event_fd)
{
    static const uint64_t one = 1; /* what an eventfd is written */
    rd_kafka_queue_io_event_enable(queue, event_fd, &one, sizeof one);
}

void kafka_sleep(struct vane_self *self, int event_fd, int64_t until)
{
    struct pollfd ready[] = { { .fd = vane_wait_fd(self), .events = POLLIN },
                              { .fd = event_fd, .events = POLLIN } };
    int64_t left = until - vane_monotonic();
    struct timespec limit = { .tv_sec = left / SECOND, .tv_nsec = left % SECOND };
    if (left > 0 && ppoll(ready, 2, &limit, NULL) > 0 && ready[1].revents) {
        uint64_t count;
        while (read(event_fd, &count, sizeof count) < 0 && errno == EINTR)
            ;
    }
}
