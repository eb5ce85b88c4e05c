"""The code that makes a table again: a short script over the de-identified Parquet export.

It uses the public functions of `analysis.core` and nothing of the database. A table that rests on
answers which never leave (L4), on townships, whose codes are drawn anew per export, or on facts the
export hides for many (age, education ...) has no script; `manage.py reproduce_table` makes every
table again, to the last digit, inside the installation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from analysis.core import needs
from analysis.core.export import planning
from analysis.core.export.cells import codes_of
from analysis.core.spec import Spec
from analysis.core.tables import used
from analysis.core.variables import AXES, Variable
from surveys.core.definition import Definition, Question

Row = Mapping[str, Any]
# one condition on a column of the export: codes that mean yes, codes that mean no
Condition = dict[str, Any]


def script(
    spec: Spec, known: Mapping[str, Variable], definition: Definition, year: int, result: Row,
    note: list[str],
) -> str | None:  # fmt: skip
    """The script's text; None where the export does not hold what the table rests on."""
    makes = _Columns(definition, year)
    try:
        if spec.area or any(not v.open for v in used(spec, known)):
            return None
        question = known[spec.question]
        plan = {
            "items": makes.items(question),
            "number": question.kind == "number",
            "n": result["n"],
            "classes": [[], *(_first(makes.items(known[spec.by])) if spec.by else [])],
            "filter": [_one(makes, known[spec.where], spec.option)] if spec.where else [],
            "published": [
                [[row["label"], row["estimate"]["value"], row["estimate"]["se"]]
                 for row in one["rows"]]
                for one in result["classes"]
            ],
            "heads": [one["label"] for one in result["classes"]],
        }  # fmt: skip
    except KeyError:
        return None
    comment = "\n".join(f"# {line}" for line in note)
    return _SCRIPT.replace("@NOTE@", comment).replace(
        "@PLAN@", json.dumps(plan, ensure_ascii=False, indent=1).replace("null", "None")
        .replace("true", "True").replace("false", "False"),
    )  # fmt: skip


def _first(items: list[list[Condition]]) -> list[list[Condition]]:
    return [conditions[:1] for conditions in items]


def _one(makes: _Columns, variable: Variable, value: str) -> Condition:
    return makes.items(variable)[[v for v, _ in variable.classes].index(value)][0]


class _Columns:
    """Which columns of the export a variable stands in. KeyError where it does not leave."""

    def __init__(self, definition: Definition, year: int) -> None:
        self.definition = definition
        self.questions = {q.name: q for q in definition.questions()}
        main = planning.build(definition, year).main
        self.leaving = {i.question.name: i for i in main.items if not i.quasi}

    def items(self, variable: Variable) -> list[list[Condition]]:
        if variable.key.startswith("@"):
            return self._axis(variable.key)
        name, _, top = variable.key.partition("#")
        question, item = self.questions[name], self.leaving[name]
        if variable.kind == "number":
            return [[{"column": item.variables[0].name, "yes": [], "no": []}]]
        if len(item.variables) > 1 or question.kind != "select_one":
            columns = {v.option: v.name for v in item.variables}
            places = [1] if question.kind != "rank" else [1, 2, 3] if top else [1]
            every = range(len(question.choices) + 1)
            return [[_condition(columns[value], places, every)] for value, _ in variable.classes]
        return [[self._single(question, [value])] for value, _ in variable.classes]

    def _single(self, question: Question, names: list[str]) -> Condition:
        codes = codes_of(question)
        every = [codes[c.name] for c in question.choices if not c.missing]
        column = self.leaving[question.name].variables[0].name
        return _condition(column, [codes[name] for name in names], every)

    def _axis(self, axis: str) -> list[list[Condition]]:
        """Needed, and where the axis asks for it urgent and wished: all must hold."""
        if axis not in AXES:
            raise KeyError(axis)
        out = []
        for domain in needs.plan(self.definition).domains:
            asked = [domain.need]
            asked += [domain.urgency] if axis in ("@urgency", "@joint") and domain.urgency else []
            asked += [domain.hope] if axis in ("@hope", "@joint") and domain.hope else []
            out.append([self._reached(item) for item in asked])
        return out

    def _reached(self, item: needs.Item) -> Condition:
        question = self.questions[item.column]
        names = [c.name for c in question.choices
                 if c.score is not None and c.score >= item.threshold]  # fmt: skip
        return self._single(question, names)


def _condition(column: str, yes: list[int], every: Any) -> Condition:
    return {"column": column, "yes": yes, "no": [code for code in every if code not in yes]}


_SCRIPT = '''"""Makes one published table again from the de-identified Parquet export.

Run where this program is installed: python reproduce.py FOLDER, the folder being the unpacked
export of the probability sample. Records that the export leaves out or hides are missing here: so
shares differ a little, their number is printed. Errors come from the with-replacement design
without calibration, so they are as large or larger. `manage.py reproduce_table` is exact.
"""
@NOTE@

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from analysis.core import estimate
from analysis.core.design import Design

HIDDEN = -996
PLAN = @PLAN@

data = pq.read_table(Path(sys.argv[1]) / "responses.parquet")


def column(name):
    return data[name].to_numpy().astype(float)


def held(conditions):
    """1 where all hold, 0 where the first fails or a later one does, NaN without an answer."""
    value = np.ones(data.num_rows)
    for one in conditions:
        codes = column(one["column"])
        answer = np.where(np.isin(codes, one["yes"]), 1.0,
                          np.where(np.isin(codes, one["no"]), 0.0, np.nan))
        value = np.where(value == 1, answer, value)
    return value


def number(one):
    values = column(one["column"])
    return np.where(values <= -990, np.nan, values)


design = Design.declare(
    weights=column("weight"), strata=column("stratum"), ids=[column("psu")], lonely="adjust"
)
whole = held(PLAN["filter"]) == 1
names = sorted({c["column"] for part in ("items", "classes") for one in PLAN[part] for c in one})
hidden = np.any([column(name) == HIDDEN for name in names], axis=0)
print(f"{data.num_rows} records of {PLAN['n']}, {int(hidden.sum())} of them hidden in part")
y = np.stack([number(c[0]) if PLAN["number"] else held(c) for c in PLAN["items"]], axis=1)
largest = 0.0
for head, conditions, published in zip(PLAN["heads"], PLAN["classes"], PLAN["published"]):
    inside = whole & (held(conditions) == 1)
    found = estimate.mean(design, y, inside=inside)
    for (label, value, se), again, error in zip(published, found.values, found.se):
        if value is None:
            print(f"{head} {label}: withheld")
            continue
        largest = max(largest, abs(again - value))
        print(f"{head} {label}: {value:.6f} (se {se:.6f}), here {again:.6f} ({error:.6f})")
print(f"largest difference {largest:.2e}")
'''
