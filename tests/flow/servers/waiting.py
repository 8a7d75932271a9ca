"""Waiting for things without guessing how long they take.

Where there is an event (a line of a log, a request, the end of a process) tests wait for that;
`eventually` is for what can only be asked again and again, as the contents of a database.
VANE_TEST_PATIENCE multiplies every limit, for slow machines and sanitizers.
"""

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def patience(seconds: float) -> float:
    """A limit in seconds, stretched for slow machines."""
    return seconds * float(os.environ.get("VANE_TEST_PATIENCE", "1"))


def eventually(predicate: Callable[[], T], timeout: float = 10, message: str = "") -> T:
    """Asks until the answer is true and returns it; fails with the message and the last answer."""
    end = time.monotonic() + patience(timeout)
    pause = 0.005
    while not (answer := predicate()):
        if time.monotonic() > end:
            why = message or "no true answer"
            raise AssertionError(f"{why} (after {timeout} s; last answer: {answer!r})")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
    return answer
