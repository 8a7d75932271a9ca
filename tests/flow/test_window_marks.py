"""Marks and windows: a stream of 20 series over 3 partitions, late and disordered, goes through Kafka and the
window plugin into InfluxDB while the agent is killed again and again; the points at the end are exactly
those of an agent that was left alone, in number and value.
"""

import random
from collections.abc import Callable

from marks_kit import KILLS, PARTITIONS, SERIES, START, interleaved, kill_again_and_again, source
from servers import Agent, InfluxDB, Kafka, eventually

POINTS = 600

CONFIG = """
[[processors.window]]
  every = "5s"
  period = "15s"
  delay = "3s"
  allowed_lateness = "4s"
  late = "update"
  aggregates = ["count", "mean", "min", "max", "first", "last", "stdev", "median", "integral", "distinct"]
  fill = "previous"
  drop_original = true
  workers = {workers}

[[outputs.influx_out]]
  urls = ["{influx}"]
  database = "{database}"
  metric_batch_size = 100
"""


def disordered(number: int, dice: random.Random) -> list[str]:
    """The lines of a series: a second apart, many a little late, some too late, with a hole now and then."""
    clock, lines = START, []
    for _ in range(POINTS):
        clock += 1000 if dice.random() < 0.99 else 30_000
        late = dice.choice([0, 0, 0, 1500, 4000, 12_000]) if dice.random() < 0.3 else 0
        lines.append(f"s{number},{clock - late + number},{round(dice.gauss(100, 10), 3)}")
    return lines


def feed_and_kill(running: Agent, kafka: Kafka, topic: str, dice: random.Random) -> None:
    """A piece of the stream before each start, so that there is always something on its way."""
    series = [disordered(number, dice) for number in range(SERIES)]
    whole = [interleaved(series[partition::PARTITIONS], dice) for partition in range(PARTITIONS)]

    def produce(piece: int) -> None:
        for partition, lines in enumerate(whole):
            kafka.produce(topic, lines[len(lines) * piece // KILLS:len(lines) * (piece + 1) // KILLS], partition=partition)

    kill_again_and_again(running, dice, most=1.0, before=produce)


def points_of(influx: InfluxDB, database: str) -> list[dict[str, object]]:
    return sorted(influx.points("m", database), key=lambda point: (point["series"], point["time"]))


def wait_for_end(kafka: Kafka, group: str, topic: str) -> None:
    """All that came of the topic is delivered: only then is its end committed."""
    def at_end() -> bool:
        committed = {number: one.offset for number, one in kafka.committed(group, topic).items()}
        return committed == kafka.end_offsets(topic)

    eventually(at_end, timeout=60)


def test_windows_are_exact_after_many_kills(kafka: Kafka, unique: Callable[[str], str], influx: InfluxDB,
                                            agent: Callable[..., Agent]):
    dice = random.Random(7)
    topic = kafka.create_topic(unique("topic"), partitions=PARTITIONS)
    groups = {name: unique(name) for name in ("killed", "calm")}

    def make(name: str, workers: int) -> Agent:
        influx.create_database(name)
        return agent(source(kafka, topic, groups[name], "series")
                     + CONFIG.format(influx=influx.url, database=name, workers=workers), name=name)

    killed, calm = make("killed", 2), make("calm", 1)
    feed_and_kill(killed, kafka, topic, dice)
    for running in killed, calm:
        running.start()
    for group in groups.values():
        wait_for_end(kafka, group, topic)
    expected = points_of(influx, "calm")
    assert len(expected) > SERIES * POINTS // 10
    assert points_of(influx, "killed") == expected
    assert calm.stop() == killed.stop() == 0
