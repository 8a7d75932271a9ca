"""What the window plugin is to do, said once more in a simple way: windows as lists of points.

The tests run the same recorded metrics through the agent and through this, and compare the results.
"""

import math
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


@dataclass(frozen=True)
class Point:
    series: str
    time: int
    value: float
    weight: float = 1.0

    @property
    def line(self) -> str:
        return f"m,{self.series} value={self.value!r},weight={self.weight!r} {self.time}\n"


@dataclass
class Rules:
    every: int = 0
    period: int = 0
    gap: int = 0
    count: int = 0
    delay: int = 0
    lateness: int = 0
    late: str = "drop"

    @property
    def toml(self) -> str:
        pairs = {"every": self.every, "period": self.period, "gap": self.gap, "delay": self.delay,
                 "allowed_lateness": self.lateness}
        lines = [f'{key} = "{value}ns"' for key, value in pairs.items() if value]
        lines += [f"every_count = {self.count}"] if self.count else []
        return "\n  ".join([*lines, f'late = "{self.late}"'])


@dataclass
class Window:
    start: int
    end: int
    points: list[Point]


def recording(dice: random.Random, series: int, points: int, disorder: float = 0.0, holes: bool = True) -> list[Point]:
    """Points of series, some seconds apart, now and then one that is up to `disorder` seconds late."""
    clocks = [START + dice.randrange(20 * SECOND) for _ in range(series)]
    made = []
    for _ in range(points):
        number = dice.randrange(series)
        long = holes and dice.random() < 0.02
        clocks[number] += dice.randrange(1, (60 if long else 3) * SECOND)
        late = int(dice.random() * disorder * SECOND) if dice.random() < 0.3 else 0
        value = dice.choice([round(dice.gauss(0, 100), dice.randrange(4)), 7.0, 7.5])
        made.append(Point(f"host=h{number},zone=z{number % 2}", clocks[number] - late, value, round(dice.random() * 9, 2)))
    return made


# ---- Which points a window has ----

def aligned(points: Iterable[Point], rules: Rules) -> Iterator[Window]:
    """Tumbling and hopping windows of one series, in the order in which they close; late = update emits again."""
    period = rules.period or rules.every
    held: dict[int, list[Point]] = defaultdict(list)
    newest, closed = -math.inf, set()
    for point in points:
        watermark = newest - rules.delay
        first = (point.time - period) // rules.every + 1
        for k in range(first, point.time // rules.every + 1):
            end = k * rules.every + period
            if end > watermark:
                held[k].append(point)
            elif rules.late == "update" and end + rules.lateness > watermark:
                held[k].append(point)
                closed.add(k)
                yield Window(k * rules.every, end, list(held[k]))
        newest = max(newest, point.time)
        for k in sorted(held):
            if k * rules.every + period <= newest - rules.delay and k not in closed:
                closed.add(k)
                yield Window(k * rules.every, k * rules.every + period, list(held[k]))
    for k in sorted(set(held) - closed):
        yield Window(k * rules.every, k * rules.every + period, held[k])


def sessions(points: Iterable[Point], rules: Rules) -> Iterator[Window]:
    held: list[list[Point]] = []
    newest = -math.inf

    def times(session: list[Point]) -> tuple[int, int]:
        return min(p.time for p in session), max(p.time for p in session)

    def window(session: list[Point]) -> Window:
        return Window(times(session)[0], times(session)[1] + rules.gap, session)

    for point in points:
        near = [s for s in held if times(s)[0] - rules.gap <= point.time <= times(s)[1] + rules.gap]
        if near or point.time + rules.gap >= newest - rules.delay:
            held = [s for s in held if s not in near] + [sum(sorted(near, key=times), []) + [point]]
        newest = max(newest, point.time)
        over = sorted((s for s in held if times(s)[1] + rules.gap < newest - rules.delay), key=times)
        held = [s for s in held if s not in over]
        yield from map(window, over)
    yield from map(window, sorted(held, key=times))


def sliding(points: Iterable[Point], rules: Rules) -> Iterator[Window]:
    held: list[Point] = []
    waiting: set[int] = set()
    newest = -math.inf

    def window(end: int) -> Window:
        return Window(end - rules.period, end, [p for p in held if end - rules.period < p.time <= end])

    for point in points:
        watermark = newest - rules.delay
        if point.time < watermark:
            continue
        held.append(point)
        waiting.add(point.time)
        newest = max(newest, point.time)
        for time in sorted(t for t in waiting if t <= newest - rules.delay):
            waiting.discard(time)
            yield window(time)
    yield from map(window, sorted(waiting))


def counted(points: Iterable[Point], rules: Rules) -> Iterator[Window]:
    held: list[Point] = []
    for point in points:
        held.append(point)
        if len(held) == rules.count:
            yield Window(min(p.time for p in held), max(p.time for p in held), held)
            held = []
    if held:
        yield Window(min(p.time for p in held), max(p.time for p in held), held)


def windows_of(points: list[Point], rules: Rules) -> dict[str, list[Window]]:
    kind = aligned if rules.every else sessions if rules.gap else sliding if rules.period else counted
    by_series: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        by_series[point.series].append(point)
    return {series: list(kind(own, rules)) for series, own in by_series.items()}


# ---- What is told of them ----

def quantile(values: list[float], q: float) -> float:
    place = q * (len(values) - 1)
    low = int(place)
    share = place - low
    return values[low] + (share * (values[low + 1] - values[low]) if share else 0)


def seconds(a: Point, b: Point) -> float:
    return (b.time - a.time) / 1e9


def slope(points: list[Point]) -> float | None:
    xs, ys = [seconds(points[0], p) for p in points], [p.value for p in points]
    mean_x, mean_y = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
    squares = math.fsum((x - mean_x) ** 2 for x in xs)
    return math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys)) / squares if squares else None


def time_weighted(points: list[Point], end: int) -> float:
    until = [p.time for p in points[1:]] + [end]
    whole = end - points[0].time
    return math.fsum(p.value * (u - p.time) for p, u in zip(points, until)) / whole if whole else points[-1].value


Aggregate = Callable[[list[Point], Window], float | None]

AGGREGATES: dict[str, Aggregate] = {
    "count": lambda p, w: len(p),
    "sum": lambda p, w: math.fsum(x.value for x in p),
    "mean": lambda p, w: math.fsum(x.value for x in p) / len(p),
    "min": lambda p, w: min(x.value for x in p),
    "max": lambda p, w: max(x.value for x in p),
    "range": lambda p, w: max(x.value for x in p) - min(x.value for x in p),
    "first": lambda p, w: p[0].value,
    "last": lambda p, w: p[-1].value,
    "diff": lambda p, w: p[-1].value - p[0].value if len(p) > 1 else None,
    "non_negative_diff": lambda p, w: p[-1].value - p[0].value
    if len(p) > 1 and p[-1].value >= p[0].value else None,
    "rate": lambda p, w: (p[-1].value - p[0].value) / seconds(p[0], p[-1]) if p[-1].time > p[0].time else None,
    "non_negative_rate": lambda p, w: (p[-1].value - p[0].value) / seconds(p[0], p[-1])
    if p[-1].time > p[0].time and p[-1].value >= p[0].value else None,
    "percent_change": lambda p, w: (p[-1].value - p[0].value) / p[0].value * 100
    if len(p) > 1 and p[0].value else None,
    "interval": lambda p, w: p[-1].time - p[0].time if len(p) > 1 else None,
    "s2": lambda p, w: statistics.variance(x.value for x in p) if len(p) > 1 else None,
    "stdev": lambda p, w: statistics.stdev(x.value for x in p) if len(p) > 1 else None,
    "derivative": lambda p, w: slope(p),
    "integral": lambda p, w: math.fsum((a.value + b.value) / 2 * seconds(a, b) for a, b in zip(p, p[1:]))
    if len(p) > 1 else None,
    "time_weighted_mean": lambda p, w: time_weighted(p, w.end),
    "weighted_mean": lambda p, w: math.fsum(x.value * x.weight for x in p) / math.fsum(x.weight for x in p)
    if any(x.weight for x in p) else None,
    "mode": lambda p, w: min((-n, v) for v, n in Counter(x.value for x in p).items())[1],
    "distinct": lambda p, w: len({x.value for x in p}),
    "median": lambda p, w: quantile(sorted(x.value for x in p), 0.5),
    "025": lambda p, w: quantile(sorted(x.value for x in p), 0.25),
    "0999": lambda p, w: quantile(sorted(x.value for x in p), 0.999),
    "open": lambda p, w: p[0].value,
    "high": lambda p, w: max(x.value for x in p),
    "low": lambda p, w: min(x.value for x in p),
    "close": lambda p, w: p[-1].value,
}

ASKED = [name for name in AGGREGATES if name not in ("025", "0999", "open", "high", "low", "close")] + ["quantile", "ohlc"]


def told(window: Window) -> dict[str, float]:
    points = sorted(window.points, key=lambda p: p.time)    # stable: of one time in the order in which they came
    values = {name: aggregate(points, window) for name, aggregate in AGGREGATES.items()}
    return {name: value for name, value in values.items() if value is not None}
