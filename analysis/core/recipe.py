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

from analysis.core.export.plan import Table
from analysis.core.leaving import ALL, Leaving, Test
from analysis.core.spec import AREA, Spec
from analysis.core.variables import Variable
from surveys.core.definition import Definition

Row = Mapping[str, Any]
WORDS = [
    "印出的数经过取整，有的不显示；这里算的没有取整，印出时不显示的仍不显示。",
    "导出里的权数由识别信息相同的人取平均，所以比例与印出的略有不同；层和村不带出，所以不算误差。",
    "年龄、文化程度、乡镇等识别信息，导出时对太少的人隐去（-996），这些人不计入；隐去超过5%时不算分组。",
]


def script(
    spec: Spec, known: Mapping[str, Variable], definition: Definition, leaving: Table, result: Row,
    note: Sequence[str],
) -> str | None:  # fmt: skip
    """The script's text; None where the export holds nothing of what the table rests on.

    leaving: the main table of the export, as `planning.build` plans it.
    """
    makes = Leaving(definition, leaving)
    question, by = known[spec.question], known.get(spec.by)
    conditions = [(known[spec.where], spec.option)] if spec.where else []
    conditions += [(known[AREA], spec.area)] if spec.area else []
    filters = [makes.one(variable, value) for variable, value in conditions]
    items, classes = makes.tests(question), [ALL, *(makes.tests(by) if by else [])]
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


_SCRIPT = '''"""Makes one published table again from the de-identified Parquet export.

Run where this program is installed: python reproduce.py FOLDER, the folder being the unpacked
export of the probability sample. Records that the export leaves out or hides are missing here,
their number is printed; and records that show the same facts share one weight there, so shares
differ a little from the printed ones. The export holds neither strata nor villages, so no errors
are computed. `manage.py reproduce_table` is exact.
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


design = Design.declare(weights=column("weight"))
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
    for k, again in zip(some, found.values):
        label, (value, se) = PLAN["labels"][k], published[k]
        if value is None:
            print(f"{head} {label}: withheld")
            continue
        largest = max(largest, abs(again - value))
        print(f"{head} {label}: printed {value} (se {se}), here {again:.6f}")
print(f"largest difference {largest:.2e}")
'''
