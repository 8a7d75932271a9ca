"""What the README shows works as it stands there."""

import os
import re
import subprocess
from pathlib import Path


ROOT = Path(__file__).resolve().parents[2]


def block(language: str, text: str, number: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)[number]


def build_dir() -> Path:
    return Path(os.environ.get("VANE_BUILD", ROOT / "build")).resolve()


def test_the_plugin_of_the_readme_compiles_and_runs(tmp_path):
    source = block("c", (ROOT / "README.md").read_text())
    assert len(source.splitlines()) < 60
    (tmp_path / "walk.c").write_text(source)
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "vane").symlink_to(ROOT / "core")
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC",
                    "-I", str(tmp_path / "include"), "-o", str(tmp_path / "walk.so"), str(tmp_path / "walk.c")], check=True)
    (tmp_path / "walk.toml").write_text('[[inputs.walk]]\n  series = "a"\n[[outputs.file_out]]\n')
    done = subprocess.run([build_dir() / "vane", "--plugin-dir", tmp_path, "--test", "--config", tmp_path / "walk.toml"],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert re.match(r"> walk,host=\S+,series=a value=\d", done.stdout)


def test_the_first_configuration_of_the_readme_runs(tmp_path):
    config = block("toml", (ROOT / "README.md").read_text())
    (tmp_path / "first.toml").write_text(config)
    (tmp_path / "prices.csv").write_text("time,price\n1648522311673,46920.37000000\n")
    done = subprocess.run([build_dir() / "vane", "--test", "--config", "first.toml"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert re.match(r"> prices,host=\S+ price=46920.37 1648522311673000000\n", done.stdout)


def test_every_sample_configuration_is_good():
    environment = os.environ | {"INFLUX_TOKEN": "t"}
    for config in sorted((ROOT / "config").glob("*.toml")):
        done = subprocess.run([build_dir() / "vane", "check", "--config", config], capture_output=True, text=True,
                              env=environment, timeout=20)
        assert done.returncode == 0, f"{config.name}: {done.stderr}"


def test_every_link_of_the_readmes_leads_somewhere():
    for readme in [ROOT / "README.md", *ROOT.glob("*/README.md"), *ROOT.glob("plugins/*/README.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", readme.read_text()):
            assert (readme.parent / target).exists(), f"{readme}: {target}"
