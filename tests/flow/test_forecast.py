"""forecast in the flow: what comes out of which points, and its guards."""

import math
import random
import re

import pytest

from forecast_kit import (FROM_BEGINNING, QUIET, SECOND, START, by_series, config, fields_of, forecast,
                          output_of, point, recording, time_of)
from servers import eventually


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
