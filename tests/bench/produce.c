/* produce - the least a producer for Kafka can do: so many messages a second, each handed to librdkafka alone
 * when it is due, idempotent, with vane's linger. What the way of a tick through vane is measured against.
 *
 *     produce BROKERS TOPIC MESSAGES RATE
 *
 * Prints the time from there to the broker's answer: `median ms, 99 % ms`. One thread beside librdkafka's.
 */
#include <librdkafka/rdkafka.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ERROR_SIZE = 512, FLUSH_MS = 20000, WARM_UP = 10 /* messages */ };

static const int64_t second = 1000000000;

struct latencies {
    int64_t *ns;
    size_t   count;
    bool     failed;
};

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * second + time.tv_nsec;
}

/* The time at which a message was handed over travels with it. */
static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *context)
{
    (void)client;
    struct latencies *latencies = context;
    latencies->ns[latencies->count++] = now() - (int64_t)(intptr_t)message->_private;
    latencies->failed |= message->err != RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_t *connect_producer(const char *brokers, struct latencies *latencies)
{
    static const char *const settings[][2] = {
        { "enable.idempotence", "true" }, { "acks", "all" },
        { "linger.ms", "1" }, { "message.timeout.ms", "0" },
    };
    char why[ERROR_SIZE];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof why);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why) != RD_KAFKA_CONF_OK) {
            fprintf(stderr, "produce: %s\n", why);
            exit(2);
        }
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_conf_set_opaque(conf, latencies);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!client) {
        fprintf(stderr, "produce: %s\n", why);
        exit(1);
    }
    return client;
}

static void send_one(rd_kafka_topic_t *topic)
{
    char value[] = "BTCUSDT,1648522311673,46920.37";
    if (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value, sizeof value - 1, NULL, 0,
                         (void *)(intptr_t)now()) != 0) {
        fprintf(stderr, "produce: %s\n", rd_kafka_err2str(rd_kafka_last_error()));
        exit(1);
    }
}

/* In turns of a millisecond, as they come from the exchange. */
static void send_all(rd_kafka_t *client, rd_kafka_topic_t *topic, long messages, long rate)
{
    int64_t began = now();
    for (long sent = 0; sent < messages;) {
        for (long due = (now() - began) * rate / second; sent < due && sent < messages; sent++)
            send_one(topic);
        rd_kafka_poll(client, 1);
    }
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double quantile(const struct latencies *latencies, double share)
{
    return (double)latencies->ns[(size_t)((double)(latencies->count - 1) * share)] / 1e6;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "produce BROKERS TOPIC MESSAGES RATE\n");
        return 2;
    }
    long messages = strtol(argv[3], NULL, 10), rate = strtol(argv[4], NULL, 10);
    struct latencies latencies = { .ns = calloc((size_t)messages + WARM_UP, sizeof(int64_t)) };
    rd_kafka_t *client = connect_producer(argv[1], &latencies);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, argv[2], NULL);
    for (int i = 0; i < WARM_UP; i++)
        send_one(topic);
    rd_kafka_flush(client, FLUSH_MS);
    latencies.count = 0;
    send_all(client, topic, messages, rate);
    if (rd_kafka_flush(client, FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR || latencies.failed) {
        fprintf(stderr, "produce: not all messages were delivered\n");
        return 1;
    }
    qsort(latencies.ns, latencies.count, sizeof *latencies.ns, compare);
    printf("%.3g ms, %.3g ms\n", quantile(&latencies, 0.5), quantile(&latencies, 0.99));
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
    free(latencies.ns);
    return 0;
}
