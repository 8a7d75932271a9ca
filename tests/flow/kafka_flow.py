"""What the tests of the Kafka plugins are made of: configs, messages that can be told apart, read back."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from servers import Agent, Kafka

Agents = Callable[..., Agent]
Unique = Callable[[str], str]

CSV_IN = """
  data_format = "csv"
  csv_column_names = ["coin", "timestamp", "value"]
  csv_tag_columns = ["coin"]
  csv_timestamp_column = "timestamp"
  csv_timestamp_format = "unix_ms"
  name_override = "mess"
"""
CSV_OUT = """
  data_format = "csv"
  csv_columns = ["tag.coin", "timestamp", "field.value"]
  csv_timestamp_format = "unix_ms"
"""
TIME = 1648522311673    # ms, of the first line in most tests


# ---- Configs ----

def kafka_in(kafka: Kafka, topics: str, group: str, more: str = "") -> str:
    return f"""
[[inputs.kafka_in]]
  brokers = ["{kafka.bootstrap}"]
  topics = ["{topics}"]
  consumer_group = "{group}"
{more}
"""


def kafka_out(kafka: Kafka, topic: str, more: str = "") -> str:
    return f"""
[[outputs.kafka_out]]
  brokers = ["{kafka.bootstrap}"]
  topic = "{topic}"
{more}
"""


def config(*plugins: str, agent: str = "") -> str:
    return f'[agent]\n  omit_hostname = true\n  checkpoint_interval = "100ms"\n{agent}\n' + "".join(plugins)


class Flow:
    """Lines of influx line protocol from one topic to another, through an agent."""

    def __init__(self, kafka: Kafka, unique: Unique, *, partitions: int = 1):
        self.kafka = kafka
        self.source = kafka.create_topic(unique("source"), partitions)
        self.target = kafka.create_topic(unique("target"))
        self.group = unique("group")

    def config(self, *, source: str = "", target: str = "", agent: str = "") -> str:
        return config(kafka_in(self.kafka, self.source, self.group, source),
                      kafka_out(self.kafka, self.target, target), agent=agent)

    def delivered(self) -> int:
        """How many messages are in the target."""
        return sum(self.kafka.end_offsets(self.target).values())

    def owners(self) -> set[str]:
        """The agents that have committed, as the metadata of the partitions' commits has them."""
        return {metadata_of(one).split(":")[1] for one in self.committed().values()}

    def committed(self) -> dict[int, TopicPartition]:
        return self.kafka.committed(self.group, self.source)

    def total_committed(self) -> int:
        return sum(one.offset for one in self.committed().values())


@pytest.fixture
def flow(kafka: Kafka, unique: Unique) -> Flow:
    return Flow(kafka, unique)


def lines(count: int, first: int = 0, tags: str = "") -> list[str]:
    """Points that differ in time and value."""
    return [f"m{tags} v={number}i {TIME + number}000000" for number in range(first, first + count)]


def value_of(line: str) -> int:
    """The number of one of `lines`."""
    return int(line.split(" v=")[1].split("i")[0])


def numbers(kafka: Kafka, topic: str) -> Counter[int]:
    return Counter(value_of(line) for line in kafka.values(topic))


def fed_once(agent: Agent, kafka: Kafka, topic: str, values: Iterable[bytes | str], **how: object) -> str:
    """Produces, runs the agent to the end of it, and returns its log."""
    kafka.produce(topic, values, **how)
    done = agent.run_once()
    assert done.returncode == 0, done.stderr
    return done.stderr


def metadata_of(offset: TopicPartition) -> str:
    """The metadata of a commit; the client reads it beyond its end, so that only what we write counts."""
    try:
        return re.match(r"vane:\w+:\d+", offset.metadata).group()
    except UnicodeDecodeError as error:
        return re.match(r"vane:\w+:\d+", error.object[:error.start].decode()).group()


def dead_letters(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def dead_records(path: Path) -> list[str]:
    return [letter["record"].rstrip("\n") for letter in dead_letters(path)]
