"""The window plugin and pandas `resample` tell the same of the same rows, late and disordered ones included."""

import math
import random
from collections.abc import Callable

import pandas as pd

from file_kit import MakeAgent
from test_window import config, once, results, write
from window_model import SECOND, START, Point, Rules, recording

DAY = 86400 * SECOND

AGGREGATES: dict[str, Callable[[pd.core.resample.Resampler], pd.Series]] = {
    "count": lambda r: r.count(),
    "sum": lambda r: r.sum(),
    "mean": lambda r: r.mean(),
    "min": lambda r: r.min(),
    "max": lambda r: r.max(),
    "first": lambda r: r.first(),
    "last": lambda r: r.last(),
    "s2": lambda r: r.var(),
    "stdev": lambda r: r.std(),
    "median": lambda r: r.median(),
    "025": lambda r: r.quantile(0.25),
    "0999": lambda r: r.quantile(0.999),
    "distinct": lambda r: r.nunique(),
    "mode": lambda r: r.agg(lambda values: values.mode().iloc[0] if len(values) else math.nan),
    "open": lambda r: r.ohlc()["open"],
    "high": lambda r: r.ohlc()["high"],
    "low": lambda r: r.ohlc()["low"],
    "close": lambda r: r.ohlc()["close"],
}
ASKED = [name for name in AGGREGATES if name not in ("025", "0999", "open", "high", "low", "close")] + ["quantile", "ohlc"]


def values_of(points: list[Point], series: str, zone: str = "UTC") -> pd.Series:
    own = sorted((p for p in points if p.series == series), key=lambda p: p.time)
    times = pd.to_datetime([p.time for p in own], utc=True).tz_convert(zone)
    return pd.Series([p.value for p in own], index=times)


def told_by_pandas(values: pd.Series, every: str, **how: object) -> list[tuple[int, dict[str, float]]]:
    windows = values.resample(every, **how)
    columns = pd.DataFrame({name: aggregate(windows) for name, aggregate in AGGREGATES.items()})
    columns = columns[columns["count"] > 0]
    return [(time.value, {name: value for name, value in row.items() if not math.isnan(value)})
            for time, row in columns.iterrows()]


def assert_alike(found: list[tuple[int, dict[str, float]]], expected: list[tuple[int, dict[str, float]]]) -> None:
    assert [time for time, _ in found] == [time for time, _ in expected]
    for (time, ours), (_, theirs) in zip(found, expected):
        assert ours.keys() == theirs.keys()
        for name, value in theirs.items():
            assert math.isclose(ours[name], value, rel_tol=1e-9, abs_tol=1e-9), (time, name, ours[name], value)


def run(agent: MakeAgent, points: list[Point], rules: Rules, more: str = "") -> dict[str, list]:
    running = agent(config(rules, more, aggregates=ASKED))
    write(running, points)
    once(running)
    return results(running)


def test_tumbling_windows_are_those_of_resample(agent: MakeAgent):
    points = recording(random.Random(1), series=3, points=2000, disorder=9)
    found = run(agent, points, Rules(every=10 * SECOND, delay=10 * SECOND))
    for series in {p.series for p in points}:
        assert_alike(found[series], told_by_pandas(values_of(points, series), "10s"))


def test_late_points_are_left_out(agent: MakeAgent):
    points = recording(random.Random(2), series=3, points=2000, disorder=9)
    newest: dict[str, int] = {}
    kept = []
    for point in points:    # a window is closed when the series' newest time has reached its end
        if point.time // (5 * SECOND) * 5 * SECOND + 5 * SECOND > newest.get(point.series, 0):
            kept.append(point)
        newest[point.series] = max(newest.get(point.series, 0), point.time)
    assert len(kept) < len(points)
    found = run(agent, points, Rules(every=5 * SECOND))
    for series in {p.series for p in points}:
        assert_alike(found[series], told_by_pandas(values_of(kept, series), "5s"))


def test_days_and_weeks_of_a_time_zone_are_those_of_pandas(agent: MakeAgent):
    dice = random.Random(3)
    points = [Point("host=a", START + hour * 3600 * SECOND, round(dice.gauss(0, 9), 2)) for hour in range(24 * 500)]
    for every, theirs in ((DAY, "D"), (7 * DAY, "W-MON")):
        found = run(lambda text, name=theirs: agent(text, name=name), points, Rules(every=every), 'timezone = "Europe/Berlin"')
        how = {"closed": "left", "label": "left"} if every > DAY else {}
        assert_alike(found["host=a"], told_by_pandas(values_of(points, "host=a", "Europe/Berlin"), theirs, **how))
