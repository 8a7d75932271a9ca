"""Kafka to a store that accepts everything."""

import statistics
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import configs
from bench import MESSAGES, ROUNDS, TELEGRAF, Bench, Row, Skip, per_message, row
from measure import MEGABYTE, Measured, Usage

from servers import Process
from servers.places import built, program


@contextmanager
def sink(folder: Path) -> Iterator[tuple[str, Callable[[], int]]]:
    """The C server: its address, and how many lines it was given."""
    with Process("sink", [built("bench/sink")], folder) as server:
        url = server.output.wait_for(r"^listening on (\S+)", 10)[1]

        def lines() -> int:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return int(answer.read())

        yield url, lines


def fill_topic(bench: Bench) -> str:
    """A topic with a price a second, as BinanceData.py wrote them."""
    topic, file = bench.kafka.create_topic(bench.unique("prices")), bench.folder / "prices.csv"
    file.write_text("".join(f"BTCBUSD,{1648522311673 + i},{40000 + i % 99991 / 100:.2f}000000\n"
                            for i in range(MESSAGES)))
    subprocess.run([program("kcat"), "-q", "-P", "-b", bench.kafka.bootstrap, "-t", topic,
                    "-X", "linger.ms=20", "-l", file], check=True, timeout=120)
    file.unlink()
    assert bench.kafka.end_offsets(topic) == {0: MESSAGES}
    return topic


def write_all(bench: Bench, topic: str, start: Callable[[Path], Measured], config: str) -> Usage:
    """One agent takes the whole topic to the sink."""
    with sink(bench.folder) as (url, lines):
        path = bench.config(config, brokers=bench.kafka.bootstrap, topic=topic, group=bench.unique("group"),
                            url=url)
        with start(path) as agent:
            agent.wait_until(lambda: lines() >= MESSAGES, 120)
            return agent.stop()


def bare_loop(bench: Bench, topic: str) -> Usage:
    command = [built("bench/consume"), bench.kafka.bootstrap, topic, str(MESSAGES)]
    with Measured(command, bench.folder, "consume") as loop:
        return loop.wait()


def bench_kafka(bench: Bench) -> Iterator[Row]:
    """All take turns, so that what else the machine does meets them alike."""
    topic = fill_topic(bench)
    runs, bare, others = [], [], []
    for _ in range(ROUNDS):
        runs.append(write_all(bench, topic, bench.vane, configs.KAFKA_TO_INFLUX))
        bare.append(bare_loop(bench, topic))
        if TELEGRAF.exists():
            others.append(write_all(bench, topic, bench.telegraf, configs.KAFKA_TO_INFLUX_TELEGRAF))
    work = "Kafka csv -> influx_out, CPU time a metric"
    cost, least = (statistics.median(map(per_message, them)) for them in (runs, bare))
    times = statistics.median(one.cpu / loop.cpu for one, loop in zip(runs, bare))
    yield Row(f"{work}, beside a bare poll loop", f"{times:.2g} times {least:.3g} us", "at most 3 times",
              times <= 3)
    if not others:
        yield Row(work, f"{cost:.3g} us")
        raise Skip("no Telegraf to compare with")
    times = statistics.median(other.cpu / one.cpu for one, other in zip(runs, others))
    peer = statistics.median(map(per_message, others))
    yield Row(work, f"{cost:.3g} us", "1/10 of Telegraf's", times >= 10, f"{peer:.3g} us",
              f"{times:.1f} times")
    yield row("  memory at most, meanwhile", max(run.peak for run in runs) / MEGABYTE, "MB",
              peer=max(run.peak for run in others) / MEGABYTE)
