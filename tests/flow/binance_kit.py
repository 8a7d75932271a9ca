"""What tests of binance_ws share: configs, points read back, markets of the exchange simulator, and a server
that does what the simulator does not.
"""

import csv
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as websocket_server

from servers import Agent, Exchange, eventually

MakeExchange = Callable[..., Exchange]
MakeAgent = Callable[..., Agent]

OUTPUT = '[[outputs.file_out]]\nfiles = ["stdout"]\ndata_format = "influx"\n'
NO_PINGS = ("--ping", "0")


# ---- Configs and points ----

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
