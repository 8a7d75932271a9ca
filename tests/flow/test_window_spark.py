"""The window plugin and Apache Spark's `window()` and `session_window()` tell the same of the same disordered rows."""

import math
import random
from collections import defaultdict
from collections.abc import Iterator

import pytest

from file_kit import MakeAgent
from test_window import config, once, results, write
from window_model import SECOND, Point, Rules, recording

pytestmark = pytest.mark.full

ASKED = ["count", "sum", "mean", "min", "max", "first", "last", "s2", "stdev", "median", "quantile", "distinct"]
Rows = dict[str, list[tuple[int, dict[str, float]]]]


@pytest.fixture(scope="module")
def spark() -> Iterator["SparkSession"]:
    from pyspark.sql import SparkSession
    session = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
               .config("spark.sql.shuffle.partitions", "1").config("spark.sql.session.timeZone", "UTC")
               .getOrCreate())
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def frame(spark: "SparkSession", points: list[Point]) -> "DataFrame":
    from pyspark.sql import functions as F
    rows = [(p.series, p.time // 1000, number, p.value) for number, p in enumerate(points)]
    table = spark.createDataFrame(rows, "series string, micros long, number long, value double")
    return table.withColumn("time", F.expr("timestamp_micros(micros)"))


def aggregates() -> list["Column"]:
    from pyspark.sql import functions as F
    at = F.struct("time", "number")
    return [F.count("value").cast("double").alias("count"), F.sum("value").alias("sum"), F.avg("value").alias("mean"),
            F.min("value").alias("min"), F.max("value").alias("max"),
            F.min_by("value", at).alias("first"), F.max_by("value", at).alias("last"),
            F.var_samp("value").alias("s2"), F.stddev_samp("value").alias("stdev"),
            F.expr("percentile(value, 0.5)").alias("median"), F.expr("percentile(value, 0.25)").alias("025"),
            F.expr("percentile(value, 0.999)").alias("0999"),
            F.countDistinct("value").cast("double").alias("distinct")]


def told_by_spark(table: "DataFrame", window: "Column") -> Rows:
    from pyspark.sql import functions as F
    found = defaultdict(list)
    grouped = table.groupBy("series", window.alias("w")).agg(*aggregates())
    for row in grouped.withColumn("start", F.expr("unix_micros(w.start)")).orderBy("start").collect():
        values = {name: value for name, value in row.asDict().items() if name not in ("series", "w", "start")}
        found[row["series"]].append((row["start"] * 1000, {n: v for n, v in values.items() if v is not None}))
    return found


def assert_alike(ours: Rows, theirs: Rows) -> None:
    assert ours.keys() == theirs.keys()
    for series, expected in theirs.items():
        assert [time for time, _ in ours[series]] == [time for time, _ in expected], series
        for (time, found), (_, values) in zip(ours[series], expected):
            assert found.keys() == values.keys()
            for name, value in values.items():
                assert math.isclose(found[name], value, rel_tol=1e-9, abs_tol=1e-9), (time, name)


def disordered(seed: int, points: int = 2000) -> list[Point]:
    """Times in whole microseconds, which is all that Spark has."""
    return [Point(p.series, p.time // 1000 * 1000, p.value) for p in recording(random.Random(seed), 3, points, disorder=9)]


def ours(agent: MakeAgent, points: list[Point], rules: Rules) -> Rows:
    running = agent(config(rules, aggregates=ASKED))
    write(running, points)
    once(running)
    return results(running)


@pytest.mark.timeout(300)
def test_windows_are_those_of_spark(spark, agent: MakeAgent):
    from pyspark.sql import functions as F
    points = disordered(1)
    table = frame(spark, points)
    cases = [(Rules(every=10 * SECOND, delay=20 * SECOND), F.window("time", "10 seconds")),
             (Rules(every=4 * SECOND, period=10 * SECOND, delay=20 * SECOND), F.window("time", "10 seconds", "4 seconds")),
             (Rules(gap=3 * SECOND, delay=20 * SECOND), F.session_window("time", "3 seconds"))]
    for number, (rules, window) in enumerate(cases):
        found = ours(lambda text, n=number: agent(text, name=f"case{n}"), points, rules)
        assert_alike(found, told_by_spark(table, window))
