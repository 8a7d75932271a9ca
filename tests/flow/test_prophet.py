"""forecast's Prophet against the real one (PyPI `prophet`), on series made here, and its JSON both ways."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from prophet import Prophet
from prophet.serialize import model_from_json, model_to_json

from prophet_kit import DATA, fit_c, holiday_rows, log_posterior

SERIALIZED = {"v0.6.1.dev0": 29.3669923968994, "v0.7.1": 29.282810844704414, "v1.0.1": 29.282810844704414}


def daily(days: int = 900, seed: int = 1) -> pd.DataFrame:
    """A series with two bends, a week, a year and noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(days)
    y = 20 + 0.02 * t + 0.03 * np.maximum(0, t - 300) - 0.06 * np.maximum(0, t - 600)
    y += 2 * np.sin(2 * np.pi * t / 7) + 3 * np.cos(2 * np.pi * t / 365.25) + rng.normal(0, 0.8, days)
    return pd.DataFrame({"ds": pd.date_range("2019-01-01", periods=days), "y": y})


def saturating(days: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    t = np.arange(days)
    y = 8 / (1 + np.exp(-(t - 200) / 60)) + 0.3 * np.sin(2 * np.pi * t / 7) + rng.normal(0, 0.2, days) + 1
    return pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=days), "y": y, "cap": 10.0, "floor": 0.5})


def multiplied(days: int = 900) -> pd.DataFrame:
    frame = daily(days)
    t = np.arange(days)
    trend = 20 + 0.04 * t
    week = 1 + 0.1 * np.sin(2 * np.pi * t / 7) + 0.2 * np.cos(2 * np.pi * t / 365.25)
    return frame.assign(y=trend * week + np.random.default_rng(3).normal(0, 1, days))


def ahead(frame: pd.DataFrame, steps: int = 60) -> pd.DataFrame:
    future = pd.DataFrame({"ds": frame["ds"].iloc[-1] + pd.to_timedelta(np.arange(1, steps + 1), unit="D")})
    for name in frame.columns.difference(["ds", "y"]):
        future[name] = frame[name].iloc[:steps].to_numpy()
    return future


def special() -> pd.DataFrame:
    return pd.DataFrame({"holiday": ["sale", "sale", "fair"],
                         "ds": pd.to_datetime(["2019-03-04", "2020-03-02", "2019-08-15"]),
                         "lower_window": [-1, -1, 0], "upper_window": [1, 1, 2]})


def with_regressors() -> pd.DataFrame:
    frame, rng = daily(), np.random.default_rng(9)
    frame["heat"] = rng.normal(10, 4, len(frame))
    frame["open"] = (rng.uniform(size=len(frame)) < 0.5).astype(float)
    frame["summer"] = frame["ds"].dt.month.isin([6, 7, 8])
    return frame.assign(y=frame["y"] + 0.3 * frame["heat"] + 2 * frame["open"])


def regressed(model: Prophet) -> Prophet:
    model.add_regressor("heat").add_regressor("open", mode="multiplicative")
    return model.add_seasonality("warm_week", 7, 2, condition_name="summer")


REGRESSED = {"columns": ["heat", "open", "summer"],
             "regressors": [{"name": "heat"}, {"name": "open", "mode": "multiplicative"}],
             "seasonalities": [{"name": "warm_week", "period": 7, "fourier_order": 2, "condition_name": "summer"}]}

CASES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "linear": (daily, Prophet, {}),
    "minmax": (daily, lambda: Prophet(scaling="minmax"), {"scaling": "minmax"}),
    "flat": (daily, lambda: Prophet(growth="flat"), {"growth": "flat"}),
    "no changepoints": (daily, lambda: Prophet(n_changepoints=0), {"n_changepoints": 0}),
    "multiplicative": (multiplied, lambda: Prophet(seasonality_mode="multiplicative"),
                       {"seasonality_mode": "multiplicative"}),
    "logistic": (saturating, lambda: Prophet(growth="logistic"), {"growth": "logistic", "columns": ["cap", "floor"]}),
    "logistic multiplicative": (saturating, lambda: Prophet(growth="logistic", seasonality_mode="multiplicative"),
                                {"growth": "logistic", "columns": ["cap", "floor"],
                                 "seasonality_mode": "multiplicative"}),
    "holidays": (daily, lambda: Prophet(holidays=special()), {"holidays": holiday_rows(special())}),
    "regressors": (with_regressors, lambda: regressed(Prophet()), REGRESSED),
}


@pytest.mark.parametrize("name", CASES)
def test_fit_is_at_least_prophets(name: str) -> None:
    make, new, settings = CASES[name]
    frame = make()
    future = ahead(frame)
    theirs = new().fit(frame.copy())
    ours = fit_c(frame, future, **settings)
    reached = log_posterior(theirs)
    assert ours["log_posterior"] >= reached - 1e-6 * abs(reached)
    assert ours["log_posterior"] == pytest.approx(ours["log_posterior_rows"], rel=1e-9)
    difference = np.array(ours["history"]["yhat"]) - theirs.predict(frame)["yhat"].to_numpy()
    assert np.sqrt(np.mean(difference**2)) < 0.015 * frame["y"].std()


@pytest.mark.parametrize("name", CASES)
def test_prophet_reads_our_model_and_predicts_the_same(name: str) -> None:
    make, _, settings = CASES[name]
    frame = make()
    future = ahead(frame)
    ours = fit_c(frame, future, write=True, **settings)
    model = model_from_json(ours["model"])
    theirs = model.predict(future)
    np.testing.assert_allclose(ours["future"]["yhat"], theirs["yhat"], rtol=1e-9)
    np.testing.assert_allclose(ours["future"]["trend"], theirs["trend"], rtol=1e-9)
    for component, values in ours["future"]["components"].items():
        np.testing.assert_allclose(values, theirs[component], rtol=1e-8, atol=1e-9, err_msg=component)
    assert ours["log_posterior"] == pytest.approx(log_posterior(model), rel=1e-8)


@pytest.mark.parametrize("name", CASES)
def test_we_read_prophets_model_and_predict_the_same(name: str) -> None:
    make, new, settings = CASES[name]
    frame = make()
    future = ahead(frame)
    model = new().fit(frame.copy())
    theirs = model.predict(future)
    ours = fit_c(frame, future, model=model_to_json(model), **{k: v for k, v in settings.items() if k == "columns"})
    np.testing.assert_allclose(ours["future"]["yhat"], theirs["yhat"], rtol=1e-10)
    assert ours["log_posterior_rows"] == pytest.approx(log_posterior(model), rel=1e-9)


def sample_trends(model: Prophet, frame: pd.DataFrame, draws: int, places: list[int]) -> np.ndarray:
    """In pieces, as Prophet needs a hundred times as much memory for a logistic trend. That centres its draws at
    their mean: of 20,000 it is as good as 0 off."""
    piece = min(draws, 20_000)
    model.uncertainty_samples = piece
    return np.concatenate([model.sample_predictive_trend_vectorized(frame, piece, 0)[:, places]
                           for _ in range(draws // piece)])


def check_trend(draws: np.ndarray, bound: float, level: float, tolerance: float, logistic: bool) -> None:
    """A trend that has not bent yet has an atom. Prophet moves that of a logistic one by the mean of its draws, so there
    the bounds are compared, by the width between the outermost: ours take its bends for small ones."""
    below, at = np.mean(draws < bound - 1e-9), np.mean(draws <= bound + 1e-9)
    if logistic:
        low, theirs, high = np.quantile(draws, [0.025, level, 0.975])
        assert abs(bound - theirs) <= 0.08 * (high - low) + 1e-9, ("trend", level)
    else:
        assert below - tolerance <= level <= at + tolerance, ("trend", level)


@pytest.mark.parametrize("name, draws", [
    ("linear", 200_000), ("multiplicative", 200_000), ("flat", 200_000), ("logistic", 20_000),
    pytest.param("logistic", 200_000, marks=pytest.mark.full)])
def test_quantiles_hold_the_draws_of_prophet(name: str, draws: int) -> None:
    """Those of values, and those of the trend alone."""
    make, _, settings = CASES[name]
    frame = make()
    future = ahead(frame, 80)
    levels = [0.025, 0.1, 0.25, 0.75, 0.9, 0.975]
    ours = fit_c(frame, future, write=True, levels=levels, **settings)
    model = model_from_json(ours["model"])
    np.random.seed(1)
    places = [0, 5, 30, 79]
    frame_ahead = model.setup_dataframe(future.copy())
    trends = sample_trends(model, frame_ahead, draws, places)
    features, _, columns, _ = model.make_all_seasonality_features(frame_ahead)
    x, beta = features.to_numpy(float)[places], model.params["beta"][0]
    factor = 1 + x @ (beta * columns["multiplicative_terms"].to_numpy())
    additive = x @ (beta * columns["additive_terms"].to_numpy()) * model.y_scale
    noise = np.random.normal(0, float(model.params["sigma_obs"][0, 0]), trends.shape) * model.y_scale
    y = trends * factor + additive + noise
    tolerance = 5 * 0.5 / np.sqrt(draws) + (0.01 if name == "logistic" else 0)
    for row, level in enumerate(levels):
        for column, place in enumerate(places):
            below = np.mean(y[:, column] <= ours["future"]["quantiles"][row][place])
            assert below == pytest.approx(level, abs=tolerance), (level, place)
            check_trend(trends[:, column], ours["future"]["trend_quantiles"][row][place], level, tolerance,
                        name == "logistic")


@pytest.mark.parametrize("version", SERIALIZED)
def test_models_of_old_versions_predict_to_1e_10(version: str) -> None:
    text = json.loads((DATA / f"tests_serialized_model_{version}.json").read_text())
    future = pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=30)})
    for stored in (text, json.dumps(text)):
        ours = fit_c(future.iloc[:0], future, model=stored)
        assert ours["future"]["yhat"][-1] == pytest.approx(SERIALIZED[version], abs=1e-10)


def test_same_input_same_bits_and_a_warm_fit_the_same_to_1e_9() -> None:
    frame = daily()
    cold = [fit_c(frame, ahead(frame)) for _ in range(2)]
    assert cold[0]["future"] == cold[1]["future"]
    warm = fit_c(frame, ahead(frame), repeat=1)
    np.testing.assert_allclose(warm["future"]["yhat"], cold[0]["future"]["yhat"], rtol=1e-9)
