"""kafka_out against a real broker, read back by the clients that users have."""

import time
from collections import Counter
from pathlib import Path

import pytest

from kafka_flow import (CSV_OUT, TIME, Agents, Flow, Unique, config, dead_letters, dead_records, fed_once,
                        flow, kafka_in, kafka_out, lines, numbers, value_of)
from servers import Kafka, eventually, run

__all__ = ["flow"]      # a fixture


# ---- Messages ----

def test_kafka_out__writes_the_old_chain(flow: Flow, agent: Agents) -> None:
    tested = agent(flow.config(target=CSV_OUT))
    fed_once(tested, flow.kafka, flow.source, ["mess,coin=BTCBUSD value=46920.37 1648522311673000000"])
    read = run(["kcat", "-C", "-b", flow.kafka.bootstrap, "-t", flow.target, "-e", "-q"])
    assert read.stdout == "BTCBUSD,1648522311673,46920.37\n"


def test_kafka_out__gives_messages_the_time_of_metrics(flow: Flow, agent: Agents) -> None:
    fed_once(agent(flow.config()), flow.kafka, flow.source, lines(2))
    assert [message.timestamp()[1] for message in flow.kafka.read(flow.target)] == [TIME, TIME + 1]


def test_kafka_out__gives_messages_the_time_it_is(flow: Flow, agent: Agents) -> None:
    before = time.time() * 1000 - 1
    tested = agent(flow.config(target='  producer_timestamp = "now"'))
    fed_once(tested, flow.kafka, flow.source, lines(1))
    assert before < flow.kafka.read(flow.target)[0].timestamp()[1] < time.time() * 1000 + 1


@pytest.mark.parametrize("compression", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_kafka_out__compresses(flow: Flow, agent: Agents, compression: str) -> None:
    tested = agent(flow.config(target=f'  compression = "{compression}"'))
    fed_once(tested, flow.kafka, flow.source, lines(200))
    assert flow.kafka.values(flow.target) == lines(200)


def test_kafka_out__adds_headers(flow: Flow, agent: Agents) -> None:
    tested = agent(flow.config(target='  headers = {venue = "binance", kind = "price"}'))
    fed_once(tested, flow.kafka, flow.source, lines(1))
    assert sorted(flow.kafka.read(flow.target)[0].headers()) == [("kind", b"price"), ("venue", b"binance")]


def murmur2(key: bytes) -> int:
    """Kafka's 32-bit murmur2 (org.apache.kafka.common.utils.Utils.murmur2), as an unsigned number."""
    mask, factor, length = 0xffffffff, 0x5bd1e995, len(key)
    hashed = (0x9747b28c ^ length) & mask
    for at in range(0, length - length % 4, 4):
        word = int.from_bytes(key[at:at + 4], "little") * factor & mask
        word = (word ^ word >> 24) * factor & mask
        hashed = (hashed * factor & mask) ^ word
    if rest := key[length - length % 4:]:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * factor & mask
    hashed = (hashed ^ hashed >> 13) * factor & mask
    return hashed ^ hashed >> 15


JAVA_MURMUR2 = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536,
                b"a-little-bit-longer-string": -1486304829, b"abc": 479470107,
                b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971}


def java_partition(key: bytes, partitions: int) -> int:
    """Where the Java clients put a key (BuiltInPartitioner.partitionForKey)."""
    return (murmur2(key) & 0x7fffffff) % partitions


def test_kafka_out__puts_keys_where_java_does(kafka: Kafka, flow: Flow, agent: Agents,
                                              unique: Unique) -> None:
    assert {key: murmur2(key) - (murmur2(key) >> 31 << 32) for key in JAVA_MURMUR2} == JAVA_MURMUR2
    target = kafka.create_topic(unique("keyed"), partitions=7)
    keys = [key.decode() for key in JAVA_MURMUR2] + [f"COIN{number}" for number in range(50)]
    tested = agent(config(kafka_in(kafka, flow.source, flow.group),
                          kafka_out(kafka, target, '  key_tag = "coin"')))
    fed_once(tested, kafka, flow.source,
             [f"m,coin={key} v={i}i {TIME + i}000000" for i, key in enumerate(keys * 3)])
    messages = kafka.read(target)
    assert len(messages) == 3 * len(keys)
    for message in messages:
        assert message.partition() == java_partition(message.key(), 7), message.key()
        assert f"coin={message.key().decode()} ".encode() in message.value()


def test_kafka_out__uses_routing_key_without_tag(flow: Flow, agent: Agents) -> None:
    tested = agent(flow.config(target='  routing_tag = "coin"\n  routing_key = "rest"'))
    fed_once(tested, flow.kafka, flow.source, lines(1) + lines(1, 1, ",coin=btc"))
    assert [message.key() for message in flow.kafka.read(flow.target)] == [b"rest", b"btc"]


def test_kafka_out__chooses_topic_by_tag(kafka: Kafka, flow: Flow, agent: Agents, unique: Unique,
                                         tmp_path: Path) -> None:
    stem, letters = unique("price"), tmp_path / "letters.json"
    for coin in ("btc", "eth"):
        kafka.create_topic(f"{stem}_{coin}")
    tested = agent(config(kafka_in(kafka, flow.source, flow.group),
                          kafka_out(kafka, stem + "_{coin}", f'  dead_letter = "{letters}"')))
    sent = [*lines(1, 0, ",coin=btc"), *lines(1, 1), *lines(1, 2, ",coin=eth"), *lines(1, 3, ",coin=b\\ c"),
            *lines(1, 4, ",coin=btc")]
    fed_once(tested, kafka, flow.source, sent)
    assert numbers(kafka, f"{stem}_btc") == Counter([0, 4])
    assert numbers(kafka, f"{stem}_eth") == Counter([2])
    missing, illegal = dead_letters(letters)
    assert missing["record"].rstrip() == sent[1] and '"coin"' in missing["reason"]
    assert illegal["record"].rstrip() == sent[3] and "not a name" in illegal["reason"]


def test_kafka_out__batches_a_write(flow: Flow, agent: Agents) -> None:
    fed_once(agent(flow.config(target="  batch = true")), flow.kafka, flow.source, lines(100))
    values = flow.kafka.values(flow.target)
    assert len(values) < 10
    assert "\n".join(values).splitlines() == lines(100)


def test_kafka_out__batches_by_key(flow: Flow, agent: Agents) -> None:
    sent = [lines(1, number, f",coin={'abc'[number % 3]}")[0] for number in range(99)]
    fed_once(agent(flow.config(target='  batch = true\n  key_tag = "coin"')), flow.kafka, flow.source, sent)
    messages = flow.kafka.read(flow.target)
    assert len(messages) < 30
    for key in (b"a", b"b", b"c"):
        of_key = [line for message in messages if message.key() == key
                  for line in message.value().decode().split("\n")]
        assert of_key == [line for line in sent if f"coin={key.decode()} " in line]


def test_kafka_out__cuts_batches_at_the_limit(flow: Flow, agent: Agents) -> None:
    tested = agent(flow.config(target='  batch = true\n  max_message_bytes = 1000'))
    fed_once(tested, flow.kafka, flow.source, lines(500))
    messages = flow.kafka.read(flow.target)
    assert max(len(message.value()) for message in messages) <= 1000
    assert "\n".join(message.value().decode() for message in messages).splitlines() == lines(500)


@pytest.mark.parametrize("batch", ["false", "true"])
def test_kafka_out__rejects_what_is_too_large_alone(flow: Flow, agent: Agents, tmp_path: Path,
                                                    batch: str) -> None:
    letters = tmp_path / "letters.json"
    large = f'm text="{"x" * 2000}",v=7i 1'
    tested = agent(flow.config(
        target=f'  batch = {batch}\n  max_message_bytes = 1000\n  dead_letter = "{letters}"'))
    fed_once(tested, flow.kafka, flow.source, [*lines(7), large, *lines(12, 8)])
    assert "\n".join(flow.kafka.values(flow.target)).splitlines() == lines(7) + lines(12, 8)
    assert dead_records(letters) == [large]


@pytest.mark.parametrize("batch", ["false", "true"])
def test_kafka_out__rejects_what_the_broker_refuses_alone(kafka: Kafka, flow: Flow, agent: Agents,
                                                          unique: Unique, tmp_path: Path,
                                                          batch: str) -> None:
    letters, target = tmp_path / "letters.json", kafka.create_topic(unique("narrow"), max_message_bytes=1500)
    large = f'm text="{"x" * 2000}",v=100i 1'
    tested = agent(config(kafka_in(kafka, flow.source, flow.group),
                          kafka_out(kafka, target, f'  batch = {batch}\n  dead_letter = "{letters}"')))
    fed_once(tested, kafka, flow.source, [*lines(100), large, *lines(100, 101)])
    found = Counter(value_of(line) for line in "\n".join(kafka.values(target)).splitlines())
    assert found == Counter(range(201)) - Counter([100])
    assert dead_records(letters) == [large]


def test_kafka_out__rejects_times_that_the_broker_refuses(kafka: Kafka, flow: Flow, agent: Agents,
                                                          unique: Unique, tmp_path: Path) -> None:
    letters, ahead = tmp_path / "letters.json", "m v=3i 4102444800000000000"     # in 2100
    flow.target = kafka.create_topic(unique("strict"), message_timestamp_after_max_ms=3600000)
    tested = agent(flow.config(target=f'  dead_letter = "{letters}"'))
    fed_once(tested, flow.kafka, flow.source, [*lines(3), ahead, *lines(3, 4)])
    assert numbers(flow.kafka, flow.target) == Counter([0, 1, 2, 4, 5, 6])
    assert dead_records(letters) == [ahead]


def test_kafka_out__waits_for_a_topic(kafka: Kafka, flow: Flow, agent: Agents, unique: Unique) -> None:
    target = unique("later")
    soon = '  librdkafka = {"topic.metadata.propagation.max.ms" = "200"}'
    tested = agent(config(kafka_in(kafka, flow.source, flow.group), kafka_out(kafka, target, soon)))
    kafka.produce(flow.source, lines(50))
    with tested:
        tested.wait_for_log(f"topic {target}: .*[Uu]nknown topic")
        kafka.create_topic(target)
        eventually(lambda: numbers(kafka, target) == Counter(range(50)), 20)
        eventually(lambda: flow.total_committed() == 50)
        assert tested.stop() == 0
    assert tested.log.count("W! [outputs.kafka_out]") == 1
