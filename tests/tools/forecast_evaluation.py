#!/usr/bin/env python3
"""Prints the tables of plugins/forecast/EVALUATION.md.

    VANE_BUILD=build VANE_MARKET_DATA=FOLDER build/venv/bin/python tests/tools/forecast_evaluation.py

Without VANE_MARKET_DATA on the excerpts in tests/data/market.
"""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "flow"))

from test_forecast_models import BARS, Bars, pooled, rolling, unchanged  # noqa: E402

# Settings that no constant was chosen on: step in seconds, steps ahead, history, every.
OTHERS = [(0, 300, 12, 288, 1), (0, 60, 30, 600, 7), (0, 60, 60, 1440, 30), (1, 60, 20, 200, 2),
          (3, 10, 30, 360, 3), (3, 60, 15, 240, 1)]
Scores = dict[str, list[dict[str, float]]]


def span(rows: list[dict[str, float]]) -> str:
    covered = [row["coverage"] for row in rows]
    return f"{pooled(rows, 'coverage'):.3f} | {min(covered):.3f}–{max(covered):.3f}"


def print_models(bars: Bars) -> None:
    own, held = rolling(bars, "--own"), rolling(bars)
    anchor = ("--models", "naive,prophet", "--set", "anchor=ar1")
    own["prophet, anchor = ar1"], held["prophet, anchor = ar1"] = (
        rolling(bars, *anchor, "--own")["prophet"], rolling(bars, *anchor)["prophet"])
    free = {steps for steps, share in unchanged(bars).items() if share < 0.75}
    print(f"\n**{bars.name}**: step {bars.step} s, {bars.count} steps ahead, each fit sees {bars.history} steps, "
          f"an origin every {bars.every} steps; {held['naive'][0]['scored']:.0f} origins\n")
    print("| model | MAE | MAE / naive | worst horizon | own 80 %: coverage | width | Winkler "
          "| calibrated: coverage | by horizon | width | Winkler |\n|" + "---|" * 11)
    for model in sorted(held, key=lambda name: name == "auto"):
        theirs, ours = own[model], held[model]
        counted = [row for row in ours if row["horizon"] in free]
        print(f"| {model} | {pooled(ours, 'mae'):.4g} | {pooled(ours, 'mae') / pooled(held['naive'], 'mae'):.3f} "
              f"| {max(row['ratio'] for row in ours):.3f} "
              f"| {pooled([row for row in theirs if row['horizon'] in free], 'coverage'):.3f} "
              f"| {pooled(theirs, 'width'):.4g} | {pooled(theirs, 'winkler'):.4g} | {span(counted)} "
              f"| {pooled(ours, 'width'):.4g} | {pooled(ours, 'winkler'):.4g} |")


def print_others() -> None:
    print("\n| data | step | ahead | history | every | origins | auto / naive, worst horizon | auto: coverage "
          "| by horizon | models' coverage, least and most |\n|" + "---|" * 10)
    for market, step, count, history, every in OTHERS:
        base = BARS[market]
        bars = Bars(base.name, step, count, history, every, base.excerpt, base.source, base.day)
        scores: Scores = rolling(bars)
        models = sorted((pooled(rows, "coverage"), name) for name, rows in scores.items())
        print(f"| {base.name} | {step} s | {count} | {history} | {every} | {scores['naive'][0]['scored']:.0f} "
              f"| {max(row['ratio'] for row in scores['auto']):.3f} | {span(scores['auto'])} "
              f"| {models[0][1]} {models[0][0]:.3f}, {models[-1][1]} {models[-1][0]:.3f} |")


def print_single() -> None:
    """Each origin on its own, as with --once: a new judge, which has a backtest only."""
    print("\n| data | step | ahead | history | origins | answer / naive | worst horizon | coverage | by horizon |\n|" + "---|" * 9)
    for bars in BARS:
        rows = rolling(replace(bars, every=bars.every * 12), "--single", "20")["single"]
        print(f"| {bars.name} | {bars.step} s | {bars.count} | {bars.history} | {rows[0]['scored']:.0f} "
              f"| {pooled(rows, 'ratio'):.3f} | {max(row['ratio'] for row in rows):.3f} | {span(rows)} |")


def main() -> None:
    for bars in BARS:
        print_models(bars)
    print_others()
    print_single()


if __name__ == "__main__":
    main()
