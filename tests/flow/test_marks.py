"""Marks: positions and state in a checkpoint are of one moment, however the agent dies.

Kafka and a file go through counting processors, which fan in to a third one, into InfluxDB and into a slow
output beside it. The agent is killed with SIGKILL again and again, at random moments. The counts that are in
InfluxDB at the end are exact: point number n of each series has the count n.
"""

import random
from pathlib import Path

from marks_kit import PARTITIONS, SERIES, START, interleaved, kill_again_and_again, rows_of, source
from servers import Answer, InfluxDB, Kafka, eventually
from servers.places import built

POINTS = 400

CONFIG = """
[[inputs.file_in]]
  files = ["{file}"]
  tail = true
  initial_read_offset = "saved-or-beginning"
{rows}

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


def lines_of(name: str) -> list[list[str]]:
    """The lines of each series, in order of time."""
    return [[f"{name},{name}{series},{START + 1000 * point},{point}" for point in range(POINTS)]
            for series in range(SERIES)]


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


def test_counts_are_exact_after_many_kills(kafka, unique, influx, sink, agent, tmp_path):
    dice = random.Random(1)
    topic = kafka.create_topic(unique("topic"), partitions=PARTITIONS)
    file = tmp_path / "lines.csv"
    feed(kafka, topic, file, dice)
    influx.create_database("m")
    sink.usual = Answer(delay=0.02)
    tags = ("source", "series")
    text = source(kafka, topic, unique("group"), *tags) + CONFIG.format(
        file=file, rows=rows_of(*tags), influx=influx.url, slow=sink.url)
    running = agent(text, "--plugin-dir", str(built("vane").parent / "tests/plugins"))
    kill_again_and_again(running, dice)
    running.start()

    expected = list(range(1, POINTS + 1))
    for name in "k", "f":
        for number in range(SERIES):
            series = f"{name}{number}"
            eventually(lambda s=series: len(counts(influx, "m_count", s)) >= POINTS, timeout=60)
    for name in "k", "f":
        for number in range(SERIES):
            assert counts(influx, "m_count", f"{name}{number}") == expected, f"{name}{number}"
            if name == "k":  # counted once before the fan-in, and the counts counted behind it
                assert counts(influx, "m_count_count", f"k{number}") == expected
    assert running.stop() == 0
