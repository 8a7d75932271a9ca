"""Where things are: the source tree, the build under test, and the servers that were installed."""

import os
import shutil
from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
TOOLS = TOP / "build"                                               # filled by packaging/install-dependencies
BUILD = (TOP / os.environ.get("VANE_BUILD", "build")).resolve()     # the build under test


def program(name: str, *folders: Path) -> Path:
    """A program in one of the folders, else on the PATH."""
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    if found := shutil.which(name):
        return Path(found)
    where = " or ".join(str(folder) for folder in folders) or "the PATH"
    raise AssertionError(f"{name} is missing (looked in {where}): run `packaging/install-dependencies test`")


def built(name: str) -> Path:
    """A program of the build under test."""
    path = BUILD / name
    assert path.is_file(), f"{path} is missing: run `make`, or set VANE_BUILD to the build to test"
    return path
