"""Processes that are measured: CPU time and memory as the kernel accounts for them, not as they say."""

import os
import select
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/flow"))

from servers import eventually  # noqa: E402
from servers.process import BIND_LIFE  # noqa: E402

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Usage:
    """What a process had used when it ended."""

    cpu: float          # seconds, user and system, of all threads
    peak: int = 0       # bytes resident at most; 0: it ended by itself


class Measured:
    """A process whose resources are read while it runs, and in sum when it has ended."""

    def __init__(self, command: Sequence[str | Path], folder: Path, name: str,
                 env: dict[str, str] | None = None):
        """What it prints goes to files in the folder: `NAME.out` and `NAME.log`."""
        self.name = name
        self.output, self.log = folder / f"{name}.out", folder / f"{name}.log"
        with self.output.open("w") as out, self.log.open("w") as log:
            self._child = subprocess.Popen([*BIND_LIFE, *map(str, command)], cwd=folder,
                                           stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                                           env={**os.environ, **(env or {})})
        self._ended = False

    def __enter__(self) -> "Measured":
        return self

    def __exit__(self, *_: object) -> None:
        if not self._ended:
            self._child.kill()
            self._child.wait()

    @property
    def resident(self) -> int:
        """Bytes in memory now, shared libraries included."""
        return self._status("VmRSS:")

    def _status(self, name: str) -> int:
        fields = Path(f"/proc/{self._child.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in fields if line.startswith(name))

    @property
    def alive(self) -> bool:
        look = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return not self._ended and os.waitid(os.P_PID, self._child.pid, look) is None

    def wait_until(self, done: Callable[[], bool], timeout: float) -> None:
        """Until it is done; fails, with the end of its log, when the process ends before."""
        try:
            eventually(lambda: done() or not self.alive, timeout)
        except AssertionError as late:
            raise AssertionError(f"{self.name}: {late}: {self._last_words()}") from None
        assert self.alive, f"{self.name} has ended: {self._last_words()}"

    def _last_words(self) -> str:
        return " | ".join(self.log.read_text().splitlines()[-3:])

    def wait(self) -> Usage:
        """Waits for its end."""
        _, status, used = os.wait4(self._child.pid, 0)
        self._ended = True
        self._child.returncode = os.waitstatus_to_exitcode(status)
        assert self._child.returncode == 0, f"{self.name} failed: {self._last_words()}"
        return Usage(used.ru_utime + used.ru_stime)

    def stop(self) -> Usage:
        """SIGTERM; what it had used by its end."""
        peak = self._status("VmHWM:")   # ru_maxrss would count what its parent had when it was forked
        self._child.send_signal(signal.SIGTERM)
        return replace(self.wait(), peak=peak)


def seconds_to_output(command: Sequence[str | Path], folder: Path) -> float:
    """From the start of a process to the first byte it writes to standard output."""
    began = time.monotonic()
    child = subprocess.Popen([str(word) for word in command], cwd=folder, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    try:
        ready, _, _ = select.select([child.stdout], [], [], 20)
        took = time.monotonic() - began
        assert ready and os.read(child.stdout.fileno(), 1), f"{command[0]} printed nothing"
        return took
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def median_of(count: int, measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(count))
