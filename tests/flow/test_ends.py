"""How runs end: what is waited for, how long, and the exit code."""

import os
import signal
from pathlib import Path

import pytest

from servers.places import built
from servers.process import run

DEAD = """
[agent]
  omit_hostname = true
  drain_timeout = "300ms"
[[inputs.file_in]]
  files = ["lines.influx"]
  data_format = "influx"
[[outputs.influx_out]]
  urls = ["http://127.0.0.1:1"]
  bucket = "b"
  organization = "o"
  token = "t"
"""
UNDONE = "not all of it could be delivered"


def write_lines(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lines.influx").write_text(text)


@pytest.mark.parametrize("lines", ["m v=1 1\n", "m,tag=some\\ more\\ text v=1 1\n" * 400_000], ids=["a line", "more than a queue"])
def test_once_gives_up_where_nothing_moves(agent, lines: str) -> None:
    dead = agent(DEAD)
    write_lines(dead.folder, lines)
    done = dead.run_once()
    assert done.returncode == 1 and UNDONE in done.stderr


def test_once_gives_up_where_an_output_cannot_be_opened(agent) -> None:
    config = DEAD[:DEAD.index("[[outputs")] + '[[outputs.file_out]]\n  files = ["no/folder/out"]\n'
    dead = agent(config)
    write_lines(dead.folder, "m,tag=some\\ more\\ text v=1 1\n" * 400_000)
    done = dead.run_once()
    assert done.returncode == 1 and UNDONE in done.stderr
    assert "giving up: nothing has moved for drain_timeout (0.3 s)" in done.stderr


@pytest.mark.parametrize("words, code", [([], 0), (["--once"], 1)])
def test_a_stop_behind_the_end_of_the_inputs_drains(agent, words: list[str], code: int) -> None:
    """What is under way is waited for as it is at any stop, and what is left is told."""
    dead = agent(DEAD.replace("300ms", "30s" if words else "400ms"), *words)
    write_lines(dead.folder, "m v=1 1\n")
    dead.start()
    dead.wait_for_log("trying again until it succeeds")
    dead.signal(signal.SIGTERM)
    if words:
        dead.wait_for_log("stopping: delivering what is under way, 30 s at most")
        dead.signal(signal.SIGINT)
        while dead.alive: # at once is what a second signal means that is no echo of the first
            dead.signal(signal.SIGINT)
    assert dead.wait() == code
    assert "stopping: delivering what is under way" in dead.log and UNDONE in dead.log


@pytest.mark.parametrize("lines, code", [("m v=1 1\nno line at all\n", 0), ("no line at all\nnor this\n", 1), ("", 0)])
def test_once_fails_where_all_was_bad(agent, lines: str, code: int) -> None:
    config = DEAD[:DEAD.index("[[outputs")] + '[[outputs.file_out]]\n  files = ["stdout"]\n'
    some = agent(config)
    write_lines(some.folder, lines)
    done = some.run_once()
    assert done.returncode == code
    assert ("nothing could be made of what was read: all of it was bad" in done.stderr) == (code == 1)


def test_without_a_home_state_needs_a_place(tmp_path: Path) -> None:
    write_lines(tmp_path, "m v=1 1\n")
    (tmp_path / "vane.toml").write_text('[[inputs.file_in]]\n  files = ["lines.influx"]\n[[outputs.file_out]]\n')
    env = {name: "" for name in ("HOME", "XDG_STATE_HOME", "STATE_DIRECTORY")}
    done = run([built("vane"), "run", "--config", tmp_path / "vane.toml"], folder=tmp_path, env={**os.environ, **env})
    assert done.returncode == 1
    assert "state_directory: where state is kept is not known without $HOME: set --state-directory" in done.stderr
