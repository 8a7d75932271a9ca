"""What the tests of file_in and file_out share: a config around both, numbered lines, and their output."""

from collections.abc import Callable
from pathlib import Path

from servers import Agent, eventually

MakeAgent = Callable[..., Agent]

CONFIG = """\
[agent]
  omit_hostname = true
  checkpoint_interval = "50ms"
[[inputs.file]]
  files = {files}
{input}
{processors}
[[outputs.file]]
  files = ["out.lp"]
{output}
"""

FROM_BEGINNING = '  tail = true\n  initial_read_offset = "saved-or-beginning"'


def config(files: str = '["in.lp"]', input: str = "", output: str = "", processors: str = "") -> str:
    return CONFIG.format(files=files, input=input, output=output, processors=processors)


def lines(first: int, end: int) -> list[str]:
    """Lines of the measurement m, numbered first .. end - 1 by their value and time."""
    return [f"m,host=a,part={i % 7} value={i}i {1_700_000_000_000_000_000 + i}\n" for i in range(first, end)]


def write(path: Path, text: list[str]) -> None:
    path.write_text("".join(text))


def append(path: Path, text: list[str]) -> None:
    with path.open("a") as file:
        file.write("".join(text))


def output_of(running: Agent, name: str = "out.lp") -> list[str]:
    path = running.folder / name
    return path.read_text().splitlines(keepends=True) if path.exists() else []


def awaits(running: Agent, expected: list[str], name: str = "out.lp") -> None:
    """Waits until the output has as many whole lines, and compares them."""
    def complete() -> bool:
        found = output_of(running, name)
        return len(found) >= len(expected) and all(line.endswith("\n") for line in found[-1:])

    eventually(complete, 20, "the output is not complete")
    assert output_of(running, name) == expected
