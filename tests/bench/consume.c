/* consume - the least a consumer of Kafka can do: polls messages until there were so many, and looks at
 * their bytes. What `kafka_in` is measured against.
 *
 *     consume BROKERS TOPIC MESSAGES
 */
#include <librdkafka/rdkafka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ERROR_SIZE = 512, POLL_MS = 1000 };

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char why[ERROR_SIZE];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
        fprintf(stderr, "consume: %s\n", why);
        exit(2);
    }
}

static rd_kafka_t *connect_group(const char *brokers)
{
    char group[64], why[ERROR_SIZE];
    snprintf(group, sizeof group, "consume-%d", (int)getpid());
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "group.id", group);
    set(conf, "auto.offset.reset", "earliest");
    set(conf, "enable.auto.commit", "false");
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!client) {
        fprintf(stderr, "consume: %s\n", why);
        exit(1);
    }
    rd_kafka_poll_set_consumer(client);
    return client;
}

static void subscribe(rd_kafka_t *client, const char *topic)
{
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t error = rd_kafka_subscribe(client, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (error) {
        fprintf(stderr, "consume: %s\n", rd_kafka_err2str(error));
        exit(1);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "consume BROKERS TOPIC MESSAGES\n");
        return 2;
    }
    rd_kafka_t *client = connect_group(argv[1]);
    subscribe(client, argv[2]);
    long left = strtol(argv[3], NULL, 10), bytes = 0;
    while (left > 0) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, POLL_MS);
        if (message && !message->err) {
            bytes += (long)message->len;
            left--;
        }
        if (message)
            rd_kafka_message_destroy(message);
    }
    printf("%ld bytes\n", bytes);
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return 0;
}
