"""The binance_ws input when connections fail: lost, refused, silent, without the right certificate."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection

from binance_kit import (MakeAgent, MakeExchange, accept_request, assert_every_tick_once, config,
                         connected, market, scripted, send_trade, started, status, steady,
                         wait_more, wait_points)
from servers import Agent, Certificate, Exchange, eventually, free_port


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.csv"


# ---- Lost connections ----

def assert_recovers(running: Agent, source: Exchange, lost: str) -> None:
    """The loss and the recovery are a line each, and points come again."""
    running.wait_for_log(r"lost the connection to 127\.0\.0\.1: " + lost)
    running.wait_for_log(r"connected to 127\.0\.0\.1 again after \d+\.\d s: 1 stream$", 20)
    wait_more(running)
    assert running.log.count("lost the connection") == 1
    assert running.stop() == 0


def test_binance__a_reset_connection_is_opened_again(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = steady(exchange)
    running = connected(agent, source)
    source.ask("drop")
    assert_recovers(running, source, "it broke")


def test_binance__a_closed_connection_is_opened_again(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = steady(exchange)
    running = connected(agent, source)
    source.ask("close 1008 slow")
    assert_recovers(running, source, "the exchange closed it with code 1008 slow")


def test_binance__a_connection_that_reaches_its_age_is_opened_again(exchange: MakeExchange,
                                                                    agent: MakeAgent) -> None:
    source = steady(exchange, "--lifetime", "2s")
    running = connected(agent, source)
    running.wait_for_log(r"lost the connection to 127\.0\.0\.1: the exchange closed it with code 1001")
    running.wait_for_log(r"again after")
    wait_more(running)


def test_binance__an_exchange_that_went_away_is_found_again(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = steady(exchange)
    running = connected(agent, source)
    source.kill()
    running.wait_for_log(r"lost the connection")
    source.start()
    assert_recovers(running, source, "it broke")


def test_binance__an_exchange_may_come_later(exchange: MakeExchange, agent: MakeAgent) -> None:
    port = free_port()
    running = started(agent, config(f"ws://127.0.0.1:{port}"))
    running.wait_for_log(rf"cannot connect to 127\.0\.0\.1: .* does not take connections on port {port};")
    steady(exchange, "--port", str(port))
    running.wait_for_log(r"connected to 127\.0\.0\.1 after \d+\.\d s: 1 stream$", 20)
    wait_more(running)
    assert running.log.count("cannot connect") == 1


def test_binance__a_silent_connection_is_replaced(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = steady(exchange)
    running = connected(agent, source, silence_timeout="1s", connect_timeout="1s")
    source.ask("silent on")
    running.wait_for_log(r"lost the connection to 127\.0\.0\.1: no event for 1 s")
    source.ask("silent off")
    assert_recovers(running, source, "no event")


def test_binance__a_connection_that_answers_no_ping_is_replaced(exchange: MakeExchange,
                                                                agent: MakeAgent) -> None:
    source = steady(exchange)
    running = connected(agent, source, ping_interval="700ms", connect_timeout="1s")
    source.ask("silent on")
    running.wait_for_log(r"lost the connection to 127\.0\.0\.1: no answer to a ping within 0\.7 s")
    source.ask("silent off")
    assert_recovers(running, source, "no answer")


def test_binance__pings_are_answered(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = exchange("--walk", "--rate", "50", "--ping", "400ms", "--pong-timeout", "1s")
    running = connected(agent, source, ping_interval="500ms")
    eventually(lambda: status(source)["pongs"] >= 5 and status(source)["pings"] >= 3)
    now = status(source)
    assert (now["accepted"], now["pong_timeouts"], now["rate_limited"]) == (1, 0, 0)
    assert running.stop() == 0


def test_binance__an_upgrade_without_an_answer_is_given_up(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = steady(exchange, "--fault", "stall-upgrade on")
    running = started(agent, config(source.url, connect_timeout="500ms"))
    running.wait_for_log(r"cannot connect to 127\.0\.0\.1: it was not open within 0\.5 s; trying again")
    source.ask("stall-upgrade off")
    wait_more(running)


def test_binance__a_refused_upgrade_is_tried_again(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = steady(exchange, "--fault", "refuse 503")
    running = started(agent, config(source.url))
    running.wait_for_log(r"cannot connect to 127\.0\.0\.1: the exchange answered with HTTP status 503;")
    source.ask("refuse off")
    wait_more(running)


@pytest.mark.parametrize("code, meaning",
                         [(403, "firewall"), (418, "banned"), (429, "too many"), (451, "country")])
def test_binance__an_address_that_is_refused_waits_long(exchange: MakeExchange, agent: MakeAgent, code: int,
                                                        meaning: str) -> None:
    source = steady(exchange, "--fault", f"refuse {code}")
    running = started(agent, config(source.url))
    line = running.wait_for_log(rf"E! .*HTTP status {code}: .*{meaning}.*; the next attempt is in (\d+) s")
    assert 60 <= int(line[1]) <= 120
    assert running.stop() == 0


def test_binance__a_redirect_is_not_followed(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = steady(exchange, "--fault", "refuse 302")
    running = started(agent, config(source.url))
    running.wait_for_log(r"HTTP status 302; trying again")


def test_binance__a_name_that_is_not_found_is_looked_up_again(agent: MakeAgent) -> None:
    running = started(agent, config("wss://no-such-host.invalid:9443"))
    running.wait_for_log(r"cannot connect to no-such-host\.invalid: looking up no-such-host\.invalid: ", 60)
    assert running.stop() == 0


def test_binance__a_request_that_is_not_answered_ends_the_connection(agent: MakeAgent) -> None:
    tries = 0

    def serve(client: ServerConnection) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            client.recv()
            client.recv()
        accept_request(client)
        send_trade(client, 1)
        client.recv()

    with scripted(serve) as url:
        running = started(agent, config(url, streams=["trade"], connect_timeout="500ms"))
        running.wait_for_log(r"cannot connect to 127\.0\.0\.1: no answer to a request within 0\.5 s;")
        wait_points(running, 1)


def test_binance__stops_at_once_while_it_waits(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = steady(exchange, "--fault", "stall-upgrade on")
    running = started(agent, config(source.url))
    eventually(lambda: status(source)["accepted"] == 1)
    assert running.stop(timeout=2) == 0


# ---- TLS and proxies ----

@contextmanager
def tcp_server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server on loopback, and its address; each client is served on a thread, then closed."""
    def handle(client: socket.socket) -> None:
        with client:
            serve(client)

    def accept(listener: socket.socket) -> None:
        try:
            while True:
                threading.Thread(target=handle, args=(listener.accept()[0],), daemon=True).start()
        except OSError:
            pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def secure(exchange: MakeExchange, certificate: Certificate, *options: str) -> Exchange:
    return steady(exchange, "--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key), *options)


def test_binance__trusts_the_authorities_of_a_file(exchange: MakeExchange, agent: MakeAgent,
                                                   certificate: Certificate) -> None:
    source = secure(exchange, certificate)
    assert source.url.startswith("wss://")
    connected(agent, source, tls_ca=str(certificate.cert))


def test_binance__every_tick_comes_once_through_tls(exchange: MakeExchange, agent: MakeAgent,
                                                    certificate: Certificate, ledger: Path) -> None:
    source = market(exchange, ledger, "btcusdt", 2000, 8000, "--tls-cert", str(certificate.cert), "--tls-key",
                    str(certificate.key))
    running = started(agent, config(source.url, tls_ca=str(certificate.cert), renew_after="500ms"))
    assert_every_tick_once(running, source, ledger)


def test_binance__trusts_no_unknown_authority(exchange: MakeExchange, agent: MakeAgent,
                                              certificate: Certificate) -> None:
    running = started(agent, config(secure(exchange, certificate).url))
    running.wait_for_log(r"the certificate of 127\.0\.0\.1 is not accepted: self-signed certificate; trying")
    assert running.stop() == 0


def test_binance__trusts_no_other_name(exchange: MakeExchange, agent: MakeAgent,
                                       certificate: Certificate) -> None:
    source = secure(exchange, certificate, "--listen", "127.0.0.2")
    running = started(agent, config(source.url, tls_ca=str(certificate.cert)))
    running.wait_for_log(r"the certificate of 127\.0\.0\.2 is not accepted: IP address mismatch; trying")


def test_binance__tls_with_a_plain_server_says_so(agent: MakeAgent) -> None:
    def answer(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with tcp_server(answer) as address:
        running = started(agent, config(f"wss://{address}"))
        running.wait_for_log(r"cannot connect to 127\.0\.0\.1: the TLS handshake failed; is port \d+ one for")


def test_binance__a_file_without_certificates_is_an_error(agent: MakeAgent, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    running = started(agent, config("wss://127.0.0.1:9", tls_ca=str(empty)))
    assert running.wait() == 2
    assert "tls_ca: " in running.log and "empty.pem" in running.log


def relay(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@contextmanager
def proxy(requests: list[str], answer: str = "200 OK") -> Iterator[str]:
    """An HTTP proxy that knows CONNECT, and its address."""
    def serve(client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        requests.append(head.decode())
        client.sendall(f"HTTP/1.1 {answer}\r\n\r\n".encode())
        if not answer.startswith("200"):
            return
        host, port = head.split()[1].decode().rsplit(":", 1)
        with socket.create_connection((host, int(port))) as server:
            threading.Thread(target=relay, args=(server, client), daemon=True).start()
            relay(client, server)

    with tcp_server(serve) as address:
        yield address


def test_binance__goes_through_a_proxy(exchange: MakeExchange, agent: MakeAgent,
                                       certificate: Certificate) -> None:
    requests: list[str] = []
    source = secure(exchange, certificate)
    with proxy(requests) as address:
        connected(agent, source, tls_ca=str(certificate.cert), proxy=f"http://user:secret@{address}")
    assert requests[0].startswith(f"CONNECT {source.url.removeprefix('wss://')} HTTP/1.1\r\n")
    assert "basic dXNlcjpzZWNyZXQ=" in requests[0]


def test_binance__a_proxy_that_refuses_is_reported(agent: MakeAgent) -> None:
    with proxy([], "407 Proxy Authentication Required") as address:
        running = started(agent, config("ws://127.0.0.1:9", proxy=f"http://{address}"))
        running.wait_for_log(r"cannot connect to 127\.0\.0\.1: .*proxy.*; trying again")


def test_binance__takes_no_proxy_from_the_environment(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = steady(exchange)
    wait_more(started(agent, config(source.url), env={"http_proxy": f"http://127.0.0.1:{free_port()}"}))
