"""What vane says to those who type: its help, what is misspelt, and every option that the help names."""

import re
import signal
from pathlib import Path

import pytest

from servers import Agent, eventually, vane
from servers.places import built

CONFIG = """
[agent]
  omit_hostname = true
[[inputs.file]]
  files = ["{folder}/in.lp"]
[[outputs.file]]
  files = ["{folder}/out.lp"]
"""
FOLLOWING = '[[inputs.file]]\n  files = ["in.lp"]\n  tail = true\n[[outputs.file]]\n  files = ["stdout"]\n'
LIVE = '[[inputs.internal]]\n  interval = "20ms"\n[[outputs.file]]\n  files = ["stdout"]\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "in.lp").write_text("m v=1 1\n")
    path = tmp_path / "vane.toml"
    path.write_text(CONFIG.format(folder=tmp_path))
    return path


def refusal(*arguments: str) -> str:
    """The one line that tells what is wrong with these words."""
    done = vane(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("vane: ")
    return done.stderr[len("vane: "):].rstrip("\n")


# ---- What is misspelt ----

@pytest.mark.parametrize(("arguments", "said"), [
    (["chek"], "there is no command 'chek'; did you mean 'check'? `vane help` lists them"),
    (["frobnicate"], "there is no command 'frobnicate'; `vane help` lists them"),
    (["run", "too", "many"], "usage: vane [run] --config FILE"),
    (["check", "vane.toml"], "usage: vane check [--graph] --config FILE"),
    (["plugins", "x"], "usage: vane plugins"),
    (["help", "a", "b"], "usage: vane help [PLUGIN | FORMAT]"),
    (["--confg", "x"], "there is no option '--confg'; did you mean '--config'? `vane help` lists them"),
    (["-x"], "there is no option '-x'; `vane help` lists them"),
    (["--config"], "--config needs a value"),
    (["--once=yes"], "--once takes no value"),
    (["--test-wait", "soon"], "--test-wait: 'soon' is no duration, such as 5s, 2m or a number of seconds"),
    (["--plugin-dir", "/nowhere/at/all", "plugins"], "--plugin-dir /nowhere/at/all: No such file or directory"),
    (["--plugin-dir", "/dev/null", "plugins"], "--plugin-dir /dev/null: Not a directory"),
    (["help", "prophet"], "'prophet' is no plugin, but an option: `vane help forecast.prophet`"),
    (["check", "--config", "/"], None),
])
def test_what_is_misspelt_is_told_in_one_line(arguments: list[str], said: str | None) -> None:
    if said is None:
        assert "is a directory: name it with --config-directory" in vane(*arguments).stderr
    else:
        assert refusal(*arguments) == said


def test_a_plugin_that_is_missing_is_told_with_a_hint(tmp_path: Path) -> None:
    assert re.match(r"there is no plugin 'kafka_im' \(did you mean 'kafka_in'\?\): looked for kafka_im.so, "
                    r"kafka_im_in.so and kafka_im_out.so in /", refusal("help", "kafka_im"))
    assert "(did you mean 'kafka_in'?)" in refusal("sample", "kafka_inn")
    (tmp_path / "vane.toml").write_text('[[inputs.tail]]\n[[inputs.cpu]]\n[[outputs.influx_ot]]\n')
    lines = vane("check", "--config", tmp_path / "vane.toml").stderr.splitlines()
    assert [re.search(r"\((.*?)\)", line)[1] for line in lines] == [
        "use inputs.file with tail = true", "Telegraf's plugin of this name is not there yet",
        "did you mean 'influx_out'?"]


# ---- What the help names ----

def test_help_is_one_text_however_it_is_asked_for() -> None:
    texts = [vane(*words) for words in (["help"], ["--help"], ["-help"], ["check", "--help"])]
    assert len({done.stdout for done in texts}) == 1 and all(done.returncode == 0 for done in texts)
    assert all(len(line) <= 100 for line in texts[0].stdout.splitlines())


@pytest.mark.parametrize("command", ["run", "check", "plugins", "help", "sample", "version"])
def test_help_of_a_command_is_its_usage(command: str) -> None:
    done = vane("help", command)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(rf"usage: vane \[?{command}\b", done.stdout)


def test_help_of_the_agent_is_its_sample() -> None:
    assert vane("help", "agent").stdout == vane("sample").stdout


def test_help_names_every_option_that_is_tested_here() -> None:
    named = set(re.findall(r"--[a-z-]+", vane("help").stdout))
    assert named == set(re.findall(r'"(--[a-z-]+)"', Path(__file__).read_text())) - {"--confg"}


def test_version() -> None:
    assert vane("version").stdout == vane("--version").stdout
    assert re.fullmatch(r"vane \d+\.\d+\.\d+\n", vane("version").stdout)


def test_once_reads_to_the_end(config: Path) -> None:
    assert vane("--config", config, "--once").returncode == 0
    assert (config.parent / "out.lp").read_text() == "m v=1 1\n"


def test_test_prints_and_writes_nothing(config: Path) -> None:
    assert vane("run", "--test", "--config", config).stdout == "> m v=1 1\n"
    assert not (config.parent / "out.lp").exists()


def test_config_is_read_from_standard_input(config: Path) -> None:
    assert vane("check", "--config", "-", stdin=config.read_text()).stdout == "stdin: good, 2 plugins\n"
    done = vane("check", "--config", "-", stdin="[[inputs.file]]\n")
    assert done.stderr.startswith("stdin:1: inputs.file.files: is required\n")
    assert "stdin: is at its end" in vane("check", "--config", "-", stdin="").stderr


def test_config_directory_is_read_deep(config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "conf.d" / "deep"
    folder.mkdir(parents=True)
    config.rename(folder / "a.conf")
    assert vane("--config-directory", tmp_path / "conf.d", "--test").stdout == "> m v=1 1\n"


def test_plugin_dir_comes_first(config: Path) -> None:
    tests = built("vane").parent / "tests/plugins"
    config.write_text(config.read_text() + "[[processors.count]]\n")
    assert vane("check", "--config", config).returncode == 2
    assert vane("check", "--config", config, "--plugin-dir", tests).returncode == 0


def test_once_leaves_alone_what_is_saved(config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text().replace("[agent]", f'[agent]\n  state_directory = "{tmp_path}/kept"'))
    for _ in range(2):
        assert vane("--config", config, "--once").returncode == 0
    assert (tmp_path / "out.lp").read_text() == "m v=1 1\n" * 2 and not (tmp_path / "kept").exists()


def test_state_directory_keeps_the_position(config: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert vane("--config", config, "--once", "--state-directory", tmp_path / "kept").returncode == 0
    assert (tmp_path / "out.lp").read_text() == "m v=1 1\n", "not read a second time"


def test_test_wait_listens_so_long(tmp_path: Path) -> None:
    (tmp_path / "live.toml").write_text(LIVE)
    assert vane("--config", tmp_path / "live.toml", "--test", "--test-wait", "0.2").stdout.startswith("> internal")


def test_graph_is_printed(config: Path) -> None:
    assert "inputs.file_in" in vane("check", "--graph", "--config", config).stdout


def test_pidfile_is_there_while_it_runs(agent, tmp_path: Path) -> None:
    running: Agent = agent(LIVE, "--pidfile", tmp_path / "pid")
    running.start()
    eventually(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() == f"{running.pid}\n")
    assert running.stop() == 0
    assert not (tmp_path / "pid").exists()


def test_debug_and_quiet_set_what_is_logged(config: Path) -> None:
    plain, debug, quiet = (vane("--config", config, "--once", *words).stderr for words in ([], ["--debug"], ["--quiet"]))
    assert "I! " in plain and quiet == ""
    assert len(debug) >= len(plain)


def test_a_second_agent_of_one_state_is_told_what_to_do(agent, tmp_path: Path) -> None:
    env = {"STATE_DIRECTORY": "", "XDG_STATE_HOME": str(tmp_path / "home")}
    first: Agent = agent(FOLLOWING, name="a", env=env)
    second: Agent = agent(FOLLOWING, name="b", env=env)
    first.start()
    first.wait_for_log("plugins from vane")
    done = vane("--config", second.config, folder=second.folder, env=env)
    assert done.returncode == 1
    assert (f"state_directory: {tmp_path}/home/vane/vane is in use by another agent; give each agent its own "
            "(state_directory in [agent], or --state-directory)") in done.stderr
    first.signal(signal.SIGTERM)
    assert first.wait() == 0


# ---- What fails while it runs ----

def test_a_full_disk_is_told_once_and_without_stammering(agent, tmp_path: Path) -> None:
    running: Agent = agent(LIVE.replace('"stdout"', '"/dev/full"') + '[agent]\n  drain_timeout = "100ms"\n')
    running.start()
    running.wait_for_log(r"W! \[outputs.file_out\] write /dev/full: No space left on device; trying again until it succeeds")
    running.stop()
    assert running.log.count("No space left on device") == 1


def test_a_state_directory_that_is_refused_is_told_with_its_whole_path(config: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = vane("--config", config, "--state-directory", "file/state", folder=tmp_path)
    assert done.returncode == 1
    assert (f"state_directory: make {tmp_path}/file/state: Not a directory; another one is set with state_directory "
            "in [agent], or with --state-directory\n") in done.stderr
