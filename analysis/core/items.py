"""Which counts stand behind every row of the figures: so many of so many, in which class.

The gate asks for these counts; it learns here where a row stands and what is printed beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.core import crossing, rounding
from analysis.core.crossing import ANSWERED, IN, OUT, REACHED, Crossing
from analysis.core.thresholds import THRESHOLDS, judge_share
from surveys.core.cells import Key, either

Row = dict[str, Any]
AXES = ("need", "urgency", "hope", "joint")
CLASS_WIDTH = rounding.TENS  # persons in one step of the share of a class among all
ALL: Key = frozenset()


@dataclass(frozen=True)
class Item:
    """One row of the figures: ``yes`` of ``base``, both within ``where``.

    lack: those of ``where`` who are not in the base, when the size of ``where`` is printed too.
    width: persons in one step of the share.
    """

    row: Row
    where: Key
    base: Key
    yes: Key | None = None
    no: Key | None = None
    lack: Key | None = None
    width: int = rounding.WIDTH
    kind: str = "share"


def class_shares(figures: Row, people: Crossing) -> Iterator[Item]:
    for g in figures["groups"]:
        name = crossing.group(g["code"])
        known, lack = is_(name, either((IN, OUT))), is_(name, crossing.UNKNOWN)
        yield Item(g["share"], ALL, known, is_(name, IN), is_(name, OUT), lack, CLASS_WIDTH)
    for b in figures["breakdowns"]:
        for row in b["rows"]:
            others = is_(b["role"], people.others(b["role"], row["value"]))
            mine = is_(b["role"], row["value"])
            yield Item(row["share"], ALL, ALL, mine, others, width=CLASS_WIDTH)


def is_(name: str, value: str) -> Key:
    return frozenset({(name, value)})


def of_domain(figures: Row, code: str, people: Crossing) -> Iterator[Item]:
    """Every row of one domain, wherever it stands in the figures."""
    name = crossing.domain(code)

    def share(row: Row, axis: str, where: Key = ALL, more: Key = ALL, sized: bool = True) -> Item:
        answered, reached = ANSWERED[axis], REACHED[axis]
        no = either(v for v in answered if v not in reached)
        return Item(
            row, where, is_(name, either(answered)) | where,
            is_(name, either(reached)) | where | more,
            None if more else is_(name, no) | where,
            is_(name, people.others(name, *answered)) | where if sized else None,
        )  # fmt: skip

    domain = _of(figures["domains"], code)
    yield from (share(domain[axis], axis) for axis in AXES)
    yield share(domain["wish"], "wish", sized=False)
    yield Item(domain["degree"], ALL, is_(name, either(ANSWERED["degree"])), kind="mean")
    for g in figures["groups"]:
        for side, value in (("joint", IN), ("complement", OUT)):
            where = is_(crossing.group(g["code"]), value)
            yield share(_of(g["domains"], code)[side], "joint", where)
    for t in figures["townships"]:
        for axis in ("need", "joint"):
            yield share(_of(t["domains"], code)[axis], axis, is_("township", t["code"]))
    for b in figures["breakdowns"]:
        for row in b["rows"]:
            where = is_(b["role"], row["value"])
            yield share(_of(row["domains"], code)["need"], "need", where)
    sensitivity = figures["sensitivity"]
    for row in sensitivity.get("threshold3", []):
        if row["code"] == code:
            yield share(row["need"], "need", more=is_(crossing.level(code), IN))
    for row in sensitivity.get("unflagged", []):
        if row["code"] == code:
            yield share(row["joint"], "joint", is_(crossing.FLAGGED, OUT), sized=False)


def of_firsts(axis: str, rows: Sequence[Row], people: Crossing) -> Iterator[Item]:
    name = crossing.first(axis)
    named = [v for v in people.values[name] if v != crossing.REST]
    for option, row in zip(named, rows, strict=True):
        others = is_(name, either(v for v in named if v != option))
        yield Item(row["share"], ALL, is_(name, either(named)), is_(name, option), others,
                   is_(name, crossing.REST))  # fmt: skip


def _of(rows: Iterable[Row], code: str) -> Row:
    return next(row for row in rows if row["code"] == code)


def of_volunteers(code: str, people: Crossing) -> Item:
    name = crossing.domain(code)
    base, yes, no = (
        is_(name, either(v)) for v in (ANSWERED["need"], REACHED["need"], (crossing.NO,))
    )
    n, reached = people.count(base), people.count(yes)
    verdict = judge_share(n, reached, n, THRESHOLDS.df)
    shown = verdict.status != "suppressed"
    row = {"value": reached / n if shown else None, "n": n if n >= THRESHOLDS.cell else None,
           "status": verdict.status, "reason": verdict.reason, "se": None, "low": None,
           "n_eff": None, "deff": None}  # fmt: skip
    return Item(row, ALL, base, yes, no)


def exact(key: Key) -> bool:
    """The sample and its townships are given to the person, other classes in tens."""
    return all(name == "township" for name, _ in key)


def unknown(key: Key) -> bool:
    return any(value == crossing.UNKNOWN for _, value in key)


def classes(figures: Row) -> Iterator[Key]:
    for t in figures["townships"]:
        yield is_("township", t["code"])
    for g in figures["groups"]:
        for value in (IN, OUT, crossing.UNKNOWN):
            yield is_(crossing.group(g["code"]), value)
    for b in figures["breakdowns"]:
        for row in b["rows"]:
            yield is_(b["role"], row["value"])
