"""The binance_ws input: streams, subscriptions, every tick once, bad frames."""

import re
import signal
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.server import ServerConnection

from binance_kit import (NO_PINGS, OUTPUT, MakeAgent, MakeExchange, accept_request, assert_every_tick_once,
                         config, connected, market, points, scripted, send_trade, started, status, steady,
                         wait_more, wait_points)
from servers import Agent, eventually, patience

START = "2022-12-31T19:43:02Z"
START_NS = 1672515782 * 10**9


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.csv"


# ---- What comes out ----

def test_binance__every_tick_of_a_walk_comes_once(exchange: MakeExchange, agent: MakeAgent,
                                                  ledger: Path) -> None:
    source = market(exchange, ledger, "btcusdt,ethusdt", 2000, 6000)
    running = started(agent, config(source.url, ["btcusdt", "ETHUSDT"]))
    assert_every_tick_once(running, source, ledger)
    assert running.stop() == 0


def test_binance__reloads_of_what_it_feeds_cost_no_tick(exchange: MakeExchange, agent: MakeAgent,
                                                         ledger: Path) -> None:
    source = market(exchange, ledger, "btcusdt,ethusdt", 2000, 8000)
    text = config(source.url, ["btcusdt", "ethusdt"])
    running = started(agent, text)
    for turn in range(3):
        wait_more(running)
        seen = len(running.messages)
        running.configure(text.replace(OUTPUT, f"{OUTPUT}metric_batch_size = {turn + 100}\n"))
        running.signal(signal.SIGHUP)
        running.wait_for_log(r"\] reloaded: 1 of 2 plugins go on as they were", start=seen)
    assert_every_tick_once(running, source, ledger)
    assert status(source)["accepted"] == 1
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
    running.wait_for_log(r"connection \d of 2: connected to 127\.0\.0\.1: \d streams?")


@pytest.mark.parametrize("shape", ["documented", "wrapped"])
def test_binance__a_refused_subscription_is_reported(exchange: MakeExchange, agent: MakeAgent,
                                                     shape: str) -> None:
    source = steady(exchange, "--streams", "1", "--errors", shape)
    running = started(agent, config(source.url, streams=["ticker", "trade"]))
    running.wait_for_log(r"E! .*the exchange refused btcusdt@ticker and 1 more stream: Invalid request: ")
    assert running.stop() == 0


def test_binance__a_stream_that_never_speaks_is_reported(exchange: MakeExchange, agent: MakeAgent) -> None:
    source = steady(exchange)
    running = started(agent, config(source.url, ["btcusdt", "btcbusd"], stream_silence="1s"))
    running.wait_for_log(r"no event of btcbusd@ticker in 1 s")


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
