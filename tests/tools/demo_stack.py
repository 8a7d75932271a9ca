#!/usr/bin/env python3
"""The whole chain on real servers: an exchange -> Kafka -> InfluxDB, by one vane with config/bitcoin.toml.

    build/venv/bin/python tests/tools/demo_stack.py                    until Ctrl-C
    DURATION=20s build/venv/bin/python tests/tools/demo_stack.py       for so long

The servers listen on free ports and keep what they write in a temporary folder. At the end the points are
read back from InfluxDB, with the client that its users have, and counted against what the exchange sent and
what Kafka holds. Exit code 0 when all three agree. VANE_BUILD says which build is shown (build).
`make demo-stack` installs the servers and builds first.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/flow"))

from servers import Exchange, InfluxDB, Kafka, eventually, process  # noqa: E402
from servers.places import built  # noqa: E402

SYMBOL, RATE = "btcusdt", 1         # ticks a second, as Binance sends them
TOPIC = "binance_data"
DATABASE, MEASUREMENT = "binance", "mess"
POINTS_SHOWN = 10
SECONDS = {"s": 1, "m": 60, "h": 3600}

# Ctrl-C is for this program, which ends vane before the servers it writes to: what is started here has
# a session of its own.
process.BIND_LIFE.insert(0, "setsid")


def say(text: str = "") -> None:
    print(text, flush=True)


def duration() -> float | None:
    """DURATION in seconds: 20s, 1.5m, 90; None without it."""
    text = os.environ.get("DURATION")
    if not text:
        return None
    if not (found := re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)):
        sys.exit(f"demo-stack: DURATION is a time as 20s or 2m, not {text!r}")
    return float(found[1]) * SECONDS[found[2] or "s"]


# ---- vane, its tables on this terminal ----

class Vane:
    """vane with config/bitcoin.toml. It writes to our standard output; of its log, the summary is kept."""

    def __init__(self, environment: Mapping[str, str], end: threading.Event):
        """`end` is set when vane ends by itself."""
        self.summary: list[str] = []
        self._end = end
        self._child = subprocess.Popen(
            [*process.BIND_LIFE, built("vane"), "--config", TOP / "config/bitcoin.toml"],
            env={**os.environ, **environment}, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def _read_log(self) -> None:
        for line in self._child.stderr:
            if " summary: " in line:
                self.summary.append(line)
            else:
                print(line, end="", file=sys.stderr, flush=True)
        self._end.set()

    @property
    def alive(self) -> bool:
        return self._child.poll() is None

    def stop(self) -> int:
        """SIGTERM, if it still runs; the exit code."""
        self._child.send_signal(signal.SIGTERM)
        code = self._child.wait(30)
        self._reader.join(5)
        return code

    def __enter__(self) -> "Vane":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._child.wait()


# ---- The chain ----

class Stack:
    """The servers, and vane between them."""

    def __init__(self, folder: Path, life: ExitStack):
        self.ledger = folder / "ledger.csv"
        self.kafka = life.enter_context(Kafka(folder / "kafka"))
        self.kafka.create_topic(TOPIC)
        self.influx = life.enter_context(InfluxDB(folder / "influxdb"))
        self.influx.create_database(DATABASE)
        self.exchange = life.enter_context(Exchange(
            folder / "exchange", "--walk", "--symbols", f"{SYMBOL}=68000", "--rate", str(RATE),
            "--wait-for", "1", "--ledger", self.ledger))
        self.end = threading.Event()
        self._life = life
        self._folder = folder
        self.vane: Vane | None = None

    def start_vane(self) -> None:
        self.vane = self._life.enter_context(Vane({
            "STATE_DIRECTORY": str(self._folder / "state"),
            "BINANCE_URL": self.exchange.url, "SYMBOL": SYMBOL,
            "KAFKA_BROKERS": self.kafka.bootstrap, "KAFKA_TOPIC": TOPIC,
            "INFLUX_API": "v1", "INFLUX_URL": self.influx.url, "INFLUX_BUCKET": DATABASE,
        }, self.end))

    def ticks(self) -> int:
        """How many ticks the exchange has made; its ledger is complete on disk afterwards."""
        return json.loads(self.exchange.ask("status"))["ticks"]

    def points(self) -> int:
        return self.influx.count(MEASUREMENT, "value", DATABASE)

    def finish(self) -> int:
        """The exchange pauses, what it sent arrives, vane stops; its exit code."""
        self.exchange.ask("pause")
        sent = self.ticks()
        try:
            eventually(lambda: not self.vane.alive or self.points() >= sent, 20)
        except AssertionError:
            say("demo-stack: not all ticks have arrived")
        return self.vane.stop()


# ---- What it ends with ----

def show_points(rows: Sequence[Mapping[str, object]]) -> None:
    say(f"  {'time (UTC)':<25}{'coin':<10}{'value':>12}")
    for row in rows:
        when = datetime.fromtimestamp(row["time"] / 1e9, timezone.utc)
        time_text = f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03}"
        say(f"  {time_text:<25}{row['coin']:<10}{row['value']:>12.2f}")


def show_latency(summary: Sequence[str]) -> None:
    """How long a point took from Kafka into InfluxDB, as vane measured it."""
    for line in summary:
        if found := re.search(r"influx_out: .* delivery (\S+ ms) \(median\)", line):
            say(f"  from a message's time in Kafka to InfluxDB's answer: {found[1]} (median)")


def report(stack: Stack) -> bool:
    """Prints what InfluxDB has, and the three counts; do they agree?"""
    newest = f'SELECT * FROM "{MEASUREMENT}" ORDER BY time DESC LIMIT {POINTS_SHOWN}'
    last = stack.influx.query(newest, DATABASE)
    say(f"\nThe last {len(last)} points, read back from InfluxDB with its Python client:\n")
    show_points(last[::-1])
    ticks = len(stack.ledger.read_text().splitlines())
    messages = sum(stack.kafka.end_offsets(TOPIC).values())
    points = stack.points()
    say(f"\n  ticks the exchange made  {ticks:>8}   (its ledger)")
    say(f"  messages in Kafka        {messages:>8}   (topic {TOPIC})")
    say(f"  points in InfluxDB       {points:>8}   (measurement {MEASUREMENT})\n")
    show_latency(stack.vane.summary)
    agree = ticks == messages == points and ticks > 0
    say("  Nothing was lost, nothing came twice." if agree else "  THE COUNTS DIFFER.")
    return agree


def run(folder: Path, life: ExitStack) -> int:
    limit = duration()
    began = time.monotonic()
    say("Starting a real Kafka broker, a real InfluxDB and a SIMULATOR of the exchange ...")
    stack = Stack(folder, life)
    say(f"  Kafka     {stack.kafka.bootstrap}\n  InfluxDB  {stack.influx.url}\n"
        f"  exchange  {stack.exchange.url} (it speaks Binance's protocol, its prices are invented)\n"
        f"  ready in {time.monotonic() - began:.1f} s\n\n"
        f"vane --config config/bitcoin.toml, {f'for {limit:g} s' if limit else 'until Ctrl-C'}:\n")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stack.end.set())
    stack.start_vane()
    stack.end.wait(limit)
    if not stack.vane.alive:
        say("demo-stack: vane has ended by itself, see above")
        return 1
    code = stack.finish()
    return 0 if report(stack) and code == 0 else 1


def main() -> int:
    try:
        with tempfile.TemporaryDirectory(prefix="vane-demo.") as folder, ExitStack() as life:
            return run(Path(folder), life)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
