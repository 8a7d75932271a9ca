"""What the tests of influx_out share: a flow of line protocol from standard input into influx_out."""

import json
from collections.abc import Callable

from servers import Agent, Answer, Request, Sink

REJECTED = "rejected by the test"
DEAD = "dead.json"                  # in the agent's folder


def toml(value: object) -> str:
    """A value as TOML has it; texts and booleans are written as in JSON."""
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def flow(*urls: str, batch: int = 1000, **options: object) -> str:
    """The config of stdin -> influx_out; without `database` or `api` it writes to bucket "b" of v2."""
    if not {"database", "database_tag", "bucket", "bucket_tag", "api"} & options.keys():
        options = {"bucket": "b", "organization": "o"} | options
    lines = "\n".join(f"  {name} = {toml(value)}" for name, value in options.items())
    return f"""
[agent]
  omit_hostname = true
[[inputs.file]]
  files = ["stdin"]
  data_format = "influx"
[[outputs.influx]]
  urls = {toml(list(urls))}
  metric_batch_size = {batch}
  dead_letter = "{DEAD}"
{lines}
"""


def points(count: int, first: int = 0) -> list[str]:
    """Lines that differ, as influx_out writes them."""
    return [f"m,s=s{i % 7} v={i} {1700000000000000000 + i}" for i in range(first, first + count)]


def pour(agent: Agent, lines: list[str]) -> str:
    """Runs the agent until these lines are through; its log."""
    done = agent.run_once(stdin="".join(f"{line}\n" for line in lines))
    assert done.returncode == 0, done.stderr
    return done.stderr


def dead_letters(agent: Agent) -> list[tuple[str, str]]:
    """Record and reason of each metric that was rejected, in the order of the records."""
    path = agent.folder / DEAD
    letters = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return sorted((one["record"].strip(), one["reason"]) for one in letters)


class Judge(Sink):
    """A sink that answers by what it is given."""

    def __init__(self, verdict: Callable[[Request], Answer]):
        super().__init__()
        self._verdict = verdict

    def next_answer(self) -> Answer:
        return Answer()

    def record(self, request: Request) -> None:
        vars(request.answer).update(vars(self._verdict(request)))
        super().record(request)


def refuses(*poison: str, status: int = 400, body: str = '{"message":"' + REJECTED + '"}') -> Judge:
    """Takes a write whole or, if one of these texts is in it, not at all."""
    def verdict(request: Request) -> Answer:
        bad = any(text in request.body.decode() for text in poison)
        return Answer(status, body) if bad else Answer()

    return Judge(verdict)
