"""The JavaScript engine in the node that Playwright carries, asked the same questions as Python.

    python -m tests.javascript FORM.(xlsx|xls|xml) ... [--seeds 4]

Prints every difference between the two engines over random scenarios; exit 0 when there is none.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import playwright

from surveys.core import bundle, trace
from surveys.core.expressions.values import ZONE
from surveys.core.interview import EvaluationProblem, Interview
from surveys.core.problems import Refused
from tests.form_referee import Form, load, ours
from tests.scenarios import answers_file

NODE = Path(playwright.__file__).parent / "driver" / "node"
JS = Path(__file__).parent / "js"


def replayed(forms: Sequence[Form], seeds: int, now: datetime, folder: Path) -> list[Any]:
    """JavaScript's answer to each (form, seed), in that order."""
    jobs = [
        {"form": str(number), "answers": answers_file(form.definition, seed)}
        for number, form in enumerate(forms)
        for seed in range(seeds)
        if form.definition
    ]
    bundles = {str(n): bundle.bundle(f.definition) for n, f in enumerate(forms) if f.definition}
    given = {"now": int(now.timestamp() * 1000), "forms": bundles, "jobs": jobs}
    file = folder / "jobs.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    command = [str(NODE), str(JS / "replay.mjs"), str(file)]
    done = subprocess.run(command, capture_output=True, check=True)
    return list(json.loads(done.stdout))


def python(form: Form, seed: int, now: datetime) -> dict[str, Any]:
    """Python's answer in the same shape."""
    assert form.definition is not None
    answers = answers_file(form.definition, seed)
    verdict = ours(form.definition, answers, now)
    if verdict.error:
        return {"error": verdict.error}
    interview = Interview(form.definition, now=now, first_load=True, grow=False)
    list(trace.replay(interview, answers.splitlines()))
    return {
        "leaves": {path: list(facts) for path, facts in verdict.leaves.items()},
        "pages": [" ".join(item.path for item in page.items) for page in interview.pages()],
        "problems": [f"{p.code} {p.where.path}" for p in interview.problems()],
    }


def differences(forms: Sequence[Form], seeds: int, now: datetime, folder: Path) -> Iterator[str]:
    """One line per scenario on which the two engines are not of one mind."""
    answers = iter(replayed(forms, seeds, now, folder))
    for form in forms:
        for seed in range(seeds):
            theirs, mine = next(answers), python(form, seed, now)
            if theirs != mine:
                yield f"{form.name} seed {seed}: {_first(theirs, mine)}"


def _first(theirs: dict[str, Any], mine: dict[str, Any]) -> str:
    for path, facts in mine.get("leaves", {}).items():
        other = theirs.get("leaves", {}).get(path)
        if facts != other:
            return f"{path} JavaScript {other}, Python {facts}"
    parts = ("error", "pages", "problems")
    return "; ".join(f"{p}: {theirs.get(p)} | {mine.get(p)}" for p in parts)[:400]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.javascript")
    parser.add_argument("forms", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=4)
    options = parser.parse_args(arguments)
    now = datetime.now(ZONE).replace(microsecond=0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        forms = [f for f in (load(p, folder) for p in options.forms) if _travels(f)]
        found = list(differences(forms, options.seeds, now, folder))
    print("\n".join(found))
    print(f"{len(forms) * options.seeds} scenarios of {len(forms)} forms, {len(found)} differ")
    return 1 if found else 0


def _travels(form: Form) -> bool:
    """Whether the form can be evaluated, and on a tablet; if not, why is printed."""
    try:
        if form.definition is not None:
            bundle.bundle(form.definition)
            Interview(form.definition, now=datetime.now(ZONE), first_load=True, grow=False)
            return True
    except (Refused, EvaluationProblem) as refused:
        print(f"{form.name}: {refused}")
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
