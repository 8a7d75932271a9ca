"""A tick's way into Kafka."""

import json
import re
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import configs
from bench import Bench, Row, row
from measure import Measured

from servers import Exchange
from servers.places import built

LATENCY_ROUNDS, LATENCY_SECONDS = 5, 10
LATENCY_SYMBOLS, LATENCY_RATE = 10, 1000        # ticks a second of each symbol


def status(exchange: Exchange) -> dict[str, int]:
    return json.loads(exchange.ask("status"))


@dataclass(frozen=True)
class Latency:
    """Milliseconds from websocket frame to acknowledgement, as vane sums them up; and what it had to drop."""

    median: float
    late: float         # 99 %
    dropped: int


def read_latency(log: str) -> Latency:
    dropped = re.search(r"summary: .* (\d+) dropped", log)
    found = re.search(r"delivery (\S+) ms \(median\), (\S+) ms", log)
    assert dropped and found, f"no summary: {log[-300:]}"
    return Latency(float(found[1]), float(found[2]), int(dropped[1]))


def let_some_go_ahead(bench: Bench, agent: Measured, exchange: Exchange, topic: str) -> None:
    """Until connections and metadata are there; these ticks are too few to count."""
    agent.wait_until(lambda: status(exchange)["subscriptions"] == LATENCY_SYMBOLS, 20)
    exchange.ask("resume")
    agent.wait_until(lambda: status(exchange)["ticks"] > 0, 20)
    exchange.ask("pause")
    agent.wait_until(lambda: bench.kafka.end_offsets(topic)[0] > 0, 20)


def latency_run(bench: Bench) -> Latency:
    topic = bench.kafka.create_topic(bench.unique("ticks"))
    symbols = [f"coin{i}usdt" for i in range(LATENCY_SYMBOLS)]
    ticks = LATENCY_SYMBOLS * LATENCY_RATE * LATENCY_SECONDS
    with Exchange(bench.folder / bench.unique("exchange"), "--walk", "--symbols", ",".join(symbols),
                  "--rate", str(LATENCY_RATE), "--ticks", str(ticks)) as exchange:
        exchange.ask("pause")
        path = bench.config(configs.WEBSOCKET_TO_KAFKA, exchange=exchange.url, brokers=bench.kafka.bootstrap,
                            topic=topic, symbols=", ".join(f'"{symbol}"' for symbol in symbols))
        with bench.vane(path) as agent:
            let_some_go_ahead(bench, agent, exchange, topic)
            exchange.ask("resume")
            exchange.output.wait_for("^source ended", LATENCY_SECONDS * 3)
            agent.stop()
    return read_latency(agent.log.read_text())


def bare_producer(bench: Bench) -> Latency:
    """The broker's part of it: as many messages, as often, from a program that does nothing else."""
    rate = LATENCY_SYMBOLS * LATENCY_RATE
    topic = bench.kafka.create_topic(bench.unique("bare"))
    command = [built("bench/produce"), bench.kafka.bootstrap, topic, str(rate * LATENCY_SECONDS), str(rate)]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    found = re.match(r"(\S+) ms, (\S+) ms", text)
    return Latency(float(found[1]), float(found[2]), 0)


def bench_latency(bench: Bench) -> Iterator[Row]:
    """The producer and vane take turns: what they share is the broker, and the rest of the machine."""
    bare_producer(bench)        # a broker's first seconds are its slowest
    runs, bare = [], []
    for _ in range(LATENCY_ROUNDS):
        runs.append(latency_run(bench))
        bare.append(bare_producer(bench))
    work = f"websocket frame to Kafka's answer, {LATENCY_SYMBOLS * LATENCY_RATE} ticks/s"
    yield row(f"{work}, 99 %", statistics.median(one.late for one in runs), "ms", most=5)
    yield row("  median", statistics.median(one.median for one in runs), "ms")
    yield row("  of a bare rd_kafka_produce loop, 99 %", statistics.median(one.late for one in bare), "ms")
    yield row("  median", statistics.median(one.median for one in bare), "ms")
    if dropped := sum(one.dropped for one in runs):
        yield Row("  dropped, where Kafka stood still too long", f"{dropped}")
