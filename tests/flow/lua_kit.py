"""What the tests of lua share: a config around a script, metrics through it, and what became of those it refused."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from servers import Agent

MakeAgent = Callable[..., Agent]

CONFIG = """\
[agent]
  omit_hostname = true
  checkpoint_interval = "50ms"
[[inputs.file]]
  files = ["in.lp"]
  data_format = "influx"
[[processors.lua]]
  {origin}
  dead_letter = "dead.jsonl"
{options}
[[outputs.file]]
  files = ["stdout"]
  data_format = "influx"
"""


@dataclass
class Done:
    """What came of a run."""

    lines: list[str]        # what came out
    refused: list[str]      # records in the dead-letter file
    reasons: list[str]      # why, in the same order
    log: str


def config(options: str = "", origin: str = 'script = "t.lua"') -> str:
    return CONFIG.format(options=options, origin=origin)


def script_agent(agent: MakeAgent, script: str, options: str = "", name: str = "agent") -> Agent:
    made = agent(config(options), name=name)
    (made.folder / "t.lua").write_text(script)
    return made


def dead_letters(running: Agent) -> list[dict[str, str]]:
    path = running.folder / "dead.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def transform(agent: MakeAgent, script: str, metrics: list[str], options: str = "", name: str = "agent",
              timeout: float = 60) -> Done:
    """Runs the metrics (line protocol) through the script to their end."""
    running = script_agent(agent, script, options, name)
    (running.folder / "in.lp").write_text("".join(f"{line}\n" for line in metrics))
    done = running.run_once(timeout=timeout)
    assert done.returncode == 0, done.stderr
    letters = dead_letters(running)
    return Done(done.stdout.splitlines(), [one["record"].strip() for one in letters],
                [one["reason"] for one in letters], done.stderr)


def check(agent: MakeAgent, script: str, options: str = "") -> str:
    """What `vane check` says of a script that is wrong."""
    done = script_agent(agent, script, options).check()
    assert done.returncode == 2, done.stdout + done.stderr
    return done.stderr
