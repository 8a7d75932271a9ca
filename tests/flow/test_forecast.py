"""forecast in the flow: what comes out of which points, the same however it was run, and the sample configurations."""

import csv
import io
import math
import os
import random
import re
import time
from datetime import date, timedelta
from pathlib import Path

import pytest

from influx_flow import toml
from servers import Agent, InfluxDB, Kafka, eventually, vane

ROOT = Path(__file__).resolve().parents[2]
SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND

CONFIG = """\
[agent]
  omit_hostname = true
  checkpoint_interval = "50ms"
[[inputs.file]]
  files = ["in.lp"]
  {input}
[[processors.forecast]]
{options}
[[outputs.file]]
  from = ["forecast"]
  files = ["out.lp"]
"""

USUAL = {"fields": ["v"], "history": "5m", "every": "20s", "horizon": "10s", "drop_original": True}
QUIET = {"model": "naive", "score_every": "0s"}
FROM_BEGINNING = 'tail = true\n  initial_read_offset = "saved-or-beginning"'


def config(input: str = "", **options: object) -> str:
    """From in.lp to out.lp; options are those of forecast."""
    lines = "\n".join(f"  {name} = {toml(value)}" for name, value in (USUAL | options).items())
    return CONFIG.format(input=input, options=lines)


def point(series: str, second: float, value: float, more: str = "") -> str:
    return f"m,s={series} v={value!r}{more} {START + round(second * SECOND)}\n"


def walk(series: str, count: int, dice: random.Random) -> list[str]:
    """A random walk as ticks are: not quite regular, a few of them twice, a few late, a few missing."""
    value, lines = 100.0, []
    for second in range(count):
        value += dice.gauss(0, 1)
        if dice.random() < 0.05:
            continue
        late = dice.choice([0, 0, 0, 7.5, 31]) if dice.random() < 0.1 else 0
        lines.append(point(series, second + dice.random() * 0.3 - late, round(value, 3)))
        if dice.random() < 0.03:
            lines.append(lines[-1])
    return lines


def mixed(series: dict[str, list[str]], dice: random.Random) -> list[str]:
    """All lines, those of one series in their order."""
    rest, lines = [list(reversed(one)) for one in series.values()], []
    while rest:
        one = dice.choice(rest)
        lines.append(one.pop())
        rest = [one for one in rest if one]
    return lines


def recording(count: int = 400, names: str = "abcdef") -> list[str]:
    """Its last points make forecasts due, so that the end of the input adds none: it is the same with and without."""
    dice = random.Random(7)
    lines = mixed({name: walk(name, count, dice) for name in names}, dice)
    return lines + [point(name, count + 25, 100) for name in names]


def by_series(lines: list[str]) -> dict[str, list[str]]:
    """What was written, series by series: their order among each other is nobody's promise."""
    found: dict[str, list[str]] = {}
    for line in lines:
        found.setdefault(line.split(" ")[0], []).append(line)
    return found


def output_of(running: Agent) -> list[str]:
    path = running.folder / "out.lp"
    return path.read_text().splitlines() if path.exists() else []


def forecast(agent, lines: list[str], name: str = "agent", **options: object) -> list[str]:
    """What is forecast of these lines in one run to the end."""
    running = agent(config(**options), name=name)
    (running.folder / "in.lp").write_text("".join(lines))
    done = running.run_once()
    assert done.returncode == 0, done.stderr
    return output_of(running)


def fields_of(line: str) -> dict[str, str]:
    return dict(re.findall(r'(\w+)=("[^"]*"|[^, ]+)', line.split(" ", 1)[1].rsplit(" ", 1)[0]))


def time_of(line: str) -> int:
    return int(line.rsplit(" ", 1)[1])


# ---- What comes out ----

def test_one_metric_a_step_behind_the_newest_point(agent) -> None:
    found = forecast(agent, [point("a", second, 5) for second in range(31)], **QUIET | {"every": "0s"})
    assert [time_of(line) for line in found] == [START + (31 + step) * SECOND for step in range(10)]
    assert all(line.startswith("m_forecast,field=v,s=a yhat=5,") for line in found)
    assert set(fields_of(found[0])) == {"yhat", "yhat_lower", "yhat_upper"}


def test_forecasts_come_every_so_often_and_at_the_end(agent) -> None:
    lines = [point("a", second, 5) for second in range(95)]
    found = forecast(agent, lines, **QUIET, spread=False, forecast_origin=True, min_points=1)
    origins = sorted({(int(fields_of(line)["forecast_origin"][:-1]) - START) // SECOND for line in found})
    first = -(START // SECOND) % 20 or 20
    assert origins == [*range(first, 95, 20), 94]


def test_what_is_asked_for_is_there(agent) -> None:
    lines = [point("a", second, second % 7) for second in range(60)]
    found = forecast(agent, lines, measurement="p", field_tag="of", report_model=True, quantiles=[0.5, 0.025],
                     interval_width=0.9, score_every="0s", calibrate=False)
    assert found[-1].startswith("p,of=v,s=a ")
    fields = fields_of(found[-1])
    assert set(fields) == {"yhat", "yhat_lower", "yhat_upper", "yhat_q50", "yhat_q2_5", "model", "model_reason"}
    assert float(fields["yhat_q2_5"]) <= float(fields["yhat_lower"]) <= float(fields["yhat_q50"])
    assert float(fields["yhat_q50"]) <= float(fields["yhat_upper"])
    assert fields["model_reason"].strip('"').startswith(fields["model"].strip('"'))


PROPHET = """
  [[processors.forecast.prophet.seasonalities]]
    name = "half_minute"
    period = "30s"
    fourier_order = 3
  [[processors.forecast.prophet.regressors]]
    field = "load"
"""


def test_components_of_prophet_add_up(agent) -> None:
    lines = [point("a", second, 50 + second / 10 + 5 * math.sin(second / 5), f",load={second % 3}")
             for second in range(120)]
    ahead = [f"m,s=a load={second % 3} {START + second * SECOND}\n" for second in range(120, 130)]
    options = config(model="prophet", every="0s", components=True, score_every="0s")
    running = agent(options.replace("[[outputs", PROPHET + "[[outputs"))
    (running.folder / "in.lp").write_text("".join(lines + ahead))
    assert running.run_once().returncode == 0
    found = [{key: float(value) for key, value in fields_of(line).items()} for line in output_of(running)]
    assert len(found) == 10
    for fields in found:
        assert {"trend", "half_minute", "load"} <= set(fields)
        assert fields["trend"] + fields["additive_terms"] == pytest.approx(fields["yhat"])
    assert found[0]["load"] == pytest.approx(found[3]["load"]) and len({fields["load"] for fields in found}) == 3


def test_every_field_that_matches_has_a_series_of_its_own(agent) -> None:
    lines = [f'm,s=a price={second}.5,volume={second}i,side="buy",open=true,load=3u {START + second * SECOND}\n'
             for second in range(60)]
    found = by_series(forecast(agent, lines, **QUIET, fields=["p*", "volume", "side", "open"]))
    assert set(found) == {f"m_forecast,field={field},s=a" for field in ("price", "volume", "open")}


def test_scores_say_how_good_each_model_was(agent) -> None:
    found = forecast(agent, recording(names="a"), score_measurement="judged")
    scores = [line for line in found if line.startswith("judged,")]
    assert scores and all(",field=v,horizon=" in line and ",measurement=m," in line for line in scores)
    assert {"naive", "auto"} <= {re.search(r"model=(\w+)", line)[1] for line in scores}
    assert {"scored", "mae", "rmse", "ratio_to_naive", "coverage", "winkler"} <= set(fields_of(scores[-1]))


@pytest.mark.parametrize("every, times", [("20s", 5), ("2m", 3)])
def test_scores_come_not_more_often_than_forecasts(agent, every: str, times: int) -> None:
    """Six minutes of points: with the default of a minute."""
    found = forecast(agent, [point("a", second, second % 7) for second in range(360)], model="naive", every=every, spread=False)
    scores = {time_of(line) for line in found if line.startswith("forecast_score,")}
    assert times <= len(scores) <= times + 2


@pytest.mark.parametrize("options", [{}, {"transform": "log"}, {"clip_min": -10.0, "clip_max": 10.0}])
def test_no_forecast_is_ever_nan_or_infinite(agent, options: dict[str, object]) -> None:
    dice = random.Random(3)
    wild = [1e308, -1e308, 0.0, 5e-324, 1e-300, 1.0]
    found = forecast(agent, [point("a", second, dice.choice(wild)) for second in range(200)], **options)
    steps = [fields_of(line) for line in found if line.startswith("m_forecast")]
    assert steps
    for fields in steps:
        values = [float(fields[key]) for key in ("yhat_lower", "yhat", "yhat_upper")]
        assert all(math.isfinite(value) for value in values)
        assert "clip_min" not in options or all(-10 <= value <= 10 for value in values)
        assert "transform" not in options or all(value >= 0 for value in values)


# ---- Guards ----

COUNTERS = """
[[inputs.internal]]
  interval = "20ms"
  exclusive = true
[[outputs.file]]
  alias = "counters"
  from = ["internal"]
  files = ["counters.lp"]
"""


def test_what_is_passed_over_is_counted(agent) -> None:
    lines = [point("a", second, 5) for second in range(60)]
    odd = [f'm,s=a v="text" {START + 30 * SECOND}\n', point("a", 25, 5), point("a", 29, 5), point("a", 10 ** 7, 5),
           point("a", -1000, 5)]
    running = agent(config(FROM_BEGINNING, **QUIET) + COUNTERS)
    (running.folder / "in.lp").write_text("".join(lines[:30] + odd + lines[30:]))
    running.start()
    path = running.folder / "counters.lp"

    def counted() -> dict[str, str]:
        lines = path.read_text().splitlines() if path.exists() else []
        found = [line for line in lines if "processor=forecast" in line]
        return fields_of(found[-1]) if found else {}

    eventually(lambda: counted().get("points") == "62i", 10, "the points are not all counted")
    expected = {"points_late": "1i", "points_too_old": "1i", "points_ahead": "1i", "values_not_numeric": "1i"}
    assert expected.items() <= counted().items()
    assert running.stop() == 0


def test_series_beyond_the_limit_are_left_out_and_the_others_are_not(agent) -> None:
    running = agent(config(**QUIET, max_series=2))
    (running.folder / "in.lp").write_text("".join(recording(names="abcd")))
    done = running.run_once()
    assert len(by_series(output_of(running))) == 2
    assert "there are max_series = 2 series" in done.stderr


def test_silent_series_make_room_for_new_ones(agent) -> None:
    """One pod after the other, each for two minutes; a history is five minutes."""
    lines = [point(f"pod{pod}", 120 * pod + second, 5) for pod in range(12) for second in range(0, 120, 5)]
    running = agent(config(**QUIET, max_series=4))
    (running.folder / "in.lp").write_text("".join(lines))
    done = running.run_once()
    assert len(by_series(output_of(running))) == 12
    assert "are left out" not in done.stderr and "series silent for longer than history are forgotten" in done.stderr


def test_a_series_that_is_forgotten_begins_anew(agent) -> None:
    lines = [point("a", second, 5) for second in range(40)] + [point("b", 1000, 1), point("a", 1001, 7)]
    lines += [point("a", 1001 + second, 7) for second in range(40)]
    found = forecast(agent, lines, **QUIET | {"every": "0s"}, max_series=1)
    assert by_series(found) == {}, "b has the place: it is not silent"
    lines += [point("a", 2000 + second, 9) for second in range(40)]
    found = forecast(agent, lines, name="later", **QUIET | {"every": "0s"}, max_series=1)
    assert {line.split(" ")[0] for line in found} == {"m_forecast,field=v,s=a"}
    assert {fields_of(line)["yhat_upper"] for line in found} == {"9"}


def test_a_silent_series_that_began_further_back_makes_room(agent) -> None:
    """a and b make room for c; d takes the place that is left, and is silent by the time of e."""
    lines = [point("a", 0, 1), point("b", 0, 1), point("c", 1000, 1), point("d", 500, 1), point("c", 1100, 1)]
    lines += [point("e", 1100 + second, 5) for second in range(40)]
    found = forecast(agent, lines, **QUIET | {"every": "0s"}, max_series=2)
    assert "m_forecast,field=v,s=e" in by_series(found)


def test_a_silent_series_whose_clock_went_back_makes_room(agent) -> None:
    """The clock of d goes back after a look has found nobody silent."""
    lines = [point("c", 1000, 1), point("d", 1000, 1), point("a", 1001, 1)]
    lines += [point("d", 500 + second / 1000, 1) for second in range(100)] + [point("c", 1100, 1)]
    lines += [point("e", 1100 + second, 5) for second in range(40)]
    found = forecast(agent, lines, **QUIET | {"every": "0s"}, max_series=2)
    assert "m_forecast,field=v,s=e" in by_series(found)


def test_what_is_forgotten_is_gone_from_the_state(agent) -> None:
    running = agent(config(FROM_BEGINNING, **QUIET, max_series=1))
    path = running.folder / "in.lp"
    path.write_text("".join(point("a", second, 5) for second in range(40)))
    running.start()
    eventually(lambda: list(running.state.glob("**/*.checkpoint")), 10, "no checkpoint")
    with path.open("a") as file:
        file.write("".join(point("b", 1000 + second, 6) for second in range(30)))
    running.wait_for_log("are forgotten")
    eventually(lambda: any("s=b" in line for line in output_of(running)), 10, "no forecast of b")
    assert running.stop() == 0
    running.configure(config(FROM_BEGINNING, **QUIET, max_series=2))
    running.start()
    with path.open("a") as file:
        file.write(point("b", 1031, 6) + point("a", 1032, 8) + point("a", 1080, 8))
    eventually(lambda: "too_few_points" in running.log, 10, "a has its old points")
    assert running.stop() == 0


def test_warnings_have_a_name(agent) -> None:
    running = agent(config(min_points=50))
    (running.folder / "in.lp").write_text("".join(point("a", second, 5) for second in range(30)))
    done = running.run_once()
    assert re.search("W! .*m,s=a v: too_few_points: 30 points, min_points is 50", done.stderr), done.stderr
    assert output_of(running) == []


@pytest.mark.parametrize("lines, options, warning", [
    (['m,s=a other=1,more=2 1', 'm,s=a other=1 2'], {},
     r'nothing came .*: no metric had a number in fields = \["v"\]; fields that came: "other", "more"$'),
    ([], {}, r'nothing came .* fields that came: none$'),
    (['m,s=a v="text" 1'], {}, "m,s=a v: values_not_numeric: a text is left out"),
    (['m,s=a v=1 1', 'm,s=b v=-1 1'], {"transform": "log"}, "m,s=b v: values_not_positive: what has no logarithm"),
    (['m,s=a v=1 1', 'm,s=b v=1 1', f'm,s=b v=1 {START}', f'm,s=b v=1 {START // 2}'], {}, "m,s=b v: points_ahead: "),
    (['m,s=a v=1 1', 'm,s=b v=1 1'], {"max_series": 1}, "points_refused: there are max_series = 1 series.* m,s=b v first"),
    (['m,s=a v=1 1'], {"model": "prophet", "prophet": {"regressors": [{"field": "heat"}]}},
     'm,s=a v: regressors_missing: points without "heat" are left out'),
])
def test_input_that_leads_to_nothing_is_told(agent, lines: list[str], options: dict, warning: str) -> None:
    running = agent(config(**options))
    (running.folder / "in.lp").write_text("".join(f"{line}\n" for line in lines))
    done = running.run_once()
    assert re.search(rf"W! .*{warning}", done.stderr, re.MULTILINE), done.stderr


@pytest.mark.parametrize("options, wrong", [
    ({"model": "propeth"}, 'model: there is no model "propeth"; there are auto, naive'),
    ({"model": "arimax", "candidates": ["theta"]}, 'model: there is no model "arimax"; there are auto, naive'),
    ({"model": "prophet", "prophet": {"save_model": "{serie}.json"}}, 'prophet.save_model: "{serie}" is unknown'),
    ({"model": "prophet", "prophet": {"save_model": "{series}.json"}}, None),
    ({"horizon": "30s", "step": "1h30m"}, "horizon: 30s is shorter than step, 1h30m"),
    ({"field_tag": ""}, None),
    ({"field_tag": "", "fields": ["*"]}, "field_tag: is needed where fields may name more than one"),
    ({"model": "prophet", "prophet": {"weekly_seasonality": "x"}}, 'prophet.weekly_seasonality: "x" is neither'),
    ({"model": "prophet", "prophet": {"weekly_seasonality": True, "daily_seasonality": 4}}, None),
    ({"model": "prophet", "prophet": {"weekly_seasonality": 0}}, 'prophet.weekly_seasonality: "0" is neither'),
    ({"yearly_seasonality": True}, "there is no such option here, but in the table processors.forecast.prophet"),
    ({"model": "prophet", "prophet": {"holidays_file": "none.csv"}}, "prophet.holidays_file: "),
    ({"model": "prophet", "prophet": {"growth": "logistic"}}, "prophet.cap: logistic growth needs one"),
    ({"model": "prophet", "prophet": {"growth": "logistic", "cap": 9.5}}, None),
    ({"model": "prophet", "prophet": {"growth": "logistic", "cap_field": "cap"}}, None),
])
def test_check_names_what_does_not_agree(agent, options: dict[str, object], wrong: str | None) -> None:
    done = agent(config(**options)).check()
    assert (done.returncode == 0) == (wrong is None), done.stderr
    assert wrong is None or wrong in done.stderr


def test_a_file_of_holidays_has_a_header(agent) -> None:
    running = agent(config(model="prophet", prophet={"holidays_file": "days.csv"}))
    path = running.folder / "days.csv"
    path.write_text("date,name\n2024-01-01,New Year\n")
    assert f"prophet.holidays_file: {path}: the first line must be ds,holiday" in running.check().stderr
    path.write_text("ds,holiday\n2024-01-01,New Year\n")
    assert running.check().returncode == 0


@pytest.mark.parametrize("options, idle", [
    ({"prophet": {"weekly_seasonality": True}}, "weekly_seasonality"),
    ({"prophet": {"n_changepoints": 5}}, "n_changepoints"),
    ({"prophet": {"regressors": [{"field": "heat"}]}}, "regressors"),
    ({"prophet": {"growth": "linear", "cap": 0.0, "n_changepoints": 25, "daily_seasonality": "auto"}}, None),
    ({"model": "prophet", "prophet": {"n_changepoints": 5}}, None),
])
def test_options_of_prophet_without_it_are_told(agent, options: dict[str, object], idle: str | None) -> None:
    running = agent(config(**({"model": "theta"} | options)))
    (running.folder / "in.lp").write_text(point("a", 0, 1))
    done = running.run_once()
    assert done.returncode == 0
    assert ("counts for prophet only" in done.stderr) == (idle is not None), done.stderr
    assert idle is None or f"prophet.{idle}: counts for prophet only" in done.stderr


# ---- The same, however it is run ----

def test_two_runs_give_the_same_bits(agent) -> None:
    lines = recording()
    assert forecast(agent, lines, name="one") == forecast(agent, lines, name="two")


@pytest.mark.parametrize("workers, every", [(2, "20s"), (4, "20s"), (3, "0s"), (3, "250s")])
def test_workers_change_nothing(agent, workers: int, every: str) -> None:
    lines = recording()
    alone = forecast(agent, lines, name="alone", every=every, report_model=True)
    assert ("backtest over" in "".join(alone)) == (every != "20s")
    assert by_series(forecast(agent, lines, name="many", workers=workers, every=every, report_model=True)) \
        == by_series(alone)


def test_how_series_are_interleaved_changes_nothing(agent) -> None:
    lines = recording()
    sorted_lines = sorted(lines, key=lambda line: line.split(" ")[0])
    assert by_series(forecast(agent, lines, name="mixed")) == by_series(forecast(agent, sorted_lines, name="sorted"))


def test_live_and_in_pieces_is_as_a_replay(agent) -> None:
    """One file at once, and the same as it grows, a few bytes at a time."""
    lines = recording(200, "ab")
    whole = forecast(agent, lines, name="whole")
    running = agent(config(FROM_BEGINNING), name="pieces")
    path = running.folder / "in.lp"
    path.write_text("")
    running.start()
    running.wait_for_log("plugins from")
    dice, text = random.Random(5), "".join(lines)
    with path.open("a") as file:
        while text:
            size = dice.choice([1, 100, 1000, 5000])
            file.write(text[:size])
            file.flush()
            text = text[size:]
            time.sleep(0.002)  # so that what is read differs in size; nothing is awaited
    eventually(lambda: len(output_of(running)) >= len(whole), 20, "the output is not complete")
    assert running.stop() == 0
    assert by_series(output_of(running)) == by_series(whole)


@pytest.mark.parametrize("options", [{}, {"model": "prophet", "transform": "log"}, {"refit_every": "1m"},
                                     {"every": "150s", "spread": False, "transform": "log"}])
def test_killed_again_and_again_it_writes_the_same(agent, options: dict[str, object]) -> None:
    lines = recording(600, "abc")
    expected = forecast(agent, lines, name="calm", **options)
    running = agent(config(FROM_BEGINNING, **options), name="killed")
    path = running.folder / "in.lp"
    path.write_text("")
    dice = random.Random(11)
    kills = int(os.environ.get("VANE_TEST_KILLS", "12"))
    for part in range(kills):
        running.start()
        running.wait_for_log("plugins from")
        with path.open("a") as file:
            for line in lines[part * len(lines) // kills:(part + 1) * len(lines) // kills]:
                file.write(line)
                file.flush()
        time.sleep(dice.uniform(0.02, 0.4))  # the moment is what is random here
        running.kill()
    done = running.run_once("--state-directory", running.state)
    assert done.returncode == 0, done.stderr
    assert by_series(output_of(running)) == by_series(expected)


def test_history_survives_a_restart_and_a_change_of_options(agent) -> None:
    running = agent(config(FROM_BEGINNING, **QUIET, min_points=100))
    path = running.folder / "in.lp"
    path.write_text("".join(point("a", second, 5) for second in range(90)))
    running.start()
    eventually(lambda: list(running.state.glob("**/*.checkpoint")), 10, "no checkpoint")
    assert running.stop() == 0
    assert output_of(running) == []
    running.configure(config(FROM_BEGINNING, model="drift", score_every="0s", min_points=100, horizon="5s"))
    running.start()
    with path.open("a") as file:
        file.write("".join(point("a", second, 5) for second in range(90, 130)))
    eventually(lambda: len(output_of(running)) >= 5, 10, "no forecast")
    assert running.stop() == 0


def test_a_file_that_is_cut_takes_its_history_with_it(agent) -> None:
    running = agent(config(FROM_BEGINNING, **QUIET, min_points=50))
    path = running.folder / "in.lp"
    path.write_text("".join(point("a", second, 5) for second in range(45)))
    running.start()
    running.wait_for_log("too_few_points")
    path.write_text(point("a", 100, 7))
    running.wait_for_log("has become shorter")
    with path.open("a") as file:
        file.write("".join(point("a", second, 7) for second in range(101, 200)))
    eventually(lambda: len(output_of(running)) >= 10, 10, "no forecast")
    assert running.stop() == 0
    first = output_of(running)[0]
    assert time_of(first) > START + 150 * SECOND and fields_of(first)["yhat_upper"] == "7", "nothing of the old points"


# ---- The sample configurations ----

def example(days: int) -> str:
    first = date(2020, 1, 1)
    rows = [f"{first + timedelta(day)},{10 + day / 100 + math.sin(day * 2 * math.pi / 7):.6f}" for day in range(days)]
    return "\n".join(["ds,y", *rows]) + "\n"


@pytest.mark.parametrize("model", ["prophet", "auto", "theta"])
def test_forecast_csv_as_it_is_typed(model: str) -> None:
    done = vane("run", "--once", "--config", ROOT / "config/forecast-csv.toml", stdin=example(800),
                env=os.environ | {"HORIZON": "30d", "MODEL": model})
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert list(rows[0]) == ["ds", "yhat", "yhat_lower", "yhat_upper"]
    assert [row["ds"] for row in rows] == [str(date(2020, 1, 1) + timedelta(800 + i)) for i in range(30)]
    assert all(float(row["yhat_lower"]) <= float(row["yhat"]) <= float(row["yhat_upper"]) for row in rows)
    assert model != "prophet" or all(abs(float(row["yhat"]) - 18.2) < 1.5 for row in rows)


def csv_forecast(values: list[float], **variables: str) -> tuple[list[float], str]:
    """What MODEL=auto makes of daily values, and what the log says."""
    rows = [f"{date(2020, 1, 1) + timedelta(day)},{value!r}" for day, value in enumerate(values)]
    done = vane("run", "--once", "--config", ROOT / "config/forecast-csv.toml", stdin="\n".join(["ds,y", *rows]) + "\n",
                env=os.environ | {"HORIZON": "28d", "MODEL": "auto"} | variables)
    assert done.returncode == 0, done.stderr
    return [float(row["yhat"]) for row in csv.DictReader(io.StringIO(done.stdout))], done.stderr


@pytest.mark.parametrize("variables", [{}, {"SEASON": "7d"}])
def test_auto_finds_a_season_by_a_backtest_where_there_is_one_forecast(variables: dict[str, str]) -> None:
    dice = random.Random(1)
    found, log = csv_forecast([10 + math.sin(day * 2 * math.pi / 7) + dice.gauss(0, 0.3) for day in range(800)], **variables)
    errors = [abs(yhat - 10 - math.sin((800 + i) * 2 * math.pi / 7)) for i, yhat in enumerate(found[:28])]
    assert sum(errors) / len(errors) < 0.2, "no change errs by 0.7"
    assert re.search(r"y y: answered by (?!naive)\w+: .* % less error than naive .*; backtest over 20 origins", log), log


def test_auto_repeats_the_last_value_of_a_random_walk() -> None:
    dice, walked = random.Random(4), [100.0]
    for _ in range(800):
        walked.append(walked[-1] + dice.gauss(0, 1))
    found, log = csv_forecast(walked)
    assert found == pytest.approx([walked[-1]] * 28)
    assert "answered by naive: no candidate has proved better in 20 forecasts; backtest over 20 origins" in log


def test_forecast_csv_takes_times_and_rows_without_a_value() -> None:
    text = "ds,y\n" + "".join(f"2020-01-01 {hour:02}:00:00,{'' if hour == 5 else hour}\n" for hour in range(24))
    done = vane("run", "--once", "--config", ROOT / "config/forecast-csv.toml", stdin=text,
                env=os.environ | {"HORIZON": "2h", "STEP": "1h", "MODEL": "drift", "DS_FORMAT": "2006-01-02 15:04:05"})
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["2020-01-02 00:00:00", "2020-01-02 01:00:00"]
    assert [float(row.split(",")[1]) for row in rows] == pytest.approx([24, 25])


PRICES = """\
[[inputs.file_in]]
  files = ["stdin"]
  data_format = "csv"
  csv_header_row_count = 1
  csv_timestamp_column = "ds"
  csv_timestamp_format = "2006-01-02"
  name_override = "y"
[[processors.forecast]]
  fields = ["y"]
  model = "{model}"
  history = "0s"
  every = "0s"
  horizon = "3d"
  step = "1d"
  drop_original = true
  [[processors.forecast.prophet.regressors]]
    field = "price"
[[outputs.file_out]]
  files = ["stdout"]
"""


@pytest.mark.parametrize("model", ["auto", "prophet"])
def test_prices_known_ahead_are_known_to_the_backtest(model: str, tmp_path: Path) -> None:
    """y = 100 - 10 price + noise: who knows the price has next to nothing left to err by."""
    dice = random.Random(3)
    price = [dice.choice([0.0, 1.0, 2.0, 3.0]) for _ in range(200)] + [1.0, 2.0, 1.0]
    days = [str(date(2024, 1, 1) + timedelta(day)) for day in range(len(price))]
    rows = [f"{days[i]},{100 - 10 * price[i] + dice.gauss(0, 0.3) if i < 200 else ''},{price[i]}" for i in range(203)]
    (tmp_path / "vane.toml").write_text(PRICES.format(model=model))
    done = vane("run", "--once", "--config", tmp_path / "vane.toml", stdin="\n".join(["ds,y,price", *rows]) + "\n")
    assert done.returncode == 0, done.stderr
    steps = [fields_of(line) for line in done.stdout.splitlines() if line.startswith("y_forecast")]
    assert model != "auto" or " y: answered by prophet: 9" in done.stderr, done.stderr
    assert [float(step["yhat"]) for step in steps] == pytest.approx([90, 80, 90], abs=0.5)
    assert all(0.3 < float(step["yhat_upper"]) - float(step["yhat_lower"]) < 2 for step in steps)


@pytest.mark.parametrize("model, models", [("auto", 8), ("theta", 1)])
def test_a_report_of_scores_has_a_row_for_each_model_and_horizon(agent, model: str, models: int) -> None:
    lines = [point("a", second, 100 + second % 17) for second in range(1800)]
    found = forecast(agent, lines, model=model, history="1h", every="5m", horizon="5m")
    scores = [line for line in found if line.startswith("forecast_score")]
    assert len([line for line in scores if time_of(line) == time_of(scores[-1])]) == models * 16


def test_a_wrong_year_in_a_file_is_refused_by_history(agent) -> None:
    days = [point("a", day * 86400, 5 + day % 3) for day in range(100)]
    days.insert(50, point("a", 180 * 365 * 86400, 5))
    options = QUIET | {"every": "0s", "horizon": "2d", "step": "1d", "max_future": "1d"}
    right, wrong = START + 100 * 86400 * SECOND, START + (180 * 365 + 1) * 86400 * SECOND
    assert time_of(forecast(agent, days, name="all", **options, history="0s")[0]) == wrong
    assert time_of(forecast(agent, days, name="some", **options, history="120d")[0]) == right


DESIGN = """\
[agent]
  omit_hostname = true

[[inputs.kafka_in]]
  brokers = ["{brokers}"]
  topics = ["{topic}"]
  consumer_group = "vane"
  offset = "oldest"
  data_format = "csv"
  csv_column_names = ["coin", "timestamp", "value"]
  csv_tag_columns = ["coin"]
  csv_timestamp_column = "timestamp"
  csv_timestamp_format = "unix_ms"
  name_override = "mess"

[[processors.forecast]]
  from = ["kafka_in"]
  fields = ["value"]
  history = "1h"
  every = "5m"
  horizon = "5m"
  step = "1s"
  measurement = "predicted_m"

[[outputs.influx_out]]
  from = ["forecast"]
  urls = ["{influx}"]
  database = "binance"
"""


def test_prices_from_kafka_and_their_forecasts_in_influxdb(kafka: Kafka, topic: str, influx: InfluxDB, agent) -> None:
    """The flow of the design: the prices it was given, and the next five minutes of each."""
    dice, first = random.Random(2), 1_648_522_311_673
    price = {"BTCUSDT": 46920.37, "ETHUSDT": 3390.1}
    lines = []
    for second in range(900):
        for coin in price:
            price[coin] *= 1 + dice.gauss(0, 1e-4)
            lines.append(f"{coin},{first + 1000 * second},{price[coin]:.2f}")
    kafka.produce(topic, lines)
    influx.create_database("binance")
    running = agent(DESIGN.format(brokers=kafka.bootstrap, topic=topic, influx=influx.url))
    running.start()

    def rows(measurement: str, coin: str) -> list[dict]:
        return influx.query(f"SELECT * FROM {measurement} WHERE coin = '{coin}' ORDER BY time", "binance")

    for coin in price:
        eventually(lambda c=coin: len(rows("mess", c)) == 900, timeout=30)
        eventually(lambda c=coin: len(rows("predicted_m", c)) >= 600, timeout=30)
        found = rows("predicted_m", coin)
        assert len({row["time"] for row in found}) == len(found)
        assert all(row["yhat_lower"] <= row["yhat"] <= row["yhat_upper"] for row in found)
        assert all(abs(row["yhat"] / price[coin] - 1) < 0.05 for row in found)
        assert {row["field"] for row in found} == {"value"}
        assert rows("forecast_score", coin)
    assert running.stop() == 0
