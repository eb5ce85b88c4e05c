"""What one who reads tables is told: every printed row as facts about groups of persons.

He names classes in attributes of his own; a row that speaks of another need is passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.core.spec import Spec
from tests import figures_attack
from tests.figures_attacker import ANSWERED, KINDS, REACHED
from tests.small_county import Small
from tests.tables_attacker import STAYS, Group, Moment, People, TableAttacker

AXES = ("@need", "@joint", "@urgency", "@hope")
ATTRIBUTES = {"school": "education", "who": "who", "first": "first", "@age": "birth_year",
              "@township": "township", "@group:g": "g", "group": "g"}  # fmt: skip
VALUES = figures_attack.VALUES | {"first": (*figures_attack.FIRSTS, "rest")}
POINTS = {str(k): float(k) for k in range(4)}


@dataclass(frozen=True)
class Table:
    """What was asked of the women of a moment, and what came out."""

    at: int
    spec: Spec
    found: dict


def condition(variable: str, value: str, code: str) -> tuple[str, str]:
    """Who has a value, in his own attributes; one he has not where it is of another need."""
    if variable in AXES:
        kinds = "|".join(sorted(REACHED[variable[1:]]))
        return ("need", kinds) if value == code else (f"need of {value}", kinds)
    if variable.startswith("need_"):
        return ("score" if variable.endswith(code) else variable), value
    if ATTRIBUTES[variable] == "g":
        return "g", "in" if value in ("1", "g") else "out"
    return ATTRIBUTES[variable], value


def answered(variable: str, value: str, code: str) -> tuple[str, str]:
    name, _ = condition(variable, value, code)
    if variable in AXES:
        return name, "|".join(sorted(ANSWERED[variable[1:]]))
    if name not in VALUES:
        return name, "|".join(POINTS)
    return name, "|".join(v for v in VALUES[name] if v not in ("rest", "unknown"))


def read(attacker: TableAttacker, table: Table, code: str) -> None:
    """Every row of a table."""
    spec, question = table.spec, table.spec.question
    where = Group(table.at)
    if "n" in table.found:
        attacker.size(where, table.found["n"], table.found["n"])
    if spec.where:
        where = where.also(condition(spec.where, spec.option, code))
    if spec.area:
        where = where.also(("township", spec.area))
    for one in table.found["classes"]:
        head = [condition(spec.by, one["value"], code)] if one["value"] else []
        _class(attacker, question, where.also(*head), one, code)


def _class(
    attacker: TableAttacker, question: str, inside: Group, one: dict, code: str
) -> None:  # fmt: skip
    told = [row["estimate"] for row in one["rows"]]
    median = sum(row["deff"] is not None for row in told) > 2
    for row in one["rows"]:
        estimate = row["estimate"] | ({"deff": None} if median else {})
        if question == "@township":
            base = inside
        else:
            base = inside.also(answered(question, row["value"], code))
        yes = base.also(condition(question, row["value"], code))
        attacker.cell(estimate, inside, base, yes)
    if "mean" in one:
        base = inside.also(answered(question, "0", code))
        attacker.mean(one["mean"], base, POINTS)


def firsts(attacker: TableAttacker, at: int, found: dict) -> None:
    whole, all_ = Group(at), Group(at).also(("first", "|".join(figures_attack.FIRSTS)))
    for row in found["first_choice"]["first_urgent"]:
        yes = Group(at).also(("first", row["code"]))
        attacker.share(row["share"], all_, yes, (whole, found["sample"]["n"]))


def people(
    place: Small, code: str, moments: Sequence[Moment], leaves: np.ndarray | None
) -> People:  # fmt: skip
    known, texts = figures_attack.truth(place, code), place.texts
    first, score = (np.where(t == "", "rest", t) for t in (texts["first"], texts[f"need_{code}"]))
    more = {"need": known.kind, "first": first, "score": score}
    gone = np.full(len(first), STAYS) if leaves is None else leaves
    return People(
        known.arrival, known.classes | more, known.kind, leaves=gone, moments=tuple(moments)
    )


def attacker(
    place: Small, frozen: list[tuple[int, dict]], made: list[Table], code: str,
    moments: Sequence[Moment], leaves: np.ndarray | None = None,
) -> TableAttacker:  # fmt: skip
    """He knows all that was said of one need. frozen: figures with the number of their moment."""
    asked = [key for t in made for key in (t.spec.question, t.spec.by, t.spec.where)]
    names = {ATTRIBUTES[key] for key in asked if key in ATTRIBUTES}
    towns = tuple(sorted(set(place.township)))
    values = {"township": towns, "need": KINDS}
    values |= {name: VALUES[name] for name in sorted(names - {"township"})}
    if f"need_{code}" in asked:
        values["score"] = (*POINTS, "rest")
    found = TableAttacker(len(moments), values, people(place, code, moments, leaves))
    for at, one in frozen:
        figures_attack.read(found, at, one, code)
        if "first" in values:
            firsts(found, at, one)
    for table in made:
        read(found, table, code)
    return found
