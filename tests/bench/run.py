#!/usr/bin/env python3
"""Measures what vane needs and how fast it is, and prints a table.

    build/venv/bin/python tests/bench/run.py [NAME...]

Names choose: formats, host, kafka, processors, window, lua, forecast, memory, load, start, latency; all of them take
some ten minutes. Where Telegraf is installed (build/go/bin/telegraf) it does the same work in the same run, against
the same servers. What cannot be measured here is left out, with the reason. A figure is the median of several runs unless
its row says something else; VANE_BUILD says which build is measured (build). `make bench` builds everything.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from measure import MEGABYTE, TOP, Measured, Usage, median_of, seconds_to_output

import configs

from servers import Exchange, InfluxDB, Kafka, Process
from servers.places import TOOLS, built, program

TELEGRAF = TOOLS / "go/bin/telegraf"
MESSAGES = 1_000_000
ROUNDS = 3
LATENCY_ROUNDS, LATENCY_SECONDS = 5, 10
LATENCY_SYMBOLS, LATENCY_RATE = 10, 1000        # ticks a second of each symbol
LOAD_SECONDS, LOAD_RATE = int(os.environ.get("VANE_LOAD_SECONDS", "60")), 2000
SETTLED = 3                                     # seconds after which an idle agent has come to rest


class Skip(Exception):
    """Why something cannot be measured here."""


@dataclass
class Row:
    """One line of the table; what is empty is not printed."""

    work: str
    measured: str
    reach: str = ""
    reached: bool | None = None
    peer: str = ""
    ratio: str = ""


def row(work: str, value: float, unit: str, *, most: float | None = None, least: float | None = None,
        peer: float | None = None) -> Row:
    """A row that is judged by the number it shows; the ratio: how many times better it is than the peer."""
    reach, reached = "", None
    if most is not None:
        reach, reached = f"at most {most:g} {unit}", value <= most
    elif least is not None:
        reach, reached = f"{least:g} {unit}", value >= least
    return Row(work, f"{value:.3g} {unit}", reach, reached,
               f"{peer:.3g} {unit}" if peer is not None else "", f"{peer / value:.1f} times" if peer else "")


# ---- What the benches share ----

class Bench:
    """The servers of a run, each started when something first needs it, and a folder for everything."""

    def __init__(self, folder: Path, life: ExitStack):
        self.folder = folder
        self._life = life
        self._count = 0

    @cached_property
    def kafka(self) -> Kafka:
        return self._life.enter_context(Kafka(self.folder / "kafka"))

    @cached_property
    def influx(self) -> InfluxDB:
        return self._life.enter_context(InfluxDB(self.folder / "influxdb"))

    def unique(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count}"

    def config(self, text: str, **values: object) -> Path:
        path = self.folder / f"{self.unique('config')}.toml"
        path.write_text(text.format(**values))
        return path

    def vane(self, config: Path, env: dict[str, str] | None = None) -> Measured:
        name = self.unique("vane")
        return Measured([built("vane"), "--config", config], self.folder, name,
                        {"STATE_DIRECTORY": str(self.folder / name), **(env or {})})

    def telegraf(self, config: Path) -> Measured:
        return Measured([TELEGRAF, "--config", config], self.folder, self.unique("telegraf"))


def million_a_second(bench_program: str, line: str) -> float:
    """What one of the programs in tests/bench prints behind that name."""
    try:
        path = built(f"bench/{bench_program}")
    except AssertionError as missing:
        raise Skip(str(missing)) from None
    text = subprocess.run([path], capture_output=True, text=True, check=True, timeout=300).stdout
    found = re.search(rf"{line}\D*([\d.]+) million metrics/s", text)
    assert found, f"{bench_program} prints no '{line}':\n{text}"
    return float(found[1])


# ---- One core: formats and the host ----

def bench_formats(_: Bench) -> Iterator[Row]:
    for way in ("decode", "encode"):
        rate = million_a_second("format_bench", f"line protocol {way}")
        yield row(f"line protocol, {way}, one core", rate, "M metrics/s", least=3)


def bench_host(_: Bench) -> Iterator[Row]:
    rate = median_of(ROUNDS, lambda: million_a_second("host_bench", ""))
    yield row("host: input, two processors that read, output, one core", rate, "M metrics/s", least=10)


# ---- Kafka to a store that accepts everything ----

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


def per_message(usage: Usage) -> float:
    """Microseconds of CPU time."""
    return usage.cpu / MESSAGES * 1e6


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


# ---- Processors: what becomes of a metric behind the input, beside an input that drops all it has read ----

def lines_file(bench: Bench) -> Path:
    """Prices of 1,000 series, without times: an aggregator of Telegraf drops what is not of now."""
    file = bench.folder / "series.influx"
    file.write_text("".join(f"mess,coin=C{i % 1000} value={40000 + i % 99991 / 100:.2f}\n" for i in range(MESSAGES)))
    return file


def read_through(bench: Bench, command: list[str | Path], config: str, file: Path, processor: str) -> float:
    """Microseconds of CPU a metric, from the start to the end of the file."""
    path = bench.config(config, file=file, processor=processor, input="" if processor else '  namedrop = ["*"]')
    with Measured([*command, "--config", path, "--once"], bench.folder, bench.unique("once")) as agent:
        return per_message(agent.wait())


def added(bench: Bench, command: list[str | Path], config: str, file: Path, processor: str) -> float:
    """With the processor less without, in turns."""
    return median_of(ROUNDS, lambda: read_through(bench, command, config, file, processor)
                     - read_through(bench, command, config, file, ""))


def bench_processors(bench: Bench) -> Iterator[Row]:
    file = lines_file(bench)
    for work, mine, other, least in (("window: mean, min, max, count of 1,000 series", configs.WINDOW, configs.BASICSTATS, 10),
                                     ("lua: a four-line apply", configs.LUA, configs.STARLARK, 5)):
        cost = added(bench, [built("vane"), "run"], configs.PROCESS, file, mine)
        if not TELEGRAF.exists():
            yield Row(f"{work}, CPU time a metric", f"{cost:.3g} us")
            continue
        peer = added(bench, [TELEGRAF], configs.PROCESS_TELEGRAF, file, other)
        yield Row(f"{work}, CPU time a metric", f"{cost:.3g} us", f"1/{least} of Telegraf's", peer >= least * cost,
                  f"{peer:.3g} us", f"{peer / cost:.1f} times")


# ---- Rooms of plugins, alone ----

def printed(bench_program: str) -> str:
    try:
        path = built(f"bench/{bench_program}")
    except AssertionError as missing:
        raise Skip(str(missing)) from None
    return subprocess.run([path], capture_output=True, text=True, check=True, timeout=300).stdout


def number_in(text: str, pattern: str) -> float:
    found = re.search(pattern, text)
    assert found, f"no '{pattern}' in:\n{text}"
    return float(found[1])


def bench_window(_: Bench) -> Iterator[Row]:
    text = printed("window_bench")
    yield row("window: mean, min, max, count of 1,000 series, one core", number_in(text, r": ([\d.]+) million"), "M metrics/s",
              least=5)
    yield row("  a million open windows", number_in(text, r"open series: (\d+) MB"), "MB", most=1000)


def bench_lua(_: Bench) -> Iterator[Row]:
    text = printed("lua_bench")
    yield row("lua: a four-line apply, one core", number_in(text, r"lua apply +([\d.]+) million"), "M metrics/s", least=1.5)
    yield row("  apply_batch", number_in(text, r"lua apply_batch +([\d.]+) million"), "M metrics/s", least=3)


PROPHET = """
import sys, time, logging
logging.getLogger("cmdstanpy").disabled = True
import pandas
from prophet import Prophet
frame = pandas.read_csv(sys.argv[1], names=["ds", "y"])
frame["ds"] = pandas.to_datetime(frame["ds"].cumsum(), unit="s")    # seconds since the row before
began = time.perf_counter()
model = Prophet(daily_seasonality=True, weekly_seasonality=True, yearly_seasonality=True)
model.fit(frame)
model.predict(model.make_future_dataframe(periods=299, freq="s", include_history=False))
print(time.perf_counter() - began)
"""


def prophet_seconds() -> float | None:
    """Prophet's own fit and forecast of as many rows with the same seasonalities; None: it is not installed."""
    command = [sys.executable, "-c", PROPHET, TOP / "tests/data/prophet/synthetic_1s.csv"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None


def bench_forecast(_: Bench) -> Iterator[Row]:
    found = json.loads(printed("prophet_bench"))
    yield row("prophet: fit of 16,791 points, 61 parameters", found["fit_cold_ms"], "ms", most=15)
    yield row("  warm, from the last fit", found["fit_warm_ms"], "ms", most=found["fit_cold_ms"])
    whole, other = found["fit_and_299_steps_ms"], prophet_seconds()
    yield row("  fit, and 299 steps with intervals", whole, "ms", most=25)
    if other is not None:
        yield Row("  beside Prophet itself", f"{other * 1e3 / whole:.0f} times faster", "300 times",
                  other * 1e3 / whole >= 300, f"{other:.3g} s (Prophet)")
    text = printed("forecast_bench")
    yield row("forecast: a point, naive", number_in(text, r"naive +a point: (\d+) ns"), "ns", most=200)
    yield row("  a point, auto", number_in(text, r"auto: a point (\d+) ns"), "ns", most=2000)
    yield row("  1,000 series, auto, each forecast every minute", number_in(text, r"every minute: (\d+) %"), "% of a core",
              most=100)


# ---- Memory and start ----

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


# ---- A tick's way into Kafka ----

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


# ---- The table ----

BENCHES: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "formats": bench_formats, "host": bench_host, "kafka": bench_kafka, "processors": bench_processors,
    "window": bench_window, "lua": bench_lua, "forecast": bench_forecast,
    "memory": bench_memory,
    "load": bench_load, "start": bench_start, "latency": bench_latency,
}


def telegraf_version() -> str:
    if not TELEGRAF.exists():
        return "Telegraf is not installed: nothing is compared with it."
    known = subprocess.run(["go", "version", "-m", TELEGRAF], capture_output=True, text=True)
    found = re.search(r"\tmod\s+\S+\s+(\S+)", known.stdout)
    return (f"Telegraf {found[1] if found else ''} was built with the plugins that are compared only, which "
            "makes it smaller and faster to start than the released one.")


def machine() -> str:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return (f"{os.cpu_count()} cores, {model[1] if model else os.uname().machine}, shared by all that runs "
            f"here, servers included; load {os.getloadavg()[1]:.1f}.")


def print_table(rows: list[Row]) -> None:
    verdict = {None: "", True: "reached", False: "MISSED"}
    lines = [("work", "measured", "reach", "", "Telegraf", "better")]
    lines += [(one.work, one.measured, one.reach, verdict[one.reached], one.peer, one.ratio) for one in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for number, line in enumerate(lines):
        print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def run_bench(name: str, bench: Bench, rows: list[Row]) -> str:
    """Adds its rows; the sentence says why some are missing, or is empty."""
    began = time.monotonic()
    print(f"{name} ...", end="", flush=True)
    try:
        for one in BENCHES[name](bench):
            rows.append(one)
        why = ""
    except Skip as skip:
        why = f"{name}: left out: {skip}"
    except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as error:
        why = f"{name}: FAILED: {error}"
    print(f" {time.monotonic() - began:.0f} s {why}", flush=True)
    return why


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHES))
    names = parser.parse_args().names or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        parser.error(f"{unknown[0]} is not one of {', '.join(BENCHES)}")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="vane-bench.") as folder, ExitStack() as life:
        bench = Bench(Path(folder), life)
        notes = [why for name in names if (why := run_bench(name, bench, rows))]
    print()
    print_table(rows)
    print("\n" + "\n".join([machine(), telegraf_version(), *notes]))
    return 1 if any(": FAILED: " in note for note in notes) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
