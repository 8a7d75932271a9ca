"""The binance_ws input against the exchange simulator: every tick comes once, whatever befalls a connection.

What the simulator does not do, a few lines of Python do (`scripted`, `proxy`).
"""

import csv
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as websocket_server

from servers import Agent, Certificate, Exchange, eventually, free_port, patience

MakeExchange = Callable[..., Exchange]
MakeAgent = Callable[..., Agent]

OUTPUT = '[[outputs.file_out]]\nfiles = ["stdout"]\ndata_format = "influx"\n'
START = "2022-12-31T19:43:02Z"
START_NS = 1672515782 * 10**9
NO_PINGS = ("--ping", "0")


# ---- Helpers ----

@dataclass(frozen=True)
class Point:
    """A line of line protocol."""

    name: str
    tags: dict[str, str]
    fields: dict[str, Any]
    time: int

    @property
    def symbol(self) -> str:
        return self.tags["symbol"]


def field_value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    return int(text[:-1]) if text.endswith("i") else float(text)


def parse_point(line: str) -> Point:
    series, fields, time = line.rstrip("\n").split(" ")
    name, *tags = series.split(",")
    values = dict(field.split("=") for field in fields.split(","))
    return Point(name, dict(tag.split("=") for tag in tags),
                 {key: field_value(value) for key, value in values.items()}, int(time))


def config(url: str, symbols: list[str] | None = None, streams: list[str] | None = None,
           **options: Any) -> str:
    lines = ["[agent]", "omit_hostname = true", "[[inputs.binance_ws]]"]
    options = {"url": url, "symbols": ["btcusdt"] if symbols is None else symbols,
               "streams": streams or ["ticker"], **options}
    lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in options.items()]
    return "\n".join(lines) + "\n" + OUTPUT


def points(running: Agent) -> list[Point]:
    return [parse_point(line) for line in running.output.text.splitlines()]


def wait_points(running: Agent, count: int, timeout: float = 15) -> list[Point]:
    """Waits until at least so many points have come out."""
    eventually(lambda: len(running.output) >= count, timeout, f"{count} points, not {len(running.output)}")
    return points(running)


def wait_more(running: Agent, timeout: float = 15) -> None:
    """Waits for points that come from now on."""
    wait_points(running, len(running.output) + 3, timeout)


def status(source: Exchange) -> dict[str, Any]:
    answer = source.ask("status")
    return json.loads(answer if answer.startswith("{") else source.ask("status"))   # after that of a --fault


def read_ledger(path: Path) -> list[tuple[str, int, float, int]]:
    with path.open() as file:
        return [(row[0], int(row[1]), float(row[2]), int(row[3])) for row in csv.reader(file)]


def by_symbol(rows: list[tuple[Any, ...]]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each symbol, in their order: symbols may be interleaved differently."""
    return {symbol: [row for row in rows if row[0] == symbol] for symbol in {row[0] for row in rows}}


def assert_every_tick_once(running: Agent, source: Exchange, ledger: Path) -> None:
    """Waits for the end of the source: each tick of the ledger is one `ticker`, in its order."""
    count = int(source.output.wait_for(r"^source ended after (\d+) ticks", 30)[1])
    got = wait_points(running, count)
    seen = [(p.symbol, p.time // 10**6, p.fields["last"], p.fields["last_trade_id"]) for p in got]
    assert by_symbol(seen) == by_symbol(read_ledger(ledger))


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.csv"


def market(exchange: MakeExchange, ledger: Path, symbols: str, rate: int, ticks: int,
           *options: str) -> Exchange:
    """A market that waits for a subscription to each of its symbols, and ends after so many ticks."""
    return exchange("--walk", "--symbols", symbols, "--rate", str(rate), "--ticks", str(ticks), "--wait-for",
                    str(symbols.count(",") + 1), "--ledger", str(ledger), *options)


def steady(exchange: MakeExchange, *options: str) -> Exchange:
    """A market that goes on for as long as the test does."""
    return exchange("--walk", "--rate", "50", *NO_PINGS, *options)


def started(agent: MakeAgent, text: str, **more: Any) -> Agent:
    running = agent(text, **more)
    running.start()
    return running


def connected(agent: MakeAgent, source: Exchange, **options: Any) -> Agent:
    """An agent through which points come already."""
    running = started(agent, config(source.url, **options))
    wait_more(running)
    return running


# ---- Servers of a few lines ----

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


@contextmanager
def scripted(serve: Callable[[ServerConnection], None]) -> Iterator[str]:
    """A websocket server that does as it is told, and its URL."""
    server = websocket_server(serve, "127.0.0.1", 0, compression=None, ping_interval=None)
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"


def accept_request(client: ServerConnection) -> None:
    client.send(json.dumps({"result": None, "id": json.loads(client.recv())["id"]}))


def send_trade(client: ServerConnection, number: int) -> None:
    trade = {"e": "trade", "E": 1672515782136, "s": "BTCUSDT", "t": number, "p": "1.5", "q": "2",
             "T": 1672515782136, "m": True, "M": True}
    client.send(json.dumps({"stream": "btcusdt@trade", "data": trade}))


# ---- What comes out ----

def test_binance__every_tick_of_a_walk_comes_once(exchange: MakeExchange, agent: MakeAgent,
                                                  ledger: Path) -> None:
    source = market(exchange, ledger, "btcusdt,ethusdt", 2000, 6000)
    running = started(agent, config(source.url, ["btcusdt", "ETHUSDT"]))
    assert_every_tick_once(running, source, ledger)
    assert running.stop() == 0


def test_binance__every_tick_of_a_recording_comes_once(exchange: MakeExchange, agent: MakeAgent, ledger: Path,
                                                       tmp_path: Path) -> None:
    recording = tmp_path / "recording.csv"
    lines = [f"{1723075200 + n // 3}.{n % 3}5,{('BTCUSDT', 'ETHUSDT')[n % 2]},{60000 + n * 0.01:.2f}"
             for n in range(3000)]
    recording.write_text("\n".join(["time,symbol,price", *lines, ""]))
    source = exchange("--replay", str(recording), "--speed", "0", "--wait-for", "2", "--ledger", str(ledger))
    running = started(agent, config(source.url, ["btcusdt", "ethusdt"]))
    assert_every_tick_once(running, source, ledger)


def test_binance__a_ticker_has_all_its_fields(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = exchange("--walk", "--start", START, "--rate", "10", "--wait-for", "1")
    point = wait_points(started(agent, config(source.url)), 1)[0]
    assert (point.name, point.tags, point.time) == ("ticker", {"symbol": "BTCUSDT"}, START_NS)
    assert set(point.fields) == {
        "price_change", "price_change_percent", "weighted_average", "previous_close", "last", "last_quantity",
        "bid", "bid_quantity", "ask", "ask_quantity", "open", "high", "low", "volume", "quote_volume",
        "open_time", "close_time", "first_trade_id", "last_trade_id", "trades"}
    assert point.fields["low"] <= point.fields["last"] <= point.fields["high"]
    assert point.fields["close_time"] == START_NS


STREAMS = {
    "ticker": ("ticker", {}), "miniTicker": ("mini_ticker", {}),
    "ticker_1h": ("window_ticker", {"window": "1h"}), "trade": ("trade", {}), "aggTrade": ("agg_trade", {}),
    "bookTicker": ("book_ticker", {}), "avgPrice": ("avg_price", {"interval": "5m"}),
    "kline_1s": ("kline", {"interval": "1s"}),
    "kline_1d@+08:00": ("kline", {"interval": "1d", "timezone": "+08:00"}),
    "depth5": ("depth", {"levels": "5"}), "depth20@100ms": ("depth", {"levels": "20"}),
    "depth": ("depth_update", {}), "depth@100ms": ("depth_update", {}),
}


def test_binance__every_kind_of_stream_has_its_measurement(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = exchange("--walk", "--rate", "20", "--speed", "8", "--wait-for", str(len(STREAMS)))
    running = started(agent, config(source.url, streams=list(STREAMS)))
    wanted = {(name, *sorted({"symbol": "BTCUSDT", **tags}.items())) for name, tags in STREAMS.values()}
    eventually(lambda: {(p.name, *sorted(p.tags.items())) for p in points(running)} >= wanted)
    assert "passed over" not in running.log


def test_binance__the_whole_market_needs_no_symbols(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = exchange("--walk", "--symbols", "btcusdt,ethusdt,bnbusdt", "--rate", "5", "--speed", "5")
    running = started(agent, config(source.url, [], ["!miniTicker@arr", "!ticker_1h@arr"]))
    eventually(lambda: len({(p.name, p.symbol) for p in points(running)}) == 6)
    assert {p.name for p in points(running)} == {"mini_ticker", "window_ticker"}


def test_binance__times_may_be_microseconds(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = exchange("--walk", "--start", "1672515782.123456", "--rate", "1000", "--wait-for", "1",
                      "--ticks", "5")
    running = started(agent, config(source.url, streams=["trade"], time_unit="us"))
    got = wait_points(running, 5)
    assert [p.time // 1000 for p in got] == [1672515782123456 + 1000 * n for n in range(5)]
    assert [p.time % 1000 for p in got] == [p.fields["trade_id"] % 1000 for p in got]


def test_binance__trades_of_one_time_do_not_merge(exchange: MakeExchange, agent: MakeAgent,
                                                  tmp_path: Path) -> None:
    recording = tmp_path / "recording.csv"
    recording.write_text("".join(f"1672515782136,{price}\n" for price in range(100, 120)))
    source = exchange("--replay", str(recording), "--speed", "0", "--wait-for", "2")
    got = wait_points(started(agent, config(source.url, streams=["trade", "bookTicker"])), 40)
    for name in "trade", "book_ticker":
        assert len({p.time for p in got if p.name == name}) == 20


# ---- Subscribing ----

def test_binance__many_streams_are_asked_for_within_the_limits(exchange: MakeExchange,
                                                               agent: MakeAgent) -> None:
    source = exchange("--walk", *NO_PINGS)
    symbols = [f"symbol{n}usdt" for n in range(300)] + ["btcusdt"]
    running = started(agent, config(source.url, symbols, ["ticker", "trade", "depth20@100ms"]))
    running.wait_for_log(r"connected to 127\.0\.0\.1: 903 streams", 20)
    now = status(source)
    assert (now["subscriptions"], now["accepted"]) == (903, 1)
    assert (now["ignored"], now["rate_limited"]) == (0, 0)
    assert now["control_messages"] > 5


def test_binance__more_streams_than_fit_get_more_connections(exchange: MakeExchange, agent: MakeAgent,
                                                             ledger: Path) -> None:
    source = market(exchange, ledger, "btcusdt,ethusdt,bnbusdt", 500, 1500)
    running = started(agent, config(source.url, ["btcusdt", "ethusdt", "bnbusdt"], streams_per_connection=2))
    assert_every_tick_once(running, source, ledger)
    assert status(source)["connections"] == 2
    running.wait_for_log(r"connection \d of 2: connected to 127\.0\.0\.1: \d streams")


@pytest.mark.parametrize("shape", ["documented", "wrapped"])
def test_binance__a_refused_subscription_is_reported(exchange: MakeExchange, agent: MakeAgent,
                                                     shape: str) -> None:
    source = steady(exchange, "--streams", "1", "--errors", shape)
    running = started(agent, config(source.url, streams=["ticker", "trade"]))
    running.wait_for_log(r"E! .*the exchange refused btcusdt@ticker and 1 more streams: Invalid request: ")
    assert running.stop() == 0


def test_binance__a_stream_that_never_speaks_is_reported(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = steady(exchange)
    running = started(agent, config(source.url, ["btcusdt", "btcbusd"], stream_silence="1s"))
    running.wait_for_log(r"no event of btcbusd@ticker and 0 more streams in 1 s")


# ---- From one connection to the next ----

def test_binance__renewing_a_connection_loses_and_doubles_nothing(exchange: MakeExchange, agent: MakeAgent,
                                                                  ledger: Path) -> None:
    source = market(exchange, ledger, "btcusdt,ethusdt", 1000, 14000)
    running = started(agent, config(source.url, ["btcusdt", "ethusdt"], renew_after="500ms"))
    running.wait_for_log(r"moved to a new connection to 127\.0\.0\.1: the old one was open for")
    assert_every_tick_once(running, source, ledger)
    assert status(source)["accepted"] >= 3


def test_binance__an_announced_shutdown_loses_and_doubles_nothing(exchange: MakeExchange, agent: MakeAgent,
                                                                  ledger: Path) -> None:
    source = market(exchange, ledger, "btcusdt,ethusdt", 1000, 8000)
    running = connected(agent, source, symbols=["btcusdt", "ethusdt"])
    assert source.ask("shutdown 1") == "ok 1"                   # sooner than the change would be over
    running.wait_for_log(r"moved to a new connection to 127\.0\.0\.1: the exchange has announced the end")
    assert_every_tick_once(running, source, ledger)
    assert "lost the connection" not in running.log


def test_binance__trades_and_book_tickers_change_over_exactly(exchange: MakeExchange,
                                                              agent: MakeAgent) -> None:
    source = exchange("--walk", "--rate", "500", "--ticks", "3000", "--wait-for", "3", *NO_PINGS)
    running = connected(agent, source, streams=["trade", "aggTrade", "bookTicker"])
    source.ask("shutdown 60")
    running.wait_for_log(r"moved to a new connection")
    source.output.wait_for(r"^source ended", 30)
    got = wait_points(running, 9000)
    for name, field in ("trade", "trade_id"), ("agg_trade", "aggregate_id"), ("book_ticker", "update_id"):
        ids = [p.fields[field] for p in got if p.name == name]
        assert ids == list(range(ids[0], ids[0] + 3000))


def test_binance__messages_in_pieces_with_pings_between_lose_nothing(exchange: MakeExchange, agent: MakeAgent,
                                                                     ledger: Path) -> None:
    source = market(exchange, ledger, "btcusdt,ethusdt", 1000, 4000, "--fault", "fragment on", "--ping",
                    "500ms")
    running = started(agent, config(source.url, ["btcusdt", "ethusdt"]))
    assert_every_tick_once(running, source, ledger)
    assert status(source)["pongs"] > 0


def test_binance__goes_on_while_no_new_connection_can_be_opened(exchange: MakeExchange, agent: MakeAgent,
                                                                ledger: Path) -> None:
    source = market(exchange, ledger, "btcusdt", 500, 3000)
    running = started(agent, config(source.url, renew_after="500ms"))
    wait_more(running)
    source.ask("refuse 503")
    running.wait_for_log(r"cannot open the next connection to 127\.0\.0\.1: the exchange answered with HTTP")
    source.ask("refuse off")
    running.wait_for_log(r"moved to a new connection")
    assert_every_tick_once(running, source, ledger)


# ---- Bad frames ----

@pytest.mark.parametrize("command", ["garbage", "huge 200000", *(f"other-shape {n}" for n in range(1, 11))])
def test_binance__a_bad_frame_is_passed_over(exchange: MakeExchange, agent: MakeAgent, command: str) -> None:
    source = steady(exchange)
    running = connected(agent, source, max_frame_size="64KB")
    assert source.ask(command) == "ok 1"
    running.wait_for_log(r"passed over a frame: ")
    wait_more(running)
    assert status(source)["accepted"] == 1


def test_binance__bad_frames_lose_no_tick(exchange: MakeExchange, agent: MakeAgent, ledger: Path) -> None:
    source = market(exchange, ledger, "btcusdt", 1000, 3000)
    running = connected(agent, source, max_frame_size="64KB")
    for command in ("garbage", "huge 5000000", "other-shape 8") * 5:
        source.ask(command)
    assert_every_tick_once(running, source, ledger)
    assert running.log.count("passed over") == 1                # now and then, not each


def test_binance__counts_what_it_passes_over(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = steady(exchange)
    text = config(source.url, max_frame_size="64KB").replace(OUTPUT, "") + (
        '[[inputs.internal]]\ninterval = "100ms"\n' + OUTPUT + 'from = ["internal", "binance_ws"]\n')
    running = started(agent, text)
    running.wait_for_log(r"connected to 127\.0\.0\.1: ")
    for command in "garbage", "garbage", "huge 100000", "other-shape 1", "other-shape 6", "other-shape 8":
        source.ask(command)

    def counted() -> dict[str, int]:
        own = [p for p in points(running) if p.tags.get("input") == "binance_ws"]
        return own[-1].fields if own else {}

    eventually(lambda: counted().get("unexpected_frames") == 3)
    now = counted()
    assert (now["garbage_frames"], now["oversized_frames"], now["duplicates"]) == (2, 1, 0)
    assert now["connections"] == 1 and now["bytes"] > 100000


@pytest.mark.parametrize("kind", ["opcode", "rsv", "continuation", "ping", "utf8", "masked"])
def test_binance__an_invalid_frame_ends_at_most_the_connection(exchange: MakeExchange, agent: MakeAgent,
                                                               kind: str) -> None:
    source = steady(exchange)
    running = connected(agent, source)
    source.ask(f"invalid-frame {kind}")
    wait_more(running)
    eventually(lambda: status(source)["connections"] == 1)
    wait_more(running)
    assert running.stop() == 0


def test_binance__frames_that_are_not_text_are_passed_over(agent: MakeAgent) -> None:
    def serve(client: ServerConnection) -> None:
        accept_request(client)
        client.send(b"\x00\x01binary")
        client.send([b"in ", b"pieces"])
        send_trade(client, 1)
        client.recv()

    with scripted(serve) as url:
        running = started(agent, config(url, streams=["trade"]))
        assert wait_points(running, 1)[0].fields["trade_id"] == 1
        running.wait_for_log(r"passed over a frame: not text: \.\.binary")


def test_binance__streams_that_were_not_asked_for_are_passed_over(agent: MakeAgent) -> None:
    def serve(client: ServerConnection) -> None:
        accept_request(client)
        client.send('{"stream":"ethusdt@trade","data":{}}')
        send_trade(client, 1)
        client.recv()

    with scripted(serve) as url:
        running = started(agent, config(url, streams=["trade"]))
        wait_points(running, 1)
        running.wait_for_log(r"passed over a frame: of a stream that was not asked for: ")


def test_binance__a_message_of_megabytes_is_read(agent: MakeAgent) -> None:
    def serve(client: ServerConnection) -> None:
        accept_request(client)
        client.send("[" + "1," * 4_000_000 + "1]")
        client.send(["[", "2," * 1_000_000, "2]"])
        send_trade(client, 1)
        client.recv()

    with scripted(serve) as url:
        running = started(agent, config(url, streams=["trade"]))
        wait_points(running, 1)
        running.wait_for_log(r"passed over a frame: of another shape: \[1,1,1,")


# ---- Lost connections ----

def assert_recovers(running: Agent, source: Exchange, lost: str) -> None:
    """The loss and the recovery are a line each, and points come again."""
    running.wait_for_log(r"lost the connection to 127\.0\.0\.1: " + lost)
    running.wait_for_log(r"connected to 127\.0\.0\.1 again after \d+\.\d s: 1 streams", 20)
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
    running.wait_for_log(r"connected to 127\.0\.0\.1 after \d+\.\d s: 1 streams", 20)
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


# ---- Options ----

@pytest.mark.parametrize("options, complaint", [
    ({"streams": ["tickers"]}, r'streams: there is no "tickers"; there are: ticker, miniTicker, '),
    ({"streams": ["!ticker@arr"]}, r"streams: the exchange has retired !ticker@arr"),
    ({"symbols": []}, r"symbols: none is named"),
    ({"symbols": ["btc/usdt"]}, r'symbols: "btc/usdt" cannot be one'),
    ({"url": "https://stream.binance.com"}, r"url: https://stream.binance.com: it does not begin with wss"),
    ({"url": "wss://host:0"}, r"its port is not from 1 to 65535"),
    ({"proxy": "socks5://127.0.0.1:1"}, r"proxy: it does not begin with http://"),
    ({"streams_per_connection": 2000}, r"streams_per_connection"),
])
def test_binance__a_wrong_option_is_found_by_check(agent: MakeAgent, options: dict[str, Any],
                                                   complaint: str) -> None:
    done = agent(config(**{"url": "wss://127.0.0.1:9", **options})).check()
    assert done.returncode == 2
    assert re.search(complaint, done.stderr + done.stdout)


# ---- Load ----

def resident_kb(running: Agent) -> int:
    text = Path(f"/proc/{running.pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", text, re.M)[1])


def test_binance__memory_stays_flat(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = exchange("--walk", "--symbols", "btcusdt,ethusdt", "--rate", "8000")
    running = started(agent, config(source.url, ["btcusdt", "ethusdt"], ["bookTicker"]),
                      env={"ASAN_OPTIONS": "quarantine_size_mb=1"})
    wait_points(running, 40_000, 30)
    before = resident_kb(running)
    wait_points(running, 160_000, 60)
    assert resident_kb(running) - before < patience(6000)       # of which a full queue may be 4 MB
