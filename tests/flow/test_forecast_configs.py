"""The sample configurations of forecast: a csv file on standard input, and prices from Kafka to InfluxDB."""

import csv
import io
import math
import os
import random
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from forecast_kit import QUIET, ROOT, SECOND, START, fields_of, forecast, point, time_of
from servers import InfluxDB, Kafka, eventually, vane


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
