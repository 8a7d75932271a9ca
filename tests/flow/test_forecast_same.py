"""forecast gives the same, however it is run: again, by several workers, live, in pieces, killed and restarted."""

import os
import random
import time

import pytest

from forecast_kit import (FROM_BEGINNING, QUIET, SECOND, START, by_series, config, fields_of, forecast,
                          output_of, point, recording, time_of)
from servers import eventually


def test_two_runs_give_the_same_bits(agent) -> None:
    lines = recording()
    assert forecast(agent, lines, name="one") == forecast(agent, lines, name="two")


@pytest.mark.parametrize("workers, every", [(2, "20s"), (4, "20s"), (3, "0s"), (3, "250s")])
def test_workers_change_nothing(agent, workers: int, every: str) -> None:
    lines = recording()
    alone = forecast(agent, lines, name="alone", every=every, report_model=True)
    assert ("backtest over" in "".join(alone)) == (every != "20s")
    assert by_series(forecast(agent, lines, name="many", workers=workers, every=every, report_model=True)) \
        == by_series(alone)


def test_how_series_are_interleaved_changes_nothing(agent) -> None:
    lines = recording()
    sorted_lines = sorted(lines, key=lambda line: line.split(" ")[0])
    assert by_series(forecast(agent, lines, name="mixed")) == by_series(forecast(agent, sorted_lines, name="sorted"))


def test_live_and_in_pieces_is_as_a_replay(agent) -> None:
    """One file at once, and the same as it grows, a few bytes at a time."""
    lines = recording(200, "ab")
    whole = forecast(agent, lines, name="whole")
    running = agent(config(FROM_BEGINNING), name="pieces")
    path = running.folder / "in.lp"
    path.write_text("")
    running.start()
    running.wait_for_log("plugins from")
    dice, text = random.Random(5), "".join(lines)
    with path.open("a") as file:
        while text:
            size = dice.choice([1, 100, 1000, 5000])
            file.write(text[:size])
            file.flush()
            text = text[size:]
            time.sleep(0.002)  # so that what is read differs in size; nothing is awaited
    eventually(lambda: len(output_of(running)) >= len(whole), 20, "the output is not complete")
    assert running.stop() == 0
    assert by_series(output_of(running)) == by_series(whole)


@pytest.mark.parametrize("options", [{}, {"model": "prophet", "transform": "log"}, {"refit_every": "1m"},
                                     {"every": "150s", "spread": False, "transform": "log"}])
def test_killed_again_and_again_it_writes_the_same(agent, options: dict[str, object]) -> None:
    lines = recording(600, "abc")
    expected = forecast(agent, lines, name="calm", **options)
    running = agent(config(FROM_BEGINNING, **options), name="killed")
    path = running.folder / "in.lp"
    path.write_text("")
    dice = random.Random(11)
    kills = int(os.environ.get("VANE_TEST_KILLS", "12"))
    for part in range(kills):
        running.start()
        running.wait_for_log("plugins from")
        with path.open("a") as file:
            for line in lines[part * len(lines) // kills:(part + 1) * len(lines) // kills]:
                file.write(line)
                file.flush()
        time.sleep(dice.uniform(0.02, 0.4))  # the moment is what is random here
        running.kill()
    done = running.run_once("--state-directory", running.state)
    assert done.returncode == 0, done.stderr
    assert by_series(output_of(running)) == by_series(expected)


def test_history_survives_a_restart_and_a_change_of_options(agent) -> None:
    running = agent(config(FROM_BEGINNING, **QUIET, min_points=100))
    path = running.folder / "in.lp"
    path.write_text("".join(point("a", second, 5) for second in range(90)))
    running.start()
    eventually(lambda: list(running.state.glob("**/*.checkpoint")), 10, "no checkpoint")
    assert running.stop() == 0
    assert output_of(running) == []
    running.configure(config(FROM_BEGINNING, model="drift", score_every="0s", min_points=100, horizon="5s"))
    running.start()
    with path.open("a") as file:
        file.write("".join(point("a", second, 5) for second in range(90, 130)))
    eventually(lambda: len(output_of(running)) >= 5, 10, "no forecast")
    assert running.stop() == 0


def test_a_file_that_is_cut_takes_its_history_with_it(agent) -> None:
    running = agent(config(FROM_BEGINNING, **QUIET, min_points=50))
    path = running.folder / "in.lp"
    path.write_text("".join(point("a", second, 5) for second in range(45)))
    running.start()
    running.wait_for_log("too_few_points")
    path.write_text(point("a", 100, 7))
    running.wait_for_log("has become shorter")
    with path.open("a") as file:
        file.write("".join(point("a", second, 7) for second in range(101, 200)))
    eventually(lambda: len(output_of(running)) >= 10, 10, "no forecast")
    assert running.stop() == 0
    first = output_of(running)[0]
    assert time_of(first) > START + 150 * SECOND and fields_of(first)["yhat_upper"] == "7", "nothing of the old points"
