"""What the benches share: rows of the table, the servers of a run, and what a bench program prints."""

import re
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from measure import Measured, Usage

from servers import InfluxDB, Kafka
from servers.places import TOOLS, built

TELEGRAF = TOOLS / "go/bin/telegraf"
MESSAGES = 1_000_000
ROUNDS = 3


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


def per_message(usage: Usage) -> float:
    """Microseconds of CPU time."""
    return usage.cpu / MESSAGES * 1e6
