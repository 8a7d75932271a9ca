"""The window plugin in the agent: the same numbers as a simple model, however the input came and whatever happened."""

import json
import math
import random
import signal

from collections import defaultdict
from pathlib import Path

import pytest

from file_kit import MakeAgent
from servers import Agent, eventually, vane
from window_model import ASKED, SECOND, Point, Rules, Window, recording, told, windows_of

CONFIG = """\
[agent]
  omit_hostname = true
  checkpoint_interval = "20ms"
[[inputs.file]]
  files = ["in.lp"]
{input}
[[processors.window]]
  {rules}
  fields = ["value"]
  aggregates = {aggregates}
  quantiles = [0.25, 0.999]
  quantile_method = "exact"
  weight = "weight"
  timestamp = "start"
  drop_original = true
  {more}
[[outputs.file]]
  files = ["out.lp"]
  {output}
"""
TAIL = '  tail = true\n  initial_read_offset = "saved-or-beginning"\n'

KINDS = {
    "tumbling": Rules(every=10 * SECOND),
    "delayed": Rules(every=10 * SECOND, delay=5 * SECOND),
    "hopping": Rules(every=4 * SECOND, period=10 * SECOND, delay=2 * SECOND),
    "corrected": Rules(every=5 * SECOND, period=10 * SECOND, lateness=7 * SECOND, late="update"),
    "session": Rules(gap=2 * SECOND, delay=3 * SECOND),
    "sliding": Rules(period=8 * SECOND),
    "sliding_delayed": Rules(period=8 * SECOND, delay=4 * SECOND),
    "counted": Rules(count=7),
}


def config(rules: Rules, more: str = "", input: str = "", aggregates: list[str] = ASKED, output: str = "") -> str:
    return CONFIG.format(rules=rules.toml, aggregates=json.dumps(aggregates), more=more, input=input, output=output)


def write(running: Agent, points: list[Point]) -> None:
    (running.folder / "in.lp").write_text("".join(point.line for point in points))


def results(running: Agent, name: str = "out.lp") -> dict[str, list[tuple[int, dict[str, float]]]]:
    """Time and fields of the results of each series, in the order in which they came."""
    found = defaultdict(list)
    for line in (running.folder / name).read_text().splitlines():
        series, fields, time = line.split(" ")
        pairs = (pair.split("=") for pair in fields.split(","))
        found[series.partition(",")[2]].append((int(time), {key.removeprefix("value_"): float(value.removesuffix("i"))
                                                             for key, value in pairs}))
    return found


def once(running: Agent) -> str:
    """Runs to the end of the file; the log."""
    done = running.run_once()
    assert done.returncode == 0, done.stderr
    return done.stderr


def assert_same(found: dict[str, float], window: Window) -> None:
    expected = told(window)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert math.isclose(found[name], value, rel_tol=1e-9, abs_tol=1e-9), (name, found[name], value, window)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_tells_what_the_model_tells(name, agent: MakeAgent):
    rules = KINDS[name]
    points = recording(random.Random(name), series=4, points=1500, disorder=9)
    running = agent(config(rules))
    write(running, points)
    once(running)
    found = results(running)
    for series, windows in windows_of(points, rules).items():
        times = [w.end if rules.period and not rules.every else w.start for w in windows]
        assert [time for time, _ in found[series]] == times, series
        for (_, fields), window in zip(found[series], windows):
            assert_same(fields, window)


@pytest.mark.parametrize("name", KINDS)
def test_batches_and_workers_change_no_bit(name, agent: MakeAgent):
    points = recording(random.Random(name), series=9, points=3000, disorder=9)
    outputs = []
    for number, (size, workers) in enumerate([(1000, 1), (7, 1), (100, 4)]):
        running = agent(config(KINDS[name], f"workers = {workers}").replace(
            "checkpoint_interval", f'metric_batch_size = {size}\n  checkpoint_interval'), name=f"run{number}")
        write(running, points)
        once(running)
        by_series = defaultdict(list)
        for line in (running.folder / "out.lp").read_text().splitlines():
            by_series[line.split(" ")[0]].append(line)
        outputs.append(by_series)
    assert outputs[0] == outputs[1] == outputs[2]


SAVED = {name: (rules, "") for name, rules in KINDS.items()} | {
    "grouped": (KINDS["hopping"], 'group_by = ["zone"]'),
    "filled": (KINDS["tumbling"], 'fill = "linear"')}


@pytest.mark.parametrize("name", SAVED)
def test_a_killed_agent_goes_on_as_if_nothing_had_been(name, agent: MakeAgent):
    points = recording(random.Random(name), series=5, points=1200, disorder=9)
    text = config(*SAVED[name], input=TAIL)
    calm, killed = agent(text, name="calm"), agent(text, name="killed")
    write(calm, points)
    calm.start()
    write(killed, [])
    last = 0
    for part in range(6):
        killed.start()
        killed.wait_for_log("plugins from")
        with (killed.folder / "in.lp").open("a") as file:
            file.write("".join(point.line for point in points[part * 200:part * 200 + 200]))
        eventually(lambda: (killed.folder / "out.lp").exists(), 10, "no output")
        eventually(lambda n=last: (killed.folder / "out.lp").stat().st_size > n, 10, "it does not go on")
        last = (killed.folder / "out.lp").stat().st_size
        killed.kill()
    killed.start()
    eventually(lambda: sorted_lines(killed) == sorted_lines(calm) != [], 20, "the results differ")


def sorted_lines(running: Agent) -> list[str]:
    path = running.folder / "out.lp"
    return sorted(path.read_text().splitlines()) if path.exists() else []


def test_late_metrics_take_their_own_route(agent: MakeAgent):
    running = agent(config(Rules(every=10 * SECOND, lateness=60 * SECOND, late="side"), aggregates=["count"]) + """
[[outputs.file]]
  alias = "late"
  from = ["window.late"]
  files = ["late.lp"]
""")
    start = 1_700_000_000 * SECOND
    points = [Point("host=a", start + second * SECOND, 1.0) for second in (1, 25, 3, 26, 200, 4)]
    write(running, points)
    once(running)
    late = (running.folder / "late.lp").read_text().splitlines()
    assert [int(line.split(" ")[2]) for line in late] == [start + 3 * SECOND]     # that of second 4 is beyond
    assert [(time, fields["count"]) for time, fields in results(running)["host=a"]] == [
        (start, 1), (start + 20 * SECOND, 2), (start + 200 * SECOND, 1)]


def test_a_group_closes_with_its_least_member(agent: MakeAgent):
    running = agent(config(Rules(every=10 * SECOND), 'group_by = ["zone"]', aggregates=["count", "sum"]))
    start = 1_700_000_000 * SECOND
    ahead = [Point("host=a,zone=z", start + second * SECOND, 1.0) for second in range(60)]
    behind = [Point("host=b,zone=z", start + second * SECOND, 10.0) for second in range(60)]
    mixed = behind[:1] + ahead + behind[1:]
    write(running, mixed)
    once(running)
    assert results(running) == {"zone=z": [(start + k * 10 * SECOND, {"count": 20, "sum": 110}) for k in range(6)]}


def test_buckets_are_those_of_telegraf(agent: MakeAgent):
    running = agent(config(Rules(every=10 * SECOND), "buckets = [1.0, 2.5]", aggregates=["histogram"]))
    start = 1_700_000_000 * SECOND
    write(running, [Point("host=a", start + n * SECOND, value) for n, value in enumerate([0.5, 1.0, 2.0, 9.0])])
    once(running)
    assert (running.folder / "out.lp").read_text().splitlines() == [
        f"m,host=a,le=1 value_bucket=2i {start}", f"m,host=a,le=2.5 value_bucket=3i {start}",
        f"m,host=a,le=+Inf value_bucket=4i {start}"]


@pytest.mark.parametrize("fill, filled", [
    ("none", []), ("null", [{"count": 0, "sum": 0}] * 2), ("previous", [{"count": 0, "sum": 3, "mean": 1.5}] * 2),
    ("value", [{"count": 0, "sum": -1, "mean": -1}] * 2),
    ("linear", [{"count": 0, "sum": 4, "mean": 3}, {"count": 0, "sum": 5, "mean": 4.5}])])
def test_empty_windows_are_filled(fill, filled, agent: MakeAgent):
    running = agent(config(Rules(every=10 * SECOND), f'fill = "{fill}"\n  fill_value = -1.0',
                           aggregates=["count", "sum", "mean"]))
    start = 1_700_000_000 * SECOND
    times_values = [(1, 1.0), (2, 2.0), (31, 4.5), (32, 1.5)] if fill != "linear" else [(1, 1.0), (2, 2.0), (31, 6.0)]
    write(running, [Point("host=a", start + second * SECOND, value) for second, value in times_values])
    once(running)
    found = results(running)["host=a"]
    assert [fields for _, fields in found[1:-1]] == filled
    assert [time for time, _ in found] == [start + k * 10 * SECOND for k in ([0, 1, 2, 3] if filled else [0, 3])]


@pytest.mark.parametrize("rules, why", [
    ('every = "1m"\n  gap = "1s"', "one kind of window"), ('every_count = 3\n  period = "1m"', "one kind of window"),
    ('every = "1m"\n  period = "1s"', "period is shorter than every"),
    ('gap = "1m"\n  late = "update"\n  allowed_lateness = "1s"', "others may move"),
    ('every = "1m"\n  late = "side"', "needs allowed_lateness"), ('every = "1h"\n  timezone = "Europe/Berlin"', "whole days"),
    ('every = "1m"\n  group_by = ["a"]\n  workers = 2', "workers must be 1"),
    ('every = "1m"\n  aggregates = ["medain"]', "there is no \"medain\" (did you mean 'median'?); there are count, sum, "),
    ('every = "1m"\n  aggregates = ["xyz"]', 'ohlc, median, quantile, distinct, histogram')])
def test_options_that_do_not_agree_are_told(rules, why, agent: MakeAgent):
    running = agent(f'[[inputs.file]]\n  files = ["in.lp"]\n[[processors.window]]\n  {rules}\n[[outputs.file]]\n  files = ["out.lp"]\n')
    done = running.check()
    assert done.returncode == 2 and why in done.stderr


def test_all_that_does_not_agree_is_told_at_once(agent: MakeAgent):
    running = agent(SAID.format(options='timezone = "Nowhere/Else"\n  aggregates = ["quantile", "weighted_mean"]\n'
                                        '  quantiles = [1.5]\n  late = "side"').replace("1m", "1d"))
    done = running.check()
    for why in ("needs allowed_lateness", "Nowhere/Else", "not at 1.5", "it needs weight"):
        assert why in done.stderr


def test_the_sample_is_good_as_it_is_printed(agent: MakeAgent):
    """Windows of 30 s, Telegraf's; what does not go with them is no example."""
    sample = vane("sample", "window").stdout
    assert '\n  every = "30s"\n' in sample and '# period = "0s"' in sample and '# gap = "0s"' in sample
    running = agent(f'[[inputs.file]]\n  files = ["in.lp"]\n{sample}\n[[outputs.file]]\n  files = ["out.lp"]\n')
    assert running.check().returncode == 0
    start = 1_700_000_010 * SECOND
    write(running, [Point("host=a", start + second * SECOND, 1.0) for second in (1, 29, 30)])
    once(running)
    told = [line for line in (running.folder / "out.lp").read_text().splitlines() if "value_count" in line]
    assert [("value_count=2" in line, line.endswith(f" {start + k * 30 * SECOND}")) for k, line in enumerate(told)] == [
        (True, True), (False, True)]


SAID = """\
[[inputs.file]]
  files = ["in.lp"]
[[processors.window]]
  every = "1m"
  {options}
[[outputs.file]]
  files = ["out.lp"]
"""


def said(agent: MakeAgent, options: str, lines: list[str]) -> list[str]:
    """What the log says of the windows of these metrics, read to their end."""
    running = agent(SAID.format(options=options))
    (running.folder / "in.lp").write_text("".join(f"{line}\n" for line in lines))
    return [line for line in once(running).splitlines() if "nothing is aggregated" in line or "come later" in line]


PRICES = [f'm,coin=btc price={k},volume={k},note="x" {1_700_000_000 + k}000000000' for k in range(3)]


@pytest.mark.parametrize("options, told", [
    ('fields = ["pric", "vol"]', "no field matches `fields` (pric, vol): there came price, volume, note"),
    ('fields = ["note"]', "none of 3 metrics has a finite number"),
])
def test_fields_that_match_nothing_are_told_once(options, told, agent: MakeAgent):
    line, = said(agent, options, PRICES)
    assert told in line


def test_fields_that_match_now_and_then_are_not_told(agent: MakeAgent):
    assert said(agent, 'fields = ["price"]', ["m other=1 1", *PRICES, "m other=1 2000000000000000000"]) == []


def test_the_first_late_metric_is_named(agent: MakeAgent):
    hour = 3600 * SECOND
    line, = said(agent, "", [f"m,coin=btc v=1 {5 * hour}", f"m,coin=eth v=1 {5 * hour}", f"m,coin=eth v=1 {2 * hour}",
                             f"m,coin=btc v=1 {hour}"])
    assert "not in the results, 2 so far, now of m,coin=eth" in line


RELOADED = """\
[agent]
  omit_hostname = true
[[inputs.file]]
  files = ["in.lp"]
  tail = true
  initial_read_offset = "saved-or-beginning"
[[processors.window]]
  every = "1m"
  aggregates = {aggregates}
[[outputs.file]]
  files = ["out.lp"]
"""


def test_reloads_with_other_options_make_no_half_windows(agent: MakeAgent):
    """What was kept with other options cannot be used: its windows are not emitted, whichever reload it was."""
    running = agent(RELOADED.format(aggregates='["count"]'))
    source, out = running.folder / "in.lp", running.folder / "out.lp"
    source.write_text("")
    running.start()

    def bring(*seconds: int) -> None:
        with source.open("a") as file:
            file.writelines(f"m v={second} {1_699_999_980 + second}000000000\n" for second in seconds)
        eventually(lambda: out.exists() and f"m v={seconds[-1]} " in out.read_text())

    for before, aggregates in (((60, 70), '["count", "mean"]'), ((80, 120, 130), '["count"]')):
        bring(*before)
        seen = len(running.messages)
        running.configure(RELOADED.format(aggregates=aggregates))
        running.signal(signal.SIGHUP)
        running.wait_for_log(r"\] reloaded: 1 of 3 plugins go on", start=seen)
    bring(140, 200, 260)
    assert running.stop() == 0
    closed = [line.split(" ")[1] for line in out.read_text().splitlines() if "v_count" in line]
    assert closed == ["v_count=1"]              # of 180 .. 239, the only window that was seen whole
