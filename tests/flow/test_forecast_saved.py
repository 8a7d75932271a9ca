"""forecast's option model_file with models that Python's Prophet fitted, save_model read by it, and country_holidays."""

from __future__ import annotations

import csv
import io
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from prophet import Prophet
from prophet.serialize import model_from_json, model_to_json

from influx_flow import toml
from servers import vane
from test_prophet import daily, saturating, special, with_regressors

ROOT = Path(__file__).resolve().parents[2]

CONFIG = """\
[agent]
  omit_hostname = true
[[inputs.file_in]]
  files = ["stdin"]
  data_format = "csv"
  csv_header_row_count = 1
  csv_timestamp_column = "ds"
  csv_timestamp_format = "2006-01-02"
  csv_tag_columns = [{tags}]
  name_override = "sales"
[[processors.forecast]]
  fields = ["y"]
  model = "prophet"
  history = "0s"
  min_points = 2
  every = "0s"
  horizon = "30d"
  step = "1d"
  calibrate = false
  score_every = "0s"
  drop_original = true
  {more}
  [processors.forecast.prophet]
{options}
[[outputs.file_out]]
  files = ["stdout"]
  data_format = "csv"
  csv_header = true
  csv_columns = ["timestamp", "field.yhat", "field.yhat_lower", "field.yhat_upper"]
  csv_column_titles = ["ds", "yhat", "yhat_lower", "yhat_upper"]
  csv_timestamp_format = "2006-01-02"
"""


def run(folder: Path, frame: pd.DataFrame, tags: str = "", more: str = "", mode: str = "--once",
        **options: Any) -> subprocess.CompletedProcess[str]:
    lines = "\n".join(f"    {name} = {toml(value)}" for name, value in options.items())
    path = folder / "vane.toml"
    path.write_text(CONFIG.format(tags=tags, more=more, options=lines))
    text = frame.to_csv(index=False, date_format="%Y-%m-%d", float_format="%.17g")
    return vane("run", mode, "--config", path, stdin=text)


def rows_of(done: subprocess.CompletedProcess[str]) -> pd.DataFrame:
    assert done.returncode == 0, done.stderr
    rows = pd.DataFrame(list(csv.DictReader(io.StringIO(done.stdout))))
    return rows.assign(**{name: rows[name].astype(float) for name in rows.columns if name != "ds"})


def ahead(frame: pd.DataFrame, steps: int = 30) -> pd.DataFrame:
    future = pd.DataFrame({"ds": frame["ds"].iloc[-1] + pd.to_timedelta(np.arange(1, steps + 1), unit="D")})
    for name in frame.columns.difference(["ds", "y"]):
        future[name] = frame[name].iloc[:steps].to_numpy()
    return future


def given(frame: pd.DataFrame) -> pd.DataFrame:
    """The history, and what is known of the future: its rows have no y."""
    frame = frame.assign(**{name: frame[name].astype(int) for name in frame.columns if frame[name].dtype == bool})
    extra = frame.columns.difference(["ds", "y"])
    return pd.concat([frame, ahead(frame)]) if len(extra) else frame


def fitted(name: str) -> tuple[Prophet, pd.DataFrame, dict[str, Any]]:
    """A model of Python, its history, and the options that the format does not hold."""
    if name == "plain":
        return Prophet().fit(daily()), daily(), {}
    if name == "multiplicative":
        return Prophet(seasonality_mode="multiplicative", scaling="minmax").fit(daily()), daily(), {}
    if name == "holidays":
        return Prophet(holidays=special()).fit(daily()), daily(), {}
    if name == "country":
        model = Prophet()
        model.add_country_holidays("US")
        return model.fit(daily()), daily(), {}
    if name == "cap":
        frame = saturating().drop(columns="floor")
        return Prophet(growth="logistic").fit(frame), frame, {}
    if name == "cap as an option":
        frame = saturating().drop(columns="floor")
        return Prophet(growth="logistic").fit(frame), frame.drop(columns="cap"), {"cap": 10.0}
    model = Prophet()
    model.add_regressor("heat")
    model.add_regressor("open", standardize=False, mode="multiplicative")
    model.add_seasonality("summer_week", 7, 3, condition_name="summer")
    frame = with_regressors()
    return model.fit(frame), frame, {}


@pytest.mark.parametrize("name", ["plain", "multiplicative", "holidays", "country", "cap", "cap as an option",
                                  "regressors"])
def test_a_model_of_python_forecasts_as_it_does_there(tmp_path: Path, name: str) -> None:
    model, frame, options = fitted(name)
    file = tmp_path / "m.json"
    file.write_text(model_to_json(model))
    found = rows_of(run(tmp_path, given(frame), model_file=str(file), **options))
    future = ahead(frame)
    if "cap" in options:
        future["cap"] = options["cap"]
    theirs = model.predict(future)
    assert len(found) == 30
    np.testing.assert_allclose(found["yhat"], theirs["yhat"], rtol=1e-8)
    width = (theirs["yhat_upper"] - theirs["yhat_lower"]).mean()
    assert (found["yhat_upper"] - found["yhat_lower"]).mean() == pytest.approx(width, rel=0.1)


def test_one_point_is_enough_to_say_where_a_forecast_begins(tmp_path: Path) -> None:
    model, frame, _ = fitted("plain")
    file = tmp_path / "m.json"
    file.write_text(model_to_json(model))
    found = rows_of(run(tmp_path, frame.tail(1), more="", model_file=str(file)))
    np.testing.assert_allclose(found["yhat"], model.predict(ahead(frame))["yhat"], rtol=1e-8)


@pytest.mark.parametrize("text, wrong", [
    (None, "prophet.model_file: open "), ("{}", "prophet.model_file: "), ("[1", "not a JSON object")])
def test_a_file_that_is_no_model_is_told_at_check(tmp_path: Path, text: str | None, wrong: str) -> None:
    file = tmp_path / "m.json"
    if text is not None:
        file.write_text(text)
    done = run(tmp_path, daily(10), model_file=str(file))
    assert done.returncode == 2 and wrong in done.stderr, done.stderr


def test_nothing_is_fitted_so_nothing_is_saved(tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text(model_to_json(fitted("plain")[0]))
    done = run(tmp_path, daily(10), model_file=str(file), save_model="x.json")
    assert "prophet.save_model: nothing is fitted with model_file" in done.stderr


REGRESSORS = {"regressors": [{"field": "heat"}, {"field": "open", "standardize": "never", "mode": "multiplicative"}],
              "seasonalities": [{"name": "summer_week", "period": "7d", "fourier_order": 3, "condition": "summer"}]}


@pytest.mark.parametrize("frame, options", [
    (daily(), {}), (daily(), {"scaling": "minmax", "seasonality_mode": "multiplicative"}),
    (daily(), {"country_holidays": "US"}), (saturating(), {"growth": "logistic", "cap_field": "cap",
                                                           "floor_field": "floor"}),
    (with_regressors(), REGRESSORS)], ids=["plain", "multiplicative", "country", "logistic", "regressors"])
def test_a_fitted_model_is_read_by_python(tmp_path: Path, frame: pd.DataFrame, options: dict[str, Any]) -> None:
    found = rows_of(run(tmp_path, given(frame), save_model=str(tmp_path / "models/{series}.json"), **options))
    files = list((tmp_path / "models").iterdir())
    assert [file.name for file in files] == ["sales.y.json"]
    theirs = model_from_json(files[0].read_text()).predict(ahead(frame))
    np.testing.assert_allclose(found["yhat"], theirs["yhat"], rtol=1e-8)


def test_each_series_has_a_file_of_its_own(tmp_path: Path) -> None:
    frame = pd.concat([daily(100).assign(shop="a/b"), daily(100, seed=2).assign(shop="c d")]).sort_values("ds")
    found = rows_of(run(tmp_path, frame, tags='"shop"', save_model=str(tmp_path / "{series}.json")))
    assert len(found) == 60
    names = sorted(file.name for file in tmp_path.glob("*.json"))
    assert names == ["sales,shop=a%2Fb.y.json", "sales,shop=c%20d.y.json"]
    for name in names:
        model_from_json((tmp_path / name).read_text())


def test_one_file_is_of_one_series(tmp_path: Path) -> None:
    frame = pd.concat([daily(50).assign(shop="a"), daily(50).assign(shop="b")])
    done = run(tmp_path, frame, tags='"shop"', save_model=str(tmp_path / "m.json"))
    assert done.returncode == 0 and "save_model has no {series}" in done.stderr
    assert not (tmp_path / "m.json").exists()


def test_a_test_run_writes_no_model(tmp_path: Path) -> None:
    assert run(tmp_path, daily(50), mode="--test", save_model=str(tmp_path / "m.json")).returncode == 0
    assert not (tmp_path / "m.json").exists()


def test_a_model_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path, daily(50), save_model=str(tmp_path / "file/m.json"))
    assert len(rows_of(done)) == 30
    assert "models_not_saved: open" in done.stderr


# ---- Holidays of a country ----

@pytest.mark.parametrize("country", ["US", "DE", "BR", "CA", "ES", "JP"])
def test_country_holidays_are_those_of_prophet(tmp_path: Path, country: str) -> None:
    frame = daily(1200)
    christmas = frame["ds"].dt.strftime("%m-%d").isin(["12-25", "01-01"])
    frame.loc[christmas, "y"] += 8
    model = Prophet()
    model.add_country_holidays(country)
    model.fit(frame)
    ours = rows_of(run(tmp_path, frame, country_holidays=country, save_model=str(tmp_path / "m.json")))
    again = model_from_json((tmp_path / "m.json").read_text())
    assert set(again.train_holiday_names) == set(model.train_holiday_names)
    theirs = model.predict(ahead(frame))["yhat"]
    assert np.abs(ours["yhat"] - theirs).max() < 0.015 * frame["y"].std()


def test_an_unknown_country_is_told_with_those_there_are(tmp_path: Path) -> None:
    done = run(tmp_path, daily(10), country_holidays="XX")
    assert done.returncode == 2
    assert 'there are no holidays of "XX"; there are' in done.stderr and " US" in done.stderr


def test_a_country_and_a_file_are_one_too_many(tmp_path: Path) -> None:
    done = run(tmp_path, daily(10), country_holidays="US", holidays_file="x.csv")
    assert "prophet.country_holidays: holidays_file is set as well" in done.stderr


def test_holidays_are_found_where_they_are_installed(tmp_path: Path) -> None:
    build = Path(os.environ.get("VANE_BUILD", ROOT / "build")).resolve()
    destination = tmp_path / "root"
    done = subprocess.run(["make", "-s", "install", f"DESTDIR={destination}", "PREFIX=/usr", f"BUILD={build}"],
                          cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    config = tmp_path / "vane.toml"
    config.write_text(CONFIG.format(tags="", more="", options='    country_holidays = "FR"'))
    installed = destination / "usr/bin/vane"
    done = subprocess.run([installed, "check", "--config", config], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (destination / "usr/share/vane/config/holidays/FR.csv").unlink()
    done = subprocess.run([installed, "check", "--config", config], capture_output=True, text=True)
    assert done.returncode == 2 and 'there are no holidays of "FR"; there are' in done.stderr
