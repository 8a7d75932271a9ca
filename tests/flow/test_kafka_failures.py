"""The Kafka plugins when something goes wrong: nothing is lost, and nothing comes twice that need not."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kafka_flow import Agents, Flow, Unique, config, flow, kafka_in, kafka_out, lines, numbers
from servers import Agent, Certificate, Kafka, eventually

__all__ = ["flow"]      # a fixture

QUICK = '  session_timeout = "1s"\n  librdkafka = {"heartbeat.interval.ms" = "200"}'


@pytest.fixture
def own_flow(own_kafka: Kafka, unique: Unique) -> Flow:
    """On a broker for this test only."""
    return Flow(own_kafka, unique)


class Feed:
    """Lines that go on coming until `stop`, from a producer of their own."""

    def __init__(self, flow: Flow, partitions: int):
        self.sent = 0
        self._flow, self._partitions = flow, partitions
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Feed":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            self._flow.kafka.produce(self._flow.source, lines(50, self.sent),
                                     partition=self.sent // 50 % self._partitions)
            self.sent += 50

    def stop(self) -> int:
        """How many lines there are."""
        self._stop.set()
        self._thread.join()
        return self.sent


def arrived(flow: Flow, count: int, timeout: float = 40) -> Counter[int]:
    """Waits until all of `lines(count)` are in the target; what is there then."""
    def all_there() -> Counter[int] | None:
        found = numbers(flow.kafka, flow.target)
        return found if found.keys() >= set(range(count)) else None

    eventually(lambda: flow.delivered() >= count, timeout)
    return eventually(all_there, timeout)


def messages_of(agent: Agent, plugin: str) -> list[str]:
    """Warnings and errors that a plugin has logged."""
    return [line for line in agent.log.splitlines()
            if f"[{plugin}]" in line and ("W! " in line or "E! " in line)]


# ---- The agent ----

def test_kafka_in__loses_nothing_when_killed(kafka: Kafka, unique: Unique, agent: Agents) -> None:
    flow = Flow(kafka, unique, partitions=3)
    tested = agent(flow.config(source=QUICK))
    with Feed(flow, 3) as feed:
        for _ in range(3):
            with tested:
                before = flow.delivered()
                eventually(lambda: flow.delivered() > before + 100, 20)
                tested.kill()
        count = feed.stop()
    with tested:
        arrived(flow, count)
        eventually(lambda: flow.total_committed() == count)


def test_kafka_in__gives_partitions_up_without_loss(kafka: Kafka, unique: Unique, agent: Agents) -> None:
    flow = Flow(kafka, unique, partitions=4)
    first = agent(flow.config(agent='  agent_id = "first"'), name="first")
    second = agent(flow.config(agent='  agent_id = "second"'), name="second")
    with Feed(flow, 4) as feed, first, second:
        eventually(lambda: flow.owners() == {"first", "second"}, 20)
        before = feed.sent
        eventually(lambda: feed.sent > before + 500)
        assert first.stop() == 0
        eventually(lambda: flow.owners() == {"second"}, 20)
        count = feed.stop()
        found = arrived(flow, count)
        assert second.stop() == 0
    assert found == Counter(range(count))
    assert flow.total_committed() == count


def test_kafka_in__stops_while_the_flow_is_full(flow: Flow, agent: Agents) -> None:
    flow.kafka.produce(flow.source, (f'm text="{"x" * 1000}",v={n}i' for n in range(20000)))
    tested = agent(config(kafka_in(flow.kafka, flow.source, flow.group),
                          kafka_out(flow.kafka, "no-such-topic"),
                          agent='  drain_timeout = "300ms"\n  queue_size = "64KB"'))
    with tested:
        tested.wait_for_log("no-such-topic|assigned")
        eventually(flow.committed)
        begun = time.monotonic()
        assert tested.stop() == 0
        assert time.monotonic() - begun < 10
    assert flow.total_committed() == 0


def test_kafka_in__keeps_its_partitions_while_the_flow_is_full(kafka: Kafka, flow: Flow, agent: Agents,
                                                               unique: Unique) -> None:
    flow.target = unique("later")
    kafka.produce(flow.source, lines(20000))
    tested = agent(flow.config(
        agent='  queue_size = "64KB"',
        source=QUICK + '\n  max_poll_interval = "1s"',
        target='  librdkafka = {"topic.metadata.propagation.max.ms" = "200"}'))
    with tested:
        tested.wait_for_log(f"topic {flow.target}")
        time.sleep(2)       # longer than max_poll_interval
        kafka.create_topic(flow.target)
        assert arrived(flow, 20000) == Counter(range(20000))
        assert tested.stop() == 0
    assert tested.log.count("assigned") == 1
    assert messages_of(tested, "inputs.kafka_in") == []


# ---- The broker ----

def test_kafka__waits_for_a_broker(tmp_path: Path, agent: Agents, unique: Unique) -> None:
    broker = Kafka(tmp_path / "kafka")
    flow = Flow.__new__(Flow)
    flow.kafka, flow.source, flow.target, flow.group = broker, "source", "target", "group"
    with agent(flow.config()) as tested:
        tested.wait_for_log(r"\[inputs.kafka_in\] no broker answers: .*refused")
        tested.wait_for_log(r"\[outputs.kafka_out\] no broker answers: .*refused")
        with broker:
            broker.create_topic("target")
            broker.create_topic("source")
            broker.produce("source", lines(100))
            assert arrived(flow, 100) == Counter(range(100))
            tested.wait_for_log(r"\[inputs.kafka_in\] a broker answers again")
            assert tested.stop() == 0
    assert len(messages_of(tested, "outputs.kafka_out")) == 1


@pytest.mark.parametrize("end", [Kafka.stop, Kafka.kill])
def test_kafka__goes_on_when_the_broker_restarts(own_flow: Flow, agent: Agents,
                                                 end: Callable[[Kafka], object]) -> None:
    """Messages have the time it is: a broker that crashed forgets producers by the age of their messages."""
    flow, count = own_flow, 20000
    flow.kafka.produce(flow.source, lines(count))
    slow = agent(flow.config(target='  metric_batch_size = 100\n  producer_timestamp = "now"'))
    with slow:
        eventually(lambda: flow.delivered() > 1000)
        end(flow.kafka)
        slow.wait_for_log(r"\[outputs.kafka_out\] no broker answers")
        flow.kafka.start()
        assert arrived(flow, count) == Counter(range(count))
        eventually(lambda: flow.total_committed() == count)
        assert slow.stop() == 0
    assert numbers(flow.kafka, flow.target).total() == count


def test_kafka__goes_on_when_the_broker_hangs(own_flow: Flow, agent: Agents) -> None:
    flow, count = own_flow, 20000
    flow.kafka.produce(flow.source, lines(count))
    short = '  librdkafka = {"socket.timeout.ms" = "1000"}'
    with agent(flow.config(source=short, target=short + "\n  metric_batch_size = 100")) as tested:
        eventually(lambda: flow.delivered() > 1000)
        flow.kafka.pause()
        time.sleep(3)       # longer than socket.timeout.ms
        flow.kafka.resume()
        assert arrived(flow, count) == Counter(range(count))
        assert tested.stop() == 0


def test_kafka_in__waits_for_a_topic(kafka: Kafka, flow: Flow, agent: Agents, unique: Unique) -> None:
    flow.source = unique("later")
    tested = agent(flow.config(source='  librdkafka = {"topic.metadata.refresh.interval.ms" = "200"}'))
    with tested:
        tested.wait_for_log("[Uu]nknown topic")
        kafka.create_topic(flow.source)
        kafka.produce(flow.source, lines(10))
        assert arrived(flow, 10) == Counter(range(10))
        assert tested.stop() == 0
    assert len(messages_of(tested, "inputs.kafka_in")) == 1


def test_kafka_in__ends_when_its_topic_is_deleted(kafka: Kafka, flow: Flow, agent: Agents) -> None:
    kafka.produce(flow.source, lines(1000))
    refresh = '  librdkafka = {"topic.metadata.refresh.interval.ms" = "200"}'
    with agent(flow.config(source=refresh)) as tested:
        arrived(flow, 1000)
        kafka.delete_topic(flow.source)
        tested.wait_for_log("gave up|lost|nknown topic")
        begun = time.monotonic()
        assert tested.stop() == 0
        assert time.monotonic() - begun < 10


# ---- Security ----

@contextmanager
def secure(folder: Path, certificate: Certificate) -> Iterator[Kafka]:
    with Kafka(folder, users={"vane": "secret"}, certificate=certificate) as broker:
        yield broker


def test_kafka__speaks_tls_with_a_password(tmp_path: Path, certificate: Certificate, agent: Agents,
                                           unique: Unique) -> None:
    with secure(tmp_path / "kafka", certificate) as broker:
        flow = Flow(broker, unique)
        login = f"""
  tls_ca = "{certificate.cert}"
  sasl_mechanism = "PLAIN"
  sasl_username = "vane"
  sasl_password = "${{PASSWORD}}"
"""
        plain = flow.config(source=login, target=login)
        tested = agent(plain.replace(broker.bootstrap, broker.secure_bootstrap), env={"PASSWORD": "secret"})
        broker.produce(flow.source, lines(100))
        with tested:
            assert arrived(flow, 100) == Counter(range(100))
            assert tested.stop() == 0
        wrong = agent(plain.replace(broker.bootstrap, broker.secure_bootstrap), name="wrong",
                      env={"PASSWORD": "another"})
        with wrong:
            wrong.wait_for_log(r"\[outputs.kafka_out\] no broker answers: .*[Aa]uthentication")
            assert wrong.stop() == 0
        assert "secret" not in tested.log and "another" not in wrong.log


def test_kafka__trusts_no_certificate_by_itself(tmp_path: Path, certificate: Certificate, agent: Agents,
                                                unique: Unique) -> None:
    with secure(tmp_path / "kafka", certificate) as broker:
        flow = Flow(broker, unique)
        login = '  enable_tls = true\n  sasl_username = "vane"\n  sasl_password = "secret"\n'
        text = flow.config(source=login, target=login).replace(broker.bootstrap, broker.secure_bootstrap)
        with agent(text) as tested:
            tested.wait_for_log(r"\[outputs.kafka_out\] no broker answers: .*certificate")
        broker.produce(flow.source, lines(10))
        careless = agent(text.replace("enable_tls = true", "insecure_skip_verify = true"), name="careless")
        with careless:
            assert arrived(flow, 10) == Counter(range(10))
            assert careless.stop() == 0
