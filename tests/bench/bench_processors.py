"""What a processor costs: as a part of the whole agent, and behind the input."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import configs
from bench import MESSAGES, ROUNDS, TELEGRAF, Bench, Row, per_message, row
from measure import Measured

from servers.places import built


@dataclass(frozen=True)
class Work:
    """The same for both agents; `least`: how many times less CPU vane is to take for the whole of it."""

    name: str
    mine: str
    peer: str
    least: int


WORKS = [Work("window: mean, min, max, count of 1,000 series", configs.WINDOW, configs.BASICSTATS, 10),
         Work("lua: a four-line apply", configs.LUA, configs.STARLARK, 5)]


def lines_file(bench: Bench) -> Path:
    """Prices of 1,000 series, without times: an aggregator of Telegraf drops what is not of now."""
    file = bench.folder / "series.influx"
    file.write_text("".join(f"mess,coin=C{i % 1000} value={40000 + i % 99991 / 100:.2f}\n" for i in range(MESSAGES)))
    return file


def cost(bench: Bench, agent: str, file: Path, processor: str, *, drops: str = "") -> float:
    """Microseconds of CPU a metric, from the agent's start to the end of the file; `drops`: inputs or outputs, all they get."""
    command, config = ([built("vane"), "run"], configs.PROCESS) if agent == "vane" else ([TELEGRAF], configs.PROCESS_TELEGRAF)
    drop = '  namedrop = ["*"]'
    path = bench.config(config, file=file, processor=processor, input=drop if drops == "inputs" else "",
                        output=drop if drops == "outputs" else "")
    with Measured([*command, "--config", path, "--once"], bench.folder, bench.unique("once")) as run:
        return per_message(run.wait())


def whole(bench: Bench, agent: str, file: Path, processor: str) -> float:
    """A file is read, and what the processor makes of it is written as lines."""
    return cost(bench, agent, file, processor)


def behind_input(bench: Bench, agent: str, file: Path, processor: str) -> float:
    """What the processor adds, with nothing written, to an input that drops all it has read."""
    return cost(bench, agent, file, processor, drops="outputs") - cost(bench, agent, file, "", drops="inputs")


def compare(bench: Bench, file: Path, work: Work, way: Callable[..., float]) -> tuple[float, float | None]:
    """vane's and Telegraf's, in turns, so that what else the machine does meets both alike."""
    mine, theirs = [], []
    for _ in range(ROUNDS):
        mine.append(way(bench, "vane", file, work.mine))
        if TELEGRAF.exists():
            theirs.append(way(bench, "telegraf", file, work.peer))
    return statistics.median(mine), statistics.median(theirs) if theirs else None


def bench_processors(bench: Bench) -> Iterator[Row]:
    file = lines_file(bench)
    for work in WORKS:
        used, peer = compare(bench, file, work, whole)
        title = f"{work.name}: file to file, CPU time a metric"
        if peer is None:
            yield Row(title, f"{used:.3g} us")
        else:
            yield Row(title, f"{used:.3g} us", f"1/{work.least} of Telegraf's", peer >= work.least * used,
                      f"{peer:.3g} us", f"{peer / used:.1f} times")
        used, peer = compare(bench, file, work, behind_input)
        yield row("  of this, behind the input and before the output", used, "us", peer=peer)
