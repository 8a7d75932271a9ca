"""Proves the exchange simulator with a websocket client that is not ours: the `websockets` package.

What the simulator claims to be is checked from outside: Binance's documented shapes, its rules for
connections, and that every tick of the ledger comes out exactly once; then that it misbehaves on request.
"""

import csv
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from servers import Certificate, Exchange, eventually, patience, run
from servers.places import built

Make = Callable[..., Exchange]
Json = Any
START = "2022-12-31T19:43:02Z"
START_MS = 1672515782000


# ---- Helpers ----

@contextmanager
def client(exchange: Exchange, path: str, **options: Any) -> Iterator[ClientConnection]:
    given = {"compression": None, "ping_interval": None, "max_size": None, "max_queue": None, "proxy": None,
             "close_timeout": 2, **options}
    with connect(exchange.url + path, **given) as opened:
        yield opened


def receive(opened: ClientConnection, count: int = 1) -> list[Json]:
    return [json.loads(opened.recv(timeout=patience(10))) for _ in range(count)]


def ask(opened: ClientConnection, method: str, params: list[Any] | None = None, **more: Any) -> Json:
    """Sends a control message and returns the answer, passing over events meanwhile."""
    request = {"method": method, "id": 1, **({} if params is None else {"params": params}), **more}
    opened.send(json.dumps(request))
    return next(m for m in iter(lambda: receive(opened)[0], None) if {"result", "error", "code"} & m.keys())


def drain(opened: ClientConnection) -> tuple[list[Json], int]:
    """All messages until the server closes, and its close code."""
    messages = []
    try:
        while True:
            messages += receive(opened)
    except ConnectionClosed as closed:
        return messages, closed.rcvd.code if closed.rcvd else 1006


def read_ledger(path: Path) -> list[tuple[str, int, str, int]]:
    with path.open() as file:
        return [(symbol, int(time), price, int(trade)) for symbol, time, price, trade in csv.reader(file)]


def status(exchange: Exchange) -> Json:
    return json.loads(exchange.ask("status"))


def walk(*options: str) -> list[str]:
    """A walk with fixed event times, sent as fast as it is taken, that waits for its subscriber."""
    return ["--walk", "--start", START, "--speed", "0", "--wait-for", "1", *options]


@pytest.fixture
def idle(exchange: Make) -> Exchange:
    """An exchange whose source never starts, so that only answers and faults are heard."""
    return exchange("--walk", "--wait-for", "1000000")


# ---- Shapes ----

S, PERCENT, INT, BOOL = r"-?\d+\.\d{8}", r"-?\d+\.\d{3}", int, bool
LEVELS = [[S, S]]
WINDOW = {"e": str, "E": INT, "s": "BTCUSDT", "p": S, "P": PERCENT, "o": S, "h": S, "l": S, "c": S, "w": S, "v": S,
          "q": S, "O": INT, "C": INT, "F": INT, "L": INT, "n": INT}
MINI = {"e": "24hrMiniTicker", "E": INT, "s": "BTCUSDT", "c": S, "o": S, "h": S, "l": S, "v": S, "q": S}
KLINE = {"e": "kline", "E": INT, "s": "BTCUSDT",
         "k": {"t": INT, "T": INT, "s": "BTCUSDT", "i": str, "f": INT, "L": INT, "o": S, "c": S, "h": S, "l": S,
               "v": S, "n": INT, "x": BOOL, "q": S, "V": S, "Q": S, "B": "0"}}
SNAPSHOT = {"lastUpdateId": INT, "bids": LEVELS, "asks": LEVELS}
UPDATE = {"e": "depthUpdate", "E": INT, "s": "BTCUSDT", "U": INT, "u": INT, "b": LEVELS, "a": LEVELS}
SHAPES = {
    "ticker": {"e": "24hrTicker", "E": INT, "s": "BTCUSDT", "p": S, "P": PERCENT, "w": S, "x": S, "c": S, "Q": S,
               "b": S, "B": S, "a": S, "A": S, "o": S, "h": S, "l": S, "v": S, "q": S, "O": INT, "C": INT, "F": INT,
               "L": INT, "n": INT},
    "miniTicker": MINI, "ticker_1h": WINDOW, "ticker_4h": WINDOW, "ticker_1d": WINDOW,
    "trade": {"e": "trade", "E": INT, "s": "BTCUSDT", "t": INT, "p": S, "q": S, "T": INT, "m": BOOL, "M": BOOL},
    "aggTrade": {"e": "aggTrade", "E": INT, "s": "BTCUSDT", "a": INT, "p": S, "q": S, "f": INT, "l": INT, "T": INT,
                 "m": BOOL, "M": BOOL},
    "bookTicker": {"u": INT, "s": "BTCUSDT", "b": S, "B": S, "a": S, "A": S},
    "avgPrice": {"e": "avgPrice", "E": INT, "s": "BTCUSDT", "i": "5m", "w": S, "T": INT},
    "kline_1s": KLINE, "kline_1m": KLINE, "kline_1M": KLINE, "kline_1d@+08:00": KLINE,
    "depth5": SNAPSHOT, "depth20@100ms": SNAPSHOT, "depth": UPDATE, "depth@100ms": UPDATE,
}


def assert_shape(value: Json, shape: Any) -> None:
    if isinstance(shape, dict):
        assert list(value) == list(shape)
        for key in shape:
            assert_shape(value[key], shape[key])
    elif isinstance(shape, list):
        for item in value:
            assert len(item) == 2 and all(re.fullmatch(S, text) for text in item)
    elif isinstance(shape, type):
        assert type(value) is shape
    else:
        assert re.fullmatch(shape, value)


@pytest.mark.parametrize("suffix", SHAPES)
def test_exchange__sends_the_documented_shape(exchange: Make, suffix: str) -> None:
    with client(exchange(*walk("--rate", "2", "--ticks", "20")), f"/ws/btcusdt@{suffix}") as opened:
        for payload in receive(opened, 2):
            assert_shape(payload, SHAPES[suffix])


def test_exchange__sends_an_array_of_the_symbols_that_changed(exchange: Make) -> None:
    source = exchange(*walk("--symbols", "btcusdt,ethusdt", "--rate", "2"))
    with client(source, "/ws/!miniTicker@arr") as opened:
        array, = receive(opened)
    assert [item["s"] for item in array] == ["BTCUSDT", "ETHUSDT"]
    assert_shape(array[0], MINI)


# ---- One price process, in every stream ----

def test_exchange__sends_every_tick_of_the_ledger_exactly_once(exchange: Make, tmp_path: Path) -> None:
    ledger, kinds = tmp_path / "ledger.csv", ["ticker", "trade", "aggTrade", "bookTicker"]
    source = exchange(*walk("--ticks", "5000", "--exit-when-done", "--ledger", str(ledger), "--wait-for", "4"))
    with client(source, "/stream?streams=" + "/".join("btcusdt@" + kind for kind in kinds)) as opened:
        messages, code = drain(opened)
    assert (source.wait(), code) == (0, 1001)
    seen = {kind: [m["data"] for m in messages if m["stream"] == "btcusdt@" + kind] for kind in kinds}
    ticks = read_ledger(ledger)
    assert len(ticks) == 5000
    assert [(m["s"], m["E"], m["c"], m["L"]) for m in seen["ticker"]] == ticks
    assert [(m["s"], m["E"], m["p"], m["t"]) for m in seen["trade"]] == ticks
    assert [(m["s"], m["T"], m["p"], m["a"]) for m in seen["aggTrade"]] == ticks
    assert [trade[3] for trade in ticks] == list(range(ticks[0][3], ticks[0][3] + 5000))
    assert all(ticks[i][2] in (m["b"], m["a"]) for i, m in enumerate(seen["bookTicker"]))
    updates = [m["u"] for m in seen["bookTicker"]]
    assert updates == list(range(updates[0], updates[0] + 5000))


def test_exchange__klines_add_up_the_trades(exchange: Make) -> None:
    source = exchange(*walk("--rate", "7", "--ticks", "2000", "--wait-for", "2", "--exit-when-done"))
    with client(source, "/stream?streams=btcusdt@trade/btcusdt@kline_1m") as opened:
        messages, _ = drain(opened)
    trades = [m["data"] for m in messages if m["stream"] == "btcusdt@trade"]
    closed = [m["data"]["k"] for m in messages if m["stream"] != "btcusdt@trade" and m["data"]["k"]["x"]]
    assert len(closed) == 4
    for kline in closed[1:]:
        inside = [t for t in trades if kline["t"] <= t["T"] <= kline["T"]]
        assert kline["T"] == kline["t"] + 59999
        assert (kline["n"], kline["f"], kline["L"]) == (len(inside), inside[0]["t"], inside[-1]["t"])
        assert (kline["o"], kline["c"]) == (inside[0]["p"], inside[-1]["p"])
        assert float(kline["h"]) == max(float(t["p"]) for t in inside)
        assert float(kline["v"]) == pytest.approx(sum(float(t["q"]) for t in inside))
        assert float(kline["V"]) == pytest.approx(sum(float(t["q"]) for t in inside if not t["m"]))


def test_exchange__depth_updates_lead_from_snapshot_to_snapshot(exchange: Make) -> None:
    source = exchange(*walk("--rate", "30", "--ticks", "600", "--wait-for", "2", "--exit-when-done"))
    with client(source, "/stream?streams=btcusdt@depth@100ms/btcusdt@depth20@100ms") as opened:
        messages, _ = drain(opened)
    bids: dict[str, str] = {}
    last, compared = 0, 0
    snapshots = {m["data"]["lastUpdateId"]: m["data"] for m in messages if "lastUpdateId" in m["data"]}
    for update in (m["data"] for m in messages if "U" in m["data"]):
        assert last == 0 or update["U"] == last + 1
        last = update["u"]
        bids.update(update["b"])
        bids = {price: quantity for price, quantity in bids.items() if float(quantity)}
        assert bids == dict(snapshots[last]["bids"])
        compared += 1
    assert compared > 150


def test_exchange__walks_the_same_way_for_the_same_seed(exchange: Make) -> None:
    def messages(seed: str) -> list[Json]:
        options = walk("--seed", seed, "--ticks", "200", "--exit-when-done", "--symbols", "btcusdt=20000,ethusdt")
        with client(exchange(*options), "/ws/btcusdt@ticker") as opened:
            return drain(opened)[0]

    first = messages("1")
    assert first == messages("1") != messages("2")
    assert (first[0]["c"], first[0]["E"], first[1]["E"]) == ("20000.00000000", START_MS, START_MS + 100)


# ---- Sources ----

RECORDING = "time,symbol,price\n1672515782136,btcusdt,16500.5\n1672515783136,ETHUSDT,1200\n1672515785.5,btcusdt,16501\n"


def test_exchange__replays_a_recording_to_every_subscriber(exchange: Make, tmp_path: Path) -> None:
    (tmp_path / "ticks.csv").write_text(RECORDING)
    source = exchange("--replay", tmp_path / "ticks.csv", "--speed", "0", "--wait-for", "4", "--exit-when-done")
    expected = [("BTCUSDT", 1672515782136, "16500.50000000"), ("ETHUSDT", 1672515783136, "1200.00000000"),
                ("BTCUSDT", 1672515785500, "16501.00000000")]
    path = "/ws/btcusdt@trade/ethusdt@trade"
    with client(source, path) as one, client(source, path) as two:
        for opened in one, two:
            assert [(m["s"], m["E"], m["p"]) for m in drain(opened)[0]] == expected


def test_exchange__replays_at_a_speed_with_current_times(exchange: Make, tmp_path: Path) -> None:
    (tmp_path / "ticks.csv").write_text(RECORDING)
    source = exchange("--replay", tmp_path / "ticks.csv", "--speed", "100", "--now", "--wait-for", "2")
    with client(source, "/ws/btcusdt@trade/ethusdt@trade?timeUnit=MICROSECOND") as opened:
        times = [message["E"] for message in receive(opened, 3)]
    assert times[0] > 1_700_000_000_000_000
    assert [time - times[0] for time in times] == [0, 10_000, 33_640]


def test_exchange__stays_up_when_the_source_ends(exchange: Make) -> None:
    source = exchange(*walk("--ticks", "3"))
    with client(source, "/ws/btcusdt@trade") as opened:
        receive(opened, 3)
        source.output.wait_for(r"^source ended after 3 ticks$", 10)
        assert ask(opened, "LIST_SUBSCRIPTIONS") == {"result": ["btcusdt@trade"], "id": 1}
        assert status(source)["source"] == "ended"


def test_exchange__pauses_and_goes_on_without_a_loss(exchange: Make) -> None:
    source = exchange("--walk", "--rate", "500", "--wait-for", "1")
    with client(source, "/ws/btcusdt@trade") as opened:
        receive(opened, 10)
        assert source.ask("pause") == "ok"
        ticks = status(source)["ticks"]
        ids = [message["t"] for message in receive(opened, ticks - 10)]
        with pytest.raises(TimeoutError):
            opened.recv(timeout=0.1)
        assert source.ask("resume") == "ok"
        assert receive(opened)[0]["t"] == ids[-1] + 1 if ids else True


def test_exchange__names_the_line_of_a_broken_recording(tmp_path: Path) -> None:
    (tmp_path / "ticks.csv").write_text("1672515782,btcusdt,16500.5\n1672515783,btcusdt,cheap\n")
    done = run([built("tests/exchange"), "--replay", "ticks.csv", "--speed", "0"], folder=tmp_path)
    assert done.returncode == 1
    assert "ticks.csv:2: 'cheap' is not a decimal number" in done.stderr


@pytest.mark.parametrize("options", [[], ["--walk", "--replay", "x"], ["--walk", "--rate", "0"], ["--walk", "--what"],
                                     ["--walk", "--ping", "20"], ["--walk", "--tls-cert", "x"], ["--walk", "x"]])
def test_exchange__refuses_a_bad_command_line(options: list[str]) -> None:
    done = run([built("tests/exchange"), *options])
    assert (done.returncode, done.stdout) == (2, "")
    assert "exchange --help lists the options" in done.stderr


def test_exchange__explains_itself() -> None:
    done = run([built("tests/exchange"), "--help"])
    assert done.returncode == 0
    assert "--replay FILE" in done.stdout and "stall-upgrade" in done.stdout


# ---- The protocol ----

def test_exchange__wraps_payloads_of_combined_connections_only(exchange: Make) -> None:
    source = exchange("--walk", "--rate", "100")
    with client(source, "/ws/btcusdt@trade") as raw, client(source, "/stream?streams=btcusdt%40trade") as combined:
        assert receive(raw)[0]["e"] == "trade"
        message, = receive(combined)
        assert message["stream"] == "btcusdt@trade" and message["data"]["e"] == "trade"
        assert ask(combined, "GET_PROPERTY", ["combined"]) == {"result": True, "id": 1}
        assert ask(combined, "SET_PROPERTY", ["combined", False]) == {"result": None, "id": 1}
        assert receive(combined)[0]["e"] == "trade"


def test_exchange__subscribes_and_unsubscribes(exchange: Make) -> None:
    with client(exchange("--walk", "--rate", "100"), "/ws") as opened:
        assert ask(opened, "SUBSCRIBE", ["btcusdt@trade", "nosuch@trade"], id="a1") == {"result": None, "id": "a1"}
        assert receive(opened)[0]["s"] == "BTCUSDT"
        assert ask(opened, "LIST_SUBSCRIPTIONS")["result"] == ["btcusdt@trade", "nosuch@trade"]
        assert ask(opened, "UNSUBSCRIBE", ["btcusdt@trade"], id=None) == {"result": None, "id": None}
        with pytest.raises(TimeoutError):
            opened.recv(timeout=0.1)


@pytest.mark.parametrize("shape, expected", [
    ("documented", {"code": 2, "msg": "Invalid request: invalid stream"}),
    ("wrapped", {"error": {"code": 2, "msg": "Invalid request: invalid stream"}, "id": 1}),
])
def test_exchange__answers_errors_in_either_shape(exchange: Make, shape: str, expected: Json) -> None:
    with client(exchange("--walk", "--wait-for", "9", "--errors", shape), "/ws") as opened:
        assert ask(opened, "SUBSCRIBE", ["nonsense"]) == expected


def test_exchange__ignores_a_message_beyond_4096_bytes(idle: Exchange) -> None:
    with client(idle, "/ws") as opened:
        opened.send(json.dumps({"method": "SUBSCRIBE", "params": [f"s{i}@trade" for i in range(400)], "id": 7}))
        assert ask(opened, "LIST_SUBSCRIPTIONS", id=8) == {"result": [], "id": 8}
    assert status(idle)["ignored"] == 1


def test_exchange__allows_1024_streams(idle: Exchange) -> None:
    names = "/".join(f"s{i}@trade" for i in range(1024))
    with client(idle, "/stream?streams=" + names) as opened:
        assert ask(opened, "SUBSCRIBE", ["s0@trade"])["result"] is None
        assert ask(opened, "SUBSCRIBE", ["another@trade"])["code"] == 2
        assert status(idle)["subscriptions"] == 1024


def test_exchange__disconnects_a_client_that_talks_too_much(idle: Exchange) -> None:
    with client(idle, "/ws") as opened:
        for _ in range(6):
            opened.ping()
        with pytest.raises(ConnectionClosed) as closed:
            opened.recv(timeout=patience(10))
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "Too many requests")


def test_exchange__pings_and_hears_the_pongs(exchange: Make) -> None:
    source = exchange("--walk", "--ping", "50ms", "--pong-timeout", "10s", "--messages", "0")
    with client(source, "/ws/btcusdt@trade") as opened:
        eventually(lambda: status(source)["pongs"] >= 3)
        receive(opened)


def silent_client(exchange: Exchange) -> socket.socket:
    """A client that asks for the upgrade and never says anything again."""
    host, port = exchange.url.split("//")[1].split(":")
    opened = socket.create_connection((host, int(port)), timeout=patience(10))
    opened.sendall(b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    return opened


def test_exchange__disconnects_a_client_that_does_not_pong(exchange: Make) -> None:
    with silent_client(exchange("--walk", "--ping", "50ms", "--pong-timeout", "100ms")) as opened:
        received = b"".join(iter(lambda: opened.recv(4096), b""))
    assert received.endswith(b"\x88\x0e\x03\xf0Pong timeout")


def test_exchange__ends_a_connection_after_its_lifetime(exchange: Make) -> None:
    source = exchange("--walk", "--rate", "100", "--lifetime", "300ms")
    with client(source, "/ws/btcusdt@trade") as opened:
        messages, code = drain(opened)
    assert messages and code == 1001


@pytest.mark.parametrize("path, code", [("/api", 404), ("/ws/" + "/".join(f"s{i}@trade" for i in range(1025)), 400)])
def test_exchange__refuses_the_upgrade_of_a_bad_path(idle: Exchange, path: str, code: int) -> None:
    with pytest.raises(InvalidStatus) as refused, client(idle, path):
        pass
    assert refused.value.response.status_code == code


def test_exchange__speaks_tls(exchange: Make, certificate: Certificate) -> None:
    source = exchange(*walk("--tls-cert", str(certificate.cert), "--tls-key", str(certificate.key),
                            "--ticks", "20000", "--exit-when-done"))
    assert source.url.startswith("wss://")
    with client(source, "/ws/btcusdt@ticker", ssl=ssl.create_default_context(cafile=certificate.cert)) as opened:
        messages, code = drain(opened)
    assert (len(messages), code) == (20000, 1001)


# ---- Misbehaviour ----

def test_exchange__announces_a_shutdown_and_closes_later(idle: Exchange) -> None:
    with client(idle, "/ws") as raw, client(idle, "/stream") as combined:
        assert idle.ask("shutdown 1") == "ok 2"
        event, = receive(raw)
        assert list(event) == ["e", "E"] and event["e"] == "serverShutdown"
        wrapped, = receive(combined)
        assert wrapped["stream"] == "!serverShutdown" and wrapped["data"]["e"] == "serverShutdown"
        with client(idle, "/ws") as replacement:
            assert drain(raw)[1] == 1001
            assert ask(replacement, "LIST_SUBSCRIPTIONS")["result"] == []


def test_exchange__sends_garbage_other_shapes_and_huge_frames(idle: Exchange) -> None:
    with client(idle, "/ws") as opened:
        assert idle.ask("garbage") == "ok 1"
        with pytest.raises(ValueError):
            json.loads(opened.recv(timeout=patience(10)))
        assert idle.ask("other-shape 2") == "ok 1"
        assert receive(opened) == [[]]
        assert idle.ask("huge 5000000") == "ok 1"
        assert len(opened.recv(timeout=patience(10))) == 5_000_000


@pytest.mark.parametrize("kind", ["", "opcode", "rsv", "masked", "utf8", "continuation", "ping"])
def test_exchange__sends_frames_that_a_client_must_refuse(idle: Exchange, kind: str) -> None:
    with client(idle, "/ws") as opened:
        assert idle.ask(f"invalid-frame {kind}".strip()) == "ok 1"
        with pytest.raises(ConnectionClosed) as closed:
            opened.recv(timeout=patience(10))
    assert closed.value.sent.code == (1007 if kind == "utf8" else 1002)


def test_exchange__splits_messages_around_pings(exchange: Make) -> None:
    source = exchange("--walk", "--rate", "100", "--fault", "fragment on")
    with client(source, "/ws/btcusdt@trade") as opened:
        ids = [message["t"] for message in receive(opened, 50)]
        assert ids == list(range(ids[0], ids[0] + 50))
        assert eventually(lambda: status(source)["pongs"]) > 5


def test_exchange__closes_with_any_code(idle: Exchange) -> None:
    with client(idle, "/ws") as opened:
        assert idle.ask("close 1012 restart") == "ok 1"
        with pytest.raises(ConnectionClosed) as closed:
            opened.recv(timeout=patience(10))
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1012, "restart")


def test_exchange__drops_connections(idle: Exchange) -> None:
    with silent_client(idle) as opened:
        opened.recv(4096)
        assert idle.ask("drop") == "ok 1"
        with pytest.raises(ConnectionResetError):
            opened.recv(1)


def test_exchange__keeps_silent(exchange: Make) -> None:
    source = exchange("--walk", "--rate", "100", "--ping", "50ms")
    with client(source, "/ws/btcusdt@trade") as opened:
        receive(opened, 3)
        assert source.ask("silent on") == "ok"
        while True:
            try:
                opened.recv(timeout=0.1)
            except TimeoutError:
                break
        assert not opened.ping().wait(0.1)
        assert source.ask("silent off") == "ok"
        receive(opened, 3)


def test_exchange__refuses_upgrades(idle: Exchange) -> None:
    for command, code, retry_after in ("refuse on", 503, None), ("refuse 429 30", 429, "30"), ("refuse 451", 451, None):
        assert idle.ask(command) == "ok"
        with pytest.raises(InvalidStatus) as refused, client(idle, "/ws"):
            pass
        assert refused.value.response.status_code == code
        assert refused.value.response.headers.get("Retry-After") == retry_after
    assert idle.ask("refuse off") == "ok"
    with client(idle, "/ws"):
        assert status(idle)["refused"] == 3


def test_exchange__stalls_upgrades(exchange: Make) -> None:
    source = exchange("--walk", "--fault", "stall-upgrade on")
    with pytest.raises(TimeoutError), client(source, "/ws", open_timeout=0.2):
        pass
    assert source.ask("stall-upgrade off") == "ok"
    with client(source, "/ws/btcusdt@trade") as opened:
        receive(opened)


def test_exchange__answers_every_control_line(idle: Exchange) -> None:
    for line in "nonsense", "huge", "close now", "refuse 99", "silent", "other-shape 11", "invalid-frame odd", "":
        assert idle.ask(line).startswith("error ")
    assert status(idle) == {**status(idle), "source": "waiting", "connections": 0, "ticks": 0}


def test_exchange__drops_only_the_client_that_is_too_slow(exchange: Make) -> None:
    source = exchange("--walk", "--rate", "20000", "--buffer", "100000", "--wait-for", "2")
    with client(source, "/ws/btcusdt@ticker", max_queue=1) as slow, client(source, "/ws/btcusdt@ticker") as quick:
        for _ in iter(lambda: status(source)["overflowed"], 1):
            receive(quick, 1000)
        first, second = receive(quick, 2)
        assert second["L"] == first["L"] + 1
        assert drain(slow)[1] == 1006


def test_exchange__waits_for_the_slowest_at_speed_zero(exchange: Make) -> None:
    source = exchange(*walk("--ticks", "60000", "--exit-when-done"))
    with client(source, "/ws/btcusdt@ticker", max_queue=1) as slow:
        receive(slow, 1000)
        assert status(source)["ticks"] < 60000
        assert len(drain(slow)[0]) == 59000


def test_exchange__ends_cleanly_on_sigterm(exchange: Make) -> None:
    source = exchange("--walk", "--rate", "100")
    with client(source, "/ws/btcusdt@trade") as opened:
        receive(opened)
        source.close_input()
        receive(opened, 20)
        assert source.stop() == 0
        assert drain(opened)[1] == 1001
