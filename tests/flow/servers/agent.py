"""The agent under test: build/vane with a config, in a temporary folder."""

import subprocess
from pathlib import Path

from .places import built
from .process import Process, run


def vane(*args: str | Path, folder: Path | None = None, env: dict[str, str] | None = None,
         stdin: str | None = None, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Runs vane with these arguments to its end: `returncode`, `stdout` and `stderr`."""
    return run([built("vane"), *args], folder=folder, env=env, stdin=stdin, timeout=timeout)


class Agent(Process):
    """An agent that can be started, stopped and killed; its state is kept in the folder.

    `stop` (SIGTERM) returns the exit code, `kill` is SIGKILL; `wait_for_log(regex)` waits for a line on
    standard error, `log` is all of it, and `output.text` is standard output.
    """

    def __init__(self, config: str, folder: Path, *args: str | Path, env: dict[str, str] | None = None):
        """The arguments are added to `run --config FILE`; the agent runs in the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "vane.toml"
        self.state = folder / "state"
        self.configure(config)
        super().__init__("vane", [built("vane"), "run", "--config", self.config, *args], folder,
                         env={"STATE_DIRECTORY": str(self.state), **(env or {})}, merge=False)

    def configure(self, config: str) -> None:
        """Writes a new config, which the agent reads at its next start or SIGHUP."""
        self.config.write_text(config)

    def __enter__(self) -> "Agent":
        self.start()
        return self

    def run_once(self, *args: str | Path, stdin: str | None = None,
                 timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """`vane run --once`: to the end of what its inputs have."""
        return self._run("run", "--once", *args, stdin=stdin, timeout=timeout)

    def run_test(self, *args: str | Path, stdin: str | None = None,
                 timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """`vane run --test`: prints what would be written."""
        return self._run("run", "--test", *args, stdin=stdin, timeout=timeout)

    def check(self, *args: str | Path) -> subprocess.CompletedProcess[str]:
        """`vane check`: is the config right?"""
        return self._run("check", *args)

    def _run(self, verb: str, *args: str | Path, stdin: str | None = None,
             timeout: float = 60) -> subprocess.CompletedProcess[str]:
        return run([self.command[0], verb, "--config", self.config, *args], folder=self.folder, env=self.env,
                   stdin=stdin, timeout=timeout)
