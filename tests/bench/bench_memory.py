"""Memory, at rest and under load, and the start."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import configs
from bench import TELEGRAF, Bench, Row, row
from measure import MEGABYTE, TOP, Measured, median_of, seconds_to_output

from servers import Exchange
from servers.places import built

LOAD_SECONDS, LOAD_RATE = int(os.environ.get("VANE_LOAD_SECONDS", "60")), 2000
SETTLED = 3                                     # seconds after which an idle agent has come to rest


def resident_after(agent: Measured, seconds: float) -> float:
    """Megabytes; an agent that ended meanwhile is an error."""
    time.sleep(seconds)
    assert agent.alive, f"{agent.name} has ended: {agent.log.read_text()[-300:]}"
    return agent.resident / MEGABYTE


def files_config(bench: Bench, way: str, target: str) -> Path:
    (bench.folder / "prices.influx").write_text("mess,coin=BTCBUSD value=46920.37 1648522311673000000\n")
    return bench.config(configs.FILES, tail=way, folder=bench.folder, target=target)


def idle_with_files(bench: Bench, start: Callable[[Path], Measured], way: str) -> float:
    with start(files_config(bench, way, str(bench.folder / "out.influx"))) as agent:
        return resident_after(agent, SETTLED)


@contextmanager
def bitcoin(bench: Bench, *options: str) -> Iterator[tuple[Measured, Exchange]]:
    """config/bitcoin.toml on real servers, and an exchange with these options."""
    topic = bench.kafka.create_topic(bench.unique("bitcoin"))
    bench.influx.create_database(topic)
    with Exchange(bench.folder / bench.unique("exchange"), "--walk", *options) as exchange:
        environment = {"BINANCE_URL": exchange.url, "KAFKA_BROKERS": bench.kafka.bootstrap,
                       "KAFKA_TOPIC": topic, "KAFKA_GROUP": topic,
                       "INFLUX_API": "v1", "INFLUX_URL": bench.influx.url, "INFLUX_BUCKET": topic}
        with bench.vane(TOP / "config/bitcoin.toml", environment) as agent:
            yield agent, exchange


def bench_memory(bench: Bench) -> Iterator[Row]:
    used = idle_with_files(bench, bench.vane, configs.TAIL)
    peer = idle_with_files(bench, bench.telegraf, configs.TAIL_TELEGRAF) if TELEGRAF.exists() else None
    yield row("memory, idle: file plugins", used, "MB", most=5, peer=peer)
    with bitcoin(bench, "--wait-for", "1000") as (agent, _):
        yield row("memory, idle: config/bitcoin.toml", resident_after(agent, SETTLED), "MB", most=25)


def bench_load(bench: Bench) -> Iterator[Row]:
    """Flat: what the second half of the time adds is less than a megabyte."""
    with bitcoin(bench, "--rate", str(LOAD_RATE)) as (agent, exchange):
        half = resident_after(agent, LOAD_SECONDS / 2)
        whole = resident_after(agent, LOAD_SECONDS / 2)
    yield Row(f"memory, {LOAD_RATE} ticks/s: after {LOAD_SECONDS // 2} s and {LOAD_SECONDS} s",
              f"{half:.3g}, {whole:.3g} MB", "flat", whole - half < 1)


def bench_start(bench: Bench) -> Iterator[Row]:
    def first_output(program: Path) -> float:
        command = [program, "--config", files_config(bench, configs.READ, "stdout"), "--once"]
        return median_of(9, lambda: seconds_to_output(command, bench.folder)) * 1e3

    yield row("start to first gather, and its metric on standard output", first_output(built("vane")), "ms",
              most=50, peer=first_output(TELEGRAF) if TELEGRAF.exists() else None)
