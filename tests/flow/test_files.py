"""file_in and file_out: every format, files that grow and are rotated, and kills, full disks and closed pipes in
between: afterwards each record stands in the output exactly once."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from servers import Agent, eventually, run
from servers.places import BUILD

MakeAgent = Callable[..., Agent]

CONFIG = """\
[agent]
  omit_hostname = true
  checkpoint_interval = "50ms"
[[inputs.file]]
  files = {files}
{input}
{processors}
[[outputs.file]]
  files = ["out.lp"]
{output}
"""

COUNT = "[[processors.count]]\n  drop_original = true"


def config(files: str = '["in.lp"]', input: str = "", output: str = "", processors: str = "") -> str:
    return CONFIG.format(files=files, input=input, output=output, processors=processors)


def lines(first: int, end: int) -> list[str]:
    """Lines of the measurement m, numbered first .. end - 1 by their value and time."""
    return [f"m,host=a,part={i % 7} value={i}i {1_700_000_000_000_000_000 + i}\n" for i in range(first, end)]


def write(path: Path, text: list[str]) -> None:
    path.write_text("".join(text))


def append(path: Path, text: list[str]) -> None:
    with path.open("a") as file:
        file.write("".join(text))


def output_of(running: Agent, name: str = "out.lp") -> list[str]:
    path = running.folder / name
    return path.read_text().splitlines(keepends=True) if path.exists() else []


def awaits(running: Agent, expected: list[str], name: str = "out.lp") -> None:
    """Waits until the output has as many lines, and compares them."""
    eventually(lambda: len(output_of(running, name)) >= len(expected), 20, "the output is not complete")
    assert output_of(running, name) == expected


# ---- Formats ----

METRICS = ["a,host=x f=1.5,i=2i,s=\"a, \\\"b\\\"\",t=true 1700000000000000001\n",
           "b\\ c,host=y\\,z f=0.1 1700000000000000002\n",
           "a,host=x f=-4.25,i=-9223372036854775808i 1700000000000000003\n"]


def convert(agent: MakeAgent, text: str, input: str, output: str, name: str = "agent") -> str:
    """What file_out makes of this text, read by file_in."""
    running = agent(config(input=input, output=output), name=name)
    (running.folder / "in.lp").write_text(text)
    done = running.run_once()
    assert done.returncode == 0, done.stderr
    return (running.folder / "out.lp").read_text()


def test_formats__line_protocol_comes_back(agent: MakeAgent) -> None:
    assert convert(agent, "".join(METRICS), "", "") == "".join(METRICS)


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_formats__last_line_needs_no_end(agent: MakeAgent, ending: str) -> None:
    assert convert(agent, "m v=1 1\nm v=2 2" + ending, "", "") == "m v=1 1\nm v=2 2\n"


def test_formats__csv_goes_and_comes_back(agent: MakeAgent) -> None:
    there = '  data_format = "csv"\n  csv_header = true\n  csv_timestamp_format = "unix_ns"'
    back = ('  data_format = "csv"\n  csv_header_row_count = 1\n  csv_tag_columns = ["host"]\n'
            '  csv_measurement_column = "measurement"\n  csv_timestamp_column = "timestamp"\n'
            '  csv_timestamp_format = "unix_ns"')
    metrics = [METRICS[0], METRICS[0].replace("0001\n", "0009\n").replace("1.5", "-0.25")]
    text = convert(agent, "".join(metrics), "", there)
    assert text.splitlines()[:2] == ["timestamp,measurement,host,f,i,s,t",
                                     '1700000000000000001,a,x,1.5,2,"a, ""b""",true']
    assert convert(agent, text, back, "", "back") == "".join(metrics)


def test_formats__csv_header_stands_once_a_file(agent: MakeAgent) -> None:
    running = agent(config(output='  data_format = "csv"\n  csv_header = true'))
    write(running.folder / "in.lp", ["m v=1 1\n"])
    for _ in range(2):
        assert running.run_once().returncode == 0
    assert output_of(running) == ["timestamp,measurement,v\n", "0,m,1\n", "0,m,1\n"]


def test_formats__json_goes_and_comes_back(agent: MakeAgent) -> None:
    there = '  data_format = "json"\n  json_timestamp_units = "1ns"'
    back = ('  data_format = "json"\n  tag_keys = ["tags_host"]\n  json_string_fields = ["fields_s", "fields_t"]\n'
            '  json_name_key = "name"\n  json_time_key = "timestamp"\n  json_time_format = "unix_ns"')
    text = convert(agent, "".join(METRICS[:2]), "", there)
    assert [json.loads(line)["name"] for line in text.splitlines()] == ["a", "b c"]
    again = convert(agent, text, back, "", "back")
    assert again.splitlines()[0] == ('a,tags_host=x fields_f=1.5,fields_i=2,fields_s="a, \\"b\\"",fields_t=true '
                                     "1700000000000000001")


def test_formats__json_documents_with_use_batch_format(agent: MakeAgent) -> None:
    text = convert(agent, "".join(METRICS[:2]), "", '  data_format = "json"\n  use_batch_format = true')
    assert [metric["name"] for metric in json.loads(text)["metrics"]] == ["a", "b c"]


def test_formats__values(agent: MakeAgent) -> None:
    assert convert(agent, "1\nload 2.5\n", '  data_format = "value"\n  data_type = "float"',
                   '  data_format = "value"') == "1\n2.5\n"


def test_formats__template(agent: MakeAgent) -> None:
    assert convert(agent, METRICS[0], "", '  data_format = "template"\n  template = "{tag.host} is {field.i}"') == "x is 2\n"


def test_formats__table_of_a_whole_write(agent: MakeAgent) -> None:
    text = convert(agent, "m v=1 1\nm v=2 2\n", "", '  data_format = "table"\n  table_title = false')
    assert text.count("+--") == 3 * text.splitlines()[0].count("+--"), "one frame, one header"
    assert re.findall(r"\|\s*(\d)\|$", text, re.M) == ["1", "2"]


def test_formats__bad_records_are_dead_lettered_with_their_place(agent: MakeAgent) -> None:
    running = agent(config(input='  dead_letter = "dead.jsonl"'))
    write(running.folder / "in.lp", ["m v=1 1\n", "no fields\n", "m v=2 2\n", "m v=,x=1 3\n", "m v=4 4\n"])
    done = running.run_once()
    assert done.returncode == 0
    assert output_of(running) == ["m v=1 1\n", "m v=2 2\n", "m v=4 4\n"]
    letters = [json.loads(line) for line in (running.folder / "dead.jsonl").read_text().splitlines()]
    assert [letter["record"] for letter in letters] == ["no fields", "m v=,x=1 3"]
    assert [letter["place"] for letter in letters] == ["in.lp: byte 8, line 2", "in.lp: byte 26, line 4"]
    assert "in.lp: byte 8, line 2" in done.stderr


def test_formats__a_record_that_is_too_long_is_left_out_alone(agent: MakeAgent) -> None:
    running = agent(config(input='  max_record_size = "100kB"'))
    fits, long = "x" * 60_000, "x" * 150_000
    write(running.folder / "in.lp", ["m v=1 1\n", f'm s="{long}" 2\n', f'm s="{fits}" 3\n', "m v=4 4\n"])
    done = running.run_once()
    assert output_of(running) == ["m v=1 1\n", f'm s="{fits}" 3\n', "m v=4 4\n"]
    assert re.search(r"in.lp: byte 8: the record is longer than max_record_size", done.stderr)


# ---- Which files ----

def test_files__patterns_and_tags(agent: MakeAgent) -> None:
    running = agent(config('["logs/**/*.lp", "top/*.lp", "logs/a.lp"]',
                           input='  file_tag = "file"\n  file_path_tag = "path"'))
    for number, name in enumerate(["logs/a.lp", "logs/x/b.lp", "logs/x/y/c.lp", "top/d.lp", "top/no.txt"]):
        (running.folder / name).parent.mkdir(parents=True, exist_ok=True)
        write(running.folder / name, [f"m v={number}i {number}\n"])
    os.link(running.folder / "top/d.lp", running.folder / "top/same.lp")
    assert running.run_once().returncode == 0
    assert output_of(running) == [
        "m,file=a.lp,path=logs/a.lp v=0i 0\n", "m,file=b.lp,path=logs/x/b.lp v=1i 1\n",
        "m,file=c.lp,path=logs/x/y/c.lp v=2i 2\n", "m,file=d.lp,path=top/d.lp v=3i 3\n"]


def test_files__standard_input_to_standard_output(agent: MakeAgent) -> None:
    done = agent(config('["stdin"]').replace('["out.lp"]', '["stdout"]')).run_once(stdin="m v=1 1\nm v=2 2")
    assert (done.returncode, done.stdout) == (0, "m v=1 1\nm v=2 2\n")


def test_files__run_ends_with_standard_input(agent: MakeAgent) -> None:
    running = agent(config('["-"]').replace('["out.lp"]', '["stdout", "out.lp"]'))
    running.start()
    running.tell("m v=1 1")
    running.output.wait_for(r"^m v=1 1$", 10)
    running.close_input()
    assert running.wait() == 0
    assert output_of(running) == ["m v=1 1\n"]


def test_files__named_pipe(agent: MakeAgent) -> None:
    running = agent(config('["pipe"]', input="  tail = true"))
    os.mkfifo(running.folder / "pipe")
    running.start()
    for number in (1, 2):
        append(running.folder / "pipe", [f"m v={number}i {number}\n"])
        awaits(running, [f"m v={i}i {i}\n" for i in range(1, number + 1)])
    assert running.stop() == 0


def test_files__once_reads_the_others_and_fails_for_a_missing_one(agent: MakeAgent) -> None:
    running = agent(config('["gone.lp", "folder", "in.lp"]'))
    (running.folder / "folder").mkdir()
    write(running.folder / "in.lp", ["m v=1 1\n"])
    done = running.run_once()
    assert done.returncode == 1
    assert output_of(running) == ["m v=1 1\n"]
    assert re.search(r"gone.lp: No such file.*; folder: is a folder", done.stderr)


def test_files__run_waits_for_a_missing_one(agent: MakeAgent) -> None:
    running = agent(config('["late.lp"]'))
    running.start()
    running.wait_for_log(r"late.lp: No such file or directory; waiting")
    write(running.folder / "late.lp", ["m v=1 1\n"])
    assert running.wait() == 0
    assert output_of(running) == ["m v=1 1\n"]


def test_files__pattern_without_files_is_a_warning(agent: MakeAgent) -> None:
    done = agent(config('["none/*.lp"]')).run_once()
    assert done.returncode == 0
    assert "none/*.lp: there is no such file" in done.stderr


@pytest.mark.parametrize("wrong, said", [
    ("  files = []", "files"), ('  files = ["-", "stdin"]', "standard input"),
    ('  files = ["x"]\n  tail = true\n  reread_interval = "1s"', "reread_interval")])
def test_files__wrong_options_are_refused(agent: MakeAgent, wrong: str, said: str) -> None:
    done = agent(config().replace('  files = ["in.lp"]', wrong)).check()
    assert done.returncode == 2
    assert said in done.stderr


def test_files__read_again_and_again(agent: MakeAgent) -> None:
    running = agent(config(input='  reread_interval = "20ms"'))
    write(running.folder / "in.lp", ["m v=1 1\n"])
    running.start()
    eventually(lambda: len(output_of(running)) >= 3)
    assert running.stop() == 0
    assert set(output_of(running)) == {"m v=1 1\n"}


# ---- Files that grow ----

@pytest.fixture(params=["inotify", "poll"])
def tail(request: pytest.FixtureRequest) -> str:
    return f'  tail = true\n  initial_read_offset = "saved-or-beginning"\n  watch_method = "{request.param}"'


def test_tail__reads_what_is_appended(agent: MakeAgent, tail: str) -> None:
    running = agent(config(input=tail))
    write(running.folder / "in.lp", lines(0, 10))
    running.start()
    awaits(running, lines(0, 10))
    append(running.folder / "in.lp", lines(10, 5000))
    awaits(running, lines(0, 5000))
    half = lines(5000, 5001)[0]
    append(running.folder / "in.lp", [half[:10]])
    append(running.folder / "in.lp", [half[10:]])
    awaits(running, lines(0, 5001))
    assert running.stop() == 0


def test_tail__goes_on_in_the_file_that_takes_the_name(agent: MakeAgent, tail: str) -> None:
    running = agent(config('["in*"]', input=tail))
    path = running.folder / "in.lp"
    write(path, lines(0, 100))
    running.start()
    for turn in range(1, 4):
        awaits(running, lines(0, 100 * turn))
        with path.open("a") as writer:
            path.rename(running.folder / f"in.lp.{turn}")
            writer.writelines(lines(100 * turn, 100 * turn + 50))
        write(path, lines(100 * turn + 50, 100 * turn + 100))
    awaits(running, lines(0, 400))
    assert running.stop() == 0


def test_tail__reads_a_file_that_was_cut_from_its_beginning(agent: MakeAgent, tail: str) -> None:
    running = agent(config(input=tail))
    path = running.folder / "in.lp"
    write(path, lines(0, 100))
    running.start()
    awaits(running, lines(0, 100))
    shutil.copy(path, running.folder / "copy.lp")
    os.truncate(path, 0)
    append(path, lines(100, 120))
    awaits(running, lines(0, 120))
    assert running.stop() == 0


def test_tail__finds_new_files_and_folders(agent: MakeAgent, tail: str) -> None:
    running = agent(config('["logs/**/*.lp"]', input=tail))
    running.start()
    running.wait_for_log(r"there is no such file yet")
    for number, name in enumerate(["logs/a.lp", "logs/x/b.lp"]):
        (running.folder / name).parent.mkdir(parents=True, exist_ok=True)
        write(running.folder / name, lines(number, number + 1))
        awaits(running, lines(0, number + 1))
    assert running.stop() == 0


def test_tail__begins_at_the_end_and_then_misses_nothing(agent: MakeAgent) -> None:
    running = agent(config('["*.log"]', input="  tail = true"))
    path = running.folder / "in.log"
    half = lines(10, 11)[0]
    write(path, lines(0, 10) + [half[:8]])
    running.start()
    running.wait_for_log(r"vane")
    eventually(lambda: list(running.state.rglob("*.checkpoint")))
    append(path, [half[8:]])
    awaits(running, lines(10, 11))
    assert running.stop() == 0
    append(path, lines(11, 12))                             # while nobody looks: more of it,
    path.rename(running.folder / "old.log")                 # another name for it,
    write(path, lines(12, 13))                              # and a new file under the old name
    running.start()
    eventually(lambda: len(output_of(running)) >= 3)
    assert sorted(output_of(running)) == lines(10, 13)
    assert running.stop() == 0


def test_tail__csv_header_is_known_after_a_restart(agent: MakeAgent) -> None:
    running = agent(config(input='  tail = true\n  initial_read_offset = "saved-or-beginning"\n  data_format = "csv"\n'
                                 '  csv_header_row_count = 1\n  csv_measurement_column = "n"\n'
                                 '  csv_timestamp_column = "t"\n  csv_timestamp_format = "unix_ns"'))
    path = running.folder / "in.lp"
    write(path, ["t,n,v\n", "1,m,1\n"])
    running.start()
    awaits(running, ["m v=1i 1\n"])
    assert running.stop() == 0
    append(path, ["2,m,2\n"])
    running.start()
    awaits(running, ["m v=1i 1\n", "m v=2i 2\n"])
    assert running.stop() == 0


# ---- Ends of all kinds ----

def test_restart__goes_on_after_sigterm(agent: MakeAgent) -> None:
    running = agent(config(input="  tail = true\n  initial_read_offset = \"saved-or-beginning\""))
    for turn in range(3):
        append(running.folder / "in.lp", lines(turn * 1000, turn * 1000 + 1000))
        running.start()
        awaits(running, lines(0, turn * 1000 + 1000))
        assert running.stop() == 0
    assert output_of(running) == lines(0, 3000)


def kill_at_random(running: Agent, times: int, seed: int) -> None:
    """Starts and kills, mostly while it is at work; what is awaited here is a moment like any other."""
    moments = random.Random(seed)
    killed = [kill_after(running, moments.uniform(0.005, 0.07)) for _ in range(times)]
    assert killed.count(-signal.SIGKILL) > times / 2, "most kills came while it was at work"


def kill_after(running: Agent, seconds: float) -> int:
    running.start()
    time.sleep(seconds)
    return running.kill()


def test_kill__every_line_stands_once(agent: MakeAgent) -> None:
    running = agent(config())
    write(running.folder / "in.lp", lines(0, 600_000))
    kill_at_random(running, 20, 1)
    running.start()
    assert running.wait(60) == 0
    assert output_of(running) == lines(0, 600_000)


def test_kill__every_line_stands_once_while_files_rotate(agent: MakeAgent) -> None:
    running = agent(config('["in.lp*"]', input='  tail = true\n  initial_read_offset = "saved-or-beginning"'))
    moments, path = random.Random(2), running.folder / "in.lp"
    for turn in range(10):
        append(path, lines(turn * 10_000, turn * 10_000 + 6_000))
        running.start()
        time.sleep(moments.uniform(0.005, 0.1))
        append(path, lines(turn * 10_000 + 6_000, turn * 10_000 + 10_000))
        if turn % 3 == 2:
            path.rename(running.folder / f"in.lp.{turn}")
        time.sleep(moments.uniform(0.005, 0.1))
        running.kill()
    running.start()
    eventually(lambda: len(output_of(running)) >= 100_000, 30)
    assert running.stop() == 0
    assert sorted(output_of(running)) == sorted(lines(0, 100_000))


def test_kill__counts_of_a_processor_are_exact(agent: MakeAgent) -> None:
    running = agent(config(processors=COUNT), "--plugin-dir", BUILD / "tests/plugins")
    write(running.folder / "in.lp", lines(0, 200_000))
    kill_at_random(running, 10, 3)
    running.start()
    assert running.wait(60) == 0
    counts: dict[str, list[int]] = {}
    for line in output_of(running):
        series, fields, _ = line.split(" ")
        counts.setdefault(series, []).append(int(fields.removeprefix("count=").rstrip("i")))
    assert len(counts) == 7
    for numbers in counts.values():
        assert numbers == list(range(1, len(numbers) + 1))
    assert sum(map(len, counts.values())) == 200_000


def test_kill__every_line_stands_once_while_the_output_rotates(agent: MakeAgent) -> None:
    running = agent(config(output='  rotation_max_size = "1MB"\n  rotation_max_archives = -1'))
    write(running.folder / "in.lp", lines(0, 300_000))
    kill_at_random(running, 15, 4)
    running.start()
    assert running.wait(60) == 0
    archives = sorted(path.name for path in running.folder.glob("out.lp.*"))
    assert len(archives) > 10
    assert [line for name in [*archives, "out.lp"] for line in output_of(running, name)] == lines(0, 300_000)


def test_crash__leaves_the_state_whole(agent: MakeAgent) -> None:
    crash = '[[processors.crash]]\n  field = "bang"'
    running = agent(config(input="  tail = true\n  initial_read_offset = \"saved-or-beginning\"", processors=crash),
                    "--plugin-dir", BUILD / "tests/plugins")
    path = running.folder / "in.lp"
    write(path, lines(0, 1000))
    running.start()
    awaits(running, lines(0, 1000))
    append(path, ["m bang=1 1\n"])
    assert running.wait() == -signal.SIGSEGV
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
    running.wait_for_log(r"open later/out.lp: the folder that it is to be in does not exist; trying again")
    (running.folder / "later").mkdir()
    assert running.wait() == 0
    assert output_of(running, "later/out.lp") == lines(0, 10)


def test_output__ends_the_agent_when_nobody_reads_standard_output(agent: MakeAgent) -> None:
    running = agent(config().replace('["out.lp"]', '["stdout"]').replace("[agent]", "[agent]\n  drain_timeout = '1s'"))
    write(running.folder / "in.lp", lines(0, 100_000))
    pipe = subprocess.run(f"{running.command[0]} --once --config vane.toml | head -3; exit ${{PIPESTATUS[0]}}",
                          shell=True, executable="/bin/bash", cwd=running.folder, env=running.env, text=True,
                          capture_output=True, timeout=15)
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
    running = agent(config(input="  tail = true\n  initial_read_offset = \"saved-or-beginning\""))
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
    running = agent(config('["pipe"]', output='  rotation_max_size = "10MB"\n  rotation_max_archives = 0'))
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
    assert late - early < 4_000, f"{early} kB after less than half, {late} kB in the end"
