/* kafka - what the Kafka plugins share: how to connect, librdkafka's configuration, its errors and its life.
 *
 *     struct kafka_in { struct kafka_connection connection; ... };       the first member of the state
 *     static const struct vane_option options[] = { KAFKA_CONNECTION_OPTIONS, ..., { 0 } };
 *
 *     rd_kafka_conf_t *conf = kafka_conf_new(&connection, &settings, &error);    in check() and in open()
 *     rd_kafka_t *client = kafka_new(self, RD_KAFKA_CONSUMER, conf, &error);
 *     kafka_link_...                                                            whether a broker answers
 *     kafka_destroy(self, client);
 *
 * librdkafka's own log lines go to the instance's log as debug messages: what a user must know, the plugins
 * say themselves, once for each change. Own thread, but for the log.
 */
#pragma once
#include <librdkafka/rdkafka.h>

#include "core/plugin.h"

/* ---- Connecting ---- */

struct kafka_connection {
    struct vane_strings brokers;
    const char         *client_id;
    bool                enable_tls, insecure_skip_verify;
    const char         *tls_ca, *tls_cert, *tls_key, *tls_key_pwd;
    const char         *sasl_mechanism, *sasl_username, *sasl_password;
    struct vane_pairs   librdkafka;
};

/* Rows of an option table of a state that begins with a struct kafka_connection. */
#define KAFKA_CONNECTION_OPTIONS                                                                            \
    VANE_OPT_STRINGS(struct kafka_connection, brokers, .required = true,                                    \
                     .help = "Brokers to begin with, each host:port."),                                     \
    VANE_OPT_STRING(struct kafka_connection, client_id, .preset = "\"vane\"",                               \
                    .help = "Name of this client in the brokers' logs and quotas."),                        \
    VANE_OPT_BOOL(struct kafka_connection, enable_tls, .preset = "false",                                   \
                  .help = "Speak TLS; also on where one of the tls_ options is set."),                      \
    VANE_OPT_STRING(struct kafka_connection, tls_ca, .help = "File of the authorities to trust (PEM)."),    \
    VANE_OPT_STRING(struct kafka_connection, tls_cert, .help = "File of the client's certificate (PEM)."),  \
    VANE_OPT_STRING(struct kafka_connection, tls_key, .help = "File of the client's key (PEM)."),           \
    VANE_OPT_STRING(struct kafka_connection, tls_key_pwd, .secret = true,                                   \
                    .help = "Password of the client's key."),                                               \
    VANE_OPT_BOOL(struct kafka_connection, insecure_skip_verify, .preset = "false",                         \
                  .help = "Speak TLS, but believe any certificate."),                                       \
    VANE_OPT_STRING(struct kafka_connection, sasl_mechanism,                                                \
                    .help = "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or GSSAPI; not set: PLAIN, with a user."), \
    VANE_OPT_STRING(struct kafka_connection, sasl_username, .help = "User of SASL."),                       \
    VANE_OPT_STRING(struct kafka_connection, sasl_password, .secret = true, .help = "Password of SASL."),   \
    VANE_OPT_PAIRS(struct kafka_connection, librdkafka, .secret = true,                                     \
                   .help = "Any property of librdkafka; it wins over the other options.")

/* ---- Configuration ---- */

struct kafka_property {
    const char *name, *value;
};

struct kafka_error {
    char text[512];
};

/* Lists that end with { 0 }. */
struct kafka_settings {
    const struct kafka_property *presets;  /* the user's table wins over these, and may be newer than them:
                                            * one that this librdkafka does not know is left out */
    const struct kafka_property *fixed;    /* what delivery rests on: an error where the table has one */
};

/* NULL, and the error: a property that does not exist, or a value it cannot have. */
rd_kafka_conf_t *kafka_conf_new(const struct kafka_connection *connection,
                                const struct kafka_settings *settings, struct kafka_error *error);

/* Takes the conf. NULL, and the error: a file of TLS that cannot be read, options that exclude each other. */
rd_kafka_t *kafka_new(struct vane_self *self, rd_kafka_type_t type, rd_kafka_conf_t *conf,
                      struct kafka_error *error);

/* Is it joining its group just now, so that the broker will refuse a commit that is sent before it has? (And
 * librdkafka before 2.10 would give up all partitions for that.) */
bool kafka_is_joining(const rd_kafka_t *client);

/* Ends a client whose queues, topics and messages are destroyed. librdkafka 2.0.2 may wait for ever here (a
 * topic was deleted while it was read): after a few seconds the rest is left to a thread. */
void kafka_destroy(struct vane_self *self, rd_kafka_t *client);

/* ---- Is there a broker? ---- */

/* A broker that closes an idle connection looks like one that is gone, so that a fault counts only when a
 * probe about a second later fails too. Zero is a good link. */
struct kafka_link {
    bool    suspect, down;
    int64_t next_probe; /* monotonic, ns */
    char    reason[256];
};

/* An ERROR event of a queue that is not fatal. */
void kafka_link_error(struct kafka_link *link, rd_kafka_event_t *event);

/* A broker has answered. */
void kafka_link_good(struct vane_self *self, struct kafka_link *link);

/* Once in a while while it is suspect; says "down" once, and "back" once. Takes up to 100 ms then. */
void kafka_link_check(struct vane_self *self, struct kafka_link *link, rd_kafka_t *client);

/* ---- Waiting ---- */

/* An eventfd that the given queue makes readable when something came; -1: no descriptor left. */
int kafka_event_fd(void);
void kafka_queue_notify(rd_kafka_queue_t *queue, int event_fd);

/* Sleeps until the host or librdkafka has something for this thread, or the time (monotonic, ns; INT64_MAX:
 * never) has come. */
void kafka_sleep(struct vane_self *self, int event_fd, int64_t until);
