"""The window plugin beside Spark's structured streaming with a watermark: late and disordered rows as they come.

Spark's watermark moves between micro-batches only, and a row is late by the one before; ours moves with every metric. So
rows of which one would take what the other drops are left out of the recording: all others are dropped or taken by both.
"""

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from file_kit import MakeAgent
from test_window import config, once, results, write
from test_window_spark import Rows, assert_alike, spark  # noqa: F401 (a fixture)
from window_model import SECOND, Point, Rules, recording

pytestmark = pytest.mark.full

ASKED = ["count", "sum", "mean", "min", "max", "first", "last", "s2", "stdev"]
MILLISECOND = SECOND // 1000        # Spark's watermark has no finer ones
ROWS_A_FILE = 40


def late_recording(seed: int) -> list[Point]:
    """One series; every tenth point is late by up to two minutes, others by seconds. At its end one far ahead closes all."""
    dice = random.Random(seed)
    points = []
    for point in recording(dice, 1, 2000, disorder=6):
        late = dice.randrange(120 * SECOND) if dice.random() < 0.1 else 0
        points.append(Point(point.series, (point.time - late) // MILLISECOND * MILLISECOND, point.value))
    return points


def window_ends(point: Point, rules: Rules) -> Iterator[int]:
    period = rules.period or rules.every
    for k in range((point.time - period) // rules.every + 1, point.time // rules.every + 1):
        yield k * rules.every + period


def comparable(points: list[Point], rules: Rules) -> tuple[list[list[Point]], int]:
    """One list a micro-batch; and how many points all of whose windows are closed for both."""
    files, file, late = [], [], 0
    ours = before_last = -1                         # the newest times by which each is late
    for point in points:
        ends = list(window_ends(point, rules))
        dropped = [end <= before_last - rules.delay for end in ends]
        if dropped == [end <= ours - rules.delay for end in ends]:
            late += all(dropped)
            ours = max(ours, point.time)
            file.append(point)
        if len(file) == ROWS_A_FILE:
            before_last = max((p.time for done in files for p in done), default=-1)
            files.append(file)
            file = []
    end = Point(points[0].series, ours + 3600 * SECOND, 0.0)
    return [*files, file, [end]], late


def write_files(folder: Path, files: list[list[Point]]) -> None:
    """Spark reads the oldest first."""
    folder.mkdir()
    number = 0
    for at, points in enumerate(files):
        path = folder / f"{at:04}.json"
        with path.open("w") as out:
            for number, point in enumerate(points, number + 1):
                out.write(json.dumps({"series": point.series, "micros": point.time // 1000, "number": number,
                                      "value": point.value}) + "\n")
        os.utime(path, (1_700_000_000 + at, 1_700_000_000 + at))


def told_by_spark(session: "SparkSession", folder: Path, rules: Rules) -> Rows:
    from pyspark.sql import functions as F
    at, seconds = F.struct("time", "number"), "{} seconds".format
    width = seconds((rules.period or rules.every) // SECOND)
    rows = (session.readStream.schema("series string, micros long, number long, value double")
            .option("maxFilesPerTrigger", 1).json(str(folder))
            .withColumn("time", F.expr("timestamp_micros(micros)")).withWatermark("time", seconds(rules.delay // SECOND)))
    grouped = rows.groupBy("series", F.window("time", width, seconds(rules.every // SECOND)).alias("w")).agg(
        F.count("value").cast("double").alias("count"), F.sum("value").alias("sum"), F.avg("value").alias("mean"),
        F.min("value").alias("min"), F.max("value").alias("max"), F.min_by("value", at).alias("first"),
        F.max_by("value", at).alias("last"), F.var_samp("value").alias("s2"), F.stddev_samp("value").alias("stdev"))
    query = (grouped.withColumn("start", F.expr("unix_micros(w.start)")).drop("w").writeStream.format("memory")
             .queryName("told").outputMode("append").option("checkpointLocation", str(folder.parent / "checkpoint"))
             .trigger(availableNow=True).start())
    query.awaitTermination()
    found: Rows = {}
    for row in session.sql("select * from told order by start").collect():
        values = {name: value for name, value in row.asDict().items() if name not in ("series", "start") and value is not None}
        found.setdefault(row["series"], []).append((row["start"] * 1000, values))
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("rules", [Rules(every=10 * SECOND, delay=5 * SECOND),
                                   Rules(every=4 * SECOND, period=12 * SECOND, delay=5 * SECOND)], ids=["tumbling", "hopping"])
def test_a_watermark_drops_what_that_of_spark_drops(rules, spark, agent: MakeAgent, tmp_path: Path):  # noqa: F811
    files, late = comparable(late_recording(7), rules)
    assert late > 10 and len(files) > 30
    write_files(tmp_path / "rows", files)
    theirs = told_by_spark(spark, tmp_path / "rows", rules)

    running = agent(config(rules, aggregates=ASKED))
    write(running, [point for file in files for point in file])
    once(running)
    found = {series: [one for one in rows if one[0] < files[-1][0].time - 1800 * SECOND]    # Spark emits no open window
             for series, rows in results(running).items()}
    assert_alike(found, theirs)
