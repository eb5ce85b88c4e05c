"""`manage.py test`: pytest through Django's TEST_RUNNER, on SQLite and again on PostgreSQL.

Everything after the options is handed to pytest (``manage.py test -- -k wizard``). The last line is
the total of both runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from xml.etree import ElementTree

from . import postgres

BASE = Path(__file__).resolve().parent.parent


class PytestRunner:
    """Django calls `run_tests`; the number it returns is the number of failures."""

    def __init__(self, *, long: bool = False, failfast: bool = False, **options: object) -> None:
        self.long = long
        self.failfast = failfast

    @classmethod
    def add_arguments(cls, parser: ArgumentParser) -> None:
        parser.add_argument("--long", action="store_true", help="包括全部长时间的证明")

    def run_tests(self, test_labels: list[str], **options: object) -> int:
        with tempfile.TemporaryDirectory() as folder:
            reports = Path(folder)
            codes = [self._pytest(test_labels, reports / "sqlite.xml", {}, "")]
            with postgres.running() as urls:
                codes.append(self._pytest(test_labels, reports / "postgresql.xml", urls, "db"))
            passed, failed, skipped = _totals(sorted(reports.glob("*.xml")))
        # 5 = nothing selected, which is right for a label without database tests
        broken = sum(code not in (0, 1, 5) for code in codes)
        print(f"{passed} passed, {failed + broken} failed, {skipped} skipped")
        return failed + broken

    def _pytest(self, labels: list[str], report: Path, urls: dict[str, str], only: str) -> int:
        kept = " and ".join(filter(None, [only, "" if self.long else "not long"]))
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
        command += ["--no-loadscope-reorder"]  # tests/conftest.py puts the longest files first
        command += [f"--junit-xml={report}", *(["-m", kept] if kept else [])]
        command += ["-x"] if self.failfast else []
        with tempfile.TemporaryDirectory() as data:
            env = {**os.environ, **urls, "NEEDS_DATA": data, "MPLBACKEND": "Agg"}
            return subprocess.run([*command, *labels], cwd=BASE, env=env).returncode


def _totals(reports: list[Path]) -> tuple[int, int, int]:
    """(passed, failed, skipped) over the JUnit files pytest wrote."""
    ran = failed = skipped = 0
    for path in reports:
        for suite in ElementTree.parse(path).getroot().iter("testsuite"):
            ran += int(suite.get("tests", 0))
            failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped += int(suite.get("skipped", 0))
    return ran - failed - skipped, failed, skipped
