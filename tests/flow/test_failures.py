"""The agent when something goes wrong. Which test shows which answer (without a name: it is in this file):

| case | shown by |
|---|---|
| configuration is wrong: unknown option, wrong type, cycle, alias, missing, unreadable | test_config |
| plugin not found | test_config: one_thing_that_is_wrong_is_one_line |
| plugin of a wrong ABI, without callbacks, no plugin at all | wrong_plugin |
| `open` answers FAIL, RETRY; startup_error_behavior | open |
| a plugin crashes, wherever | crash; of file_in: test_files: crash |
| exchange gone, name not found, TLS wrong, garbage frames | test_binance |
| Kafka away, restarted, topic missing | kafka__comes_and_goes; between topics: test_kafka_failures |
| InfluxDB slow, 401, 404, 413, 429, 503, partial write | test_influx_answers, test_influx_network |
| InfluxDB stopped: the queue fills, the input pauses, it recovers | influxdb__stops_mid_flow |
| records that cannot be read | bad_records; of files: test_files: bad_records; of lines of csv: test_kafka_in: garbage |
| SIGTERM while everything is full | stop; with kafka_out: test_kafka_failures: stops_while_the_flow_is_full |
| kill -9 between Kafka and InfluxDB | kill; with state: test_marks; from topic to topic: test_kafka_failures: killed |
| disk full | state: no_room; of outputs: test_files: full_disk |
| two agents on one state directory | state: second_agent |
| SIGHUP with a bad configuration; under load with a good one | test_config: bad_reload; reload |
| `--once` reads to the end; `--test` leaves no trace | test_kafka_in: reads_to_the_end; test_mode |
| memory: idle; while everything is full; under load | memory; influxdb__stops_mid_flow; test_files, test_binance: flat |
"""

import json
import random
import re
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from kafka_flow import CSV_IN, TIME, Agents, Flow, Unique, config, dead_letters, kafka_in, kafka_out, lines, value_of
from servers import Agent, Answer, InfluxDB, Kafka, Sink, eventually, run, vane
from servers.places import TOP, built

MakeExchange = Callable[..., object]

QUICK = '  group_instance_id = "one"\n  librdkafka = {"topic.metadata.refresh.interval.ms" = "200"}\n'


# ---- Configs, and what is asked of agents ----

def influx_out(url: str, more: str = "") -> str:
    return f'[[outputs.influx_out]]\n  urls = ["{url}"]\n  database = "db"\n{more}\n'


def test_plugins() -> Path:
    """Where tests/plugins are built."""
    return built("vane").parent / "tests/plugins"


test_plugins.__test__ = False


def memory(running: Agent, what: str = "VmRSS") -> int:
    """Memory that the agent has, in kB."""
    return int(re.search(what + r":\s+(\d+)", Path(f"/proc/{running.pid}/status").read_text())[1])


def work_done(running: Agent) -> int:
    """Ticks of the processor that the agent has used."""
    fields = Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def stands_still(running: Agent) -> None:
    """Waits until the agent has used no time for a while: all it could do is done."""
    def still() -> bool:
        before = work_done(running)
        time.sleep(0.3)
        return work_done(running) - before <= 1

    eventually(still, 30, "it goes on working")


def numbers(*sinks: Sink) -> Counter[int]:
    """The numbers of `lines` that sinks have accepted."""
    return Counter(value_of(line) for sink in sinks for line in sink.lines())


def last_line(running: Agent) -> str:
    return running.log.splitlines()[-1]


# ---- Plugins that are no plugins ----

CALLBACKS = """
static enum vane_result tick(struct vane_self *self, const struct vane_lane *lane, int64_t now)
{
    (void)self, (void)lane, (void)now;
    return VANE_OK;
}
static enum vane_result run(struct vane_self *self) { (void)self; return VANE_OK; }
static enum vane_result load(struct vane_self *self, const struct vane_record *record)
{
    (void)self, (void)record;
    return VANE_OK;
}
static const struct vane_option outside[] = { { .name = "x", .kind = VANE_KIND_INT, .offset = 64, .size = 8 }, { 0 } };
"""
HEAD = '.role = VANE_INPUT, .name = "wrong", .help = "Is wrong.", '
ABI = ".abi = VANE_ABI, "
NO_PLUGIN = "int nothing;"


def plugin(fields: str) -> str:
    return f"{CALLBACKS}\nconst struct vane_plugin vane_plugin = {{ {fields} }};"


def compile_plugin(source: str, path: Path, *options: str) -> Path:
    """Makes a plugin of C text."""
    text = path.with_suffix(".c")
    text.write_text('#include "core/plugin.h"\n' + source)
    done = run(["cc", "-std=c11", "-w", "-shared", "-fPIC", "-I", TOP, *options, "-o", path, text])
    assert done.returncode == 0, done.stderr
    return path


@pytest.mark.parametrize(("source", "why"), [
    (plugin(".abi = { 2, 0, sizeof(struct vane_plugin), sizeof(struct vane_option) }, .tick = tick, " + HEAD),
     "SO is built for plugin ABI 2, this vane has ABI 1: build it again"),
    (plugin(".abi = { 1, 9, sizeof(struct vane_plugin), sizeof(struct vane_option) }, .tick = tick, " + HEAD),
     r"SO is built for a newer vane: plugin ABI 1.9, this one has 1.\d+"),
    (plugin(".abi = { 1, 0, 3, sizeof(struct vane_option) }, .tick = tick, " + HEAD), "SO has a damaged descriptor"),
    (plugin(ABI + HEAD), "SO is an input and must have one of run and tick"),
    (plugin(ABI + HEAD + ".run = run, .tick = tick"), "SO is an input and must have one of run and tick"),
    (plugin(ABI + HEAD + ".tick = tick, .load = load"), "SO must have both save and load, or neither"),
    (plugin(ABI + HEAD + ".tick = tick, .role = 7"), "SO has the unknown role 7"),
    (plugin(ABI + HEAD + ".role = VANE_OUTPUT"), "SO is an output and has no write callback"),
    (plugin(ABI + HEAD + ".role = VANE_PROCESSOR"), "SO is a processor and has no process callback"),
    (plugin(ABI + HEAD + ".tick = tick, .state_size = 8, .options = outside"), "SO .*option.*x.*"),
    (plugin(ABI + ".role = VANE_INPUT, .tick = tick"), "SO has a descriptor without name or help"),
    (NO_PLUGIN, "SO is not a vane plugin: it does not export vane_plugin"),
    ("void vane_forecast(void);\nvoid f(void) { vane_forecast(); }\n" + plugin(ABI + HEAD + ".tick = tick"),
     "SO is built for a newer vane: it needs vane_forecast"),
    ("void someone_elses(void);\nvoid f(void) { someone_elses(); }\n" + plugin(ABI + HEAD + ".tick = tick"),
     "SO: undefined symbol: someone_elses"),
])
def test_wrong_plugin__is_refused_in_one_sentence(agent: Agents, tmp_path: Path, source: str, why: str) -> None:
    path = compile_plugin(source, tmp_path / "wrong_in.so")
    refused(agent, path, why)


def test_wrong_plugin__no_shared_object(agent: Agents, tmp_path: Path) -> None:
    (tmp_path / "wrong_in.so").write_text("not even close\n" * 100)
    refused(agent, tmp_path / "wrong_in.so", "SO: .*invalid ELF header")


def test_wrong_plugin__everybody_may_write_to_it(agent: Agents, tmp_path: Path) -> None:
    path = compile_plugin(plugin(ABI + HEAD + ".tick = tick"), tmp_path / "wrong_in.so")
    path.chmod(0o777)
    refused(agent, path, r"SO may be written to by everybody: it is not loaded \(chmod o-w\)")


def test_wrong_plugin__of_another_role(agent: Agents, tmp_path: Path) -> None:
    path = compile_plugin(plugin(ABI + HEAD + ".tick = tick"), tmp_path / "wrong.so")
    refused(agent, path, "'wrong' is one of the inputs, not of the processors", role="processors")


def refused(agent: Agents, path: Path, why: str, role: str = "inputs") -> None:
    """One error, at its line of the file, and nothing is started."""
    tested = agent(f"[[{role}.wrong]]\n[[outputs.file_out]]\n", "--plugin-dir", path.parent)
    for done in (tested.run_once("--plugin-dir", path.parent), tested.check("--plugin-dir", path.parent)):
        assert done.returncode == 2
        line, = done.stderr.splitlines()
        expected = rf"{tested.config}:1: {role}\.wrong: " + why.replace("SO", str(path))
        assert re.fullmatch(expected, line), line
        assert not tested.state.exists()


# ---- Plugins that go wrong while they run ----

TROUBLE = """
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct trouble { const char *at, *how, *until; };

static int bottomless(volatile int *depth) { volatile char room[4096]; room[0] = 1; ++*depth; return bottomless(depth) + room[0]; }

static enum vane_result meet(struct vane_self *self, const char *here)
{
    const struct trouble *trouble = self->state;
    volatile int *volatile nowhere = NULL, depth = 0;
    if (strcmp(trouble->at, here) != 0 || (trouble->until && access(trouble->until, F_OK) == 0))
        return VANE_OK;
    if (strcmp(trouble->how, "crash") == 0)
        return *nowhere;
    if (strcmp(trouble->how, "abort") == 0)
        abort();
    if (strcmp(trouble->how, "overflow") == 0)
        return bottomless(&depth);
    return strcmp(trouble->how, "fail") == 0 ? vane_fail(self, "as it was told") : vane_retry(self, "as it was told");
}

static enum vane_result check(struct vane_self *self) { return meet(self, "check"); }
static enum vane_result open(struct vane_self *self)
{
    if (ROLE == VANE_PROCESSOR)
        vane_tick_every(self, 1);
    return meet(self, "open");
}
static void close_(struct vane_self *self) { meet(self, "close"); }
static enum vane_result tick(struct vane_self *self, const struct vane_lane *lane, int64_t now)
{
    if (ROLE == VANE_INPUT) {
        struct vane_batch *batch = vane_batch_new(self);
        vane_set_int(vane_add(batch, vane_series(batch, "m", NULL, 0), now), "v", 1);
        vane_emit(self, batch);
    }
    return meet(self, "tick");
}
static enum vane_result process(struct vane_self *self, struct vane_batch *batch)
{
    struct vane_batch *more = vane_batch_new(self);
    vane_set_int(vane_add(more, vane_series(more, "more", NULL, 0), batch->metrics[0]->time), "v", 1);
    vane_emit(self, more);
    return meet(self, "process");
}
static enum vane_result end(struct vane_self *self) { return meet(self, "end"); }
static enum vane_result write_(struct vane_self *self, struct vane_write *write) { return meet(self, "write"); }
static void lost(struct vane_self *self, const struct vane_lane *lane) { meet(self, "lost"); }
static enum vane_result save(struct vane_self *self, struct vane_saver *saver, bool full)
{
    vane_save(saver, &(struct vane_record){ .lane = "", .key = "k", .data = "", .length = 1 });
    return meet(self, "save");
}
static enum vane_result load(struct vane_self *self, const struct vane_record *record) { return meet(self, "load"); }

static const struct vane_option options[] = {
    VANE_OPT_STRING(struct trouble, at, .preset = "\\"\\"", .help = "The callback."),
    VANE_OPT_STRING(struct trouble, how, .preset = "\\"\\"", .help = "crash, abort, overflow, fail or retry."),
    VANE_OPT_STRING(struct trouble, until, .help = "No longer once there is this file."),
    { 0 }
};
const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = ROLE, .name = NAME, .help = "Meets trouble.", .state_size = sizeof(struct trouble),
    .options = options, .check = check, .open = open, .close = close_, .tick = tick,
    .process = ROLE == VANE_PROCESSOR ? process : NULL, .end = ROLE == VANE_PROCESSOR ? end : NULL,
    .lost = ROLE == VANE_PROCESSOR ? lost : NULL, .write = ROLE == VANE_OUTPUT ? write_ : NULL,
    .save = ROLE != VANE_INPUT ? save : NULL, .load = ROLE != VANE_INPUT ? load : NULL,
};
"""


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an input, a processor and an output that meet trouble where they are told to."""
    folder = tmp_path_factory.mktemp("plugins")
    for name, role in (("trouble_in", "INPUT"), ("trouble", "PROCESSOR"), ("trouble_out", "OUTPUT")):
        compile_plugin(TROUBLE, folder / f"{name}.so", f"-DROLE=VANE_{role}", f'-DNAME="{name}"')
    return folder


TROUBLED = """
[agent]
  interval = "10ms"
  checkpoint_interval = "50ms"
  drain_timeout = "2s"
[[inputs.trouble_in]]
{input}
[[processors.trouble]]
  alias = "first"
{first}
[[processors.trouble]]
  alias = "second"
{second}
[[outputs.trouble_out]]
{output}
[[outputs.file_out]]
  files = ["out.lp"]
"""
ROLES = [("input", "inputs.trouble_in"), ("first", "processors.trouble::first"),
         ("second", "processors.trouble::second"), ("output", "outputs.trouble_out")]


def troubled(agent: Agents, trouble: Path, **where: str) -> Agent:
    parts = {role: "" for role, _ in ROLES} | where
    return agent(TROUBLED.format(**parts), "--plugin-dir", trouble)


def output_of(running: Agent) -> str:
    path = running.folder / "out.lp"
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize(("role", "name"), ROLES)
def test_open__that_fails_ends_the_agent(agent: Agents, trouble: Path, role: str, name: str) -> None:
    tested = troubled(agent, trouble, **{role: '  at = "open"\n  how = "fail"'})
    tested.start()
    assert tested.wait(10) == 2
    assert f"E! [{name}] open: as it was told\n" in tested.log


@pytest.mark.parametrize("more", ['  how = "retry"', '  how = "fail"\n  startup_error_behavior = "retry"'])
@pytest.mark.parametrize(("role", "name"), ROLES)
def test_open__that_must_wait_backs_off(agent: Agents, trouble: Path, role: str, name: str, more: str) -> None:
    tested = troubled(agent, trouble, **{role: f'  at = "open"\n  until = "good"\n{more}'})
    tested.start()
    tested.wait_for_log(re.escape(f"W! [{name}] open: as it was told; trying again until it succeeds"))
    (tested.folder / "good").touch()
    tested.wait_for_log(re.escape(f"I! [{name}] open: succeeded after") + r" \d+ failed tr(y|ies)", 30)
    eventually(lambda: "more" in output_of(tested))
    assert tested.stop() == 0
    assert tested.log.count("as it was told") == 1, "one line when it begins"


@pytest.mark.parametrize("behavior", ["ignore", "probe"])
@pytest.mark.parametrize(("role", "name"), ROLES[1:])
def test_open__that_fails_is_left_out_on_wish(agent: Agents, trouble: Path, role: str, name: str,
                                              behavior: str) -> None:
    tested = troubled(agent, trouble, **{role: f'  at = "open"\n  how = "fail"\n  startup_error_behavior = "{behavior}"'})
    with tested:
        tested.wait_for_log(re.escape(f"E! [{name}] open: as it was told"))
        eventually(lambda: "more" in output_of(tested))
        assert tested.stop() == 0


def test_open__of_the_only_input_that_is_left_out_ends_the_agent(agent: Agents, trouble: Path) -> None:
    tested = troubled(agent, trouble, input='  at = "open"\n  how = "fail"\n  startup_error_behavior = "ignore"')
    tested.start()
    assert tested.wait(10) == 0
    assert "ignored, as startup_error_behavior says" in tested.log


CRASHES = [(role, name, at) for role, name in ROLES for at in {
    "input": ["open", "tick", "close"],
    "first": ["open", "tick", "process", "save", "load", "close"],
    "second": ["open", "tick", "process", "save", "load", "close"],
    "output": ["open", "write", "save", "load", "close"]}[role]]


@pytest.mark.parametrize(("role", "name", "at"), CRASHES)
def test_crash__is_laid_to_the_plugin(agent: Agents, trouble: Path, role: str, name: str, at: str) -> None:
    tested = troubled(agent, trouble)
    if at == "load":
        state_of(tested)
    tested.configure(TROUBLED.format(**{other: "" for other, _ in ROLES} | {role: f'  at = "{at}"\n  how = "crash"'}))
    tested.start()
    if at == "close":
        eventually(lambda: "more" in output_of(tested))
        tested.signal(signal.SIGTERM)
    assert tested.wait(10) == -signal.SIGSEGV
    assert last_line(tested) == f"vane: crashed in {name} (signal 11)"


def state_of(running: Agent) -> None:
    """Lets the agent write a checkpoint."""
    with running:
        eventually(lambda: list(running.state.glob("*/*.checkpoint")))
        assert running.stop() == 0


@pytest.mark.parametrize(("how", "number"), [("abort", signal.SIGABRT), ("overflow", signal.SIGSEGV)])
def test_crash__of_any_kind_is_reported(agent: Agents, trouble: Path, how: str, number: signal.Signals) -> None:
    tested = troubled(agent, trouble, first=f'  at = "process"\n  how = "{how}"')
    tested.start()
    assert tested.wait(10) == -number
    assert last_line(tested) == f"vane: crashed in processors.trouble::first (signal {number})"


COUNT = '[[processors.count]]\n  drop_original = true\n'
CRASH = '[[processors.crash]]\n  field = "bang"\n'


def counts(sink: Sink) -> list[int]:
    """In the order of the metrics that were counted."""
    found = {int(line.split()[2]): int(re.search(r"count=(\d+)i", line)[1]) for line in sink.lines()}
    return [found[time] for time in sorted(found)]


def test_crash__leaves_state_and_positions_whole(kafka: Kafka, topic: str, unique: Unique, sink: Sink,
                                                 agent: Agents) -> None:
    text = config(kafka_in(kafka, topic, unique("group"), QUICK), CRASH, COUNT, influx_out(sink.url))
    tested = agent(text, "--plugin-dir", test_plugins())
    kafka.produce(topic, lines(1000))
    tested.start()
    sink.wait_for_lines(1000)
    kafka.produce(topic, [*lines(500, 1000), f"m bang=1,v=1500i {TIME + 1500}000000", *lines(500, 1501)])
    assert tested.wait() == -signal.SIGSEGV
    assert last_line(tested) == "vane: crashed in processors.crash (signal 11)"

    tested.configure(text.replace('"bang"', '"no more"'))
    with tested:
        eventually(lambda: len(counts(sink)) == 2001)
        assert counts(sink) == list(range(1, 2002))
        assert tested.stop() == 0


# ---- Ends ----

def test_stop__while_everything_is_full(kafka: Kafka, unique: Unique, sink: Sink, agent: Agents) -> None:
    source, group = kafka.create_topic(unique("source")), unique("group")
    kafka.produce(source, lines(20_000))
    sink.play(Answer(), Answer(), Answer())
    sink.usual = Answer(hang=True)
    tested = agent(config(kafka_in(kafka, source, group, QUICK), influx_out(sink.url, "  metric_batch_size = 500"),
                          agent='  queue_size = "64KB"\n  drain_timeout = "500ms"'))
    tested.start()
    sink.wait_for_requests(4)
    stands_still(tested)
    begun = time.monotonic()
    assert tested.stop() == 0
    assert time.monotonic() - begun < 3
    assert re.search("not all of it could be delivered: what is left is not acknowledged", tested.log)
    delivered = numbers(sink)
    assert 0 < delivered.total() < 20_000
    assert kafka.committed(group, source)[0].offset <= min(set(range(20_000)) - delivered.keys())

    sink.usual = Answer()
    with tested:
        eventually(lambda: numbers(sink).keys() == set(range(20_000)), 20)
        assert tested.stop() == 0
    assert kafka.committed(group, source)[0].offset == 20_000


def test_stop__while_it_is_full_delivers_what_is_under_way(kafka: Kafka, unique: Unique, sink: Sink,
                                                          agent: Agents) -> None:
    source, group = kafka.create_topic(unique("source")), unique("group")
    kafka.produce(source, lines(20_000))
    sink.usual = Answer(delay=0.05)
    tested = agent(config(kafka_in(kafka, source, group, QUICK), influx_out(sink.url, "  metric_batch_size = 100"),
                          agent='  queue_size = "64KB"'))
    tested.start()
    sink.wait_for_requests(4)
    assert tested.stop() == 0
    delivered = numbers(sink)
    assert delivered.total() < 20_000
    assert delivered == Counter(range(delivered.total())), "each once"
    assert kafka.committed(group, source)[0].offset == delivered.total()


PRICES, COINS = 10_000, 3


def prices(first: int) -> list[str]:
    """Messages of the old chain; the price is a function of coin and time."""
    return [f"COIN{number % COINS},{TIME + number},{price(number)}" for number in range(first, first + PRICES)]


def price(number: int) -> float:
    return number * 1.01 + number % COINS


def read_prices(influx: InfluxDB) -> dict[int, float]:
    query = urllib.parse.urlencode({"db": "db", "epoch": "ms", "q": "SELECT value FROM mess GROUP BY coin"})
    asked = urllib.request.Request(f"{influx.url}/query?{query}", headers={"Accept": "application/csv"})
    with urllib.request.urlopen(asked) as answer:
        rows = [line.split(",") for line in answer.read().decode().splitlines()]
    found = {int(row[2]) - TIME: (row[1], float(row[3])) for row in rows if row[0] == "mess"}
    assert all(tag == f"coin=COIN{number % COINS}" for number, (tag, _) in found.items())
    return {number: value for number, (_, value) in found.items()}


def test_kill__between_kafka_and_influxdb_loses_nothing(kafka: Kafka, unique: Unique, influx: InfluxDB,
                                                       agent: Agents) -> None:
    moments, rounds = random.Random(1), 8
    source, group = kafka.create_topic(unique("source"), COINS), unique("group")
    influx.create_database("db")
    tested = agent(config(kafka_in(kafka, source, group, QUICK + CSV_IN), influx_out(influx.url, "  max_in_flight = 3")))
    killed = []
    for turn in range(rounds):
        for message in range(2):
            kafka.produce(source, prices((2 * turn + message) * PRICES))
        tested.start()
        tested.wait_for_log("assigned")
        time.sleep(moments.uniform(0.05, 0.4))      # the moment is what is random here
        killed.append(tested.kill())
    assert killed == [-signal.SIGKILL] * rounds
    total = 2 * rounds * PRICES
    with tested:
        eventually(lambda: sum(one.offset for one in kafka.committed(group, source).values()) == total, 40)
        assert tested.stop() == 0
    assert read_prices(influx) == {number: price(number) for number in range(total)}


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
            broker.produce("source", prices(0))
            eventually(lambda: influx.count("mess", "value", "db") == PRICES, 30)
            broker.restart()
            broker.produce("source", prices(PRICES))
            eventually(lambda: influx.count("mess", "value", "db") == 2 * PRICES, 30)
            assert tested.stop() == 0
            assert broker.committed("group", "source")[0].offset == 2 * PRICES
    assert read_prices(influx) == {number: price(number) for number in range(2 * PRICES)}


def test_influxdb__stops_mid_flow(kafka: Kafka, unique: Unique, influx: InfluxDB, agent: Agents) -> None:
    count, size = 150_000, 1000
    source, group = kafka.create_topic(unique("source")), unique("group")
    kafka.produce(source, (f'm text="{"x" * size}",v={number}i {TIME + number}000000' for number in range(count)))
    influx.create_database("db")
    tested = agent(config(kafka_in(kafka, source, group, QUICK), influx_out(influx.url, '  fielddrop = ["text"]')))
    with tested:
        eventually(lambda: influx.count("m", "v", "db") > 0)
        influx.stop()
        tested.wait_for_log(r"W! \[outputs.influx_out\] write: .*trying again until it succeeds")
        stands_still(tested)
        assert memory(tested, "VmHWM") < 64_000
        committed = kafka.committed(group, source)[0].offset
        influx.start()
        assert committed <= influx.count("m", "v", "db") < count
        tested.wait_for_log(r"I! \[outputs.influx_out\] write: succeeded after")
        eventually(lambda: influx.count("m", "v", "db") == count, 60)
        eventually(lambda: kafka.committed(group, source)[0].offset == count)
        assert memory(tested, "VmHWM") < 64_000
        eventually(lambda: memory(tested) < 25_000, 20, "it keeps what the backlog took")
        assert tested.stop() == 0
    assert influx.query("SELECT sum(v) AS n FROM m", "db")[0]["n"] == sum(range(count))


# ---- Data ----

JSON_IN = '  data_format = "json"\n  json_time_key = "time"\n  json_time_format = "unix_ms"\n  name_override = "m"\n'


@pytest.mark.parametrize(("options", "good", "bad"), [
    (CSV_IN, lambda number: f"BTC,{TIME + number},{number}", ["rubbish", "BTC,yesterday,1", f'BTC,{TIME},"1']),
    (JSON_IN, lambda number: json.dumps({"time": TIME + number, "v": number}),
     ['{"time": 1, "v": ', "rubbish", '{"v": 1, "time": "when"}']),
])
def test_bad_records__leave_their_neighbours_alone(kafka: Kafka, topic: str, unique: Unique, sink: Sink, agent: Agents,
                                                   options: str, good: Callable[[int], str], bad: list[str]) -> None:
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

def test_state__no_room_for_it(kafka: Kafka, topic: str, unique: Unique, sink: Sink, agent: Agents) -> None:
    group = unique("group")
    tested = agent(config(kafka_in(kafka, topic, group, QUICK), COUNT, influx_out(sink.url)),
                   "--plugin-dir", test_plugins())
    command = tested.command
    tested.command = ["sh", "-c", "trap '' XFSZ; ulimit -S -f 0; exec \"$@\"", "sh", *command]
    kafka.produce(topic, lines(1000))
    tested.start()
    tested.wait_for_log("E! .*checkpoint: write .*File too large; what is delivered is not acknowledged")
    sink.wait_for_lines(1000)
    time.sleep(0.5)     # several tries
    assert kafka.committed(group, topic)[0].offset == 0
    assert tested.log.count("E! [agent] checkpoint:") == 1, "one line when it begins"

    assert run(["prlimit", "--pid", str(tested.pid), "--fsize=unlimited:"]).returncode == 0
    eventually(lambda: kafka.committed(group, topic)[0].offset == 1000)
    tested.wait_for_log("I! .*checkpoint: succeeded")
    assert tested.stop() == 0
    tested.command = command
    kafka.produce(topic, lines(1000, 1000))
    with tested:
        sink.wait_for_lines(2000)
        assert counts(sink) == list(range(1, 2001))
        assert tested.stop() == 0


def test_state__second_agent_is_refused(agent: Agents, trouble: Path) -> None:
    first = troubled(agent, trouble)
    second = agent(first.config.read_text(), "--plugin-dir", trouble, "--state-directory", first.state, name="second")
    with first:
        eventually(lambda: "more" in output_of(first))
        second.start()
        assert second.wait() == 1
        assert f"state_directory: {first.state} is in use by another agent; give each agent its own" in second.log
        assert output_of(second) == ""
        assert first.stop() == 0
    with second:
        eventually(lambda: "more" in output_of(second))
        assert second.stop() == 0


def test_state__directory_that_cannot_be_made(agent: Agents, trouble: Path) -> None:
    tested = agent(TROUBLED.format(**{role: "" for role, _ in ROLES}), "--plugin-dir", trouble,
                   "--state-directory", "/dev/null/state")
    tested.start()
    assert tested.wait() == 1
    assert "state_directory: make /dev/null/state: Not a directory" in last_line(tested)


# ---- Reload, test mode ----

def test_reload__under_load_loses_nothing(kafka: Kafka, unique: Unique, agent: Agents) -> None:
    source, group = kafka.create_topic(unique("source"), 2), unique("group")
    kafka.produce(source, lines(40_000))
    with Sink(usual=Answer(delay=0.02)) as one, Sink(usual=Answer(delay=0.02)) as other:
        def to(sink: Sink) -> str:
            return config(kafka_in(kafka, source, group, QUICK), influx_out(sink.url, "  metric_batch_size = 200"),
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
    assert sum(one.offset for one in kafka.committed(group, source).values()) == 40_000


def test_test_mode__leaves_no_trace(kafka: Kafka, unique: Unique, sink: Sink, agent: Agents) -> None:
    flow = Flow(kafka, unique)
    kafka.produce(flow.source, lines(100))
    tested = agent(config(kafka_in(kafka, flow.source, flow.group), COUNT, kafka_out(kafka, flow.target),
                          influx_out(sink.url), '[[outputs.file_out]]\n  files = ["out.lp"]\n'))
    done = tested.run_test("--plugin-dir", test_plugins())
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("> m_count count=") == 300
    assert kafka.end_offsets(flow.target) == {0: 0}
    assert sink.requests == []
    assert not (tested.folder / "out.lp").exists() and not tested.state.exists()
    groups = kafka.admin.list_consumer_groups().result(10).valid
    assert flow.group not in [group.group_id for group in groups]


# ---- Memory ----

SANITIZED = "sanitizers have memory of their own"


def is_sanitized() -> bool:
    return b"__asan_init" in (program := built("vane").read_bytes()) or b"__tsan_init" in program


@pytest.mark.skipif(is_sanitized(), reason=SANITIZED)
def test_memory__with_file_plugins(agent: Agents) -> None:
    tested = agent('[[inputs.file]]\n  files = ["in.lp"]\n  tail = true\n  initial_read_offset = "beginning"\n'
                   '[[outputs.file]]\n  files = ["out.lp"]\n')
    (tested.folder / "in.lp").write_text("".join(f"{line}\n" for line in lines(1000)))
    with tested:
        eventually(lambda: output_of(tested).count("\n") == 1000)
        stands_still(tested)
        assert memory(tested) < 5_000
        assert tested.stop() == 0


@pytest.mark.skipif(is_sanitized(), reason=SANITIZED)
def test_memory__with_the_price_of_bitcoin(kafka: Kafka, topic: str, unique: Unique, influx: InfluxDB,
                                           exchange: MakeExchange, agent: Agents) -> None:
    market = exchange("--walk", "--symbols", "btcusdt=68000", "--rate", "5")
    influx.create_database("binance")
    tested = agent((TOP / "config/bitcoin.toml").read_text(), env={
        "BINANCE_URL": market.url, "KAFKA_BROKERS": kafka.bootstrap, "KAFKA_TOPIC": topic,
        "KAFKA_GROUP": unique("group"), "INFLUX_URL": influx.url, "INFLUX_API": "v1"})
    with tested:
        eventually(lambda: influx.count("mess", "value", "binance") >= 10)
        assert memory(tested, "VmHWM") < 25_000
        assert tested.stop() == 0
