"""What the tests of forecast share: points, a configuration, and what comes out of them."""

import random
import re
from pathlib import Path

from influx_flow import toml
from servers import Agent

ROOT = Path(__file__).resolve().parents[2]
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND

CONFIG = """\
[agent]
  omit_hostname = true
  checkpoint_interval = "50ms"
[[inputs.file]]
  files = ["in.lp"]
  {input}
[[processors.forecast]]
{options}
[[outputs.file]]
  from = ["forecast"]
  files = ["out.lp"]
"""

USUAL = {"fields": ["v"], "history": "5m", "every": "20s", "horizon": "10s", "drop_original": True}
QUIET = {"model": "naive", "score_every": "0s"}
FROM_BEGINNING = 'tail = true\n  initial_read_offset = "saved-or-beginning"'


def config(input: str = "", **options: object) -> str:
    """From in.lp to out.lp; options are those of forecast."""
    lines = "\n".join(f"  {name} = {toml(value)}" for name, value in (USUAL | options).items())
    return CONFIG.format(input=input, options=lines)


def point(series: str, second: float, value: float, more: str = "") -> str:
    return f"m,s={series} v={value!r}{more} {START + round(second * SECOND)}\n"


def walk(series: str, count: int, dice: random.Random) -> list[str]:
    """A random walk as ticks are: not quite regular, a few of them twice, a few late, a few missing."""
    value, lines = 100.0, []
    for second in range(count):
        value += dice.gauss(0, 1)
        if dice.random() < 0.05:
            continue
        late = dice.choice([0, 0, 0, 7.5, 31]) if dice.random() < 0.1 else 0
        lines.append(point(series, second + dice.random() * 0.3 - late, round(value, 3)))
        if dice.random() < 0.03:
            lines.append(lines[-1])
    return lines


def mixed(series: dict[str, list[str]], dice: random.Random) -> list[str]:
    """All lines, those of one series in their order."""
    rest, lines = [list(reversed(one)) for one in series.values()], []
    while rest:
        one = dice.choice(rest)
        lines.append(one.pop())
        rest = [one for one in rest if one]
    return lines


def recording(count: int = 400, names: str = "abcdef") -> list[str]:
    """Its last points make forecasts due, so that the end of the input adds none: it is the same with and without."""
    dice = random.Random(7)
    lines = mixed({name: walk(name, count, dice) for name in names}, dice)
    return lines + [point(name, count + 25, 100) for name in names]


def by_series(lines: list[str]) -> dict[str, list[str]]:
    """What was written, series by series: their order among each other is nobody's promise."""
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(line.split(" ")[0], []).append(line)
    return found


def output_of(running: Agent) -> list[str]:
    path = running.folder / "out.lp"
    return path.read_text().splitlines() if path.exists() else []


def forecast(agent, lines: list[str], name: str = "agent", **options: object) -> list[str]:
    """What is forecast of these lines in one run to the end."""
    running = agent(config(**options), name=name)
    (running.folder / "in.lp").write_text("".join(lines))
    done = running.run_once()
    assert done.returncode == 0, done.stderr
    return output_of(running)


def fields_of(line: str) -> dict[str, str]:
    return dict(re.findall(r'(\w+)=("[^"]*"|[^, ]+)', line.split(" ", 1)[1].rsplit(" ", 1)[0]))


def time_of(line: str) -> int:
    return int(line.rsplit(" ", 1)[1])
