"""A child process whose output is awaited line by line, and which never outlives the tests.

Every child dies with the thread that started it (PR_SET_PDEATHSIG, set by util-linux' setpriv):
start children in the main thread. `Process.all` lists every one, for the report of a failed test.
"""

import os
import re
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO, ClassVar

from .waiting import patience

BIND_LIFE = ["setpriv", "--pdeathsig", "KILL", "--"]
SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error: ")


class Lines:
    """The lines that come out of a pipe, kept as they come; a thread of its own reads them."""

    def __init__(self, pipe: IO[str]):
        self._pipe = pipe
        self._lines: list[str] = []
        self._ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._pipe:
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def text(self) -> str:
        with self._changed:
            return "".join(self._lines)

    def find(self, pattern: re.Pattern[str], start: int = 0) -> re.Match[str] | None:
        """The first match in the lines from number `start` on."""
        return next(filter(None, map(pattern.search, self._lines[start:])), None)

    def wait_for(self, pattern: str, timeout: float, start: int = 0) -> re.Match[str]:
        """Waits until a line from number `start` on matches; fails when the pipe ends before one does."""
        wanted, found = re.compile(pattern), None

        def ready() -> bool:
            nonlocal found, start
            found = self.find(wanted, start)
            start = len(self._lines)
            return found is not None or self._ended

        with self._changed:
            self._changed.wait_for(ready, patience(timeout))
            if found is None:
                why = "the output ended" if self._ended else f"waited {timeout} s"
                raise AssertionError(f"no line matches {pattern!r}: {why}; the last are:\n{self.tail()}")
        return found

    def tail(self, count: int = 40) -> str:
        return "".join(self._lines[-count:])

    def drain(self) -> None:
        """Waits for the end of the pipe, which a child of the process may hold open a little longer."""
        self._reader.join(patience(5))
        if not self._reader.is_alive():
            self._pipe.close()


class Process:
    """A program that can be started, stopped, killed and started again, with all its output kept."""

    all: ClassVar[list["Process"]] = []

    def __init__(self, name: str, command: list[str | Path], folder: Path, *,
                 env: dict[str, str] | None = None, merge: bool = True):
        """`merge` puts standard output and standard error into one log; else `output` is the former."""
        self.name = name
        self.command = [str(word) for word in command]
        self.folder = folder
        self.env = {**os.environ, **(env or {})}
        self._merge = merge
        self._child: subprocess.Popen[str] | None = None
        self._past = ""
        self.seen = 0                   # how much of the log is older than the test that runs
        self.messages: Lines | None = None
        self.output: Lines | None = None
        folder.mkdir(parents=True, exist_ok=True)
        Process.all.append(self)

    def __enter__(self) -> "Process":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        assert self._child is not None, f"{self.name} was never started"
        return self._child.pid

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def log(self) -> str:
        """What the program wrote to standard error (or to both, if merged), in all its runs."""
        return self._past + (self.messages.text if self.messages else "")

    def start(self) -> None:
        assert not self.alive, f"{self.name} runs already"
        self._past = self.log
        self._child = subprocess.Popen(
            BIND_LIFE + self.command, cwd=self.folder, env=self.env, text=True, errors="replace",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if self._merge else subprocess.PIPE)
        self.output = Lines(self._child.stdout)
        self.messages = self.output if self._merge else Lines(self._child.stderr)

    def tell(self, line: str) -> None:
        """Writes one line to the program's standard input."""
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()

    def close_input(self) -> None:
        """Ends the program's standard input."""
        self._child.stdin.close()

    def wait_for_log(self, pattern: str, timeout: float = 10, start: int = 0) -> re.Match[str]:
        """Waits for a line of the log, of this run only, from line number `start` on."""
        return self.messages.wait_for(pattern, timeout, start)

    def wait(self, timeout: float = 20) -> int:
        """Waits for the end of the program; the exit code, or minus the signal that ended it."""
        try:
            code = self._child.wait(patience(timeout))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {timeout} s; its last lines are:\n"
                                 f"{self.messages.tail()}") from None
        self._settle()
        return code

    def _settle(self) -> None:
        for lines in {self.output, self.messages}:
            lines.drain()
        try:
            self._child.stdin.close()
        except BrokenPipeError:
            pass

    def signal(self, number: signal.Signals) -> None:
        self._child.send_signal(number)

    def stop(self, timeout: float = 20) -> int:
        """SIGTERM, then the exit code; fails, and kills, when the program does not end in time."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait(timeout)
        finally:
            self.kill()

    def kill(self) -> int:
        """SIGKILL; nothing to do when the program has ended already."""
        self.signal(signal.SIGKILL)
        return self.wait()

    def pause(self) -> None:
        """SIGSTOP, waited for: the program holds its connections and answers nothing."""
        self.signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def close(self) -> None:
        """Ends the program at once, if it runs, and fails if a sanitizer found something in any run."""
        if self._child is None:
            return
        self.kill()
        if report := SANITIZER_REPORT.search(self.log):
            raise AssertionError(f"{self.name}: a sanitizer reports:\n{self.log[report.start():][:8000]}")


class Server:
    """What a server can do that is started and stopped by a test; a class over it has `start`, `stop` and `kill`."""

    process: Process

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> int:
        raise NotImplementedError

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """Stops answering while connections stay open, until `resume`."""
        self.process.pause()

    def resume(self) -> None:
        self.process.resume()


def run(command: list[str | Path], *, folder: Path | None = None, env: dict[str, str] | None = None,
        stdin: str | None = None, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end: `returncode`, `stdout` and `stderr`."""
    return subprocess.run(
        BIND_LIFE + [str(word) for word in command], cwd=folder, env={**os.environ, **(env or {})}, text=True,
        errors="replace", input=stdin or "", capture_output=True, timeout=patience(timeout))
