"""influx_out and the network: servers that are away or hang, failover, writes in flight, TLS, proxies."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from influx_flow import Judge, dead_letters, flow, points, pour, refuses
from servers import Agent, Answer, Certificate, Request, Sink, free_port

Agents = Callable[..., Agent]


# ---- Servers that fail ----

def test_influx_network__a_server_that_is_away_is_waited_for(agent: Agents, sink: Sink) -> None:
    sink.stop()
    with agent(flow(sink.url)) as one:
        one.tell(points(1)[0])
        one.wait_for_log("trying again")
        sink.start()
        assert sink.wait_for_lines(1) == points(1)


@pytest.mark.parametrize("broken", [Answer(reset=True), Answer(hang=True), Answer(delay=1),
                                    Answer(200, "0123456789", partial=3),
                                    Answer(400, "0123456789", partial=3)])
def test_influx_network__answers_that_do_not_come_whole_are_asked_for_again(agent: Agents, sink: Sink,
                                                                            broken: Answer) -> None:
    sink.play(broken)
    one = agent(flow(sink.url, timeout="300ms"))
    said = pour(one, points(5))
    assert len(sink.requests) == 2
    assert sink.requests[1].lines == points(5)
    assert "0 rejected" in said


def test_influx_network__a_connection_closed_between_writes_costs_nothing(agent: Agents, sink: Sink) -> None:
    sink.play(*[Answer(close=True)] * 3)
    one = agent(flow(sink.url, batch=1))
    said = pour(one, points(5))
    assert sink.lines() == points(5)
    assert "trying again" not in said


def serve(listener: socket.socket, *answers: bytes) -> list[bytes]:
    """Answers one connection after the other, in a thread; the requests that came."""
    came: list[bytes] = []

    def run() -> None:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                came.append(connection.recv(65536))
                connection.sendall(answer)

    threading.Thread(target=run, daemon=True).start()
    return came


NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


def test_influx_network__what_is_not_http_is_no_answer(agent: Agents) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        came = serve(listener, b"SSH-2.0-OpenSSH_9.2\r\n", NO_CONTENT)
        said = pour(agent(flow(f"http://127.0.0.1:{listener.getsockname()[1]}")), points(1))
    assert len(came) == 2
    assert "trying again" in said and "1 out" in said


def test_influx_network__a_request_that_hangs_does_not_hold_up_the_end(agent: Agents, sink: Sink) -> None:
    sink.play(Answer(hang=True))
    with agent(flow(sink.url, timeout="1h").replace("[agent]", '[agent]\n  drain_timeout = "100ms"')) as one:
        one.tell(points(1)[0])
        sink.wait_for_requests(1)
        assert one.stop(timeout=5) == 0


# ---- Several urls ----

@pytest.mark.parametrize("broken", [Answer(500), Answer(503), Answer(502), Answer(reset=True),
                                    Answer(hang=True)])
def test_influx_failover__the_next_url_takes_over_at_once(agent: Agents, sink: Sink, broken: Answer) -> None:
    with Sink(usual=broken) as first:
        one = agent(flow(first.url, sink.url, batch=10, timeout="300ms"))
        said = pour(one, points(100))
        assert sink.lines() == points(100)
        assert len(first.requests) == 1
        assert "trying again" not in said and f"writing to {sink.url}" in said


def test_influx_failover__waits_only_when_all_are_away(agent: Agents, sink: Sink) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    sink.stop()
    with agent(flow(gone, sink.url)) as one:
        one.tell(points(1)[0])
        one.wait_for_log("trying again")
        sink.start()
        assert sink.wait_for_lines(1) == points(1)


def test_influx_failover__a_server_that_asked_for_a_pause_gets_it(agent: Agents, sink: Sink) -> None:
    with Sink(Answer(429, headers={"Retry-After": "30"})) as first:
        sink.play(Answer(), Answer(500))
        pour(agent(flow(first.url, sink.url, batch=1)), points(5))
        assert len(first.requests) == 1
        assert sink.lines() == points(5)


# ---- Writes in flight ----

@pytest.mark.parametrize("in_flight", [1, 3])
def test_influx_in_flight__as_many_writes_as_allowed(agent: Agents, in_flight: int) -> None:
    lock, now, most = threading.Lock(), [0], [0]

    class Slow(Judge):
        def record(self, request: Request) -> None:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.05)
            with lock:
                now[0] -= 1
            super().record(request)

    with Slow(lambda _: Answer()) as sink:
        lines = [f"m,s={i} v={i} {i}" for i in range(60)]
        pour(agent(flow(sink.url, batch=5, max_in_flight=in_flight)), lines)
        assert sorted(sink.lines()) == sorted(lines)
    assert most[0] == in_flight


def test_influx_in_flight__a_bad_point_in_one_write_leaves_the_others_alone(agent: Agents) -> None:
    with refuses("v=17 ", "v=42 ") as sink:
        lines = [f"m,s={i} v={i} {i}" for i in range(60)]
        one = agent(flow(sink.url, batch=7, max_in_flight=4))
        pour(one, lines)
        assert [record for record, _ in dead_letters(one)] == [lines[17], lines[42]]
        assert len(sink.lines()) == 58


# ---- TLS, sockets, proxies ----

def test_influx_tls__wants_a_certificate_it_trusts(agent: Agents, certificate: Certificate) -> None:
    with Sink(certificate=certificate) as sink:
        pour(agent(flow(sink.url, tls_ca=str(certificate.cert)), name="trusts"), points(2))
        assert sink.lines() == points(2)
        with agent(flow(sink.url), name="does not") as one:
            one.tell(points(1)[0])
            one.wait_for_log("certificate.*trying again")
        assert len(sink.requests) == 1


def test_influx_tls__trusts_anybody_when_told_to(agent: Agents, certificate: Certificate) -> None:
    with Sink(certificate=certificate) as sink:
        pour(agent(flow(sink.url, insecure_skip_verify=True)), points(2))
        assert sink.lines() == points(2)


def test_influx_tls__shows_its_own_certificate(agent: Agents, certificate: Certificate) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificate.cert)
    context.load_cert_chain(certificate.cert, certificate.key)
    context.verify_mode = ssl.CERT_REQUIRED
    with (socket.create_server(("127.0.0.1", 0)) as plain,
          context.wrap_socket(plain, server_side=True) as listener):
        came = serve(listener, NO_CONTENT)
        pour(agent(flow(f"https://127.0.0.1:{listener.getsockname()[1]}", tls_ca=str(certificate.cert),
                        tls_cert=str(certificate.cert), tls_key=str(certificate.key))), points(1))
    assert len(came) == 1


def test_influx_unix__speaks_through_a_socket(agent: Agents, tmp_path: Path) -> None:
    path = tmp_path / "influx.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        came = serve(listener, NO_CONTENT)
        pour(agent(flow(f"unix://{path}", content_encoding="identity")), points(1))
    assert came[0].startswith(b"POST /api/v2/write?org=o&bucket=b&precision=ns HTTP/1.1\r\nHost: localhost\r")
    assert came[0].endswith(points(1)[0].encode() + b"\n")


def test_influx_proxy__is_used_for_hosts_it_alone_knows(agent: Agents, sink: Sink) -> None:
    pour(agent(flow("http://influx.invalid:8086", http_proxy=sink.url)), points(1))
    assert sink.requests[0].headers["host"] == "influx.invalid:8086"


def test_influx_proxy__of_the_environment_is_not_for_this_machine(agent: Agents, sink: Sink) -> None:
    one = agent(flow(sink.url), env={"http_proxy": f"http://127.0.0.1:{free_port()}"})
    pour(one, points(1))
    assert sink.lines() == points(1)
