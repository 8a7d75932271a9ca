"""What tests of marks share: a stream of many series over the partitions of a topic, the agent that reads it,
and its death at random moments, again and again.
"""

import json
import os
import random
import time
from collections.abc import Callable

from kafka_flow import kafka_in
from servers import Agent, Kafka

KILLS = int(os.environ.get("VANE_TEST_KILLS", "50"))
SERIES, PARTITIONS = 20, 3
START = 1_600_000_000_000  # ms

AGENT = """
[agent]
  omit_hostname = true
  checkpoint_interval = "50ms"
  queue_size = "32KB"
"""


def rows_of(*tags: str) -> str:
    """Options of an input that reads these tags, a time and a value."""
    return f"""
  data_format = "csv"
  csv_column_names = {json.dumps([*tags, "time", "value"])}
  csv_tag_columns = {json.dumps(tags)}
  csv_timestamp_column = "time"
  csv_timestamp_format = "unix_ms"
  name_override = "m"
"""


def source(kafka: Kafka, topic: str, group: str, *tags: str, more: str = "") -> str:
    """The agent and its kafka_in, with small queues and many checkpoints."""
    options = f'  group_instance_id = "{group}-one"\n  offset = "oldest"\n{more}'
    return AGENT + kafka_in(kafka, topic, group, options + rows_of(*tags))


def interleaved(series: list[list[str]], dice: random.Random) -> list[str]:
    """All lines, those of one series in their order."""
    rest, mixed = [lines[::-1] for lines in series], []
    while rest := [lines for lines in rest if lines]:
        mixed.append(dice.choice(rest).pop())
    return mixed


def kill_again_and_again(running: Agent, dice: random.Random, most: float = 0.5,
                         before: Callable[[int], None] = lambda kill: None) -> None:
    """Each time after at most so many seconds; `before` is called before each start."""
    for kill in range(KILLS):
        before(kill)
        running.start()
        running.wait_for_log("plugins from")
        time.sleep(dice.uniform(0.02, most))  # the moment is what is random here
        running.kill()
