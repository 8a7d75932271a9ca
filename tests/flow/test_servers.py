"""Proves the servers that the other flow tests rely on: that they are real, and do as they are told."""

import gzip
import http.client
import os
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer

from servers import (Answer, Certificate, InfluxDB, InfluxDB18, Kafka, Process, Sink, eventually, free_port,
                     run)

Unique = Callable[[str], str]


# ---- Kafka ----

def test_kafka__returns_what_was_produced(kafka: Kafka, topic: str) -> None:
    kafka.produce(topic, ["one", "two"], key="k", timestamp=1648522311673, headers={"h": b"v"})
    first, second = kafka.read(topic)
    assert (first.value(), second.value()) == (b"one", b"two")
    assert first.key() == b"k"
    assert first.timestamp()[1] == 1648522311673
    assert first.headers() == [("h", b"v")]


def test_kafka__serves_kcat(kafka: Kafka, topic: str) -> None:
    sent = run(["kcat", "-P", "-b", kafka.bootstrap, "-t", topic], stdin="BTCBUSD,1,2\nBTCBUSD,2,3\n")
    assert sent.returncode == 0, sent.stderr
    read = run(["kcat", "-C", "-b", kafka.bootstrap, "-t", topic, "-o", "beginning", "-e", "-q"])
    assert read.stdout == "BTCBUSD,1,2\nBTCBUSD,2,3\n"


def test_kafka__creates_partitions_and_deletes_topics(kafka: Kafka, unique: Unique) -> None:
    name = kafka.create_topic(unique("topic"), partitions=3)
    for part in range(3):
        kafka.produce(name, [f"in {part}"] * (part + 1), partition=part)
    assert kafka.end_offsets(name) == {0: 1, 1: 2, 2: 3}
    kafka.delete_topic(name)
    assert name not in kafka.topics()


def test_kafka__refuses_what_a_topic_forbids(kafka: Kafka, unique: Unique) -> None:
    name = kafka.create_topic(unique("topic"), max_message_bytes=1000)
    with pytest.raises(AssertionError, match="1 refused"):
        kafka.produce(name, ["x" * 5000])


def test_kafka__creates_no_topic_by_itself(kafka: Kafka, unique: Unique) -> None:
    with pytest.raises(AssertionError, match="UNKNOWN_TOPIC|not sent|refused"):
        kafka.produce(unique("topic"), ["x"])


def test_kafka__tells_what_a_group_committed(kafka: Kafka, topic: str, unique: Unique) -> None:
    group = unique("group")
    kafka.produce(topic, ["a", "b", "c"])
    assert kafka.committed(group, topic) == {}
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": group,
                         "auto.offset.reset": "earliest", "enable.auto.commit": False})
    consumer.subscribe([topic])
    assert len(consumer.consume(2, timeout=20)) == 2
    consumer.commit(asynchronous=False)
    consumer.close()
    assert kafka.committed(group, topic)[0].offset == 2


@pytest.mark.parametrize("end", [Kafka.stop, Kafka.kill])
def test_kafka__keeps_data_over_restart(own_kafka: Kafka, end: Callable[[Kafka], object]) -> None:
    before = own_kafka.bootstrap
    own_kafka.create_topic("kept")
    own_kafka.produce("kept", ["one", "two"])
    end(own_kafka)
    assert not own_kafka.process.alive
    own_kafka.start()
    own_kafka.produce("kept", ["three"])
    assert own_kafka.bootstrap == before
    assert own_kafka.values("kept") == ["one", "two", "three"]


def test_kafka__answers_nothing_while_paused(own_kafka: Kafka) -> None:
    own_kafka.create_topic("paused")
    delivered: list[bool] = []
    producer = Producer({"bootstrap.servers": own_kafka.bootstrap, "log_level": 0})
    own_kafka.pause()
    producer.produce("paused", b"late", on_delivery=lambda error, _: delivered.append(error is None))
    producer.poll(0.3)
    assert delivered == []
    own_kafka.resume()
    assert producer.flush(20) == 0
    assert delivered == [True]


def test_kafka__secure_listener_wants_tls_and_password(tmp_path: Path, certificate: Certificate) -> None:
    with Kafka(tmp_path / "kafka", users={"vane": "secret"}, certificate=certificate) as broker:
        broker.create_topic("safe")
        settings = {"bootstrap.servers": broker.secure_bootstrap, "security.protocol": "SASL_SSL",
                    "sasl.mechanism": "PLAIN", "sasl.username": "vane",
                    "ssl.ca.location": str(certificate.cert), "message.timeout.ms": 2000, "log_level": 0}
        assert _sends(settings | {"sasl.password": "secret"})
        assert not _sends(settings | {"sasl.password": "wrong"})


def _sends(settings: dict[str, object]) -> bool:
    delivered: list[bool] = []
    producer = Producer(settings)
    producer.produce("safe", b"x", on_delivery=lambda error, _: delivered.append(error is None))
    producer.flush(20)
    return delivered == [True]


# ---- InfluxDB ----

LINE = "ticker,symbol=BTCUSDT last=64000.5,n=3i 1672515782136"


def _write(url: str, lines: str, **headers: str) -> int:
    request = urllib.request.Request(url, lines.encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_influxdb__returns_what_was_written(influx: InfluxDB) -> None:
    influx.create_database("m")
    assert _write(f"{influx.url}/write?db=m&precision=ms", LINE) == 204
    assert influx.points("ticker", "m") == [
        {"time": 1672515782136000000, "symbol": "BTCUSDT", "last": 64000.5, "n": 3}]
    assert influx.count("ticker", "last", "m") == 1
    assert influx.count("ticker", "absent", "m") == 0


@pytest.mark.parametrize("end", [InfluxDB.stop, InfluxDB.kill])
def test_influxdb__keeps_data_over_restart(influx: InfluxDB, end: Callable[[InfluxDB], object]) -> None:
    influx.create_database("m")
    _write(f"{influx.url}/write?db=m&precision=ms", LINE)
    end(influx)
    with pytest.raises(OSError):
        _write(f"{influx.url}/write?db=m", LINE)
    influx.start()
    assert influx.count("ticker", "last", "m") == 1


def test_influxdb__wants_a_password_where_told(tmp_path: Path) -> None:
    with InfluxDB(tmp_path / "influxdb", user="vane", password="secret") as server:
        server.create_database("m")
        assert _write(f"{server.url}/write?db=m", LINE) == 401
        assert _write(f"{server.url}/write?db=m&u=vane&p=wrong", LINE) == 401
        assert _write(f"{server.url}/write?db=m&u=vane&p=secret&precision=ms", LINE) == 204
        server.restart()
        assert server.count("ticker", "last", "m") == 1


def test_influxdb__refuses_a_body_too_large(tmp_path: Path) -> None:
    with InfluxDB(tmp_path / "influxdb", max_body=100) as server:
        server.create_database("m")
        assert _write(f"{server.url}/write?db=m&precision=ms", LINE) == 204
        assert _write(f"{server.url}/write?db=m&precision=ms", f"{LINE}\n{LINE}") == 413


@pytest.mark.full
def test_influxdb18__takes_v2_writes_and_answers_flux(influx18: InfluxDB18, unique: Unique) -> None:
    bucket = influx18.create_database(unique("bucket"))
    url = f"{influx18.url}/api/v2/write?org=-&bucket={bucket}&precision=ms"
    assert _write(url, LINE, Authorization=f"Token {influx18.token}") == 204
    records = influx18.read_flux(
        f'from(bucket: "{bucket}") |> range(start: 0) |> filter(fn: (r) => r._field == "last")')
    assert [(one["symbol"], one["_value"], one["_time"].timestamp()) for one in records] == [
        ("BTCUSDT", 64000.5, 1672515782.136)]


# ---- Sink ----

def test_sink__plays_its_script_then_the_usual(sink: Sink) -> None:
    sink.play(Answer(503, headers={"Retry-After": "1"}), Answer(400, '{"error":"bad"}'))
    url = f"{sink.url}/api/v2/write?org=o&bucket=b&precision=ns"
    assert [_write(url, f"m f={i}") for i in range(3)] == [503, 400, 204]
    assert sink.lines() == ["m f=2"]
    assert sink.lines(accepted=False) == ["m f=0", "m f=1", "m f=2"]
    first = sink.requests[0]
    assert (first.path, first.query) == ("/api/v2/write", {"org": "o", "bucket": "b", "precision": "ns"})


def test_sink__answers_with_headers_and_body(sink: Sink) -> None:
    sink.play(Answer(429, "slow down", {"Retry-After": "7"}))
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{sink.url}/write", b"m f=1")
    with caught.value as answer:
        assert (answer.code, answer.headers["Retry-After"], answer.read()) == (429, "7", b"slow down")


def test_sink__decompresses_gzip(sink: Sink) -> None:
    request = urllib.request.Request(f"{sink.url}/write?db=m", gzip.compress(b"m f=1\nm f=2\n"),
                                     {"Content-Encoding": "gzip"})
    urllib.request.urlopen(request).close()
    assert sink.lines() == ["m f=1", "m f=2"]


def test_sink__reads_chunked_bodies(sink: Sink) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sink.port)
    connection.request("POST", "/api/v3/write_lp?db=m", iter([b"m f", b"=1\n"]), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})
    assert connection.getresponse().status == 204
    connection.close()
    assert sink.lines() == ["m f=1"]


def test_sink__tells_kept_connections_from_new_ones(sink: Sink) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sink.port)
    for _ in range(2):
        connection.request("POST", "/write", b"m f=1")
        connection.getresponse().read()
    connection.close()
    _write(f"{sink.url}/write", "m f=1")
    first, second, third = (request.connection for request in sink.requests)
    assert first == second != third


def test_sink__delays(sink: Sink) -> None:
    sink.play(Answer(delay=0.2))
    start = time.monotonic()
    assert _write(f"{sink.url}/write", "m f=1") == 204
    assert time.monotonic() - start >= 0.2


def test_sink__resets(sink: Sink) -> None:
    sink.play(Answer(reset=True))
    with pytest.raises(ConnectionResetError):
        _write(f"{sink.url}/write", "m f=1")
    assert sink.lines() == []


def test_sink__hangs_until_the_client_gives_up(sink: Sink) -> None:
    sink.play(Answer(hang=True))
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(f"{sink.url}/write", b"m f=1", timeout=0.2)
    assert _write(f"{sink.url}/write", "m f=2") == 204
    assert sink.lines() == ["m f=2"]


def test_sink__breaks_off_in_the_middle(sink: Sink) -> None:
    sink.play(Answer(400, "0123456789", partial=4))
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{sink.url}/write", b"m f=1")
    with caught.value as answer, pytest.raises(http.client.IncompleteRead):
        answer.read()


def test_sink__refuses_while_stopped_and_comes_back(sink: Sink) -> None:
    assert _write(f"{sink.url}/write", "m f=1") == 204
    sink.stop()
    with pytest.raises(urllib.error.URLError):
        _write(f"{sink.url}/write", "m f=2")
    sink.start()
    assert _write(f"{sink.url}/write", "m f=3") == 204
    assert sink.lines() == ["m f=1", "m f=3"]


def test_sink__stop_ends_connections_that_hang(sink: Sink) -> None:
    sink.play(Answer(hang=True))
    with socket.create_connection(("127.0.0.1", sink.port), timeout=10) as client:
        client.sendall(b"POST /write HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nm f=1")
        sink.wait_for_requests(1)
        sink.stop()
        assert client.recv(100) == b""


def test_sink__speaks_tls(certificate: Certificate) -> None:
    with Sink(certificate=certificate) as sink:
        done = run(["curl", "-sS", "--cacert", certificate.cert, "-d", "m f=1", f"{sink.url}/write"])
        assert done.returncode == 0, done.stderr
        assert run(["curl", "-s", "-d", "m f=2", f"{sink.url}/write"]).returncode == 60
        assert sink.wait_for_lines(1) == ["m f=1"]


# ---- Processes ----

def _python(folder: Path, code: str, **how: bool) -> Process:
    return Process("python", [sys.executable, "-u", "-c", textwrap.dedent(code)], folder, **how)


def test_process__waits_for_a_line_of_the_log(tmp_path: Path) -> None:
    with _python(tmp_path, "print('ready on 7'); input()") as child:
        assert child.wait_for_log(r"ready on (\d+)")[1] == "7"
        child.tell("go on")
        assert child.wait() == 0


def test_process__end_of_output_ends_the_wait(tmp_path: Path) -> None:
    with _python(tmp_path, "print('all I say')") as child:
        with pytest.raises(AssertionError, match="the output ended(.|\n)*all I say"):
            child.wait_for_log("something else", timeout=60)


def test_process__keeps_the_log_of_all_runs(tmp_path: Path) -> None:
    child = _python(tmp_path, "print('run')")
    for _ in range(2):
        child.start()
        child.wait()
    assert child.log == "run\nrun\n"


def test_process__stop_returns_the_exit_code(tmp_path: Path) -> None:
    with _python(tmp_path, """
            import signal, sys
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
            print('ready')
            signal.pause()
            """) as child:
        child.wait_for_log("ready")
        assert child.stop() == 7


def test_process__kills_what_does_not_stop(tmp_path: Path) -> None:
    with _python(tmp_path, """
            import signal
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print('ready')
            while True: signal.pause()
            """) as child:
        child.wait_for_log("ready")
        with pytest.raises(AssertionError, match="still runs"):
            child.stop(timeout=0.1)
        assert not child.alive


def test_process__sanitizer_report_is_a_failure(tmp_path: Path) -> None:
    child = _python(tmp_path, "print('x.c:1:2: runtime error: signed integer overflow')")
    child.start()
    child.wait()
    with pytest.raises(AssertionError, match="signed integer overflow"):
        child.close()


def test_process__dies_with_its_parent(tmp_path: Path) -> None:
    script = """
        import os, sys
        from pathlib import Path
        from servers import Process
        child = Process("sleep", ["sleep", "1000"], Path(sys.argv[1]))
        child.start()
        print(child.pid, flush=True)
        os.kill(os.getpid(), 9)
        """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], capture_output=True,
                          text=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)}, timeout=20)
    child = int(done.stdout)
    eventually(lambda: not _runs(child), 5, "the child outlived its parent")


def _runs(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def test_ports__are_free_and_never_the_same() -> None:
    ports = {free_port() for _ in range(200)}
    assert len(ports) == 200
