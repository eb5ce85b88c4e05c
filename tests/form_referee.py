"""The referee of form logic: random scenarios on any forms, JavaRosa against our engine.

    python -m tests.form_referee FORM.(xlsx|xls|xml) ... [--seeds 4]

Prints differences leaf by leaf, then per aspect how many scenarios agree. A form that one side
cannot load is counted and named. Needs a JDK; reads nothing else from outside the repository.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from surveys import gateway
from surveys.core import trace, xform, xlsform
from surveys.core.definition import Definition, Question
from surveys.core.expressions.values import ZONE
from surveys.core.interview import EvaluationProblem, Interview
from surveys.core.problems import Refused
from tests.javarosa.judge import Verdict, judge
from tests.scenarios import answers_file

ASPECTS = ("relevant", "required", "constraint", "value", "choices")
LOGIC = ASPECTS[:3]


@dataclass(slots=True)
class Form:
    """A form as both sides read it; definition is None when ours cannot evaluate it."""

    name: str
    file: Path
    definition: Definition | None
    reason: str = ""


def load(path: Path, folder: Path) -> Form:
    """The form, as XForm XML in the folder when it was a workbook."""
    data, reason = path.read_bytes(), ""
    file = path
    try:
        if path.suffix != ".xml":
            kind = gateway.check_workbook(data, path.name)
            converted = xlsform.convert(data, path.name, kind=kind)
            data = converted.xform or b""
            reason = ", ".join(sorted({p.code for p in converted.problems}))
            file = folder / f"{path.name}.xml"
            file.write_bytes(data)
        root = gateway.parse_xml(data, max_nodes=gateway.FORM_NODES)
    except Refused as refused:
        return Form(path.name, file, None, reason or str(refused))
    compiled = xform.compile(root)
    reason = ", ".join(sorted({p.code for p in compiled.problems}))
    return Form(path.name, file, compiled.definition, reason)


def ours(definition: Definition, answers: str, now: datetime) -> Verdict:
    """Our verdict on one scenario."""
    found = Verdict("")
    try:
        interview = Interview(definition, now=now, first_load=True, grow=False)
        list(trace.replay(interview, answers.splitlines()))
        for line in trace.leaves(interview):
            path, *facts = line.split("\t")
            found.leaves[path] = (*facts, _choices(interview, path))
    except (EvaluationProblem, RecursionError) as error:
        found.error = str(error)
    return found


def _choices(interview: Interview, path: str) -> str:
    node = interview.find(path)
    listed = node is not None and interview.questions.get(node.generic)
    return " ".join(c.name for c in interview.choices(path)) if listed else ""


def compare(forms: Iterable[Form], seeds: int, folder: Path) -> Iterator[tuple[Form, int, Verdict]]:
    """(form, seed, JavaRosa's verdict) of every scenario of the forms we can evaluate."""
    jobs = []
    for number, form in enumerate(forms):
        for seed in range(seeds):
            file = folder / f"{number}-{seed}.tsv"
            answers = answers_file(form.definition, seed) if form.definition else ""
            file.write_text(answers, encoding="utf-8")
            jobs.append((form, seed, file))
    verdicts = judge([(form.file, file) for form, _, file in jobs], folder)
    assert len(verdicts) == len(jobs)
    for (form, seed, _), verdict in zip(jobs, verdicts, strict=True):
        yield form, seed, verdict


def differences(
    theirs: Verdict, mine: Verdict, definition: Definition
) -> Iterator[tuple[str, str, str, str]]:
    """(leaf, aspect, JavaRosa, ours) wherever the two verdicts differ."""
    unsteady = {q.path for q in definition.questions() if _by_clock_or_chance(q)}
    shuffled = {q.path for q in definition.questions() if _is_shuffled(q)}
    for path in theirs.leaves.keys() & mine.leaves.keys():
        generic = re.sub(r"\[\d+\]", "", path)
        for aspect, a, b in zip(ASPECTS, theirs.leaves[path], mine.leaves[path], strict=True):
            if aspect == "value" and (generic in unsteady or "/meta/" in path):
                continue
            # what is not relevant is not sent; JavaRosa writes decimals as 18.0
            if aspect == "value" and (theirs.leaves[path][0] == "0" or _number(a) == _number(b)):
                continue
            if aspect == "choices" and generic in shuffled:
                a, b = sorted(a.split()), sorted(b.split())
            if a != b and not (aspect == "choices" and a in ("", "?")):
                yield path, aspect, a, b


def _is_shuffled(question: Question) -> bool:
    """Randomized without a seed: every engine has an order of its own."""
    source = question.choice_filter.source if question.choice_filter else ""
    return "randomize(" in source and "," not in source


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _by_clock_or_chance(question: Question) -> bool:
    source = question.calculate.source if question.calculate else ""
    return question.kind == "preload" or bool(re.search(r"\b(now|today|random|uuid)\(", source))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.form_referee")
    parser.add_argument("forms", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--show", type=int, default=40, help="differences printed at most")
    options = parser.parse_args(arguments)
    now, count, shown = datetime.now(ZONE), Counter[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        forms = [load(path, Path(folder)) for path in options.forms]
        for form, seed, theirs in compare(forms, options.seeds, Path(folder)):
            if theirs.error:
                count["javarosa cannot load"] += 1
                continue
            if form.definition is None:
                count["ours cannot load"] += 1
                print(f"{form.name}: {form.reason}")
                continue
            mine = ours(form.definition, answers_file(form.definition, seed), now)
            if mine.error:
                count["ours cannot evaluate"] += 1
                print(f"{form.name} seed {seed}: {mine.error}")
                continue
            found = sorted(differences(theirs, mine, form.definition))
            count["scenarios"] += 1
            count["leaves"] += len(theirs.leaves)
            count["leaves only JavaRosa has"] += len(theirs.leaves.keys() - mine.leaves.keys())
            aspects = {aspect for _, aspect, _, _ in found}
            count.update(f"{aspect} differs" for aspect in aspects)
            count["logic agrees"] += not aspects & set(LOGIC)
            for path, aspect, a, b in found[: max(0, options.show - shown)]:
                shown += 1
                print(f"{form.name} seed {seed} {path} {aspect}: JavaRosa {a!r}, ours {b!r}")
    for name, number in sorted(count.items()):
        print(f"{name}: {number}")
    share = count["logic agrees"] / max(1, count["scenarios"])
    print(f"relevance, required and constraint agree in {share:.4%} of {count['scenarios']}")
    return 0 if share >= 0.995 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
