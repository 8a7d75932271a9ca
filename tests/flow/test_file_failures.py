"""file_in and file_out when things go wrong: kills, crashes, full disks, closed pipes. Afterwards each record
stands in the output exactly once."""

import os
import random
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from file_kit import FROM_BEGINNING, MakeAgent, append, awaits, config, lines, output_of, write
from servers import Agent, eventually, run
from servers.places import BUILD

# ---- Restarts and kills ----

def test_restart__goes_on_after_sigterm(agent: MakeAgent) -> None:
    running = agent(config(input=FROM_BEGINNING))
    for turn in range(3):
        append(running.folder / "in.lp", lines(turn * 1000, turn * 1000 + 1000))
        running.start()
        awaits(running, lines(0, turn * 1000 + 1000))
        assert running.stop() == 0
    assert output_of(running) == lines(0, 3000)


def feed_and_kill(running: Agent, text: str, times: int, seed: int, rotate_every: int = 1000) -> int:
    """Kills again and again while lines are appended; then lets it come to its end. Answers how many lines.

    What is waited for here is a moment like any other. The second half of the lines comes while it runs.
    """
    moments, path, half = random.Random(seed), running.folder / "in.lp", 15_000
    for turn in range(times):
        running.configure(text.format(tail=FROM_BEGINNING))
        append(path, lines(2 * turn * half, (2 * turn + 1) * half))
        running.start()
        time.sleep(moments.uniform(0.005, 0.06))
        append(path, lines((2 * turn + 1) * half, (2 * turn + 2) * half))
        if turn % rotate_every == rotate_every - 1:
            path.rename(running.folder / f"in.lp.{turn}")
        time.sleep(moments.uniform(0, 0.04))
        assert running.kill() == -signal.SIGKILL
    running.configure(text.format(tail=""))
    running.start()
    assert running.wait(60) == 0
    return 2 * times * half


def test_kill__every_line_stands_once(agent: MakeAgent) -> None:
    running = agent(config())
    count = feed_and_kill(running, config(input="{tail}"), 20, 1)
    assert output_of(running) == lines(0, count)


def test_kill__every_line_stands_once_while_files_rotate(agent: MakeAgent) -> None:
    running = agent(config())
    count = feed_and_kill(running, config('["in.lp*"]', input="{tail}"), 12, 2, rotate_every=3)
    assert sorted(output_of(running)) == sorted(lines(0, count))


def test_kill__counts_of_a_processor_are_exact(agent: MakeAgent) -> None:
    process = "[[processors.count]]\n  drop_original = true"
    running = agent(config(), "--plugin-dir", BUILD / "tests/plugins")
    count = feed_and_kill(running, config(input="{tail}", processors=process), 10, 3)
    counts: dict[str, list[int]] = {}
    for line in output_of(running):
        series, fields, _ = line.split(" ")
        counts.setdefault(series, []).append(int(fields.removeprefix("count=").rstrip("i")))
    assert len(counts) == 7
    for numbers in counts.values():
        assert numbers == list(range(1, len(numbers) + 1))
    assert sum(map(len, counts.values())) == count


def test_kill__every_line_stands_once_while_the_output_rotates(agent: MakeAgent) -> None:
    running = agent(config())
    rotation = '  rotation_max_size = "300kB"\n  rotation_max_archives = -1'
    count = feed_and_kill(running, config(input="{tail}", output=rotation), 15, 4)
    archives = sorted(path.name for path in running.folder.glob("out.lp.*"))
    assert len(archives) > 10
    assert [line for name in [*archives, "out.lp"] for line in output_of(running, name)] == lines(0, count)


def test_crash__leaves_the_state_whole(agent: MakeAgent) -> None:
    crash = '[[processors.crash]]\n  field = "bang"\n  how = "abort"'
    running = agent(config(input=FROM_BEGINNING, processors=crash),
                    "--plugin-dir", BUILD / "tests/plugins")
    path = running.folder / "in.lp"
    write(path, lines(0, 1000))
    running.start()
    awaits(running, lines(0, 1000))
    append(path, ["m bang=1 1\n"])
    assert running.wait() == -signal.SIGABRT
    assert re.search(r"crashed in processors.crash", running.log.splitlines()[-1])
    running.configure(config(input="  tail = true"))
    running.start()
    awaits(running, [*lines(0, 1000), "m bang=1 1\n"])
    assert running.stop() == 0


# ---- Outputs that fail ----

@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    if run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", folder]).returncode != 0:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    run(["umount", "-l", folder])


def test_output__full_disk_loses_nothing(agent: MakeAgent, small_disk: Path) -> None:
    running = agent(config().replace('["out.lp"]', f'["{small_disk}/out.lp", "other.lp"]'))
    write(running.folder / "in.lp", lines(0, 20_000))
    running.start()
    running.wait_for_log(r"No space left on device; trying again")
    kept = (small_disk / "out.lp").read_text().splitlines(keepends=True)
    assert 0 < len(kept) < 20_000
    assert kept == lines(0, len(kept)), "it ends with a whole line"
    assert run(["mount", "-o", "remount,size=16m", small_disk]).returncode == 0
    assert running.wait(60) == 0
    assert (small_disk / "out.lp").read_text() == "".join(lines(0, 20_000))
    assert output_of(running, "other.lp") == lines(0, 20_000)


def test_output__size_limit_loses_nothing(agent: MakeAgent) -> None:
    running = agent(config())
    write(running.folder / "in.lp", lines(0, 20_000))
    running.command = ["sh", "-c", "trap '' XFSZ; ulimit -S -f 512; exec \"$@\"", "sh", *running.command]
    running.start()
    running.wait_for_log(r"write out.lp: File too large; trying again")
    kept = output_of(running)
    assert kept == lines(0, len(kept)), "it ends with a whole line"
    assert run(["prlimit", "--pid", str(running.pid), "--fsize=unlimited:"]).returncode == 0
    assert running.wait(60) == 0
    assert output_of(running) == lines(0, 20_000)


def test_output__waits_for_its_folder(agent: MakeAgent) -> None:
    running = agent(config().replace('["out.lp"]', '["later/out.lp"]'))
    write(running.folder / "in.lp", lines(0, 10))
    running.start()
    running.wait_for_log(r"open \S+/later/out.lp: the folder that it is to be in does not exist; trying again")
    (running.folder / "later").mkdir()
    assert running.wait() == 0
    assert output_of(running, "later/out.lp") == lines(0, 10)


def test_output__ends_the_agent_when_nobody_reads_standard_output(agent: MakeAgent) -> None:
    text = config().replace('["out.lp"]', '["stdout"]')
    running = agent(text.replace("[agent]", "[agent]\n  drain_timeout = '1s'"))
    write(running.folder / "in.lp", lines(0, 100_000))
    script = '"$0" --once --config vane.toml | head -3; exit ${PIPESTATUS[0]}'
    pipe = run(["bash", "-c", script, BUILD / "vane"], folder=running.folder, env=running.env, timeout=15)
    assert pipe.returncode == 1
    assert pipe.stdout == "".join(lines(0, 3))
    assert "nobody reads what is written" in pipe.stderr


def test_output__rotates_and_keeps_so_many(agent: MakeAgent) -> None:
    running = agent(config(output='  rotation_max_size = "100kB"\n  rotation_max_archives = 3\n'
                                  '  metric_batch_size = 100\n  data_format = "csv"\n  csv_header = true'))
    write(running.folder / "in.lp", lines(0, 20_000))
    assert running.run_once().returncode == 0
    append(running.folder / "in.lp", lines(20_000, 20_001))
    assert running.run_once().returncode == 0
    archives = sorted(running.folder.glob("out.lp.*"))
    assert len(archives) == 3
    for path in archives:
        assert path.stat().st_size <= 100_000
        assert path.read_text().startswith("timestamp,measurement,host,part,value\n")
        assert path.read_text().count("timestamp") == 1


def test_output__goes_on_in_a_new_file_when_the_old_one_was_moved(agent: MakeAgent) -> None:
    running = agent(config(input=FROM_BEGINNING))
    append(running.folder / "in.lp", lines(0, 10))
    running.start()
    awaits(running, lines(0, 10))
    (running.folder / "out.lp").rename(running.folder / "moved.lp")
    append(running.folder / "in.lp", lines(10, 20))
    awaits(running, lines(10, 20))
    assert output_of(running, "moved.lp") == lines(0, 10)
    assert running.stop() == 0


def test_output__second_writer_of_a_file_waits(agent: MakeAgent) -> None:
    running = agent(config('["in.lp"]', input="  tail = true"))
    running.start()
    eventually((running.folder / "out.lp").exists)
    other = agent(config('["in.lp"]').replace("out.lp", str(running.folder / "out.lp")), name="other")
    write(other.folder / "in.lp", lines(0, 10))
    other.start()
    other.wait_for_log(r"another output is writing to it; trying again")
    assert running.stop() == 0
    assert other.wait() == 0
    assert output_of(running) == lines(0, 10)


def test_output__mode_and_wrong_options(agent: MakeAgent) -> None:
    running = agent(config(output='  mode = "0600"'))
    write(running.folder / "in.lp", lines(0, 1))
    assert running.run_once().returncode == 0
    assert (running.folder / "out.lp").stat().st_mode & 0o777 == 0o600
    running.configure(config(output='  mode = "rw"'))
    assert "mode" in running.check().stderr


# ---- Memory ----

def memory(running: Agent) -> int:
    """The most that it ever used, kB."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{running.pid}/status").read_text())[1])


def test_memory__stays_flat(agent: MakeAgent) -> None:
    running = agent(config('["pipe"]', output='  rotation_max_size = "10MB"\n  rotation_max_archives = 0'),
                    env={"ASAN_OPTIONS": "quarantine_size_mb=1"})
    os.mkfifo(running.folder / "pipe")
    block = "".join(lines(0, 50_000))
    running.start()
    with (running.folder / "pipe").open("w") as pipe:
        for _ in range(8):
            pipe.write(block)
        early = memory(running)
        for _ in range(12):
            pipe.write(block)
        late = memory(running)
    assert running.wait() == 0
    assert len(block) * 20 > 40_000_000
    assert late - early < max(4_000, early / 2), f"{early} kB after less than half, {late} kB in the end"


# ---- Arrival over a restart ----

ARRIVAL = """
[agent]
  omit_hostname = true
[[inputs.file_in]]
  files = ["in"]
  tail = true
  initial_read_offset = "saved-or-beginning"
  data_format = "influx"
[[processors.lua]]
  source = 'function apply(m) m.fields.arrival = m.arrival // 1000000000 return m end'
[[outputs.file_out]]
  files = ["out"]
  data_format = "influx"
"""


def test_restart__arrival_does_not_go_back(agent: MakeAgent) -> None:
    """It is the newest time read so far, also where that was read by the run before: ticks and idle series go by it."""
    running = agent(ARRIVAL)
    (running.folder / "in").write_text("m v=1 10060000000000\n")
    out = running.folder / "out"
    for count in (1, 2):
        running.start()
        eventually(lambda: out.exists() and len(out.read_text().splitlines()) == count)
        assert running.stop() == 0
        with (running.folder / "in").open("a") as file:
            file.write("m v=2 121000000000\n")
    assert [line.split()[1].split(",")[1] for line in out.read_text().splitlines()] == ["arrival=10060i", "arrival=10060i"]
