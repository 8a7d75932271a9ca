"""A real Apache Kafka broker: one KRaft node, run from the jars in build/kafka/lib.

What makes it start in a second and a half instead of three:
- the formatted data folder is made once, by Kafka's StorageTool, and copied;
- the JVM loads its classes from an archive (AppCDS), written once by a broker that ran for it;
- the first compiler only, the serial collector, one partition for Kafka's own topics.
`prepare` makes the first two; packaging/install-dependencies calls it when it has the jars.
Nothing is created behind a test's back: auto.create.topics.enable is off. Nothing is ever deleted for
its age either, since tests send messages with times of years ago.
"""

import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from confluent_kafka import (Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Message, Producer,
                             TopicPartition)
from confluent_kafka.admin import AdminClient, NewTopic

from .certificate import Certificate
from .places import TOOLS, program
from .ports import free_port
from .process import Process, Server, run
from .waiting import eventually, patience

JARS = TOOLS / "kafka/lib"
FORMATTED = TOOLS / "kafka/formatted"
ARCHIVE = TOOLS / "kafka/classes.jsa"
JVM = ["-Xmx384m", "-Xms64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
CLUSTER_ID = "vaneTestClusterAAAAAAA"

LOGGING = """\
log4j.rootLogger=WARN, out
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{HH:mm:ss,SSS} %p %c{1} %m%n
"""


def class_path() -> str:
    """All jars, always in the same order: the class archive depends on it."""
    jars = sorted(str(jar) for jar in JARS.glob("*.jar"))
    assert jars, f"no jars in {JARS}: run `packaging/install-dependencies test`"
    return ":".join(jars)


class Kafka(Server):
    """A broker on fixed ports of 127.0.0.1 that keeps its data over stop, kill and start."""

    def __init__(self, folder: Path, *, properties: dict[str, object] | None = None,
                 users: dict[str, str] | None = None, certificate: Certificate | None = None,
                 classes: str = f"-XX:SharedArchiveFile={ARCHIVE}"):
        """With a certificate there is a second listener, `secure_bootstrap`: TLS with SASL PLAIN `users`."""
        self.folder = folder
        self.bootstrap = f"127.0.0.1:{free_port()}"
        self.secure_bootstrap = f"127.0.0.1:{free_port()}" if certificate else None
        self._controller = f"127.0.0.1:{free_port()}"
        self._admin: AdminClient | None = None
        folder.mkdir(parents=True, exist_ok=True)
        settings = self._settings() | self._secure_settings(users or {}, certificate) | (properties or {})
        (folder / "server.properties").write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
        (folder / "log4j.properties").write_text(LOGGING)
        self.process = Process("kafka", self._command(classes), folder)

    def __enter__(self) -> "Kafka":
        assert FORMATTED.exists(), f"{FORMATTED} is missing: run `packaging/install-dependencies test`"
        shutil.copytree(FORMATTED, self.folder / "data")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.close()

    # ---- What it is started with ----

    def _settings(self) -> dict[str, object]:
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{self._controller}",
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{self._controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": self.folder / "data",
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.num.partitions": 1,
            "transaction.state.log.min.isr": 1,
            "auto.create.topics.enable": "false",
            "log.retention.ms": -1,
            "log.cleaner.dedupe.buffer.size": 4 << 20,
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 500,
            "broker.heartbeat.interval.ms": 200,
            "broker.session.timeout.ms": 2000,
        }

    def _secure_settings(self, users: dict[str, str], certificate: Certificate | None) -> dict[str, object]:
        if certificate is None:
            return {}
        keystore = self.folder / "keystore.pem"
        keystore.write_text(certificate.bundle)
        logins = " ".join(f'user_{name}="{password}"' for name, password in users.items())
        plain = self._settings()
        listener = "listener.name.secure."
        return {
            "listeners": f"{plain['listeners']},SECURE://{self.secure_bootstrap}",
            "advertised.listeners": f"{plain['advertised.listeners']},SECURE://{self.secure_bootstrap}",
            "listener.security.protocol.map": f"{plain['listener.security.protocol.map']},SECURE:SASL_SSL",
            listener + "sasl.enabled.mechanisms": "PLAIN",
            listener + "plain.sasl.jaas.config":
                f"org.apache.kafka.common.security.plain.PlainLoginModule required {logins};",
            listener + "ssl.keystore.type": "PEM",
            listener + "ssl.keystore.location": keystore,
        }

    def _command(self, classes: str) -> list[str | Path]:
        return [program("java"), *JVM, classes, "-Xshare:auto", "-Xlog:disable", "-Xlog:all=error:stderr",
                f"-Dlog4j.configuration=file:{self.folder}/log4j.properties",
                "-cp", class_path(), "kafka.Kafka", self.folder / "server.properties"]

    def format(self) -> None:
        """Formats the data folder, which takes a JVM of its own."""
        done = run([program("java"), *JVM, "-cp", class_path(), "kafka.tools.StorageTool", "format",
                    "-t", CLUSTER_ID, "-c", self.folder / "server.properties"])
        assert done.returncode == 0, done.stdout + done.stderr

    # ---- Its life ----

    def start(self) -> None:
        """Starts the broker and waits until it answers."""
        self.process.start()
        self.process.wait_for_log("Kafka Server started", 60)
        eventually(lambda: self.admin.list_topics(timeout=5).brokers, 20, "the broker has no metadata")

    def stop(self) -> int:
        """SIGTERM: a clean shutdown."""
        self._admin = None
        return self.process.stop(60)

    def kill(self) -> None:
        """SIGKILL: what the operating system had is kept, as after a crash of the broker."""
        self._admin = None
        self.process.kill()

    # ---- Topics ----

    @property
    def admin(self) -> AdminClient:
        if self._admin is None:
            self._admin = AdminClient(self._client())
        return self._admin

    def _client(self, **more: object) -> dict[str, object]:
        return {"bootstrap.servers": self.bootstrap, "log_level": 0, "error_cb": lambda _: None} | more

    def create_topic(self, name: str, partitions: int = 1, **config: object) -> str:
        """Creates a topic and waits until its partitions have leaders; config: max_message_bytes=1000, …"""
        settings = {key.replace("_", "."): str(value) for key, value in config.items()}
        self.admin.create_topics([NewTopic(name, partitions, 1, config=settings)])[name].result(patience(20))
        eventually(lambda: self._leaders(name) == partitions, 20, f"topic {name} has no leader")
        return name

    def _leaders(self, topic: str) -> int:
        found = self.admin.list_topics(topic, timeout=5).topics[topic]
        return 0 if found.error else sum(part.leader == 1 for part in found.partitions.values())

    def delete_topic(self, name: str) -> None:
        self.admin.delete_topics([name])[name].result(patience(20))
        eventually(lambda: name not in self.admin.list_topics(timeout=5).topics, 20, f"topic {name} stays")

    def topics(self) -> set[str]:
        return set(self.admin.list_topics(timeout=5).topics)

    # ---- Messages ----

    def produce(self, topic: str, values: Iterable[bytes | str], *, key: bytes | str | None = None,
                partition: int = -1, timestamp: int = 0, headers: dict[str, bytes] | None = None) -> None:
        """Sends the values in order and waits until the broker has all; the timestamp is in ms."""
        failed: list[str] = []
        producer = Producer(self._client(**{"topic.metadata.propagation.max.ms": 2000}))

        def delivered(error: object, _: Message) -> None:
            if error:
                failed.append(str(error))

        for value in values:
            self._produce_one(producer, topic, value, key=key, partition=partition, timestamp=timestamp,
                              headers=headers, on_delivery=delivered)
        left = producer.flush(patience(30))
        assert not left and not failed, f"{left} messages not sent, {len(failed)} refused: {failed[:3]}"

    @staticmethod
    def _produce_one(producer: Producer, topic: str, value: bytes | str, **how: object) -> None:
        while True:
            try:
                producer.produce(topic, value, **how)
                return
            except BufferError:
                producer.poll(0.1)

    def read(self, topic: str, count: int | None = None, timeout: float = 20) -> list[Message]:
        """All messages of a topic from its beginning, by partition and offset, joining no group.

        Without a count: what is there now. With one: waits until that many are there.
        """
        reader = Consumer(self._client(**{"group.id": "reader", "enable.auto.commit": False,
                                          "isolation.level": "read_committed"}))
        try:
            there = sum(high - low for low, high in self._ranges(reader, topic))
            wanted = there if count is None else count
            reader.assign([TopicPartition(topic, part, 0) for part in self._partitions(reader, topic)])
            found = self._read_some(reader, wanted, timeout)
        finally:
            reader.close()
        return sorted(found, key=lambda message: (message.partition(), message.offset()))

    @staticmethod
    def _read_some(reader: Consumer, wanted: int, timeout: float) -> list[Message]:
        found: list[Message] = []
        end = time.monotonic() + patience(timeout)
        while len(found) < wanted:
            messages = reader.consume(min(10000, wanted - len(found)), timeout=0.2)
            found += [message for message in messages if not message.error()]
            if time.monotonic() > end:
                raise AssertionError(f"{len(found)} of {wanted} messages after {timeout} s")
        return found

    @staticmethod
    def _partitions(client: Consumer, topic: str) -> list[int]:
        return sorted(client.list_topics(topic, timeout=10).topics[topic].partitions)

    @staticmethod
    def _range(reader: Consumer, partition: TopicPartition) -> tuple[int, int] | None:
        """None: a broker that has just come back is not the leader yet."""
        try:
            return reader.get_watermark_offsets(partition, timeout=10)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION:
                raise
            return None

    def _ranges(self, reader: Consumer, topic: str) -> list[tuple[int, int]]:
        return [eventually(lambda part=part: self._range(reader, TopicPartition(topic, part)))
                for part in self._partitions(reader, topic)]

    def values(self, topic: str, count: int | None = None, timeout: float = 20) -> list[str]:
        """The values of `read`, as text."""
        return [message.value().decode() for message in self.read(topic, count, timeout)]

    # ---- Consumer groups ----

    def committed(self, group: str, topic: str) -> dict[int, TopicPartition]:
        """What a group has committed, by partition: `.offset` and `.metadata`; empty where nothing was."""
        try:
            answer = self.admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group]
            offsets = answer.result(patience(20)).topic_partitions
        except KafkaException:
            return {}
        return {one.partition: one for one in offsets if one.topic == topic and one.offset >= 0}

    def end_offsets(self, topic: str) -> dict[int, int]:
        """The offset after the last message, by partition."""
        reader = Consumer(self._client(**{"group.id": "reader"}))
        try:
            ranges = self._ranges(reader, topic)
        finally:
            reader.close()
        return {part: high for part, (_, high) in enumerate(ranges)}


def prepare() -> None:
    """Makes what every broker starts from: the formatted folder, and the archive of the classes it uses."""
    with tempfile.TemporaryDirectory() as folder:
        broker = Kafka(Path(folder), classes=f"-XX:ArchiveClassesAtExit={ARCHIVE}")
        broker.format()
        shutil.copytree(broker.folder / "data", FORMATTED)
        broker.start()
        broker.produce(broker.create_topic("used"), ["one"])
        broker.values("used", 1)
        broker.stop()
