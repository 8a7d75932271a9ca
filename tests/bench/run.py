#!/usr/bin/env python3
"""Measures what vane needs and how fast it is, and prints a table.

    build/venv/bin/python tests/bench/run.py [NAME...]

Names choose: formats, host, kafka, processors, window, lua, forecast, memory, load, start, latency; all of them take
some ten minutes. Where Telegraf is installed (build/go/bin/telegraf) it does the same work in the same run, against
the same servers. What cannot be measured here is left out, with the reason. A figure is the median of several runs unless
its row says something else; VANE_BUILD says which build is measured (build). `make bench` builds everything.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from bench import TELEGRAF, Bench, Row, Skip
from bench_kafka import bench_kafka
from bench_latency import bench_latency
from bench_memory import bench_load, bench_memory, bench_start
from bench_processors import bench_processors
from bench_rooms import bench_forecast, bench_formats, bench_host, bench_lua, bench_window

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
