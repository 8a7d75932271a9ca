#!/usr/bin/python3
"""Runs the tests and counts them; the last line is `N passed, N failed`, with `, N skipped` if any were.

    tests/run.py [--unit] [--flow] [--full] [--build DIR] [--junit DIR] [-k EXPR]

Unit tests are the programs BUILD/tests/*_test (cmocka), each run as a process of its own with a time
limit: one that crashes or hangs is a failed test and shows its output. Flow tests are pytest's, in
tests/flow, run with build/venv. Without --unit or --flow both run; --full adds the flow tests that need
what takes minutes to build. -k chooses: for pytest as it is; of the unit tests those programs run whose
name contains one of its words (`toml or csv`). Exit code 1 when a test failed or none ran.

Only Python's standard library is needed here.
"""

import argparse
import os
import re
import select
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PYTHON = TOP / "build/venv/bin/python"
UNIT_LIMIT = 120        # seconds for one program of unit tests
FLOW_LIMIT = 120        # seconds for one flow test, its fixtures included
SLOWEST = 10
PATIENCE = float(os.environ.get("VANE_TEST_PATIENCE", "1"))

CMOCKA_LINE = re.compile(r"\[\s+(RUN|OK|FAILED|SKIPPED|ERROR)\s+\] (test\w*)\s*$")
PYTEST_SUMMARY = re.compile(r"^=+ (.* in [\d.]+s.*|no tests ran.*) =+$")


@dataclass
class Result:
    """How one test ended."""

    suite: str
    name: str
    status: str         # passed, failed or skipped
    seconds: float = 0
    detail: str = ""    # the output of a failed test, the reason of a skipped one


def failure(suite: str, why: str) -> list[Result]:
    """What kept all tests of a suite from running, shown and counted as one failed test."""
    print(f"{suite}: {why}", flush=True)
    return [Result(suite, "(all)", "failed", 0, why)]


# ---- Unit tests ----

class UnitProgram:
    """One program of cmocka tests, whose output tells, line by line, which test starts and how it ended."""

    def __init__(self, path: Path):
        self.path = path
        self.suite = path.name
        self.results: list[Result] = []
        self.output = ""
        self._test: str | None = None
        self._test_began = (0, 0.0)     # where in the output, and when

    def run(self, limit: float) -> None:
        child = subprocess.Popen([self.path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL, start_new_session=True,
                                 env={**os.environ, "CMOCKA_MESSAGE_OUTPUT": "STDOUT"})
        in_time = self._read(child, time.monotonic() + limit)
        code = self._end(child, in_time)
        self._judge(code, f"still ran after {limit:g} s" if not in_time else ended_how(code))

    def _read(self, child: subprocess.Popen[bytes], end: float) -> bool:
        """Reads the output until it ends; false when time is up first."""
        rest = b""
        while (left := end - time.monotonic()) > 0:
            if not select.select([child.stdout], [], [], left)[0]:
                break
            piece = os.read(child.stdout.fileno(), 65536)
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self._take(line.decode(errors="replace"))
            if not piece:
                self._take(rest.decode(errors="replace"))
                return True
        self._take(rest.decode(errors="replace"))
        return False

    @staticmethod
    def _end(child: subprocess.Popen[bytes], in_time: bool) -> int:
        """The exit code; whatever the program started ends with it."""
        try:
            return child.wait(10 if in_time else 0)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()
            child.stdout.close()

    def _take(self, line: str) -> None:
        self.output += line + "\n"
        if not (found := CMOCKA_LINE.search(line)):
            return
        word, name = found.groups()
        if word == "RUN":
            self._test, self._test_began = name, (len(self.output), time.monotonic())
        elif name == self._test:
            self._add({"OK": "passed", "SKIPPED": "skipped"}.get(word, "failed"))

    def _add(self, status: str, why: str = "") -> None:
        place, began = self._test_began
        detail = {"passed": "", "skipped": "skipped by the test"}.get(status, why + self.output[place:])
        self.results.append(Result(self.suite, self._test, status, time.monotonic() - began, detail))
        self._test = None

    def _judge(self, code: int, how: str) -> None:
        """A program that ended badly without a failed test to show for it, is one."""
        if self._test:
            self._add("failed", f"the program {how} in this test\n")
        elif code != 0 and not any(result.status == "failed" for result in self.results):
            self._add_program(f"it {how}")
        elif not self.results:
            self._add_program("it ran no test")

    def _add_program(self, why: str) -> None:
        detail = f"{why}\n{self.output}"
        self.results.append(Result(self.suite, "(the program)", "failed", 0, detail))


def ended_how(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def run_unit_tests(build: Path, words: list[str]) -> list[Result]:
    programs = [path for path in sorted((build / "tests").glob("*_test")) if os.access(path, os.X_OK)]
    if not programs:
        return failure("unit", f"no unit tests in {build}/tests: run `make`")
    results: list[Result] = []
    for path in programs:
        if words and not any(word in path.name for word in words):
            continue
        began = time.monotonic()
        program = UnitProgram(path)
        program.run(UNIT_LIMIT * PATIENCE)
        print(f"unit {path.name:<28} {totals(program.results)}  {time.monotonic() - began:.2f} s", flush=True)
        show_failures(program.results)
        results += program.results
    return results


def show_failures(results: list[Result]) -> None:
    for result in results:
        if result.status == "failed":
            print(f"---- {result.suite}: {result.name}")
            print("\n".join(f"    {line}" for line in result.detail.rstrip().splitlines()[-100:]), flush=True)


# ---- Flow tests ----

def run_flow_tests(build: Path, report: Path, full: bool, expression: str | None) -> list[Result]:
    if not PYTHON.exists():
        return failure("flow", "no build/venv: run `packaging/install-dependencies test`")
    report.unlink(missing_ok=True)
    command = [PYTHON, "-m", "pytest", "tests/flow", "--no-header", "-p", "no:cacheprovider", "--tb=short",
               "--continue-on-collection-errors", f"--timeout={FLOW_LIMIT * PATIENCE:g}",
               f"--junit-xml={report}", "-o", "junit_duration_report=total",
               "-W", "ignore::DeprecationWarning:influxdb.line_protocol"]
    command += ["--full"] if full else []
    command += ["-k", expression] if expression else []
    child = subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, text=True, errors="replace",
                             env={**os.environ, "VANE_BUILD": str(build), "PYTHONUNBUFFERED": "1"})
    copy_output(child)
    code = child.wait()
    results = read_junit(report)
    if code not in (0, 5) and not any(result.status == "failed" for result in results):
        results += failure("flow", f"pytest {ended_how(code)}")
    return results


def copy_output(child: subprocess.Popen[str]) -> None:
    """Passes on what pytest prints, but for its own count of the tests."""
    for line in child.stdout:
        if not PYTEST_SUMMARY.match(line.rstrip()):
            print(line, end="", flush=True)


def read_junit(report: Path) -> list[Result]:
    if not report.exists():
        return []
    return [result_of(case) for case in ElementTree.parse(report).iter("testcase")]


def result_of(case: ElementTree.Element) -> Result:
    status, detail = "passed", ""
    for child in case:
        if child.tag in ("failure", "error"):
            status, detail = "failed", child.get("message", "") + "\n" + (child.text or "")
        elif child.tag == "skipped" and status == "passed":
            status, detail = "skipped", child.get("message", "")
    suite = case.get("classname", "").rsplit(".", 1)[-1] or "flow"
    return Result(suite, case.get("name", ""), status, float(case.get("time", 0)), detail)


# ---- The report ----

def totals(results: list[Result]) -> str:
    count = {status: sum(result.status == status for result in results)
             for status in ("passed", "failed", "skipped")}
    line = f"{count['passed']} passed, {count['failed']} failed"
    return line + (f", {count['skipped']} skipped" if count["skipped"] else "")


def write_junit(results: list[Result], path: Path) -> None:
    root = ElementTree.Element("testsuite", name="vane", tests=str(len(results)))
    for result in results:
        case = ElementTree.SubElement(root, "testcase", classname=result.suite, name=result.name,
                                      time=f"{result.seconds:.3f}")
        if result.status != "passed":
            tag = "failure" if result.status == "failed" else "skipped"
            text = re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd]", "?", result.detail)
            ElementTree.SubElement(case, tag, message=text.split("\n", 1)[0]).text = text
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def show_summary(results: list[Result]) -> None:
    slowest = sorted(results, key=lambda result: -result.seconds)[:SLOWEST]
    print_list("slowest", [f"{result.seconds:7.2f} s  {result.suite}: {result.name}" for result in slowest])
    print_list("skipped", [f"{result.suite}: {result.name}: {result.detail}"
                           for result in results if result.status == "skipped"])
    print_list("failed", [f"{result.suite}: {result.name}"
                          for result in results if result.status == "failed"])
    print("\n" + totals(results), flush=True)


def print_list(title: str, lines: list[str]) -> None:
    if lines:
        print(f"\n{title}:")
        print("\n".join(f"  {line}" for line in lines))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--unit", action="store_true", help="the unit tests only")
    parser.add_argument("--flow", action="store_true", help="the flow tests only")
    parser.add_argument("--full", action="store_true", help="also the flow tests marked `full`")
    parser.add_argument("--build", type=Path, default=TOP / "build", help="the build to test (build)")
    parser.add_argument("--junit", type=Path, metavar="DIR", help="write JUnit reports there")
    parser.add_argument("-k", dest="expression", metavar="EXPR", help="only the tests that match")
    options = parser.parse_args()
    build = options.build.resolve()
    reports = options.junit or TOP / "build/reports"
    reports.mkdir(parents=True, exist_ok=True)
    results: list[Result] = []
    if options.unit or not options.flow:
        words = options.expression.split(" or ") if options.expression else []
        results += run_unit_tests(build, words)
        write_junit(results, reports / "unit.xml")
    if options.flow or not options.unit:
        results += run_flow_tests(build, reports.resolve() / "flow.xml", options.full, options.expression)
    show_summary(results)
    passed = any(result.status == "passed" for result in results)
    return 0 if passed and not any(result.status == "failed" for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
