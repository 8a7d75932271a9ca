"""lua's box: what a script cannot do, and the limits that nothing in it escapes."""

import pytest

from lua_kit import MakeAgent, check, config, transform
from servers import vane
from servers.places import TOP

METRICS = ["m v=1 1", "m bad=true 2", "m v=3 3"]

# Each loops for ever, or for longer than anybody waits; what stands before it is what it would hide behind.
ENDLESS = {
    "loop": "while true do end",
    "pcall": "while true do pcall(function() while true do end end) end",
    "xpcall_handler": "xpcall(function() while true do end end, function() while true do end end)",
    "handler_of_error": "xpcall(error, function() while true do end end)",
    "recursion": "local function f() return f() end f()",
    "find": "(('a'):rep(40)):find(('a*'):rep(40) .. 'b')",
    "find_in_pcall": "while true do pcall(string.find, ('a'):rep(40), ('a*'):rep(40) .. 'b') end",
    "match_shortest": "(('a'):rep(100000)):match(('a-'):rep(20) .. 'b')",
    "gsub": "(('a'):rep(1000000)):gsub('.-b', '')",
    "gmatch": "for _ in ('a'):rep(1000000):gmatch('a*b') do end",
    "balanced": "(('('):rep(1000000)):find('%b()')",
    "rep": "while true do string.rep('', 1 << 60) end",
    "sort": "while true do local t = {} for i = 1, 1000 do t[i] = -i end table.sort(t) end",
    "sort_bad": "local t = {} for i = 1, 100000 do t[i] = i end "
                "while true do pcall(table.sort, t, function() return true end) end",
    "move": "table.move({}, 1, 1 << 60, 2)",
    "insert": "table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 'x')",
    "remove": "table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1)",
    "close": "while true do pcall(function() local x <close> = setmetatable({}, "
             "{ __close = function() while true do end end }) error('x') end) end",
    "index": "local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) "
             "while true do pcall(function() return t[1] end) end",
    "concat": "local s = ('x'):rep(500000) while true do local t = s .. 'y' end",
    "upper": "local s = ('x'):rep(1000000) while true do s:upper() end",
    "utf8": "local s = ('x'):rep(1000000) while true do utf8.len(s) end",
    "arguments": "local function f(...) return f(1, ...) end f()",
    "many_arguments": "local function g() end local function f(...) while true do g(...) end end "
                      "f(table.unpack({}, 1, 10000))",
    "load": "while true do load(('x = 1 '):rep(10000)) end",
    "pairs": "local t = {} for i = 1, 10000 do t[i] = i end while true do for _ in pairs(t) do end end",
    "metrics": "while true do pcall(Metric, 'x') end",
    "tags": "while true do metric.tags.x = tostring(math.random()) end",
    "fields": "local i = 0 while true do i = i + 1; metric.fields['f' .. i % 1000] = i end",
}

# Each allocates without end.
GREEDY = {
    "table": "local t = {} while true do t[#t + 1] = {} end",
    "doubling": "local s = 'x' while true do s = s .. s end",
    "pcall": "local t = {} while true do pcall(function() for i = 1, 1e9 do t[#t + 1] = 'x' .. #t end end) end",
    "rep": "local t = {} while true do t[#t + 1] = ('x'):rep(1000000) .. #t end",
    "arguments": "local function f(...) return f(1, ...) end f()",
    "recursion": "local function f(n) return 1 + f(n + 1) end f(1)",
    "host_memory": "local s = ('x'):rep(1000000) while true do metric.fields.s = s end",
    "copies": "while true do metric:copy() end",
    "concat": "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(10000) end table.concat(t)",
    "buffer": "('x'):rep(1000000):gsub('x', ('y'):rep(1000))",
}


def misbehave(what: str) -> str:
    return f"function apply(metric)\n  if metric.fields.bad then {what} end\n  return metric\nend\n"


@pytest.mark.parametrize("how", ENDLESS)
def test_box__no_call_runs_for_ever(agent: MakeAgent, how: str) -> None:
    options = "  max_instructions = 1000000"
    done = transform(agent, misbehave(ENDLESS[how]), METRICS, options, timeout=20)
    assert done.refused == ["m bad=true 2"]
    assert done.lines == ["m v=1 1", "m v=3 3"]
    assert "max_instructions (1000000) reached" in done.reasons[0] or how == "arguments", done.reasons


@pytest.mark.parametrize("how", GREEDY)
def test_box__no_call_takes_all_memory(agent: MakeAgent, how: str) -> None:
    done = transform(agent, misbehave(GREEDY[how]), METRICS, '  max_memory = "8MB"', timeout=20)
    assert done.refused == ["m bad=true 2"]
    assert done.lines == ["m v=1 1", "m v=3 3"]
    limits = ("max_memory", "max_instructions", "stack overflow", "longer than", "more than")
    assert any(limit in done.reasons[0] for limit in limits), done.reasons


@pytest.mark.parametrize("what", [
    "io", "debug", "package", "coroutine", "dofile", "loadfile", "collectgarbage", "os.execute", "os.exit",
    "os.getenv", "os.remove", "os.clock", "string.dump"])
def test_box__has_no_door(agent: MakeAgent, what: str) -> None:
    script = f"function apply(metric) metric.fields.found = {what} ~= nil return metric end"
    assert transform(agent, script, ["m v=1 1"]).lines == ["m v=1,found=false 1"]


@pytest.mark.parametrize("what, name", [
    ("io.open('x')", "io"), ("debug.traceback()", "debug"), ("package.path = ''", "package"), ("dofile('x')", "dofile"),
    ("coroutine.wrap(print)", "coroutine"), ("collectgarbage()", "collectgarbage"), ("os.execute('ls')", "os.execute"),
    ("os.exit()", "os.exit"), ("os.remove('x')", "os.remove"), ("string.dump(print)", "string.dump")])
def test_box__says_what_it_has_none_of(agent: MakeAgent, what: str, name: str) -> None:
    done = transform(agent, misbehave(what), METRICS)
    assert done.reasons[0].endswith(f": a script has no {name} here")
    assert f": a script has no {name} here" in done.log


@pytest.mark.parametrize("what", ["local io io.x = 1", "metric.execute()", "nothing.dump = 1", "nothing()"])
def test_box__says_nothing_of_other_nils(agent: MakeAgent, what: str) -> None:
    reason, = transform(agent, misbehave(what), METRICS).reasons
    assert "a script has no" not in reason


def test_box__names_missing_files_whole_and_the_nearest_module(agent: MakeAgent) -> None:
    said = check(agent, "require('derivativ')")
    assert "module 'derivativ' not found (did you mean 'derivative'?): looked for /" in said
    said = check(agent, "require('nowhere')")
    assert "; ready ones are convert, dedup, derivative, lookup, " in said
    assert "prelude," not in said
    assert "csv_table: 'none.csv' not found: looked for /" in check(agent, "csv_table('none.csv')")
    running = agent(config("", 'script = "none.lua"'), name="none")
    assert f"script {running.folder.resolve()}/none.lua: No such file or directory" in running.check().stderr


@pytest.mark.parametrize("what, said", [
    ("load('\\27Lua')()", "attempt to"), ("setmetatable({}, { __gc = print })", "__gc"),
    ("setmetatable({}, { __mode = 'k' })", "__mode"), ("getmetatable('').__index = nil", "attempt to"),
    ("getmetatable(metric).__index = nil", "attempt to"), ("setmetatable(metric, {})", "table expected"),
    ("os.time()", "no clock"), ("os.date('%Y')", "no clock"), ("require('rename')", "init()"),
    ("csv_table('x.csv')", "init()"), ("local s = nil .. 'x'", "attempt to concatenate"),
    ("error({})", "the error is a table"), ("error()", "the error is a nil")])
def test_box__refuses(agent: MakeAgent, what: str, said: str) -> None:
    done = transform(agent, misbehave(what), METRICS)
    assert done.refused == ["m bad=true 2"]
    assert said in done.reasons[0]


def test_box__error_is_logged_with_its_way(agent: MakeAgent) -> None:
    script = ("local function inner(x) return x.y.z end\n"
              "function apply(metric)\n  local v = inner(metric.fields)\n  return metric\nend\n")
    done = transform(agent, script, ["m v=1 1"])
    assert "t.lua:1: attempt to index a nil value (field 'y')" in done.log
    assert "t.lua:3: in function 'apply'" in done.log
    assert done.reasons == ["t.lua:1: attempt to index a nil value (field 'y')"]


def test_box__error_is_logged_once(agent: MakeAgent) -> None:
    for on_error in ("dead_letter", "pass", "drop"):
        done = transform(agent, "function apply(metric) error('no') end", ["m v=1 1"], f'  on_error = "{on_error}"', name=on_error)
        assert done.log.count("t.lua:1: no") == 1, done.log
        assert "in function 'apply'" in done.log


@pytest.mark.parametrize("script, said", [
    ("\napply = require('derivative') { nonsense = 1 }", "t.lua:2: derivative: there is no option 'nonsense'"),
    ("\napply = require('convert') { fields = { a = 'x' } }", "t.lua:2: convert: a = 'x'"),
    ("\napply = require('units') { fields = { a = { from = 'x' } } }", "t.lua:2: units: there is no unit 'x'"),
    ("local function f() error('no') end\nf()", "t.lua:1: no"),
    ("function apply(m) return m end\nfunction init() error('no') end", "t.lua:2: no"),
])
def test_box__check_shows_the_message_alone(agent: MakeAgent, script: str, said: str) -> None:
    line, = (line for line in check(agent, script).splitlines() if "processors.lua: t.lua" in line)
    assert said in line
    assert "stack traceback" not in line


def test_box__sample_is_complete(agent: MakeAgent) -> None:
    before, _, rest = config().partition("[[processors.lua]]")
    after = rest[rest.index("[[outputs"):]
    done = agent(before + vane("sample", "lua").stdout + after).check()
    assert done.returncode == 0, done.stderr


def test_box__random_and_dates_repeat(agent: MakeAgent) -> None:
    script = ("function apply(metric)\n  local f = metric.fields\n  f.a, f.b = math.random(), math.random(100)\n"
              "  f.t = os.time(os.date('*t', metric.time // 1000000000))\n"
              "  f.d = os.date('%Y-%m-%d %H:%M:%S', f.t)\n  return metric\nend")
    metrics = ["m,s=a v=1 1700000000000000000", "m,s=b v=1 1700000000000000000", "m,s=a v=1 1700000001000000000"]
    there = transform(agent, script, metrics).lines
    back = transform(agent, script, metrics[::-1], name="back").lines
    assert sorted(there) == sorted(back)
    assert len({line.split(",a=")[1].split(",")[0] for line in there}) >= 2
    assert all('d="2023-11-14 22:13:2' in line for line in there)


def test_box__pairs_has_an_order(agent: MakeAgent) -> None:
    script = ("function apply(metric)\n  local t, order = { z = 1, a = 2, [10] = 3, [2] = 4, [true] = 5 }, {}\n"
              "  for k in pairs(t) do\n    t.new = 1\n    t.z = nil\n    order[#order + 1] = tostring(k)\n  end\n"
              "  metric.fields.order = table.concat(order, ' ')\n  return metric\nend")
    assert transform(agent, script, ["m v=1 1"]).lines == ['m v=1,order="true 2 10 a" 1']


def test_box__limit_counts_from_each_call(agent: MakeAgent) -> None:
    script = "function apply(metric)\n  for i = 1, 3000 do end\n  return metric\nend"
    metrics = [f"m v={i} {i}" for i in range(50)]
    assert len(transform(agent, script, metrics, "  max_instructions = 10000").lines) == 50


@pytest.mark.parametrize("script, said", [
    ("function apply(metric)\n  return metric +\nend", "t.lua:3: unexpected symbol near 'end'"),
    ("", "neither apply nor apply_batch is defined"),
    ("apply = 1", "'apply' is a number"),
    ("function apply() end function apply_batch() end", "only one is called"),
    ("error('no')", "t.lua:1: no"),
    ("while true do end", "max_instructions"),
    ("function init() x.y = 1 end function apply(m) return m end", "t.lua:1: attempt to index a nil value"),
    ("require('nowhere')", "module 'nowhere' not found"),
    ("require('../t')", "is no name inside"),
    ("csv_table('/etc/passwd')", "is no name inside"),
    ("\x1bLua", "attempt to load a binary chunk"),
])
def test_box__check_tells_what_is_wrong(agent: MakeAgent, script: str, said: str) -> None:
    assert said in check(agent, script)


@pytest.mark.parametrize("origin, options, said", [
    ("", "", "one of script and source"), ('script = "a"', '  source = "b"', "one of script and source"),
    ('script = "none.lua"', "", "none.lua"), ('source = "function apply(m) return m end"', '  tick = "1s"', "no function tick"),
    ('source = "function apply(m) return m end"', "  [processors.lua.constants]\n    print = 1", "the name 'print' is taken"),
])
def test_box__check_refuses_options(agent: MakeAgent, origin: str, options: str, said: str) -> None:
    done = agent(config(options, origin)).check()
    assert done.returncode == 2
    assert said in done.stderr


@pytest.mark.parametrize("script, hints", [
    ("function apply(metric) metric.fields.x = 1 end", 1),
    ("function apply_batch(batch) end", 1),
    ("function apply(metric) return nil end", 0),
    ("function apply(metric) if metric.fields.v == 2 then return metric end end", 0),
    ("function apply(metric) end function flush() end", 0),
    ("function apply(metric) error('no') end", 0),
])
def test_box__a_forgotten_return_is_told_once(agent: MakeAgent, script: str, hints: int) -> None:
    log = transform(agent, script, [f"m v={k} {k}" for k in range(1, 4)]).log
    hint = "has returned nothing for the first 3 metrics: a metric that is to go on must be returned"
    assert log.count(hint) == hints


def test_box__the_shipped_example_has_no_warning() -> None:
    done = vane("check", "--config", TOP / "config" / "lua.toml")
    assert done.returncode == 0
    assert "warning" not in done.stderr
