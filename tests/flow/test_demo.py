"""What the two demos show: the scripts themselves, and config/bitcoin.toml to the last tick."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from servers import eventually, patience
from servers.places import TOP

DEMO = TOP / "tests/tools/demo"
DEMO_STACK = TOP / "tests/tools/demo_stack.py"


def run_for(seconds: int, command: list[str | Path], **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env={**os.environ, "DURATION": f"{seconds}s", **env}, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=patience(60))


def figures(text: str) -> dict[str, int]:
    """The last lines of a demo: `  ticks in    40` -> {"ticks in": 40}."""
    return {name: int(count) for name, count in re.findall(r"^  (\w[\w ]*?) +(\d+)\b", text, re.M)}


# ---- make demo ----

def check_demo(text: str) -> None:
    assert "SIMULATOR" in text
    assert re.search(r"^\|\d{4}-\d\d-\d\dT\S+Z\|ticker\|BTCUSDT\|", text, re.M)
    counted = figures(text)
    assert counted["ticks in"] == counted["points out"] > 0
    assert counted["dropped"] == counted["errors"] == 0


def test_the_demo_shows_ticks_and_ends_with_a_summary() -> None:
    done = run_for(5, [DEMO])
    assert done.returncode == 0, done.stderr
    check_demo(done.stdout)
    assert figures(done.stdout)["ticks in"] >= 8


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_demo_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    demo = subprocess.Popen([DEMO], env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    shown = ""
    while "|BTCUSDT|" not in shown:
        line = demo.stdout.readline()
        assert line, f"the demo has ended: {demo.stderr.read()}"
        shown += line
    demo.send_signal(number)
    rest, errors = demo.communicate(timeout=patience(20))   # until nobody holds its output any more
    assert demo.returncode == 0, errors
    check_demo(shown + rest)
    assert not list(tmp_path.iterdir())


def test_the_demo_refuses_an_unknown_exchange() -> None:
    done = run_for(5, [DEMO], EXCHANGE="mars")
    assert done.returncode == 1
    assert "simulator or real" in done.stderr


# ---- make demo-stack ----

def test_the_stack_demo_counts_alike_at_every_station() -> None:
    done = run_for(5, [sys.executable, "-B", DEMO_STACK])
    assert done.returncode == 0, done.stdout + done.stderr
    counts = figures(done.stdout)
    ticks = counts["ticks the exchange made"]
    assert ticks == counts["messages in Kafka"] == counts["points in InfluxDB"] > 0
    assert "SIMULATOR" in done.stdout and "Nothing was lost" in done.stdout


def read_ledger(path: Path) -> list[tuple[str, int]]:
    """(symbol, time in ms) of every tick the exchange made."""
    rows = [line.split(",") for line in path.read_text().splitlines()]
    return [(row[0], int(row[1])) for row in rows]


def test_bitcoin_toml_brings_every_tick_into_influxdb(kafka, topic, influx, exchange, agent, unique,
                                                      tmp_path) -> None:
    ticks, ledger = 400, tmp_path / "ledger.csv"
    market = exchange("--walk", "--symbols", "btcbusd=46920", "--rate", "100", "--ticks", str(ticks),
                      "--wait-for", "1", "--ledger", ledger)
    running = agent((TOP / "config/bitcoin.toml").read_text(), env={
        "BINANCE_URL": market.url, "SYMBOL": "btcbusd",
        "KAFKA_BROKERS": kafka.bootstrap, "KAFKA_TOPIC": topic, "KAFKA_GROUP": unique("group"),
        "INFLUX_API": "v1", "INFLUX_URL": influx.url, "INFLUX_BUCKET": "prices"})
    influx.create_database("prices")
    running.start()
    market.output.wait_for(f"^source ended after {ticks} ticks", 30)
    eventually(lambda: influx.count("mess", "value", "prices") == ticks, 20)
    assert running.stop() == 0

    sent = read_ledger(ledger)
    messages = [value.split(",") for value in kafka.values(topic)]
    points = influx.points("mess", "prices")
    assert [(row[0], int(row[1])) for row in messages] == sent
    assert [(point["coin"], point["time"] // 1_000_000) for point in points] == sent
    assert [point["value"] for point in points] == [float(row[2]) for row in messages]
    assert running.output.text.count("|BTCBUSD|") == ticks      # the tables on the terminal
