"""The code that makes a table again: a short script over the de-identified Parquet export.

It uses the public functions of `analysis.core` and nothing of the database, and holds no answer:
whoever runs it needs the right to the export. Rows and classes that rest on answers which never
leave (L4) are named and left out; a table of which nothing is left has no script.
`manage.py reproduce_table` makes every table again, to the last digit, inside the installation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pprint import pformat
from string import Template
from typing import Any

from analysis.core import needs
from analysis.core.export.cells import codes_of
from analysis.core.export.plan import Item, Table
from analysis.core.spec import AREA, Spec
from analysis.core.variables import AGE, AXES, GROUP, TOP, Variable
from surveys.core.definition import Definition, Question

Row = Mapping[str, Any]
# codes of one column of the export that mean yes, and those that mean no; names of townships
Condition = dict[str, Any]
# conditions that must all hold, each later one asked only where the first does, or any of them
Test = dict[str, Any]
WORDS = [
    "印出的数经过取整，有的不显示；这里算的没有取整，印出时不显示的仍不显示。",
    "年龄、文化程度、乡镇等识别信息，导出时对太少的人隐去（-996），这些人不计入；隐去超过5%时不算分组。",
]


def script(
    spec: Spec, known: Mapping[str, Variable], definition: Definition, leaving: Table, result: Row,
    note: Sequence[str],
) -> str | None:  # fmt: skip
    """The script's text; None where the export holds nothing of what the table rests on.

    leaving: the main table of the export, as `planning.build` plans it.
    """
    makes = _Columns(definition, leaving)
    question, by = known[spec.question], known.get(spec.by)
    conditions = [(known[spec.where], spec.option)] if spec.where else []
    conditions += [(known[AREA], spec.area)] if spec.area else []
    filters = [makes.one(variable, value) for variable, value in conditions]
    items, classes = makes.tests(question), [_ALL, *(makes.tests(by) if by else [])]
    if None in filters or not any(items):
        return None
    plan = {
        "items": items, "number": question.kind == "number", "n": result["n"],
        "classes": classes, "filters": filters,
        "heads": [one["label"] for one in result["classes"]],
        "labels": [row["label"] for row in result["classes"][0]["rows"]],
        "published": [[(row["estimate"]["value"], row["estimate"]["se"]) for row in one["rows"]]
                      for one in result["classes"]],
    }  # fmt: skip
    head = [*note, *WORDS, *_absent(spec, known, items, classes)]
    return Template(_SCRIPT).substitute(
        note="\n".join(f"# {part}" for line in head for part in line.splitlines()),
        plan=pformat(plan, width=100, sort_dicts=False, compact=True),
    )


def _absent(
    spec: Spec, known: Mapping[str, Variable], items: Iterable[Test | None],
    classes: Iterable[Test | None],
) -> list[str]:  # fmt: skip
    """What of the table no export holds, in words."""
    words = []
    gone = [label for (_, label), test in
            zip(known[spec.question].classes, items, strict=True) if test is None]  # fmt: skip
    if gone:
        words.append(f"任何导出都不带、本脚本不算的项：{'、'.join(gone)}。")
    if None in list(classes):
        words.append(f"任何导出都不带“{known[spec.by].label}”，本脚本只算不分组的一列。")
    return words


class _Columns:
    """Which columns of the export a variable stands in; None for what does not leave."""

    def __init__(self, definition: Definition, leaving: Table) -> None:
        self.definition = definition
        self.questions = {q.name: q for q in definition.questions()}
        self.leaving = {item.question.name: item for item in leaving.items}

    def tests(self, variable: Variable) -> list[Test | None]:
        """One test for each class of the variable, in their order."""
        if variable.key in AXES:
            return [self._axis(variable.key, d) for d in needs.plan(self.definition).domains]
        try:
            if variable.key.startswith("@"):
                return [*self._fact(variable)]
            return [_all([one]) for one in self._question(variable)]
        except KeyError:
            return [None] * len(variable.classes)

    def one(self, variable: Variable, value: str) -> Test | None:
        """The test of having one value."""
        return self.tests(variable)[[v for v, _ in variable.classes].index(value)]

    def _question(self, variable: Variable) -> list[Condition]:
        """KeyError where it does not leave as it was answered."""
        name, _, top = variable.key.partition("#")
        question, item = self.questions[name], self._plain(name)
        if variable.kind == "number":
            return [_condition(item.variables[0].name, [], [])]
        if question.kind == "select_one":
            return [self._single(question, [value]) for value, _ in variable.classes]
        places = range(1, (TOP if top else 1) + 1)
        return [self._option(question, value, places) for value, _ in variable.classes]

    def _plain(self, name: str) -> Item:
        item = self.leaving[name]
        if item.age:
            raise KeyError(name)  # leaves as an age class only
        return item

    def _single(self, question: Question, names: list[str]) -> Condition:
        codes = codes_of(question)
        every = [codes[c.name] for c in question.choices if not c.missing]
        column = self._plain(question.name).variables[0].name
        return _condition(column, [codes[name] for name in names], every)

    def _option(self, question: Question, name: str, places: Iterable[int] = (1,)) -> Condition:
        """Of a choice of several, or of a rank, its place."""
        columns = {v.option: v.name for v in self._plain(question.name).variables}
        return _condition(columns[name], list(places), range(len(question.choices) + 1))

    def _fact(self, variable: Variable) -> list[Test]:
        """Township, age class, membership in a group. KeyError where it does not leave."""
        if variable.key == AREA:
            names = [name for _, name in variable.classes]
            return [_all([_condition("township", [name], names)]) for name in names]
        if variable.key == AGE:
            column = next((i.variables[0].name for i in self.leaving.values() if i.age), None)
            if column is None:
                raise KeyError(AGE)
            every = range(1, len(variable.classes) + 1)
            return [_all([_condition(column, [k], every)]) for k in every]
        (group,) = (g for g in needs.plan(self.definition).groups
                    if g.code == variable.key.removeprefix(GROUP))  # fmt: skip
        member = [self._member(*column.split(":", 1)) for column in group.columns]
        return [{"how": "any", "of": member}, {"how": "none", "of": member}]

    def _member(self, name: str, option: str) -> Condition:
        question = self.questions[name]
        if question.kind == "select_one":
            return self._single(question, [option])
        return self._option(question, option)

    def _axis(self, axis: str, domain: needs.Domain) -> Test | None:
        """Needed, and where the axis asks for it urgent and wished; None without the question."""
        more = {"@urgency": [domain.urgency], "@hope": [domain.hope],
                "@joint": [domain.urgency, domain.hope]}.get(axis, [])  # fmt: skip
        asked = [item for item in (domain.need, *more) if item]
        try:
            return _all([self._reached(i) for i in asked]) if len(asked) > len(more) else None
        except KeyError:
            return None

    def _reached(self, item: needs.Item) -> Condition:
        question = self.questions[item.column]
        names = [c.name for c in question.choices
                 if c.score is not None and c.score >= item.threshold]  # fmt: skip
        return self._single(question, names)


def _all(conditions: list[Condition]) -> Test:
    return {"how": "all", "of": conditions}


_ALL = _all([])


def _condition(column: str, yes: list[Any], every: Iterable[Any]) -> Condition:
    return {"column": column, "yes": yes, "no": [code for code in every if code not in yes]}


_SCRIPT = '''"""Makes one published table again from the de-identified Parquet export.

Run where this program is installed: python reproduce.py FOLDER, the folder being the unpacked
export of the probability sample. Records that the export leaves out or hides are missing here: so
shares differ a little, their number is printed. Errors come from the with-replacement design
without calibration, so they are as large or larger. `manage.py reproduce_table` is exact.
"""
$note

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from analysis.core import estimate
from analysis.core.design import Design

HIDDEN, FEW = -996, 0.05
PLAN = $plan

data = pq.read_table(Path(sys.argv[1]) / "responses.parquet")


def column(name):
    return data[name].to_numpy().astype(float)


def coded(name, values):
    """Codes as they are; townships are numbered in every export by themselves, so by their name."""
    told = json.loads(data.schema.field(name).metadata[b"values"])
    codes = {words: int(code) for code, words in told.items()}
    return [codes.get(value, HIDDEN - 1) if isinstance(value, str) else value for value in values]


def answer(one):
    """1 yes, 0 no, NaN without an answer."""
    codes = column(one["column"])
    yes, no = (np.isin(codes, coded(one["column"], one[side])) for side in ("yes", "no"))
    return np.where(yes, 1.0, np.where(no, 0.0, np.nan))


def held(test):
    """(n,) whether all conditions hold, the later ones where the first does; any; none of them."""
    if not test["of"]:
        return np.ones(data.num_rows)
    parts = np.stack([answer(one) for one in test["of"]])
    if test["how"] == "all":
        return np.where(parts[0] == 1, parts[1:].prod(axis=0), parts[0])
    some = np.where((parts == 1).any(axis=0), 1.0, parts.min(axis=0))
    return some if test["how"] == "any" else 1 - some


def number(test):
    values = column(test["of"][0]["column"])
    return np.where(values <= -990, np.nan, values)


def hidden(part):
    """Share of the records that hide one of the columns a part of the table reads."""
    names = {one["column"] for test in PLAN[part] if test for one in test["of"]}
    return float(np.mean(np.any([column(name) == HIDDEN for name in names], axis=0)))


design = Design.declare(
    weights=column("weight"), strata=column("stratum"), ids=[column("psu")], lonely="adjust"
)
whole = np.all([np.ones(data.num_rows), *[held(test) == 1 for test in PLAN["filters"]]], axis=0)
gone = {part: hidden(part) for part in ("items", "classes", "filters")}
print(f"{data.num_rows} records of {PLAN['n']}; hidden: {gone['items']:.1%} in the rows, "
      f"{gone['classes']:.1%} in the classes, {gone['filters']:.1%} in the filter")
if max(gone["items"], gone["filters"]) > FEW:
    sys.exit("too much is hidden in this export: no share of it would be that of the table")
some = [k for k, test in enumerate(PLAN["items"]) if test]
read = number if PLAN["number"] else held
y = np.stack([read(PLAN["items"][k]) for k in some], axis=1)
largest = 0.0
for head, test, published in zip(PLAN["heads"], PLAN["classes"], PLAN["published"]):
    if test is None or (test["of"] and gone["classes"] > FEW):
        print(f"{head}: not in this export")
        continue
    found = estimate.mean(design, y, inside=whole & (held(test) == 1))
    for k, again, error in zip(some, found.values, found.se):
        label, (value, se) = PLAN["labels"][k], published[k]
        if value is None:
            print(f"{head} {label}: withheld")
            continue
        largest = max(largest, abs(again - value))
        print(f"{head} {label}: printed {value} (se {se}), here {again:.6f} ({error:.6f})")
print(f"largest difference {largest:.2e}")
'''
