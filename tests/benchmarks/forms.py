"""Speed of form logic, by hand: evaluations, publishing 300 questions, a list of 40,000 villages.

    python -m tests.benchmarks.forms

The peer of the evaluator is lxml's compiled XPath (libxml2, in C) with ODK's functions registered,
on the conditions and constraints of the shipped questionnaire, over one filled interview. It enters
its functions anew for every evaluation, so their number counts: it is measured with all that a form
may call, and with the three these conditions do call. elementpath, in Python, knows none of them.
Medians of interleaved rounds; CPU time, because a shared machine moves the wall clock.
"""

from __future__ import annotations

import io
import json
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from copy import copy
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import openpyxl
from lxml import etree

from surveys import gateway
from surveys.core import bundle, instance, simulate, xform, xlsform
from surveys.core.definition import Definition
from surveys.core.expressions import Context
from surveys.core.expressions.functions import FUNCTIONS
from surveys.core.expressions.values import ZONE
from surveys.core.interview import Interview
from surveys.core.lint import lint
from tests.javascript import JS, NODE
from tests.workbooks import SETTINGS, workbook

BANK = Path(__file__).resolve().parents[2] / "surveys" / "bank"
NOW = datetime(2026, 11, 24, 9, tzinfo=ZONE)
_OURS_ONLY = re.compile(r"regex\(|today\(")  # libxml2 has no such functions at all
_ODK = re.compile(r"selected\(|if\(")
# libxml2 keeps its own of these, whatever is registered
XPATH_FUNCTIONS = """
boolean ceiling concat contains count false floor id lang last local-name name namespace-uri
normalize-space not number position round starts-with string string-length substring
substring-after substring-before sum translate true
"""
VILLAGES, TOWNS, ROUNDS, REPEAT = 40_000, 400, 9, 40


def definition(data: bytes) -> Definition:
    done = xlsform.convert(data, "f.xlsx")
    assert done.xform, done.problems
    compiled = xform.compile(gateway.parse_xml(done.xform, max_nodes=gateway.FORM_NODES))
    assert compiled.definition is not None
    return compiled.definition


def cpu(work: Callable[[], Any]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def rates(count: int, **works: Callable[[], Any]) -> None:
    """Evaluations a second of each, in turns; how many times as many the first makes."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            found[name].append(count * REPEAT / cpu(work))
    medians = {name: statistics.median(each) for name, each in found.items()}
    ours = medians.pop("ours")
    for name, theirs in medians.items():
        both = f"ours {ours:,.0f}/s, {name.replace('_', ' ')} {theirs:,.0f}/s"
        print(f"{count} expressions: {both}: {ours / theirs:.2f} x")


def evaluations() -> None:
    form = definition((BANK / "individual.xlsx").read_bytes())
    given = {"/data/consent/c_survey": "1", "/data/consent/c_sensitive": "1", "/data/a/a1": "1985"}
    answers = simulate.answer(form, random.Random(5), now=NOW, given=given)
    interview = Interview(form, answers, now=NOW)
    root = etree.fromstring(
        instance.write("f", "1", form.root, interview.answers, instance_id="uuid:1")
    )
    jobs = [job for job in _jobs(form) if interview.find(job[1])]
    compiled = [(run, Context(interview.env, interview.find(path))) for _, path, run in jobs]
    places = [(source, (root.xpath(path) or [root])[0]) for source, path, _ in jobs]
    for registered, name in ((_called(), "lxml_with_three"), (_known(), "lxml_with_all")):
        etree.FunctionNamespace(None).update(registered)
        lxml = [(etree.XPath(source), node) for source, node in places]
        rates(len(jobs), ours=_runs(interview, compiled), **{name: _calls(lxml)})
    if find_spec("elementpath") is not None:
        _with_elementpath(interview, root, [job for job in jobs if not _ODK.search(job[0])])


def _jobs(form: Definition) -> list[tuple[str, str, Callable[..., Any]]]:
    """(source, path, our closure) of the conditions and constraints that a library can know."""
    return [
        (expression.source, node.path, getattr(form.program, kind)[node.path].run)
        for node in form.nodes()
        for kind in ("relevant", "constraint")
        if (expression := getattr(node, kind, None)) and not _OURS_ONLY.search(expression.source)
    ]


def _runs(interview: Interview, compiled: list[Any]) -> Callable[[], None]:
    def work() -> None:
        for _ in range(REPEAT):
            interview.env.steps = 10**9
            for run, context in compiled:
                run(context)

    return work


def _calls(paths: list[Any]) -> Callable[[], None]:
    def work() -> None:
        for _ in range(REPEAT):
            for path, node in paths:
                path(node)

    return work


def _with_elementpath(interview: Interview, root: Any, jobs: list[Any]) -> None:
    """Expressions of XPath 1.0 alone: elementpath takes no further functions by name."""
    from elementpath import XPath1Parser, XPathContext

    parser = XPath1Parser()
    paths = []
    for source, path, _ in jobs:
        token, item = parser.parse(source), (root.xpath(path) or [root])[0]
        context = XPathContext(root, item=item)
        paths.append((lambda _, token=token, context=context: token.evaluate(copy(context)), None))
    compiled = [(run, Context(interview.env, interview.find(path))) for _, path, run in jobs]
    rates(len(jobs), ours=_runs(interview, compiled), elementpath=_calls(paths))


def _called() -> dict[str, Callable[..., Any]]:
    """The functions beyond XPath 1.0 that the conditions at hand call."""

    def text(value: Any) -> str:
        return (value[0].text or "" if value else "") if isinstance(value, list) else str(value)

    return {
        "selected": lambda _, value, name: text(name) in text(value).split(),
        "count-selected": lambda _, value: float(len(text(value).split())),
        "if": lambda _, test, yes, no: yes if test else no,
    }


def _known() -> dict[str, Callable[..., Any]]:
    """All functions that a form may call; what the conditions at hand do not call does nothing."""
    core = set(XPATH_FUNCTIONS.split())
    return {name: lambda *_: "" for name in FUNCTIONS if name not in core} | _called()


def publishing() -> None:
    rows = ["| type | name | label | relevant | constraint |"]
    for number in range(300):
        skip = f"${{q{number - 1}}} = '1'" if number % 3 == 2 else ""
        kind = ("text", "select_one yesno", "integer")[number % 3]
        limit = ". >= 0" if kind == "integer" else ""
        rows.append(f"| {kind} | q{number} | 第 {number} 题 | {skip} | {limit} |")
    lists = "| list_name | name | label |\n| yesno | 1 | 是 |\n| yesno | 0 | 否 |"
    data = workbook("\n".join(rows), lists, SETTINGS)
    child = resource.getrusage(resource.RUSAGE_CHILDREN)
    before = child.ru_utime + child.ru_stime
    start, process = time.perf_counter(), time.process_time()
    form = definition(data)
    lint(form)
    bundle.to_json(form)
    wall, child = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = time.process_time() - process + child.ru_utime + child.ru_stime - before
    print(f"300 questions, workbook to bundle: {wall:.2f} s wall, {spent:.2f} s CPU (goal 2)")


def cascade() -> None:
    survey = """
| type | name | label | choice_filter |
| text | town | 乡镇 | |
| select_one_from_file villages.csv | village | 村 | town = ${town} |
"""
    book = workbook(survey, "", SETTINGS)
    lines = [["name", "label", "town"]]
    lines += [[f"v{n}", f"第 {n} 村", f"t{n % TOWNS}"] for n in range(VILLAGES)]
    form = definition(_with_sheet(book, "villages.csv", lines))
    interview = Interview(form, now=NOW)
    python = []
    for town in range(ROUNDS + 1):
        interview.set("/data/town", f"t{town}")
        start = time.perf_counter()
        assert len(interview.choices("/data/village")) == VILLAGES // TOWNS
        python.append((time.perf_counter() - start) * 1000)
    print(_filtered("Python", python))
    print(_indexing(form))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bundle.json"
        file.write_bytes(bundle.to_json(form))
        command = [str(NODE), str(JS / "cascade.mjs"), str(file), str(ROUNDS + 1)]
        done = subprocess.run(command, capture_output=True, check=True)
    print(_filtered("JavaScript", json.loads(done.stdout)))


def _indexing(form: Definition) -> str:
    """What reading the form pays for it, once in the life of a process."""
    for document in form.program.lists.values():
        for root in document.children:
            root.keys = None
    spent = cpu(form.program.index) * 1000
    return f"its index, built with the form: {spent:.1f} ms"


def _with_sheet(book: bytes, name: str, lines: list[list[str]]) -> bytes:
    opened = openpyxl.load_workbook(io.BytesIO(book))
    sheet = opened.create_sheet(name)
    for line in lines:
        sheet.append(line)
    out = io.BytesIO()
    opened.save(out)
    return out.getvalue()


def _filtered(name: str, times: list[float]) -> str:
    later = statistics.median(times[1:])
    return f"{VILLAGES:,} villages, {name}: first {times[0]:.1f} ms, then {later:.2f} ms (goal 5)"


if __name__ == "__main__":
    evaluations()
    publishing()
    cascade()
    sys.exit(0)
