"""Plugins that cannot be loaded, that cannot be opened, and that crash: see the table in test_failures.py."""

import re
import signal
from pathlib import Path

import pytest

from failure_kit import COUNT, QUICK, TEST_PLUGINS, counts, influx_out, last_line, output_of
from kafka_flow import TIME, Agents, Unique, config, kafka_in, lines
from servers import Agent, Kafka, Sink, eventually, run
from servers.places import TOP


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
static const struct vane_option outside[] = {
    { .name = "x", .kind = VANE_KIND_INT, .offset = 64, .size = 8 },
    { 0 }
};
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
    (plugin(".abi = { 1, 0, 3, sizeof(struct vane_option) }, .tick = tick, " + HEAD),
     "SO has a damaged descriptor"),
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
def test_wrong_plugin__is_refused_in_one_sentence(agent: Agents, tmp_path: Path, source: str,
                                                  why: str) -> None:
    path = compile_plugin(source, tmp_path / "wrong_in.so")
    refused(agent, path, why)


def test_wrong_plugin__no_shared_object(agent: Agents, tmp_path: Path) -> None:
    (tmp_path / "wrong_in.so").write_text("not even close\n" * 100)
    refused(agent, tmp_path / "wrong_in.so", r"SO is not a shared object \(no ELF file\)")


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

static int bottomless(volatile int *depth)
{
    volatile char room[4096] = { 1 };
    return ++*depth ? bottomless(depth) + room[0] : 0;
}

static void *crash(void *nowhere)
{
    pthread_setname_np(pthread_self(), "helper");
    return *(void *volatile *)nowhere;
}

static void crash_elsewhere(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, crash, NULL);
    pthread_join(thread, NULL);
}

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
    if (strcmp(trouble->how, "thread") == 0)
        crash_elsewhere();
    if (strcmp(trouble->how, "overflow") == 0)
        return bottomless(&depth);
    return strcmp(trouble->how, "fail") == 0 ? vane_fail(self, "as it was told")
                                             : vane_retry(self, "as it was told");
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
static enum vane_result write_(struct vane_self *self, struct vane_write *write)
{
    return meet(self, "write");
}
static void lost(struct vane_self *self, const struct vane_lane *lane) { meet(self, "lost"); }
static enum vane_result save(struct vane_self *self, struct vane_saver *saver, bool full)
{
    vane_save(saver, &(struct vane_record){ .lane = "", .key = "k", .data = "", .length = 1 });
    return meet(self, "save");
}
static enum vane_result load(struct vane_self *self, const struct vane_record *record)
{
    return meet(self, "load");
}

static const struct vane_option options[] = {
    VANE_OPT_STRING(struct trouble, at, .preset = "\\"\\"", .help = "The callback."),
    VANE_OPT_STRING(struct trouble, how, .preset = "\\"\\"", .help = "What it is."),
    VANE_OPT_STRING(struct trouble, until, .help = "No longer once there is this file."),
    { 0 }
};
const struct vane_plugin vane_plugin = {
    .abi = VANE_ABI, .role = ROLE, .name = NAME, .help = "Meets trouble.",
    .state_size = sizeof(struct trouble), .options = options,
    .check = check, .open = open, .close = close_, .tick = tick,
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


FAILS = '  at = "open"\n  how = "fail"\n'


def troubled_config(**where: str) -> str:
    """Options of the plugins that are to go wrong, by role."""
    return TROUBLED.format(**{role: "" for role, _ in ROLES} | where)


def troubled(agent: Agents, trouble: Path, **where: str) -> Agent:
    return agent(troubled_config(**where), "--plugin-dir", trouble)


@pytest.mark.parametrize(("role", "name"), ROLES)
def test_open__that_fails_ends_the_agent(agent: Agents, trouble: Path, role: str, name: str) -> None:
    tested = troubled(agent, trouble, **{role: FAILS})
    tested.start()
    assert tested.wait(10) == 2
    assert f"E! [{name}] open: as it was told\n" in tested.log


@pytest.mark.parametrize("more", ['  how = "retry"', '  how = "fail"\n  startup_error_behavior = "retry"'])
@pytest.mark.parametrize(("role", "name"), ROLES)
def test_open__that_must_wait_backs_off(agent: Agents, trouble: Path, role: str, name: str,
                                        more: str) -> None:
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
    tested = troubled(agent, trouble, **{role: f'{FAILS}  startup_error_behavior = "{behavior}"'})
    with tested:
        tested.wait_for_log(re.escape(f"E! [{name}] open: as it was told"))
        eventually(lambda: "more" in output_of(tested))
        assert tested.stop() == 0


def test_open__of_the_only_input_that_is_left_out_ends_the_agent(agent: Agents, trouble: Path) -> None:
    tested = troubled(agent, trouble, input=f'{FAILS}  startup_error_behavior = "ignore"')
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
    tested.configure(troubled_config(**{role: f'  at = "{at}"\n  how = "crash"'}))
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


@pytest.mark.parametrize(("how", "where", "number"), [
    ("abort", "processors.trouble::first", signal.SIGABRT),
    ("overflow", "processors.trouble::first", signal.SIGSEGV),
    ("thread", "thread helper", signal.SIGSEGV),
])
def test_crash__of_any_kind_is_reported(agent: Agents, trouble: Path, how: str, where: str,
                                        number: signal.Signals) -> None:
    tested = troubled(agent, trouble, first=f'  at = "process"\n  how = "{how}"')
    tested.start()
    assert tested.wait(10) == -number
    assert last_line(tested) == f"vane: crashed in {where} (signal {number})"


CRASH = '[[processors.crash]]\n  field = "bang"\n  how = "abort"\n'




def test_crash__leaves_state_and_positions_whole(kafka: Kafka, topic: str, unique: Unique, sink: Sink,
                                                 agent: Agents) -> None:
    text = config(kafka_in(kafka, topic, unique("group"), QUICK), CRASH, COUNT, influx_out(sink.url))
    tested = agent(text, "--plugin-dir", TEST_PLUGINS)
    kafka.produce(topic, lines(1000))
    tested.start()
    sink.wait_for_lines(1000)
    kafka.produce(topic, [*lines(500, 1000), f"m bang=1,v=1500i {TIME + 1500}000000", *lines(500, 1501)])
    assert tested.wait() == -signal.SIGABRT
    assert last_line(tested) == "vane: crashed in processors.crash (signal 6)"

    tested.configure(text.replace('"bang"', '"no more"'))
    with tested:
        eventually(lambda: len(counts(sink)) == 2001)
        assert counts(sink) == list(range(1, 2002))
        assert tested.stop() == 0
