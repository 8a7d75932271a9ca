"""Fixtures of the flow tests: servers started for them, and their logs shown where a test fails."""

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from servers import (Agent, Certificate, Exchange, InfluxDB, InfluxDB18, Kafka, Process, Sink,
                     make_certificate)

LOG_LINES_SHOWN = 60
_numbers = itertools.count(1)


# ---- How tests are chosen and reported ----

def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: needs what takes minutes to build; for `make test-full`")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="also run the tests marked `full`")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Forgets the processes of earlier tests, and notes how long the logs of shared servers are."""
    Process.all[:] = [process for process in Process.all if process.alive]
    for process in Process.all:
        process.seen = len(process.log)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for process in Process.all:
        lines = process.log[process.seen:].splitlines()[-LOG_LINES_SHOWN:]
        report.sections.append((f"log of {process.name}", "\n".join(lines)))


# ---- Servers that a session shares ----

@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """The broker that tests share: use topics and groups of your own, and leave it running."""
    with Kafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def influx18(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxDB18]:
    """InfluxDB 1.8 with Flux, shared: use a database of your own. For tests marked `full`."""
    with InfluxDB18(tmp_path_factory.mktemp("influx18")) as server:
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """For TLS on 127.0.0.1 and localhost."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


# ---- What a test has for itself ----

@pytest.fixture
def unique(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Makes names that no other test of the session uses: unique("topic") -> "topic-7-restart_keeps"."""
    test = re.sub(r"\W+", "-", request.node.name.removeprefix("test_"))[:60].strip("-")
    return lambda kind: f"{kind}-{next(_numbers)}-{test}"


@pytest.fixture
def topic(kafka: Kafka, unique: Callable[[str], str]) -> str:
    """A new topic of one partition on the shared broker."""
    return kafka.create_topic(unique("topic"))


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[Kafka]:
    """A broker for this test only, to stop, kill or pause."""
    with Kafka(tmp_path / "kafka") as broker:
        yield broker


@pytest.fixture
def influx(tmp_path: Path) -> Iterator[InfluxDB]:
    """A new InfluxDB (Debian's), without databases."""
    with InfluxDB(tmp_path / "influxdb") as server:
        yield server


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A scripted HTTP server that accepts writes until told otherwise."""
    with Sink() as server:
        yield server


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Callable[..., Agent]]:
    """Makes agents, not yet started: agent(config, *args, env={...}); they end with the test."""
    with ExitStack() as made:
        def make(config: str, *args: str | Path, name: str = "agent", **more: dict[str, str]) -> Agent:
            new = Agent(config, tmp_path / name, *args, **more)
            made.callback(new.close)
            return new

        yield make


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Callable[..., Exchange]]:
    """Makes started exchange simulators: exchange("--walk", "--rate", "100")."""
    with ExitStack() as made:
        yield lambda *options: made.enter_context(Exchange(tmp_path / "exchange", *options))
