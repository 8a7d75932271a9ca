"""Marks: positions and state in a checkpoint are of one moment, however the agent dies.

Kafka and a file go through counting processors, which fan in to a third one, into InfluxDB and into a slow
output beside it. The agent is killed with SIGKILL again and again, at random moments. The counts that are in
InfluxDB at the end are exact: point number n of each series has the count n.
"""

import os
import random
import time
from pathlib import Path

from servers import Agent, Answer, InfluxDB, Kafka, eventually
from servers.places import built

KILLS = int(os.environ.get("VANE_TEST_KILLS", "50"))
SERIES, POINTS, PARTITIONS = 20, 400, 3
START = 1_600_000_000_000  # ms

CONFIG = """
[agent]
  omit_hostname = true
  checkpoint_interval = "50ms"
  queue_size = "32KB"

[[inputs.kafka_in]]
  brokers = ["{brokers}"]
  topics = ["{topic}"]
  consumer_group = "{group}"
  group_instance_id = "one"
  offset = "oldest"
  data_format = "csv"
  csv_column_names = ["source", "series", "time", "value"]
  csv_tag_columns = ["source", "series"]
  csv_timestamp_column = "time"
  csv_timestamp_format = "unix_ms"
  name_override = "m"

[[inputs.file_in]]
  files = ["{file}"]
  tail = true
  initial_read_offset = "saved-or-beginning"
  data_format = "csv"
  csv_column_names = ["source", "series", "time", "value"]
  csv_tag_columns = ["source", "series"]
  csv_timestamp_column = "time"
  csv_timestamp_format = "unix_ms"
  name_override = "m"

[[processors.count]]
  alias = "count_kafka"
  from = ["kafka_in"]
  drop_original = false

[[processors.count]]
  alias = "count_all"
  from = ["count_kafka", "file_in"]
  workers = 2

[[outputs.influx_out]]
  from = ["count_all"]
  urls = ["{influx}"]
  database = "m"
  metric_batch_size = 200

[[outputs.influx_out]]
  alias = "slow"
  from = ["count_all"]
  urls = ["{slow}"]
  database = "slow"
  metric_batch_size = 50
"""


def lines_of(source: str) -> list[list[str]]:
    """The lines of each series, in order of time."""
    return [[f"{source},{source}{series},{START + 1000 * point},{point}" for point in range(POINTS)]
            for series in range(SERIES)]


def interleaved(series: list[list[str]], dice: random.Random) -> list[str]:
    """All lines, those of one series in their order."""
    rest, mixed = [list(reversed(lines)) for lines in series], []
    while rest:
        lines = dice.choice(rest)
        mixed.append(lines.pop())
        rest = [lines for lines in rest if lines]
    return mixed


def feed(kafka: Kafka, topic: str, file: Path, dice: random.Random) -> None:
    by_partition = [[], [], []]
    for number, lines in enumerate(lines_of("k")):
        by_partition[number % PARTITIONS].append(lines)
    for partition, series in enumerate(by_partition):
        kafka.produce(topic, interleaved(series, dice), partition=partition)
    file.write_text("\n".join(interleaved(lines_of("f"), dice)) + "\n")


def counts(influx: InfluxDB, measurement: str, series: str) -> list[int]:
    rows = influx.query(f"SELECT \"count\" FROM {measurement} WHERE \"series\" = '{series}' ORDER BY time", "m")
    return [row["count"] for row in rows]


def kill_again_and_again(running: Agent, dice: random.Random) -> None:
    for _ in range(KILLS):
        running.start()
        running.wait_for_log("plugins from")
        time.sleep(dice.uniform(0.02, 0.5))  # the moment is what is random here
        running.kill()


def test_counts_are_exact_after_many_kills(kafka, unique, influx, sink, agent, tmp_path):
    dice = random.Random(1)
    topic = kafka.create_topic(unique("topic"), partitions=PARTITIONS)
    file = tmp_path / "lines.csv"
    feed(kafka, topic, file, dice)
    influx.create_database("m")
    sink.usual = Answer(delay=0.02)
    running = agent(CONFIG.format(brokers=kafka.bootstrap, topic=topic, group=unique("group"), file=file,
                                  influx=influx.url, slow=sink.url), "--plugin-dir", str(built("vane").parent / "tests/plugins"))
    kill_again_and_again(running, dice)
    running.start()

    expected = list(range(1, POINTS + 1))
    for source in "k", "f":
        for number in range(SERIES):
            series = f"{source}{number}"
            eventually(lambda s=series: len(counts(influx, "m_count", s)) >= POINTS, timeout=60)
    for source in "k", "f":
        for number in range(SERIES):
            assert counts(influx, "m_count", f"{source}{number}") == expected, f"{source}{number}"
            if source == "k":  # counted once before the fan-in, and the counts counted behind it
                assert counts(influx, "m_count_count", f"k{number}") == expected
    assert running.stop() == 0
