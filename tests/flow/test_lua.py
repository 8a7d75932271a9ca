"""lua: what a script sees of metrics, what may be returned, ticks and state; the shelf of ready transforms."""

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lua_kit import MakeAgent, check, config, script_agent, transform
from marks_kit import PARTITIONS, SERIES, interleaved, kill_again_and_again, source
from servers import Agent, Answer, eventually, vane
from servers.places import BUILD, TOP
from test_marks import POINTS, lines_of

SHELF = TOP / "lua"
EXAMPLES = sorted(path.stem for path in (SHELF / "examples").glob("*.toml"))
MODULES = sorted(path.stem for path in SHELF.glob("*.lua") if path.stem != "prelude")


def one(agent: MakeAgent, body: str, metric: str = "m,a=x v=1.5,i=2i,s=\"t\",b=true 10") -> list[str]:
    """What apply makes of one metric."""
    done = transform(agent, f"function apply(metric)\n  local f, t = metric.fields, metric.tags\n  {body}\nend", [metric])
    assert not done.reasons, done.reasons
    return done.lines


# ---- Metrics as tables ----

@pytest.mark.parametrize("body, out", [
    ("f.v = f.v * 2 return metric", 'm,a=x v=3,i=2i,s="t",b=true 10'),
    ("f.i = f.i + 1 return metric", 'm,a=x v=1.5,i=3i,s="t",b=true 10'),
    ("f.i = f.i / 1 return metric", 'm,a=x v=1.5,i=2,s="t",b=true 10'),
    ("f.s = f.s .. 'u' f.b = not f.b return metric", 'm,a=x v=1.5,i=2i,s="tu",b=false 10'),
    ("f.v = nil f.s = nil f.b = nil f.none = nil return metric", "m,a=x i=2i 10"),
    ("t.a = nil t.z = 'y' t.c = 7 return metric", 'm,c=7,z=y v=1.5,i=2i,s="t",b=true 10'),
    ("t.a = 'y' t.b = 'z' t.a = 'x' t.b = nil metric.name = 'm' return metric", 'm,a=x v=1.5,i=2i,s="t",b=true 10'),
    ("t.a = '' t[1] = 2 f[3] = 4 return metric", 'm,1=2 v=1.5,i=2i,s="t",b=true,3=4i 10'),
    ("t.b = ('y'):rep(300) t.n = #t.b t.b = nil return metric", 'm,a=x,n=300 v=1.5,i=2i,s="t",b=true 10'),
    ("for i = 1, 200 do t.b = 'b' .. i % 100 end return metric", 'm,a=x,b=b0 v=1.5,i=2i,s="t",b=true 10'),
    ("metric.name = metric.name .. '2' metric.time = metric.time + 5 return metric",
     'm2,a=x v=1.5,i=2i,s="t",b=true 15'),
    ("local n = 0 for k, v in pairs(f) do n = n + 1 end f.n = n f.len = #f return metric",
     'm,a=x v=1.5,i=2i,s="t",b=true,n=4i,len=5i 10'),
    ("f.text = tostring(metric) f.v = nil f.i = nil f.b = nil f.s = nil return metric",
     'm,a=x text="m{a=x} v=1.5,i=2,s=t,b=true 10" 10'),
    ("local c = metric:to_table() c.fields = { q = c.fields.i } c.time = 11 return Metric(c)", "m,a=x q=2i 11"),
    ("f.same = metric == metric and f == metric.fields f.s = nil f.b = nil f.v = nil f.i = nil return metric",
     "m,a=x same=true 10"),
])
def test_metric__reads_and_writes_like_tables(agent: MakeAgent, body: str, out: str) -> None:
    assert one(agent, body) == [out]


def test_metric__changing_while_iterating_has_an_answer(agent: MakeAgent) -> None:
    """pairs walks the keys there were: what is removed is left out, what is added is not visited."""
    body = ("local seen = {} for k in pairs(f) do seen[#seen + 1] = k f.i = nil f['new' .. k] = 1 end "
            "for k in pairs(t) do t[k] = nil t.other = 'o' end f.seen = table.concat(seen, ' ') return metric")
    assert one(agent, body) == ['m,other=o v=1.5,s="t",b=true,newv=1i,news=1i,newb=1i,seen="v s b" 10']


def test_metric__integers_stay_exact(agent: MakeAgent) -> None:
    assert one(agent, "f.v = f.v - 1 return metric", "m v=9223372036854775807i 1") == ["m v=9223372036854775806i 1"]


def test_metric__not_a_number_goes_no_further_than_the_format(agent: MakeAgent) -> None:
    done = transform(agent, "function apply(m) m.fields.v = 0/0 m.fields.w = 1/0 return m end", ["m v=1,x=1 1"])
    assert done.lines == ["m x=1 1"]


@pytest.mark.parametrize("body, said", [
    ("return 1", "what apply returned is a number"), ("return 'x'", "is a string"), ("return true", "is a boolean"),
    ("return {1}", "is a number"), ("return { a = 1 }", "no list of metrics"), ("return metric.fields", "a part of one"),
    ("return metric, metric", "the same metric twice"), ("return Metric('x')", "without fields"),
    ("for k in pairs(metric.fields) do metric.fields[k] = nil end return metric", "without fields"),
    ("local old = kept kept = metric if old then return old end return metric", "belongs to an earlier call"),
    ("local old = kept kept = metric if old then return old.fields.v end return metric", "belongs to an earlier call"),
    ("metric.fields.v = {} return metric", "field 'v' cannot be a table"), ("metric.tags.a = {}", "a tag's value is a table"),
    ("metric.tags.a = 'x\\0y'", "NUL"), ("metric.tags['x\\0'] = 'y'", "NUL"), ("metric.tags[''] = 'y'", "key is empty"),
    ("metric.fields['x\\0'] = 1", "NUL"), ("metric.fields.v = 'x\\0y'", "NUL"), ("metric.tags.a = 1.5", "a tag's value is a number"),
    ("metric.tags[true] = 'x'", "a tag's key is a boolean"), ("metric.fields[true] = 1", "string expected"),
    ("metric.name = ''", "name is empty"), ("metric.time = 'now'", "metric.time is an integer"),
    ("metric.tag.a = 1", "no 'tag'"), ("metric.fields = {}", "changed key by key"), ("metric.fields[''] = 1", "key is empty"),
    ("Metric()", "a metric's name is a"), ("Metric { name = 'x', fields = 1 }", "fields is a number"),
])
def test_metric__rubbish_is_refused(agent: MakeAgent, body: str, said: str) -> None:
    script = f"function apply(metric)\n  metric.fields.touched = 1 metric.tags.touched = 'y'\n  {body}\nend"
    done = transform(agent, script, ["m,a=x v=1 1", "m,a=x v=2 2"])
    assert done.refused[-1] == "m,a=x v=2 2", "it goes to the dead-letter file as it came"
    assert said in done.reasons[-1]


# ---- What is returned ----

def test_apply__several_keep_their_order(agent: MakeAgent) -> None:
    script = ("function apply(metric)\n  local v = metric.fields.v\n  if v == 2 then return nil end\n"
              "  if v == 3 then local c = metric:copy() c.fields.v = 3.5 return metric, c end\n"
              "  if v == 4 then local c = Metric('m') c.fields.v = 3.75 return { c, metric } end\n"
              "  if v == 5 then error('x') end\n  return metric\nend")
    done = transform(agent, script, [f"m v={i} {i}" for i in range(1, 8)])
    assert done.lines == ["m v=1 1", "m v=3 3", "m v=3.5 3", "m v=3.75 4", "m v=4 4", "m v=6 6", "m v=7 7"]
    assert done.refused == ["m v=5 5"]


@pytest.mark.parametrize("on_error, out, refused", [
    ("dead_letter", ["m v=1 1", "m v=3 3"], ["m v=2 2"]), ("pass", ["m v=1 1", "m v=2 2", "m v=3 3"], []),
    ("drop", ["m v=1 1", "m v=3 3"], [])])
@pytest.mark.parametrize("also", ["", "local c = metric:copy() c.time = 9 if c.fields.v ~= 2 then return metric end"])
def test_apply__on_error_says_what_becomes_of_a_metric(agent: MakeAgent, on_error: str, out: list[str],
                                                       refused: list[str], also: str) -> None:
    script = f"function apply(metric) metric.tags.x = nil {also} if metric.fields.v == 2 then metric.fields.v = 7 error('no') end return metric end"
    done = transform(agent, script, [f"m v={i} {i}" for i in (1, 2, 3)], f'  on_error = "{on_error}"')
    assert (done.lines, done.refused) == (out, refused)


def test_apply_batch__edits_drops_and_adds(agent: MakeAgent) -> None:
    script = ("function apply_batch(batch)\n  for i, metric in ipairs(batch) do\n"
              "    metric.fields.n = metric.fields.v * 2\n  end\n  batch[2] = nil\n"
              "  local more = Metric('more') more.time = 9 more.fields.count = #batch\n  return batch, more\nend")
    done = transform(agent, script, [f"m v={i} {i}" for i in (1, 2, 3)])
    assert done.lines == ["m v=1,n=2 1", "m v=3,n=6 3", "more count=3i 9"]


def test_apply_batch__fails_as_a_whole(agent: MakeAgent) -> None:
    script = ("function apply_batch(batch)\n  for _, metric in pairs(batch) do\n    metric.fields.v = 0\n"
              "    if metric.time == 3 then error('no') end\n  end\n  return batch\nend")
    metrics = [f"m v={i} {i}" for i in (1, 2, 3)]
    assert transform(agent, script, metrics).refused == metrics


def test_apply_batch__a_list_is_what_stays(agent: MakeAgent) -> None:
    script = "function apply_batch(batch) local t = {} for i = #batch, 2, -1 do t[#t + 1] = batch[i] end return t end"
    assert transform(agent, script, [f"m v={i} {i}" for i in (1, 2, 3)]).lines == ["m v=3 3", "m v=2 2"]


def test_flush__emits_what_is_held(agent: MakeAgent) -> None:
    script = ("function init() sum = 0 end\nfunction apply(metric) sum = sum + metric.fields.v end\n"
              "function flush() return Metric { name = 'sum', time = 7, fields = { v = sum } } end")
    assert transform(agent, script, [f"m v={i} {i}" for i in (1, 2, 3)]).lines == ["sum v=6 7"]


def test_tick__comes_in_arrival_time(agent: MakeAgent) -> None:
    script = ("count = 0\nfunction apply(metric) count = count + 1 end\n"
              "function tick(now, lane)\n  local m = Metric('ticks')\n  m.fields.count = count\n  return m\nend")
    metrics = [f"m v={i} {i * 1000000000}" for i in range(1, 26)]
    lines = transform(agent, script, metrics, '  tick = "10s"').lines
    assert lines == ["ticks count=9i 10000000000", "ticks count=19i 20000000000"]


def test_constants__are_globals_and_a_table(agent: MakeAgent) -> None:
    script = "function apply(m) m.fields.v = m.fields.v * factor m.tags.x = constants.name return m end"
    options = "  [processors.lua.constants]\n    factor = 2.5\n    name = 'n'"
    assert transform(agent, script, ["m v=2 1"], options).lines == ["m,x=n v=5 1"]


def test_require__finds_the_folder_and_the_shelf(agent: MakeAgent) -> None:
    running = script_agent(agent, "local mine = require('mine')\nlocal rename = require('rename') { fields = { v = 'w' } }\n"
                                  "function apply(m) return rename(mine(m)) end")
    (running.folder / "mine.lua").write_text("return function(m) m.fields.v = 9 return m end")
    (running.folder / "in.lp").write_text("m v=1 1\n")
    assert running.run_once().stdout == "m w=9i 1\n"


# ---- State ----

TOTAL = ("function apply(metric)\n  local series = metric.series\n"
         "  local kept = state[series] or { total = 0, list = {} }\n  state[series] = kept\n"
         "  kept.total = kept.total + metric.fields.v\n  kept.list[metric.fields.v % 3 + 1] = { metric.tags.s, kept.total }\n"
         "  state.count = (state.count or 0) + 1\n"
         "  metric.fields.total = kept.total\n  metric.fields.count = state.count\n  return metric\nend")


def test_state__goes_on_after_a_restart(agent: MakeAgent) -> None:
    running = script_agent(agent, TOTAL)
    running.configure(config().replace('files = ["in.lp"]', 'files = ["in.lp"]\n  tail = true\n'
                                       '  initial_read_offset = "saved-or-beginning"').replace('["stdout"]', '["out.lp"]'))
    out, expected = running.folder / "out.lp", []
    for part in range(3):
        with (running.folder / "in.lp").open("a") as file:
            for i in range(part * 10, part * 10 + 10):
                file.write(f"m,s=s{i % 2} v={i}i {i + 1}\n")
                expected.append(f"total={sum(range(i % 2, i + 1, 2))}i,count={i + 1}i")
        running.start()
        eventually(lambda: out.exists() and out.read_text().count("\n") >= len(expected))
        assert running.stop() == 0
    assert [re.search(r"total=\S+", line)[0] for line in out.read_text().splitlines()] == expected


# Each of several workers counts for itself, and knows itself by the first series it was given.
WORKER = ("function apply(metric)\n  state.first = state.first or metric.tags.s\n  state.count = (state.count or 0) + 1\n"
          "  metric.tags.first, metric.fields.count = state.first, state.count\n  return metric\nend")


def counts_of_workers(running: Agent, workers: int, first: int) -> dict[str, int]:
    """How far each worker, by its first series, has counted behind 100 more metrics of 20 series."""
    options = f"  workers = {workers}"
    running.configure(config(options).replace('files = ["in.lp"]', 'files = ["in.lp"]\n  tail = true\n'
                                              '  initial_read_offset = "saved-or-beginning"').replace('["stdout"]', '["out.lp"]'))
    out = running.folder / "out.lp"
    with (running.folder / "in.lp").open("a") as file:
        file.writelines(f"m,s=s{i % 20} v={i}i {first + i}\n" for i in range(100))
    running.start()
    eventually(lambda: out.exists() and out.read_text().count("\n") >= first + 100)
    assert running.stop() == 0
    lines = out.read_text().splitlines()[first:]
    found = [(re.search(r"first=(\w+)", line)[1], int(re.search(r"count=(\d+)i", line)[1])) for line in lines]
    return {worker: max(count for by, count in found if by == worker) for worker, _ in found}


def test_state__each_worker_has_its_own_again(agent: MakeAgent) -> None:
    running = script_agent(agent, WORKER)
    once = counts_of_workers(running, 3, 0)
    assert len(once) == 3 and sum(once.values()) == 100
    assert counts_of_workers(running, 3, 100) == {worker: 2 * count for worker, count in once.items()}


def test_state__of_workers_that_are_gone_is_dropped_and_told(agent: MakeAgent) -> None:
    """Those that are left go on with theirs, those that are new begin with nothing."""
    running = script_agent(agent, WORKER)
    three = counts_of_workers(running, 3, 0)
    one = counts_of_workers(running, 1, 100)
    first, count = one.popitem()
    assert count == three[first] + 100 and not one, "the first worker goes on, whoever the others were"
    assert re.search(r"what worker [12] had in `state` is dropped, beginning with state\[(count|first)\]: workers are 1 now", running.log)
    two = counts_of_workers(running, 2, 200)
    assert two[first] > count and sum(two.values()) == count + 100


def test_state__what_cannot_be_saved_is_told(agent: MakeAgent) -> None:
    running = script_agent(agent, "function apply(metric) state.f = print state.g = 1 return metric end")
    (running.folder / "in.lp").write_text("m v=1 1\n")
    done = running.run_once("--state-directory", "state")
    assert done.returncode == 0
    assert "state[f] is not saved: it holds a function" in done.stderr


def test_workers__keep_the_state_of_a_series(agent: MakeAgent) -> None:
    metrics = [f"m,s=s{i % 7} v={i}i {i + 1}" for i in range(700)]
    script = "function apply(m) local s = m.series state[s] = (state[s] or 0) + 1 m.fields.n = state[s] return m end"
    lines = transform(agent, script, metrics, "  workers = 3").lines
    assert len(lines) == 700
    for number in range(7):
        mine = [int(re.search(r"n=(\d+)i", line)[1]) for line in lines if f"s=s{number} " in line]
        assert mine == list(range(1, 101))


def test_script__same_answers_however_batches_are_cut(agent: MakeAgent) -> None:
    dice = random.Random(3)
    metrics = [f"m,s=s{dice.randrange(5)} v={dice.random()} {i + 1}" for i in range(3000)]
    script = ("function apply(m)\n  local s = m.series\n  state[s] = (state[s] or 0.0) + m.fields.v * math.random()\n"
              "  m.fields.t = state[s]\n  if m.fields.v > 0.9 then local c = m:copy() c.name = 'big' return m, c end\n"
              "  return m\nend")
    runs = []
    for size in (1, 7, 1000):
        running = script_agent(agent, script, name=f"run{size}")
        running.configure(config().replace("omit_hostname", f"metric_batch_size = {size}\n  omit_hostname"))
        (running.folder / "in.lp").write_text("".join(f"{line}\n" for line in metrics))
        runs.append(running.run_once().stdout)
    assert runs[0] == runs[1] == runs[2]


# ---- The shelf ----

def test_shelf__every_transform_has_an_example() -> None:
    assert MODULES == EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_shelf__example_gives_what_it_says(name: str) -> None:
    done = vane("run", "--once", "--config", f"{name}.toml", folder=SHELF / "examples")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (SHELF / f"examples/{name}.out").read_text()


@pytest.mark.parametrize("name", MODULES)
def test_shelf__unknown_options_are_told(agent: MakeAgent, name: str) -> None:
    assert f"{name}: there is no option 'nonsense'" in check(agent, f"apply = require('{name}') {{ nonsense = 1 }}")


def test_shelf__transforms_keep_apart_in_one_script(agent: MakeAgent) -> None:
    script = ("local rate = require('derivative') { fields = { 'v' } }\nlocal dedup = require('dedup') { fields = { 'v' } }\n"
              "function apply(metric)\n  metric = dedup(metric)\n  return metric and rate(metric)\nend")
    second = 1000000000
    done = transform(agent, script, [f"m v=1 {second}", f"m v=1 {2 * second}", f"m v=5 {3 * second}"])
    assert done.lines == [f"m v=1 {second}", f"m v=5,v_rate=2 {3 * second}"]


def test_shelf__is_found_where_it_was_installed(tmp_path: Path) -> None:
    root = tmp_path / "root"
    subprocess.run(["make", "-s", "-o", "all", "install", f"DESTDIR={root}", "PREFIX=/usr", f"BUILD={BUILD}"],
                   cwd=TOP, check=True, capture_output=True, timeout=60)
    shutil.copytree(SHELF / "examples", tmp_path / "examples")
    installed = [root / "usr/bin/vane", "run", "--once", "--config"]

    def run_installed(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*installed, f"{name}.toml"], cwd=tmp_path / "examples", capture_output=True, text=True, timeout=60)

    for name in EXAMPLES:
        done = run_installed(name)
        assert done.stdout == (SHELF / f"examples/{name}.out").read_text(), done.stderr
    (tmp_path / "examples/none.toml").write_text(config(origin="source = 'require(\"nowhere\")'"))
    assert f"looked for {root}/usr/share/vane/lua/nowhere.lua" in run_installed("none").stderr


# ---- Marks ----

MARKS = """
[[processors.lua]]
  workers = 2
  source = '''
function apply(metric)
  local series, value = metric.series, metric.fields.value
  local kept = state[series] or {{ total = 0 }}
  state[series] = kept
  kept.total = kept.total * 3 % 1000003 + value
  kept.count = (kept.count or 0) + 1
  metric.fields.total, metric.fields.count = kept.total, kept.count
  return metric
end
'''
[[outputs.influx_out]]
  urls = ["{influx}"]
  database = "m"
  metric_batch_size = 200
[[outputs.influx_out]]
  alias = "slow"
  urls = ["{slow}"]
  database = "slow"
  metric_batch_size = 50
"""


def disordered(lines: list[str], dice: random.Random) -> list[str]:
    """The lines of a series, some of them late."""
    return [line for _, line in sorted((i + dice.choice([0, 0, 0, 5, 40]), line) for i, line in enumerate(lines))]


def expected_totals(lines: list[str]) -> dict[int, tuple[int, int]]:
    """Total and count behind each point, by its time in ms."""
    total, behind = 0, {}
    for count, line in enumerate(lines, 1):
        total = total * 3 % 1000003 + int(line.split(",")[3])
        behind[int(line.split(",")[2])] = (total, count)
    return behind


def test_marks__running_totals_are_exact_after_many_kills(kafka, unique, influx, sink, agent) -> None:
    """The total depends on every value and on their order, so that one lost, repeated or swapped would show."""
    dice = random.Random(2)
    topic = kafka.create_topic(unique("topic"), partitions=PARTITIONS)
    series = [disordered(lines, dice) for lines in lines_of("k")]
    for partition in range(PARTITIONS):
        kafka.produce(topic, interleaved(series[partition::PARTITIONS], dice), partition=partition)
    influx.create_database("m")
    sink.usual = Answer(delay=0.02)             # so that the kills meet a stream that is under way
    types = '  csv_column_types = ["string", "string", "int", "int"]'
    running = agent(source(kafka, topic, unique("group"), "source", "series", more=types)
                    + MARKS.format(influx=influx.url, slow=sink.url))
    kill_again_and_again(running, dice)
    running.start()

    def rows(number: int) -> list[dict]:
        return influx.query(f"SELECT \"total\", \"count\" FROM m WHERE \"series\" = 'k{number}' ORDER BY time", "m")

    for number in range(SERIES):
        eventually(lambda n=number: len(rows(n)) >= POINTS, timeout=60)
    assert running.stop() == 0
    for number in range(SERIES):
        found = [(row["total"], row["count"]) for row in rows(number)]
        behind = expected_totals(series[number])
        assert found == [behind[time] for time in sorted(behind)], f"k{number}"


# ---- The page that shows Starlark and Lua side by side ----

def page_samples() -> list[str]:
    return re.findall(r"</td><td>\n\n```lua\n(.*?)```", (SHELF / "README.md").read_text(), re.S)


@pytest.mark.parametrize("number", range(12))
def test_page__every_sample_works(agent: MakeAgent, number: int) -> None:
    assert len(page_samples()) == 12
    metric = "m,host=h,sensor=s,lower=l value=2.5,used=1i,total=4i,text=\"t\" 1700000000000000000"
    done = transform(agent, page_samples()[number], [metric, metric])
    assert not done.reasons and done.lines, done.reasons
