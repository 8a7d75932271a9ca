"""The models of forecast against statsmodels, and all of them against real prices from many origins."""

import bisect
import csv
import datetime
import gzip
import io
import math
import os
import subprocess
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas
import pytest
from statsmodels.regression.linear_model import burg
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.holtwinters import ExponentialSmoothing, SimpleExpSmoothing

TOP = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("VANE_BUILD", TOP / "build")).resolve() / "tests/forecast_run"
MARKET = TOP / "tests/data/market"
SECOND = 10**9
Z90 = 1.2815515655446004
STEPS = 24


def forecast(model: str, values: np.ndarray, *settings: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the next STEPS values."""
    rows = "".join(f"{i * SECOND},{value:.17g}\n" for i, value in enumerate(values))
    words = [word for setting in settings for word in ("--set", setting)]
    text = subprocess.run([PROGRAM, model, "--step", str(SECOND), "--count", str(STEPS), *words],
                          input=rows, capture_output=True, text=True, check=True).stdout
    table = np.array([[float(cell) for cell in row] for row in csv.reader(text.splitlines())])
    return table[:, 1], (table[:, 3] - table[:, 2]) / (2 * Z90)


@pytest.fixture(scope="module")
def series() -> np.ndarray:
    """A level that wanders, with a trend and a season of 12."""
    random = np.random.default_rng(5)
    at = np.arange(240)
    return 200 + np.cumsum(random.normal(0.05, 1, 240)) + 6 * np.sin(at * np.pi / 6) + random.normal(0, 1, 240)


# ---- Against statsmodels ----

def test_ses_finds_the_alpha_of_statsmodels(series: np.ndarray) -> None:
    smooth = np.cumsum(np.random.default_rng(1).normal(0, 0.3, 300)) + np.random.default_rng(2).normal(0, 1, 300)
    fitted = SimpleExpSmoothing(smooth, initialization_method="known", initial_level=smooth[0]).fit()
    mean, deviation = forecast("ses", smooth)
    np.testing.assert_allclose(mean, fitted.forecast(STEPS), atol=2e-4)
    alpha = fitted.params["smoothing_level"]
    variance = fitted.sse / (len(smooth) - 1) * (1 + np.arange(STEPS) * alpha**2)
    np.testing.assert_allclose(deviation, np.sqrt(variance), rtol=1e-3)


def test_holt_is_as_good_as_statsmodels(series: np.ndarray) -> None:
    trend = (series[9] - series[0]) / 9
    known = {"initialization_method": "known", "initial_level": series[0] - trend, "initial_trend": trend}
    mean, _ = forecast("holt", series, "alpha=0.6", "beta=0.2", "phi=0.9")
    fixed = ExponentialSmoothing(series, trend="add", damped_trend=True, **known).fit(
        smoothing_level=0.6, smoothing_trend=0.2, damping_trend=0.9, optimized=False)
    np.testing.assert_allclose(mean, fixed.forecast(STEPS), rtol=1e-10)
    best = ExponentialSmoothing(series, trend="add", damped_trend=True, **known,
                                bounds={"damping_trend": (0.8, 0.98)}).fit()
    _, deviation = forecast("holt", series)
    assert deviation[0] ** 2 * len(series) <= best.sse * 1.001


def start_of(series: np.ndarray, season: int) -> dict[str, object]:
    level = series[:season].mean()
    return {"initialization_method": "known", "initial_level": level,
            "initial_trend": (series[season:2 * season].mean() - level) / season,
            "initial_seasonal": series[:season] - level}


def test_holt_winters_with_given_parameters_is_that_of_statsmodels(series: np.ndarray) -> None:
    mean, _ = forecast("holt_winters", series, "season=12", "alpha=0.4", "beta=0.1", "gamma=0.3")
    fixed = ExponentialSmoothing(series, trend="add", seasonal="add", seasonal_periods=12,
                                 **start_of(series, 12)).fit(
        smoothing_level=0.4, smoothing_trend=0.1, smoothing_seasonal=0.3, optimized=False)
    # statsmodels leaves what the last value says of its own place in the season out of its forecast.
    others = np.arange(1, STEPS + 1) % 12 != 0
    np.testing.assert_allclose(mean[others], fixed.forecast(STEPS)[others], rtol=1e-10)


def test_holt_winters_estimates_as_well_as_statsmodels(series: np.ndarray) -> None:
    _, deviation = forecast("holt_winters", series, "season=12")
    best = ExponentialSmoothing(series, trend="add", seasonal="add", seasonal_periods=12,
                                **start_of(series, 12)).fit()
    assert deviation[0] ** 2 * len(series) <= best.sse * 1.005


@pytest.mark.parametrize("model, settings", [
    ("ses", {}), ("holt", {"trend": "add", "damped_trend": True}),
    ("holt_winters", {"trend": "add", "seasonal": "add", "seasonal_periods": 12})])
def test_intervals_widen_as_those_of_state_space_models(series: np.ndarray, model: str,
                                                        settings: dict[str, object]) -> None:
    given = {"smoothing_level": 0.4, "smoothing_trend": 0.04, "smoothing_seasonal": 0.3, "damping_trend": 0.9}
    words = ["alpha=0.4", "beta=0.1", "gamma=0.3", "season=12"] + (["phi=0.9"] if model == "holt" else [])
    ets = ETSModel(pandas.Series(series), error="add", **settings)
    names = [name for name in ets.param_names if name in given]
    with ets.fix_params({name: given[name] for name in names}):
        fitted = ets.fit(disp=False)
    theirs = fitted.get_prediction(start=len(series), end=len(series) + STEPS - 1).forecast_variance
    _, deviation = forecast(model, series, *words)
    np.testing.assert_allclose(deviation**2 / deviation[0]**2, np.asarray(theirs) / np.asarray(theirs)[0], rtol=1e-6)


@pytest.mark.parametrize("order", [1, 3, 8])
def test_ar_is_an_arima_with_burgs_weights(series: np.ndarray, order: int) -> None:
    mean, deviation = forecast("ar", series, f"order={order}")
    weights, _ = burg(np.diff(series), order=order, demean=False)
    model = ARIMA(series, order=(order, 1, 0), trend="n", enforce_stationarity=False)
    theirs = model.smooth(np.append(weights, 1.0)).get_forecast(STEPS)
    np.testing.assert_allclose(mean, theirs.predicted_mean, rtol=1e-8)
    growth = np.sqrt(theirs.var_pred_mean / theirs.var_pred_mean[0])
    np.testing.assert_allclose(deviation / deviation[0], growth, rtol=1e-6)


def test_theta_is_that_of_statsmodels(series: np.ndarray) -> None:
    from statsmodels.tsa.forecasting.theta import ThetaModel
    fitted = ThetaModel(series, period=1, deseasonalize=False).fit()
    mean, _ = forecast("theta", series, f"alpha={fitted.params['alpha']:.17g}")
    np.testing.assert_allclose(mean, fitted.forecast(STEPS, theta=2), rtol=2e-3)


# ---- On real prices, from many origins ----

@dataclass
class Bars:
    """One market, and how it is forecast: all in steps."""

    name: str
    step: int       # seconds
    count: int
    history: int
    every: int
    excerpt: str    # in tests/data/market
    source: str     # in VANE_MARKET_DATA
    day: str = ""   # of a zip


BARS = [
    Bars("perp 1 min", 60, 5, 280, 5, "btc_perp_1m", "btc_perp_1m_first_half.csv.gz"),
    Bars("BTCBUSD 1 min", 60, 5, 280, 1, "binance_btcbusd_1m",
         "binance_btcbusd_minute_20221213_trade.zip", "2022-12-13"),
    Bars("BTCUSD perp 1 min", 60, 5, 280, 1, "binance_btcusd_perp_1m",
         "binance_btcusd_perp_minute_20221213_trade.zip", "2022-12-13"),
    Bars("Coinbase 1 s", 1, 300, 3600, 60, "coinbase_btcusd_1s",
         "coinbase_btcusd_second_20161007_trade.zip", "2016-10-07"),
]


def nanoseconds(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc).timestamp()) * SECOND


def rows_of(bars: Bars) -> str:
    """`time,close` a line: the whole source where there is one, else the excerpt."""
    folder = os.environ.get("VANE_MARKET_DATA")
    if not folder:
        return gzip.decompress((MARKET / f"{bars.excerpt}.csv.gz").read_bytes()).decode()
    data = (Path(folder) / bars.source).read_bytes()
    if bars.day:
        archive = zipfile.ZipFile(io.BytesIO(data))
        cells = [line.split(",") for line in archive.read(archive.namelist()[0]).decode().splitlines()]
        return "".join(f"{nanoseconds(bars.day) + int(c[0]) * 10**6},{c[4]}\n" for c in cells)
    cells = [line.split(",") for line in gzip.decompress(data).decode().splitlines()[1:]]
    return "".join(f"{nanoseconds(c[0])},{c[4]}\n" for c in cells)


def rolling(bars: Bars, *words: str) -> dict[str, list[dict[str, float]]]:
    """Scores by model, a row a horizon."""
    text = subprocess.run([PROGRAM, "--rolling", "--step", str(bars.step * SECOND), "--count", str(bars.count),
                           "--history", str(bars.history), "--every", str(bars.every), *words],
                          input=rows_of(bars), capture_output=True, text=True, check=True).stdout
    scores: dict[str, list[dict[str, float]]] = {}
    for row in csv.DictReader(text.splitlines()):
        scores.setdefault(row.pop("model"), []).append({key: float(value) for key, value in row.items()})
    return scores


def pooled(rows: list[dict[str, float]], key: str) -> float:
    """The mean over all horizons of all forecasts."""
    return sum(row[key] * row["scored"] for row in rows) / sum(row["scored"] for row in rows)


def origins_of(bars: Bars, times: list[int]) -> list[int]:
    """Where forecast_run makes its forecasts: which rows."""
    rows, step = [], bars.step * SECOND
    due = times[0] + bars.history * step
    for row, time in enumerate(times):
        if time >= due:
            rows.append(row)
            due += ((time - due) // (bars.every * step) + 1) * bars.every * step
    return rows


def unchanged(bars: Bars) -> dict[int, float]:
    """How often the price is the same so many steps after an origin: no interval around it covers less."""
    cells = [line.split(",") for line in rows_of(bars).splitlines()]
    times, prices = [int(cell[0]) for cell in cells], [float(cell[1]) for cell in cells]
    shares = {}
    for steps in range(1, bars.count + 1):
        ahead = steps * bars.step * SECOND
        later = [prices[row] == prices[bisect.bisect_right(times, times[row] + ahead) - 1]
                 for row in origins_of(bars, times) if times[row] + ahead <= times[-1]]
        shares[steps] = sum(later) / len(later)
    return shares


@pytest.fixture(scope="module", params=BARS, ids=lambda bars: bars.name)
def judged(request: pytest.FixtureRequest) -> tuple[Bars, dict[str, list[dict[str, float]]]]:
    return request.param, rolling(request.param)


def test_auto_does_not_lose_to_naive(judged: tuple[Bars, dict[str, list[dict[str, float]]]]) -> None:
    _, scores = judged
    assert max(row["ratio"] for row in scores["auto"]) <= 1.01


def test_calibrated_intervals_cover(judged: tuple[Bars, dict[str, list[dict[str, float]]]]) -> None:
    bars, scores = judged
    same = unchanged(bars)
    free = {steps for steps, share in same.items() if share < 0.75}
    for model, rows in scores.items():
        rows = [row for row in rows if row["horizon"] in free]
        assert 0.78 <= pooled(rows, "coverage") <= 0.82, model
    for row in scores["auto"]:
        least_possible = same[int(row["horizon"])]  # of an interval that holds the last price
        assert 0.77 <= row["coverage"] <= max(0.83, least_possible + 0.03), row["horizon"]


def test_calibration_mends_prophets_intervals(judged: tuple[Bars, dict[str, list[dict[str, float]]]]) -> None:
    bars, scores = judged
    own = rolling(bars, "--own", "--models", "naive,prophet")["prophet"]
    assert pooled(own, "coverage") < 0.65
    assert pooled(scores["prophet"], "winkler") < 0.95 * pooled(own, "winkler")


def test_prophet_is_the_better_for_an_anchor(judged: tuple[Bars, dict[str, list[dict[str, float]]]]) -> None:
    bars, scores = judged
    anchored = rolling(bars, "--set", "anchor=ar1", "--models", "naive,prophet")["prophet"]
    assert pooled(anchored, "mae") < 0.75 * pooled(scores["prophet"], "mae")


def test_a_single_forecast_by_a_backtest_does_not_lose_to_naive(judged: tuple[Bars, dict]) -> None:
    """As with --once: each origin on its own, chosen by what 20 forecasts within its history say."""
    bars, _ = judged
    rare = replace(bars, every=bars.every * 12)
    rows = rolling(rare, "--single", "20", "--models", "naive,drift,ses,holt,theta,ar")["single"]
    assert pooled(rows, "ratio") <= 1.01


def test_auto_takes_the_better_model_where_there_is_one() -> None:
    """A wave that holt_winters knows: auto finds it, and beats naive clearly."""
    random = np.random.default_rng(3)
    at = np.arange(2000)
    values = 100 + 10 * np.sin(at * 2 * math.pi / 24) + random.normal(0, 1, 2000)
    rows = "".join(f"{i * SECOND},{value:.10g}\n" for i, value in zip(at, values))
    text = subprocess.run([PROGRAM, "--rolling", "--step", str(SECOND), "--count", "12", "--history", "240",
                           "--every", "4", "--set", "season=24", "--models", "naive,ses,holt_winters,ar"],
                          input=rows, capture_output=True, text=True, check=True).stdout
    auto = [row for row in csv.DictReader(text.splitlines()) if row["model"] == "auto"]
    assert float(auto[-1]["ratio"]) < 0.4
