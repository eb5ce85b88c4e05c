"""Who is behind the figures: for every respondent the value of every attribute they are cut by.

Townships, special groups, background questions, flags; and for every domain one attribute from
which need, urgency, hope and their joint follow, with its missing answers. The gate counts with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.core import needs
from analysis.core.ages import AGES
from analysis.core.columns import Columns
from analysis.core.thresholds import ORDINARY
from surveys.core.cells import OR, Key, either
from surveys.core.definition import Definition

Texts = NDArray[np.str_]
MISSING, NO, IN, OUT, UNKNOWN, REST = "missing", "no", "in", "out", "unknown", "rest"
FLAGGED = "flagged"
# in need: urgent and wished, each yes, no or not answered
NEEDED = tuple(u + h for u in "10-" for h in "10-")
ANSWERED = {
    "need": (NO, *NEEDED),
    "urgency": (NO, *[v for v in NEEDED if v[0] != "-"]),
    "hope": (NO, *[v for v in NEEDED if v[1] != "-"]),
    "joint": (NO, *[v for v in NEEDED if "-" not in v]),
    "degree": tuple(v for v in NEEDED if v[0] != "-"),
    "wish": tuple(v for v in NEEDED if v[1] != "-"),
}
REACHED = {
    "need": NEEDED,
    "urgency": tuple(v for v in NEEDED if v[0] == "1"),
    "hope": tuple(v for v in NEEDED if v[1] == "1"),
    "joint": ("11",),
    "wish": tuple(v for v in NEEDED if v[1] == "1"),
}


@dataclass
class Crossing:
    """values: attribute -> all its values; codes: attribute -> (n,) value of each respondent.

    data_classes: attribute -> class of the answers it rests on, where that is not the ordinary one.
    meets: who meets a condition, kept because hundreds of cells are cut by the same ones.
    """

    n: int
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    codes: dict[str, Texts] = field(default_factory=dict)
    data_classes: dict[str, str] = field(default_factory=dict)
    meets: dict[tuple[str, str], NDArray[np.bool_]] = field(default_factory=dict)

    def add(self, name: str, codes: Iterable[str], values: Iterable[str]) -> None:
        self.values[name] = tuple(values)
        self.codes[name] = np.array(list(codes), dtype=str)

    def count(self, key: Key) -> int:
        inside = np.ones(self.n, dtype=bool)
        for name, value in key:
            if (name, value) not in self.meets:
                self.meets[name, value] = np.isin(self.codes[name], value.split(OR))
            inside &= self.meets[name, value]
        return int(inside.sum())

    def data_class(self, key: Key) -> str:
        return max((self.data_classes.get(name, ORDINARY) for name, _ in key), default=ORDINARY)

    def others(self, name: str, *values: str) -> str:
        """All values of an attribute but these, as one condition."""
        return either(v for v in self.values[name] if v not in values)


def domain(code: str) -> str:
    return f"need:{code}"


def level(code: str) -> str:
    return f"level:{code}"


def group(code: str) -> str:
    return f"group:{code}"


def first(axis: str) -> str:
    return f"first:{axis}"


def top(question: str, option: str) -> str:
    """As the workbench calls an option among the first places of a rank question."""
    return f"{question}#top={option}"


def of_needs(crossing: Crossing, found: needs.Indicators) -> None:
    for k, code in enumerate(found.codes):
        parts = zip(found.need[:, k], found.urgency[:, k], found.hope[:, k], strict=True)
        crossing.add(domain(code), [_kind(*p) for p in parts], (MISSING, NO, *NEEDED))


def of_classes(crossing: Crossing, definition: Definition) -> None:
    """The highest class among the questions of a domain."""
    for question in definition.questions():
        name, given = domain(question.properties.get("domain", "")), question.properties
        if name in crossing.values:
            known = crossing.data_classes.get(name, ORDINARY)
            crossing.data_classes[name] = max(known, given.get("class", ORDINARY))


def _kind(need: float, urgent: float, wished: float) -> str:
    if np.isnan(need):
        return MISSING
    return _mark(urgent) + _mark(wished) if need else NO


def _mark(reached: float) -> str:
    return "-" if np.isnan(reached) else str(int(reached))


def of_levels(crossing: Crossing, strict: needs.Indicators) -> None:
    """Whether a need also reaches the next threshold."""
    for k, code in enumerate(strict.codes):
        crossing.add(level(code), np.where(strict.need[:, k] == 1, IN, OUT), (IN, OUT))


def of_groups(crossing: Crossing, plan: needs.Plan, columns: Columns) -> None:
    for code, mask in needs.group_masks(plan, columns).items():
        codes = np.select([mask == 1, mask == 0], [IN, OUT], UNKNOWN)
        crossing.add(group(code), codes, (IN, OUT, UNKNOWN))


def of_firsts(crossing: Crossing, plan: needs.Plan, columns: Columns) -> None:
    for one in plan.firsts:
        options = tuple(option for option, _, _ in one.options)
        given = columns.texts.get(one.column, np.full(columns.n, ""))
        crossing.add(first(one.axis), _classes(given, options), (*options, REST))


def of_background(
    crossing: Crossing, columns: Columns, roles: Mapping[str, tuple[str, ...]], year: int
) -> None:
    """roles: name of the role -> (column, its classes...); the year of birth gives age classes."""
    for role, (column, *classes) in roles.items():
        if role == "birth_year":
            age = year - columns.numbers[column]
            inside = [(age >= low) & (age <= high) for _, _, low, high in AGES]
            known = tuple(value for value, *_ in AGES)
            crossing.add(role, np.select(inside, known, REST), (*known, REST))
        else:
            crossing.add(role, _classes(columns.texts[column], classes), (*classes, REST))


def of_question(
    crossing: Crossing, name: str, given: Iterable[str], options: Iterable[str]
) -> None:
    """A question with one answer, as the workbench calls it."""
    classes = tuple(options)
    crossing.add(name, _classes(given, classes), (*classes, REST))


def of_yes(crossing: Crossing, name: str, held: Iterable[float]) -> None:
    """Something said of a woman, or not: 1, 0, NaN where she was not asked or did not answer."""
    codes = [MISSING if np.isnan(one) else str(int(one)) for one in held]
    crossing.add(name, codes, ("1", "0", MISSING))


def _classes(given: Iterable[str], classes: Iterable[str]) -> list[str]:
    known = set(classes)
    return [str(value) if value in known else REST for value in given]
