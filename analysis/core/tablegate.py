"""A table of the workbench through the one door of the figures (`gate`).

The same facts have the same names there, so a table is judged beside the figures and every earlier
table; what the figures round is rounded alike, and the numbers agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from analysis.core import crossing, cuts, gate, needs, rounding
from analysis.core.crossing import Crossing
from analysis.core.cuts import Official
from analysis.core.items import Item, exact
from analysis.core.spec import AREA
from analysis.core.thresholds import SENSITIVE, THRESHOLDS
from analysis.core.variables import AGE, AXES, GROUP, Variable, items
from surveys.core.cells import OR, Key, either
from surveys.core.release import release

Row = dict[str, Any]


def people(official: Official, variables: Iterable[Variable]) -> Crossing:
    """Every respondent's value of what a table names."""
    found = Crossing(official.columns.n)
    plan = needs.plan(official.definition)
    for variable in variables:
        if variable.key in AXES:
            crossing.of_needs(found, needs.indicators(plan, official.columns))
        elif variable.key.startswith(GROUP):
            crossing.of_groups(found, plan, official.columns)
        elif variable.key == AREA:
            found.add(variable.name, official.columns.keys["township"], sorted(official.townships))
        elif variable.key == AGE:
            roles = {variable.name: cuts.background(official)[variable.name]}
            crossing.of_background(found, official.columns, roles, official.year)
        else:
            _enter(found, variable, official)
        if not variable.open and variable.key not in AXES:
            found.data_classes |= dict.fromkeys(variable.attributes, SENSITIVE)
    crossing.of_classes(found, official.definition)
    return found


def _enter(found: Crossing, variable: Variable, official: Official) -> None:
    """A question: one attribute where one answer is given, else one for every option."""
    values = items(variable, official)
    if variable.kind == "single":
        names = np.array([value for value, _ in variable.classes], dtype=object)
        known = (values == 1).any(axis=1)
        codes = np.where(known, names[np.argmax(np.nan_to_num(values), axis=1)], crossing.REST)
        found.add(variable.name, codes, variable.attributes[variable.name])
        return
    for k, (value, _) in enumerate(variable.classes):
        name, _ = variable.attribute(value)
        told = np.isfinite(values[:, k]) if variable.kind == "number" else values[:, k] == 1
        codes = np.where(np.isfinite(values[:, k]), np.where(told, "1", "0"), crossing.MISSING)
        found.add(name, codes, variable.attributes[name])


def through(
    question: Variable, conditions: Sequence[Key], rows: Sequence[Sequence[Row]],
    present: Crossing, door: gate.Release,
) -> None:  # fmt: skip
    """Rows of every class as they may leave, changed in place (each under ``estimate``).

    conditions: on the women of each class. The options of a single choice are one request, each of
    several its own: they do not part the women.
    """
    wide: list[Item] = []
    for k, (value, _) in enumerate(question.classes):
        own = [
            _item(question, value, where, row[k], present)
            for where, row in zip(conditions, rows, strict=True)
        ]
        if question.kind == "single":
            wide += own
        else:
            gate.rows(own, present, door)
            _sizes(question, own, rows, k)
    if wide:
        gate.rows(wide, present, door)


def _item(question: Variable, value: str, where: Key, row: Row, present: Crossing) -> Item:
    name, yes = question.attribute(value)
    _, answered = question.answered(value)
    inside = set(answered.split(OR))
    no, lack = inside - set(yes.split(OR)), set(present.values[name]) - inside

    def key(values: Iterable[str]) -> Key:
        return frozenset({(name, either(values))}) | where

    if question.kind == "number":
        size = {**row["estimate"], "value": None, "status": "ok"}
        return Item(size, where, key(inside), lack=key(lack))
    return Item(
        row["estimate"], where, key(inside), key(yes.split(OR)), key(no) if no else None,
        key(lack) if lack else None,
    )  # fmt: skip


def _sizes(question: Variable, asked: Sequence[Item], rows: Sequence[Any], k: int) -> None:
    """A mean has no share that could be rounded: it goes with its number of persons."""
    if question.kind != "number":
        return
    for item, row in zip(asked, rows, strict=True):
        estimate = row[k]["estimate"]
        if item.row["status"] == "suppressed":
            row[k]["estimate"] = gate.withheld(estimate) | {"n": None}
        else:
            estimate["n"] = item.row["n"]


def counts(
    cells: Iterable[Key], present: Crossing, door: gate.Release
) -> Mapping[Key, int | None]:  # fmt: skip
    """Numbers of persons as they may leave: townships as they are, all others in tens."""
    table = {key: present.count(key) for key in cells}
    windows = {
        key: rounding.count_window(n) for key, n in table.items()
        if not exact(key) and n >= THRESHOLDS.cell
    }  # fmt: skip
    names = {name for key in table for name, _ in key}
    part = door.ledger.about(names)
    part.values = {name: present.values[name] for name in names}
    shown = release(door.at, table, part, windows=windows)
    door.ledger.add(part)
    return {
        key: rounding.tens(n) if n is not None and key in windows else n
        for key, n in shown.items()
    }  # fmt: skip
