"""kafka_in against a real broker: what it reads, where it begins, and what it commits."""

import re
import time
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from kafka_flow import (CSV_IN, TIME, Agents, Flow, Unique, config, dead_records, fed_once, flow, kafka_in,
                        kafka_out, lines, metadata_of, numbers)
from servers import Agent, Kafka, eventually

__all__ = ["flow"]      # a fixture

ALL_TAGS = """
  topic_tag = "topic"
  partition_tag = "part"
  key_tag = "key"
  headers_as_tags = ["venue", "kind"]
"""


# ---- What it reads ----

def test_kafka_in__reads_the_old_chain(flow: Flow, agent: Agents) -> None:
    tested = agent(flow.config(source=CSV_IN))
    fed_once(tested, flow.kafka, flow.source,
             ["BTCBUSD,1648522311673,46920.37000000", "ETHBUSD,1648522311674,3300.5"])
    assert flow.kafka.values(flow.target) == ["mess,coin=BTCBUSD value=46920.37 1648522311673000000",
                                              "mess,coin=ETHBUSD value=3300.5 1648522311674000000"]


def test_kafka_in__goes_on_after_garbage(flow: Flow, agent: Agents, tmp_path: Path) -> None:
    letters = tmp_path / "letters.json"
    tested = agent(flow.config(source=CSV_IN + f'  dead_letter = "{letters}"\n'))
    fed_once(tested, flow.kafka, flow.source,
             ["BTCBUSD,1648522311673,1.5", "rubbish", "BTCBUSD,when,2", "", "BTCBUSD,1648522311674,3.5"])
    assert [line.split()[1] for line in flow.kafka.values(flow.target)] == ["value=1.5", "value=3.5"]
    assert dead_records(letters) == ["rubbish", "BTCBUSD,when,2"]
    assert flow.committed()[0].offset == 5


def test_kafka_in__reads_many_lines_of_a_message(flow: Flow, agent: Agents) -> None:
    fed_once(agent(flow.config()), flow.kafka, flow.source,
             ["\n".join(lines(30)), "", "\n".join(lines(30, 30))])
    assert numbers(flow.kafka, flow.target) == Counter(range(60))


def test_kafka_in__tells_where_messages_come_from(flow: Flow, agent: Agents) -> None:
    tested = agent(flow.config(source=ALL_TAGS))
    flow.kafka.produce(flow.source, lines(1), key="k", headers={"venue": b"binance", "other": b"x"})
    flow.kafka.produce(flow.source, lines(1, 1, ",part=mine"), headers={"kind": b"p q"})
    flow.kafka.produce(flow.source, lines(1, 2), key=b"\xff\xfe")
    fed_once(tested, flow.kafka, flow.source, lines(1, 3), key="k",
             headers={"venue": b"binance", "other": b"x"})
    tags = [line.split(" v=")[0] for line in flow.kafka.values(flow.target)]
    assert tags == [f"m,key=k,part=0,topic={flow.source},venue=binance",
                    f"m,kind=p\\ q,part=mine,topic={flow.source}",
                    f"m,part=0,topic={flow.source}",
                    f"m,key=k,part=0,topic={flow.source},venue=binance"]


def test_kafka_in__takes_name_and_time_of_messages(flow: Flow, agent: Agents) -> None:
    tested = agent(flow.config(source='  msg_header_as_metric_name = "name"\n  timestamp_source = "inner"'))
    fed_once(tested, flow.kafka, flow.source, ["m v=1i 5", "m v=2i"], timestamp=TIME,
             headers={"name": b"price"})
    assert flow.kafka.values(flow.target) == [f"price v=1i {TIME}000000", f"price v=2i {TIME}000000"]


def test_kafka_in__gives_the_messages_time_where_there_is_none(flow: Flow, agent: Agents) -> None:
    fed_once(agent(flow.config()), flow.kafka, flow.source, ["m v=1i", "m v=2i 7"], timestamp=TIME)
    assert flow.kafka.values(flow.target) == [f"m v=1i {TIME}000000", "m v=2i 7"]


def test_kafka_in__leaves_out_messages_that_are_too_long(flow: Flow, agent: Agents) -> None:
    log = fed_once(agent(flow.config(source="  max_message_len = 100")), flow.kafka, flow.source,
                   [*lines(1), f'm text="{"x" * 200}"', *lines(1, 1)])
    assert numbers(flow.kafka, flow.target) == Counter([0, 1])
    assert "offset 1: " in log and "max_message_len" in log


def test_kafka_in__reads_topics_of_a_pattern(kafka: Kafka, flow: Flow, agent: Agents, unique: Unique) -> None:
    stem = unique("many")
    for number in range(2):
        kafka.produce(kafka.create_topic(f"{stem}-{number}", partitions=2), lines(10, 10 * number))
    refresh = '  librdkafka = {"topic.metadata.refresh.interval.ms" = "200"}'
    source = kafka_in(kafka, f"^{stem}-[0-9]", flow.group, refresh)
    with agent(config(source, kafka_out(kafka, flow.target))):
        eventually(lambda: numbers(kafka, flow.target) == Counter(range(20)))
        kafka.produce(kafka.create_topic(f"{stem}-7"), lines(10, 20))
        eventually(lambda: numbers(kafka, flow.target) == Counter(range(30)))


def test_kafka_in__matches_expressions_anywhere(kafka: Kafka, flow: Flow, agent: Agents,
                                                unique: Unique) -> None:
    stem = unique("any")
    kafka.create_topic(f"x-{stem}-x")
    source = kafka_in(kafka, stem, flow.group).replace(f'topics = ["{stem}"]',
                                                       f'topic_regexps = ["{stem}|nothing-else"]')
    tested = agent(config(source, kafka_out(kafka, flow.target)))
    fed_once(tested, kafka, f"x-{stem}-x", lines(3))
    assert numbers(kafka, flow.target) == Counter(range(3))


# ---- Where it begins ----

@pytest.mark.parametrize("mode", ["run_once", "run_test"])
def test_kafka_in__reads_to_the_end(kafka: Kafka, unique: Unique, agent: Agents, mode: str) -> None:
    flow = Flow(kafka, unique, partitions=3)
    for part in range(2):
        kafka.produce(flow.source, lines(500, 500 * part), partition=part)
    done = getattr(agent(flow.config()), mode)()
    assert done.returncode == 0, done.stderr
    if mode == "run_once":
        assert numbers(kafka, flow.target) == Counter(range(1000))
        assert {part: one.offset for part, one in flow.committed().items()} == {0: 500, 1: 500, 2: 0}
    else:
        assert sorted(done.stdout.splitlines()) == sorted(f"> {line}" for line in lines(1000))


def test_kafka_in__goes_on_where_it_was(flow: Flow, agent: Agents) -> None:
    tested = agent(flow.config())
    fed_once(tested, flow.kafka, flow.source, lines(10))
    fed_once(tested, flow.kafka, flow.source, lines(10, 10))
    assert numbers(flow.kafka, flow.target) == Counter(range(20))


def test_kafka_in__joins_no_group_in_test_mode(flow: Flow, agent: Agents) -> None:
    flow.kafka.produce(flow.source, lines(5))
    done = agent(flow.config()).run_test()
    assert done.stdout.count("> m v=") == 5, done.stderr
    groups = flow.kafka.admin.list_consumer_groups().result(10).valid
    assert flow.group not in [group.group_id for group in groups]


def test_kafka_in__fails_in_test_mode_without_topic(flow: Flow, agent: Agents) -> None:
    done = agent(config(kafka_in(flow.kafka, "no-such-topic", flow.group),
                        kafka_out(flow.kafka, flow.target))).run_test()
    assert done.returncode == 1
    assert "none of the topics" in done.stderr


def started(tested: Agent) -> None:
    tested.wait_for_log(r"assigned \d+ partition")


def test_kafka_in__begins_at_the_newest(flow: Flow, agent: Agents) -> None:
    flow.kafka.produce(flow.source, lines(10))
    with agent(flow.config(source='  offset = "newest"')) as tested:
        started(tested)
        eventually(lambda: flow.total_committed() == 10)    # so that a restart loses nothing
        flow.kafka.produce(flow.source, lines(10, 10))
        eventually(lambda: numbers(flow.kafka, flow.target) == Counter(range(10, 20)))


@pytest.mark.parametrize("offset, first", [
    ("2022-03-29T02:51:51.678Z", 5), ("2022-03-29T04:51:51.675+02:00", 2), ("2200-01-01T00:00:00Z", 10),
    ("1990-01-01T00:00:00Z", 0), ("-7300d", 0)])
def test_kafka_in__begins_at_a_time(flow: Flow, agent: Agents, offset: str, first: int) -> None:
    for number, line in enumerate(lines(10)):
        flow.kafka.produce(flow.source, [line], timestamp=TIME + number)
    done = agent(flow.config(source=f'  offset = "{offset}"')).run_once()
    assert done.returncode == 0, done.stderr
    assert numbers(flow.kafka, flow.target) == Counter(range(first, 10))


def test_kafka_in__begins_a_duration_ago(flow: Flow, agent: Agents) -> None:
    now = int(time.time() * 1000)
    flow.kafka.produce(flow.source, lines(1), timestamp=now - 7200_000)
    flow.kafka.produce(flow.source, lines(1, 1), timestamp=now - 1800_000)
    assert agent(flow.config(source='  offset = "-1h"')).run_once().returncode == 0
    assert numbers(flow.kafka, flow.target) == Counter([1])


def test_kafka_in__reads_on_where_the_oldest_message_is(flow: Flow, agent: Agents) -> None:
    tested = agent(flow.config(source='  offset = "newest"', agent='  agent_id = "one"'))
    with tested:
        started(tested)
        eventually(flow.committed)
        assert tested.stop() == 0
    flow.kafka.produce(flow.source, lines(100))
    deleted = flow.kafka.admin.delete_records([TopicPartition(flow.source, 0, 60)])
    assert [done.result(10).low_watermark for done in deleted.values()] == [60]
    with tested:
        tested.wait_for_log(r"offset 0 is out of range; reading on at 60")
        eventually(lambda: numbers(flow.kafka, flow.target) == Counter(range(60, 100)))
        eventually(lambda: flow.total_committed() == 100)


def test_kafka_in__rewinds_what_another_has_read(flow: Flow, agent: Agents) -> None:
    for number, line in enumerate(lines(10)):
        flow.kafka.produce(flow.source, [line], timestamp=TIME + 1000 * number)
    first = agent(flow.config(agent='  agent_id = "first"'), name="first")
    assert first.run_once().returncode == 0
    second = agent(flow.config(agent='  agent_id = "second"', source='  rewind = "3s"'), name="second")
    done = second.run_once()
    assert done.returncode == 0, done.stderr
    assert "committed at 10, rewound to 6" in done.stderr
    assert numbers(flow.kafka, flow.target) == Counter(range(10)) + Counter(range(6, 10))
    assert second.run_once().returncode == 0     # it is its own now
    assert numbers(flow.kafka, flow.target).total() == 14
    assert flow.owners() == {"second"}


# ---- What it commits ----

def test_kafka_in__commits_who_it_is_and_its_checkpoint(flow: Flow, agent: Agents) -> None:
    with agent(flow.config(agent='  agent_id = "me"')) as tested:
        started(tested)
        at_first = eventually(flow.committed)[0]
        assert (at_first.offset, metadata_of(at_first)) == (0, "vane:me:0")
        flow.kafka.produce(flow.source, lines(10))
        eventually(lambda: flow.total_committed() == 10)
        assert re.fullmatch(r"vane:me:[1-9]\d*", metadata_of(flow.committed()[0]))


def test_kafka_in__commits_only_what_is_delivered(flow: Flow, agent: Agents) -> None:
    flow.kafka.produce(flow.source, lines(10))
    blocked = config(kafka_in(flow.kafka, flow.source, flow.group), kafka_out(flow.kafka, "no-such-topic"),
                     agent='  drain_timeout = "200ms"')
    with agent(blocked) as tested:
        started(tested)
        tested.wait_for_log("no-such-topic|assigned")
        eventually(flow.committed)
        tested.stop()
    assert flow.total_committed() == 0


# ---- Options ----

@pytest.mark.parametrize("option, error", [
    ('offset = "yesterday"', 'offset: "yesterday" is not'),
    ('topics = ["^("]', "no expression"),
    ('topics = []', "one of topics and topic_regexps is needed"),
    ('librdkafka = {"enable.auto.commit" = "true"}', '"enable.auto.commit" cannot be set'),
    ('librdkafka = {"no.such.property" = "1"}', "no.such.property"),
    ('librdkafka = {"fetch.wait.max.ms" = "soon"}', "fetch.wait.max.ms"),
    ('sasl_mechanism = "MAGIC"\n  sasl_username = "u"', None),
])
def test_kafka_in__refuses_options_that_do_not_fit(flow: Flow, agent: Agents, option: str,
                                                   error: str | None) -> None:
    plain = kafka_in(flow.kafka, flow.source, flow.group, "  " + option)
    if option.startswith("topics"):
        plain = plain.replace(f'  topics = ["{flow.source}"]\n', "")
    done = agent(config(plain, kafka_out(flow.kafka, flow.target))).check()
    assert done.returncode == (2 if error else 0), done.stderr
    assert not error or error in done.stderr
