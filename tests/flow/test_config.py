"""What is wrong with a configuration is all told in one run, with file and line, and nothing is started."""

import re
import signal

import pytest

from servers import eventually, vane
from servers.places import built

GOOD = """
[[inputs.internal]]
  interval = "1s"
[[outputs.file_out]]
  files = ["stdout"]
"""


def errors_of(agent, config: str) -> list[str]:
    made = agent(config)
    done = made.check(*made.command[4:])
    assert done.returncode == 2, done.stdout + done.stderr
    assert not made.state.exists()
    lines = done.stderr.replace(str(made.config), "vane.toml").splitlines()
    ran = made.run_once(*made.command[4:])
    assert ran.returncode == 2
    assert ran.stderr.replace(str(made.config), "vane.toml").splitlines() == lines
    return lines


def test_a_good_configuration_is_good(agent):
    done = agent(GOOD).check()
    assert (done.returncode, done.stdout, done.stderr) == (0, "vane: good, 2 plugins\n", "")


@pytest.mark.parametrize(("config", "error"), [
    ('[agent]\n  intervall = "1s"\n' + GOOD, r"vane.toml:2: agent.intervall: .*did you mean 'interval'\?"),
    (GOOD + '  filess = ["x"]\n', r"vane.toml:6: outputs.file_out.filess: .*did you mean 'files'\?"),
    ('[[inputs.internal]]\n  interval = true\n[[outputs.file_out]]\n', r"vane.toml:2: inputs.internal.interval: wants a duration.*"),
    (GOOD + '  from = ["internl"]\n', r"vane.toml:6: outputs.file_out.from: .*'internl'; did you mean 'internal'\?"),
    (GOOD + '[[outputs.file_out]]\n  alias = "internal"\n', r"vane.toml:7: outputs.file_out.alias: the name 'internal' is taken .*:2.*"),
    ("[[inputs.file_in]]\n[[outputs.file_out]]\n", r"vane.toml:1: inputs.file_in.files: is required"),
    ("[[inputs.internal]]\n", r"vane.toml: there is no output: .*"),
    ("[[outputs.file_out]]\n", r"vane.toml: there is no input: .*"),
    (GOOD + "[[outputs.nowhere]]\n", r"vane.toml:6: outputs.nowhere: there is no output plugin 'nowhere': looked for nowhere_out.so and nowhere.so in .*"),
    ("[[inputs.internal]\n" + GOOD, r"vane.toml:1: .*"),
    (GOOD + '  data_format = "xml"\n', r"vane.toml:6: outputs.file_out.data_format: no format 'xml' .*"),
    (GOOD + '  csv_header = true\n', r'vane.toml:6: outputs.file_out.csv_header: is an option of data_format "csv"; here it is "influx"'),
    (GOOD + '  namepass = ["["]\n', r"vane.toml:6: outputs.file_out.namepass: .+"),
    (GOOD + '  metricpass = "fields.a >"\n', r"vane.toml:6: outputs.file_out.metricpass: .+"),
    ("[[aggregators.minmax]]\n" + GOOD, r"vane.toml:1: .*aggregators.*"),
    (GOOD + '  alias = "${NOT_SET_ANYWHERE}"\n', r"vane.toml:6: outputs.file_out.alias: .*NOT_SET_ANYWHERE.*"),
])
def test_one_thing_that_is_wrong_is_one_line(agent, config, error):
    lines = errors_of(agent, config)
    assert len(lines) == 1, lines
    assert re.fullmatch(error, lines[0]), lines[0]


def test_all_errors_come_in_one_run(agent):
    lines = errors_of(agent, """[agent]
  debugg = true
[[inputs.internal]]
  interval = "soon"
[[inputs.file_in]]
[[outputs.file_out]]
  from = ["intern"]
  filez = []
  namepass = ["["]
[[outputs.influx_out]]
  urls = ["gopher://x"]
""")
    assert len(lines) == 7, lines
    assert all(re.match(r"vane.toml:\d+: \S+: .+", line) for line in lines), lines


def told(agent, config: str) -> list[str]:
    return [re.sub(r": looked for .*", "", line) for line in errors_of(agent, config)]


def test_all_errors_of_a_format_come_in_one_run(agent):
    lines = errors_of(agent, GOOD + """[[inputs.file_in]]
  files = ["x"]
  data_format = "csv"
  csv_header_row_count = 1
  csv_delimiter = ",,"
  csv_timestamp_column = "time"
  csv_timestamp_format = "unix_millis"
  csv_timezone = "Mars/Base"
""")
    assert [line.split(": ")[:2] for line in lines] == [
        ["vane.toml:10", "inputs.file_in.csv_delimiter"], ["vane.toml:12", "inputs.file_in.csv_timestamp_format"],
        ["vane.toml:13", "inputs.file_in.csv_timezone"]]


def test_a_plugin_that_is_missing_hides_no_unknown_name(agent):
    assert told(agent, """
[[inputs.nonesuch]]
  alias = "feed"
[[processors.nonesuch]]
  from = ["feed", "fed"]
[[outputs.file_out]]
  from = ["nonesuch", "nonesuch.late", "noboby"]
[[outputs.file_out]]
  data_format = "xml"
  alias = "other"
[[outputs.influx_out]]
  from = ["other"]
  bucket = "b"
""") == [
        "vane.toml:2: inputs.nonesuch: there is no input plugin 'nonesuch'",
        "vane.toml:4: processors.nonesuch: there is no processor plugin 'nonesuch'",
        "vane.toml:5: processors.nonesuch.from: no plugin has the name 'fed'; did you mean 'feed'?",
        "vane.toml:7: outputs.file_out.from: no plugin has the name 'noboby'",
        "vane.toml:9: outputs.file_out.data_format: no format 'xml' to write; there are influx, csv, json, value, template, table",
        "vane.toml:12: outputs.influx_out.from: 'other' is an output: nothing can be taken from it",
    ]


def test_a_name_that_fits_the_missing_plugin_is_not_called_unknown(agent):
    assert told(agent, """
[[inputs.kafak]]
[[outputs.file_out]]
  from = ["kafka_in"]
""") == ["vane.toml:2: inputs.kafak: there is no input plugin 'kafak' (did you mean 'kafka'?)"]


@pytest.mark.parametrize("wrong", ['alias = 1', 'alias = "a', 'from = "internal"'])
def test_what_follows_from_an_error_is_not_told(agent, wrong):
    lines = errors_of(agent, f"""
[[inputs.internal]]
[[outputs.file_out]]
  {wrong}
[[processors.lua]]
  alias = "a"
  script = "x"
  from = ["b"]
[[outputs.file_out]]
  alias = "c"
  from = ["a"]
""")
    assert not [line for line in lines if "no plugin has the name" in line or "leads nowhere" in line or "gets nothing" in line]


def test_thousands_of_nodes_are_checked_at_once(agent):
    chains = "".join(f"""
[[inputs.internal]]
  alias = "i{i}"
[[outputs.file_out]]
  alias = "o{i}"
  from = ["i{i}"]
  files = ["o{i}"]
""" for i in range(2500))
    done = vane("check", "--config", agent(chains).config, timeout=10)
    assert done.stdout == "vane: good, 5000 plugins\n"


def test_a_route_that_nobody_takes_is_warned_of(agent):
    window = GOOD + '[[processors.window]]\n  every = "1m"\n  aggregates = ["mean"]\n  allowed_lateness = "5s"\n  late = "side"\n'
    done = agent(window).check()
    assert done.returncode == 0
    assert re.fullmatch(r"warning: \S+:6: processors.window: its route 'late' leads nowhere, and what goes there is lost: "
                        r'write from = \["window.late"\] in the table of an output or processor that is to take it\n', done.stderr)
    done = agent(window + '[[outputs.file_out]]\n  alias = "late"\n  from = ["window.late"]\n', name="taken").check()
    assert (done.returncode, done.stderr) == (0, "")


def test_dead_letters_without_a_file_are_warned_of(agent):
    lua = GOOD + '[[processors.lua]]\n  source = "function apply(metric) return metric end"\n'
    assert agent(lua).check().stderr == "", "the default is not worth a word"
    done = agent(lua + '  on_error = "dead_letter"\n', name="asked").check()
    assert done.returncode == 0
    assert re.fullmatch(r"warning: \S+:8: processors.lua.on_error: there is no dead-letter file, so what it is about is lost: "
                        r'set dead_letter = "FILE"\n', done.stderr)
    assert agent(lua + '  on_error = "dead_letter"\n  dead_letter = "x"\n', name="kept").check().stderr == ""


def test_a_file_that_is_not_there_is_told_with_its_whole_path(agent, tmp_path):
    lines = errors_of(agent, GOOD + """
[[inputs.kafka_in]]
  brokers = ["localhost:1"]
  topics = ["t"]
  tls_ca = "no.pem"
[[outputs.influx_out]]
  bucket = "b"
  token = "t"
  tls_key = "no.key"
[[inputs.binance_ws]]
  symbols = ["btcusdt"]
  tls_ca = "no.pem"
""")
    assert [re.sub("/[^:]*/", "/.../", line) for line in lines] == [
        "vane.toml:10: inputs.kafka_in.tls_ca: /.../no.pem: No such file or directory",
        "vane.toml:14: outputs.influx_out.tls_key: /.../no.key: No such file or directory",
        "vane.toml:17: inputs.binance_ws.tls_ca: /.../no.pem: No such file or directory"]


def test_an_empty_from_is_no_default_flow(agent):
    assert "outputs.file_out: gets nothing: its `from` is empty" in errors_of(agent, GOOD + "[[outputs.file_out]]\n  alias = \"b\"\n  from = []\n")[0]


def test_errors_of_syntax_hide_no_others_and_make_none(agent):
    assert told(agent, """
[agent]
  interval = 10m
  debugg = true
[[inputs.file_in]]
  files = ["a.csv
  data_format = "csv"
  csv_column_types = ["flaot"]
[[outputs.influx_out]]
  urls = ["http://localhost:8086"]
  bucket = b
  token = "t"
""") == ["vane.toml:3: '10m' is not a number (text needs quotes)",
         "vane.toml:4: agent.debugg: there is no such option; did you mean 'debug'?",
         'vane.toml:6: the string is not closed: expected its quote on this line',
         'vane.toml:8: inputs.file_in.csv_column_types, element 1: wants one of "int", "float", "bool", "string", not "flaot"',
         "vane.toml:11: expected a value, found 'b' (text needs quotes)"]


@pytest.mark.parametrize(("config", "error"), [
    (b"a = " + b"[" * 100_000, "1: tables and arrays nest at most 128 levels deep"),
    (b"a = " + b"{a=" * 100_000, "1: tables and arrays nest at most 128 levels deep"),
    (b".".join([b"a"] * 100_000) + b" = 1", "1: tables and arrays nest at most 128 levels deep"),
    (b"[" + b".".join([b"a"] * 100_000) + b"]", "1: tables and arrays nest at most 128 levels deep"),
    (b"\0" * 1000, "1: expected a key, found the control character 0x00"),
    (b'a = "\0"', "1: the control character 0x00 must not stand in a string"),
    (b"\xff" * 1000, "1: expected a key, found the byte 0xff"),
    (b"a = " + b"9" * 1_000_000, "1: '99999999999999999999999999999999999999999999999...' does not fit into a 64-bit integer"),
    (b"#" + b"x" * (1 << 24), "is larger than 16 MiB"),
    (b"\n".join(b"[[inputs.x%d]]" % i for i in range(2000)), "1: inputs.x0: there is no input plugin 'x0'"),
    (b'[[inputs.file]]\nnamepass = ["' + b"*a" * 100_000 + b'"]\nx = 1', "1: inputs.file.files: is required"),
], ids=lambda value: value[:20].decode(errors="replace") if isinstance(value, bytes) else "")
def test_what_is_hostile_is_refused_and_bounded(tmp_path, config: bytes, error: str) -> None:
    (tmp_path / "vane.toml").write_bytes(config)
    done = vane("check", "--config", "vane.toml", folder=tmp_path, timeout=20)
    assert done.returncode == 2
    assert done.stderr.startswith(("vane.toml:" if error[0].isdigit() else "vane.toml: ") + error)
    assert len(done.stderr) < 100_000 and done.stderr.count("\n") <= 502


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    done = vane("check", "--config", tmp_path / "missing.toml")
    assert done.returncode == 2
    assert "missing.toml: " in done.stderr and "No such file" in done.stderr


def test_a_cycle_is_an_error(agent, tmp_path):
    lines = errors_of(lambda config: agent(config, "--plugin-dir", built("vane").parent / "tests/plugins"), """
[[inputs.internal]]
[[processors.count]]
  alias = "a"
  from = ["internal", "b"]
[[processors.count]]
  alias = "b"
  from = ["a"]
[[outputs.file_out]]
  from = ["b"]
""")
    assert len(lines) == 1 and "part of a cycle" in lines[0]


def test_the_graph_is_printed(agent):
    done = agent(GOOD).check("--graph")
    assert done.stdout == "inputs.internal\n    ─▭▶ outputs.file_out\n"


def test_bad_usage_is_exit_code_2():
    for arguments in (["--nonsense"], ["frobnicate"], ["help", "no_such_plugin"], ["run", "too", "many"]):
        assert vane(*arguments).returncode == 2


def test_every_plugin_has_help_and_a_sample_that_is_good(agent):
    listed = vane("plugins").stdout
    names = [line.split()[1] for line in listed.splitlines()]
    assert {"binance_ws", "kafka_in", "kafka_out", "influx_out", "file_in", "file_out", "internal"} <= set(names)
    for name in names:
        assert name in vane("help", name).stdout
        assert f".{name}]]" in vane("sample", name).stdout


def test_a_bad_reload_changes_nothing_and_a_good_one_takes_over(agent, tmp_path):
    first, second = tmp_path / "first.out", tmp_path / "second.out"
    config = '[[inputs.internal]]\n  interval = "100ms"\n[[outputs.file_out]]\n  files = ["{}"]\n'
    running = agent(config.format(first))
    running.start()
    eventually(lambda: first.exists() and first.stat().st_size > 0)
    running.configure("[[inputs.internal]]\n  intervall = 1\n[[outputs.file_out]]\n")
    running.signal(signal.SIGHUP)
    running.wait_for_log("going on with the one before")
    assert re.search(r"vane.toml:2: inputs.internal.intervall: ", running.log)
    running.configure(config.format(second))
    running.signal(signal.SIGHUP)
    running.wait_for_log(r"\] reloaded")
    eventually(lambda: second.exists() and second.stat().st_size > 0)
    assert running.stop() == 0
    assert first.stat().st_size > 0


def test_secrets_are_never_printed(agent):
    lines = errors_of(agent, GOOD + '[[outputs.influx_out]]\n  token = ["hunter2"]\n  bucket = "b"\n')
    assert lines and "hunter2" not in "".join(lines)
