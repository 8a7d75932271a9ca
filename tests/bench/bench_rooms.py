"""Rooms alone, on one core: what the programs in this folder print."""

import json
import subprocess
import sys
from collections.abc import Iterator

from bench import ROUNDS, Bench, Row, number_in, printed, row
from measure import TOP, median_of

MILLIONS = r"\D*([\d.]+) million metrics/s"


def bench_formats(_: Bench) -> Iterator[Row]:
    text = printed("format_bench")
    for way in ("decode", "encode"):
        yield row(f"line protocol, {way}, one core", number_in(text, f"line protocol {way}{MILLIONS}"), "M metrics/s", least=3)


def bench_host(_: Bench) -> Iterator[Row]:
    rate = median_of(ROUNDS, lambda: number_in(printed("host_bench"), MILLIONS))
    yield row("host: input, two processors that read, output, one core", rate, "M metrics/s", least=10)


def bench_window(_: Bench) -> Iterator[Row]:
    text = printed("window_bench")
    yield row("window: mean, min, max, count of 1,000 series, one core", number_in(text, r": ([\d.]+) million"), "M metrics/s",
              least=5)
    yield row("  a million open windows", number_in(text, r"open series: (\d+) MB"), "MB", most=1000)
    yield row("  50,000 of them saved between two marks", number_in(text, r"\(([\d.]+) % of the time"), "% of the time", most=5)
    yield row("  two million series where one million may be kept", number_in(text, r"may be kept: (\d+) MB"), "MB", most=1000)


def bench_lua(_: Bench) -> Iterator[Row]:
    text = printed("lua_bench")
    yield row("lua: a four-line apply, one core", number_in(text, r"lua apply +([\d.]+) million"), "M metrics/s", least=1.5)
    yield row("  apply_batch", number_in(text, r"lua apply_batch +([\d.]+) million"), "M metrics/s", least=3)


PROPHET = """
import sys, time, logging
logging.getLogger("cmdstanpy").disabled = True
import pandas
from prophet import Prophet
frame = pandas.read_csv(sys.argv[1], names=["ds", "y"])
frame["ds"] = pandas.to_datetime(frame["ds"].cumsum(), unit="s")    # seconds since the row before
began = time.perf_counter()
model = Prophet(daily_seasonality=True, weekly_seasonality=True, yearly_seasonality=True)
model.fit(frame)
model.predict(model.make_future_dataframe(periods=299, freq="s", include_history=False))
print(time.perf_counter() - began)
"""


def prophet_seconds() -> float | None:
    """Prophet's own fit and forecast of as many rows with the same seasonalities; None: it is not installed."""
    command = [sys.executable, "-c", PROPHET, TOP / "tests/data/prophet/synthetic_1s.csv"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None


def bench_forecast(_: Bench) -> Iterator[Row]:
    found = json.loads(printed("prophet_bench"))
    yield row("prophet: fit of 16,791 points, 61 parameters", found["fit_cold_ms"], "ms", most=15)
    yield row("  warm, from the last fit", found["fit_warm_ms"], "ms", most=found["fit_cold_ms"])
    whole, other = found["fit_and_299_steps_ms"], prophet_seconds()
    yield row("  fit, and 299 steps with intervals", whole, "ms", most=25)
    if other is not None:
        yield Row("  beside Prophet itself", f"{other * 1e3 / whole:.0f} times faster", "300 times",
                  other * 1e3 / whole >= 300, f"{other:.3g} s (Prophet)")
    text = printed("forecast_bench")
    yield row("forecast: a point, naive", number_in(text, r"naive +a point: (\d+) ns"), "ns", most=200)
    yield row("  a point, auto", number_in(text, r"auto: a point (\d+) ns"), "ns", most=2000)
    yield row("  1,000 series, auto, each forecast every minute", number_in(text, r"every minute: (\d+) %"), "% of a core",
              most=100)
