"""JavaRosa as judge: Judge.java compiled against the classes that ship inside pyxform."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyxform

JAR = Path(pyxform.__file__).parent / "validators/odk_validate/bin/ODK_Validate.jar"
ENV = {**os.environ, "TZ": "Asia/Shanghai"}


@dataclass(slots=True)
class Verdict:
    """One scenario: leaf -> relevant, required, constraint, value, choices; or an error."""

    form: str
    error: str = ""
    leaves: dict[str, tuple[str, ...]] = field(default_factory=dict)


def judge(jobs: Sequence[tuple[Path, Path]], folder: Path) -> list[Verdict]:
    """JavaRosa's verdict on each (XForm file, answers file)."""
    source = Path(__file__).with_name("Judge.java")
    classes = folder / "classes"
    compiler = ["javac", "-encoding", "UTF-8", "-cp", str(JAR), "-d", str(classes), str(source)]
    subprocess.run(compiler, check=True, capture_output=True)
    listed = folder / "jobs.txt"
    listed.write_text("".join(f"{form}::{answers}\n" for form, answers in jobs), encoding="utf-8")
    java = ["java", "-Xss16m", "-cp", f"{JAR}{os.pathsep}{classes}", "Judge", str(listed)]
    done = subprocess.run(java, check=True, capture_output=True, env=ENV)
    return read(done.stdout.decode("utf-8"))


def read(text: str) -> list[Verdict]:
    """The printed lines as one verdict per scenario."""
    found: list[Verdict] = []
    for line in text.split("\n"):
        first, _, rest = line.partition("\t")
        if first == "#FORM":
            found.append(Verdict(rest))
        elif first == "!ERR":
            found[-1].error = rest or "?"
        elif first:
            found[-1].leaves[first] = tuple(rest.split("\t"))
    return found
