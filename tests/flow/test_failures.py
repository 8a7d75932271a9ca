"""The agent when something goes wrong. Which test shows which answer:

| case | shown by |
|---|---|
| the configuration is wrong: an unknown option, a wrong type, a cycle, … | test_config |
| a plugin is not found | test_config: one_thing_that_is_wrong_is_one_line |
| of a wrong ABI, without callbacks, no plugin at all | test_failing_plugins: wrong_plugin |
| `open` answers FAIL or RETRY; startup_error_behavior | test_failing_plugins: open |
| a plugin crashes | test_failing_plugins: crash; between files: test_file_failures: crash |
| the exchange is gone, DNS fails, TLS is wrong, frames are garbage | test_binance |
| Kafka is down, comes back, has no such topic | here: kafka__comes_and_goes; test_kafka_failures |
| InfluxDB is slow, 401, 404, 413, 429, 503, a partial write | test_influx_answers, test_influx_network |
| InfluxDB is down: the queue fills, the input pauses | here: influxdb__stops_mid_flow |
| a line, row or document cannot be read | here: bad_records; in files: test_files: bad_records |
| SIGTERM while it is full | here: stop; with kafka_out: test_kafka_failures: stops_while_the_flow_is_full |
| kill -9 while consuming | here: kill; with state: test_marks; into Kafka: test_kafka_failures: killed |
| the disk is full | here: state__no_room; an output's: test_file_failures: full_disk |
| two agents in one state directory | here: state__second_agent |
| SIGHUP, with a bad configuration and with a good one | test_config: bad_reload; under load here: reload |
| `--once`, `--test` | test_kafka_in: reads_to_the_end; here: test_mode |
| memory | here: memory, influxdb__stops_mid_flow; over time: test_files, test_binance: memory__stays_flat |
"""

import json
import random
import re
import signal
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from failure_kit import (COUNT, QUICK, TEST_PLUGINS, committed, counts, influx_out, last_line, limit, memory,
                         numbers, output_of, stands_still)
from kafka_flow import CSV_IN, TIME, Agents, Flow, Unique, config, dead_letters, kafka_in, kafka_out, lines
from servers import Agent, Answer, Exchange, InfluxDB, Kafka, Sink, eventually, patience, run
from servers.places import TOP


# ---- Ends ----

def test_stop__while_everything_is_full(kafka: Kafka, unique: Unique, sink: Sink, agent: Agents) -> None:
    source, group = kafka.create_topic(unique("source")), unique("group")
    kafka.produce(source, lines(20_000))
    sink.play(Answer(), Answer(), Answer())
    sink.usual = Answer(hang=True)
    tested = agent(config(kafka_in(kafka, source, group, QUICK),
                          influx_out(sink.url, "  metric_batch_size = 500"),
                          agent='  queue_size = "64KB"\n  drain_timeout = "500ms"'))
    tested.start()
    sink.wait_for_requests(4)
    stands_still(tested)
    begun = time.monotonic()
    assert tested.stop() == 0
    assert time.monotonic() - begun < patience(5)
    assert re.search("not all of it could be delivered: what is left is not acknowledged", tested.log)
    delivered = numbers(sink)
    assert 0 < delivered.total() < 20_000
    assert committed(kafka, group, source) <= min(set(range(20_000)) - delivered.keys())

    sink.usual = Answer()
    with tested:
        eventually(lambda: numbers(sink).keys() == set(range(20_000)), 20)
        assert tested.stop() == 0
    assert committed(kafka, group, source) == 20_000


def test_stop__while_it_is_full_delivers_what_is_under_way(kafka: Kafka, unique: Unique, sink: Sink,
                                                          agent: Agents) -> None:
    source, group = kafka.create_topic(unique("source")), unique("group")
    kafka.produce(source, lines(20_000))
    sink.usual = Answer(delay=0.05)
    tested = agent(config(kafka_in(kafka, source, group, QUICK),
                          influx_out(sink.url, "  metric_batch_size = 100"),
                          agent='  queue_size = "64KB"'))
    tested.start()
    sink.wait_for_requests(4)
    assert tested.stop() == 0
    delivered = numbers(sink)
    assert delivered.total() < 20_000
    assert delivered == Counter(range(delivered.total())), "each once"
    assert committed(kafka, group, source) == delivered.total()


COINS = 3


def prices(first: int, end: int) -> list[str]:
    """Messages of the old chain; the price is a function of coin and time."""
    return [f"COIN{number % COINS},{TIME + number},{price(number)}" for number in range(first, end)]


def price(number: int) -> float:
    return number * 1.01 + number % COINS


def read_prices(influx: InfluxDB) -> dict[int, float]:
    query = urllib.parse.urlencode({"db": "db", "epoch": "ms", "q": "SELECT value FROM mess GROUP BY coin"})
    asked = urllib.request.Request(f"{influx.url}/query?{query}", headers={"Accept": "application/csv"})
    with urllib.request.urlopen(asked) as answer:
        rows = [line.split(",") for line in answer.read().decode().splitlines()]
    found = {(row[1], int(row[2]) - TIME): float(row[3]) for row in rows if row[0] == "mess"}
    assert all(coin == f"coin=COIN{number % COINS}" for coin, number in found)
    return {number: value for (_, number), value in found.items()}


def test_kill__between_kafka_and_influxdb_loses_nothing(kafka: Kafka, unique: Unique, influx: InfluxDB,
                                                       agent: Agents) -> None:
    dice, count, rounds = random.Random(1), 240_000, 10
    source, group = kafka.create_topic(unique("source"), partitions=COINS), unique("group")
    kafka.produce(source, prices(0, count))
    influx.create_database("db")
    tested = agent(config(kafka_in(kafka, source, group, QUICK + CSV_IN),
                          influx_out(influx.url, "  max_in_flight = 3")))
    reached = []
    for _ in range(rounds):
        tested.start()
        tested.wait_for_log("assigned")
        time.sleep(dice.uniform(0.05, 0.30))    # the moment is what is random here
        assert tested.kill() == -signal.SIGKILL
        reached.append(committed(kafka, group, source))
    assert sum(0 < offset < count for offset in reached) >= 3, f"kills came while it was at work: {reached}"
    with tested:
        tested.wait_for_log("assigned")
        eventually(lambda: committed(kafka, group, source) == count, 40)
        assert tested.stop() == 0
    assert read_prices(influx) == {number: price(number) for number in range(count)}


# ---- Servers ----

def test_kafka__comes_and_goes(tmp_path: Path, influx: InfluxDB, agent: Agents) -> None:
    broker = Kafka(tmp_path / "kafka")
    influx.create_database("db")
    tested = agent(config(kafka_in(broker, "source", "group", QUICK + CSV_IN), influx_out(influx.url)))
    with tested:
        tested.wait_for_log(r"W! \[inputs.kafka_in\] no broker answers")
        with broker:
            tested.wait_for_log("[Uu]nknown topic")
            broker.create_topic("source")
            broker.produce("source", prices(0, 10_000))
            eventually(lambda: influx.count("mess", "value", "db") == 10_000, 30)
            broker.restart()
            broker.produce("source", prices(10_000, 20_000))
            eventually(lambda: influx.count("mess", "value", "db") == 20_000, 30)
            # Its coordinator may take seconds to answer again, and a stop does not wait for ever.
            eventually(lambda: committed(broker, "group", "source") == 20_000, 30)
            assert tested.stop() == 0
    assert read_prices(influx) == {number: price(number) for number in range(20_000)}


def test_influxdb__stops_mid_flow(kafka: Kafka, unique: Unique, influx: InfluxDB, agent: Agents) -> None:
    count, size = 150_000, 1000
    source, group = kafka.create_topic(unique("source")), unique("group")
    text = "x" * size
    kafka.produce(source, (f'm text="{text}",v={number}i {TIME + number}000000' for number in range(count)))
    influx.create_database("db")
    tested = agent(config(kafka_in(kafka, source, group, QUICK),
                          influx_out(influx.url, '  fielddrop = ["text"]')))
    with tested:
        eventually(lambda: influx.count("m", "v", "db") > 0)
        influx.stop()
        tested.wait_for_log(r"W! \[outputs.influx_out\] write: .*trying again until it succeeds")
        stands_still(tested)
        assert memory(tested, "VmHWM") < limit(64_000)
        acknowledged = committed(kafka, group, source)
        influx.start()
        assert acknowledged <= influx.count("m", "v", "db") < count
        tested.wait_for_log(r"I! \[outputs.influx_out\] write: succeeded after")
        eventually(lambda: influx.count("m", "v", "db") == count, 60)
        eventually(lambda: committed(kafka, group, source) == count)
        assert memory(tested, "VmHWM") < limit(64_000)
        eventually(lambda: memory(tested) < limit(25_000), 20, "it keeps what the backlog took")
        assert tested.stop() == 0
    assert influx.query("SELECT sum(v) AS n FROM m", "db")[0]["n"] == sum(range(count))


# ---- Data ----

JSON_IN = """
  data_format = "json"
  json_time_key = "time"
  json_time_format = "unix_ms"
  name_override = "m"
"""


@pytest.mark.parametrize(("options", "good", "bad"), [
    (CSV_IN, lambda number: f"BTC,{TIME + number},{number}",
     ["rubbish", "BTC,yesterday,1", f'BTC,{TIME},"1']),
    (JSON_IN, lambda number: json.dumps({"time": TIME + number, "v": number}),
     ['{"time": 1, "v": ', "rubbish", '{"v": 1, "time": "when"}']),
])
def test_bad_records__leave_their_neighbours_alone(kafka: Kafka, topic: str, unique: Unique, sink: Sink,
                                                   agent: Agents, options: str, good: Callable[[int], str],
                                                   bad: list[str]) -> None:
    messages = [good(number) for number in range(1000)]
    places = [100, 101, 900]
    for place, record in zip(places, bad):
        messages.insert(place, record)
    kafka.produce(topic, messages)
    tested = agent(config(kafka_in(kafka, topic, unique("group"), options + '  dead_letter = "dead.json"\n'),
                          influx_out(sink.url)))
    done = tested.run_once()
    assert done.returncode == 0, done.stderr
    assert len(sink.lines()) == 1000
    assert f"{len(bad)} bad records" in done.stderr
    letters = dead_letters(tested.folder / "dead.json")
    assert [letter["record"].rstrip("\n") for letter in letters] == bad
    for letter, place in zip(letters, places):
        assert topic in letter["place"] and str(place) in letter["place"] and letter["reason"], letter


# ---- State ----

def limit_files(running: Agent, size: int | str) -> None:
    """From now on no file of the agent can grow beyond that: as on a disk that is full."""
    done = run(["prlimit", "--pid", str(running.pid), f"--fsize={size}:"])
    assert done.returncode == 0, done.stderr


def test_state__no_room_for_it(kafka: Kafka, topic: str, unique: Unique, sink: Sink, agent: Agents) -> None:
    group = unique("group")
    tested = agent(config(kafka_in(kafka, topic, group, QUICK), COUNT, influx_out(sink.url)),
                   "--plugin-dir", TEST_PLUGINS)
    kafka.produce(topic, lines(1000))
    tested.start()
    eventually(lambda: committed(kafka, group, topic) == 1000)
    limit_files(tested, 100)
    kafka.produce(topic, lines(1000, 1000))
    tested.wait_for_log(r"E! \[agent\] checkpoint: write .*File too large; .* not acknowledged")
    sink.wait_for_lines(2000)
    time.sleep(0.5)     # several tries
    assert committed(kafka, group, topic) == 1000
    assert tested.log.count("E! [agent] checkpoint:") == 1, "one line when it begins"

    limit_files(tested, "unlimited")
    eventually(lambda: committed(kafka, group, topic) == 2000)
    tested.wait_for_log(r"I! \[agent\] checkpoint: succeeded")
    limit_files(tested, 100)
    kafka.produce(topic, lines(1000, 2000))
    sink.wait_for_lines(3000)
    tested.kill()
    with tested:
        eventually(lambda: committed(kafka, group, topic) == 3000)
        assert counts(sink) == list(range(1, 3001))
        assert tested.stop() == 0


TAIL = """
[[inputs.file]]
  files = ["in.lp"]
  tail = true
  initial_read_offset = "saved-or-beginning"
[[outputs.file]]
  files = ["out.lp"]
"""


def tailing(agent: Agents, *options: str | Path, name: str = "agent") -> Agent:
    """An agent that remembers how far it has read a file of 1000 lines."""
    made = agent(TAIL, *options, name=name)
    (made.folder / "in.lp").write_text("".join(f"{line}\n" for line in lines(1000)))
    return made


def has_read_all(running: Agent) -> bool:
    return output_of(running).count("\n") == 1000


def test_state__second_agent_is_refused(agent: Agents) -> None:
    first = tailing(agent)
    second = tailing(agent, "--state-directory", first.state, name="second")
    with first:
        eventually(lambda: has_read_all(first))
        second.start()
        assert second.wait() == 1
        assert (f"state_directory: {first.state} is in use by another agent; give each agent its own"
                in last_line(second))
        assert output_of(second) == ""
        assert first.stop() == 0
    with second:
        eventually(lambda: has_read_all(second))
        assert second.stop() == 0


def test_state__directory_that_cannot_be_made(agent: Agents) -> None:
    tested = tailing(agent, "--state-directory", "/dev/null/state")
    tested.start()
    assert tested.wait() == 1
    assert "state_directory: make /dev/null/state: Not a directory; another one is set with" in last_line(tested)
    assert output_of(tested) == ""


# ---- Reload, test mode ----

def test_reload__under_load_loses_nothing(kafka: Kafka, unique: Unique, agent: Agents) -> None:
    source, group = kafka.create_topic(unique("source"), 2), unique("group")
    kafka.produce(source, lines(40_000))
    with Sink(usual=Answer(delay=0.02)) as one, Sink(usual=Answer(delay=0.02)) as other:
        def to(sink: Sink) -> str:
            return config(kafka_in(kafka, source, group, QUICK),
                          influx_out(sink.url, "  metric_batch_size = 200"),
                          agent='  queue_size = "64KB"')

        with agent(to(one)) as tested:
            for turn, sink in enumerate((other, one, other, one)):
                sink_before = (one, other)[turn % 2]
                sink_before.wait_for_requests(len(sink_before.requests) + 3)
                seen = len(tested.messages)
                tested.configure(to(sink))
                tested.signal(signal.SIGHUP)
                tested.wait_for_log(r"\] reloaded", start=seen)
            one.usual = Answer()
            eventually(lambda: numbers(one, other).keys() == set(range(40_000)), 40)
            assert tested.stop() == 0
        assert numbers(one, other) == Counter(range(40_000)), "each once"
    assert committed(kafka, group, source) == 40_000


def test_test_mode__leaves_no_trace(kafka: Kafka, unique: Unique, sink: Sink, agent: Agents) -> None:
    flow = Flow(kafka, unique)
    kafka.produce(flow.source, lines(100))
    tested = agent(config(kafka_in(kafka, flow.source, flow.group), COUNT, kafka_out(kafka, flow.target),
                          influx_out(sink.url), '[[outputs.file_out]]\n  files = ["out.lp"]\n'))
    done = tested.run_test("--plugin-dir", TEST_PLUGINS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("> m_count count=") == 300
    assert kafka.end_offsets(flow.target) == {0: 0}
    assert sink.requests == []
    assert not (tested.folder / "out.lp").exists() and not tested.state.exists()
    groups = kafka.admin.list_consumer_groups().result(10).valid
    assert flow.group not in [group.group_id for group in groups]


# ---- Memory ----

def test_memory__with_file_plugins(agent: Agents) -> None:
    tested = tailing(agent)
    with tested:
        eventually(lambda: has_read_all(tested))
        stands_still(tested)
        assert memory(tested) < limit(5_000)
        assert tested.stop() == 0


def test_memory__with_the_price_of_bitcoin(kafka: Kafka, topic: str, unique: Unique, influx: InfluxDB,
                                           exchange: Callable[..., Exchange], agent: Agents) -> None:
    market = exchange("--walk", "--symbols", "btcusdt=68000", "--rate", "5")
    influx.create_database("binance")
    tested = agent((TOP / "config/bitcoin.toml").read_text(), env={
        "BINANCE_URL": market.url, "KAFKA_BROKERS": kafka.bootstrap, "KAFKA_TOPIC": topic,
        "KAFKA_GROUP": unique("group"), "INFLUX_URL": influx.url, "INFLUX_API": "v1"})
    with tested:
        eventually(lambda: influx.count("mess", "value", "binance") >= 10)
        assert memory(tested, "VmHWM") < limit(25_000)
        assert tested.stop() == 0
