"""file_in and file_out: every format, which files are read, and files that grow and are rotated."""

import json
import os
import re
import shutil

import pytest

from file_kit import FROM_BEGINNING, MakeAgent, append, awaits, config, lines, output_of, write
from servers import Agent, eventually

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
    back = ('  data_format = "json"\n  tag_keys = ["tags_host"]\n'
            '  json_string_fields = ["fields_s", "fields_t"]\n  json_name_key = "name"\n'
            '  json_time_key = "timestamp"\n  json_time_format = "unix_ns"')
    text = convert(agent, "".join(METRICS[:2]), "", there)
    assert [json.loads(line)["name"] for line in text.splitlines()] == ["a", "b c"]
    again = convert(agent, text, back, "", "back")
    assert again.splitlines()[0] == ('a,tags_host=x fields_f=1.5,fields_i=2,fields_s="a, \\"b\\"",'
                                     "fields_t=true 1700000000000000001")


def test_formats__json_documents_with_use_batch_format(agent: MakeAgent) -> None:
    text = convert(agent, "".join(METRICS[:2]), "", '  data_format = "json"\n  use_batch_format = true')
    assert [metric["name"] for metric in json.loads(text)["metrics"]] == ["a", "b c"]


def test_formats__values(agent: MakeAgent) -> None:
    assert convert(agent, "1\nload 2.5\n", '  data_format = "value"\n  data_type = "float"',
                   '  data_format = "value"') == "1\n2.5\n"


def test_formats__template(agent: MakeAgent) -> None:
    template = '  data_format = "template"\n  template = "{tag.host} is {field.i}"'
    assert convert(agent, METRICS[0], "", template) == "x is 2\n"


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


def dead_letters(running: Agent) -> list[dict[str, str]]:
    path = running.folder / "dead.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


LIMITED = '  max_record_size = "{size}"\n  dead_letter = "dead.jsonl"'


def test_formats__a_record_that_is_too_long_is_bad(agent: MakeAgent) -> None:
    running = agent(config(input=LIMITED.format(size="100kB")))
    fits, long = "x" * 60_000, "x" * 150_000
    write(running.folder / "in.lp", ["m v=1 1\n", f'm s="{long}" 2\n', f'm s="{fits}" 3\n', "wrong\n", "m v=4 4\n"])
    done = running.run_once()
    reason = "the record is longer than max_record_size (100000 bytes)"
    assert output_of(running) == ["m v=1 1\n", f'm s="{fits}" 3\n', "m v=4 4\n"]
    assert f"in.lp: byte 8, line 2: {reason}" in done.stderr
    letter, other = dead_letters(running)
    assert (letter["reason"], letter["place"]) == (reason, "in.lp: byte 8, line 2")
    assert letter["record"] == f'm s="{long}"'[:4096], "its beginning"
    assert other["place"].endswith("line 4"), "lines count on"


@pytest.mark.parametrize("ending", ["\n", ""])
@pytest.mark.parametrize("line", ["m v=12345 1", 'm s="1\n2" 1'])
def test_formats__the_limit_of_a_record_is_exact(agent: MakeAgent, line: str, ending: str) -> None:
    for size, letters in ((len(line), 0), (len(line) - 1, 1)):
        running = agent(config(input=LIMITED.format(size=f"{size}B")), name=f"agent{size}")
        (running.folder / "in.lp").write_text("m v=1 1\n" + line + ending)
        running.run_once()
        assert [letter["place"] for letter in dead_letters(running)][:1] == ["in.lp: byte 8, line 2"] * letters
        assert len(output_of(running)) == (1 if letters else 2 + line.count("\n"))


def test_formats__a_csv_header_that_is_too_long_leaves_no_names(agent: MakeAgent) -> None:
    csv = '\n  data_format = "csv"\n  csv_header_row_count = 1'
    running = agent(config(input=LIMITED.format(size="10B") + csv))
    write(running.folder / "in.lp", ["a,bbbbbbbbb\n", "1,2\n"])
    running.run_once()
    assert [letter["place"] for letter in dead_letters(running)] == ["in.lp: byte 0, line 1", "in.lp: byte 12, line 2"]
    assert "the header could not be read" in dead_letters(running)[1]["reason"]


def test_files__a_record_that_is_too_long_is_left_whole_over_a_restart(agent: MakeAgent) -> None:
    running = agent(config(input=FROM_BEGINNING + "\n" + LIMITED.format(size="100kB")))
    (running.folder / "in.lp").write_text("m v=1 1\nm s=\"" + "x" * 200_000)
    with running:
        eventually(lambda: len(dead_letters(running)) == 1, 20, "the long record is not reported")
        awaits(running, ["m v=1 1\n"])
    append(running.folder / "in.lp", ["x\nm v=2 2\n", "m v=3 3\n"])
    with running:
        awaits(running, ["m v=1 1\n", "m v=2 2\n", "m v=3 3\n"])
    assert [letter["place"][:14] for letter in dead_letters(running)] == ["in.lp: byte 8,"] * 2, "found again"


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
    assert re.search(r"gone.lp: No such file.*; \S*folder: is a folder", done.stderr)


def test_files__the_first_bad_record_says_that_nobody_has_chosen_the_format(agent: MakeAgent) -> None:
    running = agent(config('["in.csv"]'))
    write(running.folder / "in.csv", ["time,price\n", "1,2\n"])
    assert running.run_once().stderr.count("has no '=' (data_format is influx, the default)") == 1
    chosen = agent(config('["in.csv"]\n  data_format = "influx"'), name="chosen")
    write(chosen.folder / "in.csv", ["time,price\n"])
    assert "the default" not in chosen.run_once().stderr


def test_files__the_first_record_that_is_lost_names_the_option_that_keeps_it(agent: MakeAgent) -> None:
    running = agent(config('["in.lp"]'))
    write(running.folder / "in.lp", ["garbage\n", "m v=1 1\n", "more garbage\n"])
    assert running.run_once().stderr.count("(it is lost: set dead_letter to keep what is refused)") == 1
    kept = agent(config('["in.lp"]\n  dead_letter = "bad.json"'), name="kept")
    write(kept.folder / "in.lp", ["garbage\n"])
    assert "dead_letter" not in kept.run_once().stderr
    assert (kept.folder / "bad.json").exists()


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
    return f'{FROM_BEGINNING}\n  watch_method = "{request.param}"'


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
    running = agent(config(input=FROM_BEGINNING + '\n  data_format = "csv"\n  csv_header_row_count = 1\n'
                                 '  csv_measurement_column = "n"\n  csv_timestamp_column = "t"\n'
                                 '  csv_timestamp_format = "unix_ns"'))
    path = running.folder / "in.lp"
    write(path, ["t,n,v\n", "1,m,1\n"])
    running.start()
    awaits(running, ["m v=1i 1\n"])
    assert running.stop() == 0
    append(path, ["2,m,2\n"])
    running.start()
    awaits(running, ["m v=1i 1\n", "m v=2i 2\n"])
    assert running.stop() == 0
