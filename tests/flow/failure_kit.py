"""What the tests of failures share."""

import re
import time
from collections import Counter
from pathlib import Path

from kafka_flow import value_of
from servers import Agent, Kafka, Sink, eventually
from servers.places import BUILD, built

TEST_PLUGINS = BUILD / "tests/plugins"
QUICK = '  group_instance_id = "one"\n  librdkafka = {"topic.metadata.refresh.interval.ms" = "200"}\n'
COUNT = '[[processors.count]]\n  drop_original = true\n'


# ---- Configs ----

def influx_out(url: str, more: str = "") -> str:
    return f'[[outputs.influx_out]]\n  urls = ["{url}"]\n  database = "db"\n{more}\n'


# ---- What came out ----

def output_of(running: Agent) -> str:
    path = running.folder / "out.lp"
    return path.read_text() if path.exists() else ""


def numbers(*sinks: Sink) -> Counter[int]:
    """The numbers of `lines` that sinks have accepted."""
    return Counter(value_of(line) for sink in sinks for line in sink.lines())


def counts(sink: Sink) -> list[int]:
    """In the order of the metrics that were counted."""
    found = {int(line.split()[2]): int(re.search(r"count=(\d+)i", line)[1]) for line in sink.lines()}
    return [found[time] for time in sorted(found)]


# ---- What agents do, need and say ----

def committed(kafka: Kafka, group: str, topic: str) -> int:
    """How many messages the group has acknowledged, of all partitions."""
    return sum(one.offset for one in kafka.committed(group, topic).values())


def memory(running: Agent, what: str = "VmRSS") -> int:
    """Memory that the agent has, in kB."""
    return int(re.search(what + r":\s+(\d+)", Path(f"/proc/{running.pid}/status").read_text())[1])


def limit(kilobytes: int) -> int:
    """A limit of memory; sanitizers have memory of their own."""
    sanitized = re.search(rb"__(a|t|ub)san_", built("vane").read_bytes())
    return kilobytes * 20 if sanitized else kilobytes


def work_done(running: Agent) -> int:
    """Ticks of the processor that the agent has used."""
    fields = Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def stands_still(running: Agent) -> None:
    """Waits until the agent has used no time for a while: all it could do is done."""
    def still() -> bool:
        before = work_done(running)
        time.sleep(0.3)
        return work_done(running) - before <= 1

    eventually(still, 30, "it goes on working")


def last_line(running: Agent) -> str:
    return running.log.splitlines()[-1]
